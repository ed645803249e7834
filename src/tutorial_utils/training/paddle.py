"""The losses of the training loop in PaddlePaddle."""

from tutorial_utils._paddle import paddle
from tutorial_utils.checks import check_shapes
from tutorial_utils.masking.paddle import masked_logsumexp
from tutorial_utils.training._checks import check_item_ids


def select_interest(interests: paddle.Tensor, target_emb: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Read out, for each user, the interest that scores the target highest (hard attention).

    The choice itself has no gradient: what is learned reaches the chosen interest alone. Cen et al. 2020,
    equation 8.

    Parameters
    ----------
    interests : (B, K, d) floating
        K interest vectors of each user.
    target_emb : (B, d) floating
        The embedding of the item to predict.

    Returns
    -------
    chosen : (B, d) floating
        The interest with the largest inner product.
    index : (B,) int
        Which one it is; of equals the first.

    Raises
    ------
    ValueError
        If a shape does not fit.
    """
    check_shapes(interests=(interests, "B K d"), target_emb=(target_emb, "B d"))
    scores = paddle.einsum("bkd,bd->bk", interests, target_emb)
    index = scores.argmax(axis=1)
    chosen = paddle.take_along_axis(interests, index[:, None, None], axis=1)  # (B, 1, d)
    return chosen[:, 0], index


def full_softmax_loss(user: paddle.Tensor, item_table: paddle.Tensor, target: paddle.Tensor) -> paddle.Tensor:
    """Cross-entropy of the target among all real items, averaged over the batch.

    The item of class 0 is padding: it is left out of the softmax and gets no gradient. Cen et al. 2020, equations 9
    and 10.

    Parameters
    ----------
    user : (B, d) floating
        One vector for each user, such as the interest that `select_interest` chose.
    item_table : (V, d) floating
        The embedding of every item; row 0 is padding.
    target : (B,) int
        Ids of the items to predict, in 1..V-1.

    Returns
    -------
    scalar, floating
        In nats.

    Raises
    ------
    ValueError
        If a shape does not fit or a target is no real item.

    Notes
    -----
    Written out, for ``paddle.nn.functional.cross_entropy`` on a CPU cuts logits off 64 below the largest and, where a
    row has a multiple of 8, loses NaN. Ids on a GPU are not checked, since reading them would hold up the queue; they
    stop at the kernel's own assertion.
    """
    sizes = check_shapes(user=(user, "B d"), item_table=(item_table, "V d"), target=(target, "B"))
    if target.place.is_cpu_place():
        check_item_ids("target", target, sizes["V"], lowest=1)
    logits = user @ item_table[1:].T  # (B, V - 1)
    target_logit = paddle.take_along_axis(logits, target[:, None] - 1, axis=1)[:, 0]
    return paddle.mean(paddle.logsumexp(logits, axis=1) - target_logit)


def sampled_softmax_loss(
    user: paddle.Tensor,
    item_table: paddle.Tensor,
    target: paddle.Tensor,
    negatives: paddle.Tensor,
    log_expected_count: paddle.Tensor | None = None,
) -> paddle.Tensor:
    """Cross-entropy of the target among itself and m sampled negatives, averaged over the batch.

    The logits are [s_target, s_j - log(m q_j)]: subtracting the expected count of each negative makes the sum over
    the sample estimate the sum over all other items, so that the gradient tends to the one of `full_softmax_loss` as m
    grows. The target is not sampled, so its own logit is not corrected. A negative equal to the target of a row is left
    out there, and so is padding, id 0. Bengio and Senecal 2008; Jean et al. 2015.

    Parameters
    ----------
    user : (B, d) floating
        One vector for each user, such as the interest that `select_interest` chose.
    item_table : (V, d) floating
        The embedding of every item; row 0 is padding.
    target : (B,) int
        Ids of the items to predict, in 1..V-1.
    negatives : (m,) int
        Ids drawn with replacement from a distribution q, shared by the whole batch.
    log_expected_count : (m,) floating, optional
        log(m q_j) of each negative. Without it the negatives count as they were drawn.

    Returns
    -------
    scalar, floating
        In nats.

    Raises
    ------
    ValueError
        If a shape does not fit, a target is no real item, or a negative is out of range.

    Notes
    -----
    Ids on a GPU are not checked, since reading them would hold up the queue; they stop at the kernel's own assertion.
    """
    sizes = check_shapes(
        user=(user, "B d"), item_table=(item_table, "V d"), target=(target, "B"), negatives=(negatives, "m")
    )
    if target.place.is_cpu_place():
        check_item_ids("target", target, sizes["V"], lowest=1)
    if negatives.place.is_cpu_place():
        check_item_ids("negatives", negatives, sizes["V"], lowest=0)
    positive = (user * item_table[target]).sum(axis=1, keepdim=True)  # (B, 1)
    negative = user @ item_table[negatives].T  # (B, m)
    if log_expected_count is not None:
        check_shapes(log_expected_count=(log_expected_count, str(sizes["m"])))
        negative = negative - log_expected_count
    logits = paddle.concat([positive, negative], axis=1)  # (B, 1 + m)
    keep = _keep_negatives(target, negatives)
    return paddle.mean(masked_logsumexp(logits, keep) - positive[:, 0])


def _keep_negatives(target: paddle.Tensor, negatives: paddle.Tensor) -> paddle.Tensor:
    """Which of the 1 + m logits count: the target's always, a negative's unless it is padding or the target itself."""
    negative = (negatives != 0) & (negatives != target[:, None])  # (B, m)
    positive = paddle.ones_like(negative[:, :1])  # (B, 1)
    return paddle.concat([positive, negative], axis=1)
