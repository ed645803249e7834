"""Two recommenders without a single trained weight: what any model has to beat. NumPy and SciPy only.

Both are fitted on the whole sequences of the training users and score every item for users they never saw, from the
history alone. A sequence counts as a set: an item somebody returned to counts once.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from tutorial_utils._rows import flatten_rows
from tutorial_utils.data import SequenceData

__all__ = ["ItemKNN", "Popularity"]

Scores = NDArray[np.float32]


class Popularity:
    """The same list for everybody: the items that most training users have.

    Attributes
    ----------
    item_users : (V,) int64, or None before `fit`
        Number of training users who have the item.
    """

    def __init__(self) -> None:
        self.item_users: NDArray[np.int64] | None = None

    def fit(self, data: SequenceData) -> "Popularity":
        """Count the users of every item.

        Parameters
        ----------
        data : SequenceData
            The training users.

        Returns
        -------
        Popularity
            This object.
        """
        self.item_users = _incidence(data).sum(axis=0, dtype=np.int64)
        return self

    def scores(self, histories: Sequence[ArrayLike]) -> Scores:
        """Score every item for every user.

        Parameters
        ----------
        histories : list of U int arrays
            Ids in 1..V-1, in any order. They do not matter here.

        Returns
        -------
        (U, V) float32
            The number of training users who have the item; -inf for the padding item.

        Raises
        ------
        RuntimeError
            Before `fit`.
        ValueError
            If an id is out of range.
        """
        if self.item_users is None:
            raise RuntimeError("Popularity is not fitted: call fit(data) first")
        flatten_rows("histories", histories, len(self.item_users))
        return _without_padding(np.tile(self.item_users.astype(np.float32), (len(histories), 1)))


class ItemKNN:
    """Items like those in the history: cosine similarity of the sets of users who have them, shrunk towards 0.

    The similarity of items i and j is ``c_ij / (sqrt(c_i c_j) + shrink)`` where c_i training users have i and c_ij have
    both; of an item to itself it is 0. An item's score is the sum of its similarities to the items of the history.

    Parameters
    ----------
    shrink : float
        How much evidence is asked for: a pair that few users share counts less. Choose it on the validation users.
    k : int, optional
        Keep only the k nearest neighbours of each item, ties lowest id first. Default: all.

    Attributes
    ----------
    similarity : (V, V) sparse float32, or None before `fit`
        Row i holds the neighbours of item i. Symmetric without `k`.

    Raises
    ------
    ValueError
        If `shrink` is negative or `k` not positive.

    Notes
    -----
    Deshpande and Karypis, "Item-based top-N recommendation algorithms", ACM TOIS 22(1), 2004: the k nearest neighbours
    of every item of the history, summed. The shrinkage stands in the denominator, as in Ferrari Dacrema, Cremonesi and
    Jannach, "Are we really making much progress?", RecSys 2019.
    """

    def __init__(self, shrink: float = 10, k: int | None = None) -> None:
        if not shrink >= 0:
            raise ValueError(f"shrink is {shrink}, expected 0 or more")
        if k is not None and k < 1:
            raise ValueError(f"k is {k}, expected at least 1, or None for all neighbours")
        self.shrink, self.k = shrink, k
        self.similarity: sparse.csr_array | None = None

    def fit(self, data: SequenceData) -> "ItemKNN":
        """Compute the similarity of all pairs of items that share a user.

        Parameters
        ----------
        data : SequenceData
            The training users.

        Returns
        -------
        ItemKNN
            This object.
        """
        incidence = _incidence(data)  # (U, V)
        together = (incidence.T @ incidence).tocoo()  # (V, V), users who have both
        item_users = together.diagonal()  # (V,)
        i, j, both = together.row, together.col, together.data
        cosine = both / (np.sqrt(item_users[i] * item_users[j]) + self.shrink)
        pair = i != j
        similarity = sparse.csr_array((cosine[pair], (i[pair], j[pair])), shape=together.shape, dtype=np.float32)
        self.similarity = similarity if self.k is None else _nearest(similarity, self.k)
        return self

    def scores(self, histories: Sequence[ArrayLike]) -> Scores:
        """Score every item for every user.

        Parameters
        ----------
        histories : list of U int arrays
            Ids in 1..V-1, in any order, each counted once. Items no training user has add nothing, nor does an empty
            history.

        Returns
        -------
        (U, V) float32
            Summed similarities, 0 where there is none; -inf for the padding item.

        Raises
        ------
        RuntimeError
            Before `fit`.
        ValueError
            If an id is out of range.
        """
        if self.similarity is None:
            raise RuntimeError("ItemKNN is not fitted: call fit(data) first")
        n_users, n_items = len(histories), self.similarity.shape[0]
        users, ids = flatten_rows("histories", histories, n_items)
        return _without_padding((_binary(users, ids, (n_users, n_items)) @ self.similarity).toarray())


def _incidence(data: SequenceData) -> sparse.csr_array:
    """Which training user has which item: (U, V) of 0 and 1."""
    users = np.repeat(np.arange(len(data)), data.lengths)
    return _binary(users, data.items, (len(data), data.n_items))


def _binary(users: NDArray[Any], ids: NDArray[Any], shape: tuple[int, int]) -> sparse.csr_array:
    matrix = sparse.csr_array((np.ones(len(ids), np.float32), (users, ids)), shape=shape)  # adds up repeated pairs
    matrix.data[:] = 1
    return matrix


def _nearest(similarity: sparse.csr_array, k: int) -> sparse.csr_array:
    """Keep the k highest entries of every row, ties lowest column first."""
    rows, columns = similarity.nonzero()
    order = np.lexsort((columns, -similarity.data, rows))
    rank = np.arange(len(order)) - similarity.indptr[rows]  # place within its row
    kept = order[rank < k]
    return sparse.csr_array((similarity.data[kept], (rows[kept], columns[kept])), shape=similarity.shape)


def _without_padding(scores: Scores) -> Scores:
    scores[:, 0] = -np.inf
    return scores
