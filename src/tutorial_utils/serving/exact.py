"""Exact top-N search with NumPy, and the merge of the K lists of a user."""

from collections.abc import Sequence

import numpy as np

from tutorial_utils.checks import check_shapes
from tutorial_utils.metrics import top_items
from tutorial_utils.serving._lists import best_first, check_finite, check_length, excluded_items


def top_n(
    interests: np.ndarray, item_vectors: np.ndarray, n: int, exclude: Sequence[np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """For every interest the `n` items of largest inner product.

    Parameters
    ----------
    interests : (B, K, d) float
        Interest vectors. One that is all zeros, as a user without history has, says nothing about any item and lists
        nothing: its list is all filler.
    item_vectors : (V, d) float
        One vector an item id; row 0 is padding and never listed.
    n : int
        Items to list for each interest.
    exclude : sequence of B integer arrays, optional
        Item ids not to list, such as those a user has seen; a padded (B, n) array will do.

    Returns
    -------
    ids : (B, K, n) int64
        Best first; ties go to the lowest id. Where too few candidates remain, filler: id 0.
    scores : (B, K, n) float
        The inner products; -inf for filler.

    Raises
    ------
    TypeError
        If an entry of `exclude` is not of an integer type.
    ValueError
        If the shapes differ, a vector is not finite, `n` is below 1, or `exclude` has not B entries or an id that is
        out of range.
    """
    sizes = check_shapes(interests=(interests, "B K d"), item_vectors=(item_vectors, "V d"))
    check_length(n)
    check_finite(interests=interests, item_vectors=item_vectors)
    scores = interests @ item_vectors.T  # (B, K, V)
    scores = scores.astype(np.result_type(scores, np.float32), copy=False)  # integers have no -inf
    scores[~interests.any(axis=2)] = -np.inf
    scores[:, :, 0] = -np.inf
    for user, seen in enumerate(excluded_items(exclude, sizes["B"], sizes["V"])):
        scores[user, :, seen] = -np.inf
    ids = top_items(scores.reshape(-1, sizes["V"]), n).reshape(*scores.shape[:2], n)  # (B, K, n)
    return ids, np.take_along_axis(scores, ids, axis=2)  # filler takes the -inf of column 0


def aggregate(ids: np.ndarray, scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Merge the K lists of each user into one: f(u, i) = max_k, each item once.

    Equation 11 of Cen et al. (KDD 2020): an item's score for a user is its best over the user's interests.

    Parameters
    ----------
    ids : (B, K, N) int
        Item ids listed for each interest, 0 where there is none, as `top_n` returns them.
    scores : (B, K, N) float
        Their scores, -inf where there is none.
    n : int
        Length of the merged list.

    Returns
    -------
    ids : (B, n) int64
        Best first; ties go to the lowest id. Where too few distinct items are listed, filler: id 0.
    scores : (B, n) float
        f(u, i); -inf for filler. An item is known only by the lists it is in, so its score may lie below its true best
        over all interests, but never within the top N.

    Raises
    ------
    TypeError
        If `ids` are not of an integer type.
    ValueError
        If the shapes differ, an id is negative, a score is NaN or +inf, or `n` is below 1.
    """
    B, K, N = check_shapes(ids=(ids, "B K N"), scores=(scores, "B K N")).values()
    check_length(n)
    if not np.issubdtype(ids.dtype, np.integer):
        raise TypeError(f"ids have dtype {ids.dtype}, expected an integer type")
    if (ids < 0).any() or not (scores < np.inf).all():
        raise ValueError("ids must be at least 0, and scores finite, or -inf where no item is listed")
    ids, scores = ids.reshape(B, K * N), scores.reshape(B, K * N)
    order = np.lexsort((-scores, ids))  # item after item, the best score of each first
    ids, scores = np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1)
    first = ids > 0  # (B, K N) True on an item's first, and so best, entry
    first[:, 1:] &= ids[:, 1:] != ids[:, :-1]
    return best_first(ids, np.where(first, scores, -np.inf), n)
