"""The search through Faiss gives the lists of the exact search; the one through a graph nearly."""

import importlib
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.serving import aggregate, exact

faiss = pytest.importorskip("faiss")
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


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 30),
    n_items=st.integers(1, 25),
    n_users=st.integers(0, 3),
    n_interests=st.integers(1, 3),
    index=st.sampled_from([serving_faiss.FaissIndex, serving_faiss.HNSWIndex]),
)
@settings(max_examples=150, deadline=None)
def test_ties_duplicates_and_seen_items(seed, n, n_items, n_users, n_interests, index):
    rng = np.random.default_rng(seed)
    interests = rng.integers(-1, 2, (n_users, n_interests, 3)).astype(np.float32)  # small integers: ties, zero vectors
    interests[:, -1] = interests[:, 0]
    item_vectors = rng.integers(-2, 3, (n_items, 3)).astype(np.float32)
    item_vectors[rng.integers(0, n_items, n_items // 2)] = item_vectors[-1]  # the same item many times
    exclude = [rng.integers(0, n_items, rng.integers(0, 40)) for _ in range(n_users)]
    ids, scores = index(item_vectors).top_n(interests, n, exclude)
    expected_ids, expected_scores = exact.top_n(interests, item_vectors, n, exclude)
    if n_items > 1:
        np.testing.assert_array_equal(scores, expected_scores)
    np.testing.assert_array_equal(ids == 0, expected_ids == 0)
    for user in range(n_users):
        assert not np.isin(ids[user], exclude[user][exclude[user] > 0]).any()
        for k in range(n_interests):
            listed = ids[user, k][ids[user, k] > 0]
            assert len(set(listed.tolist())) == len(listed)
            np.testing.assert_array_equal(item_vectors[listed] @ interests[user, k], scores[user, k, : len(listed)])
            above_last = scores[user, k] > scores[user, k, -1]  # of those that tie for the last place Faiss picks
            np.testing.assert_array_equal(ids[user, k][above_last], expected_ids[user, k][above_last])
    np.testing.assert_array_equal(aggregate(ids, scores, n)[1], aggregate(expected_ids, expected_scores, n)[1])


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


def clustered_unit_vectors(rng, *shape, n_clusters=20, d=16):
    vectors = rng.normal(size=(n_clusters, d))[rng.integers(0, n_clusters, shape)] + 0.5 * rng.normal(size=(*shape, d))
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def cosine_table():
    rng = np.random.default_rng(0)
    item_vectors = clustered_unit_vectors(rng, 4000)
    return item_vectors, item_vectors[rng.integers(1, 4000, (30, 2))]


@pytest.fixture(scope="module")
def graph(cosine_table):
    return serving_faiss.HNSWIndex(cosine_table[0], M=16, ef_construction=60)


def recall(ids, expected):
    return np.mean([np.isin(right, found).mean() for found, right in zip(ids, expected, strict=True)])


def test_the_graph_finds_nearly_all_of_a_cosine_table(cosine_table, graph):
    item_vectors, interests = cosine_table
    expected_ids, expected_scores = exact.top_n(interests, item_vectors, 20)
    ids, scores = graph.top_n(interests, 20)
    assert (scores <= expected_scores + 1e-5).all()
    assert recall(ids.reshape(-1, 20), expected_ids.reshape(-1, 20)) > 0.95


def test_a_wider_search_of_the_graph_finds_more(cosine_table):
    item_vectors, interests = cosine_table
    expected, _ = exact.top_n(interests, item_vectors, 1)
    found = []
    for ef_search in (1, 16, 256):
        index = serving_faiss.HNSWIndex(item_vectors, M=2, ef_construction=2, ef_search=ef_search)
        found.append(recall(index.top_n(interests, 1)[0].reshape(-1, 1), expected.reshape(-1, 1)))
    assert found[0] < found[1] < found[2]


@pytest.mark.parametrize("ef_search", [1, 64, 1000])
def test_the_graph_lists_n_items_for_those_who_have_seen_the_nearest(cosine_table, graph, ef_search):
    item_vectors, interests = cosine_table
    exclude = list(exact.top_n(interests, item_vectors, 300)[0].reshape(30, -1))
    exclude[1] = np.arange(4000)
    exclude[2] = np.arange(100, 4000)
    index = pickle.loads(pickle.dumps(graph))
    index.ef_search = ef_search
    ids, scores = index.top_n(interests, 50, exclude)
    _, expected_scores = exact.top_n(interests, item_vectors, 50, exclude)
    np.testing.assert_array_equal(np.isinf(scores), np.isinf(expected_scores))
    assert (ids[1] == 0).all()
    assert (ids[2] < 100).all()
    assert not any(np.isin(listed[listed > 0], seen).any() for listed, seen in zip(ids, exclude, strict=True))


def test_those_who_have_seen_very_much_get_the_exact_lists(cosine_table):
    item_vectors, interests = cosine_table
    exclude = list(exact.top_n(interests, item_vectors, 900)[0].reshape(30, -1))
    exclude[1] = exclude[1][:40]
    exclude[2] = np.arange(4000)
    ids, scores = serving_faiss.FaissIndex(item_vectors).top_n(interests, 50, exclude)
    expected_ids, expected_scores = exact.top_n(interests, item_vectors, 50, exclude)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)
    assert (ids == expected_ids).mean() > 0.99  # but for scores that are equal in float32


def test_items_that_the_graph_cannot_reach_are_found_in_the_end():
    item_vectors = np.ones((500, 2), np.float32)  # items that are all the same get too few links to join them
    ids, scores = serving_faiss.HNSWIndex(item_vectors, M=2, ef_construction=2).top_n(np.ones((1, 1, 2)), 499)
    assert sorted(ids[0, 0].tolist()) == list(range(1, 500))
    assert (scores == 2).all()


@pytest.mark.parametrize("queries", [1, 300])
def test_both_ways_of_searching_give_the_same_lists_and_leave_faiss_as_it_was(queries):
    rng = np.random.default_rng(2)
    item_vectors, interests = rng.normal(size=(2000, 8)), rng.normal(size=(queries, 1, 8))
    before = faiss.cvar.distance_compute_blas_threshold
    ids, _ = serving_faiss.FaissIndex(item_vectors).top_n(interests, 10)
    assert faiss.cvar.distance_compute_blas_threshold == before
    np.testing.assert_array_equal(ids, exact.top_n(interests, item_vectors, 10)[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"M": 1}, "M is 1, expected an integer of at least 2"),
        ({"ef_construction": 0}, "ef_construction is 0, expected an integer of at least 1"),
        ({"ef_search": 2.5}, "ef_search is 2.5"),
        ({"item_vectors": np.full((4, 2), np.inf)}, "item_vectors hold NaN or inf"),
    ],
)
def test_bad_parameters_of_the_graph_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        serving_faiss.HNSWIndex(**{"item_vectors": np.ones((4, 2)), **change})


def test_the_package_itself_does_not_need_faiss():
    code = "import sys, tutorial_utils.serving; sys.exit(any(m in sys.modules for m in ('faiss', 'torch', 'paddle')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
