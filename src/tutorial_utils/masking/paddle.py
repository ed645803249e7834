"""Masks and masked softmax in PaddlePaddle.

Paddle has no half-precision kernels on CPU: half types are computed in float32 and cast back.
"""

from tutorial_utils._paddle import paddle
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


def _fill_masked(scores: paddle.Tensor, mask: paddle.Tensor, axis: int) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Scores with -inf where dropped, but 0 in a row that keeps nothing: no row is left without a finite score."""
    mask = mask.expand(scores.shape)
    kept = mask.any(axis=axis, keepdim=True)
    filled = _widen(scores).masked_fill(~mask, NEGATIVE_INFINITY)
    return filled.masked_fill(~kept, 0.0), kept


def _widen(array: paddle.Tensor) -> paddle.Tensor:
    """Half precision as float32, anything else as it is."""
    return array.astype("float32") if array.dtype in (paddle.float16, paddle.bfloat16) else array
