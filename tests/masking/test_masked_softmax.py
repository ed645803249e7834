"""sequence_mask, masked_softmax and masked_logsumexp: both backends against NumPy, and NumPy against its definition."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.masking import numpy as reference

EXTREMES = [-np.inf, np.inf, np.nan, 3e38, -3e38]
LAYOUTS = [  # shape of scores, shape of mask, axis
    ((4, 5), (4, 5), -1),
    ((4, 5, 3), (4, 5, 1), 1),
    ((4, 5, 3), (5, 1), -2),
    ((4, 5, 3), (1, 3), 0),
    ((4, 5), (), 1),
    ((6,), (6,), 0),
    ((3, 1), (3, 1), -1),
]


def draw(shape, mask_shape, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    scores = (scale * rng.standard_normal(shape)).astype(np.float32)
    mask = np.asarray(rng.random(mask_shape) < 0.6)
    if mask.ndim > 1:
        mask[0] = False
    return scores, mask


def softmax_by_hand(row, kept):
    weights = [np.exp(float(score)) if keep else 0.0 for score, keep in zip(row, kept, strict=True)]
    return [weight / (sum(weights) or 1.0) for weight in weights]


def test_numpy_softmax_is_the_definition():
    scores, mask = draw((6, 5), (6, 5))
    expected = [softmax_by_hand(row, kept) for row, kept in zip(scores, mask, strict=True)]
    np.testing.assert_allclose(reference.masked_softmax(scores, mask), expected, rtol=1e-5)


def test_numpy_logsumexp_is_the_definition():
    scores, mask = draw((6, 5), (6, 5))
    with np.errstate(divide="ignore"):
        expected = [np.log(np.exp(row[kept]).sum()) for row, kept in zip(scores, mask, strict=True)]
    assert expected[0] == -np.inf
    np.testing.assert_allclose(reference.masked_logsumexp(scores, mask), expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
def test_sequence_mask(backend, dtype):
    lengths = np.array([0, 1, 3, 9], dtype=dtype)
    expected = [[0, 0, 0], [1, 0, 0], [1, 1, 1], [1, 1, 1]]
    for mask in (
        reference.sequence_mask(lengths, 3),
        backend.numpy(backend.load("masking").sequence_mask(backend.tensor(lengths), 3)),
    ):
        assert mask.dtype == bool
        np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("name", ["masked_softmax", "masked_logsumexp"])
@pytest.mark.parametrize(("shape", "mask_shape", "axis"), LAYOUTS)
def test_backends_match_numpy(backend, name, shape, mask_shape, axis):
    scores, mask = draw(shape, mask_shape)
    expected = getattr(reference, name)(scores, mask, axis)
    actual = getattr(backend.load("masking"), name)(backend.tensor(scores), backend.tensor(mask), axis)
    np.testing.assert_allclose(backend.numpy(actual), expected, rtol=1e-5, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 5), n=st.integers(1, 8), scale=st.sampled_from([0.1, 1.0, 40.0, 1e4]), seed=st.integers(0, 999)
)
def test_softmax_properties(backend, rows, n, scale, seed):
    scores, mask = draw((rows, n), (rows, n), seed, scale)
    weights = backend.numpy(backend.load("masking").masked_softmax(backend.tensor(scores), backend.tensor(mask)))
    np.testing.assert_allclose(weights, reference.masked_softmax(scores, mask), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(weights.sum(-1), mask.any(-1), rtol=1e-5)
    assert (weights[~mask] == 0).all()


@pytest.mark.parametrize("name", ["masked_softmax", "masked_logsumexp"])
def test_gradients_match_central_differences(backend, numeric_gradient, name):
    scores, mask = draw((3, 4, 2), (3, 4, 1))
    scores, weight = scores.astype(np.float64), np.cos(np.arange(24.0)).reshape(3, 4, 2)
    weight = weight if name == "masked_softmax" else weight[:, 0]
    rows = mask[:, :, 0].any(1)  # -inf of the empty row is no number to differentiate

    def loss(x):
        return (getattr(reference, name)(x, mask, 1)[rows] * weight[rows]).sum()

    def loss_of_tensor(x):
        result = getattr(backend.load("masking"), name)(x, backend.tensor(mask), 1)
        return (result[backend.tensor(np.flatnonzero(rows))] * backend.tensor(weight[rows])).sum()

    (gradient,) = backend.gradients(loss_of_tensor, scores)
    np.testing.assert_allclose(gradient, numeric_gradient(loss, scores), atol=1e-8)


@pytest.mark.parametrize("name", ["masked_softmax", "masked_logsumexp"])
@pytest.mark.parametrize("extreme", EXTREMES)
def test_masked_scores_never_leak(backend, name, extreme):
    scores, mask = draw((4, 5), (4, 5))
    mask[1] = True
    spoiled = np.where(mask, scores, np.float32(extreme))
    function = getattr(backend.load("masking"), name)
    expected = getattr(reference, name)(scores, mask)
    np.testing.assert_array_equal(getattr(reference, name)(spoiled, mask), expected)
    np.testing.assert_allclose(
        backend.numpy(function(backend.tensor(spoiled), backend.tensor(mask))), expected, rtol=1e-5
    )
    (gradient,) = backend.gradients(lambda x: (function(x, backend.tensor(mask))[1:] ** 2).sum(), spoiled)
    (clean,) = backend.gradients(lambda x: (function(x, backend.tensor(mask))[1:] ** 2).sum(), scores)
    np.testing.assert_array_equal(gradient, clean)
    assert (gradient[~mask] == 0).all()


def test_an_empty_row_has_zero_weights_and_zero_gradients(backend):
    scores, mask = np.full((2, 3), 7.0, np.float32), np.zeros((2, 3), bool)
    masking = backend.load("masking")
    assert (reference.masked_softmax(scores, mask) == 0).all()
    assert (reference.masked_logsumexp(scores, mask) == -np.inf).all()
    assert (backend.numpy(masking.masked_softmax(backend.tensor(scores), backend.tensor(mask))) == 0).all()
    assert (backend.numpy(masking.masked_logsumexp(backend.tensor(scores), backend.tensor(mask))) == -np.inf).all()
    for function in (masking.masked_softmax, masking.masked_logsumexp):
        (gradient,) = backend.gradients(lambda x, f=function: f(x, backend.tensor(mask)).sum(), scores)
        assert (gradient == 0).all()


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
def test_no_nan_on_the_way_through_an_empty_row():
    """A NaN that a later step hides would still stop a reader who switches anomaly detection on."""
    torch = pytest.importorskip("torch")
    masking = importlib.import_module("tutorial_utils.masking.torch")
    scores, mask = torch.full((2, 3), 7.0, requires_grad=True), torch.zeros(2, 3, dtype=torch.bool)
    with torch.autograd.detect_anomaly(check_nan=True), np.errstate(invalid="raise"):
        for name in ("masked_softmax", "masked_logsumexp"):
            getattr(masking, name)(scores, mask).sum().backward()
            getattr(reference, name)(scores.detach().numpy(), mask.numpy())


@pytest.mark.parametrize("name", ["masked_softmax", "masked_logsumexp"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_every_float_type(backend, name, dtype):
    scores, mask = draw((4, 6), (4, 6), scale=3.0)
    tensor = backend.tensor(scores, dtype, grad=True)
    result = getattr(backend.load("masking"), name)(tensor, backend.tensor(mask))
    assert str(result.dtype).endswith(dtype)
    tolerance = {"float16": 2e-3, "bfloat16": 2e-2, "float64": 1e-6}[dtype]
    np.testing.assert_allclose(
        backend.numpy(result), getattr(reference, name)(scores, mask), rtol=tolerance, atol=tolerance
    )
    result[1:].sum().backward()
    assert np.isfinite(backend.numpy(tensor.grad)).all()


def test_numpy_keeps_half_precision():
    scores, mask = draw((4, 6), (4, 6))
    for function in (reference.masked_softmax, reference.masked_logsumexp):
        assert function(scores.astype(np.float16), mask).dtype == np.float16


def test_the_input_is_not_changed(backend):
    scores, mask = draw((4, 5), (4, 5))
    tensors = backend.tensor(scores), backend.tensor(mask)
    for function in (backend.load("masking").masked_softmax, backend.load("masking").masked_logsumexp):
        function(*tensors)
    np.testing.assert_array_equal(backend.numpy(tensors[0]), scores)
    np.testing.assert_array_equal(backend.numpy(tensors[1]), mask)


BAD_MASKS = [
    (np.ones((2, 3), np.float32), TypeError, "mask has dtype .*float32, expected bool"),
    (np.ones((2, 3), np.int64), TypeError, "mask has dtype .*int64, expected bool"),
    (np.ones((2, 4), bool), ValueError, r"mask has shape \(2, 4\), .* scores, \(2, 3\)"),
    (np.ones((1, 2, 3), bool), ValueError, "does not broadcast"),
]


@pytest.mark.parametrize("name", ["masked_softmax", "masked_logsumexp"])
@pytest.mark.parametrize(("mask", "error", "message"), BAD_MASKS)
def test_a_bad_mask_is_named(backend, name, mask, error, message):
    scores = np.zeros((2, 3), np.float32)
    with pytest.raises(error, match=message):
        getattr(reference, name)(scores, mask)
    with pytest.raises(error, match=message):
        getattr(backend.load("masking"), name)(backend.tensor(scores), backend.tensor(mask))


def test_other_bad_arguments_are_named(backend):
    mask = np.ones((2, 3), bool)
    for masking, tensor in ((reference, np.asarray), (backend.load("masking"), backend.tensor)):
        with pytest.raises(TypeError, match="mask is NoneType"):
            masking.masked_softmax(tensor(np.zeros((2, 3), np.float32)), None)
        with pytest.raises(TypeError, match=r"scores has dtype .*int64, expected a floating type"):
            masking.masked_softmax(tensor(np.zeros((2, 3), np.int64)), tensor(mask))
        with pytest.raises(TypeError, match=r"lengths has dtype .*float32, expected an integer type"):
            masking.sequence_mask(tensor(np.zeros(2, np.float32)), 3)
        with pytest.raises(ValueError, match="lengths has shape"):
            masking.sequence_mask(tensor(np.zeros((2, 1), np.int64)), 3)
        with pytest.raises(ValueError, match="max_length is -1"):
            masking.sequence_mask(tensor(np.zeros(2, np.int64)), -1)
