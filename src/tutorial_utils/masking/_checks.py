"""The checks that all three backends share. They ask an array for its shape and the name of its dtype, nothing more."""

from typing import Any

from tutorial_utils.checks import check_shapes


def check_lengths(lengths: Any, max_length: int) -> None:
    """Raise unless `lengths` is a vector of integers and `max_length` is not negative."""
    check_shapes(lengths=(lengths, "B"))
    _check_kind("lengths", lengths, "int", "an integer type")
    if max_length < 0:
        raise ValueError(f"max_length is {max_length}, expected 0 or more")


def check_masked(scores: Any, mask: Any) -> None:
    """Raise unless `scores` are floating, `mask` is boolean, and `mask` broadcasts to the shape of `scores`."""
    _check_kind("scores", scores, "float", "a floating type")
    _check_kind("mask", mask, "bool", "bool")
    wanted, given = tuple(scores.shape), tuple(mask.shape)
    pairs = zip(reversed(given), reversed(wanted), strict=False)
    if len(given) > len(wanted) or any(size not in (1, target) for size, target in pairs):
        raise ValueError(f"mask has shape {given}, which does not broadcast to the shape of scores, {wanted}")


def _check_kind(name: str, array: Any, kind: str, expected: str) -> None:
    if not hasattr(array, "dtype"):
        raise TypeError(f"{name} is {type(array).__name__}, expected an array of {expected}")
    if kind not in str(array.dtype):
        raise TypeError(f"{name} has dtype {array.dtype}, expected {expected}")
