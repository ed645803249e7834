"""Training on windows: it learns, goes on where it stopped, and both frameworks walk the same way."""

import numpy as np
import pytest

from tutorial_utils.data import SequenceData, load_synthetic, split_by_user
from tutorial_utils.faster_training.batches import make_window_plan
from tutorial_utils.faster_training.cooccurrence import cooccurrence_embedding
from tutorial_utils.faster_training.recipe import default_config, start_from_cooccurrence
from tutorial_utils.parity import load_state_from_numpy, state_to_numpy
from tutorial_utils.training.checkpoints import CheckpointError
from tutorial_utils.training.config import ComiRecConfig

DATA = load_synthetic(n_users=400, n_categories=4, interests_per_category=2, max_interests=2)
TRAIN, VALID, TEST = split_by_user(DATA)
CONFIG = default_config(DATA.n_items, n_interests=2, max_length=10, embedding_dim=8)
SMALL = {"batch_size": 16, "n_negatives": 64, "evaluate_every": 10, "progress": False}
TABLES = ("item_embedding", "scored_embedding")


def build(backend, config=CONFIG, name="ComiRecSA", seed=0):
    return getattr(backend.load("training"), name)(config, seed)


def fit(backend, model, train=TRAIN, valid=VALID, **changes):
    return backend.load("faster_training").fit(model, train, valid, **{**SMALL, **changes})


def first_batch(item_dropout=0.0):
    """Two windows and five negatives, those of the first step of a training with these sizes."""
    plan = make_window_plan(
        TRAIN, 10, epochs=None, steps=1, batch_size=2, learning_rate=0.005, n_negatives=5, horizon=2,
        item_dropout=item_dropout, seed=0, evaluate_every=None, patience=None,
    )  # fmt: skip
    return next(plan.batches(TRAIN, CONFIG, 0))


def assert_same_state(actual, expected):
    actual, expected = state_to_numpy(actual), state_to_numpy(expected)
    assert actual.keys() == expected.keys()
    for key in expected:
        np.testing.assert_array_equal(actual[key], expected[key], err_msg=key)


@pytest.mark.parametrize("loss", ["mixture_softmax_loss", "served_softmax_loss", "target_softmax_loss"])
@pytest.mark.parametrize("name", ["ComiRecSA", "MeanPooling"])
def test_training_beats_the_untrained_model_and_keeps_padding_at_zero(backend, name, loss):
    K = 2 if name == "ComiRecSA" else 1
    model = build(backend, default_config(DATA.n_items, K, 10, 8), name)
    before = backend.load("training").evaluate(model, VALID, n=20)["recall@20"]
    loss = getattr(backend.load("faster_training"), loss)
    history = fit(backend, model, steps=150, loss=loss, learning_rate=0.02, item_dropout=0.2, evaluate_every=50)
    assert np.mean(history.losses[-20:]) < np.mean(history.losses[:20]) - 0.2
    assert backend.load("training").evaluate(model, VALID, n=20)["recall@20"] > before + 0.15
    for table in TABLES:
        assert (state_to_numpy(model)[table][0] == 0).all()


def test_a_step_moves_only_the_rows_of_its_batch(backend):
    model = build(backend)
    before = state_to_numpy(model)
    fit(backend, model, valid=None, steps=1, item_dropout=0.0, batch_size=2, n_negatives=5)
    batch = first_batch()
    named = {
        "item_embedding": batch.item_seq[batch.mask],
        "scored_embedding": np.concatenate([batch.targets.ravel(), batch.negatives]),
    }
    for table, ids in named.items():
        moved = np.flatnonzero((state_to_numpy(model)[table] != before[table]).any(axis=1))
        assert set(moved) <= set(ids) - {0}
        assert len(moved) > len(set(ids)) / 2


def test_every_prefix_is_what_serving_reads(backend):
    """`prefix_interests` at t is `forward` on the first t + 1 items, positions and cosine included."""
    rng = np.random.default_rng(0)
    ids = rng.integers(1, DATA.n_items, (3, 6))
    ids[1, 4:] = 0
    for name, K in (("ComiRecSA", 3), ("MeanPooling", 1)):
        model = build(backend, default_config(DATA.n_items, K, 10, 8), name)
        table = state_to_numpy(model)["item_embedding"]
        prefixes = model.prefix_interests(backend.tensor(table[ids]), backend.tensor(ids != 0))
        assert tuple(prefixes.shape) == (3, 6, K, 8)
        for t in range(6):
            start = ids[:, : t + 1]
            expected = model(backend.tensor(start), backend.tensor(start != 0))
            np.testing.assert_allclose(backend.numpy(prefixes)[:, t], backend.numpy(expected), atol=1e-6)


@pytest.mark.parametrize("stop", [7, 10])
def test_resuming_gives_the_same_weights(backend, tmp_path, stop):
    whole, parts = build(backend), build(backend)
    start_from_cooccurrence(whole, TRAIN)
    start_from_cooccurrence(parts, TRAIN)
    plain = {"epochs": None, "learning_rate": 0.01}
    expected = fit(backend, whole, steps=20, **plain)
    learner = backend.load("faster_training").WindowLearner
    step, calls = learner.step, []

    def stopping(self, batch, rate):
        calls.append(1)
        if len(calls) == stop + 1:
            raise KeyboardInterrupt
        return step(self, batch, rate)

    learner.step = stopping
    try:
        first = fit(backend, parts, steps=20, checkpoint_dir=tmp_path, **plain)
    finally:
        learner.step = step
    assert (first.stopped_by, first.step) == ("interrupt", stop)
    second = build(backend)
    history = fit(backend, second, steps=20, checkpoint_dir=tmp_path, **plain)
    assert history.losses == expected.losses
    assert_same_state(second, whole)


def test_another_loss_is_another_training(backend, tmp_path):
    fit(backend, build(backend), steps=10, checkpoint_dir=tmp_path)
    loss = backend.load("faster_training").target_softmax_loss
    with pytest.raises(CheckpointError, match="loss 'mixture_softmax_loss' there and 'target_softmax_loss' here"):
        fit(backend, build(backend), steps=10, checkpoint_dir=tmp_path, loss=loss)


def test_mixed_precision_trains_the_same_weights_less_exactly(tmp_path):
    torch = pytest.importorskip("torch")
    from tutorial_utils.faster_training.torch import WindowLearner, fit
    from tutorial_utils.training.torch import ComiRecSA

    histories, models = [], [ComiRecSA(CONFIG), ComiRecSA(CONFIG)]
    for mixed, model in enumerate(models):
        start_from_cooccurrence(model, TRAIN)
        histories.append(fit(model, TRAIN, VALID, steps=60, mixed_precision=bool(mixed), **SMALL))
    exact, rough = (np.array(history.losses) for history in histories)
    assert 0 < np.abs(rough - exact).max() < 0.05
    assert abs(histories[1].metrics["recall@50"][-1] - histories[0].metrics["recall@50"][-1]) < 0.05
    assert {parameter.dtype for parameter in models[1].parameters()} == {torch.float32}
    learner = WindowLearner(models[1], 0.005, mixed_precision=True)
    assert learner.step(first_batch(), 0.005).dtype == torch.float32
    fit(ComiRecSA(CONFIG), TRAIN, VALID, steps=10, checkpoint_dir=tmp_path, **SMALL)
    with pytest.raises(CheckpointError, match="mixed_precision False there and True here"):
        fit(ComiRecSA(CONFIG), TRAIN, VALID, steps=10, checkpoint_dir=tmp_path, mixed_precision=True, **SMALL)


def test_paddle_has_no_mixed_precision_on_a_cpu():
    pytest.importorskip("paddle")
    from tutorial_utils.faster_training.paddle import WindowLearner
    from tutorial_utils.training.paddle import ComiRecSA

    with pytest.raises(ValueError, match="mixed_precision is True on a CPU, expected a GPU"):
        WindowLearner(ComiRecSA(CONFIG), 0.005, mixed_precision=True)


def test_a_loss_looks_at_no_value():
    """On tensors without values, what would wait for a GPU's answer raises."""
    torch = pytest.importorskip("torch")
    from tutorial_utils.faster_training import torch as module
    from tutorial_utils.training.torch import ComiRecSA

    batch = [torch.from_numpy(array).to("meta") for array in first_batch(item_dropout=0.5)]
    for loss in (module.mixture_softmax_loss, module.served_softmax_loss, module.target_softmax_loss):
        assert module.window_loss(ComiRecSA(CONFIG).to("meta"), *batch, loss=loss).is_meta


def test_a_bad_loss_names_its_windows(backend):
    model = build(backend)
    state = state_to_numpy(model)
    load_state_from_numpy(model, state | {"w1": np.full_like(state["w1"], np.nan)})
    with pytest.raises(
        FloatingPointError, match=r"the loss of step 1 is nan; its batch is next\(window_batches\(train, 16"
    ):
        fit(backend, model, steps=2)


@pytest.mark.parametrize("change", [{"epochs": 1, "steps": 5}, {}, {"steps": 3, "horizon": 0}])
def test_bad_arguments(backend, change):
    with pytest.raises(ValueError, match=r"epochs is|horizon is"):
        fit(backend, build(backend), **change)


def test_start_from_cooccurrence_fills_both_tables(backend):
    model = build(backend, seed=3)
    start_from_cooccurrence(model, TRAIN)
    state = state_to_numpy(model)
    for table in TABLES:
        np.testing.assert_array_equal(state[table], cooccurrence_embedding(TRAIN, CONFIG, 3))
    with pytest.raises(ValueError, match="expected n_items"):
        start_from_cooccurrence(model, SequenceData([[1, 2]]))


@pytest.mark.parametrize("n_interests", [1, 4])
def test_both_frameworks_take_the_same_200_steps(n_interests):
    pytest.importorskip("torch")
    pytest.importorskip("paddle")
    from tutorial_utils.faster_training import paddle, torch
    from tutorial_utils.training.model.paddle import ComiRecSA as PaddleSA
    from tutorial_utils.training.model.torch import ComiRecSA as TorchSA

    losses, config = [], default_config(DATA.n_items, n_interests, 10, 16)
    for module, model in ((torch, TorchSA(config)), (paddle, PaddleSA(config))):
        start_from_cooccurrence(model, TRAIN)
        losses.append(module.fit(model, TRAIN, None, steps=200, batch_size=32, n_negatives=128, progress=False).losses)
    np.testing.assert_allclose(losses[0], losses[1], atol=1e-4, rtol=0)


def test_where_every_batch_names_every_row_lazy_adam_is_adam():
    """One step of both optimizers from the same gradients, and a second: the bias is corrected alike."""
    torch = pytest.importorskip("torch")
    paddle = pytest.importorskip("paddle")
    from tutorial_utils.faster_training import paddle as in_paddle
    from tutorial_utils.faster_training import torch as in_torch
    from tutorial_utils.training.model.paddle import MeanPooling as PaddleMean
    from tutorial_utils.training.model.torch import MeanPooling as TorchMean

    data = SequenceData([[1, 2, 3, 1, 2, 3]] * 4)
    config = ComiRecConfig(4, 3, 1, 5, temperature=0.5)
    settings = {"epochs": None, "steps": 9, "batch_size": 4, "learning_rate": 0.1, "n_negatives": 3, "seed": 0}
    plan = make_window_plan(data, 5, **settings, evaluate_every=None, patience=None)
    dense = TorchMean(config)
    adam = torch.optim.Adam(dense.parameters(), 0.1, eps=1e-12)
    learners = in_torch.WindowLearner(TorchMean(config), 0.1), in_paddle.WindowLearner(PaddleMean(config), 0.1)
    for _, batch in zip(range(3), plan.batches(data, config, 0), strict=False):
        loss = in_torch.window_loss(dense, *map(torch.from_numpy, batch))
        adam.zero_grad()
        loss.backward()
        dense.item_embedding.grad = dense.item_embedding.grad.to_dense()
        adam.step()
        for learner in learners:
            learner.step(batch, 0.1)
            np.testing.assert_allclose(
                state_to_numpy(learner.model)["item_embedding"], state_to_numpy(dense)["item_embedding"], atol=1e-5
            )
    assert paddle.get_device()
