"""check_shapes: what fits, what it returns, and what it says when something does not fit."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils import checks
from tutorial_utils.checks import check_shapes


def test_the_examples_of_its_docstring():
    failures, tried = doctest.testmod(checks)
    assert tried > 0
    assert failures == 0


@settings(max_examples=25, deadline=None)
@given(B=st.integers(0, 5), n=st.integers(0, 5), d=st.integers(0, 5))
def test_it_returns_every_size(B, n, d):
    sizes = check_shapes(x=(np.zeros((B, n, d)), "B n d"), mask=(np.zeros((B, n)), "B n"), w=(np.zeros(d), "d"))
    assert sizes == {"B": B, "n": n, "d": d}
    assert all(type(size) is int for size in sizes.values())


def test_a_scalar_a_number_and_a_repeated_letter():
    assert check_shapes(loss=(np.zeros(()), ""), pair=(np.zeros((2, 3)), "2 d")) == {"d": 3}
    assert check_shapes(square=(np.zeros((3, 3)), "d d")) == {"d": 3}
    with pytest.raises(ValueError, match=r"square has shape \(3, 4\)"):
        check_shapes(square=(np.zeros((3, 4)), "d d"))
    with pytest.raises(ValueError, match=r"pair has shape \(4, 3\), expected \(2, d\)"):
        check_shapes(pair=(np.zeros((4, 3)), "2 d"))


BAD = [
    (((2, 3), "B n"), ((2, 4), "B n"), r"mask has shape \(2, 4\), expected \(B, n\) = \(2, 3\)"),
    (((2, 3), "B n"), ((2,), "B n"), r"mask has shape \(2,\), expected \(B, n\) = \(2, 3\)"),
    (((2, 3), "B n"), ((3, 3), "B d"), r"mask has shape \(3, 3\), expected \(B, d\) = \(2, d\)"),
    (((2, 3), "B n"), ((2, 3, 1), "K d"), r"mask has shape \(2, 3, 1\), expected \(K, d\)$"),
]


@pytest.mark.parametrize(("scores", "mask", "message"), BAD)
def test_a_wrong_shape_is_named(scores, mask, message):
    with pytest.raises(ValueError, match=message):
        check_shapes(scores=(np.zeros(scores[0]), scores[1]), mask=(np.zeros(mask[0]), mask[1]))


@pytest.mark.parametrize(("thing", "name"), [(None, "NoneType"), ([[1, 2]], "list"), (3.0, "float")])
def test_what_is_no_array_is_named(thing, name):
    with pytest.raises(TypeError, match=rf"scores is {name}, expected an array of shape \(B, n\)"):
        check_shapes(scores=(thing, "B n"))


def test_tensors_of_a_backend(backend):
    tensor = backend.tensor(np.zeros((2, 5), np.float32))
    assert check_shapes(scores=(tensor, "B n")) == {"B": 2, "n": 5}
    with pytest.raises(ValueError, match=r"mask has shape \(2, 5\), expected \(B, n\) = \(4, 5\)"):
        check_shapes(scores=(np.zeros((4, 5)), "B n"), mask=(tensor, "B n"))
