"""Masks and masked softmax: the NumPy reference."""

import numpy as np

from tutorial_utils.masking._checks import check_lengths, check_masked


def sequence_mask(lengths: np.ndarray, max_length: int) -> np.ndarray:
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
    positions = np.arange(max_length)
    return positions < lengths[:, None]  # (B, n)


def masked_softmax(scores: np.ndarray, mask: np.ndarray, axis: int = -1) -> np.ndarray:
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
    weights = np.exp(filled - filled.max(axis=axis, keepdims=True))
    weights = weights / weights.sum(axis=axis, keepdims=True)
    return np.where(mask, weights, 0.0)


def masked_logsumexp(scores: np.ndarray, mask: np.ndarray, axis: int = -1) -> np.ndarray:
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
    largest = filled.max(axis=axis, keepdims=True)
    result = largest + np.log(np.exp(filled - largest).sum(axis=axis, keepdims=True))
    return np.where(kept, result, -np.inf).squeeze(axis)


def _fill_masked(scores: np.ndarray, mask: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores with -inf where dropped, but 0 in a row that keeps nothing: no row is left without a finite score."""
    mask = np.broadcast_to(mask, scores.shape)
    kept = np.any(mask, axis=axis, keepdims=True)
    filled = np.where(mask, scores, -np.inf)
    return np.where(kept, filled, 0.0), kept
