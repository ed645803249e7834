"""The controllable aggregation of ComiRec for a batch of users at once, in Paddle."""

import math

from tutorial_utils._paddle import paddle
from tutorial_utils.checks import check_shapes
from tutorial_utils.diversity._checks import check_categories, check_rerank, check_scores, check_weight


def objective(scores: paddle.Tensor, categories: paddle.Tensor, lam: float) -> float:
    """Value of a list: its scores plus `lam` for every pair of items of different category.

    ``Q(u, S) = sum_{i in S} f(u, i) + lam * sum_{i < j in S} [category_i != category_j]``. Equation 12 of Cen et al.
    (KDD 2020) prints a sum over i and over j and so counts every pair twice; here each pair counts once, because that
    is the sum which Algorithm 2, with the same `lam`, makes largest.

    Parameters
    ----------
    scores : (N,) float
        The score f(u, i) of each listed item.
    categories : (N,) int
        One category an item; -1 (unknown) is a category like any other.
    lam : float
        Worth of a pair of different category, in units of the scores; at least 0.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If `categories` are not of an integer type.
    ValueError
        If the shapes differ, a score is NaN or +inf, or `lam` is negative.
    """
    check_shapes(scores=(scores, "N"), categories=(categories, "N"))
    check_categories(categories)
    check_weight("lam", lam)
    scores = scores.astype("float64")
    check_scores(scores)
    different = categories[:, None] != categories[None, :]  # (N, N)
    return scores.sum().item() + lam * (different.sum().item() / 2)


def rank_in_category(scores: paddle.Tensor, categories: paddle.Tensor) -> paddle.Tensor:
    """How many candidates of its own category stand before each candidate.

    The category's counter in the greedy: within a category the greedy takes the best first, so when a candidate's turn
    comes, exactly these have been taken.

    Parameters
    ----------
    scores : (B, M) float
    categories : (B, M) int

    Returns
    -------
    (B, M) int64
        0 for the best of a category, 1 for the next; of equal scores the lowest position stands first.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    check_shapes(scores=(scores, "B M"), categories=(categories, "B M"))
    categories = categories.astype("int64")
    by_score = paddle.argsort(scores, axis=1, descending=True, stable=True)  # (B, M)
    by_category = paddle.argsort(categories.take_along_axis(by_score, 1), axis=1, stable=True)  # (B, M)
    order = by_score.take_along_axis(by_category, 1)  # (B, M) category after category, the best of each first
    category = categories.take_along_axis(order, 1)
    start = paddle.searchsorted(category, category)  # (B, M) place where each one's category starts
    place = paddle.ones_like(start).cumsum(axis=1) - 1
    return paddle.zeros_like(start).put_along_axis(order, place - start, 1)


def greedy_rerank(scores: paddle.Tensor, categories: paddle.Tensor, n: int, lam: float) -> paddle.Tensor:
    """Choose `n` of each user's candidates, one after the other, by score and by difference to those chosen before.

    Algorithm 2 of Cen et al. (KDD 2020) for the whole batch and without its loop. At a step every candidate's gain is
    ``f(u, i) - lam * (number of its category already chosen)`` plus one amount that is the same for all; when its turn
    comes that number is its `rank_in_category`. So each gain is known beforehand, and the greedy is one sort.

    Parameters
    ----------
    scores : (B, M) float
        f(u, i) of each user's candidates, in any order; -inf where there is no candidate.
    categories : (B, M) int
        One category a candidate; -1 (unknown) is a category like any other.
    n : int
        Length of the list, 1 to M.
    lam : float
        Worth of a pair of different category, in units of the scores; at least 0.

    Returns
    -------
    (B, n) int64
        Positions into the candidates, best first; ties, decided in float64, go to the lowest position. -1 fills a
        list whose user has fewer than `n` candidates.

    Raises
    ------
    TypeError
        If `categories` are not of an integer type.
    ValueError
        If the shapes differ, `n` is not 1 to M, a score is NaN or +inf, or `lam` is negative.
    """
    check_rerank(scores, categories, n, lam)
    scores = scores.astype("float64")
    check_scores(scores)
    gain = scores - lam * rank_in_category(scores, categories).astype("float64")  # (B, M)
    best = paddle.argsort(gain, axis=1, descending=True, stable=True)[:, :n]  # (B, n)
    return paddle.where(gain.take_along_axis(best, 1) > -math.inf, best, -1)
