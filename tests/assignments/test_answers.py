"""Answers cross from an untrusted process: what comes through, what is refused, and when two answers are equal."""

import json

import numpy as np
import pytest
from grading.inside.answers import Other, decode, difference, encode
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

TOLERANCE = 1e-4
ANY_ARRAY = st.sampled_from([np.float32, np.float64, np.int64, np.bool_, np.uint8]).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
VALUES = st.recursive(
    ANY_ARRAY | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def carried(value):
    return decode(json.loads(json.dumps(encode(value))))


@settings(max_examples=50, deadline=None)
@given(VALUES)
def test_values_come_back_as_they_were(value):
    assert same(carried(value), value)


def same(one, other):
    if isinstance(other, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in other)
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("framework", ["torch", "paddle"])
def test_tensors_come_back_as_arrays(framework):
    module = pytest.importorskip(framework)
    tensor = module.ones([2, 3])
    tensor.stop_gradient = False
    np.testing.assert_array_equal(carried(tensor), np.ones((2, 3), np.float32))
    assert carried(tensor.astype("bfloat16") if framework == "paddle" else tensor.bfloat16()).dtype == np.float32


@pytest.mark.parametrize("value", [object(), np.array([object()]), 1j, {1, 2}, np.ones(2, "datetime64[s]")])
def test_anything_else_is_reduced_to_its_type(value):
    assert isinstance(carried(value), Other)


FORGED = [
    {"array": "object", "shape": [1], "bytes": "AAAAAAAAAAA="},
    {"array": "float64", "shape": [10**12], "bytes": "AAAAAAAAAAA="},
    {"array": "float64", "shape": [-1], "bytes": "AAAAAAAAAAA="},
    {"array": "float64", "shape": [1.0], "bytes": "AAAAAAAAAAA="},
    {"array": "float64", "shape": [1], "bytes": "not base64"},
    {"plain": [1]},
    {"type": 3},
    {"list": {}},
    [1],
    None,
    {},
]


@pytest.mark.parametrize("forged", FORGED, ids=str)
def test_forged_answers_are_refused(forged):
    with pytest.raises(ValueError, match=r"unreadable|base64|padding"):
        decode(forged)


ROWS = np.array([[0.5, 0.5], [1.0, 0.0]])
EQUAL = [
    (ROWS + 1e-6, ROWS),
    (ROWS.tolist(), ROWS),
    (ROWS.astype(np.float32), ROWS),
    ([2, 3], np.array([2, 3])),
    (np.array([2.0, 3.0]), [2, 3]),
    ("abc", "abc"),
    ({"a": [2, 3]}, {"a": [2, 3]}),
    ([[1, 2], [3]], [[1, 2], [3]]),
    ([np.inf, 1.0], np.array([np.inf, 1.0])),
    (True, True),
]
DIFFERENT = [
    (None, ROWS),
    (Other("Right"), ROWS),
    (ROWS + 0.01, ROWS),
    (ROWS[0], ROWS),
    (ROWS[None], ROWS),
    (ROWS * np.nan, ROWS),
    (ROWS + np.inf, ROWS),
    ("0.5", ROWS),
    (10**30, np.array(1)),
    ([1, Other("Right")], np.array([1, 2])),
    ([["0.5", "0.5"], ["1", "0"]], ROWS),
    ([[1], [2, 3]], ROWS),
    ({"a": 1}, ROWS),
    (np.array([2, 4]), np.array([2, 3])),
    (np.array([2.0, 3.0001]), np.array([2, 3])),
    ("abd", "abc"),
    (["abc"], "abc"),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 2}, {"a": 1}),
    ([[1, 2], [4]], [[1, 2], [3]]),
    ([[1, 2]], [[1, 2], [3]]),
    ([-np.inf, 1.0], np.array([np.inf, 1.0])),
]


@pytest.mark.parametrize(("answer", "expected"), EQUAL)
def test_equal_answers(answer, expected):
    assert difference(answer, expected, TOLERANCE) is None


@pytest.mark.parametrize(("answer", "expected"), DIFFERENT)
def test_different_answers_are_told_without_a_value(answer, expected):
    said = difference(answer, expected, TOLERANCE)
    assert said
    assert "0.5" not in said
