import inspect
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

from tutorial_utils.einsum import numpy as einsum_numpy
from tutorial_utils.einsum.forms import BOOK_EINSUMS, NINE_FORMS, spelling
from tutorial_utils.einsum.notation import parse
from tutorial_utils.einsum.numpy import einsum_loops

FORMS = [pytest.param(form, id=form.name) for form in NINE_FORMS + BOOK_EINSUMS]
SIZES = [pytest.param((2, 3, 4, 5, 6), id="different"), pytest.param((1, 1, 1, 1, 1), id="ones")]


def draw_operands(spec, sizes):
    """Operands whose letters have the given sizes, the output's letters first."""
    notation, rng = parse(spec), np.random.default_rng(0)
    size = dict(zip(notation.roles, sizes, strict=False))
    return [rng.normal(size=shape) for shape in notation.shapes(size)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_numpy_spelling_equals_loops_and_einsum(form, sizes):
    operands = draw_operands(form.spec, sizes)
    got = getattr(einsum_numpy, form.name)(*operands)
    for expected in (einsum_loops(form.spec, *operands), np.einsum(form.spec, *operands)):
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_spelling_and_einsum_equal_the_reference(backend, form, sizes):
    operands = [operand.astype(np.float32) for operand in draw_operands(form.spec, sizes)]
    tensors = [backend.tensor(operand) for operand in operands]
    native = getattr(backend.load("einsum"), form.name)(*tensors)
    expected = einsum_loops(form.spec, *operands)
    for got in (backend.numpy(native), backend.numpy(backend.framework.einsum(form.spec, *tensors))):
        assert got.shape == expected.shape
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_of_spelling_and_einsum(backend, numeric_gradient, form):
    operands = draw_operands(form.spec, (2, 3, 2, 3, 2))
    weights = np.random.default_rng(1).normal(size=np.einsum(form.spec, *operands).shape)
    native = getattr(backend.load("einsum"), form.name)
    expected = [
        numeric_gradient(lambda x, at=at: _loss(form.spec, weights, [*operands[:at], x, *operands[at + 1 :]]), operand)
        for at, operand in enumerate(operands)
    ]
    for compute in (native, lambda *tensors: backend.framework.einsum(form.spec, *tensors)):
        got = backend.gradients(lambda *tensors, f=compute: (f(*tensors) * backend.tensor(weights)).sum(), *operands)
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-7)


def _loss(spec, weights, operands):
    return np.sum(np.einsum(spec, *operands) * weights)


def test_half_precision(backend):
    if backend.name == "paddle":
        pytest.skip("Paddle has no half-precision kernels for these on a CPU")
    for form in NINE_FORMS + BOOK_EINSUMS:
        operands = [operand.astype(np.float16) for operand in draw_operands(form.spec, (2, 3, 4, 5, 6))]
        got = backend.numpy(getattr(backend.load("einsum"), form.name)(*map(backend.tensor, operands)))
        assert got.dtype == np.float16
        expected = np.einsum(form.spec, *[operand.astype(np.float64) for operand in operands])
        np.testing.assert_allclose(got, expected, rtol=0, atol=2e-2, err_msg=form.name)


@pytest.mark.parametrize("name", ["numpy", "torch", "paddle"])
def test_every_form_is_spelled_alike(name):
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    module = import_module(f"tutorial_utils.einsum.{name}")
    functions = [
        each for each in vars(module).values() if inspect.isfunction(each) and each.__module__ == module.__name__
    ]
    spellings = [each for each in functions if each.__doc__ and each.__doc__.startswith("``")]
    assert [each.__name__ for each in spellings] == [form.name for form in NINE_FORMS + BOOK_EINSUMS]
    for form, function in zip(NINE_FORMS + BOOK_EINSUMS, spellings, strict=True):
        assert function.__doc__ == f"``{form.spec}``."
        assert list(inspect.signature(function).parameters) == list(
            inspect.signature(getattr(einsum_numpy, form.name)).parameters
        )
        assert spelling(function) in inspect.getsource(function)
        assert "einsum" not in spelling(function)


def test_spelling_is_the_expression_alone():
    assert spelling(einsum_numpy.multi_pooling) == "np.swapaxes(attention, 1, 2) @ seq_emb"


@pytest.mark.parametrize(
    ("module", "absent"), [("torch", {"paddle"}), ("paddle", {"torch"}), ("puzzles", {"torch", "paddle"})]
)
def test_a_module_imports_no_other_framework(module, absent):
    if module != "puzzles" and find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    code = f"import sys, tutorial_utils.einsum.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not absent & set(loaded)


def test_names_and_specs_are_unique():
    forms = NINE_FORMS + BOOK_EINSUMS
    assert len({form.name for form in forms}) == len(forms)
    assert len({form.spec for form in forms}) == len(forms)
