"""Q-K-V self-attention, one head and several: against NumPy and against the frameworks' own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.multi_interest import numpy as reference
from tutorial_utils.parity import state_to_numpy

KEYS = ("w_q", "w_k", "w_v", "w_o")


def draw(B, n, d, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    mask = np.arange(n) < rng.integers(0, n + 1, B)[:, None]
    return rng.standard_normal((B, n, d)).astype(dtype), mask


def draw_weights(d, d_k, d_v, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in ((d, d_k), (d, d_k), (d, d_v))]


def test_numpy_is_the_formula():
    """softmax(Q K^T / sqrt(d_k)) V, one query at a time."""
    x, mask = draw(1, 5, 4)[0], np.ones((1, 5), bool)
    w_q, w_k, w_v = draw_weights(4, 2, 3)
    for t, attended in enumerate(reference.self_attention(x, w_q, w_k, w_v, mask)[0]):
        weights = np.exp([(x[0, t] @ w_q) @ (x[0, s] @ w_k) / np.sqrt(2) for s in range(5)])
        np.testing.assert_allclose(attended, weights / weights.sum() @ (x[0] @ w_v), rtol=1e-4, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    B=st.integers(1, 3),
    n=st.integers(1, 5),
    heads=st.integers(1, 3),
    d_head=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_backends_match_numpy(backend, B, n, heads, d_head, seed):
    d = heads * d_head
    x, mask = draw(B, n, d, seed)
    weights = draw_weights(d, d_head, 2, seed)
    multi, tensors = backend.load("multi_interest"), (backend.tensor(x), backend.tensor(mask))
    attended = multi.self_attention(tensors[0], *map(backend.tensor, weights), tensors[1])
    expected = reference.self_attention(x, *weights, mask)
    np.testing.assert_allclose(backend.numpy(attended), expected, rtol=1e-4, atol=1e-5)
    attended = multi.MultiHeadSelfAttention(d, heads, seed)(*tensors)
    expected = reference.MultiHeadSelfAttention(d, heads, seed)(x, mask)
    np.testing.assert_allclose(backend.numpy(attended), expected, rtol=1e-4, atol=1e-5)


def test_one_head_is_self_attention():
    x, mask = draw(3, 5, 4)
    module = reference.MultiHeadSelfAttention(4, 1)
    expected = reference.self_attention(x, module.w_q, module.w_k, module.w_v, mask) @ module.w_o
    np.testing.assert_allclose(module(x, mask), expected, rtol=1e-5, atol=1e-6)


def test_the_same_seed_gives_the_same_weights(backend):
    expected = state_to_numpy(reference.MultiHeadSelfAttention(4, 2, seed=3))
    actual = state_to_numpy(backend.load("multi_interest").MultiHeadSelfAttention(4, 2, seed=3))
    assert set(actual) == set(KEYS)
    for key in KEYS:
        np.testing.assert_array_equal(actual[key], expected[key])


def test_equals_torch_multihead_attention():
    torch = pytest.importorskip("torch")
    from tutorial_utils.multi_interest import torch as multi

    x, mask = (torch.from_numpy(array) for array in draw(4, 6, 8))
    mask[:, 0] = True  # the framework answers an empty row with NaN
    ours, theirs = multi.MultiHeadSelfAttention(8, 2), torch.nn.MultiheadAttention(8, 2, bias=False, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.w_q.T, ours.w_k.T, ours.w_v.T]))
        theirs.out_proj.weight.copy_(ours.w_o.T)
    expected, _ = theirs(x, x, x, key_padding_mask=~mask)
    torch.testing.assert_close(ours(x, mask)[mask], expected[mask], rtol=1e-5, atol=1e-6)


def test_equals_torch_scaled_dot_product_attention():
    torch = pytest.importorskip("torch")
    from tutorial_utils.multi_interest import torch as multi

    x, mask = (torch.from_numpy(array) for array in draw(4, 6, 8))
    mask[:, 0] = True
    w_q, w_k, w_v = map(torch.from_numpy, draw_weights(8, 3, 5))
    expected = torch.nn.functional.scaled_dot_product_attention(x @ w_q, x @ w_k, x @ w_v, mask[:, None, :])
    torch.testing.assert_close(multi.self_attention(x, w_q, w_k, w_v, mask)[mask], expected[mask], rtol=1e-5, atol=1e-5)


def test_equals_paddle_multihead_attention():
    pytest.importorskip("paddle")
    from tutorial_utils._paddle import paddle
    from tutorial_utils.multi_interest import paddle as multi

    x, mask = draw(4, 6, 8)
    mask[:, 0] = True
    ours, theirs = multi.MultiHeadSelfAttention(8, 2), paddle.nn.MultiHeadAttention(8, 2, bias_attr=False)
    for weight, key in zip((theirs.q_proj, theirs.k_proj, theirs.v_proj, theirs.out_proj), KEYS, strict=True):
        weight.weight.set_value(getattr(ours, key))
    seen = paddle.to_tensor(np.broadcast_to(mask[:, None, None, :], (4, 2, 6, 6)).copy())
    x = paddle.to_tensor(x)
    expected, found = theirs(x, x, x, seen), ours(x, paddle.to_tensor(mask))
    np.testing.assert_allclose(found.numpy()[mask], expected.numpy()[mask], rtol=1e-5, atol=1e-6)


def test_equals_paddle_scaled_dot_product_attention():
    pytest.importorskip("paddle")
    from tutorial_utils._paddle import paddle
    from tutorial_utils.multi_interest import paddle as multi

    x, mask = draw(4, 6, 8)
    mask[:, 0] = True
    weights = [paddle.to_tensor(weight) for weight in draw_weights(8, 4, 4)]
    seen = paddle.to_tensor(np.broadcast_to(mask[:, None, None, :], (4, 1, 6, 6)).copy())
    x = paddle.to_tensor(x)
    projected = [(x @ weight).unsqueeze(2) for weight in weights]  # (B, n, 1, d_k)
    expected = paddle.nn.functional.scaled_dot_product_attention(*projected, seen).squeeze(2)
    found = multi.self_attention(x, *weights, paddle.to_tensor(mask))
    np.testing.assert_allclose(found.numpy()[mask], expected.numpy()[mask], rtol=1e-5, atol=1e-5)


def test_gradients_match_central_differences(backend, numeric_gradient):
    x, mask = draw(2, 3, 4, dtype=np.float64)
    upstream = np.cos(np.arange(24.0)).reshape(2, 3, 4)
    module = backend.load("multi_interest").MultiHeadSelfAttention(4, 2).to(dtype=backend.dtype("float64"))

    def loss(changed, x=x):
        plain = reference.MultiHeadSelfAttention(4, 2)
        for key in KEYS:
            setattr(plain, key, changed.get(key, getattr(plain, key)).astype(np.float64))
        return (plain(x, mask) * upstream).sum()

    (gradient,) = backend.gradients(lambda t: (module(t, backend.tensor(mask)) * backend.tensor(upstream)).sum(), x)
    np.testing.assert_allclose(gradient, numeric_gradient(lambda moved: loss({}, moved), x), atol=1e-8)
    for key in KEYS:
        weight = getattr(reference.MultiHeadSelfAttention(4, 2), key)
        expected = numeric_gradient(lambda moved, key=key: loss({key: moved}), weight)
        np.testing.assert_allclose(backend.numpy(getattr(module, key).grad), expected, atol=1e-8)


def test_padding_is_zero_and_changes_nothing(backend):
    x, _ = draw(2, 5, 4)
    mask = np.array([[True, True, False, False, False], [False] * 5])
    multi, tensors = backend.load("multi_interest"), (backend.tensor(x), backend.tensor(mask))
    weights = [backend.tensor(weight) for weight in draw_weights(4, 2, 3)]
    module = multi.MultiHeadSelfAttention(4, 2)
    for attend in (module, lambda x, mask: multi.self_attention(x, *weights, mask)):
        attended = backend.numpy(attend(*tensors))
        alone = backend.numpy(attend(tensors[0][:1, :2], tensors[1][:1, :2]))
        np.testing.assert_allclose(attended[0, :2], alone[0], rtol=1e-4, atol=1e-5)
        assert (attended[~mask] == 0).all()
        (gradient,) = backend.gradients(lambda t, f=attend: f(t, tensors[1]).sum(), x)
        assert (gradient[~mask] == 0).all()


def test_bad_input_is_named(backend):
    x, mask = draw(2, 4, 6)
    w_q, w_k, w_v = draw_weights(6, 2, 3)
    for multi, tensor in ((reference, np.asarray), (backend.load("multi_interest"), backend.tensor)):
        with pytest.raises(ValueError, match="n_heads is 4, expected a divisor of embedding_dim = 6"):
            multi.MultiHeadSelfAttention(6, 4)
        with pytest.raises(ValueError, match="n_heads is 0, expected at least 1"):
            multi.MultiHeadSelfAttention(6, 0)
        with pytest.raises(ValueError, match="w_k has shape"):
            multi.self_attention(*map(tensor, (x, w_q, w_k[:, :1], w_v, mask)))
        with pytest.raises(TypeError, match="expected bool"):
            multi.self_attention(*map(tensor, (x, w_q, w_k, w_v, mask.astype(np.float32))))
        module = multi.MultiHeadSelfAttention(6, 2)
        with pytest.raises(ValueError, match="x has shape"):
            module(tensor(x[:, :, :4]), tensor(mask))
        with pytest.raises(TypeError, match="expected bool"):
            module(tensor(x), tensor(mask.astype(np.float32)))
