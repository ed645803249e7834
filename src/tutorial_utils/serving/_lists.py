"""What the exact search and the one through Faiss share: checks, excluded items, the order of a list."""

from collections.abc import Sequence
from numbers import Integral

import numpy as np


def check_length(n: int, name: str = "n", lowest: int = 1) -> None:
    """Refuse a list length, or another size, that is no integer or too small."""
    if not (isinstance(n, Integral) and n >= lowest):
        raise ValueError(f"{name} is {n!r}, expected an integer of at least {lowest}")


def check_finite(**arguments: np.ndarray) -> None:
    """Refuse NaN and infinities, naming the argument."""
    for name, array in arguments.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} hold NaN or inf, expected finite numbers")


def excluded_items(exclude: Sequence[np.ndarray] | None, n_users: int, n_items: int) -> list[np.ndarray]:
    """One integer array of excluded ids for each user, checked; empty arrays for None."""
    if exclude is None:
        return [np.empty(0, dtype=np.int64)] * n_users
    if len(exclude) != n_users:
        raise ValueError(f"exclude has {len(exclude)} entries, expected one for each of the B = {n_users} users")
    items = [np.asarray(ids) if len(ids) else np.empty(0, dtype=np.int64) for ids in exclude]
    for user, ids in enumerate(items):
        if not np.issubdtype(ids.dtype, np.integer):
            raise TypeError(f"exclude[{user}] has dtype {ids.dtype}, expected an integer type")
        if ids.size and not 0 <= ids.min() <= ids.max() < n_items:
            raise ValueError(
                f"exclude[{user}] holds ids {ids.min()} to {ids.max()}, expected 0 to V - 1 = {n_items - 1}"
            )
    return items


def drop_excluded(ids: np.ndarray, scores: np.ndarray, excluded: list[np.ndarray], n_items: int) -> None:
    """Set the scores, (B, K, N), of each user's excluded ids to -inf, in place."""
    is_excluded = np.zeros(n_items, dtype=bool)
    for user, items in enumerate(excluded):
        is_excluded[items] = True
        scores[user][is_excluded[ids[user]]] = -np.inf
        is_excluded[items] = False


def best_first(ids: np.ndarray, scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The `n` best along the last axis, ties to the lowest id; -inf is no candidate, filler is id 0 at -inf."""
    order = np.lexsort((ids, -scores))[..., :n]
    ids, scores = np.take_along_axis(ids, order, axis=-1), np.take_along_axis(scores, order, axis=-1)
    ids = np.where(scores > -np.inf, ids, 0)
    missing = [(0, 0)] * (ids.ndim - 1) + [(0, n - ids.shape[-1])]
    return np.pad(ids, missing), np.pad(scores, missing, constant_values=-np.inf)
