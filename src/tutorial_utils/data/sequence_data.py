"""The one container for data: who clicked what, in which order, and what is known about the items."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutorial_utils.data._events import (
    checked_category,
    checked_events,
    checked_ids,
    checked_names,
    checked_offsets,
    event_positions,
    flatten,
    flatten_aligned,
    in_time_order,
    integers,
)

_FROZEN = "SequenceData is immutable; build a new one with select, from_flat or the constructor"


class SequenceData:
    """Item sequences of many users in time order; immutable and validated.

    Parameters
    ----------
    sequences : sequence of U one-dimensional integer arrays
        One array a user, oldest event first, no user without an event. Item ids are 1..V-1; 0 is padding.
    n_items : int, optional
        V, the number of items including padding. Default: the highest id + 1.
    item_category : (V,) integers, optional
        One category an item, -1 where unknown. Entry 0 (padding) is -1.
    category_names : sequence of str, optional
        Name of category 0, 1, ...
    item_names : sequence of V str, optional
        Name of item 0, 1, ...; ``""`` for padding.
    timestamps : sequence of U integer arrays, optional
        When each event happened, in any unit. A user whose timestamps go back is sorted by time, ties by item id, and a
        warning says how many users that were. A user whose timestamps never go back keeps the order given.
    event_interest : sequence of U integer arrays, optional
        The true interest behind each event, where it is known (synthetic data).
    name : str
        What to call the data in its repr and in messages.

    Attributes
    ----------
    items : (E,) int32, or int64 if V needs it
        All events, user after user, read-only.
    offsets : (U + 1,) int64
        User u owns ``items[offsets[u]:offsets[u + 1]]``, read-only.

    Raises
    ------
    ValueError
        If an id, a length or a type does not fit; the message names the argument, and the user where there is one.

    Examples
    --------
    >>> data = SequenceData([[1, 2, 3], [2, 4]], item_category=[-1, 0, 0, 1, 1], name="toy")
    >>> data
    SequenceData(toy: 2 users, 4 items, 5 events, 2 categories)
    >>> data[1]
    array([2, 4], dtype=int32)
    """

    items: NDArray[Any]
    offsets: NDArray[np.int64]
    n_items: int
    item_category: NDArray[np.int64] | None
    category_names: tuple[str, ...] | None
    item_names: tuple[str, ...] | None
    name: str
    _timestamps: NDArray[np.int64] | None
    _event_interest: NDArray[np.int32] | None

    def __init__(
        self,
        sequences: Sequence[ArrayLike],
        n_items: int | None = None,
        *,
        item_category: ArrayLike | None = None,
        category_names: Sequence[str] | None = None,
        item_names: Sequence[str] | None = None,
        timestamps: Sequence[ArrayLike] | None = None,
        event_interest: Sequence[ArrayLike] | None = None,
        name: str = "",
    ) -> None:
        items, offsets = flatten("sequences", sequences)
        self._fill(
            items,
            offsets,
            n_items,
            item_category=item_category,
            category_names=category_names,
            item_names=item_names,
            timestamps=flatten_aligned("timestamps", timestamps, offsets),
            event_interest=flatten_aligned("event_interest", event_interest, offsets),
            name=name,
        )

    @classmethod
    def from_flat(
        cls,
        items: NDArray[Any],
        offsets: NDArray[Any],
        n_items: int | None = None,
        *,
        timestamps: NDArray[Any] | None = None,
        event_interest: NDArray[Any] | None = None,
        **item_side: Any,
    ) -> "SequenceData":
        """Build from flat arrays without going through a list of users.

        Arrays that already have the stored type are taken over, not copied, and become read-only.

        Parameters
        ----------
        items : (E,) integers
            All events, user after user.
        offsets : (U + 1,) integers
            User u owns ``items[offsets[u]:offsets[u + 1]]``.
        n_items : int, optional
            As in the constructor.
        timestamps, event_interest : (E,) integers, optional
            One entry an event.
        **item_side
            ``item_category``, ``category_names``, ``item_names`` and ``name``, as in the constructor.

        Returns
        -------
        SequenceData

        Raises
        ------
        ValueError
            As the constructor.
        """
        data = cls.__new__(cls)
        data._fill(items, offsets, n_items, timestamps=timestamps, event_interest=event_interest, **item_side)
        return data

    def _fill(
        self,
        items: NDArray[Any],
        offsets: NDArray[Any],
        n_items: int | None,
        *,
        item_category: ArrayLike | None = None,
        category_names: Sequence[str] | None = None,
        item_names: Sequence[str] | None = None,
        timestamps: NDArray[Any] | None = None,
        event_interest: NDArray[Any] | None = None,
        name: str = "",
    ) -> None:
        """Validate and set every field once; ``vars`` is the way round the blocked ``__setattr__``."""
        items, offsets = integers("items", items), checked_offsets(offsets, len(items))
        n_items = checked_ids(items, offsets, n_items)
        items = items.astype(np.int32 if n_items <= np.iinfo(np.int32).max else np.int64, copy=False)
        timestamps = checked_events("timestamps", timestamps, len(items), np.int64)
        event_interest = checked_events("event_interest", event_interest, len(items), np.int32)
        if timestamps is not None:
            items, timestamps, event_interest = in_time_order(items, offsets, timestamps, event_interest, name)
        category = checked_category(item_category, category_names, n_items)
        vars(self).update(
            items=_read_only(items),
            offsets=_read_only(offsets),
            n_items=n_items,
            item_category=_read_only(category),
            category_names=None if category_names is None else tuple(category_names),
            item_names=checked_names(item_names, n_items),
            name=name,
            _timestamps=_read_only(timestamps),
            _event_interest=_read_only(event_interest),
        )

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(_FROZEN)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(_FROZEN)

    def __len__(self) -> int:
        """Return U, the number of users."""
        return len(self.offsets) - 1

    def __getitem__(self, user: int) -> NDArray[Any]:
        """Return the sequence of one user, a read-only view."""
        user = range(len(self))[user]
        return self.items[self.offsets[user] : self.offsets[user + 1]]

    def __repr__(self) -> str:
        title = f"{self.name}: " if self.name else ""
        counts = f"{len(self):,} users, {self.n_items - 1:,} items, {self.n_events:,} events"
        categories = f", {self.n_categories:,} categories" if self.item_category is not None else ""
        return f"SequenceData({title}{counts}{categories})"

    @property
    def n_events(self) -> int:
        """E, the number of events."""
        return len(self.items)

    @property
    def n_categories(self) -> int:
        """C, the number of categories, the unknown one (-1) not counted; 0 without categories."""
        if self.category_names is not None:
            return len(self.category_names)
        return 0 if self.item_category is None else int(self.item_category.max()) + 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Events of each user, (U,)."""
        return np.diff(self.offsets)

    @property
    def sequences(self) -> list[NDArray[Any]]:
        """Item ids of each user, a list of U read-only views."""
        return _views(self.items, self.offsets)

    @property
    def timestamps(self) -> list[NDArray[np.int64]] | None:
        """Timestamps of each user, a list of U read-only views, or None."""
        return None if self._timestamps is None else _views(self._timestamps, self.offsets)

    @property
    def event_interest(self) -> list[NDArray[np.int32]] | None:
        """True interest of each event, a list of U read-only views, or None."""
        return None if self._event_interest is None else _views(self._event_interest, self.offsets)

    def select(self, users: ArrayLike, name: str | None = None) -> "SequenceData":
        """Keep some users; V and everything known about items stays.

        Parameters
        ----------
        users : (U',) integers or (U,) bool
            Which users, in the order wanted.
        name : str, optional
            Name of the selection. Default: the same name.

        Returns
        -------
        SequenceData

        Raises
        ------
        ValueError
            If no user is selected.
        IndexError
            If a user does not exist.
        """
        users = np.asarray(users)
        rows = np.arange(len(self))[users] if users.size else users
        if not rows.size:
            raise ValueError("users selects nobody, expected at least one user")
        events = event_positions(self.offsets, rows)
        return SequenceData.from_flat(
            self.items[events],
            np.concatenate([[0], np.cumsum(self.lengths[rows])]),
            self.n_items,
            timestamps=None if self._timestamps is None else self._timestamps[events],
            event_interest=None if self._event_interest is None else self._event_interest[events],
            item_category=self.item_category,
            category_names=self.category_names,
            item_names=self.item_names,
            name=self.name if name is None else name,
        )


def _read_only(array: Any) -> Any:
    if array is not None:
        array.flags.writeable = False
    return array


def _views(values: NDArray[Any], offsets: NDArray[np.int64]) -> list[NDArray[Any]]:
    return [values[start:stop] for start, stop in pairwise(offsets)]
