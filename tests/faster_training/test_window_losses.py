"""The losses over windows: both backends against NumPy, gradients, and what tells the two losses apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.faster_training import numpy as reference

LOSSES = ("served_softmax_loss", "mixture_softmax_loss", "target_softmax_loss")


def draw(P, K, h, m, d, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    users, positives, negatives = (rng.standard_normal(shape).astype(dtype) for shape in ((P, K, d), (P, h, d), (m, d)))
    log_expected_count = rng.standard_normal(m).astype(dtype)
    return users, positives, negatives, rng.random((P, h)) < 0.7, rng.random((P, m)) < 0.7, log_expected_count


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=25, deadline=None)
@given(
    P=st.integers(1, 5),
    K=st.integers(1, 4),
    h=st.integers(1, 3),
    m=st.integers(1, 6),
    d=st.integers(1, 5),
    seed=st.integers(0, 999),
)
def test_losses_match_numpy(backend, name, P, K, h, m, d, seed):
    arrays = draw(P, K, h, m, d, seed)
    actual = getattr(backend.load("faster_training"), name)(*map(backend.tensor, arrays))
    assert tuple(actual.shape) == ()
    np.testing.assert_allclose(backend.numpy(actual), getattr(reference, name)(*arrays), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_central_differences(backend, numeric_gradient, name):
    arrays = draw(3, 3, 2, 5, 4, dtype=np.float64)
    loss, fixed = getattr(backend.load("faster_training"), name), arrays[3:]
    gradients = backend.gradients(lambda *tensors: loss(*tensors, *map(backend.tensor, fixed)), *arrays[:3])
    for place, gradient in enumerate(gradients):
        expected = numeric_gradient(
            lambda array, place=place: getattr(reference, name)(*arrays[:place], array, *arrays[place + 1 :]),
            arrays[place],
        )
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-8)


def test_numpy_is_the_definition():
    users, positives, negatives, positive_mask, negative_mask, log_count = draw(2, 3, 2, 4, 5, dtype=np.float64)
    served, smooth, published = [], [], []
    for p, j in zip(*np.nonzero(positive_mask), strict=True):
        scores = users[p] @ positives[p, j]  # (K,)
        kept = negatives[negative_mask[p]] @ users[p].T  # (kept, K)
        counts = log_count[negative_mask[p]]
        mixed = np.log(np.exp(scores).sum())
        smooth.append(np.log((np.exp(kept) / np.exp(counts)[:, None]).sum() + np.exp(mixed)) - mixed)
        for losses, rivals in ((served, kept.max(axis=1)), (published, kept[:, scores.argmax()])):
            odds = np.exp(rivals - counts).sum() + np.exp(scores.max())
            losses.append(np.log(odds) - scores.max())
    arrays = users, positives, negatives, positive_mask, negative_mask, log_count
    np.testing.assert_allclose(reference.served_softmax_loss(*arrays), np.mean(served))
    np.testing.assert_allclose(reference.mixture_softmax_loss(*arrays), np.mean(smooth))
    np.testing.assert_allclose(reference.target_softmax_loss(*arrays), np.mean(published))


def test_with_one_interest_the_losses_are_one(backend):
    arrays = draw(4, 1, 2, 5, 3)
    losses = [getattr(backend.load("faster_training"), name)(*map(backend.tensor, arrays)) for name in LOSSES]
    for loss in losses[1:]:
        np.testing.assert_allclose(backend.numpy(loss), backend.numpy(losses[0]), rtol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dropped", ["positives", "negatives"])
def test_without_a_target_or_a_negative_the_loss_is_zero(backend, name, dropped):
    users, positives, negatives, positive_mask, negative_mask, log_count = draw(3, 2, 2, 4, 3)
    (positive_mask if dropped == "positives" else negative_mask)[:] = False
    loss = getattr(backend.load("faster_training"), name)
    masks = positive_mask, negative_mask, log_count

    def total(*tensors):
        return loss(*tensors, *map(backend.tensor, masks))

    assert float(total(*map(backend.tensor, (users, positives, negatives)))) == 0
    for gradient in backend.gradients(total, users, positives, negatives):
        assert (gradient == 0).all()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(
    ("place", "shape", "message"),
    [
        (1, (3, 2, 9), "positives has shape"),
        (2, (4, 9), "negatives has shape"),
        (3, (3, 9), "positive_mask has shape"),
        (4, (3, 9), "negative_mask has shape"),
        (5, (9,), "log_expected_count has shape"),
    ],
)
def test_wrong_shapes(backend, name, place, shape, message):
    arrays = list(draw(3, 2, 2, 4, 3))
    arrays[place] = np.zeros(shape, arrays[place].dtype)
    for loss, wrap in (
        (getattr(reference, name), np.asarray),
        (getattr(backend.load("faster_training"), name), backend.tensor),
    ):
        with pytest.raises(ValueError, match=message):
            loss(*map(wrap, arrays))
