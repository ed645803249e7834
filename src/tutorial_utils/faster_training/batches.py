"""The arrays of one training step, drawn from the seed and the step's number. No framework."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutorial_utils.data import SequenceData, count_window_batches, window_batches
from tutorial_utils.training.config import ComiRecConfig
from tutorial_utils.training.plan import Plan, count_steps

__all__ = ["NegativeSampler", "WindowBatch", "WindowPlan", "following_items", "make_window_plan"]

IntArray = NDArray[np.int64]


class WindowBatch(NamedTuple):
    """B windows of up to n inputs, P training examples among them, and m negatives that all share.

    Attributes
    ----------
    item_seq : (B, L) int64
        Items, left-aligned, 0 is padding.
    mask : (B, L) bool
        True on an item that is read: a real one that was not dropped.
    scale : (B, L, d) float32
        What the input embeddings are multiplied with: 0 where dropped, else 1 / (1 - dropout).
    example : (P,) int64
        Which of the B L prefixes are examples, as flat positions: those with an item after them.
    targets : (P, h) int64
        The next h items after each prefix; 0 where the window ends.
    negatives : (m,) int64
        Ids, drawn with replacement.
    log_expected_count : (m,) float32
        log(m q_j) of each negative.
    negative_mask : (B, m) bool
        False where a negative stands in the window: it was seen, or is a target.
    """

    item_seq: IntArray
    mask: NDArray[np.bool_]
    scale: NDArray[np.float32]
    example: IntArray
    targets: IntArray
    negatives: IntArray
    log_expected_count: NDArray[np.float32]
    negative_mask: NDArray[np.bool_]


@dataclass(frozen=True)
class WindowPlan(Plan):
    """The arguments of `fit`, checked; see there.

    Parameters
    ----------
    horizon : int
        h, how many of the next items are targets of a prefix.
    item_dropout : float
        Share of the input items that a training step does not read, in [0, 1).
    dropout : float
        Share of the entries of an input embedding that a training step sets to zero, in [0, 1).
    loss : str
        The name of the loss, for the checkpoints: a training goes on with the loss it began with.
    mixed_precision : bool
        Likewise for the checkpoints.
    """

    horizon: int = 1
    item_dropout: float = 0.0
    dropout: float = 0.0
    loss: str = "mixture_softmax_loss"
    mixed_precision: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_negatives is None:
            raise ValueError("n_negatives is None, expected a number: there is no full softmax over windows")
        if self.horizon < 1:
            raise ValueError(f"horizon is {self.horizon}, expected at least 1")
        for name in ("item_dropout", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected a share in [0, 1)")

    def batches(self, train: SequenceData, config: ComiRecConfig, start: int) -> Iterator[Any]:
        """Yield the batches from step `start` on, without end, as `WindowBatch`."""
        sampler = NegativeSampler(train)
        windows = window_batches(train, self.batch_size, config.max_length, self.seed, start=start)
        for step, (item_seq, mask, next_item) in zip(count(start), windows, strict=False):
            rng = np.random.default_rng((self.seed, step, 1))
            read = mask & (rng.random(mask.shape) >= self.item_dropout)
            kept = rng.random((*mask.shape, config.embedding_dim), dtype=np.float32) >= self.dropout
            scale = kept.astype(np.float32) / np.float32(1 - self.dropout)
            example = np.flatnonzero(mask)
            targets = following_items(next_item, self.horizon).reshape(-1, self.horizon)[example]
            negatives, log_expected_count = sampler.draw(self.n_negatives or 0, rng)
            elsewhere = ~_occurs(np.hstack([item_seq, next_item]), negatives)
            yield WindowBatch(item_seq, read, scale, example, targets, negatives, log_expected_count, elsewhere)

    def learning_rate_at(self, step: int) -> float:
        """The learning rate falls to zero, linearly over all steps."""
        return self.learning_rate * (1 - step / self.steps)

    def name_batch(self, max_length: int, step: int) -> str:
        """The code that draws the windows of a step again."""
        return f"window_batches(train, {self.batch_size}, {max_length}, seed={self.seed}, start={step})"


def make_window_plan(
    train: SequenceData, max_length: int, *, epochs: float | None, steps: int | None, batch_size: int, **settings: Any
) -> WindowPlan:
    """Count the steps, check the settings, and evaluate once an epoch unless told otherwise.

    Raises
    ------
    ValueError
        If not exactly one of `epochs` and `steps` is given, or a number is out of its range.
    """
    per_epoch = max(1, count_window_batches(train, max(1, batch_size), max_length))
    steps = count_steps(epochs, steps, per_epoch)
    settings["evaluate_every"] = per_epoch if settings["evaluate_every"] is None else settings["evaluate_every"]
    return WindowPlan(steps=steps, batch_size=batch_size, **settings)


class NegativeSampler:
    """Draws items with a probability of one more than how often they were clicked, so that every item can be drawn.

    Parameters
    ----------
    data : SequenceData
        Training users.

    Attributes
    ----------
    n_items : int
        V, the number of items including padding.
    """

    def __init__(self, data: SequenceData) -> None:
        self.n_items = data.n_items
        counts = np.bincount(data.items, minlength=data.n_items)[1:] + 1.0  # (V - 1,)
        self._cumulative = np.cumsum(counts)
        self._log_share = np.log(counts / counts.sum()).astype(np.float32)

    def draw(self, n_negatives: int, rng: np.random.Generator) -> tuple[IntArray, NDArray[np.float32]]:
        """Draw ids and say how often each was to be expected.

        Parameters
        ----------
        n_negatives : int
            m, the number of negatives.
        rng : numpy.random.Generator

        Returns
        -------
        negatives : (m,) int64
            Ids in 1..V-1, with replacement.
        log_expected_count : (m,) float32
            log(m q_j).
        """
        places = rng.random(n_negatives) * self._cumulative[-1]
        index = np.searchsorted(self._cumulative, places, side="right")  # (m,) in 0..V-2
        return index + 1, self._log_share[index] + np.float32(np.log(n_negatives))


def following_items(next_item: IntArray, horizon: int) -> IntArray:
    """The next h items after each position.

    Parameters
    ----------
    next_item : (B, L) int64
        The item after each position, 0 where there is none.
    horizon : int
        h, the number of next items.

    Returns
    -------
    (B, L, h) int64
        0 beyond the end.
    """
    B, L = next_item.shape
    following = np.zeros((B, L, horizon), np.int64)
    for step in range(min(horizon, L)):
        following[:, : L - step, step] = next_item[:, step:]
    return following


def _occurs(item_seq: IntArray, negatives: IntArray) -> NDArray[np.bool_]:
    """Whether each negative stands in each row, (B, m)."""
    distinct, where = np.unique(negatives, return_inverse=True)  # (D,), (m,)
    place = np.minimum(np.searchsorted(distinct, item_seq), len(distinct) - 1)  # (B, L)
    row, column = np.nonzero(distinct[place] == item_seq)
    found = np.zeros((len(item_seq), len(distinct)), np.bool_)
    found[row, place[row, column]] = True
    return found[:, where]
