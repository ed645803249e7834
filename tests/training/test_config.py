"""The config refuses what makes no model, and says which arrays a model has."""

import dataclasses

import numpy as np
import pytest

from tutorial_utils.training.config import ComiRecConfig, initial_item_embedding, parameter_shapes


def test_defaults_are_the_papers():
    config = ComiRecConfig(100)
    assert dataclasses.asdict(config) == {
        "n_items": 100,
        "embedding_dim": 64,
        "n_interests": 4,
        "max_length": 20,
        "attention_dim": None,
        "temperature": None,
        "tied": True,
        "pool_positions": False,
    }
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.n_items = 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_items": 1}, "n_items is 1, expected at least 2"),
        ({"embedding_dim": 0}, "embedding_dim is 0, expected at least 1"),
        ({"n_interests": -1}, "n_interests is -1"),
        ({"max_length": 0}, "max_length is 0"),
        ({"attention_dim": 0}, "attention_dim is 0"),
        ({"temperature": 0}, "temperature is 0, expected a positive number"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": "0.1"}, "temperature is '0.1'"),
    ],
)
def test_bad_values_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        ComiRecConfig(**{"n_items": 10, **change})


@pytest.mark.parametrize("value", [2.0, "2", None])
def test_sizes_are_integers(value):
    with pytest.raises(TypeError, match=r"embedding_dim is .*, expected an integer"):
        ComiRecConfig(10, embedding_dim=value)


def test_numpy_integers_become_plain_ones():
    assert type(ComiRecConfig(np.int64(10)).n_items) is int


def test_parameter_shapes():
    config = ComiRecConfig(10, embedding_dim=3, n_interests=2, max_length=5)
    assert parameter_shapes("MeanPooling", config) == {"item_embedding": (10, 3)}
    assert parameter_shapes("ComiRecSA", config) == {
        "item_embedding": (10, 3),
        "w1": (3, 12),
        "w2": (12, 2),
        "position_embedding": (5, 3),
    }
    assert parameter_shapes("ComiRecSA", dataclasses.replace(config, attention_dim=7))["w1"] == (3, 7)
    with pytest.raises(ValueError, match="model is 'ComiRecDR', expected one of"):
        parameter_shapes("ComiRecDR", config)


def test_items_start_with_length_one_and_padding_with_zero():
    table = initial_item_embedding(ComiRecConfig(2000, embedding_dim=64), seed=0)
    assert table.dtype == np.float32
    assert (table[0] == 0).all()
    assert abs(np.linalg.norm(table[1:], axis=1).mean() - 1) < 0.01
    np.testing.assert_array_equal(table, initial_item_embedding(ComiRecConfig(2000, embedding_dim=64), seed=0))
    assert not np.array_equal(table, initial_item_embedding(ComiRecConfig(2000, embedding_dim=64), seed=1))
