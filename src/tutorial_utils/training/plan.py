"""What a training is started with, and the batches that follow from it. No framework."""

import math
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorial_utils.data import SequenceData, prefix_batches
from tutorial_utils.training.config import ComiRecConfig

__all__ = ["Batch", "Plan", "count_steps", "draw_negatives", "make_plan"]

Batch = tuple[NDArray[Any] | None, ...]  # ids, mask, target, negatives, log_expected_count


@dataclass(frozen=True)
class Plan:
    """The arguments of `fit`, checked. A training that goes on may change `steps` and `patience` alone."""

    steps: int
    patience: int | None
    batch_size: int
    learning_rate: float
    n_negatives: int | None
    evaluate_every: int
    seed: int

    def __post_init__(self) -> None:
        for name in ("steps", "patience", "batch_size", "n_negatives", "evaluate_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}, expected at least 1")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate is {self.learning_rate}, expected a positive number")

    def fingerprint(self, train: SequenceData, valid: SequenceData | None) -> dict[str, Any]:
        """What must be the same when a training goes on: the settings and the data."""
        settings = {name: value for name, value in asdict(self).items() if name not in ("steps", "patience")}
        return settings | {"train": _describe(train), "valid": _describe(valid)}

    def batches(self, train: SequenceData, config: ComiRecConfig, start: int) -> Iterator[Batch]:
        """Yield the batches from step `start` on, without end: ids, mask, target, negatives, log_expected_count.

        The last two are None where the softmax is full. Every batch depends on the seed and its number alone, so that a
        training can go on at any step without the state of a random generator.
        """
        prefixes = prefix_batches(train, self.batch_size, config.max_length, self.seed, start=start)
        if self.n_negatives is None:
            return ((*prefix, None, None) for prefix in prefixes)
        m = self.n_negatives
        return (
            prefix + draw_negatives(train.n_items, m, self.seed, step)
            for step, prefix in zip(count(start), prefixes, strict=False)
        )

    def learning_rate_at(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        return self.learning_rate

    def name_batch(self, max_length: int, step: int) -> str:
        """The code that draws the prefixes of a step again."""
        return f"prefix_batches(train, {self.batch_size}, {max_length}, seed={self.seed}, start={step})"


def make_plan(train: SequenceData, epochs: float | None, steps: int | None, batch_size: int, **settings: Any) -> Plan:
    """Count the steps and check the settings. An epoch draws as many targets as the training users have.

    Raises
    ------
    ValueError
        If not exactly one of `epochs` and `steps` is given, or a number is too small.
    """
    steps = count_steps(epochs, steps, (train.n_events - len(train)) / max(1, batch_size))
    return Plan(steps=steps, batch_size=batch_size, **settings)


def count_steps(epochs: float | None, steps: int | None, per_epoch: float) -> int:
    """Return the number of steps, given as such or in epochs.

    Raises
    ------
    ValueError
        If not exactly one of `epochs` and `steps` is given.
    """
    if epochs is not None and steps is None:
        return math.ceil(epochs * per_epoch)
    if steps is not None and epochs is None:
        return steps
    raise ValueError(f"epochs is {epochs} and steps is {steps}, expected exactly one of them")


def draw_negatives(
    n_items: int, n_negatives: int, seed: int, step: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Draw the negatives of one step from all real items alike, with replacement.

    Parameters
    ----------
    n_items : int
        V, the number of items including padding.
    n_negatives : int
        m, the number of negatives.
    seed, step : int
        The generator's seed, as in `prefix_batches`.

    Returns
    -------
    negatives : (m,) int64
        Ids in 1..V-1.
    log_expected_count : (m,) float32
        log(m / (V - 1)).
    """
    negatives = np.random.default_rng((seed, step, 1)).integers(1, n_items, size=n_negatives)
    return negatives, np.full(n_negatives, math.log(n_negatives / (n_items - 1)), np.float32)


def _describe(data: SequenceData | None) -> str | None:
    if data is None:
        return None
    return (
        f"{len(data)} users, {data.n_events} events, {zlib.crc32(data.items.data, zlib.crc32(data.offsets.data)):08x}"
    )
