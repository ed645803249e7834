"""The result files that ship with the package can be read, and say how they were made."""

import numpy as np
import pytest

from tutorial_utils import results


def test_unknown_name_lists_the_files():
    with pytest.raises(ValueError, match=r"name is 'missing', expected one of \[.*'training'.*\]"):
        results.load("missing")


@pytest.mark.parametrize("name", ["../pyproject", "training.json"])
def test_only_names_are_taken(name):
    with pytest.raises(ValueError, match="expected one of"):
        results.load(name)


def test_training_says_how_it_was_made():
    result = results.load("training")
    assert result["command"].startswith("python -m benchmarks.training")
    assert {"python", "numpy", "torch", "paddlepaddle"} <= result["versions"].keys()
    assert {"date", "commit", "seeds", "threads"} <= result.keys()


@pytest.mark.parametrize("data", ["ml-100k", "synthetic"])
def test_training_is_consistent(data):
    quality = results.load("training")["quality"][data]
    for model, by_variant in quality["metrics"].items():
        for variant, metrics in by_variant.items():
            difference = np.subtract(metrics["recall@50"], quality["metrics"]["K = 1"][variant]["recall@50"])
            paired = quality["against_one_interest"][model][variant]
            np.testing.assert_allclose(paired["by_split"], difference, atol=2e-4)
            assert paired["interval"][0] <= paired["mean"] <= paired["interval"][1]
            assert paired["users"] == sum(quality["test_users"])


def test_training_traces_agree():
    losses = results.load("training")["trace"]["losses"]
    assert len(losses["torch"]) == len(losses["paddle"]) == 200
    np.testing.assert_allclose(losses["torch"], losses["paddle"], atol=1e-4)
