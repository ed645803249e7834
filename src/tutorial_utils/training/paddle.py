"""The losses, the training, the evaluation and the checkpoints of ComiRec-SA in PaddlePaddle."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tutorial_utils._paddle import paddle
from tutorial_utils.checks import check_shapes
from tutorial_utils.data import SequenceData
from tutorial_utils.masking.paddle import masked_logsumexp
from tutorial_utils.metrics import evaluate_topn
from tutorial_utils.parity import to_numpy
from tutorial_utils.training._checks import check_item_ids
from tutorial_utils.training.checkpoints import FIRST_MOMENT, SECOND_MOMENT, CheckpointError
from tutorial_utils.training.config import ComiRecConfig
from tutorial_utils.training.history import History
from tutorial_utils.training.loop import Training
from tutorial_utils.training.model.paddle import ComiRecSA, MeanPooling, RecallModel, load_checkpoint, save_checkpoint
from tutorial_utils.training.plan import Batch, make_plan

__all__ = [
    "CheckpointError",
    "ComiRecConfig",
    "ComiRecSA",
    "History",
    "MeanPooling",
    "batch_loss",
    "evaluate",
    "fit",
    "full_softmax_loss",
    "load_checkpoint",
    "sampled_softmax_loss",
    "save_checkpoint",
    "select_interest",
]

ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
LOSSES_AT_ONCE_ON_GPU = 50


def select_interest(interests: paddle.Tensor, target_emb: paddle.Tensor) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Read out, for each user, the interest that scores the target highest (hard attention).

    The choice itself has no gradient: what is learned reaches the chosen interest alone. Cen et al. 2020,
    equation 8.

    Parameters
    ----------
    interests : (B, K, d) floating
        K interest vectors of each user.
    target_emb : (B, d) floating
        The embedding of the item to predict.

    Returns
    -------
    chosen : (B, d) floating
        The interest with the largest inner product.
    index : (B,) int
        Which one it is; of equals the first.

    Raises
    ------
    ValueError
        If a shape does not fit.
    """
    check_shapes(interests=(interests, "B K d"), target_emb=(target_emb, "B d"))
    scores = paddle.einsum("bkd,bd->bk", interests, target_emb)
    index = scores.argmax(axis=1)
    chosen = paddle.take_along_axis(interests, index[:, None, None], axis=1)  # (B, 1, d)
    return chosen[:, 0], index


def full_softmax_loss(user: paddle.Tensor, item_table: paddle.Tensor, target: paddle.Tensor) -> paddle.Tensor:
    """Cross-entropy of the target among all real items, averaged over the batch.

    The item of class 0 is padding: it is left out of the softmax and gets no gradient. Cen et al. 2020, equations 9
    and 10.

    Parameters
    ----------
    user : (B, d) floating
        One vector for each user, such as the interest that `select_interest` chose.
    item_table : (V, d) floating
        The embedding of every item; row 0 is padding.
    target : (B,) int
        Ids of the items to predict, in 1..V-1.

    Returns
    -------
    scalar, floating
        In nats.

    Raises
    ------
    ValueError
        If a shape does not fit or a target is no real item.

    Notes
    -----
    Written out, for ``paddle.nn.functional.cross_entropy`` on a CPU cuts logits off 64 below the largest and, where a
    row has a multiple of 8, loses NaN. Ids on a GPU are not checked, since reading them would hold up the queue; they
    stop at the kernel's own assertion.
    """
    sizes = check_shapes(user=(user, "B d"), item_table=(item_table, "V d"), target=(target, "B"))
    if target.place.is_cpu_place():
        check_item_ids("target", target, sizes["V"], lowest=1)
    logits = user @ item_table[1:].T  # (B, V - 1)
    target_logit = paddle.take_along_axis(logits, target[:, None] - 1, axis=1)[:, 0]
    return paddle.mean(paddle.logsumexp(logits, axis=1) - target_logit)


def sampled_softmax_loss(
    user: paddle.Tensor,
    item_table: paddle.Tensor,
    target: paddle.Tensor,
    negatives: paddle.Tensor,
    log_expected_count: paddle.Tensor | None = None,
) -> paddle.Tensor:
    """Cross-entropy of the target among itself and m sampled negatives, averaged over the batch.

    The logits are [s_target, s_j - log(m q_j)]: subtracting the expected count of each negative makes the sum over
    the sample estimate the sum over all other items, so that the gradient tends to the one of `full_softmax_loss` as m
    grows. The target is not sampled, so its own logit is not corrected. A negative equal to the target of a row is left
    out there, and so is padding, id 0. Bengio and Senecal 2008; Jean et al. 2015.

    Parameters
    ----------
    user : (B, d) floating
        One vector for each user, such as the interest that `select_interest` chose.
    item_table : (V, d) floating
        The embedding of every item; row 0 is padding.
    target : (B,) int
        Ids of the items to predict, in 1..V-1.
    negatives : (m,) int
        Ids drawn with replacement from a distribution q, shared by the whole batch.
    log_expected_count : (m,) floating, optional
        log(m q_j) of each negative. Without it the negatives count as they were drawn.

    Returns
    -------
    scalar, floating
        In nats.

    Raises
    ------
    ValueError
        If a shape does not fit, a target is no real item, or a negative is out of range.

    Notes
    -----
    Ids on a GPU are not checked, since reading them would hold up the queue; they stop at the kernel's own assertion.
    """
    sizes = check_shapes(
        user=(user, "B d"), item_table=(item_table, "V d"), target=(target, "B"), negatives=(negatives, "m")
    )
    if target.place.is_cpu_place():
        check_item_ids("target", target, sizes["V"], lowest=1)
    if negatives.place.is_cpu_place():
        check_item_ids("negatives", negatives, sizes["V"], lowest=0)
    # By embedding, not by indexing: PyTorch then adds up the gradient in one order, on however many threads.
    positive = (user * paddle.nn.functional.embedding(target, item_table)).sum(axis=1, keepdim=True)  # (B, 1)
    negative = user @ paddle.nn.functional.embedding(negatives, item_table).T  # (B, m)
    if log_expected_count is not None:
        check_shapes(log_expected_count=(log_expected_count, str(sizes["m"])))
        negative = negative - log_expected_count
    logits = paddle.concat([positive, negative], axis=1)  # (B, 1 + m)
    keep = _keep_negatives(target, negatives)
    return paddle.mean(masked_logsumexp(logits, keep) - positive[:, 0])


def batch_loss(
    model: RecallModel,
    item_seq: paddle.Tensor,
    mask: paddle.Tensor,
    target: paddle.Tensor,
    negatives: paddle.Tensor | None = None,
    log_expected_count: paddle.Tensor | None = None,
) -> paddle.Tensor:
    """The published loss of a batch: read out the interest nearest to the target, then softmax.

    With a temperature, the division happens here: once, on the interest that was read out.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling
    item_seq : (B, n) int
    mask : (B, n) bool
    target : (B,) int
        Ids in 1..V-1.
    negatives : (m,) int, optional
        Sampled softmax with these; the full softmax unless given.
    log_expected_count : (m,) floating, optional
        As in `sampled_softmax_loss`.

    Returns
    -------
    scalar, floating
        In nats.

    Raises
    ------
    TypeError, ValueError
        As the model and the losses.
    """
    interests, item_vectors = model(item_seq, mask), model.item_vectors()
    chosen, _ = select_interest(interests, item_vectors[target])  # (B, d)
    if model.config.temperature is not None:
        chosen = chosen / model.config.temperature
    if negatives is None:
        return full_softmax_loss(chosen, item_vectors, target)
    return sampled_softmax_loss(chosen, item_vectors, target, negatives, log_expected_count)


def fit(
    model: RecallModel,
    train: SequenceData,
    valid: SequenceData | None,
    *,
    epochs: float | None = None,
    steps: int | None = None,
    batch_size: int = 128,
    learning_rate: float = 0.001,
    n_negatives: int | None = None,
    seed: int = 0,
    evaluate_every: int = 250,
    patience: int | None = 8,
    checkpoint_dir: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train a model on random prefixes with Adam, and leave it with the weights that validated best.

    A step is a function of the weights, Adam's moments, the seed and the step's number. So a training that finds its
    own checkpoints in `checkpoint_dir` goes on from the last one, and on a CPU ends with the same weights, bit for bit,
    as one that was never stopped. Ctrl-C ends the step, writes a checkpoint and returns; calling `fit` again goes on.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling
        Changed in place, on the device it is on.
    train : SequenceData
    valid : SequenceData or None
        Other users, for Recall@50 with seen items excluded. None: no early stopping, and the last weights stay.
    epochs, steps : number
        Exactly one. An epoch is as many steps as it takes to draw one target for each that `train` has.
    batch_size : int
        B, the batch size.
    learning_rate : float
    n_negatives : int, optional
        m, for the sampled softmax with uniform negatives; the full softmax unless given.
    seed : int
        For the batches and negatives. The model has a seed of its own.
    evaluate_every : int
        Validation and a checkpoint after every so many steps, and after the last one.
    patience : int, optional
        Stop after so many evaluations in a row without a new best; None never stops early.
    checkpoint_dir : path, optional
        Gets ``last.npz``, ``previous.npz`` (each all that resuming needs) and ``best.npz`` (weights alone).
        `load_checkpoint` reads them.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    History
        Losses, validation metrics, and why the training stopped.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the data has another V than the model.
    CheckpointError
        If `checkpoint_dir` holds another training, or nothing in it can be used.
    FloatingPointError
        If a loss is not finite; the message names the step and its batch. Checkpoints stay as they were.
    """
    plan = make_plan(
        train,
        epochs,
        steps,
        batch_size,
        learning_rate=learning_rate,
        n_negatives=n_negatives,
        seed=seed,
        evaluate_every=evaluate_every,
        patience=patience,
    )
    return Training(Learner(model, learning_rate), train, valid, plan, checkpoint_dir, progress).run()


def evaluate(
    model: RecallModel, data: SequenceData, n: int | Sequence[int] = (20, 50), exclude_seen: bool = True
) -> dict[str, float]:
    """Recall, hit rate and NDCG on the full catalogue, and diversity where categories are known.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling
    data : SequenceData
        Users whose first 80 % of events are the input and whose other items are the targets.
    n : int or several
        List lengths.
    exclude_seen : bool
        Whether the items of the whole 80 % are left out of the lists.

    Returns
    -------
    dict of str to float
        As `metrics.evaluate_topn`.

    Raises
    ------
    ValueError
        If a user has fewer than 2 events, an id is out of range, or a score is NaN.
    """
    return evaluate_topn(model.scores, data, n, exclude_seen)


class Learner:
    """A model with its Adam optimizer, as the loop wants it.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling
    learning_rate : float
    """

    def __init__(self, model: RecallModel, learning_rate: float) -> None:
        self.model = model
        self.device = model.item_embedding.place
        self.losses_at_once = 1 if self.device.is_cpu_place() else LOSSES_AT_ONCE_ON_GPU
        self.optimizer = paddle.optimizer.Adam(learning_rate, **ADAM, parameters=model.parameters())

    def step(self, batch: Batch, learning_rate: float) -> paddle.Tensor:
        """Take one optimizer step and return the loss that the batch had before it, on the model's device."""
        tensors = (None if array is None else paddle.to_tensor(array, place=self.device) for array in batch)
        loss = self.loss(*tensors)
        self.optimizer.clear_grad()
        loss.backward()
        self.optimizer.set_lr(learning_rate)
        self.optimizer.step()
        return loss.detach()

    def loss(self, *batch: paddle.Tensor) -> paddle.Tensor:
        """The loss of a batch."""
        return batch_loss(self.model, *batch)

    def fetch(self, losses: list[paddle.Tensor]) -> list[float]:
        """Bring losses into main memory."""
        return paddle.stack(losses).tolist()

    def evaluate(self, data: SequenceData) -> dict[str, float]:
        """Measure the model on held-out users."""
        return evaluate(self.model, data)

    def moments(self) -> dict[str, dict[str, np.ndarray]]:
        """Both moments of Adam by state key."""
        parameters = dict(self.model.named_parameters())
        return {
            FIRST_MOMENT: {name: to_numpy(self._slot(value, "moment1")) for name, value in parameters.items()},
            SECOND_MOMENT: {name: to_numpy(self._slot(value, "moment2")) for name, value in parameters.items()},
        }

    def load_moments(self, moments: dict[str, dict[str, np.ndarray]], step: int) -> None:
        """Go on as after `step` steps."""
        self._make_slots()
        for name, parameter in self.model.named_parameters():
            self._slot(parameter, "moment1").set_value(moments[FIRST_MOMENT][name])
            self._slot(parameter, "moment2").set_value(moments[SECOND_MOMENT][name])
            for beta in ("beta1", "beta2"):
                self._slot(parameter, f"{beta}_pow_acc").set_value(_power(ADAM[beta], step + 1))

    def _make_slots(self) -> None:
        """Paddle makes its slots in the first step: take one without a gradient, which moves no weight."""
        sum((parameter * 0.0).sum() for parameter in self.model.parameters()).backward()
        self.optimizer.step()
        self.optimizer.clear_grad()

    def _slot(self, parameter: paddle.Tensor, kind: str) -> paddle.Tensor:
        """What Adam keeps for a parameter. Its key ends in a number that grows with every optimizer of the process."""
        prefix = f"{parameter.name}_{kind}_"
        return next(value for key, value in self.optimizer.state_dict().items() if key.startswith(prefix))


def _power(beta: float, exponent: int) -> np.ndarray:
    """Multiply step by step in float32, as Paddle does: the same bits, (1,)."""
    return np.cumprod(np.full(exponent, beta, np.float32))[-1:]


def _keep_negatives(target: paddle.Tensor, negatives: paddle.Tensor) -> paddle.Tensor:
    """Which of the 1 + m logits count: the target's always, a negative's unless it is padding or the target itself."""
    negative = (negatives != 0) & (negatives != target[:, None])  # (B, m)
    positive = paddle.ones_like(negative[:, :1])  # (B, 1)
    return paddle.concat([positive, negative], axis=1)
