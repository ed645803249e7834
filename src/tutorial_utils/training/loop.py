"""The machinery around a training step: validation, early stopping, checkpoints, Ctrl-C. No framework."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray
from tqdm import tqdm

from tutorial_utils.data import SequenceData
from tutorial_utils.parity import load_state_from_numpy, state_to_numpy
from tutorial_utils.training.checkpoints import (
    BEST,
    BEST_FILE,
    FIRST_MOMENT,
    LAST_FILE,
    PARAMETERS,
    PREVIOUS_FILE,
    Checkpoint,
    CheckpointError,
    find_checkpoint,
    write_checkpoint,
)
from tutorial_utils.training.history import SELECTED_BY, History
from tutorial_utils.training.plan import Batch, Plan

__all__ = ["Learner", "Training"]

Parameters = dict[str, NDArray[Any]]


class Learner(Protocol):
    """A model with its optimizer: what the loop asks of a framework.

    Attributes
    ----------
    model : ComiRecSA or another model with `config` and `seed`
    losses_at_once : int
        After how many steps losses are fetched: 1 in main memory, more on a GPU, where fetching a number holds up the
        queue.
    """

    model: Any
    losses_at_once: int

    def step(self, batch: Batch, learning_rate: float) -> Any:
        """Take one optimizer step and return the loss that the batch had before it, wherever the framework keeps it."""

    def fetch(self, losses: list[Any]) -> list[float]:
        """Bring losses into main memory."""

    def evaluate(self, data: SequenceData) -> dict[str, float]:
        """Measure the model on held-out users."""

    def moments(self) -> dict[str, Parameters]:
        """Both moments of Adam by state key; with the weights and the number of steps, all the next step depends on."""

    def load_moments(self, moments: dict[str, Parameters], step: int) -> None:
        """Go on as after `step` steps."""


class Training:
    """One run of `fit`, in either framework.

    Parameters
    ----------
    learner : Learner
    train : SequenceData
    valid : SequenceData or None
    plan : Plan
    checkpoint_dir : path or None
    progress : bool
        Whether to show a progress bar.
    """

    def __init__(
        self,
        learner: Learner,
        train: SequenceData,
        valid: SequenceData | None,
        plan: Plan,
        checkpoint_dir: str | Path | None,
        progress: bool,
    ) -> None:
        self.learner, self.train, self.valid, self.plan, self.progress = learner, train, valid, plan, progress
        self.folder = None if checkpoint_dir is None else Path(checkpoint_dir)
        self.config = learner.model.config
        self.history = History()
        self.best: Parameters | None = None
        self.pending: list[Any] = []  # losses not fetched yet
        self.seconds = 0.0
        for name, data in {"train": train, "valid": valid}.items():
            if data is not None and data.n_items != self.config.n_items:
                raise ValueError(
                    f"{name} has V = {data.n_items}, expected n_items = {self.config.n_items} of the model"
                )

    def run(self) -> History:
        """Train, from the start or from where the checkpoints end, and leave the best weights in the model."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._resume(find_checkpoint(self.folder))
        with _deferred_interrupt() as interrupted:
            try:
                self.history.stopped_by = self._train_until_stopped(interrupted)
            except KeyboardInterrupt:
                if interrupted.is_set():  # the second one: leave at once
                    raise
                self.history.stopped_by = "interrupt"
        self._fetch_losses()
        if self.history.stopped_by == "interrupt":
            self._save()
        if self.best is not None:
            load_state_from_numpy(self.learner.model, self.best)
        return self.history

    @property
    def _step(self) -> int:
        return self.history.step + len(self.pending)

    def _train_until_stopped(self, interrupted: threading.Event) -> str:
        batches = self.plan.batches(self.train, self.config, start=self._step)
        with tqdm(total=self.plan.steps, initial=self._step, unit="step", disable=not self.progress) as bar:
            clock = time.perf_counter()
            while not (reason := self._reason_to_stop(interrupted)):
                self.pending.append(self.learner.step(next(batches), self.plan.learning_rate_at(self._step)))
                bar.update()
                if len(self.pending) >= self.learner.losses_at_once:
                    self._fetch_losses()
                if self._step % self.plan.evaluate_every == 0 or self._step == self.plan.steps:
                    self._fetch_losses()
                    self.seconds += time.perf_counter() - clock
                    self._evaluate()
                    self._save()
                    bar.set_postfix(self._postfix())
                    clock = time.perf_counter()
        return reason

    def _reason_to_stop(self, interrupted: threading.Event) -> str:
        """Why no further step is taken; empty while training goes on."""
        patience, evaluations = self.plan.patience, len(self.history.evaluated_at)
        if self._step >= self.plan.steps:
            return "steps"
        if patience is not None and self.history.best is not None and evaluations - 1 - self.history.best >= patience:
            return "patience"
        return "interrupt" if interrupted.is_set() else ""

    def _fetch_losses(self) -> None:
        """Move pending losses into the history, up to the first that is no number."""
        losses = self.learner.fetch(self.pending) if self.pending else []
        self.pending = []
        for loss in losses:
            if not math.isfinite(loss):
                raise FloatingPointError(self._describe_failure(loss))
            self.history.losses.append(loss)

    def _describe_failure(self, loss: float) -> str:
        step = self.history.step
        batch = self.plan.name_batch(self.config.max_length, step)
        kept = "" if self.folder is None else f"; the checkpoints in {self.folder} are as they were"
        return f"the loss of step {step + 1} is {loss}; its batch is next({batch}){kept}"

    def _evaluate(self) -> None:
        if self.valid is None:
            return
        self.history.add_evaluation(self.learner.evaluate(self.valid), self.seconds)
        if self.history.best_step == self._step:
            self.best = state_to_numpy(self.learner.model)

    def _save(self) -> None:
        """Write ``best.npz`` where the weights are the best so far, then ``last.npz``."""
        if self.folder is None or self._step == 0:
            return
        current = {PARAMETERS: state_to_numpy(self.learner.model)}
        if self.history.best_step == self._step:
            write_checkpoint(self.folder / BEST_FILE, self._checkpoint(current))
        best = {} if self.best is None else {BEST: self.best}
        whole = self._checkpoint(current | self.learner.moments() | best)
        write_checkpoint(self.folder / LAST_FILE, whole, self.folder / PREVIOUS_FILE)

    def _checkpoint(self, groups: dict[str, Parameters]) -> Checkpoint:
        run = self.plan.fingerprint(self.train, self.valid) | {"model_seed": self.learner.model.seed}
        return Checkpoint(type(self.learner.model).__name__, self.config, groups, self.history, run)

    def _resume(self, found: Checkpoint | None) -> None:
        if found is None:
            return
        own = self._checkpoint({})
        there, here = ({"model": c.model, **vars(c.config), **c.run} for c in (found, own))
        differing = [
            f"{key} {there.get(key)!r} there and {value!r} here"
            for key, value in here.items()
            if there.get(key) != value
        ]
        if differing or found.history.step > self.plan.steps:
            steps = f"{found.history.step} steps done there, {self.plan.steps} steps here"
            raise CheckpointError(f"{self.folder} holds another training: {', '.join(differing) or steps}")
        if FIRST_MOMENT not in found.groups:
            raise CheckpointError(f"{self.folder} holds weights alone, and no training that could go on")
        self.history, self.best = found.history, found.groups.get(BEST)
        self.seconds = max(self.history.seconds, default=0.0)
        load_state_from_numpy(self.learner.model, found.groups[PARAMETERS])
        self.learner.load_moments(found.groups, self.history.step)

    def _postfix(self) -> dict[str, str]:
        values = {"loss": self.history.losses[-1]}
        if self.valid is not None:
            values[SELECTED_BY] = self.history.metrics[SELECTED_BY][-1]
        return {name: f"{value:.4f}" for name, value in values.items()}


@contextmanager
def _deferred_interrupt() -> Iterator[threading.Event]:
    """Turn Ctrl-C into a flag, so that no step is left half done; a second Ctrl-C interrupts at once."""
    requested = threading.Event()

    def request(number: int, frame: Any) -> None:
        if requested.is_set():
            raise KeyboardInterrupt
        requested.set()

    if threading.current_thread() is not threading.main_thread():  # there, no signal arrives
        yield requested
        return
    before = signal.signal(signal.SIGINT, request)
    try:
        yield requested
    finally:
        signal.signal(signal.SIGINT, before)
