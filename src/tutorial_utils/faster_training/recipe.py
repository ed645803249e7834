"""The book's default recipe: how a model is set and started. Nothing here depends on the data but V, n and K."""

from typing import Any

from tutorial_utils.data import SequenceData
from tutorial_utils.faster_training.cooccurrence import cooccurrence_embedding
from tutorial_utils.parity import load_state_from_numpy, state_to_numpy
from tutorial_utils.training.config import ComiRecConfig

__all__ = ["EPOCHS", "default_config", "start_from_cooccurrence"]

EPOCHS = 6
TEMPERATURE = 0.1


def default_config(n_items: int, n_interests: int = 4, max_length: int = 20, embedding_dim: int = 64) -> ComiRecConfig:
    """The sizes given, with cosine scores at temperature 0.1, two item tables, and positions that are pooled too.

    Parameters
    ----------
    n_items, n_interests, max_length, embedding_dim : int
        V, K, n and d.

    Returns
    -------
    ComiRecConfig
    """
    return ComiRecConfig(
        n_items,
        embedding_dim,
        n_interests,
        max_length,
        temperature=TEMPERATURE,
        tied=False,
        pool_positions=True,
    )


def start_from_cooccurrence(model: Any, train: SequenceData) -> None:
    """Give a new model's item tables the values of `cooccurrence_embedding`, in place.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling, of either framework
    train : SequenceData

    Raises
    ------
    ValueError
        If the data has another V than the model.
    """
    table = cooccurrence_embedding(train, model.config, model.seed)
    state = state_to_numpy(model)
    tables = {name: table for name in state if name in ("item_embedding", "scored_embedding")}
    load_state_from_numpy(model, state | tables)
