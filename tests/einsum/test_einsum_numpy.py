import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.einsum import numpy as einsum_numpy
from tutorial_utils.einsum.notation import EinsumError, parse
from tutorial_utils.einsum.numpy import einsum_loops, explain, to_loops


@st.composite
def specs(draw, alphabet="ijkA", unique=False):
    """A spec of one to three operands, with or without an output."""
    operands = draw(st.lists(st.lists(st.sampled_from(alphabet), max_size=3, unique=unique), min_size=1, max_size=3))
    left = ",".join("".join(operand) for operand in operands)
    letters = draw(st.permutations(sorted(set(left) - {","})))
    output = "".join(letters[: draw(st.integers(0, len(letters)))])
    return draw(st.sampled_from([left, f"{left}->{output}"]))


def draw_operands(spec, seed, smallest=0):
    rng = np.random.default_rng(seed)
    sizes = {letter: int(rng.integers(smallest, 4)) for letter in parse(spec).roles}
    return [rng.integers(-3, 4, size=shape).astype(np.float64) for shape in parse(spec).shapes(sizes)]


def run_loops(spec, *operands):
    namespace = {}
    exec(to_loops(spec), namespace)
    return namespace["einsum"](*operands)


@pytest.mark.parametrize("compute", [einsum_loops, run_loops])
@settings(max_examples=150, deadline=None)
@given(spec=specs(), seed=st.integers(0, 2**32 - 1))
def test_loops_equal_numpy(compute, spec, seed):
    operands = draw_operands(spec, seed)
    expected = np.einsum(spec, *operands)
    got = compute(spec, *operands)
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)


@settings(max_examples=60, deadline=None)
@given(spec=specs(), seed=st.integers(0, 2**32 - 1))
def test_explain_foretells_shape_and_steps(spec, seed):
    operands = draw_operands(spec, seed)
    explanation = explain(spec, *(operand.shape for operand in operands))
    assert explanation.output_shape == np.einsum(spec, *operands).shape
    ones = [np.ones_like(operand) for operand in operands]
    assert explanation.multiply_adds == einsum_loops(spec, *ones).sum()


@settings(max_examples=40, deadline=None)
@given(spec=specs(alphabet="ijkl", unique=True), seed=st.integers(0, 2**32 - 1))
def test_the_frameworks_sum_what_the_loops_sum(backend, spec, seed):
    operands = draw_operands(spec, seed, smallest=1)
    got = backend.numpy(backend.framework.einsum(spec, *map(backend.tensor, operands)))
    np.testing.assert_allclose(got, einsum_loops(spec, *operands), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", "float32", "complex64"])
def test_loops_keep_the_type(dtype):
    a, b = np.eye(3).astype(dtype), np.ones((3, 2), dtype)
    for got in (einsum_loops("ik,kj->ij", a, b), run_loops("ik,kj->ij", a, b)):
        assert got.dtype == np.einsum("ik,kj->ij", a, b).dtype
        np.testing.assert_array_equal(got, b)


def test_loops_mix_types_and_take_lists():
    got = einsum_loops("i,i->", [1, 2], [0.5, 0.25])
    assert got.dtype == np.float64
    assert got == 1.0


def test_loops_leave_their_operands_alone():
    a = np.arange(4.0).reshape(2, 2)
    einsum_loops("ij->ji", a)[0, 1] = 100
    np.testing.assert_array_equal(a, [[0, 1], [2, 3]])


@pytest.mark.parametrize("operands", [(), (np.ones((2, 3)),), (np.ones((2, 3)), np.ones((1, 2)))])
def test_loops_refuse_operands_that_do_not_fit(operands):
    with pytest.raises(EinsumError):
        einsum_loops("ij,jk->ik", *operands)


def test_the_printed_nest_reads_as_expected():
    assert to_loops("bnk, bnd -> bkd").splitlines()[4:] == [
        "    out = np.zeros([x1.shape[0], x1.shape[2], x2.shape[2]], dtype=np.result_type(x1, x2))",
        "    for b in range(x1.shape[0]):  # batch",
        "        for k in range(x1.shape[2]):  # kept",
        "            for d in range(x2.shape[2]):  # kept",
        "                for n in range(x1.shape[1]):  # summed",
        "                    out[b, k, d] += x1[b, n, k] * x2[b, n, d]",
        "    return out",
    ]


def test_no_deeper_nest_than_python_compiles():
    compile(to_loops("abcdefghij,klmnopqrst->"), "loops", "exec")
    with pytest.raises(EinsumError, match="21 letters"):
        to_loops("abcdefghij,klmnopqrstu->")


def test_examples_in_docstrings():
    assert doctest.testmod(einsum_numpy).failed == 0
