"""Masks, masked softmax and prefix attention in PaddlePaddle.

Paddle has no half-precision kernels on CPU: half types are computed in float32 and cast back.
"""

from tutorial_utils._paddle import paddle
from tutorial_utils.checks import check_shapes
from tutorial_utils.masking._checks import check_lengths, check_masked

NEGATIVE_INFINITY = float("-inf")


def sequence_mask(lengths: paddle.Tensor, max_length: int) -> paddle.Tensor:
    """Mark the real items of left-aligned sequences.

    Parameters
    ----------
    lengths : (B,) integer
        Number of real items in each sequence. More than `max_length` fills the row.
    max_length : int
        The padded length n.

    Returns
    -------
    (B, n) bool
        True on a real item, False on padding.

    Raises
    ------
    TypeError
        If `lengths` are not integers.
    ValueError
        If `lengths` is not a vector, or `max_length` is negative.
    """
    check_lengths(lengths, max_length)
    positions = paddle.arange(max_length).to(lengths.place)
    return positions < lengths[:, None].astype("int64")  # (B, n)


def masked_softmax(scores: paddle.Tensor, mask: paddle.Tensor, axis: int = -1) -> paddle.Tensor:
    """Softmax along `axis` over the entries that `mask` keeps.

    Dropped entries get weight 0 exactly, whatever their score is; a row that keeps nothing is all zeros.

    Parameters
    ----------
    scores : floating, any shape
        Finite where `mask` keeps them.
    mask : bool, broadcasts to the shape of `scores`
        True keeps an entry.
    axis : int
        The axis that sums to 1.

    Returns
    -------
    floating, the shape and dtype of `scores`

    Raises
    ------
    TypeError
        If `mask` is not boolean or `scores` are not floating.
    ValueError
        If `mask` does not broadcast to the shape of `scores`.
    """
    check_masked(scores, mask)
    filled, _ = _fill_masked(scores, mask, axis)
    weights = paddle.nn.functional.softmax(filled, axis=axis)
    return weights.masked_fill(~mask, 0.0).astype(scores.dtype)


def masked_logsumexp(scores: paddle.Tensor, mask: paddle.Tensor, axis: int = -1) -> paddle.Tensor:
    """Logarithm of the sum of exponentials along `axis`, over the entries that `mask` keeps.

    A row that keeps nothing gives -inf, the logarithm of an empty sum, and passes back a gradient of zero.

    Parameters
    ----------
    scores : floating, any shape
        Finite where `mask` keeps them.
    mask : bool, broadcasts to the shape of `scores`
        True keeps an entry.
    axis : int
        The axis that is summed over.

    Returns
    -------
    floating, the shape of `scores` without `axis`

    Raises
    ------
    TypeError
        If `mask` is not boolean or `scores` are not floating.
    ValueError
        If `mask` does not broadcast to the shape of `scores`.
    """
    check_masked(scores, mask)
    filled, kept = _fill_masked(scores, mask, axis)
    result = paddle.logsumexp(filled, axis=axis, keepdim=True)
    return result.masked_fill(~kept, NEGATIVE_INFINITY).squeeze(axis).astype(scores.dtype)


def prefix_attention_pool(scores: paddle.Tensor, values: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
    """The attention pool of every prefix of a sequence, all prefixes in one pass.

    With a causal attention a position's score does not depend on later positions, so the pool of the first t items is
    ``masked_softmax(scores[:, :t]).T @ values[:, :t]`` for every t: one training example per position from one
    sequence. After the padding starts, the pool of the last real prefix is carried on; before the first real item, and
    in a row without one, it is zero. Where scores contain positions, these count from the first column.

    Exact for any scores: each prefix gets a softmax with a maximum of its own. That costs O(B n^2 K) memory and
    O(B n^2 K d) multiply-adds; the ratio of running sums, O(B n K d), overflows or loses digits for spread-out scores.

    Parameters
    ----------
    scores : (B, n, K) floating
        Attention logits of K interests, before any softmax.
    values : (B, n, d) floating
        What is pooled: the item embeddings.
    mask : (B, n) bool
        True on a real item.

    Returns
    -------
    (B, n, K, d) floating
        Entry t pools the items at positions 0..t.

    Raises
    ------
    TypeError
        If `mask` is not boolean or `scores` are not floating.
    ValueError
        If a shape does not fit.
    """
    sizes = check_shapes(scores=(scores, "B n K"), values=(values, "B n d"), mask=(mask, "B n"))
    check_masked(scores, mask[:, :, None])
    B, n, K, d = (sizes[letter] for letter in "BnKd")
    position = paddle.arange(n).to(mask.place)
    in_prefix = (position <= position[:, None]) & mask[:, None, :]  # (B, n, n): prefix, item
    scores = scores.transpose([0, 2, 1])[:, None].expand([B, n, K, n])  # (B, n, K, n): prefix, interest, item
    weights = masked_softmax(_widen(scores), in_prefix[:, :, None, :])
    pooled = weights.reshape([B, n * K, n]) @ _widen(values)  # (B, n K, d)
    return pooled.reshape([B, n, K, d]).astype(values.dtype)


def _fill_masked(scores: paddle.Tensor, mask: paddle.Tensor, axis: int) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Scores with -inf where dropped, but 0 in a row that keeps nothing: no row is left without a finite score."""
    mask = mask.expand(scores.shape)
    kept = mask.any(axis=axis, keepdim=True)
    filled = _widen(scores).masked_fill(~mask, NEGATIVE_INFINITY)
    return filled.masked_fill(~kept, 0.0), kept


def _widen(array: paddle.Tensor) -> paddle.Tensor:
    """Half precision as float32, anything else as it is."""
    return array.astype("float32") if array.dtype in (paddle.float16, paddle.bfloat16) else array
