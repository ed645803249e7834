"""What a model is made of: its sizes, its state, its first weights. No framework."""

import math
import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ComiRecConfig", "initial_item_embedding", "parameter_shapes"]


@dataclass(frozen=True)
class ComiRecConfig:
    """The sizes of a model and how it scores.

    Parameters
    ----------
    n_items : int
        V, the number of items including padding.
    embedding_dim : int
        d, the size of an item embedding.
    n_interests : int
        K, the number of interests.
    max_length : int
        n, how many of a user's last items the model sees.
    attention_dim : int, optional
        d_a, the size of the attention's hidden layer; 4 d unless given.
    temperature : float, optional
        None scores by inner product, as the paper. A number scores by cosine divided by the temperature: interests and
        items then are unit vectors, and the division happens in the loss alone, since it changes no ranking.
    tied : bool
        Whether items have one vector for both their roles, as in the paper. If not, the table that the input is
        embedded with and the table that interests are scored against are two, `item_embedding` and
        `scored_embedding`, which start out equal.
    pool_positions : bool
        Whether interests pool items with their positions added, as the paper's section 3 has it, or, as the authors'
        code has it, positions enter the attention's logits alone.

    Raises
    ------
    TypeError
        If a size is no integer.
    ValueError
        If a size or the temperature is too small.
    """

    n_items: int
    embedding_dim: int = 64
    n_interests: int = 4
    max_length: int = 20
    attention_dim: int | None = None
    temperature: float | None = None
    tied: bool = True
    pool_positions: bool = False

    def __post_init__(self) -> None:
        for name, lowest in {"n_items": 2, "embedding_dim": 1, "n_interests": 1, "max_length": 1}.items():
            object.__setattr__(self, name, _size(name, getattr(self, name), lowest))
        if self.attention_dim is not None:
            object.__setattr__(self, "attention_dim", _size("attention_dim", self.attention_dim, 1))
        if self.temperature is not None:
            object.__setattr__(self, "temperature", _positive("temperature", self.temperature))
        for name in ("tied", "pool_positions"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} is {getattr(self, name)!r}, expected True or False")


def parameter_shapes(model: str, config: ComiRecConfig) -> dict[str, tuple[int, ...]]:
    """Return the state keys of a model and their shapes, the same in every backend.

    Parameters
    ----------
    model : {"ComiRecSA", "MeanPooling"}
        The name of its class.
    config : ComiRecConfig

    Returns
    -------
    dict of str to tuple of int

    Raises
    ------
    ValueError
        If there is no such model.
    """
    d, d_a = config.embedding_dim, config.attention_dim or 4 * config.embedding_dim
    tables = ("item_embedding",) if config.tied else ("item_embedding", "scored_embedding")
    items: dict[str, tuple[int, ...]] = dict.fromkeys(tables, (config.n_items, d))
    attention = {"w1": (d, d_a), "w2": (d_a, config.n_interests), "position_embedding": (config.max_length, d)}
    shapes = {"ComiRecSA": items | attention, "MeanPooling": items}
    if model not in shapes:
        raise ValueError(f"model is {model!r}, expected one of {tuple(shapes)}")
    return shapes[model]


def initial_item_embedding(config: ComiRecConfig, seed: int) -> NDArray[np.float32]:
    """Draw the first item embeddings: normal with standard deviation 1 / sqrt(d), the padding row zero.

    An item then has length 1 whatever d is, and two items an inner product of about 1 / sqrt(d): every score starts
    near 0, so that the first loss is near log(V - 1), that of a guess. With standard deviation 1 scores would start at
    sqrt(d) and the softmax at near certainty for the wrong items.

    Parameters
    ----------
    config : ComiRecConfig
    seed : int
        The same seed gives the same table in every backend, and other numbers than the attention draws from it.

    Returns
    -------
    (V, d) float32
    """
    rng = np.random.default_rng((seed, 1))
    table = rng.standard_normal((config.n_items, config.embedding_dim), dtype=np.float32)
    table /= np.float32(math.sqrt(config.embedding_dim))
    table[0] = 0
    return table


def _size(name: str, value: object, lowest: int) -> int:
    try:
        size = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} is {value!r}, expected an integer") from None
    if size < lowest:
        raise ValueError(f"{name} is {size}, expected at least {lowest}")
    return size


def _positive(name: str, value: float) -> float:
    if isinstance(value, str) or not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}, expected a positive number, or None")
    return float(value)
