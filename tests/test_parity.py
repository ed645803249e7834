"""Carrying a state between NumPy, torch and paddle, and comparing arrays across them."""

import subprocess
import sys

import numpy as np
import pytest

from tutorial_utils.parity import assert_parity, load_state_from_numpy, state_to_numpy, to_numpy


class Reference:
    """A NumPy module: its arrays are its state, the rest is not."""

    def __init__(self):
        self.size = 3
        self.w1 = np.arange(6, dtype=np.float32).reshape(3, 2)
        self.w2 = np.zeros(2, np.float32)


def make_module(backend, dtype="float32"):
    base = backend.framework.nn.Layer if backend.name == "paddle" else backend.framework.nn.Module

    class Weights(base):
        def __init__(self):
            super().__init__()
            self.w1, self.w2 = parameter(backend, np.ones((3, 2))), parameter(backend, np.ones(2))

    return Weights().to(dtype=dtype if backend.name == "paddle" else getattr(backend.framework, dtype))


def parameter(backend, array):
    tensor = backend.tensor(array.astype(np.float32))
    if backend.name == "torch":
        return backend.framework.nn.Parameter(tensor)
    made = backend.framework.create_parameter(tensor.shape, "float32")
    made.set_value(tensor)
    return made


def test_importing_it_imports_no_framework():
    code = "import sys, tutorial_utils.parity; assert not {'torch', 'paddle'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16", "int64", "bool"])
def test_to_numpy(backend, dtype):
    array = np.array([[0, 1], [2, 3]])
    result = to_numpy(backend.tensor(array, dtype))
    assert type(result) is np.ndarray
    assert result.dtype == ("float32" if dtype == "bfloat16" else dtype)
    np.testing.assert_array_equal(result, array.astype(result.dtype))


def test_to_numpy_of_what_has_a_gradient_and_of_plain_numbers(backend):
    tensor = backend.tensor(np.ones(3, np.float32), grad=True)
    np.testing.assert_array_equal(to_numpy(tensor * 2), [2, 2, 2])
    np.testing.assert_array_equal(to_numpy([1, 2]), [1, 2])


def test_a_state_travels_and_comes_back(backend):
    source, module, target = Reference(), make_module(backend), Reference()
    load_state_from_numpy(module, state_to_numpy(source))
    state = state_to_numpy(module)
    assert set(state) == {"w1", "w2"}
    target.w1[:] = 7
    load_state_from_numpy(target, state)
    np.testing.assert_array_equal(target.w1, source.w1)
    assert target.size == 3


def test_a_loaded_parameter_still_learns(backend):
    module = make_module(backend)
    parameter = module.w1
    load_state_from_numpy(module, state_to_numpy(Reference()))
    assert module.w1 is parameter
    (module.w1 * 3.0).sum().backward()
    np.testing.assert_array_equal(to_numpy(module.w1.grad), np.full((3, 2), 3.0))


def test_a_state_is_a_copy(backend):
    module = make_module(backend)
    before = state_to_numpy(module)
    load_state_from_numpy(module, state_to_numpy(Reference()))
    assert (before["w1"] == 1).all()


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_a_module_keeps_its_dtype(backend, dtype):
    module = make_module(backend, dtype)
    load_state_from_numpy(module, state_to_numpy(Reference()))
    assert str(module.w1.dtype).endswith(dtype)
    np.testing.assert_array_equal(state_to_numpy(module)["w1"], Reference().w1)


BAD_STATES = [
    ({"w1": np.zeros((3, 2))}, r"missing \['w2'\], unexpected \[\]"),
    ({"w1": np.zeros((3, 2)), "w2": np.zeros(2), "bias": np.zeros(1)}, r"missing \[\], unexpected \['bias'\]"),
    ({"w1": np.zeros((3, 2)), "w2": np.zeros(5)}, r"state\['w2'\] has shape \(5,\), expected \(2,\)"),
    ({"w1": np.zeros((3, 2)), "w2": np.array(["a", "b"])}, None),
]


@pytest.mark.parametrize(("state", "message"), BAD_STATES)
def test_a_bad_state_is_named_and_nothing_is_loaded(backend, state, message):
    for module in (Reference(), make_module(backend)):
        before = state_to_numpy(module)
        with pytest.raises((ValueError, TypeError), match=message):
            load_state_from_numpy(module, state)
        for key, array in state_to_numpy(module).items():
            np.testing.assert_array_equal(array, before[key])


def test_assert_parity(backend):
    expected = np.array([1.0, 2.0, -np.inf])
    assert_parity(expected, backend.tensor(expected * (1 + 1e-7)))
    assert_parity(backend.tensor(expected), expected)
    for wrong in (expected * 1.001, expected[:2], np.array([1.0, 2.0, np.nan]), expected[None]):
        with pytest.raises(AssertionError):
            assert_parity(expected, backend.tensor(wrong))
    with pytest.raises(AssertionError, match="shape"):
        assert_parity(np.ones(3), 1.0)
    with pytest.raises(AssertionError):
        assert_parity(np.array([np.nan]), np.array([np.nan]))
