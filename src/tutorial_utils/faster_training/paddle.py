"""The losses over windows, and the training on them, in PaddlePaddle."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tutorial_utils._paddle import paddle
from tutorial_utils.checks import check_shapes
from tutorial_utils.data import SequenceData
from tutorial_utils.faster_training.batches import make_window_plan
from tutorial_utils.masking.paddle import masked_logsumexp
from tutorial_utils.training.history import History
from tutorial_utils.training.loop import Training
from tutorial_utils.training.model.paddle import RecallModel
from tutorial_utils.training.paddle import ADAM as DENSE_ADAM
from tutorial_utils.training.paddle import Learner
from tutorial_utils.training.plan import Batch

__all__ = ["WindowLearner", "fit", "mixture_softmax_loss", "served_softmax_loss", "target_softmax_loss", "window_loss"]

# So small that it does not matter where a framework adds it: to Adam's corrected or uncorrected moment.
ADAM = DENSE_ADAM | {"epsilon": 1e-12}

Loss = Callable[..., paddle.Tensor]


def served_softmax_loss(
    users: paddle.Tensor,
    positives: paddle.Tensor,
    negatives: paddle.Tensor,
    positive_mask: paddle.Tensor,
    negative_mask: paddle.Tensor,
    log_expected_count: paddle.Tensor,
) -> paddle.Tensor:
    """Cross-entropy of each target among itself and m shared negatives, on the score that is served.

    Serving ranks an item by its largest inner product with one of the interests (Cen et al. 2020, equation 11), and so
    does this loss: for the target and for every negative. An interest thereby learns to stay away from the negatives
    that it alone would raise, which the published loss never tells it. A target competes with the negatives, not with
    the other targets of its prefix.

    Parameters
    ----------
    users : (P, K, d) floating
        Interests of P prefixes, divided by the temperature where there is one.
    positives : (P, h, d) floating
        The vectors of the next h items of each prefix.
    negatives : (m, d) floating
        Vectors of items drawn from a distribution q, shared by all prefixes.
    positive_mask : (P, h) bool
        True on a target.
    negative_mask : (P, m) bool
        True where the negative counts: it is no target of the prefix.
    log_expected_count : (m,) floating
        log(m q_j) of each negative, subtracted from its logit, as in `training.paddle.sampled_softmax_loss`.

    Returns
    -------
    scalar, floating
        The mean over targets, in nats; 0 without a target.

    Raises
    ------
    TypeError
        If a mask is not boolean.
    ValueError
        If a shape does not fit.
    """
    P, K, m = _check_loss(users, positives, negatives, positive_mask, negative_mask, log_expected_count)
    positive = (positives @ users.transpose([0, 2, 1])).amax(axis=2)  # (P, h)
    every_interest = users.reshape([P * K, -1]) @ negatives.T  # (P K, m)
    negative = every_interest.reshape([P, K, m]).amax(axis=1)  # (P, m)
    others = masked_logsumexp(negative - log_expected_count, negative_mask)  # (P,)
    return _mean_loss(positive, others[:, None], positive_mask)


def mixture_softmax_loss(
    users: paddle.Tensor,
    positives: paddle.Tensor,
    negatives: paddle.Tensor,
    positive_mask: paddle.Tensor,
    negative_mask: paddle.Tensor,
    log_expected_count: paddle.Tensor,
) -> paddle.Tensor:
    """The served loss made smooth: an item's score is the log of the sum, not the largest, of exp over the interests.

    The two scores differ by at most log K. Every interest gets a share of each gradient, the nearest the largest, and
    no gradient jumps where two interests change places: so two frameworks that round differently stay together.
    With one interest it is `served_softmax_loss`.

    Parameters, result and errors are those of `served_softmax_loss`.
    """
    P, K, m = _check_loss(users, positives, negatives, positive_mask, negative_mask, log_expected_count)
    positive = paddle.logsumexp(positives @ users.transpose([0, 2, 1]), axis=2)  # (P, h)
    every_interest = users.reshape([P * K, -1]) @ negatives.T  # (P K, m)
    negative = paddle.logsumexp(every_interest.reshape([P, K, m]), axis=1)  # (P, m)
    others = masked_logsumexp(negative - log_expected_count, negative_mask)  # (P,)
    return _mean_loss(positive, others[:, None], positive_mask)


def target_softmax_loss(
    users: paddle.Tensor,
    positives: paddle.Tensor,
    negatives: paddle.Tensor,
    positive_mask: paddle.Tensor,
    negative_mask: paddle.Tensor,
    log_expected_count: paddle.Tensor,
) -> paddle.Tensor:
    """The published loss over windows: every negative scored under the interest that was chosen for the target.

    Cen et al. 2020, equations 8 to 10. With one interest it is `served_softmax_loss`.

    Parameters, result and errors are those of `served_softmax_loss`.
    """
    _check_loss(users, positives, negatives, positive_mask, negative_mask, log_expected_count)
    scores = positives @ users.transpose([0, 2, 1])  # (P, h, K)
    index = scores.argmax(axis=2)  # (P, h)
    chosen = paddle.take_along_axis(users, index[:, :, None], axis=1)  # (P, h, d)
    negative = chosen @ negatives.T - log_expected_count  # (P, h, m)
    others = masked_logsumexp(negative, negative_mask[:, None, :])  # (P, h)
    return _mean_loss(scores.amax(axis=2), others, positive_mask)


def window_loss(
    model: RecallModel,
    item_seq: paddle.Tensor,
    mask: paddle.Tensor,
    scale: paddle.Tensor,
    example: paddle.Tensor,
    targets: paddle.Tensor,
    negatives: paddle.Tensor,
    log_expected_count: paddle.Tensor,
    negative_mask: paddle.Tensor,
    *,
    loss: Loss = mixture_softmax_loss,
) -> paddle.Tensor:
    """The loss of a `WindowBatch`: all prefixes pooled in one pass, and the next items of each predicted.

    Only rows of the tables that the batch names are read, and their gradients are sparse: the cost of a step does not
    grow with V.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling
    item_seq, mask, scale, example, targets, negatives, log_expected_count, negative_mask
        As in `batches.WindowBatch`.
    loss : function
        `mixture_softmax_loss`, `served_softmax_loss` or `target_softmax_loss`.

    Returns
    -------
    scalar, floating
        In nats.
    """
    seq_emb = _look_up(item_seq, model.item_embedding) * scale  # (B, L, d)
    interests = model.prefix_interests(seq_emb, mask)  # (B, L, K, d)
    K, d = interests.shape[2:]
    users = paddle.gather(interests.reshape([-1, K, d]), example) / (model.config.temperature or 1.0)  # (P, K, d)
    positives = model.as_scored(_look_up(targets, model.scored_table()))  # (P, h, d)
    candidates = model.as_scored(_look_up(negatives, model.scored_table()))  # (m, d)
    row = example // item_seq.shape[1]  # (P,)
    return loss(users, positives, candidates, targets != 0, paddle.gather(negative_mask, row), log_expected_count)


def fit(
    model: RecallModel,
    train: SequenceData,
    valid: SequenceData | None,
    *,
    epochs: float | None = None,
    steps: int | None = None,
    batch_size: int = 128,
    learning_rate: float = 0.005,
    n_negatives: int = 1024,
    horizon: int = 2,
    item_dropout: float = 0.5,
    dropout: float = 0.2,
    loss: Loss = mixture_softmax_loss,
    mixed_precision: bool = False,
    seed: int = 0,
    evaluate_every: int | None = None,
    patience: int | None = None,
    checkpoint_dir: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train a model on all prefixes of windows, and leave it with the weights that validated best.

    Checkpoints, resuming, Ctrl-C and the choice of the best weights are those of `training.paddle.fit`. The learning
    rate falls linearly to zero over all steps. Adam moves only those rows of the tables that a batch names (the lazy
    variant), so that neither time nor traffic of a step depends on V.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling
        Changed in place, on the device it is on.
    train : SequenceData
    valid : SequenceData or None
        Other users, for Recall@50 with seen items excluded. None: no early stopping, and the last weights stay.
    epochs, steps : number
        Exactly one. An epoch reads every window once.
    batch_size : int
        B windows of up to n + 1 events.
    learning_rate : float
        Of the first step.
    n_negatives : int
        m, drawn by how often an item was clicked, plus one.
    horizon : int
        h, how many of the next items each prefix is to predict.
    item_dropout, dropout : float
        Shares of the input items, and of the entries of their embeddings, that a step does not read.
    loss : function
        `mixture_softmax_loss`, `served_softmax_loss` or `target_softmax_loss`.
    mixed_precision : bool
        Matrix products and what they return in bfloat16, by the framework's autocast; tables, their gradients, Adam's
        moments and the mean loss stay in float32. On a GPU only.
    seed : int
        For the batches, negatives and dropout. The model has a seed of its own.
    evaluate_every : int, optional
        Validation and a checkpoint after every so many steps, and after the last one; once an epoch unless given.
    patience : int, optional
        Stop after so many evaluations in a row without a new best; None never stops early.
    checkpoint_dir : path, optional
    progress : bool

    Returns
    -------
    History

    Raises
    ------
    ValueError, CheckpointError, FloatingPointError
        As `training.paddle.fit`.
    """
    plan = make_window_plan(
        train,
        model.config.max_length,
        epochs=epochs,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        n_negatives=n_negatives,
        horizon=horizon,
        item_dropout=item_dropout,
        dropout=dropout,
        loss=loss.__name__,
        mixed_precision=mixed_precision,
        seed=seed,
        evaluate_every=evaluate_every,
        patience=patience,
    )
    learner = WindowLearner(model, learning_rate, loss, mixed_precision)
    return Training(learner, train, valid, plan, checkpoint_dir, progress).run()


class WindowLearner(Learner):
    """A model whose tables have sparse gradients, with the optimizer that leaves other rows alone.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling
    learning_rate : float
    loss : function
    mixed_precision : bool

    Raises
    ------
    ValueError
        If `mixed_precision` is asked for on a CPU.
    """

    def __init__(
        self,
        model: RecallModel,
        learning_rate: float,
        loss: Loss = mixture_softmax_loss,
        mixed_precision: bool = False,
    ) -> None:
        super().__init__(model, learning_rate)
        if mixed_precision and self.device.is_cpu_place():
            raise ValueError("mixed_precision is True on a CPU, expected a GPU: Paddle casts nothing elsewhere")
        self.window_loss, self.mixed_precision = loss, mixed_precision
        self.steps_done = 0
        self.optimizer = paddle.optimizer.Adam(learning_rate, **ADAM, parameters=model.parameters(), lazy_mode=True)

    def step(self, batch: Batch, learning_rate: float) -> paddle.Tensor:
        """Take one optimizer step.

        On a CPU, Paddle corrects the bias of sparse moments as if the step were the next one: undone here.
        """
        for table in (self.model.item_embedding, self.model.scored_table()):
            wrong, right = (_bias_correction(self.steps_done + ahead) for ahead in (1, 0))
            table.optimize_attr["learning_rate"] = right / wrong if self.device.is_cpu_place() else 1.0
        self.steps_done += 1
        return super().step(batch, learning_rate)

    def load_moments(self, moments: dict[str, dict[str, np.ndarray]], step: int) -> None:
        """Go on as after `step` steps."""
        super().load_moments(moments, step)
        self.steps_done = step

    def loss(self, *batch: paddle.Tensor) -> paddle.Tensor:
        """The loss of a batch."""
        with paddle.amp.auto_cast(self.mixed_precision, dtype="bfloat16"):
            return window_loss(self.model, *batch, loss=self.window_loss)


def _bias_correction(step: int) -> float:
    """Adam's factor for the learning rate at a step, counted from 0."""
    return math.sqrt(1 - ADAM["beta2"] ** (step + 1)) / (1 - ADAM["beta1"] ** (step + 1))


def _look_up(ids: paddle.Tensor, table: paddle.Tensor) -> paddle.Tensor:
    """Rows of a table, whose gradient is sparse; padding gets none."""
    return paddle.nn.functional.embedding(ids, table, padding_idx=0, sparse=True)


def _check_loss(
    users: paddle.Tensor,
    positives: paddle.Tensor,
    negatives: paddle.Tensor,
    positive_mask: paddle.Tensor,
    negative_mask: paddle.Tensor,
    log_expected_count: paddle.Tensor,
) -> tuple[int, int, int]:
    """Check the shapes of a loss's arguments and return P, K and m."""
    sizes = check_shapes(
        users=(users, "P K d"),
        positives=(positives, "P h d"),
        negatives=(negatives, "m d"),
        positive_mask=(positive_mask, "P h"),
        negative_mask=(negative_mask, "P m"),
        log_expected_count=(log_expected_count, "m"),
    )
    return sizes["P"], sizes["K"], sizes["m"]


def _mean_loss(positive: paddle.Tensor, others: paddle.Tensor, positive_mask: paddle.Tensor) -> paddle.Tensor:
    """The mean of log(exp(positive) + exp(others)) - positive over the targets."""
    loss = paddle.nn.functional.softplus(others - positive)  # (P, h)
    return loss.masked_fill(~positive_mask, 0.0).sum() / positive_mask.sum().clip(min=1).astype(positive.dtype)
