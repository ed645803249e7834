"""Windows of consecutive events: one sequence that gives a training example at every position."""

from collections.abc import Iterator
from itertools import count

import numpy as np
from numpy.typing import NDArray

from tutorial_utils.data.sequence_data import SequenceData
from tutorial_utils.data.split import check_at_least

__all__ = ["count_window_batches", "window_batches"]

Windows = NDArray[np.int64]
WindowBatch = tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]

BATCHES_AT_ONCE = 32  # windows are sorted by length within so many batches


def window_batches(
    data: SequenceData,
    batch_size: int,
    max_length: int,
    seed: int = 0,
    steps: int | None = None,
    start: int = 0,
) -> Iterator[WindowBatch]:
    """Draw training batches: windows of up to n + 1 consecutive events, each event after the first a target once.

    A user of at most n + 1 events is one window. A longer sequence gives several, cut from its end, so that the first
    may be short; neighbours share one event, the last target of one and the first input of the next.

    Every window comes once an epoch, in an order drawn for each epoch from a generator seeded with ``(seed, epoch)``;
    a batch holds windows of similar length, to spend little on padding. Batches depend on the seed and their number
    alone, so that a training can resume at any step.

    Parameters
    ----------
    data : SequenceData
        Users with a single event give no window.
    batch_size : int
        B; the last batch of an epoch may be smaller.
    max_length : int
        n, the length of a window.
    seed : int
    steps : int, optional
        How many batches. Default: without end.
    start : int
        The first step.

    Yields
    ------
    ids : (B, L) int64
        The inputs, left-aligned, 0 is padding; L <= n is the length of the longest in the batch.
    mask : (B, L) bool
        True on a real item.
    targets : (B, L) int64
        The item after each input; 0 where there is none.

    Raises
    ------
    ValueError
        At the call, if a size is below 1, `start` or `steps` is negative, or no user has 2 events.
    """
    check_at_least(1, batch_size=batch_size, max_length=max_length)
    check_at_least(0, start=start, steps=0 if steps is None else steps)
    windows = _windows(data, max_length)
    if not len(windows):
        raise ValueError("no user of data has 2 events, expected at least one such user (an input and a target)")
    numbers = count(start) if steps is None else range(start, start + steps)
    return _batches(data, windows, batch_size, seed, numbers)


def count_window_batches(data: SequenceData, batch_size: int, max_length: int) -> int:
    """How many batches of windows make one epoch.

    Parameters are those of `window_batches`.
    """
    return -(-len(_windows(data, max_length)) // batch_size)


def _windows(data: SequenceData, max_length: int) -> Windows:
    """Flat positions of the first event of each window and of the one after its last, (W, 2)."""
    n_targets = data.lengths - 1  # (U,)
    n_windows = -(-n_targets // max_length)  # (U,)
    user = np.repeat(np.arange(len(data)), n_windows)  # (W,)
    from_end = np.arange(len(user)) - np.repeat(
        np.cumsum(n_windows) - n_windows, n_windows
    )  # (W,) 0 is the last window
    end = data.offsets[user + 1] - from_end * max_length
    begin = np.maximum(data.offsets[user], end - max_length - 1)
    return np.stack([begin, end], axis=1).astype(np.int64)


def _batches(
    data: SequenceData, windows: Windows, batch_size: int, seed: int, numbers: Iterator[int] | range
) -> Iterator[WindowBatch]:
    """Cut each epoch's order into batches; the order is drawn when its epoch begins."""
    per_epoch, epoch, batches = -(-len(windows) // batch_size), -1, []
    for number in numbers:
        if number // per_epoch != epoch:
            epoch = number // per_epoch
            batches = _epoch(windows, batch_size, np.random.default_rng((seed, epoch)))
        yield _window_batch(data, windows[batches[number % per_epoch]])


def _epoch(windows: Windows, batch_size: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """All windows in random order, sorted by length within stretches of many batches, and the batches shuffled."""
    order = rng.permutation(len(windows))
    stretch = batch_size * BATCHES_AT_ONCE
    lengths = windows[:, 1] - windows[:, 0]
    in_stretches = np.lexsort((np.arange(len(order)), lengths[order], np.arange(len(order)) // stretch))
    batches = np.split(order[in_stretches], np.arange(batch_size, len(order), batch_size))
    return [batches[i] for i in rng.permutation(len(batches))]


def _window_batch(data: SequenceData, windows: Windows) -> WindowBatch:
    n_inputs = windows[:, 1] - windows[:, 0] - 1  # (B,)
    mask = np.arange(n_inputs.max()) < n_inputs[:, None]  # (B, L)
    positions = (windows[:, :1] + np.arange(mask.shape[1]))[mask]
    ids, targets = np.zeros((2, *mask.shape), np.int64)
    ids[mask], targets[mask] = data.items[positions], data.items[positions + 1]
    return ids, mask, targets
