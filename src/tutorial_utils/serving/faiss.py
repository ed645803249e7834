"""The same search through Faiss, the library that the paper's server uses: exact, or approximate through a graph."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import faiss
import numpy as np
from numpy.typing import NDArray

from tutorial_utils.checks import check_shapes
from tutorial_utils.serving._lists import best_first, check_finite, check_length, drop_excluded, excluded_items

SPARE = 256  # more to fetch at first, for what a user has seen; costs next to nothing
QUERIES_A_THREAD = 4  # from here on Faiss' matrix products beat its scan of one query after another; measured at d = 64

Lists = tuple[NDArray[np.int64], NDArray[np.float32]]
Search = Callable[[NDArray[np.float32], int], tuple[NDArray[np.float32], NDArray[np.int64]]]

_matrix_products_lock = Lock()


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
        vectors = np.ascontiguousarray(item_vectors[1:], dtype=np.float32)
        self.index, order = self._built(vectors)
        self.item_ids = np.append(order + 1, 0)  # (V,) of the index's rows; Faiss' row -1, for none, is the last: id 0

    def top_n(
        self, interests: np.ndarray, n: int, exclude: Sequence[np.ndarray] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """For every interest the `n` items of largest inner product, as `tutorial_utils.serving.exact.top_n`.

        Faiss cannot exclude other items for each user of a batch, so more than `n` are fetched and the excluded are
        dropped. Where that leaves too few, as many more are fetched as the longest of `exclude` holds: however many
        items a user has seen, no list is cut short.

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
        B, K = check_shapes(interests=(interests, f"B K {self.index.d}")).values()
        check_length(n)
        check_finite(interests=interests)
        seen = excluded_items(exclude, B, self.n_items)
        interests = np.ascontiguousarray(interests, dtype=np.float32)
        ids, scores = np.zeros((B, K, n), np.int64), np.full((B, K, n), -np.inf, np.float32)
        # Users with room in their lists. In an index without items, Faiss 1.11 and older find what is not there.
        short = np.arange(B if self.index.ntotal else 0)
        for search, fetched in self._stages(n, min(n + max(map(len, seen), default=0), self.n_items)):
            if short.size:
                found = self._unseen(search, interests[short], n, [seen[user] for user in short], fetched)
                ids[short], scores[short] = found
                short = short[((ids[short] == 0) & interests[short].any(axis=2, keepdims=True)).any(axis=(1, 2))]
        return ids, scores

    def _built(self, vectors: NDArray[np.float32]) -> tuple[faiss.Index, NDArray[np.int64]]:
        """The index, and which vector each of its rows holds."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return index, np.arange(len(vectors))

    def _stages(self, n: int, enough: int) -> list[tuple[Search, int]]:
        """Searches and how much to fetch: each for the users whose lists are short after those before."""
        exact = _exact_search(self.index)
        return [(exact, fetched) for fetched in sorted({min(n + SPARE, enough), enough})]

    def _unseen(
        self, search: Search, interests: NDArray[np.float32], n: int, seen: list[np.ndarray], fetched: int
    ) -> Lists:
        """Fetch for every interest, drop what the user has seen, keep the `n` best."""
        B, K, d = interests.shape
        scores, rows = search(interests.reshape(B * K, d), fetched)  # (B K, fetched)
        ids, scores = self.item_ids[rows].reshape(B, K, fetched), scores.reshape(B, K, fetched)
        scores[(ids == 0) | ~interests.any(axis=2, keepdims=True)] = -np.inf
        drop_excluded(ids, scores, seen, self.n_items)
        return best_first(ids, scores, n)


class HNSWIndex(FaissIndex):
    """Approximate search along a graph of neighbouring items, far faster than comparing with every item.

    Made for items of about one length, such as the unit vectors of a model that scores by cosine: among items of very
    different lengths the graph leads to the long ones, and more of the best are missed.

    Parameters
    ----------
    item_vectors : (V, d) float
        As `FaissIndex` takes.
    M : int
        Links of an item, twice as many on the lowest layer. More find more and take memory: 8 M bytes an item.
    ef_construction : int
        Candidates kept while an item looks for its links. More make better links and a slower build.
    ef_search : int
        Candidates kept in a search, at least. More find more and take longer.

    Raises
    ------
    ValueError
        If the shape is another, a vector is not finite, `M` is below 2 or another parameter below 1.

    Notes
    -----
    Malkov and Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical Navigable Small
    World Graphs, IEEE TPAMI 42 (2020). Built by several threads, the graph differs a little from build to build.
    """

    def __init__(self, item_vectors: np.ndarray, M: int = 32, ef_construction: int = 200, ef_search: int = 128) -> None:
        for name, value, lowest in (("M", M, 2), ("ef_construction", ef_construction, 1), ("ef_search", ef_search, 1)):
            check_length(value, name, lowest)
        self.M, self.ef_construction, self.ef_search = M, ef_construction, ef_search
        super().__init__(item_vectors)

    def _built(self, vectors: NDArray[np.float32]) -> tuple[faiss.Index, NDArray[np.int64]]:
        index = faiss.IndexHNSWFlat(vectors.shape[1], self.M, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = self.ef_construction
        order = _cluster_after_cluster(vectors)
        index.add(vectors[order])
        return index, order

    def _stages(self, n: int, enough: int) -> list[tuple[Search, int]]:
        """The graph, the graph more widely, and where even that finds too few, every item."""
        first = min(max(2 * n, self.ef_search), enough)
        return [(self._graph_search, first), (self._graph_search, enough), (_exact_search(self.index.storage), enough)]

    def _graph_search(self, queries: NDArray[np.float32], n: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        return self.index.search(queries, n, params=faiss.SearchParametersHNSW(efSearch=max(n, self.ef_search)))


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


def _cluster_after_cluster(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Order items so that near ones lie near in memory: a search waits less for it, about 1.4 times less at 10^6."""
    n_clusters = min(len(vectors) // 1000, 1000)
    if n_clusters < 2:
        return np.arange(len(vectors))
    clusters = faiss.Kmeans(vectors.shape[1], n_clusters, niter=5, seed=0, spherical=True)
    clusters.train(vectors)
    return np.argsort(clusters.assign(vectors)[1], kind="stable")


def _exact_search(index: faiss.IndexFlat) -> Search:
    """Search a flat index in the faster of Faiss' two ways.

    Faiss 1.15 compares one query after another until queries times d reach 128,000, on any number of threads; matrix
    products of many queries with a block of items are several times faster from a few queries a thread on.
    """

    def search(queries: NDArray[np.float32], n: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        if len(queries) < QUERIES_A_THREAD * faiss.omp_get_max_threads():
            return index.search(queries, n)
        with _matrix_products():
            return index.search(queries, n)

    return search


@contextmanager
def _matrix_products() -> Iterator[None]:
    """Let Faiss search by matrix products meanwhile; its setting is the process's, hence the lock and the undoing."""
    with _matrix_products_lock:
        before = faiss.cvar.distance_compute_blas_threshold
        faiss.cvar.distance_compute_blas_threshold = 1
        try:
            yield
        finally:
            faiss.cvar.distance_compute_blas_threshold = before
