"""What SequenceData checks and puts in order while it is built."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def event_positions(offsets: NDArray[Any], users: NDArray[Any]) -> NDArray[np.int64]:
    """Return where the events of `users` lie in the flat arrays, user after user: (E',) int64."""
    lengths = offsets[users + 1] - offsets[users]  # (U',)
    before = np.cumsum(lengths) - lengths  # (U',) events of the users listed earlier
    return np.repeat(offsets[users] - before, lengths) + np.arange(lengths.sum())


def flatten(argument: str, rows: Sequence[ArrayLike]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    arrays = [np.asarray(row) for row in rows]
    if not arrays:
        raise ValueError(f"{argument} is empty, expected at least one user")
    for user, array in enumerate(arrays):
        if array.ndim != 1 or array.size == 0:
            raise ValueError(f"{argument}: user {user} has shape {array.shape}, expected at least one event in one row")
        if array.dtype.kind not in "iu":
            raise ValueError(f"{argument}: user {user} has entries of type {array.dtype}, expected integers")
    return np.concatenate(arrays), np.concatenate([[0], np.cumsum([len(array) for array in arrays])])


def flatten_aligned(argument: str, rows: Sequence[ArrayLike] | None, offsets: NDArray[np.int64]) -> NDArray[Any] | None:
    if rows is None:
        return None
    if len(rows) != len(offsets) - 1:
        raise ValueError(f"{argument} has {len(rows)} users, expected {len(offsets) - 1} as in sequences")
    values, own_offsets = flatten(argument, rows)
    if not np.array_equal(own_offsets, offsets):
        user = int(np.flatnonzero(np.diff(own_offsets) != np.diff(offsets))[0])
        given, expected = np.diff(own_offsets)[user], np.diff(offsets)[user]
        raise ValueError(f"{argument}: user {user} has {given} entries, expected {expected} as in sequences")
    return values


def integers(argument: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{argument} has shape {array.shape} and type {array.dtype}, expected one row of integers")
    return array


def checked_offsets(offsets: ArrayLike, n_events: int) -> NDArray[np.int64]:
    array: NDArray[np.int64] = integers("offsets", offsets).astype(np.int64, copy=False)
    if len(array) < 2:
        raise ValueError(f"offsets has {len(array)} entries, expected at least 2 (one user)")
    if array[0] != 0 or array[-1] != n_events:
        raise ValueError(f"offsets runs from {array[0]} to {array[-1]}, expected 0 to {n_events}, the number of events")
    empty = np.flatnonzero(array[1:] <= array[:-1])
    if len(empty):
        raise ValueError(f"user {empty[0]} has no events, expected at least one")
    return array


def checked_ids(items: NDArray[Any], offsets: NDArray[np.int64], n_items: int | None) -> int:
    n_items = int(items.max()) + 1 if n_items is None else int(n_items)
    if items.min() < 1 or items.max() >= n_items:
        event = int(np.flatnonzero((items < 1) | (items >= n_items))[0])
        user = int(np.searchsorted(offsets, event, side="right")) - 1
        raise ValueError(
            f"user {user} has item id {items[event]} at position {event - offsets[user]}, "
            f"expected 1..{n_items - 1} (n_items is {n_items}, 0 is padding)"
        )
    return n_items


def checked_events(argument: str, values: ArrayLike | None, n_events: int, dtype: type) -> NDArray[Any] | None:
    if values is None:
        return None
    array: NDArray[Any] = integers(argument, values).astype(dtype, copy=False)
    if len(array) != n_events:
        raise ValueError(f"{argument} has {len(array)} entries, expected {n_events}, one an event")
    return array


def checked_category(
    item_category: ArrayLike | None, category_names: Sequence[str] | None, n_items: int
) -> NDArray[np.int64] | None:
    if item_category is None:
        if category_names is not None:
            raise ValueError("category_names is given without item_category")
        return None
    given = integers("item_category", item_category)
    category: NDArray[np.int64] = given.astype(np.int64, copy=given.flags.writeable)  # a frozen one is shared
    if len(category) != n_items:
        raise ValueError(f"item_category has {len(category)} entries, expected n_items = {n_items}")
    if category[0] != -1 or category.min() < -1:
        raise ValueError(
            f"item_category starts with {category[0]} and has the minimum {category.min()}, "
            "expected -1 for padding (entry 0) and no lower value"
        )
    if category_names is not None and category.max() >= len(category_names):
        raise ValueError(f"item_category has category {category.max()}, but category_names only {len(category_names)}")
    return category


def checked_names(item_names: Sequence[str] | None, n_items: int) -> tuple[str, ...] | None:
    if item_names is None:
        return None
    if len(item_names) != n_items:
        raise ValueError(f"item_names has {len(item_names)} entries, expected n_items = {n_items}")
    return tuple(item_names)


def in_time_order(
    items: NDArray[Any],
    offsets: NDArray[np.int64],
    timestamps: NDArray[np.int64],
    event_interest: NDArray[np.int32] | None,
    name: str,
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int32] | None]:
    """Sort the users whose timestamps go back; leave everyone else, and the arrays given, as they are."""
    falls = np.flatnonzero(timestamps[1:] < timestamps[:-1]) + 1
    falls = falls[~np.isin(falls, offsets)]  # the step from one user to the next is no fall
    users = np.unique(np.searchsorted(offsets, falls, side="right") - 1)
    if not len(users):
        return items, timestamps, event_interest
    warnings.warn(
        f"{name or 'sequences'}: the events of {len(users):,} of {len(offsets) - 1:,} users were not in time order; "
        "sorted by timestamp, ties by item id",
        stacklevel=4,
    )
    events = event_positions(offsets, users)
    owner = np.repeat(users, offsets[users + 1] - offsets[users])
    order = events[np.lexsort((items[events], timestamps[events], owner))]
    return (
        _reordered(items, events, order),
        _reordered(timestamps, events, order),
        None if event_interest is None else _reordered(event_interest, events, order),
    )


def _reordered(values: NDArray[Any], events: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[Any]:
    moved = values.copy()
    moved[events] = values[order]
    return moved
