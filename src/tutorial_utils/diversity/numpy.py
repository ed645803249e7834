"""The controllable aggregation of ComiRec, as printed: the reference for the other backends."""

import numpy as np

from tutorial_utils.checks import check_shapes
from tutorial_utils.diversity._checks import check_categories, check_rerank, check_scores, check_weight


def objective(scores: np.ndarray, categories: np.ndarray, lam: float) -> float:
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
    scores = scores.astype(np.float64)
    check_scores(scores)
    different = categories[:, None] != categories[None, :]  # (N, N)
    return scores.sum().item() + lam * (different.sum().item() / 2)


def rank_in_category(scores: np.ndarray, categories: np.ndarray) -> np.ndarray:
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
    same = categories[:, :, None] == categories[:, None, :]  # (B, M, M)
    higher = scores[:, None, :] > scores[:, :, None]  # (B, M, M) is the last axis' candidate better?
    equal = scores[:, None, :] == scores[:, :, None]
    earlier = np.tri(scores.shape[1], k=-1, dtype=bool)  # (M, M) has it the lower position?
    return (same & (higher | (equal & earlier))).sum(axis=2)


def greedy_rerank(scores: np.ndarray, categories: np.ndarray, n: int, lam: float) -> np.ndarray:
    """Choose `n` of each user's candidates, one after the other, by score and by difference to those chosen before.

    Algorithm 2 of Cen et al. (KDD 2020), step by step: choose the candidate with the largest
    ``f(u, i) + lam * sum_{k chosen} [category_i != category_k]``. With one category an item and a fixed `n` no other
    `n` candidates have a larger `objective`.

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
    sizes = check_rerank(scores, categories, n, lam)
    scores = scores.astype(np.float64)
    check_scores(scores)
    positions = np.full((sizes["B"], n), -1)
    for user in range(sizes["B"]):
        chosen: list[int] = []
        for step in range(min(n, (scores[user] > -np.inf).sum())):
            different = categories[user][:, None] != categories[user][chosen]  # (M, step)
            gain = scores[user] + lam * different.sum(axis=1)  # (M,)
            gain[chosen] = -np.inf
            chosen.append(int(gain.argmax()))
            positions[user, step] = chosen[-1]
    return positions
