"""A first item table that already knows which items share users. No framework."""

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from tutorial_utils.data import SequenceData
from tutorial_utils.training.config import ComiRecConfig, initial_item_embedding

__all__ = ["cooccurrence_embedding"]

SHRINK = 5.0  # users that every item has besides its own: keeps rare items from counting as much as common ones
NOISE = 0.3  # length of the random part, next to a part of length 1


def cooccurrence_embedding(data: SequenceData, config: ComiRecConfig, seed: int) -> NDArray[np.float32]:
    """Factorise who clicked what: items with the same users start near each other.

    The matrix of users and items, each entry divided by the square roots of the user's and the item's number of
    clicks, is cut to its d largest singular values; an item's vector is its row of right singular vectors, weighted by
    the square roots of the values and scaled to length 1. A third of `initial_item_embedding` is added, so that items
    without a common user differ and K interests have something to part along.

    Parameters
    ----------
    data : SequenceData
        Training users.
    config : ComiRecConfig
        For V and d. Where d is not below V - 1 and the number of users, there is nothing to cut, and the remaining
        columns hold the random part alone.
    seed : int
        For the random part and the start of the iteration.

    Returns
    -------
    (V, d) float32
        Row 0 is zero.

    Raises
    ------
    ValueError
        If the data has another V than the config.

    Notes
    -----
    The idea is PureSVD's: Cremonesi, Koren and Turrin, RecSys 2010.
    """
    if data.n_items != config.n_items:
        raise ValueError(f"data has V = {data.n_items}, expected n_items = {config.n_items} of the config")
    clicks = _normalised_clicks(data)  # (U, V - 1)
    rank = min(config.embedding_dim, *(size - 1 for size in clicks.shape))
    table = np.float32(NOISE) * initial_item_embedding(config, seed)
    if rank < 1:
        return table
    start = np.random.default_rng((seed, 2)).standard_normal(min(clicks.shape)).astype(np.float32)
    _, values, items = scipy.sparse.linalg.svds(clicks, k=rank, v0=start)  # (rank,), (rank, V - 1)
    items = (items * _signs(items)[:, None]).T * np.sqrt(values)  # (V - 1, rank)
    table[1:, :rank] += items / (np.linalg.norm(items, axis=1, keepdims=True) + 1e-6)
    return table


def _normalised_clicks(data: SequenceData) -> scipy.sparse.csr_matrix:
    """Users by items without padding, an entry for each pair that occurs."""
    shape = (len(data), data.n_items - 1)
    clicks = scipy.sparse.csr_matrix((np.ones(data.n_events, np.float32), data.items - 1, data.offsets), shape)
    clicks.sum_duplicates()
    clicks.data[:] = 1
    by_user = 1 / np.sqrt(clicks.sum(axis=1).A1)
    by_item = 1 / np.sqrt(clicks.sum(axis=0).A1 + SHRINK)
    scaled = scipy.sparse.diags(by_user) @ clicks @ scipy.sparse.diags(by_item)
    return scaled.astype(np.float32)


def _signs(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """One sign a vector, such that its largest entry is positive: a singular vector is determined up to its sign."""
    largest = np.abs(vectors).argmax(axis=1)
    return np.sign(vectors[np.arange(len(vectors)), largest])
