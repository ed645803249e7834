"""Shape checks at the boundary: one line where an array comes in, one clear sentence when it does not fit."""

from typing import Any


def check_shapes(**arguments: tuple[Any, str]) -> dict[str, int]:
    """Check several arrays against named dimensions and return the sizes of those dimensions.

    Parameters
    ----------
    **arguments : (array, str)
        By argument name, an array with a ``shape`` and the names of its dimensions, separated by spaces. A name that
        occurs twice must have one size. A number stands for itself.

    Returns
    -------
    dict of str to int
        The size of every named dimension.

    Raises
    ------
    TypeError
        If an argument has no ``shape``.
    ValueError
        If a shape does not fit; the message names the argument, its shape and the expected one.

    Examples
    --------
    >>> import numpy as np
    >>> check_shapes(scores=(np.zeros((2, 5)), "B n"), mask=(np.ones((2, 5)), "B n"))
    {'B': 2, 'n': 5}
    >>> check_shapes(scores=(np.zeros((2, 5)), "B n"), mask=(np.ones((2, 4)), "B n"))
    Traceback (most recent call last):
    ValueError: mask has shape (2, 4), expected (B, n) = (2, 5)
    """
    sizes: dict[str, int] = {}
    for name, (array, spec) in arguments.items():
        if not hasattr(array, "shape"):
            raise TypeError(f"{name} is {type(array).__name__}, expected an array of shape ({', '.join(spec.split())})")
        _bind(name, tuple(int(size) for size in array.shape), spec.split(), sizes)
    return sizes


def _bind(name: str, shape: tuple[int, ...], letters: list[str], sizes: dict[str, int]) -> None:
    known = {letter: int(letter) if letter.isdigit() else sizes.get(letter) for letter in letters}
    fits = len(shape) == len(letters)
    for letter, size in zip(letters, shape, strict=False):
        if known[letter] is None:
            known[letter] = size
        fits = fits and known[letter] == size
    if not fits:
        bound = [sizes.get(letter, letter) for letter in letters]
        wanted = f"({', '.join(letters)})" + (f" = {_tuple(bound)}" if bound != letters else "")
        raise ValueError(f"{name} has shape {shape}, expected {wanted}")
    sizes.update({letter: size for letter, size in zip(letters, shape, strict=True) if not letter.isdigit()})


def _tuple(entries: list[Any]) -> str:
    return f"({', '.join(map(str, entries))})"
