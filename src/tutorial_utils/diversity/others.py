"""Rerankers to compare with: the early-break form of the same greedy, and two that weigh similarity otherwise."""

import math
from collections import defaultdict

import numpy as np

from tutorial_utils.checks import check_shapes
from tutorial_utils.diversity._checks import check_list_length, check_rerank, check_scores, check_weight

NO_VOLUME = 1e-10  # a squared length below this is rounding error: the item adds nothing that the list lacks


def early_break_rerank(scores: np.ndarray, categories: np.ndarray, n: int, lam: float) -> np.ndarray:
    """The lists of `greedy_rerank`, found user by user with category counters and an early break.

    The form that the paper's published code uses: a candidate is worth its score less `lam` for each chosen one of
    its category; candidates are looked at by falling score, until a score alone is below the best worth seen.

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
        As `greedy_rerank`.

    Raises
    ------
    TypeError, ValueError
        As `greedy_rerank`.
    """
    sizes = check_rerank(scores, categories, n, lam)
    check_scores(scores)
    positions = np.full((sizes["B"], n), -1)
    for user in range(sizes["B"]):
        chosen = _early_break(scores[user].tolist(), categories[user].tolist(), n, lam)
        positions[user, : len(chosen)] = chosen
    return positions


def _early_break(scores: list[float], categories: list[int], n: int, lam: float) -> list[int]:
    candidates = [position for position, score in enumerate(scores) if score > -math.inf]
    candidates.sort(key=scores.__getitem__, reverse=True)  # a stable sort: equal scores stay by position
    taken: defaultdict[int, int] = defaultdict(int)
    chosen: list[int] = []
    while candidates and len(chosen) < n:
        winner, best = -1, -math.inf
        for position in candidates:
            if scores[position] < best:
                break
            worth = scores[position] - lam * taken[categories[position]]
            if worth > best or (worth == best and position < winner):
                winner, best = position, worth
        candidates.remove(winner)
        taken[categories[winner]] += 1
        chosen.append(winner)
    return chosen


def mmr_rerank(scores: np.ndarray, similarity: np.ndarray, n: int, lam: float) -> np.ndarray:
    """Maximal marginal relevance: punish the likeness to the most similar chosen item, not to all of them.

    Each step takes the largest ``score(i) - lam * max_{j chosen} similarity(i, j)``; the first step the largest
    score. Carbonell and Goldstein (SIGIR 1998) weigh the two parts by L and 1 - L: the same choices for
    ``lam = (1 - L) / L``.

    Parameters
    ----------
    scores : (B, M) float
        Scores of each user's candidates; -inf where there is no candidate.
    similarity : (B, M, M) float
        Similarity of each pair of a user's candidates, such as 1 where they share a category, or a cosine.
    n : int
        Length of the list, 1 to M.
    lam : float
        Weight of the similarity; at least 0.

    Returns
    -------
    (B, n) int64
        Positions into the candidates, best first; ties go to the lowest position; -1 where no candidate is left.

    Raises
    ------
    ValueError
        If the shapes differ, `n` is not 1 to M, `lam` is negative, a score is NaN or +inf, or a similarity not finite.
    """
    n_users = _check_similarity(scores, similarity, n)
    check_weight("lam", lam)
    users = np.arange(n_users)
    remaining = scores.astype(np.float64)
    nearest = np.zeros_like(remaining)  # (B, M) similarity to the nearest chosen item
    positions = np.full((n_users, n), -1)
    for step in range(n):
        worth = remaining - lam * nearest
        pick = worth.argmax(axis=1)  # (B,)
        positions[:, step] = np.where(worth[users, pick] > -np.inf, pick, -1)
        remaining[users, pick] = -np.inf
        nearest = np.maximum(nearest if step else -np.inf, similarity[users, pick])
    return positions


def dpp_rerank(scores: np.ndarray, similarity: np.ndarray, n: int, theta: float) -> np.ndarray:
    """Greedy list of a determinantal point process: each step adds the most score and volume.

    Each step takes the largest ``theta * score(i) + (1 - theta) * log d_i^2``, where ``d_i^2`` is the factor by which
    item i enlarges the determinant of the chosen items' similarity matrix. Chen, Zhang and Zhou (NeurIPS 2018,
    Algorithm 1) keep all ``d_i^2`` up to date by adding one row to a Cholesky factor a step. The list ends early where
    no candidate adds volume: a similarity that is 1 within a category and 0 elsewhere allows one item a category.

    Parameters
    ----------
    scores : (B, M) float
        Scores of each user's candidates; -inf where there is no candidate.
    similarity : (B, M, M) float
        Symmetric positive semi-definite matrices, such as the cosines of the candidates' vectors.
    n : int
        Length of the list, 1 to M.
    theta : float
        Weight of the scores, 0 to 1.

    Returns
    -------
    (B, n) int64
        Positions into the candidates, best first; ties go to the lowest position; -1 after the end of a list.

    Raises
    ------
    ValueError
        If the shapes differ, `n` is not 1 to M, `theta` is not 0 to 1, a score is NaN or +inf, or a similarity is not
        finite or not symmetric.
    """
    n_users = _check_similarity(scores, similarity, n)
    check_weight("theta", theta, upper=1.0)
    if not np.allclose(similarity, similarity.transpose(0, 2, 1)):
        raise ValueError("similarity is not symmetric, expected similarity[b, i, j] == similarity[b, j, i]")
    users = np.arange(n_users)
    relevance = np.where(scores > -np.inf, scores, 0.0)
    volume = np.where(scores > -np.inf, np.diagonal(similarity, axis1=1, axis2=2), 0.0)  # (B, M) d_i^2
    rows = np.zeros((n_users, n, scores.shape[1]))  # (B, n, M) rows of the Cholesky factor
    positions = np.full((n_users, n), -1)
    for step in range(n):
        adds = volume > NO_VOLUME
        worth = np.where(adds, theta * relevance + (1 - theta) * np.log(np.where(adds, volume, 1.0)), -np.inf)
        pick = worth.argmax(axis=1)  # (B,)
        positions[:, step] = np.where(adds[users, pick], pick, -1)
        explained = np.einsum("bt,btm->bm", rows[users, :step, pick], rows[:, :step])
        length = np.sqrt(np.maximum(volume[users, pick], NO_VOLUME))[:, None]  # (B, 1)
        rows[:, step] = (similarity[users, pick] - explained) / length
        volume = volume - rows[:, step] ** 2
        volume[users, pick] = 0.0
    return positions


def _check_similarity(scores: np.ndarray, similarity: np.ndarray, n: int) -> int:
    sizes = check_shapes(scores=(scores, "B M"), similarity=(similarity, "B M M"))
    check_list_length(n, sizes["M"])
    check_scores(scores)
    if not np.isfinite(similarity).all():
        raise ValueError("similarity holds NaN or inf, expected finite numbers")
    return sizes["B"]
