"""The losses over windows, and the training on them, in PyTorch."""

from collections.abc import Callable
from pathlib import Path

import torch

from tutorial_utils.checks import check_shapes
from tutorial_utils.data import SequenceData
from tutorial_utils.faster_training.batches import make_window_plan
from tutorial_utils.masking.torch import masked_logsumexp
from tutorial_utils.training.history import History
from tutorial_utils.training.loop import Training
from tutorial_utils.training.model.torch import RecallModel
from tutorial_utils.training.torch import ADAM as DENSE_ADAM
from tutorial_utils.training.torch import Learner

__all__ = ["WindowLearner", "fit", "mixture_softmax_loss", "served_softmax_loss", "target_softmax_loss", "window_loss"]

# So small that it does not matter where a framework adds it: to Adam's corrected or uncorrected moment.
ADAM = DENSE_ADAM | {"eps": 1e-12}

Loss = Callable[..., torch.Tensor]


def served_softmax_loss(
    users: torch.Tensor,
    positives: torch.Tensor,
    negatives: torch.Tensor,
    positive_mask: torch.Tensor,
    negative_mask: torch.Tensor,
    log_expected_count: torch.Tensor,
) -> torch.Tensor:
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
        log(m q_j) of each negative, subtracted from its logit, as in `training.torch.sampled_softmax_loss`.

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
    positive = (positives @ users.transpose(1, 2)).amax(dim=2)  # (P, h)
    every_interest = users.reshape(P * K, -1) @ negatives.T  # (P K, m)
    negative = every_interest.reshape(P, K, m).amax(dim=1)  # (P, m)
    others = masked_logsumexp(negative - log_expected_count, negative_mask)  # (P,)
    return _mean_loss(positive, others[:, None], positive_mask)


def mixture_softmax_loss(
    users: torch.Tensor,
    positives: torch.Tensor,
    negatives: torch.Tensor,
    positive_mask: torch.Tensor,
    negative_mask: torch.Tensor,
    log_expected_count: torch.Tensor,
) -> torch.Tensor:
    """The served loss made smooth: an item's score is the log of the sum, not the largest, of exp over the interests.

    The two scores differ by at most log K. Every interest gets a share of each gradient, the nearest the largest, and
    no gradient jumps where two interests change places: so two frameworks that round differently stay together.
    With one interest it is `served_softmax_loss`.

    Parameters, result and errors are those of `served_softmax_loss`.
    """
    P, K, m = _check_loss(users, positives, negatives, positive_mask, negative_mask, log_expected_count)
    positive = torch.logsumexp(positives @ users.transpose(1, 2), dim=2)  # (P, h)
    every_interest = users.reshape(P * K, -1) @ negatives.T  # (P K, m)
    negative = torch.logsumexp(every_interest.reshape(P, K, m), dim=1)  # (P, m)
    others = masked_logsumexp(negative - log_expected_count, negative_mask)  # (P,)
    return _mean_loss(positive, others[:, None], positive_mask)


def target_softmax_loss(
    users: torch.Tensor,
    positives: torch.Tensor,
    negatives: torch.Tensor,
    positive_mask: torch.Tensor,
    negative_mask: torch.Tensor,
    log_expected_count: torch.Tensor,
) -> torch.Tensor:
    """The published loss over windows: every negative scored under the interest that was chosen for the target.

    Cen et al. 2020, equations 8 to 10. With one interest it is `served_softmax_loss`.

    Parameters, result and errors are those of `served_softmax_loss`.
    """
    _check_loss(users, positives, negatives, positive_mask, negative_mask, log_expected_count)
    scores = positives @ users.transpose(1, 2)  # (P, h, K)
    index = scores.argmax(dim=2)  # (P, h)
    chosen = torch.take_along_dim(users, index[:, :, None], dim=1)  # (P, h, d)
    negative = chosen @ negatives.T - log_expected_count  # (P, h, m)
    others = masked_logsumexp(negative, negative_mask[:, None, :])  # (P, h)
    return _mean_loss(scores.amax(dim=2), others, positive_mask)


def window_loss(
    model: RecallModel,
    item_seq: torch.Tensor,
    mask: torch.Tensor,
    scale: torch.Tensor,
    example: torch.Tensor,
    targets: torch.Tensor,
    negatives: torch.Tensor,
    log_expected_count: torch.Tensor,
    negative_mask: torch.Tensor,
    *,
    loss: Loss = mixture_softmax_loss,
) -> torch.Tensor:
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
    users = interests.reshape(-1, K, d)[example] / (model.config.temperature or 1.0)  # (P, K, d)
    positives = model.as_scored(_look_up(targets, model.scored_table()))  # (P, h, d)
    candidates = model.as_scored(_look_up(negatives, model.scored_table()))  # (m, d)
    row = example // item_seq.shape[1]  # (P,)
    return loss(users, positives, candidates, targets != 0, negative_mask[row], log_expected_count)


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

    Checkpoints, resuming, Ctrl-C and the choice of the best weights are those of `training.torch.fit`. The learning
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
        moments and the mean loss stay in float32. Pays where the processor or the GPU has instructions for it.
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
        As `training.torch.fit`.
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
    """

    def __init__(
        self,
        model: RecallModel,
        learning_rate: float,
        loss: Loss = mixture_softmax_loss,
        mixed_precision: bool = False,
    ) -> None:
        super().__init__(model, learning_rate)
        tables = {model.item_embedding, model.scored_table()}
        others = [parameter for parameter in model.parameters() if parameter not in tables]
        self.window_loss, self.mixed_precision = loss, mixed_precision
        self.optimizers = [torch.optim.SparseAdam(list(tables), learning_rate, **ADAM)]
        if others:
            self.optimizers.append(torch.optim.Adam(others, learning_rate, **ADAM))

    def loss(self, *batch: torch.Tensor) -> torch.Tensor:
        """The loss of a batch."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed_precision):
            return window_loss(self.model, *batch, loss=self.window_loss)


def _look_up(ids: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Rows of a table, whose gradient is sparse; padding gets none."""
    return torch.nn.functional.embedding(ids, table, padding_idx=0, sparse=True)


def _check_loss(
    users: torch.Tensor,
    positives: torch.Tensor,
    negatives: torch.Tensor,
    positive_mask: torch.Tensor,
    negative_mask: torch.Tensor,
    log_expected_count: torch.Tensor,
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


def _mean_loss(positive: torch.Tensor, others: torch.Tensor, positive_mask: torch.Tensor) -> torch.Tensor:
    """The mean of log(exp(positive) + exp(others)) - positive over the targets."""
    loss = torch.nn.functional.softplus(others - positive)  # (P, h)
    return loss.masked_fill(~positive_mask, 0.0).sum() / positive_mask.sum().clamp(min=1)
