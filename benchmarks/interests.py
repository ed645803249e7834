"""When do several interests pay? Synthetic users whose number, overlap and interleaving of interests is dialled.

``python -m benchmarks.interests --out FILE.json``

For every setting of `load_synthetic` and every split of its users, the default recipe with K = 1, 2, 4 and 8, mean
pooling and ItemKNN. Differences to K = 1 are paired user by user, pooled over splits, with the normal 95 % interval.
"""

import argparse
import importlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.baselines import best_shrink
from benchmarks.measure import mean_and_interval
from tutorial_utils import setup
from tutorial_utils.baselines import ItemKNN
from tutorial_utils.data import SequenceData, load_synthetic, split_by_user
from tutorial_utils.faster_training.recipe import EPOCHS, default_config, start_from_cooccurrence
from tutorial_utils.metrics import evaluate_per_user

BASE = {"max_interests": 4, "overlap": 0.1, "switch": 0.5}
SETTINGS = (
    {"max_interests": 1},
    {"max_interests": 2},
    {},
    {"max_interests": 8},
    {"overlap": 0.6},
    {"switch": 0.05},
)
K_VALUES, SPLITS = (1, 2, 4, 8), (0, 1)


def main() -> None:
    """Measure every setting and write one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=("torch", "paddle"), default="torch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(arguments.threads))
    setup(arguments.framework, threads=arguments.threads)
    rows = [row for setting in SETTINGS for row in measure_setting(arguments.framework, BASE | setting)]
    arguments.out.write_text(json.dumps(rows, indent=1) + "\n")


def measure_setting(framework: str, setting: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a recommender: its recall and its difference to K = 1."""
    data, recalls = load_synthetic(**setting), {}
    for seed in SPLITS:
        train, valid, test = split_by_user(data, seed=seed)
        recommenders = {"ItemKNN": ItemKNN(best_shrink(train, valid)).fit(train)}
        recommenders["mean pooling"] = train_model(framework, "MeanPooling", 1, train, valid)
        recommenders |= {f"K = {K}": train_model(framework, "ComiRecSA", K, train, valid) for K in K_VALUES}
        for name, model in recommenders.items():
            recalls.setdefault(name, []).append(evaluate_per_user(model.scores, test, 50)["recall@50"])
    pooled = {name: np.concatenate(splits) for name, splits in recalls.items()}
    rows = [setting | {"recommender": name} | against(users, pooled["K = 1"]) for name, users in pooled.items()]
    for row in rows:
        print(row, flush=True)
    return rows


def train_model(framework: str, name: str, K: int, train: SequenceData, valid: SequenceData) -> Any:
    """Train by the default recipe."""
    training, faster = (
        importlib.import_module(f"tutorial_utils.{folder}.{framework}") for folder in ("training", "faster_training")
    )
    model = getattr(training, name)(default_config(train.n_items, K))
    start_from_cooccurrence(model, train)
    faster.fit(model, train, valid, epochs=EPOCHS, progress=False)
    return model


def against(users: np.ndarray, others: np.ndarray) -> dict[str, Any]:
    """The mean, and the mean difference with its interval."""
    difference = mean_and_interval(users - others)
    return {"recall@50": round(float(users.mean()), 4), "difference": difference, "users": len(users)}


if __name__ == "__main__":
    main()
