"""Masks, masked softmax and prefix attention in PyTorch."""

import torch

from tutorial_utils.checks import check_shapes
from tutorial_utils.masking._checks import check_lengths, check_masked

NEGATIVE_INFINITY = float("-inf")


def sequence_mask(lengths: torch.Tensor, max_length: int) -> torch.Tensor:
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
    positions = torch.arange(max_length, device=lengths.device)
    return positions < lengths[:, None]  # (B, n)


def masked_softmax(scores: torch.Tensor, mask: torch.Tensor, axis: int = -1) -> torch.Tensor:
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
    weights = torch.softmax(filled, dim=axis)
    return weights.masked_fill(~mask, 0.0)


def masked_logsumexp(scores: torch.Tensor, mask: torch.Tensor, axis: int = -1) -> torch.Tensor:
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
    result = torch.logsumexp(filled, dim=axis, keepdim=True)
    return result.masked_fill(~kept, NEGATIVE_INFINITY).squeeze(axis)


def prefix_attention_pool(scores: torch.Tensor, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
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
    position = torch.arange(n, device=mask.device)
    in_prefix = (position <= position[:, None]) & mask[:, None, :]  # (B, n, n): prefix, item
    scores = scores.transpose(1, 2)[:, None].expand(B, n, K, n)  # (B, n, K, n): prefix, interest, item
    weights = masked_softmax(scores, in_prefix[:, :, None, :])
    pooled = weights.reshape(B, n * K, n) @ values  # (B, n K, d)
    return pooled.reshape(B, n, K, d)


def _fill_masked(scores: torch.Tensor, mask: torch.Tensor, axis: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores with -inf where dropped, but 0 in a row that keeps nothing: no row is left without a finite score."""
    mask = mask.expand(scores.shape)
    kept = mask.any(dim=axis, keepdim=True)
    filled = scores.masked_fill(~mask, NEGATIVE_INFINITY)
    return filled.masked_fill(~kept, 0.0), kept
