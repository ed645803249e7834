"""From sequences to what a model eats: users split three ways, inputs and targets, padded batches."""

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutorial_utils.data.sequence_data import SequenceData

Batch = tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]


def split_by_user(
    data: SequenceData, ratios: tuple[float, float, float] = (0.8, 0.1, 0.1), seed: int = 0
) -> tuple[SequenceData, SequenceData, SequenceData]:
    """Split users, not events, at random: nobody in valid or test was seen in training.

    Strong generalisation as in Cen et al. (KDD 2020), section 4.1.

    Parameters
    ----------
    data : SequenceData
    ratios : three positive floats
        Shares of train, valid and test; divided by their sum.
    seed : int

    Returns
    -------
    train, valid, test : SequenceData
        Users in their old order; V, categories and names as in `data`.

    Raises
    ------
    ValueError
        If `ratios` is not three positive numbers, or a part would get no user.
    """
    shares = np.asarray(ratios, dtype=np.float64)
    if shares.shape != (3,) or not (shares > 0).all():
        raise ValueError(f"ratios is {ratios}, expected three positive numbers")
    cuts = np.rint(np.cumsum(shares)[:2] / shares.sum() * len(data)).astype(np.int64)
    parts = np.split(np.random.default_rng(seed).permutation(len(data)), cuts)
    if min(map(len, parts)) == 0:
        raise ValueError(f"{len(data)} users split {ratios} leave a part without users, expected at least one in each")
    train, valid, test = (
        data.select(np.sort(part), name=f"{data.name} {kind}".strip())
        for part, kind in zip(parts, ("train", "valid", "test"), strict=True)
    )
    return train, valid, test


def input_and_targets(
    data: SequenceData, fraction: float = 0.8
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
    """Split each user's events in time: the first part is the input, the rest holds the targets.

    Cen et al. (KDD 2020), section 4.1. A target may also occur in the input: people return to things.

    Parameters
    ----------
    data : SequenceData
        Every user with at least 2 events.
    fraction : float
        Share of the events that goes into the input, rounded down, at least one event.

    Returns
    -------
    histories : list of U int64 arrays
        ``int(fraction * n)`` events of each user, oldest first, at least 1 and at most n - 1.
    targets : list of U int64 arrays
        Ids among the remaining events, each once, ascending; never empty.

    Raises
    ------
    ValueError
        If `fraction` is not between 0 and 1, or a user has fewer than 2 events.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"fraction is {fraction}, expected a number between 0 and 1")
    if data.lengths.min() < 2:
        user = int(data.lengths.argmin())
        raise ValueError(
            f"user {user} has 1 event, expected at least 2 (one for the input, one as target); "
            "data.select(data.lengths >= 2) leaves such users out"
        )
    sequences = [sequence.astype(np.int64) for sequence in data.sequences]
    cuts = [max(1, int(fraction * len(sequence))) for sequence in sequences]
    histories = [sequence[:cut] for sequence, cut in zip(sequences, cuts, strict=True)]
    targets = [np.unique(sequence[cut:]) for sequence, cut in zip(sequences, cuts, strict=True)]
    return histories, targets


def pad_sequences(sequences: Sequence[ArrayLike], max_length: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Put sequences of different lengths into one rectangle: the last items of each, left-aligned, zeros after.

    Parameters
    ----------
    sequences : sequence of U one-dimensional integer arrays
        Item ids, 1 or higher; an empty sequence gives a row of padding.
    max_length : int
        n, the length of every row.

    Returns
    -------
    ids : (U, n) int64
        0 is padding.
    mask : (U, n) bool
        True on a real item.

    Raises
    ------
    ValueError
        If `max_length` is below 1, or a sequence is not one row of integers of at least 1.

    Examples
    --------
    >>> ids, mask = pad_sequences([[5, 6, 7, 8], [9]], max_length=3)
    >>> ids
    array([[6, 7, 8],
           [9, 0, 0]])
    """
    check_at_least(1, max_length=max_length)
    rows = [_checked_row(row, sequence)[-max_length:] for row, sequence in enumerate(sequences)]
    kept = np.fromiter(map(len, rows), np.int64, len(rows))  # (U,)
    mask = np.arange(max_length) < kept[:, None]  # (U, n)
    ids = np.zeros(mask.shape, dtype=np.int64)
    if rows:
        ids[mask] = np.concatenate(rows)
    return ids, mask


def prefix_batches(
    data: SequenceData,
    batch_size: int,
    max_length: int,
    seed: int = 0,
    steps: int | None = None,
    start: int = 0,
) -> Iterator[Batch]:
    """Draw training batches: random users, for each a random position as target and the items before it as input.

    The sampling of Cen et al. (KDD 2020), appendix A.1: users uniformly, so a heavy user weighs as much as a light one,
    then a position k = 1..n-1 (counted from 0) uniformly. Their published code starts at k = 4 instead and draws the
    users of one batch without replacement; here they are drawn with replacement, so that B may exceed U.

    Step t draws from a generator seeded with ``(seed, t)``: batches do not depend on the ones before, and training can
    resume at any step.

    Parameters
    ----------
    data : SequenceData
        Users with a single event are never drawn.
    batch_size : int
        B, the batch size.
    max_length : int
        n; longer inputs keep their last n items.
    seed : int
    steps : int, optional
        How many batches. Default: without end.
    start : int
        The first step.

    Yields
    ------
    ids : (B, n) int64
        Left-aligned, 0 is padding.
    mask : (B, n) bool
        True on a real item.
    target : (B,) int64

    Raises
    ------
    ValueError
        At the call, if a size is below 1, `start` or `steps` is negative, or no user has 2 events.
    """
    check_at_least(1, batch_size=batch_size, max_length=max_length)
    check_at_least(0, start=start, steps=0 if steps is None else steps)
    users = np.flatnonzero(data.lengths >= 2)
    if not len(users):
        raise ValueError("no user of data has 2 events, expected at least one such user (an input and a target)")
    numbers = count(start) if steps is None else range(start, start + steps)
    return (_prefix_batch(data, users, batch_size, max_length, np.random.default_rng((seed, step))) for step in numbers)


def _prefix_batch(
    data: SequenceData, users: NDArray[np.int64], batch_size: int, max_length: int, rng: np.random.Generator
) -> Batch:
    drawn = users[rng.integers(len(users), size=batch_size)]  # (B,)
    first = data.offsets[drawn]  # (B,)
    target = first + rng.integers(1, data.offsets[drawn + 1] - first)  # (B,) flat position of the target
    begin = np.maximum(first, target - max_length)  # (B,) flat position of the first input
    positions = begin[:, None] + np.arange(max_length)  # (B, n)
    mask = positions < target[:, None]  # (B, n)
    ids = np.zeros(mask.shape, dtype=np.int64)
    ids[mask] = data.items[positions[mask]]
    return ids, mask, data.items[target].astype(np.int64)


def _checked_row(row: int, sequence: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(sequence)
    if array.ndim != 1 or (array.size and (array.dtype.kind not in "iu" or array.min() < 1)):
        raise ValueError(f"sequences[{row}] is {sequence!r}, expected one row of item ids, integers of at least 1")
    return array.astype(np.int64)


def check_at_least(lowest: int, **sizes: int) -> None:
    """Raise a ValueError that names the first size below `lowest`."""
    for name, size in sizes.items():
        if size < lowest:
            raise ValueError(f"{name} is {size}, expected at least {lowest}")
