"""Every backend takes the lists of the plain greedy, and so does the early break of the published code."""

import importlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.diversity.numpy import greedy_rerank
from tutorial_utils.diversity.others import early_break_rerank

TO_TENSOR = {"numpy": "array", "torch": "as_tensor", "paddle": "to_tensor"}


class Backend:
    """One backend's functions, called with NumPy arrays and answering with them."""

    def __init__(self, name):
        framework = pytest.importorskip(name)
        self.name = name
        self.module = importlib.import_module(f"tutorial_utils.diversity.{name}")
        self.tensor = getattr(framework, TO_TENSOR[name])

    def __getattr__(self, function):
        def call(scores, categories, *rest):
            return getattr(self.module, function)(self.tensor(scores), self.tensor(categories), *rest)

        return call


@pytest.fixture(scope="module", params=["numpy", "torch", "paddle"])
def backend(request):
    return Backend(request.param)


@pytest.fixture(scope="module", params=["torch", "paddle", "early break"])
def rerank(request):
    if request.param == "early break":
        return early_break_rerank
    return lambda *arguments: np.asarray(Backend(request.param).greedy_rerank(*arguments))


@st.composite
def candidates(draw):
    """Arguments for a few users: real scores, or scores and lambda on a grid, full of exact ties; some places empty."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_users, n_candidates = draw(st.integers(1, 20)), draw(st.integers(1, 30))
    shape = (n_users, n_candidates)
    on_a_grid = draw(st.booleans())
    scores = rng.integers(-4, 5, shape) / 4 if on_a_grid else rng.normal(size=shape)
    scores = np.where(rng.random(shape) < draw(st.sampled_from([0, 0.3, 1])), -np.inf, scores)
    categories = rng.integers(-1, draw(st.integers(0, 8)), shape)
    lam = draw(st.sampled_from([0, 0.25, 4.0] if on_a_grid else [0.0, 0.05, 0.3, 1.0, 100.0]))
    return scores, categories, draw(st.integers(1, n_candidates)), lam


@given(case=candidates())
@settings(max_examples=200, deadline=None)
def test_same_lists_as_the_reference(rerank, case):
    np.testing.assert_array_equal(rerank(*case), greedy_rerank(*case))


@pytest.mark.parametrize("grid", [None, 4])
def test_same_lists_for_a_thousand_users(rerank, grid):
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(1000, 40)).astype(np.float32)
    scores = scores if grid is None else np.round(scores * grid) / grid
    categories = rng.integers(-1, 6, scores.shape)
    case = (scores, categories, 15, 0.25)
    np.testing.assert_array_equal(rerank(*case), greedy_rerank(*case))


@given(case=candidates())
@settings(max_examples=50, deadline=None)
def test_rank_in_category(backend, case):
    scores, categories, _, _ = case
    rank = np.asarray(backend.rank_in_category(scores, categories))
    for user in range(len(scores)):
        for category in set(categories[user].tolist()):
            places = np.flatnonzero(categories[user] == category)
            best_first = sorted(places, key=lambda place: (-scores[user, place], place))
            assert rank[user, best_first].tolist() == list(range(len(places)))


@given(case=candidates())
@settings(max_examples=25, deadline=None)
def test_objective_counts_each_pair_once(backend, case):
    scores, categories, _, lam = (case[0][0], case[1][0], *case[2:])
    pairs = sum(a != b for i, a in enumerate(categories) for b in categories[:i])
    assert backend.objective(scores, categories, lam) == pytest.approx(scores.sum() + lam * pairs)


def test_objective_is_a_float_in_double_precision(backend):
    value = backend.objective(np.float32([0.5, 0.25]), np.array([1, -1]), 0.1)
    assert type(value) is float
    assert value == 0.85
    assert backend.objective(np.zeros(0), np.zeros(0, int), 0.1) == 0.0


def test_a_list_by_hand(backend):
    scores = np.array([[0.9, 0.8, 0.7, 0.6]])
    categories = np.array([[2, 2, -1, -1]])
    lists = {lam: np.asarray(backend.greedy_rerank(scores, categories, 4, lam)).tolist() for lam in (0, 0.15)}
    assert lists == {0: [[0, 1, 2, 3]], 0.15: [[0, 2, 1, 3]]}


def test_ties_go_to_the_lowest_position(backend):
    scores, categories = np.array([[0.0, 1.0, 0.5, 1.0]]), np.array([[0, 1, 2, 1]])
    assert np.asarray(backend.greedy_rerank(scores, categories, 4, 0.5)).tolist() == [[1, 2, 3, 0]]
    assert np.asarray(backend.greedy_rerank(scores, categories, 4, 1.0)).tolist() == [[1, 2, 0, 3]]


def test_places_without_a_candidate_are_filled_with_minus_one(backend):
    scores = np.array([[-np.inf, 0.5, -np.inf], [-np.inf] * 3, [-1.0, -2.0, -3.0]])
    categories = np.array([[0, 0, 1], [0, 0, 0], [1, 1, 0]])
    expected = [[1, -1, -1], [-1, -1, -1], [0, 1, 2]]
    assert np.asarray(backend.greedy_rerank(scores, categories, 3, 0.25)).tolist() == expected


def test_unknown_is_one_shared_category(backend):
    scores, categories = np.array([[0.9, 0.8, 0.7]]), np.array([[-1, -1, 5]])
    assert np.asarray(backend.greedy_rerank(scores, categories, 2, 0.25)).tolist() == [[0, 2]]


def test_one_candidate_and_no_user(backend):
    assert np.asarray(backend.greedy_rerank(np.array([[0.5]]), np.array([[7]]), 1, 0.25)).tolist() == [[0]]
    empty = backend.greedy_rerank(np.zeros((0, 3)), np.zeros((0, 3), int), 2, 0.25)
    assert np.asarray(empty).shape == (0, 2)


@pytest.mark.parametrize("score_type", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("category_type", [np.int8, np.uint8, np.int32, np.int64])
def test_types(backend, score_type, category_type):
    scores, categories = np.array([[0.5, 0.25, 0.125]], score_type), np.array([[1, 1, 200]]).astype(category_type)
    assert np.asarray(backend.greedy_rerank(scores, categories, 3, 0.25)).tolist() == [[0, 2, 1]]
    assert backend.objective(scores[0], categories[0], 0.25) == 0.875 + 0.5


def test_decided_in_float64_whatever_the_type(backend):
    scores = np.array([[1.0, 0.7, 1.0]], np.float32)
    assert scores[0, 2] - np.float32(0.3) == scores[0, 1]  # a tie in float32; but 0.7 in float32 is below 1 - 0.3
    assert np.asarray(backend.greedy_rerank(scores, np.array([[0, 1, 0]]), 3, 0.3)).tolist() == [[0, 2, 1]]


def test_arguments_are_left_as_they_were(backend):
    scores, categories = backend.tensor(np.array([[0.5, 0.4]])), backend.tensor(np.array([[1, 1]]))
    backend.module.greedy_rerank(scores, categories, 2, 0.25)
    assert scores.tolist() == [[0.5, 0.4]]
    assert categories.tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"n": 4}, ValueError, "n is 4, expected an integer from 1 to the number of candidates, M = 3"),
        ({"n": 0}, ValueError, "n is 0"),
        ({"n": 2.0}, ValueError, "n is 2.0"),
        ({"lam": -0.1}, ValueError, "lam is -0.1, expected a finite number >= 0"),
        ({"lam": float("nan")}, ValueError, "lam is nan"),
        ({"lam": float("inf")}, ValueError, "lam is inf"),
        ({"lam": "0.25"}, ValueError, "lam is '0.25'"),
        ({"scores": np.array([[0.1, np.nan, 0.3]])}, ValueError, "scores hold NaN"),
        ({"scores": np.array([[0.1, np.inf, 0.3]])}, ValueError, "scores hold NaN or"),
        ({"scores": np.zeros(3)}, ValueError, r"scores has shape \(3,\)"),
        ({"categories": np.zeros((1, 2), int)}, ValueError, r"categories has shape \(1, 2\), expected \(B, M\)"),
        ({"categories": np.zeros((1, 3), np.float32)}, TypeError, "categories have dtype .*float32, expected an int"),
        ({"categories": np.zeros((1, 3), bool)}, TypeError, "categories have dtype .*bool"),
    ],
)
def test_bad_input_is_named(backend, change, error, message):
    arguments = {"scores": np.zeros((1, 3)), "categories": np.zeros((1, 3), int), "n": 2, "lam": 0.25, **change}
    with pytest.raises(error, match=message):
        backend.greedy_rerank(*arguments.values())
    if backend.name == "numpy":
        with pytest.raises(error, match=message):
            early_break_rerank(**arguments)


def test_objective_names_bad_input(backend):
    with pytest.raises(ValueError, match="categories has shape"):
        backend.objective(np.zeros(3), np.zeros(2, int), 0.25)
    with pytest.raises(TypeError, match="categories have dtype"):
        backend.objective(np.zeros(3), np.zeros(3), 0.25)
    with pytest.raises(ValueError, match="lam is -1"):
        backend.objective(np.zeros(3), np.zeros(3, int), -1)
    with pytest.raises(ValueError, match="scores hold NaN"):
        backend.objective(np.full(3, np.nan), np.zeros(3, int), 0.25)


def test_rank_in_category_names_bad_input(backend):
    with pytest.raises(ValueError, match="categories has shape"):
        backend.rank_in_category(np.zeros((1, 3)), np.zeros((2, 3), int))


@pytest.mark.parametrize(("name", "other"), [("torch", "paddle"), ("paddle", "torch"), ("numpy", "torch")])
def test_a_backend_does_not_import_the_other(name, other):
    pytest.importorskip(name)
    code = f"import sys, tutorial_utils.diversity.{name}; sys.exit({other!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
