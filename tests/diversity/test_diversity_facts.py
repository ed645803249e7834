"""What the book claims about the greedy, by brute force on small cases."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.diversity.numpy import greedy_rerank, objective

SMALL_CASE = {
    "scores": st.lists(st.floats(-2, 2, width=32), min_size=6, max_size=6),
    "categories": st.lists(st.integers(-1, 2), min_size=6, max_size=6),
    "n": st.integers(1, 6),
    "lam": st.floats(0, 2),
}


def best_value(scores, categories, n, lam):
    lists = (list(chosen) for chosen in combinations(range(len(scores)), n))
    return max(objective(scores[chosen], categories[chosen], lam) for chosen in lists)


@given(**SMALL_CASE)
@settings(max_examples=150, deadline=None)
def test_one_category_an_item_the_greedy_is_optimal(scores, categories, n, lam):
    scores, categories = np.array(scores), np.array(categories)
    chosen = greedy_rerank(scores[None], categories[None], n, lam)[0]
    value = objective(scores[chosen], categories[chosen], lam)
    assert value == pytest.approx(best_value(scores, categories, n, lam))


def printed_value(scores, categories, chosen, lam):
    """Equation 12 as printed: a sum over i and a sum over j, so that each pair counts twice."""
    pairs = sum(categories[i] != categories[j] for i in chosen for j in chosen)
    return scores[chosen].sum() + lam * pairs


def best_printed_value(scores, categories, n, lam):
    lists = (list(chosen) for chosen in combinations(range(len(scores)), n))
    return max(printed_value(scores, categories, chosen, lam) for chosen in lists)


@given(**SMALL_CASE)
@settings(max_examples=100, deadline=None)
def test_the_printed_double_sum_needs_twice_lambda(scores, categories, n, lam):
    scores, categories = np.array(scores), np.array(categories)
    chosen = greedy_rerank(scores[None], categories[None], n, 2 * lam)[0]
    best = best_printed_value(scores, categories, n, lam)
    assert printed_value(scores, categories, chosen, lam) == pytest.approx(best)


def test_the_printed_double_sum_with_lambda_alone_can_fail():
    scores, categories, lam = np.array([1.0, 0.9, 0.7]), np.array([0, 0, 1]), 0.15
    chosen = greedy_rerank(scores[None], categories[None], 2, lam)[0]
    assert printed_value(scores, categories, chosen, lam) == pytest.approx(1.0 + 0.9)
    assert best_printed_value(scores, categories, 2, lam) == pytest.approx(1.0 + 0.7 + 2 * 0.15)


def genre_value(scores, different, chosen, lam):
    return scores[chosen].sum() + lam * different[np.ix_(chosen, chosen)].sum() / 2


def genre_greedy(scores, different, n, lam):
    """Algorithm 2 for any table of differences between candidates, (M, M)."""
    chosen = []
    for _ in range(n):
        gain = scores + lam * different[:, chosen].sum(axis=1)
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
    return chosen


def test_several_genres_an_item_the_greedy_can_fail():
    genres = [{"comedy", "drama"}, {"comedy"}, {"drama"}]
    scores, lam = np.array([1.0, 0.9, 0.9]), 0.5
    different = np.array([[float(not a & b) for b in genres] for a in genres])  # 1 where two items share no genre
    chosen = genre_greedy(scores, different, 2, lam)
    assert chosen == [0, 1]
    assert genre_value(scores, different, chosen, lam) == pytest.approx(1.9)
    assert genre_value(scores, different, [1, 2], lam) == pytest.approx(2.3)  # the best comedy and the best drama


@given(**SMALL_CASE)
@settings(max_examples=50, deadline=None)
def test_one_genre_an_item_it_is_the_same_greedy(scores, categories, n, lam):
    scores, categories = np.array(scores), np.array(categories)
    different = (categories[:, None] != categories).astype(float)
    assert genre_greedy(scores, different, n, lam) == greedy_rerank(scores[None], categories[None], n, lam)[0].tolist()


def test_the_objective_is_not_submodular():
    scores, categories, lam = np.zeros(3), np.array([0, 1, 2]), 0.25

    def gain_of_the_last(before):
        with_last = [*before, 2]
        return objective(scores[with_last], categories[with_last], lam) - objective(
            scores[before], categories[before], lam
        )

    assert gain_of_the_last([0]) == lam
    assert gain_of_the_last([0, 1]) == 2 * lam  # more before, and yet more gained: returns do not diminish
