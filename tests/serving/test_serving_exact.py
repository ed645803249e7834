"""Exact search and aggregation against loops that say what they mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.serving import aggregate, top_n


def top_n_loops(interest, item_vectors, n, seen):
    candidates = [item for item in range(1, len(item_vectors)) if item not in seen and interest.any()]
    score = {item: sum(a * b for a, b in zip(interest, item_vectors[item], strict=True)) for item in candidates}
    ids = sorted(candidates, key=lambda item: (-score[item], item))[:n]
    filler = n - len(ids)
    return ids + [0] * filler, [score[item] for item in ids] + [-np.inf] * filler


def aggregate_loops(ids, scores, n):
    best = {}
    for item, score in zip(ids.ravel().tolist(), scores.ravel().tolist(), strict=True):
        if item and score > -np.inf:
            best[item] = max(score, best.get(item, -np.inf))
    merged = sorted(best, key=lambda item: (-best[item], item))[:n]
    filler = n - len(merged)
    return merged + [0] * filler, [best[item] for item in merged] + [-np.inf] * filler


@given(seed=st.integers(0, 10_000), n=st.integers(1, 12), n_items=st.integers(1, 12), n_users=st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_top_n_is_the_sorted_inner_products(seed, n, n_items, n_users):
    rng = np.random.default_rng(seed)
    interests = rng.integers(-1, 2, (n_users, 2, 3)).astype(np.float32)  # small integers: many exact ties, some zeros
    item_vectors = rng.integers(-2, 3, (n_items, 3)).astype(np.float32)
    exclude = [rng.integers(0, n_items, rng.integers(0, 5)) for _ in range(n_users)]
    ids, scores = top_n(interests, item_vectors, n, exclude)
    assert ids.shape == scores.shape == (n_users, 2, n)
    for user in range(n_users):
        for k in range(2):
            expected = top_n_loops(interests[user, k], item_vectors, n, exclude[user])
            assert (ids[user, k].tolist(), scores[user, k].tolist()) == expected


def test_padding_is_not_listed_however_well_it_scores():
    item_vectors = np.array([[9.0, 9.0], [1.0, 0.0], [0.0, 1.0]])
    ids, scores = top_n(np.array([[[2.0, 1.0]]]), item_vectors, 3)
    assert ids.tolist() == [[[1, 2, 0]]]
    assert scores.tolist() == [[[2.0, 1.0, -np.inf]]]


def test_seen_items_are_excluded_for_their_user_alone():
    interests = np.ones((2, 1, 1))
    item_vectors = np.array([[0.0], [3.0], [2.0], [1.0]])
    ids, _ = top_n(interests, item_vectors, 2, exclude=[np.array([1]), []])
    assert ids.tolist() == [[[2, 3]], [[1, 2]]]
    padded, _ = top_n(interests, item_vectors, 2, exclude=np.array([[1, 0], [0, 0]]))
    assert padded.tolist() == ids.tolist()


def test_an_interest_of_zeros_lists_nothing():
    interests = np.array([[[0.0, 0.0], [-1.0, 0.0]]])
    item_vectors = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    ids, scores = top_n(interests, item_vectors, 2)
    assert ids.tolist() == [[[0, 0], [1, 2]]]
    merged, best = aggregate(ids, scores, 2)
    assert (merged.tolist(), best.tolist()) == ([[1, 2]], [[-1.0, -2.0]])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(np.float64, np.float64), (np.float32, np.float32), (np.float16, np.float32), (np.int64, np.float64)],
)
def test_dtypes(dtype, expected):
    ids, scores = top_n(np.ones((1, 1, 2), dtype), np.arange(6).reshape(3, 2).astype(dtype), 2)
    assert ids.tolist() == [[[2, 1]]]
    assert scores.dtype == expected


def test_arguments_are_left_as_they_were():
    interests, item_vectors = np.ones((1, 1, 2)), np.ones((3, 2))
    top_n(interests, item_vectors, 2, exclude=[np.array([1])])
    assert (interests == 1).all()
    assert (item_vectors == 1).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"interests": np.ones((1, 2))}, r"interests has shape \(1, 2\)"),
        ({"item_vectors": np.ones((4, 5))}, r"item_vectors has shape \(4, 5\)"),
        ({"interests": np.full((1, 1, 2), np.nan)}, "interests hold NaN"),
        ({"item_vectors": np.full((4, 2), np.inf)}, "item_vectors hold NaN or inf"),
        ({"n": 0}, "n is 0"),
        ({"n": 1.5}, "n is 1.5"),
        ({"exclude": []}, "exclude has 0 entries"),
        ({"exclude": [np.array([4])]}, r"exclude\[0\] holds ids 4 to 4, expected 0 to V - 1 = 3"),
        ({"exclude": [np.array([-1])]}, r"exclude\[0\]"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"interests": np.ones((1, 1, 2)), "item_vectors": np.ones((4, 2)), "n": 2, **change}
    with pytest.raises(ValueError, match=message):
        top_n(**arguments)


def test_exclude_of_a_wrong_type_is_named():
    with pytest.raises(TypeError, match=r"exclude\[0\] has dtype float64"):
        top_n(np.ones((1, 1, 2)), np.ones((4, 2)), 2, exclude=[np.array([1.5])])


@given(seed=st.integers(0, 10_000), n=st.integers(1, 15), k=st.integers(1, 4), listed=st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_aggregate_keeps_the_best_score_of_each_item(seed, n, k, listed):
    rng = np.random.default_rng(seed)
    n_users = seed % 4
    ids = rng.integers(0, 6, (n_users, k, listed))
    scores = rng.choice([-np.inf, -1.0, 0.0, 0.5, 2.0], (n_users, k, listed))
    merged, best = aggregate(ids, scores, n)
    assert merged.shape == best.shape == (n_users, n)
    for user in range(n_users):
        assert (merged[user].tolist(), best[user].tolist()) == aggregate_loops(ids[user], scores[user], n)


def test_the_merged_list_is_the_top_n_of_the_best_interest():
    rng = np.random.default_rng(0)
    interests, item_vectors = rng.normal(size=(5, 4, 8)), rng.normal(size=(40, 8))
    merged, best = aggregate(*top_n(interests, item_vectors, 10), 10)
    score = (interests @ item_vectors.T).max(axis=1)[:, 1:]  # (B, V - 1) f(u, i)
    np.testing.assert_array_equal(merged, np.argsort(-score, axis=1)[:, :10] + 1)
    np.testing.assert_allclose(best, -np.sort(-score, axis=1)[:, :10])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ids": np.ones((1, 2), int)}, ValueError, r"ids has shape \(1, 2\)"),
        ({"scores": np.ones((1, 2, 2))}, ValueError, r"scores has shape \(1, 2, 2\)"),
        ({"scores": np.full((1, 2, 3), np.nan)}, ValueError, "scores finite"),
        ({"ids": np.full((1, 2, 3), -1)}, ValueError, "ids must be at least 0"),
        ({"ids": np.ones((1, 2, 3))}, TypeError, "ids have dtype float64"),
        ({"n": 0}, ValueError, "n is 0"),
    ],
)
def test_aggregate_names_bad_input(change, error, message):
    with pytest.raises(error, match=message):
        aggregate(**{"ids": np.ones((1, 2, 3), int), "scores": np.ones((1, 2, 3)), "n": 2, **change})
