"""The loop: it learns, stops, goes on, and says what went wrong; and both frameworks walk the same way."""

import os
import signal
import threading

import numpy as np
import pytest

from tutorial_utils.data import SequenceData, load_synthetic, prefix_batches, split_by_user
from tutorial_utils.parity import load_state_from_numpy, state_to_numpy
from tutorial_utils.training.checkpoints import CheckpointError, find_checkpoint, read_checkpoint
from tutorial_utils.training.config import ComiRecConfig
from tutorial_utils.training.plan import draw_negatives

DATA = load_synthetic(n_users=400, n_categories=4, interests_per_category=2, max_interests=2)
TRAIN, VALID, TEST = split_by_user(DATA)
CONFIG = ComiRecConfig(DATA.n_items, embedding_dim=8, n_interests=2, max_length=10)
COSINE = ComiRecConfig(DATA.n_items, embedding_dim=8, n_interests=2, max_length=10, temperature=0.1)
SMALL = {"batch_size": 16, "learning_rate": 0.01, "evaluate_every": 10, "progress": False}


def build(backend, config=CONFIG, name="ComiRecSA", seed=0):
    return getattr(backend.load("training"), name)(config, seed)


def fit(backend, model, train=TRAIN, valid=VALID, **changes):
    return backend.load("training").fit(model, train, valid, **{**SMALL, **changes})


def assert_same_state(actual, expected):
    actual, expected = state_to_numpy(actual), state_to_numpy(expected)
    assert actual.keys() == expected.keys()
    for key in expected:
        np.testing.assert_array_equal(actual[key], expected[key], err_msg=key)


@pytest.mark.parametrize(
    ("config", "name", "n_negatives"),
    [
        (CONFIG, "ComiRecSA", None),
        (COSINE, "ComiRecSA", None),
        (COSINE, "ComiRecSA", 30),
        (ComiRecConfig(DATA.n_items, 8, 1, 10), "MeanPooling", None),
        (ComiRecConfig(DATA.n_items, 8, 1, 10), "ComiRecSA", 30),
    ],
)
def test_training_beats_the_untrained_model_and_keeps_padding_at_zero(backend, config, name, n_negatives):
    evaluate = backend.load("training").evaluate
    model = build(backend, config, name)
    before = evaluate(model, VALID, n=20)["recall@20"]
    history = fit(backend, model, steps=200, learning_rate=0.02, evaluate_every=50, n_negatives=n_negatives)
    assert np.mean(history.losses[-20:]) < np.mean(history.losses[:20]) - 0.2
    assert evaluate(model, VALID, n=20)["recall@20"] > before + 0.2
    assert (state_to_numpy(model)["item_embedding"][0] == 0).all()


def test_the_first_loss_is_near_that_of_a_guess(backend):
    history = fit(backend, build(backend), steps=1)
    assert abs(history.losses[0] - np.log(DATA.n_items - 1)) < 0.5


def test_evaluate_is_the_protocol_on_the_models_scores(backend):
    from tutorial_utils.metrics import evaluate_topn

    training, model = backend.load("training"), build(backend)
    for exclude_seen in (True, False):
        expected = evaluate_topn(model.scores, TEST, (20, 50), exclude_seen)
        assert training.evaluate(model, TEST, exclude_seen=exclude_seen) == expected
    assert "diversity@50" in expected


def test_history_and_best_weights(backend):
    training, model = backend.load("training"), build(backend)
    history = fit(backend, model, steps=45)
    assert (history.step, len(history.losses), history.stopped_by) == (45, 45, "steps")
    assert history.evaluated_at == [10, 20, 30, 40, 45]
    assert len(history.seconds) == 5
    assert (np.diff(history.seconds) > 0).all()
    assert history.best_step == history.evaluated_at[int(np.argmax(history.metrics["recall@50"]))]
    assert training.evaluate(model, VALID)["recall@50"] == max(history.metrics["recall@50"])


def test_patience_counts_evaluations_without_a_new_best(backend):
    history = fit(backend, build(backend), steps=1000, learning_rate=1e-7, patience=3)
    assert history.stopped_by == "patience"
    assert len(history.evaluated_at) - 1 - history.best == 3
    assert fit(backend, build(backend), steps=100, learning_rate=1e-7, patience=None).stopped_by == "steps"


def test_without_validation_the_last_weights_stay(backend):
    model, longer = build(backend), build(backend)
    history = fit(backend, model, valid=None, steps=12)
    assert (history.best_step, history.metrics, history.evaluated_at) == (None, {}, [])
    fit(backend, longer, valid=None, steps=12, evaluate_every=1000)
    assert_same_state(longer, model)


def test_an_epoch_draws_a_target_for_each_there_is(backend):
    targets = TRAIN.n_events - len(TRAIN)
    history = fit(backend, build(backend), epochs=0.1)
    assert history.step == int(np.ceil(0.1 * targets / SMALL["batch_size"]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "epochs is None and steps is None, expected exactly one"),
        ({"epochs": 1, "steps": 1}, "epochs is 1 and steps is 1, expected exactly one"),
        ({"steps": 0}, "steps is 0, expected at least 1"),
        ({"epochs": 0}, "steps is 0, expected at least 1"),
        ({"steps": 1, "batch_size": 0}, "batch_size is 0"),
        ({"steps": 1, "patience": 0}, "patience is 0"),
        ({"steps": 1, "n_negatives": 0}, "n_negatives is 0"),
        ({"steps": 1, "evaluate_every": 0}, "evaluate_every is 0"),
        ({"steps": 1, "learning_rate": 0}, "learning_rate is 0, expected a positive number"),
        ({"steps": 1, "learning_rate": float("nan")}, "learning_rate is nan"),
        ({"steps": 1, "train": SequenceData([[1, 2]])}, "train has V = 3, expected n_items = 161 of the model"),
        ({"steps": 1, "valid": SequenceData([[1, 2]])}, "valid has V = 3"),
    ],
)
def test_bad_arguments_are_named(backend, changes, message):
    with pytest.raises(ValueError, match=message):
        fit(backend, build(backend), **changes)


def test_the_bar_can_be_switched_off(backend, capsys):
    fit(backend, build(backend), steps=10)
    assert capsys.readouterr().err == ""
    fit(backend, build(backend), steps=10, progress=True)
    assert "10/10" in capsys.readouterr().err


def test_global_random_state_is_neither_read_nor_changed(backend):
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, second = build(backend), build(backend)
    fit(backend, first, steps=10, n_negatives=5)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(2)
    fit(backend, second, steps=10, n_negatives=5)
    assert_same_state(second, first)


def test_negatives_are_uniform_and_depend_on_their_step():
    negatives, log_expected_count = draw_negatives(5, 4000, seed=1, step=3)
    np.testing.assert_allclose(np.bincount(negatives, minlength=5) / 1000, [0, 1, 1, 1, 1], atol=0.1)
    np.testing.assert_allclose(np.exp(log_expected_count), 1000, rtol=1e-6)
    np.testing.assert_array_equal(negatives, draw_negatives(5, 4000, seed=1, step=3)[0])
    assert not np.array_equal(negatives, draw_negatives(5, 4000, seed=1, step=4)[0])
    assert not np.array_equal(negatives, draw_negatives(5, 4000, seed=2, step=3)[0])


# Going on


@pytest.mark.parametrize(
    ("config", "name", "n_negatives"),
    [
        (CONFIG, "ComiRecSA", None),
        (COSINE, "ComiRecSA", 20),
        (ComiRecConfig(DATA.n_items, 8, 1, 10), "MeanPooling", None),
    ],
)
def test_a_training_in_three_parts_is_one_training(backend, tmp_path, config, name, n_negatives):
    whole = build(backend, config, name)
    expected = fit(backend, whole, steps=60, n_negatives=n_negatives)
    for steps in (20, 40, 60):
        part = build(backend, config, name)
        history = fit(backend, part, steps=steps, n_negatives=n_negatives, checkpoint_dir=tmp_path)
    assert history.losses == expected.losses
    assert history.metrics == expected.metrics
    assert_same_state(part, whole)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["best.npz", "last.npz", "previous.npz"]
    last, previous = read_checkpoint(tmp_path / "last.npz"), read_checkpoint(tmp_path / "previous.npz")
    assert (last.history.step, previous.history.step) == (60, 50)


def test_the_best_weights_survive_a_pause(backend, tmp_path):
    """Found before the pause and never beaten after it: here because hardly anything is learned."""
    whole = build(backend)
    assert fit(backend, whole, steps=40, learning_rate=1e-6).best_step == 10
    for steps in (20, 40):
        part = build(backend)
        fit(backend, part, steps=steps, learning_rate=1e-6, checkpoint_dir=tmp_path)
    assert_same_state(part, whole)
    assert_same_state(backend.load("training").load_checkpoint(tmp_path / "best.npz"), whole)


def test_a_finished_training_returns_at_once(backend, tmp_path):
    first, second = build(backend), build(backend)
    expected = fit(backend, first, steps=20, checkpoint_dir=tmp_path)
    before = (tmp_path / "last.npz").read_bytes()
    history = fit(backend, second, steps=20, checkpoint_dir=tmp_path)
    assert history == expected
    assert_same_state(second, first)
    assert (tmp_path / "last.npz").read_bytes() == before


def test_checkpoints_carry_across_frameworks(tmp_path):
    torch, paddle = (pytest.importorskip(f"tutorial_utils.training.{name}") for name in ("torch", "paddle"))
    whole = torch.ComiRecSA(CONFIG)
    expected = torch.fit(whole, TRAIN, VALID, steps=40, **SMALL)
    torch.fit(torch.ComiRecSA(CONFIG), TRAIN, VALID, steps=20, checkpoint_dir=tmp_path, **SMALL)
    mixed = paddle.ComiRecSA(CONFIG)
    history = paddle.fit(mixed, TRAIN, VALID, steps=40, checkpoint_dir=tmp_path, **SMALL)
    np.testing.assert_allclose(history.losses, expected.losses, atol=1e-5)
    loaded = torch.load_checkpoint(tmp_path / "best.npz")
    assert_same_state(loaded, mixed)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0.02}, "learning_rate 0.01 there and 0.02 here"),
        ({"seed": 1}, "seed 0 there and 1 here"),
        ({"batch_size": 17}, "batch_size 16 there and 17 here"),
        ({"n_negatives": 5}, "n_negatives None there and 5 here"),
        ({"train": VALID}, "train '.*' there and '.*' here"),
        ({"steps": 10}, "20 steps done there, 10 steps here"),
    ],
)
def test_another_training_is_not_taken_for_this_one(backend, tmp_path, changes, message):
    fit(backend, build(backend), steps=20, checkpoint_dir=tmp_path)
    with pytest.raises(CheckpointError, match=f"holds another training: {message}"):
        fit(backend, build(backend), **{"steps": 30, "checkpoint_dir": tmp_path, **changes})


def test_another_model_is_not_taken_for_this_one(backend, tmp_path):
    fit(backend, build(backend), steps=20, checkpoint_dir=tmp_path)
    for model, message in [
        (build(backend, COSINE), "temperature None there and 0.1 here"),
        (build(backend, seed=1), "model_seed 0 there and 1 here"),
        (build(backend, ComiRecConfig(DATA.n_items, 8, 1, 10), "MeanPooling"), "model 'ComiRecSA' there and 'Mean"),
    ]:
        with pytest.raises(CheckpointError, match=message):
            fit(backend, model, steps=30, checkpoint_dir=tmp_path)


def test_a_damaged_last_checkpoint_costs_one_interval(backend, tmp_path):
    whole, resumed = build(backend), build(backend)
    fit(backend, whole, steps=60)
    fit(backend, build(backend), steps=40, checkpoint_dir=tmp_path)
    last = tmp_path / "last.npz"
    last.write_bytes(last.read_bytes()[:-30])
    with pytest.warns(UserWarning, match=r"going on from previous\.npz"):
        history = fit(backend, resumed, steps=60, checkpoint_dir=tmp_path)
    assert history.step == 60
    assert_same_state(resumed, whole)


def test_weights_alone_are_no_training(backend, tmp_path):
    fit(backend, build(backend), steps=20, checkpoint_dir=tmp_path)
    (tmp_path / "best.npz").replace(tmp_path / "last.npz")
    with pytest.raises(CheckpointError, match="holds weights alone"):
        fit(backend, build(backend), steps=30, checkpoint_dir=tmp_path)


def test_saved_models_come_back(backend, tmp_path):
    training = backend.load("training")
    for model in (build(backend, COSINE), build(backend, ComiRecConfig(DATA.n_items, 8, 1, 10), "MeanPooling")):
        training.save_checkpoint(model, tmp_path / "model.npz")
        loaded = training.load_checkpoint(tmp_path / "model.npz")
        assert type(loaded) is type(model)
        assert loaded.config == model.config
        assert_same_state(loaded, model)
        np.testing.assert_array_equal(loaded.scores([[1, 2]]), model.scores([[1, 2]]))


# Trouble


@pytest.mark.parametrize("with_checkpoints", [True, False])
def test_a_loss_that_is_no_number_names_step_and_batch(backend, tmp_path, with_checkpoints):
    folder = tmp_path if with_checkpoints else None
    poisoned = poison(build(backend), at=25)
    with pytest.raises(FloatingPointError) as error:
        fit(backend, poisoned, steps=40, checkpoint_dir=folder)
    message = str(error.value)
    assert "the loss of step 25 is nan" in message
    assert "next(prefix_batches(train, 16, 10, seed=0, start=24))" in message
    assert ("checkpoints" in message) == with_checkpoints
    if with_checkpoints:
        assert find_checkpoint(tmp_path).history.step == 20


def poison(model, at):
    """The model, with NaN in its weights from the forward pass of step `at` on."""
    kind, calls = type(model), []

    class Poisoned(kind):
        def forward(self, item_seq, mask):
            calls.append(len(item_seq))
            if calls.count(SMALL["batch_size"]) == at:
                state = {key: np.full_like(array, np.nan) for key, array in state_to_numpy(self).items()}
                load_state_from_numpy(self, state)
            return super().forward(item_seq, mask)

    Poisoned.__name__ = kind.__name__
    model.__class__ = Poisoned
    return model


def test_the_batch_named_is_the_batch(backend, monkeypatch):
    """The line that an error prints gives the very batch of that step."""
    seen = []
    learner = backend.load("training").Learner
    step = learner.step
    monkeypatch.setattr(learner, "step", lambda self, batch, rate: seen.append(batch) or step(self, batch, rate))
    fit(backend, build(backend), steps=5)
    for given, expected in zip(seen[3], next(prefix_batches(TRAIN, 16, 10, seed=0, start=3)), strict=False):
        np.testing.assert_array_equal(given, expected)


def test_losses_fetched_together_are_the_same(backend, monkeypatch):
    """As on a GPU: several steps between two looks at the losses."""
    one, many = build(backend), build(backend)
    expected = fit(backend, one, steps=25)
    training = backend.load("training")
    before = training.Learner.__init__

    def initialise(self, *arguments):
        before(self, *arguments)
        self.losses_at_once = 7

    monkeypatch.setattr(training.Learner, "__init__", initialise)
    assert fit(backend, many, steps=25).losses == expected.losses
    with pytest.raises(FloatingPointError, match="the loss of step 16 is nan"):
        fit(backend, poison(build(backend), at=16), steps=25)


@pytest.mark.parametrize("how", ["signal", "exception"])
def test_ctrl_c_saves_and_returns_and_goes_on(backend, tmp_path, how):
    before = signal.getsignal(signal.SIGINT)  # a job in the background ignores it
    whole, resumed = build(backend), build(backend)
    expected = fit(backend, whole, steps=40)
    interrupted = interrupt(build(backend), at=15, how=how)
    history = fit(backend, interrupted, steps=40, checkpoint_dir=tmp_path)
    assert history.stopped_by == "interrupt"
    assert history.step == {"signal": 15, "exception": 14}[how]
    assert history.losses == expected.losses[: history.step]
    assert find_checkpoint(tmp_path).history.step == history.step
    assert signal.getsignal(signal.SIGINT) is before
    assert fit(backend, resumed, steps=40, checkpoint_dir=tmp_path).losses == expected.losses
    assert_same_state(resumed, whole)


def test_interrupted_before_the_first_step_nothing_is_written(backend, tmp_path):
    history = fit(backend, interrupt(build(backend), at=1, how="exception"), steps=40, checkpoint_dir=tmp_path)
    assert (history.step, history.stopped_by, list(tmp_path.iterdir())) == (0, "interrupt", [])


def test_a_second_ctrl_c_interrupts_at_once(backend, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fit(backend, interrupt(build(backend), at=15, how="twice"), steps=40, checkpoint_dir=tmp_path)
    assert find_checkpoint(tmp_path).history.step == 10


def interrupt(model, at, how):
    """The model, with a Ctrl-C during the forward pass of step `at`."""
    kind, calls = type(model), []

    class Interrupted(kind):
        def forward(self, item_seq, mask):
            calls.append(len(item_seq))
            if len(item_seq) == SMALL["batch_size"] and calls.count(SMALL["batch_size"]) == at:
                if how == "exception":
                    raise KeyboardInterrupt
                for _ in range(2 if how == "twice" else 1):
                    os.kill(os.getpid(), signal.SIGINT)
            return super().forward(item_seq, mask)

    Interrupted.__name__ = kind.__name__
    model.__class__ = Interrupted
    return model


def test_it_trains_in_a_thread_where_no_signal_arrives(backend):
    histories = []
    thread = threading.Thread(target=lambda: histories.append(fit(backend, build(backend), steps=10)))
    thread.start()
    thread.join()
    assert histories[0].step == 10


# Side by side


@pytest.mark.parametrize("n_negatives", [None, 30])
@pytest.mark.parametrize("config", [CONFIG, COSINE])
def test_both_frameworks_walk_the_same_way(config, n_negatives):
    torch, paddle = (pytest.importorskip(f"tutorial_utils.training.{name}") for name in ("torch", "paddle"))
    settings = {**SMALL, "steps": 200, "evaluate_every": 100, "n_negatives": n_negatives}
    expected = torch.fit(torch.ComiRecSA(config), TRAIN, VALID, **settings)
    actual = paddle.fit(paddle.ComiRecSA(config), TRAIN, VALID, **settings)
    assert expected.losses[-1] < expected.losses[0] - 0.3
    np.testing.assert_allclose(actual.losses, expected.losses, rtol=0, atol=1e-4)


def test_both_frameworks_mean_the_same_by_epsilon():
    """Both add it to the root of the corrected second moment: seen where it is as large as that."""
    torch, paddle = (pytest.importorskip(name) for name in ("torch", "tutorial_utils._paddle"))
    paddle = paddle.paddle
    weight = np.ones(3, np.float32)
    ours = torch.nn.Parameter(torch.tensor(weight))
    theirs = paddle.create_parameter([3], "float32", default_initializer=paddle.nn.initializer.Assign(weight))
    optimizers = (
        torch.optim.Adam([ours], 0.1, eps=0.5),
        paddle.optimizer.Adam(0.1, epsilon=0.5, parameters=[theirs]),
    )
    for gradient in np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32):
        (ours * torch.tensor(gradient)).sum().backward()
        (theirs * paddle.to_tensor(gradient)).sum().backward()
        for optimizer in optimizers:
            optimizer.step()
            (optimizer.zero_grad if optimizer is optimizers[0] else optimizer.clear_grad)()
    np.testing.assert_allclose(theirs.numpy(), ours.detach().numpy(), rtol=1e-5)
