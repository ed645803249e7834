"""The same search through Faiss, the library that the paper's server uses."""

from collections.abc import Sequence

import faiss
import numpy as np

from tutorial_utils.checks import check_shapes
from tutorial_utils.serving._lists import best_first, check_finite, check_length, excluded_items


class FaissIndex:
    """Exact inner-product search, built once for many queries.

    Parameters
    ----------
    item_vectors : (V, d) float
        One vector an item id; row 0 is padding, is not put into the index and so never found. Searched in float32.

    Raises
    ------
    ValueError
        If the shape is another or a vector is not finite.
    """

    def __init__(self, item_vectors: np.ndarray) -> None:
        sizes = check_shapes(item_vectors=(item_vectors, "V d"))
        check_finite(item_vectors=item_vectors)
        self.n_items = sizes["V"]
        self.index = faiss.IndexFlatIP(sizes["d"])
        self.index.add(np.ascontiguousarray(item_vectors[1:], dtype=np.float32))

    def top_n(
        self, interests: np.ndarray, n: int, exclude: Sequence[np.ndarray] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """For every interest the `n` items of largest inner product, as `tutorial_utils.serving.exact.top_n`.

        Faiss cannot exclude other items for each user, so as many more are fetched as the longest of `exclude` holds,
        and the excluded are dropped.

        Parameters
        ----------
        interests : (B, K, d) float
            Interest vectors; one that is all zeros lists nothing.
        n : int
            Items to list for each interest.
        exclude : sequence of B integer arrays, optional
            Item ids not to list.

        Returns
        -------
        ids : (B, K, n) int64
            Best first; ties go to the lowest id, except that of items that tie for the last place Faiss picks. Filler
            is id 0.
        scores : (B, K, n) float32
            The inner products; -inf for filler.

        Raises
        ------
        TypeError, ValueError
            As `tutorial_utils.serving.exact.top_n`.
        """
        sizes = check_shapes(interests=(interests, f"B K {self.index.d}"))
        check_length(n)
        check_finite(interests=interests)
        seen = excluded_items(exclude, sizes["B"], self.n_items)
        fetched = min(n + max(map(len, seen), default=0), self.n_items)
        queries = np.ascontiguousarray(interests.reshape(-1, self.index.d), dtype=np.float32)  # (B K, d)
        scores, rows = self.index.search(queries, fetched)  # (B K, fetched)
        ids = (rows + 1).reshape(sizes["B"], sizes["K"], fetched)  # row i holds item i + 1, row -1 none
        scores = scores.reshape(ids.shape)
        scores[ids == 0] = -np.inf
        scores[~interests.any(axis=2)] = -np.inf
        for user, items in enumerate(seen):
            scores[user][np.isin(ids[user], items)] = -np.inf
        return best_first(ids, scores, n)


def top_n(
    interests: np.ndarray, item_vectors: np.ndarray, n: int, exclude: Sequence[np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """As `tutorial_utils.serving.exact.top_n`, with an index that serves this one call.

    Parameters
    ----------
    interests : (B, K, d) float
    item_vectors : (V, d) float
    n : int
    exclude : sequence of B integer arrays, optional

    Returns
    -------
    ids : (B, K, n) int64
    scores : (B, K, n) float32

    Raises
    ------
    TypeError, ValueError
        As `tutorial_utils.serving.exact.top_n`.
    """
    return FaissIndex(item_vectors).top_n(interests, n, exclude)
