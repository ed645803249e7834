"""The search through Faiss gives the lists of the exact search."""

import importlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.serving import exact

pytest.importorskip("faiss")
serving_faiss = importlib.import_module("tutorial_utils.serving.faiss")


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 30),
    n_items=st.integers(1, 25),
    n_users=st.integers(0, 3),
    with_exclude=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_equal_to_the_exact_search(seed, n, n_items, n_users, with_exclude):
    rng = np.random.default_rng(seed)
    interests = rng.normal(size=(n_users, 3, 8)).astype(np.float32)
    interests[:1, 1] = 0
    item_vectors = rng.normal(size=(n_items, 8)).astype(np.float32)
    exclude = [rng.integers(0, n_items, rng.integers(0, 30)) for _ in range(n_users)] if with_exclude else None
    ids, scores = serving_faiss.top_n(interests, item_vectors, n, exclude)
    expected_ids, expected_scores = exact.top_n(interests, item_vectors, n, exclude)
    np.testing.assert_array_equal(ids, expected_ids)
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-5, atol=1e-5)


def test_equal_on_a_catalogue_of_thousands():
    rng = np.random.default_rng(1)
    interests = rng.normal(size=(20, 4, 64)).astype(np.float32)
    item_vectors = rng.normal(size=(3000, 64)).astype(np.float32)
    exclude = [rng.choice(3000, 100, replace=False) for _ in range(20)]
    index = serving_faiss.FaissIndex(item_vectors)
    for n in (1, 50):
        ids, scores = index.top_n(interests, n, exclude)
        expected_ids, expected_scores = exact.top_n(interests, item_vectors, n, exclude)
        np.testing.assert_allclose(scores, expected_scores, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(ids, expected_ids)


def test_ties_inside_a_list_go_to_the_lowest_id():
    item_vectors = np.array([[9.0], [1.0], [2.0], [1.0], [2.0]], dtype=np.float32)
    ids, scores = serving_faiss.top_n(np.ones((1, 1, 1), np.float32), item_vectors, 4)
    assert ids.tolist() == [[[2, 4, 1, 3]]]
    assert scores.tolist() == [[[2.0, 2.0, 1.0, 1.0]]]


def test_ties_at_the_end_of_a_list_have_the_exact_scores():
    item_vectors = np.ones((6, 2), np.float32)
    ids, scores = serving_faiss.top_n(np.ones((1, 1, 2), np.float32), item_vectors, 3)
    assert len(set(ids[0, 0].tolist()) - {0}) == 3
    assert scores.tolist() == [[[2.0, 2.0, 2.0]]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"interests": np.ones((1, 1, 3))}, r"interests has shape \(1, 1, 3\), expected \(B, K, 2\)"),
        ({"interests": np.full((1, 1, 2), np.nan)}, "interests hold NaN"),
        ({"item_vectors": np.full((4, 2), np.nan)}, "item_vectors hold NaN"),
        ({"item_vectors": np.ones(4)}, "item_vectors has shape"),
        ({"n": 0}, "n is 0"),
        ({"exclude": [[1], [2]]}, "exclude has 2 entries"),
        ({"exclude": [[4]]}, r"exclude\[0\] holds ids 4 to 4"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"interests": np.ones((1, 1, 2)), "item_vectors": np.ones((4, 2)), "n": 2, **change}
    with pytest.raises(ValueError, match=message):
        serving_faiss.top_n(**arguments)


def test_the_package_itself_does_not_need_faiss():
    code = "import sys, tutorial_utils.serving; sys.exit(any(m in sys.modules for m in ('faiss', 'torch', 'paddle')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
