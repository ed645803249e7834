"""MultiInterestSA: both backends against NumPy, and NumPy against the formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.multi_interest import numpy as reference
from tutorial_utils.parity import load_state_from_numpy, state_to_numpy
from tutorial_utils.single_interest.numpy import SingleInterestAttention


def draw(B, n, d, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    mask = np.arange(n) < rng.integers(0, n + 1, B)[:, None]
    return rng.standard_normal((B, n, d)).astype(dtype), mask


def float64_reference(state=None):
    module = reference.MultiInterestSA(2, 3, 4, max_length=5, seed=1)
    for key, array in (state or state_to_numpy(module)).items():
        setattr(module, key, array.astype(np.float64))
    return module


def test_numpy_is_the_formula():
    """A = softmax(W2^T tanh(W1 (H + P)))^T and V = H A, with H as d x n: positions in the logits, not in V."""
    module = reference.MultiInterestSA(4, 3, max_length=8, seed=1)
    H = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)
    P = module.position_embedding[:6].T
    A = np.exp(module.w2.T @ np.tanh(module.w1.T @ (H + P))).T  # n x K
    A = A / A.sum(0)
    seq_emb, mask = H.T[None], np.ones((1, 6), bool)
    np.testing.assert_allclose(module.attention(seq_emb, mask)[0], A, rtol=1e-5)
    np.testing.assert_allclose(module(seq_emb, mask)[0], (H @ A).T, rtol=1e-5, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    B=st.integers(1, 3),
    n=st.integers(1, 6),
    d=st.integers(1, 5),
    K=st.integers(1, 4),
    d_a=st.sampled_from([None, 1, 3]),
    spare=st.sampled_from([None, 0, 2]),
    seed=st.integers(0, 99),
)
def test_backends_match_numpy(backend, B, n, d, K, d_a, spare, seed):
    seq_emb, mask = draw(B, n, d, seed)
    arguments = (d, K, d_a, None if spare is None else n + spare, seed)
    expected = reference.MultiInterestSA(*arguments)
    actual = backend.load("multi_interest").MultiInterestSA(*arguments)
    tensors = backend.tensor(seq_emb), backend.tensor(mask)
    pairs = [
        (expected.logits(seq_emb), actual.logits(tensors[0])),
        (expected.attention(seq_emb, mask), actual.attention(*tensors)),
        (expected(seq_emb, mask), actual(*tensors)),
    ]
    for wanted, found in pairs:
        np.testing.assert_allclose(backend.numpy(found), wanted, rtol=1e-5, atol=1e-5)


def test_the_same_seed_gives_the_same_weights(backend):
    expected = state_to_numpy(reference.MultiInterestSA(3, 2, max_length=5, seed=4))
    module = backend.load("multi_interest").MultiInterestSA(3, 2, max_length=5, seed=4)
    actual = state_to_numpy(module)
    assert {key: array.shape for key, array in actual.items()} == {
        "w1": (3, 12),
        "w2": (12, 2),
        "position_embedding": (5, 3),
    }
    for key in expected:
        np.testing.assert_array_equal(actual[key], expected[key])
    assert len(list(module.parameters())) == 3
    assert set(state_to_numpy(backend.load("multi_interest").MultiInterestSA(3, 2))) == {"w1", "w2"}


def test_one_interest_is_single_interest_attention(backend):
    seq_emb, mask = draw(3, 4, 5)
    expected = SingleInterestAttention(5, seed=2)(seq_emb, mask)
    for multi, tensor in ((reference, np.asarray), (backend.load("multi_interest"), backend.tensor)):
        interests = multi.MultiInterestSA(5, 1, seed=2)(tensor(seq_emb), tensor(mask))
        assert tuple(interests.shape) == (3, 1, 5)
        found = interests if multi is reference else backend.numpy(interests)
        np.testing.assert_allclose(found[:, 0], expected, rtol=1e-5, atol=1e-6)


def test_order_matters_only_with_positions():
    seq_emb, mask = draw(1, 5, 4)[0], np.ones((1, 5), bool)
    plain, placed = reference.MultiInterestSA(4, 2), reference.MultiInterestSA(4, 2, max_length=5)
    np.testing.assert_allclose(plain(seq_emb, mask), plain(seq_emb[:, ::-1], mask), rtol=1e-4, atol=1e-6)
    assert np.abs(placed(seq_emb, mask) - placed(seq_emb[:, ::-1], mask)).max() > 1e-3


def test_gradients_match_central_differences(backend, numeric_gradient):
    seq_emb, mask = draw(3, 4, 2, dtype=np.float64)
    upstream = np.cos(np.arange(18.0)).reshape(3, 3, 2)
    module = backend.load("multi_interest").MultiInterestSA(2, 3, 4, max_length=5, seed=1)
    module = module.to(dtype=backend.dtype("float64"))

    def loss_of_tensor(x):
        return (module(x, backend.tensor(mask)) * backend.tensor(upstream)).sum()

    def loss_of_weight(key, array):
        state = state_to_numpy(float64_reference()) | {key: array}
        return (float64_reference(state)(seq_emb, mask) * upstream).sum()

    (gradient,) = backend.gradients(loss_of_tensor, seq_emb)
    expected = numeric_gradient(lambda x: (float64_reference()(x, mask) * upstream).sum(), seq_emb)
    np.testing.assert_allclose(gradient, expected, atol=1e-8)
    for key, weight in state_to_numpy(float64_reference()).items():
        expected = numeric_gradient(lambda array, key=key: loss_of_weight(key, array), weight)
        np.testing.assert_allclose(backend.numpy(getattr(module, key).grad), expected, atol=1e-8)


def test_padding_changes_nothing_and_an_empty_row_is_zero(backend):
    seq_emb, _ = draw(2, 5, 3)
    mask = np.array([[True, True, False, False, False], [False] * 5])
    module = backend.load("multi_interest").MultiInterestSA(3, 2, max_length=5)
    interests = backend.numpy(module(backend.tensor(seq_emb), backend.tensor(mask)))
    alone = backend.numpy(module(backend.tensor(seq_emb[:1, :2]), backend.tensor(mask[:1, :2])))
    np.testing.assert_allclose(interests[0], alone[0], rtol=1e-5, atol=1e-6)
    assert (interests[1] == 0).all()
    weights = backend.numpy(module.attention(backend.tensor(seq_emb), backend.tensor(mask)))
    np.testing.assert_allclose(weights.sum(1), [[1, 1], [0, 0]], rtol=1e-6)
    assert (weights[~mask] == 0).all()
    (gradient,) = backend.gradients(lambda x: module(x, backend.tensor(mask)).sum(), seq_emb)
    assert (gradient[~mask] == 0).all()
    for key in ("w1", "w2", "position_embedding"):
        assert np.isfinite(backend.numpy(getattr(module, key).grad)).all()


def test_its_logits_serve_every_prefix(backend):
    """What chapter 04 promises: one pass gives what the module gives for each prefix alone."""
    seq_emb, _ = draw(2, 5, 3)
    mask = np.ones((2, 5), bool)
    module = backend.load("multi_interest").MultiInterestSA(3, 2, max_length=5)
    x, real = backend.tensor(seq_emb), backend.tensor(mask)
    pooled = backend.numpy(backend.load("masking").prefix_attention_pool(module.logits(x), x, real))
    for t in range(5):
        np.testing.assert_allclose(
            pooled[:, t], backend.numpy(module(x[:, : t + 1], real[:, : t + 1])), rtol=1e-5, atol=1e-6
        )


def test_a_state_travels_between_backends(backend):
    source = reference.MultiInterestSA(3, 2, max_length=4, seed=9)
    module = backend.load("multi_interest").MultiInterestSA(3, 2, max_length=4, seed=0)
    load_state_from_numpy(module, state_to_numpy(source))
    seq_emb, mask = draw(2, 4, 3)
    found = backend.numpy(module(backend.tensor(seq_emb), backend.tensor(mask)))
    np.testing.assert_allclose(found, source(seq_emb, mask), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_in_torch(dtype):
    """Paddle multiplies no half-precision matrices on a CPU."""
    torch = pytest.importorskip("torch")
    from tutorial_utils.multi_interest import torch as multi

    seq_emb, mask = draw(3, 4, 4)
    module = multi.MultiInterestSA(4, 2, max_length=4).to(getattr(torch, dtype))
    interests = module(torch.from_numpy(seq_emb).to(getattr(torch, dtype)), torch.from_numpy(mask))
    assert interests.dtype == getattr(torch, dtype)
    expected = reference.MultiInterestSA(4, 2, max_length=4)(seq_emb, mask)
    np.testing.assert_allclose(interests.detach().float(), expected, atol=0.05)


def test_bad_input_is_named(backend):
    seq_emb, mask = draw(2, 4, 3)
    for multi, tensor in ((reference, np.asarray), (backend.load("multi_interest"), backend.tensor)):
        module = multi.MultiInterestSA(3, 2, max_length=3)
        with pytest.raises(ValueError, match="seq_emb has 4 positions, expected at most max_length = 3"):
            module(tensor(seq_emb), tensor(mask))
        with pytest.raises(ValueError, match="mask has shape"):
            module(tensor(seq_emb), tensor(mask[:, :2]))
        with pytest.raises(ValueError, match=r"seq_emb has shape \(2, 4, 2\)"):
            module(tensor(seq_emb[:, :, :2]), tensor(mask))
        with pytest.raises(TypeError, match=r"mask has dtype .*float32, expected bool"):
            module(tensor(seq_emb[:, :3]), tensor(mask[:, :3].astype(np.float32)))
        for sizes, name in (((0, 1), "embedding_dim"), ((3, 0), "n_interests"), ((3, 1, 0), "attention_dim")):
            with pytest.raises(ValueError, match=f"{name} is 0, expected at least 1"):
                multi.MultiInterestSA(*sizes)
        with pytest.raises(ValueError, match="max_length is 0"):
            multi.MultiInterestSA(3, 1, max_length=0)
