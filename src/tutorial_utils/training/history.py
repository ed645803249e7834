"""What a training leaves behind besides weights: its losses and its validation. No framework."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SELECTED_BY", "History"]

SELECTED_BY = "recall@50"  # the validation metric that early stopping looks at


@dataclass
class History:
    """The course of a training.

    Attributes
    ----------
    losses : list of float
        The loss of every step, in nats; step t, counted from 1, is entry t - 1.
    evaluated_at : list of E int
        The steps after which the validation users were evaluated, ascending.
    metrics : dict of str to list of E float
        By name, such as ``"recall@50"``, what `evaluate` gave after those steps.
    seconds : list of E float
        Seconds of training up to there, evaluation and checkpoints not counted.
    stopped_by : str
        ``"steps"``, ``"patience"`` or ``"interrupt"``; empty while training.
    """

    losses: list[float] = field(default_factory=list)
    evaluated_at: list[int] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    stopped_by: str = ""

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.losses)

    @property
    def best(self) -> int | None:
        """The entry with the highest validation Recall@50, the first of equals; None before the first evaluation."""
        return int(np.argmax(self.metrics[SELECTED_BY])) if self.evaluated_at else None

    @property
    def best_step(self) -> int | None:
        """The step of the best weights."""
        return None if self.best is None else self.evaluated_at[self.best]

    def add_evaluation(self, metrics: dict[str, float], seconds: float) -> None:
        """Append what was measured after the step done last."""
        self.evaluated_at.append(self.step)
        self.seconds.append(seconds)
        for name, value in metrics.items():
            self.metrics.setdefault(name, []).append(value)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The history as arrays, (steps,) and (E,), for a checkpoint."""
        metrics = {f"metrics/{name}": np.array(values, np.float64) for name, values in self.metrics.items()}
        return metrics | {
            "losses": np.array(self.losses, np.float64),
            "evaluated_at": np.array(self.evaluated_at, np.int64),
            "seconds": np.array(self.seconds, np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: MutableMapping[str, NDArray[Any]]) -> "History":
        """Take the history out of the arrays of a checkpoint.

        Raises
        ------
        ValueError
            If an array is missing or does not fit.
        """
        losses = _take(arrays, "losses", np.float64)
        evaluated_at = _take(arrays, "evaluated_at", np.int64)
        seconds = _take(arrays, "seconds", np.float64, len(evaluated_at))
        names = [name for name in arrays if name.startswith("metrics/")]
        metrics = {name.removeprefix("metrics/"): _take(arrays, name, np.float64, len(evaluated_at)) for name in names}
        if len(evaluated_at) and SELECTED_BY not in metrics:
            raise ValueError(f"metrics/{SELECTED_BY} is missing")
        return cls(losses, evaluated_at, metrics, seconds)


def _take(arrays: MutableMapping[str, NDArray[Any]], name: str, dtype: type, size: int | None = None) -> list[Any]:
    array = arrays.pop(name, None)
    if array is None:
        raise ValueError(f"{name} is missing")
    if array.ndim != 1 or array.dtype != dtype or (size is not None and len(array) != size):
        raise ValueError(f"{name} is {array.dtype} {array.shape}, expected {np.dtype(dtype)} in one row")
    return array.tolist()
