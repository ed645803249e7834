"""MMR and the DPP greedy against their definitions, written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.diversity.numpy import greedy_rerank
from tutorial_utils.diversity.others import dpp_rerank, mmr_rerank


def random_case(seed, n_users=2, n_candidates=7, dim=5):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n_users, n_candidates, dim))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    scores = rng.normal(size=(n_users, n_candidates))
    scores[rng.random(scores.shape) < 0.1] = -np.inf
    return scores, vectors @ vectors.transpose(0, 2, 1) + 0.1 * np.eye(n_candidates)


def mmr_loops(scores, similarity, n, lam):
    chosen, left = [], [i for i in range(len(scores)) if scores[i] > -np.inf]
    while left and len(chosen) < n:
        winner = max(left, key=lambda i: scores[i] - lam * max((similarity[i, j] for j in chosen), default=0.0))
        left.remove(winner)
        chosen.append(winner)
    return chosen + [-1] * (n - len(chosen))


def dpp_loops(scores, similarity, n, theta):
    def worth(chosen):
        volume = np.linalg.slogdet(similarity[np.ix_(chosen, chosen)]).logabsdet
        return theta * scores[chosen].sum() + (1 - theta) * volume

    chosen, left = [], [i for i in range(len(scores)) if scores[i] > -np.inf]
    while left and len(chosen) < n:
        winner = max(left, key=lambda i: worth([*chosen, i]))
        left.remove(winner)
        chosen.append(winner)
    return chosen + [-1] * (n - len(chosen))


@given(seed=st.integers(0, 10_000), n=st.integers(1, 7), lam=st.floats(0, 3))
@settings(max_examples=50, deadline=None)
def test_mmr_is_its_definition(seed, n, lam):
    scores, similarity = random_case(seed)
    expected = [mmr_loops(*user, n, lam) for user in zip(scores, similarity, strict=True)]
    assert mmr_rerank(scores, similarity, n, lam).tolist() == expected


@given(seed=st.integers(0, 10_000), n=st.integers(1, 7), theta=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_dpp_is_its_definition(seed, n, theta):
    scores, similarity = random_case(seed)
    expected = [dpp_loops(*user, n, theta) for user in zip(scores, similarity, strict=True)]
    assert dpp_rerank(scores, similarity, n, theta).tolist() == expected


def test_without_diversity_all_rank_by_score():
    scores, similarity = random_case(0, n_users=3)
    by_score = greedy_rerank(scores, np.zeros(scores.shape, int), 7, 0.0)
    np.testing.assert_array_equal(mmr_rerank(scores, similarity, 7, 0.0), by_score)
    np.testing.assert_array_equal(dpp_rerank(scores, similarity, 7, 1.0), by_score)


def test_mmr_forgives_a_second_repeat_and_the_greedy_does_not():
    scores, categories = np.array([[1.0, 0.9, 0.8, 0.4]]), np.array([[0, 0, 0, 1]])
    similarity = (categories[:, :, None] == categories[:, None, :]).astype(float)
    assert mmr_rerank(scores, similarity, 3, 0.3).tolist() == [[0, 1, 2]]
    assert greedy_rerank(scores, categories, 3, 0.3).tolist() == [[0, 1, 3]]


def test_dpp_ends_where_nothing_adds_volume():
    scores, categories = np.array([[1.0, 0.9, 0.8, 0.4]]), np.array([[0, 0, 1, 1]])
    similarity = (categories[:, :, None] == categories[:, None, :]).astype(float)
    assert dpp_rerank(scores, similarity, 4, 0.5).tolist() == [[0, 2, -1, -1]]


@pytest.mark.parametrize(("rerank", "weight"), [(mmr_rerank, "lam"), (dpp_rerank, "theta")])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 4}, "n is 4"),
        ({"weight": -0.5}, "is -0.5"),
        ({"scores": np.full((1, 3), np.nan)}, "scores hold NaN"),
        ({"similarity": np.ones((1, 3, 2))}, r"similarity has shape \(1, 3, 2\)"),
        ({"similarity": np.full((1, 3, 3), np.nan)}, "similarity holds NaN"),
    ],
)
def test_bad_input_is_named(rerank, weight, change, message):
    arguments = {"scores": np.zeros((1, 3)), "similarity": np.ones((1, 3, 3)), "n": 2, "weight": 0.5, **change}
    with pytest.raises(ValueError, match=f"{weight} {message}" if "weight" in change else message):
        rerank(*arguments.values())


def test_dpp_names_its_own_bad_input():
    with pytest.raises(ValueError, match=r"theta is 1\.5, expected a number from 0 to 1"):
        dpp_rerank(np.zeros((1, 2)), np.ones((1, 2, 2)), 1, 1.5)
    with pytest.raises(ValueError, match="similarity is not symmetric"):
        dpp_rerank(np.zeros((1, 2)), np.array([[[1.0, 0.5], [0.0, 1.0]]]), 1, 0.5)
