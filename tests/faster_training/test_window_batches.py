"""The arrays of a step, and the first item table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.data import SequenceData, load_synthetic
from tutorial_utils.faster_training.batches import NegativeSampler, WindowPlan, following_items, make_window_plan
from tutorial_utils.faster_training.cooccurrence import cooccurrence_embedding
from tutorial_utils.training.config import ComiRecConfig

DATA = load_synthetic(n_users=200, n_categories=4, interests_per_category=2, max_interests=2)
CONFIG = ComiRecConfig(DATA.n_items, embedding_dim=8, n_interests=2, max_length=10)
SETTINGS = {
    "batch_size": 16,
    "learning_rate": 0.01,
    "n_negatives": 40,
    "seed": 0,
    "evaluate_every": 10,
    "patience": None,
}


def plan(**changes):
    return WindowPlan(steps=20, **{**SETTINGS, **changes})


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 12), h=st.integers(1, 4), seed=st.integers(0, 99))
def test_a_batch_names_what_a_loop_finds(n, h, seed):
    config = ComiRecConfig(DATA.n_items, 8, 2, n)
    batch = next(plan(horizon=h, seed=seed).batches(DATA, config, start=0))
    L = batch.item_seq.shape[1]
    assert batch.mask.all() == (batch.item_seq != 0).all()
    np.testing.assert_array_equal(batch.example, np.flatnonzero(batch.item_seq))
    for example, targets in zip(batch.example, batch.targets, strict=True):
        row, t = divmod(int(example), L)
        rest = [item for item in batch.item_seq[row, t + 1 :] if item]  # all next items but the window's last
        np.testing.assert_array_equal(targets[: len(rest)], rest[:h])
        assert (targets[len(rest) + 1 :] == 0).all()
        assert targets[0] != 0
        window = {*batch.item_seq[row], *batch.targets[batch.example // L == row].ravel()}
        np.testing.assert_array_equal(batch.negative_mask[row], [item not in window for item in batch.negatives])
    assert (batch.scale == 1).all()


def test_dropout_keeps_the_mean_and_drops_its_share():
    batches = plan(item_dropout=0.5, dropout=0.25).batches(DATA, CONFIG, start=0)
    drawn = [next(batches) for _ in range(20)]
    real = np.concatenate([batch.mask[batch.item_seq != 0] for batch in drawn])
    scale = np.concatenate([batch.scale.ravel() for batch in drawn])
    assert abs(real.mean() - 0.5) < 0.03
    assert set(np.unique(scale)) == {np.float32(0), np.float32(1) / np.float32(0.75)}
    assert abs(scale.mean() - 1) < 0.02
    assert not any(batch.mask[batch.item_seq == 0].any() for batch in drawn)


def test_a_step_does_not_depend_on_the_steps_before():
    expected = plan().batches(DATA, CONFIG, start=0)
    for _ in range(13):
        next(expected)
    for left, right in zip(next(plan().batches(DATA, CONFIG, start=13)), next(expected), strict=True):
        np.testing.assert_array_equal(left, right)


def test_negatives_are_drawn_as_expected():
    data = SequenceData([[1, 1, 1, 2], [4, 1]], 6)
    negatives, log_count = NegativeSampler(data).draw(60_000, np.random.default_rng(0))
    counts = np.bincount(negatives, minlength=6)
    assert counts[0] == 0
    np.testing.assert_allclose(counts[1:] / 60_000, np.array([5, 2, 1, 2, 1]) / 11, atol=0.01)
    np.testing.assert_allclose(np.exp(log_count), 60_000 * np.array([0, 5, 2, 1, 2, 1])[negatives] / 11, rtol=1e-5)


def test_following_items():
    following = following_items(np.array([[2, 3, 4], [7, 0, 0]]), 2)
    np.testing.assert_array_equal(following, [[[2, 3], [3, 4], [4, 0]], [[7, 0], [0, 0], [0, 0]]])
    assert following_items(np.array([[2]]), 5).tolist() == [[[2, 0, 0, 0, 0]]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_negatives": None}, "n_negatives is None, expected a number"),
        ({"horizon": 0}, "horizon is 0, expected at least 1"),
        ({"item_dropout": 1.0}, r"item_dropout is 1.0, expected a share in \[0, 1\)"),
        ({"dropout": -0.1}, r"dropout is -0.1, expected a share in \[0, 1\)"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0, expected a positive number"),
    ],
)
def test_bad_settings(change, message):
    with pytest.raises(ValueError, match=message):
        plan(**change)


def test_an_epoch_reads_every_window_once():
    made = make_window_plan(DATA, 10, epochs=2, steps=None, **SETTINGS | {"evaluate_every": None})
    batches = made.batches(DATA, CONFIG, start=0)
    n_targets = sum((next(batches).targets[:, 0] != 0).sum() for _ in range(made.steps))
    assert n_targets == 2 * (DATA.n_events - len(DATA))
    assert made.evaluate_every * 2 == made.steps
    assert made.learning_rate_at(0) == 0.01
    assert made.learning_rate_at(made.steps // 2) == pytest.approx(0.005)


def test_the_first_table_puts_items_of_the_same_users_together():
    table = cooccurrence_embedding(DATA, CONFIG, seed=0)
    assert (table.shape, table.dtype) == ((DATA.n_items, 8), np.float32)
    assert (table[0] == 0).all()
    units = table[1:] / np.linalg.norm(table[1:], axis=1, keepdims=True)
    same = DATA.item_category[1:, None] == DATA.item_category[1:]
    cosines = units @ units.T
    assert cosines[same].mean() > cosines[~same].mean() + 0.2
    np.testing.assert_array_equal(table, cooccurrence_embedding(DATA, CONFIG, seed=0))


def test_the_first_table_of_few_users_and_items():
    for sequences, n_items in (([[1, 2]], 3), ([[1], [1]], 2), ([[1, 2], [2, 3]], 9)):
        table = cooccurrence_embedding(SequenceData(sequences, n_items), ComiRecConfig(n_items, 8), seed=0)
        assert np.isfinite(table).all()
        assert (table[0] == 0).all()
    with pytest.raises(ValueError, match="data has V = 3, expected n_items = 5"):
        cooccurrence_embedding(SequenceData([[1, 2]]), ComiRecConfig(5), seed=0)
