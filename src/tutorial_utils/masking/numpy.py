"""Masks, masked softmax and prefix attention: the NumPy reference."""

import numpy as np

from tutorial_utils.checks import check_shapes
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


def prefix_attention_pool(scores: np.ndarray, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The attention pool of every prefix of a sequence, all prefixes in one pass.

    With a causal attention a position's score does not depend on later positions, so the pool of the first t items is
    ``masked_softmax(scores[:, :t]).T @ values[:, :t]`` for every t: one training example per position from one
    sequence. After the padding starts, the pool of the last real prefix is carried on; before the first real item, and
    in a row without one, it is zero. Where scores contain positions, these count from the first column.

    The reference walks through the prefixes one by one.

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
    B, n, K, d = (sizes[letter] for letter in "BnKd")
    pooled = np.zeros((B, n, K, d), dtype=values.dtype)
    for t in range(n):
        weights = masked_softmax(scores[:, : t + 1], mask[:, : t + 1, None], axis=1)  # (B, t + 1, K)
        pooled[:, t] = np.einsum("bsk,bsd->bkd", weights, values[:, : t + 1])
    return pooled


def _fill_masked(scores: np.ndarray, mask: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores with -inf where dropped, but 0 in a row that keeps nothing: no row is left without a finite score."""
    mask = np.broadcast_to(mask, scores.shape)
    kept = np.any(mask, axis=axis, keepdims=True)
    filled = np.where(mask, scores, -np.inf)
    return np.where(kept, filled, 0.0), kept
