"""Single-interest attention and mean pooling: both backends against NumPy, and NumPy against the formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.parity import state_to_numpy
from tutorial_utils.single_interest import numpy as reference


def draw(B, n, d, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    mask = np.arange(n) < rng.integers(0, n + 1, B)[:, None]
    return rng.standard_normal((B, n, d)).astype(dtype), mask


def in_float64(module):
    module.w1, module.w2 = module.w1.astype(np.float64), module.w2.astype(np.float64)
    return module


def test_numpy_is_the_formula():
    """a = softmax(w2^T tanh(W1 H)) and v = H a, with H as d x n and W1 as d_a x d, as the paper writes them."""
    module = reference.SingleInterestAttention(4, seed=1)
    H = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)
    a = np.exp(module.w2 @ np.tanh(module.w1.T @ H))
    a = a / a.sum()
    seq_emb, mask = H.T[None], np.ones((1, 6), bool)
    np.testing.assert_allclose(module.attention(seq_emb, mask)[0], a, rtol=1e-5)
    np.testing.assert_allclose(module(seq_emb, mask)[0], H @ a, rtol=1e-5, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    B=st.integers(1, 4),
    n=st.integers(1, 6),
    d=st.integers(1, 5),
    d_a=st.sampled_from([None, 1, 3]),
    seed=st.integers(0, 99),
)
def test_backends_match_numpy(backend, B, n, d, d_a, seed):
    seq_emb, mask = draw(B, n, d, seed)
    single = backend.load("single_interest")
    expected = reference.SingleInterestAttention(d, d_a, seed)
    actual = single.SingleInterestAttention(d, d_a, seed)
    tensors = backend.tensor(seq_emb), backend.tensor(mask)
    pairs = [
        (expected.attention(seq_emb, mask), actual.attention(*tensors)),
        (expected(seq_emb, mask), actual(*tensors)),
        (reference.mean_pool(seq_emb, mask), single.mean_pool(*tensors)),
    ]
    for wanted, given_ in pairs:
        np.testing.assert_allclose(backend.numpy(given_), wanted, rtol=1e-5, atol=1e-6)


def test_the_same_seed_gives_the_same_weights(backend):
    single = backend.load("single_interest")
    expected = state_to_numpy(reference.SingleInterestAttention(3, seed=5))
    actual = state_to_numpy(single.SingleInterestAttention(3, seed=5))
    assert {key: array.shape for key, array in actual.items()} == {"w1": (3, 12), "w2": (12,)}
    for key in expected:
        assert actual[key].dtype == np.float32
        np.testing.assert_array_equal(actual[key], expected[key])
    assert (state_to_numpy(single.SingleInterestAttention(3, seed=6))["w1"] != expected["w1"]).all()


def test_weights_keep_the_variance():
    rng = np.random.default_rng(0)
    for shape in ((100, 400), (400, 100)):
        assert reference.scaled_normal(rng, *shape).std() == pytest.approx(shape[0] ** -0.5, rel=0.02)


def test_gradients_match_central_differences(backend, numeric_gradient):
    seq_emb, mask = draw(3, 4, 2, dtype=np.float64)
    upstream = np.cos(np.arange(6.0)).reshape(3, 2)
    expected = in_float64(reference.SingleInterestAttention(2, 3, seed=1))
    module = backend.load("single_interest").SingleInterestAttention(2, 3, seed=1).to(dtype=backend.dtype("float64"))

    def loss(x):
        return (module(x, backend.tensor(mask)) * backend.tensor(upstream)).sum()

    (gradient,) = backend.gradients(loss, seq_emb)
    numeric = numeric_gradient(lambda x: (expected(x, mask) * upstream).sum(), seq_emb)
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)
    for key, weight in state_to_numpy(expected).items():

        def loss_of_weight(array, key=key):
            moved = in_float64(reference.SingleInterestAttention(2, 3, seed=1))
            setattr(moved, key, array)
            return (moved(seq_emb, mask) * upstream).sum()

        gradient = backend.numpy(getattr(module, key).grad)
        np.testing.assert_allclose(gradient, numeric_gradient(loss_of_weight, weight), atol=1e-8)


def test_mean_pool_averages_the_real_items():
    seq_emb, _ = draw(1, 5, 3)
    mask = np.array([[True, True, True, False, False]])
    np.testing.assert_allclose(reference.mean_pool(seq_emb, mask)[0], seq_emb[0, :3].mean(0), rtol=1e-6)


def test_padding_changes_nothing_and_an_empty_row_is_zero(backend):
    seq_emb, _ = draw(2, 5, 3)
    mask = np.array([[True, True, False, False, False], [False] * 5])
    single = backend.load("single_interest")
    module = single.SingleInterestAttention(3)
    for pool in (module, single.mean_pool):
        pooled = backend.numpy(pool(backend.tensor(seq_emb), backend.tensor(mask)))
        alone = backend.numpy(pool(backend.tensor(seq_emb[:1, :2]), backend.tensor(mask[:1, :2])))
        np.testing.assert_allclose(pooled[0], alone[0], rtol=1e-5, atol=1e-6)
        assert (pooled[1] == 0).all()
        (gradient,) = backend.gradients(lambda x, f=pool: f(x, backend.tensor(mask)).sum(), seq_emb)
        assert (gradient[~mask] == 0).all()
    weights = backend.numpy(module.attention(backend.tensor(seq_emb), backend.tensor(mask)))
    np.testing.assert_allclose(weights.sum(1), [1, 0], rtol=1e-6)
    assert (weights[~mask] == 0).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_in_torch(dtype):
    """Paddle multiplies no half-precision matrices on a CPU."""
    torch = pytest.importorskip("torch")
    from tutorial_utils.single_interest import torch as single

    seq_emb, mask = draw(3, 4, 4)
    module = single.SingleInterestAttention(4).to(getattr(torch, dtype))
    pooled = module(torch.from_numpy(seq_emb).to(getattr(torch, dtype)), torch.from_numpy(mask))
    assert pooled.dtype == getattr(torch, dtype)
    expected = reference.SingleInterestAttention(4)(seq_emb, mask)
    np.testing.assert_allclose(pooled.detach().float(), expected, atol=0.05)


def test_bad_input_is_named(backend):
    seq_emb, mask = draw(2, 4, 3)
    for single, tensor in ((reference, np.asarray), (backend.load("single_interest"), backend.tensor)):
        module = single.SingleInterestAttention(3)
        for pool in (module, single.mean_pool):
            with pytest.raises(ValueError, match="mask has shape"):
                pool(tensor(seq_emb), tensor(mask[:, :2]))
            with pytest.raises(TypeError, match=r"mask has dtype .*float32, expected bool"):
                pool(tensor(seq_emb), tensor(mask.astype(np.float32)))
        with pytest.raises(ValueError, match=r"seq_emb has shape \(2, 4, 2\), expected .*3\)"):
            module(tensor(seq_emb[:, :, :2]), tensor(mask))
        with pytest.raises(ValueError, match="embedding_dim is 0"):
            single.SingleInterestAttention(0)
        with pytest.raises(ValueError, match="attention_dim is 0"):
            single.SingleInterestAttention(3, 0)
