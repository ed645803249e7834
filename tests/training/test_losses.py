"""The read-out and the two losses: both backends against NumPy, and the estimate against what it estimates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.training import numpy as reference


def draw(B, V, d, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    user, table = rng.standard_normal((B, d)).astype(dtype), rng.standard_normal((V, d)).astype(dtype)
    return user, table, rng.integers(1, V, B)


def skewed_sample(V, m, seed=0):
    """Negatives with their log expected counts from q(j) proportional to 1 / (j + 1), padding included."""
    q = 1 / np.arange(1.0, V + 1)
    q /= q.sum()
    negatives = np.random.default_rng(seed).choice(V, m, p=q)
    return negatives, np.log(m * q[negatives])


@settings(max_examples=25, deadline=None)
@given(B=st.integers(1, 5), K=st.integers(1, 4), d=st.integers(1, 6), seed=st.integers(0, 999))
def test_select_interest(backend, B, K, d, seed):
    rng = np.random.default_rng(seed)
    interests, target = (
        rng.standard_normal((B, K, d)).astype(np.float32),
        rng.standard_normal((B, d)).astype(np.float32),
    )
    expected = [max(rows, key=lambda row: row @ wanted) for rows, wanted in zip(interests, target, strict=True)]
    chosen, index = reference.select_interest(interests, target)
    np.testing.assert_array_equal(chosen, expected)
    actual = backend.load("training").select_interest(backend.tensor(interests), backend.tensor(target))
    np.testing.assert_array_equal(backend.numpy(actual[0]), chosen)
    np.testing.assert_array_equal(backend.numpy(actual[1]), index)


def test_select_interest_takes_the_first_of_equals(backend):
    interests, target = np.ones((2, 3, 4), np.float32), np.ones((2, 4), np.float32)
    assert (reference.select_interest(interests, target)[1] == 0).all()
    _, index = backend.load("training").select_interest(backend.tensor(interests), backend.tensor(target))
    assert (backend.numpy(index) == 0).all()


def test_only_the_chosen_interest_learns(backend):
    interests, target = np.random.default_rng(0).standard_normal((5, 3, 4)), np.ones((5, 4))
    _, index = reference.select_interest(interests, target)
    select = backend.load("training").select_interest
    gradients = backend.gradients(lambda v, e: (select(v, e)[0] * 3.0).sum(), interests, target)
    expected = np.zeros_like(interests)
    expected[np.arange(5), index] = 3.0
    np.testing.assert_array_equal(gradients[0], expected)
    assert (gradients[1] == 0).all()


@settings(max_examples=25, deadline=None)
@given(B=st.integers(1, 5), V=st.integers(2, 9), d=st.integers(1, 4), m=st.integers(1, 12), seed=st.integers(0, 999))
def test_losses_match_numpy(backend, B, V, d, m, seed):
    user, table, target = draw(B, V, d, seed)
    negatives, log_count = skewed_sample(V, m, seed)
    training, tensor = backend.load("training"), backend.tensor
    expected = reference.full_softmax_loss(user, table, target)
    actual = training.full_softmax_loss(tensor(user), tensor(table), tensor(target))
    np.testing.assert_allclose(backend.numpy(actual), expected, rtol=1e-5, atol=1e-6)
    for correction in (None, log_count.astype(np.float32)):
        arrays = (user, table, target, negatives) + (() if correction is None else (correction,))
        actual = training.sampled_softmax_loss(*map(tensor, arrays))
        assert tuple(actual.shape) == ()
        np.testing.assert_allclose(backend.numpy(actual), reference.sampled_softmax_loss(*arrays), rtol=1e-5, atol=1e-6)


def test_numpy_full_softmax_is_the_definition():
    user, table, target = draw(4, 7, 3)
    losses = []
    for vector, item in zip(user, target, strict=True):
        odds = np.exp(table[1:] @ vector)
        losses.append(-np.log(odds[item - 1] / odds.sum()))
    np.testing.assert_allclose(reference.full_softmax_loss(user, table, target), np.mean(losses), rtol=1e-5)


def test_every_item_once_as_negative_is_the_full_softmax(backend):
    user, table, target = draw(6, 9, 4)
    arrays = (user, table, target, np.arange(9))  # padding among the negatives changes nothing
    expected = reference.full_softmax_loss(user, table, target)
    np.testing.assert_allclose(reference.sampled_softmax_loss(*arrays), expected, rtol=1e-6)
    actual = backend.load("training").sampled_softmax_loss(*map(backend.tensor, arrays))
    np.testing.assert_allclose(backend.numpy(actual), expected, rtol=1e-5)


def test_gradients_match_central_differences(backend, numeric_gradient):
    user, table, target = draw(3, 5, 2, dtype=np.float64)
    negatives, log_count = skewed_sample(5, 8)
    training, tensor = backend.load("training"), backend.tensor
    others = {"full_softmax_loss": (target,), "sampled_softmax_loss": (target, negatives, log_count)}
    for name, rest in others.items():
        loss, loss_of_tensors = getattr(reference, name), getattr(training, name)
        tensors = [tensor(array) for array in rest]
        by_user, by_table = backend.gradients(lambda u, w, f=loss_of_tensors, r=tensors: f(u, w, *r), user, table)
        expected = numeric_gradient(lambda u, f=loss, r=rest: f(u, table, *r), user)
        np.testing.assert_allclose(by_user, expected, atol=1e-8)
        expected = numeric_gradient(lambda w, f=loss, r=rest: f(user, w, *r), table)
        np.testing.assert_allclose(by_table, expected, atol=1e-8)
        assert (by_table[0] == 0).all()


def test_the_sampled_gradient_tends_to_the_full_one(backend):
    """Where the target is likely, so that a correction of the target's own logit, or of the wrong sign, shows."""
    rng = np.random.default_rng(0)
    V, d, m = 50, 8, 20_000
    table = (rng.standard_normal((V, d)) / 2).astype(np.float32)
    target = rng.integers(1, V, 16)
    user = 2 * table[target]
    odds = np.exp(user @ table[1:].T)
    assert (odds[np.arange(16), target - 1] / odds.sum(1)).mean() > 0.3
    negatives, log_count = skewed_sample(V, m)
    log_count = log_count.astype(np.float32)
    training, tensor = backend.load("training"), backend.tensor
    (full,) = backend.gradients(lambda w: training.full_softmax_loss(tensor(user), w, tensor(target)), table)

    def error(*correction):
        rest = [tensor(array) for array in (target, negatives, *correction)]
        (gradient,) = backend.gradients(lambda w: training.sampled_softmax_loss(tensor(user), w, *rest), table)
        return np.linalg.norm(gradient - full) / np.linalg.norm(full)

    assert error(log_count) < 0.03
    assert min(error(), error(-log_count), error(log_count - log_count.mean())) > 0.3


def test_32_bit_ids(backend):
    user, table, target = draw(3, 6, 2)
    arrays, negatives = (user, table, target.astype(np.int32)), np.array([1, 4], np.int32)
    for training, tensor in ((reference, np.asarray), (backend.load("training"), backend.tensor)):
        losses = [
            training.full_softmax_loss(*map(tensor, arrays)),
            training.sampled_softmax_loss(*map(tensor, (*arrays, negatives))),
        ]
        expected = [
            reference.full_softmax_loss(user, table, target),
            reference.sampled_softmax_loss(user, table, target, negatives),
        ]
        np.testing.assert_allclose([float(loss) for loss in losses], expected, rtol=1e-5)


def test_no_negative_left_is_a_loss_of_zero(backend):
    user, table, _ = draw(2, 4, 3)
    arrays = (user, table, np.array([3, 3]), np.array([0, 3, 3]))
    training = backend.load("training")
    assert reference.sampled_softmax_loss(*arrays) == 0
    rest = [backend.tensor(array) for array in arrays[2:]]
    assert float(training.sampled_softmax_loss(*map(backend.tensor, arrays))) == 0
    gradients = backend.gradients(lambda u, w: training.sampled_softmax_loss(u, w, *rest), user, table)
    assert all((gradient == 0).all() for gradient in gradients)


@pytest.mark.parametrize(("target", "found"), [([0, 1], "0..1"), ([1, 5], "1..5"), ([-1, 2], "-1..2")])
def test_a_target_out_of_range_is_named(backend, target, found):
    user, table, _ = draw(2, 5, 3)
    negatives = np.array([1, 2])
    for training, tensor in ((reference, np.asarray), (backend.load("training"), backend.tensor)):
        arrays = [tensor(array) for array in (user, table, np.array(target))]
        message = rf"target has ids in {found}, expected 1\.\.4"
        with pytest.raises(ValueError, match=message):
            training.full_softmax_loss(*arrays)
        with pytest.raises(ValueError, match=message):
            training.sampled_softmax_loss(*arrays, tensor(negatives))


def test_other_bad_input_is_named(backend):
    user, table, target = draw(2, 5, 3)
    for training, tensor in ((reference, np.asarray), (backend.load("training"), backend.tensor)):
        arrays = [tensor(array) for array in (user, table, target)]
        with pytest.raises(ValueError, match=r"negatives has ids in 1\.\.5, expected 0\.\.4"):
            training.sampled_softmax_loss(*arrays, tensor(np.array([1, 5])))
        with pytest.raises(ValueError, match=r"log_expected_count has shape \(3,\)"):
            training.sampled_softmax_loss(*arrays, tensor(np.array([1, 2])), tensor(np.zeros(3, np.float32)))
        with pytest.raises(ValueError, match="item_table has shape"):
            training.full_softmax_loss(arrays[0], tensor(table[:, :2]), arrays[2])
        with pytest.raises(ValueError, match="target_emb has shape"):
            training.select_interest(tensor(np.zeros((2, 3, 4), np.float32)), tensor(np.zeros((2, 3), np.float32)))


def test_full_softmax_sees_far_logits_and_nan(backend):
    """The library's cross-entropy need not: Paddle's cuts logits off on a CPU, and loses NaN in rows of 8 or 16."""
    table = np.zeros((9, 1), np.float32)
    table[2] = -200
    training, user, target = backend.load("training"), np.ones((1, 1), np.float32), np.array([2])
    expected = reference.full_softmax_loss(user, table, target)
    assert expected > 200
    actual = training.full_softmax_loss(*map(backend.tensor, (user, table, target)))
    np.testing.assert_allclose(backend.numpy(actual), expected, rtol=1e-6)
    lost = training.full_softmax_loss(*map(backend.tensor, (user, np.full_like(table, np.nan), target)))
    assert np.isnan(backend.numpy(lost))
