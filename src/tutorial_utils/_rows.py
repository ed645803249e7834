"""Lists of id arrays, one array a user, checked and flattened so that NumPy can work on all users at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def flatten_rows(
    name: str, rows: Sequence[ArrayLike], n_items: int | None = None, *, empty: bool = True
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flatten U id arrays into one, with the user of every entry.

    Parameters
    ----------
    name : str
        What the error messages call the argument.
    rows : list of U int arrays
        Ids from 1, and below `n_items` where that is given.
    n_items : int, optional
        V, the number of items including padding.
    empty : bool
        Whether a user may have no id.

    Returns
    -------
    users, ids : (E,) int64, (E,) int64
        E is the number of ids of all users together.

    Raises
    ------
    ValueError
        If an array is not one row of integers, is empty though it may not be, or has an id out of range.
    """
    arrays = [np.asarray(row) for row in rows]
    for user, array in enumerate(arrays):
        _check_row(f"{name}[{user}]", array, empty)
    lengths = [array.size for array in arrays]
    users = np.repeat(np.arange(len(arrays)), lengths)
    ids = np.concatenate([np.zeros(0, np.int64), *(array.astype(np.int64) for array in arrays)])
    outside = ids < 1 if n_items is None else (ids < 1) | (ids >= n_items)
    if outside.any():
        first = outside.argmax()
        wanted = "ids from 1" if n_items is None else f"ids in 1..{n_items - 1}"
        raise ValueError(f"{name}[{users[first]}] has id {ids[first]}, expected {wanted}")
    return users, ids


def _check_row(name: str, array: NDArray[Any], empty: bool) -> None:
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}, expected a one-dimensional array of ids")
    if array.size == 0 and not empty:
        raise ValueError(f"{name} is empty, expected at least one id")
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"{name} has dtype {array.dtype}, expected integer ids")
