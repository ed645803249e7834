"""prefix_attention_pool: every prefix against masked softmax on that prefix alone, values and gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.masking import numpy as reference


def draw(B, n, K, d, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    scores = (scale * rng.standard_normal((B, n, K))).astype(np.float32)
    values = rng.standard_normal((B, n, d)).astype(np.float32)
    mask = reference.sequence_mask(rng.integers(0, n + 1, B), n)
    return scores, values, mask


def pool(backend, *arrays):
    return backend.numpy(backend.load("masking").prefix_attention_pool(*map(backend.tensor, arrays)))


def relative_error(actual, expected):
    """Largest deviation of one pooled vector, relative to the largest entry."""
    return np.abs(actual - expected).max() / max(np.abs(expected).max(), 1e-30)


def test_numpy_pools_each_prefix():
    scores, values, mask = draw(5, 6, 3, 4)
    pooled = reference.prefix_attention_pool(scores, values, mask)
    for b, t in np.ndindex(5, 6):
        length = min(t + 1, mask[b].sum())
        weights = np.exp(scores[b, :length]) / np.exp(scores[b, :length]).sum(0)
        np.testing.assert_allclose(pooled[b, t], weights.T @ values[b, :length], rtol=1e-5, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    B=st.integers(1, 3),
    n=st.integers(1, 7),
    K=st.integers(1, 3),
    d=st.integers(1, 4),
    scale=st.sampled_from([0.1, 10.0, 40.0, 1e4]),
    seed=st.integers(0, 999),
)
def test_backends_match_numpy_in_float64(backend, B, n, K, d, scale, seed):
    scores, values, mask = draw(B, n, K, d, seed, scale)
    expected = reference.prefix_attention_pool(scores.astype(np.float64), values.astype(np.float64), mask)
    assert relative_error(pool(backend, scores, values, mask), expected) < 1e-5
    np.testing.assert_allclose(reference.prefix_attention_pool(scores, values, mask), expected, rtol=1e-4, atol=1e-5)


def test_exact_for_widely_spread_logits(backend):
    """Logits from N(0, 40^2), where a ratio of running sums fails: values and gradients as in float64."""
    scores, values, mask = draw(8, 20, 4, 8, scale=40.0)
    upstream = np.random.default_rng(1).standard_normal((8, 20, 4, 8)).astype(np.float32)
    masking = backend.load("masking")

    def all_prefixes(a, v):
        return (masking.prefix_attention_pool(a, v, backend.tensor(mask)) * backend.tensor(upstream)).sum()

    def one_by_one(a, v):
        total = 0.0
        for t in range(20):
            weights = masking.masked_softmax(a[:, : t + 1], backend.tensor(mask[:, : t + 1, None]), 1)
            pooled = (weights[:, :, :, None] * v[:, : t + 1, None, :]).sum(1)
            total = total + (pooled * backend.tensor(upstream[:, t].astype(np.float64))).sum()
        return total

    expected = reference.prefix_attention_pool(scores.astype(np.float64), values.astype(np.float64), mask)
    assert relative_error(pool(backend, scores, values, mask), expected) < 1e-5
    exact = backend.gradients(one_by_one, scores.astype(np.float64), values.astype(np.float64))
    for gradient, wanted in zip(backend.gradients(all_prefixes, scores, values), exact, strict=True):
        assert relative_error(gradient, wanted) < 1e-5


def test_gradients_match_central_differences(backend, numeric_gradient):
    scores, values, mask = draw(3, 4, 2, 2)
    scores, values = scores.astype(np.float64), values.astype(np.float64)
    upstream = np.cos(np.arange(48.0)).reshape(3, 4, 2, 2)

    def loss(a, v):
        return (reference.prefix_attention_pool(a, v, mask) * upstream).sum()

    def loss_of_tensors(a, v):
        pooled = backend.load("masking").prefix_attention_pool(a, v, backend.tensor(mask))
        return (pooled * backend.tensor(upstream)).sum()

    by_scores, by_values = backend.gradients(loss_of_tensors, scores, values)
    np.testing.assert_allclose(by_scores, numeric_gradient(lambda a: loss(a, values), scores), atol=1e-8)
    np.testing.assert_allclose(by_values, numeric_gradient(lambda v: loss(scores, v), values), atol=1e-8)


def test_padding_carries_the_last_prefix_on_and_empty_rows_are_zero(backend):
    scores, values, _ = draw(3, 5, 2, 3)
    mask = reference.sequence_mask(np.array([0, 2, 5]), 5)
    scores[~mask] = np.nan
    for pooled in (reference.prefix_attention_pool(scores, values, mask), pool(backend, scores, values, mask)):
        assert (pooled[0] == 0).all()
        np.testing.assert_array_equal(pooled[1, 2:], np.broadcast_to(pooled[1, 1], (3, 2, 3)))
        np.testing.assert_allclose(pooled[2, 0], np.broadcast_to(values[2, 0], (2, 3)), rtol=1e-6)


def test_holes_before_the_first_item_are_zero(backend):
    scores, values, _ = draw(1, 4, 2, 3)
    mask = np.array([[False, True, False, True]])
    expected = reference.prefix_attention_pool(scores, values, mask)
    assert (expected[0, 0] == 0).all()
    pooled = pool(backend, scores, values, mask)
    assert (pooled[0, 0] == 0).all()
    np.testing.assert_array_equal(pooled[0, 1], pooled[0, 2])
    np.testing.assert_allclose(pooled, expected, rtol=1e-5, atol=1e-6)


def test_empty_rows_have_zero_gradients(backend):
    scores, values, mask = draw(2, 3, 2, 3)
    mask[:] = False
    pool = backend.load("masking").prefix_attention_pool
    for gradient in backend.gradients(lambda a, v: pool(a, v, backend.tensor(mask)).sum(), scores, values):
        assert (gradient == 0).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(backend, dtype):
    scores, values, mask = draw(4, 5, 2, 3)
    tensors = [backend.tensor(array, dtype) for array in (scores, values)]
    pooled = backend.load("masking").prefix_attention_pool(*tensors, backend.tensor(mask))
    assert str(pooled.dtype).endswith(dtype)
    expected = reference.prefix_attention_pool(scores, values, mask)
    np.testing.assert_allclose(backend.numpy(pooled), expected, rtol=0.05, atol=0.05)


def test_bad_input_is_named(backend):
    scores, values, mask = draw(2, 3, 2, 4)
    for masking, tensor in ((reference, np.asarray), (backend.load("masking"), backend.tensor)):
        with pytest.raises(ValueError, match="values has shape"):
            masking.prefix_attention_pool(tensor(scores), tensor(values[:, :2]), tensor(mask))
        with pytest.raises(ValueError, match="mask has shape"):
            masking.prefix_attention_pool(tensor(scores), tensor(values), tensor(mask[:1]))
        with pytest.raises(TypeError, match="expected bool"):
            masking.prefix_attention_pool(tensor(scores), tensor(values), tensor(mask.astype(np.float32)))
