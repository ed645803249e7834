"""The losses over windows: the NumPy reference."""

import numpy as np
from scipy.special import logsumexp

from tutorial_utils.checks import check_shapes
from tutorial_utils.masking.numpy import masked_logsumexp


def served_softmax_loss(
    users: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    positive_mask: np.ndarray,
    negative_mask: np.ndarray,
    log_expected_count: np.ndarray,
) -> np.ndarray:
    """Cross-entropy of each target among itself and m shared negatives, on the score that is served.

    Serving ranks an item by its largest inner product with one of the interests (Cen et al. 2020, equation 11), and so
    does this loss: for the target and for every negative. An interest thereby learns to stay away from the negatives
    that it alone would raise, which the published loss never tells it. A target competes with the negatives, not with
    the other targets of its prefix.

    Parameters
    ----------
    users : (P, K, d) floating
        Interests of P prefixes, divided by the temperature where there is one.
    positives : (P, h, d) floating
        The vectors of the next h items of each prefix.
    negatives : (m, d) floating
        Vectors of items drawn from a distribution q, shared by all prefixes.
    positive_mask : (P, h) bool
        True on a target.
    negative_mask : (P, m) bool
        True where the negative counts: it is no target of the prefix.
    log_expected_count : (m,) floating
        log(m q_j) of each negative, subtracted from its logit, as in `training.numpy.sampled_softmax_loss`.

    Returns
    -------
    scalar, floating
        The mean over targets, in nats; 0 without a target.

    Raises
    ------
    TypeError
        If a mask is not boolean.
    ValueError
        If a shape does not fit.
    """
    _check_loss(users, positives, negatives, positive_mask, negative_mask, log_expected_count)
    positive = np.einsum("pkd,phd->phk", users, positives).max(axis=2)  # (P, h)
    negative = np.einsum("pkd,md->pkm", users, negatives).max(axis=1)  # (P, m)
    others = masked_logsumexp(negative - log_expected_count, negative_mask)  # (P,)
    return _mean_loss(positive, others[:, None], positive_mask)


def mixture_softmax_loss(
    users: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    positive_mask: np.ndarray,
    negative_mask: np.ndarray,
    log_expected_count: np.ndarray,
) -> np.ndarray:
    """The served loss made smooth: an item's score is the log of the sum, not the largest, of exp over the interests.

    The two scores differ by at most log K. Every interest gets a share of each gradient, the nearest the largest, and
    no gradient jumps where two interests change places: so two frameworks that round differently stay together.
    With one interest it is `served_softmax_loss`.

    Parameters, result and errors are those of `served_softmax_loss`.
    """
    _check_loss(users, positives, negatives, positive_mask, negative_mask, log_expected_count)
    positive = logsumexp(np.einsum("pkd,phd->phk", users, positives), axis=2)  # (P, h)
    negative = logsumexp(np.einsum("pkd,md->pkm", users, negatives), axis=1)  # (P, m)
    others = masked_logsumexp(negative - log_expected_count, negative_mask)  # (P,)
    return _mean_loss(positive, others[:, None], positive_mask)


def target_softmax_loss(
    users: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    positive_mask: np.ndarray,
    negative_mask: np.ndarray,
    log_expected_count: np.ndarray,
) -> np.ndarray:
    """The published loss over windows: every negative scored under the interest that was chosen for the target.

    Cen et al. 2020, equations 8 to 10. With one interest it is `served_softmax_loss`.

    Parameters, result and errors are those of `served_softmax_loss`.
    """
    _check_loss(users, positives, negatives, positive_mask, negative_mask, log_expected_count)
    scores = np.einsum("pkd,phd->phk", users, positives)  # (P, h, K)
    index = scores.argmax(axis=2)  # (P, h)
    chosen = np.take_along_axis(users, index[:, :, None], axis=1)  # (P, h, d)
    negative = np.einsum("phd,md->phm", chosen, negatives) - log_expected_count  # (P, h, m)
    others = masked_logsumexp(negative, negative_mask[:, None, :])  # (P, h)
    return _mean_loss(scores.max(axis=2), others, positive_mask)


def _check_loss(
    users: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    positive_mask: np.ndarray,
    negative_mask: np.ndarray,
    log_expected_count: np.ndarray,
) -> None:
    """Check the shapes of a loss's arguments."""
    check_shapes(
        users=(users, "P K d"),
        positives=(positives, "P h d"),
        negatives=(negatives, "m d"),
        positive_mask=(positive_mask, "P h"),
        negative_mask=(negative_mask, "P m"),
        log_expected_count=(log_expected_count, "m"),
    )


def _mean_loss(positive: np.ndarray, others: np.ndarray, positive_mask: np.ndarray) -> np.ndarray:
    """The mean of log(exp(positive) + exp(others)) - positive over the targets."""
    loss = np.logaddexp(0.0, others - positive)  # (P, h)
    return np.where(positive_mask, loss, 0.0).sum() / max(1, positive_mask.sum())
