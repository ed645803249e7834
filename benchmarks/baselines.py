"""Popularity and ItemKNN on any data, over several splits of the users, with and without seen items in the lists.

``python -m benchmarks.baselines --sequences FILE [--attributes FILE]`` or ``--movielens 100k``

ItemKNN stands twice: with shrinkage 10 and with the shrinkage that is best on the validation users of each split. Prints
the mean over splits and what to expect of it: the standard error of one split from its users, and the standard
deviation between splits.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from tutorial_utils.baselines import ItemKNN, Popularity
from tutorial_utils.data import SequenceData, load_movielens, load_sequences, split_by_user
from tutorial_utils.metrics import evaluate_per_user, evaluate_topn

SHRINKS = (0, 2, 5, 10, 20, 50, 100, 200, 500)
COLUMNS = ("recall@20", "hit_rate@20", "ndcg@20", "recall@50", "hit_rate@50", "ndcg@50")


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    data = _load(arguments)
    print(data)
    results: dict[tuple[str, str], list[dict[str, np.ndarray]]] = defaultdict(list)
    for seed in arguments.split_seeds:
        train, valid, test = split_by_user(data, seed=seed)
        shrink = best_shrink(train, valid)
        models = {"Popularity": Popularity(), "ItemKNN, shrink 10": ItemKNN(10), "ItemKNN, best": ItemKNN(shrink)}
        for name, model in models.items():
            fitted, fit_seconds = _timed(lambda model=model: model.fit(train))
            for variant, exclude_seen in (("excluded", True), ("listed", False)):
                values, seconds = _timed(
                    lambda fitted=fitted, seen=exclude_seen: evaluate_per_user(fitted.scores, test, exclude_seen=seen)
                )
                results[name, variant].append(values)
            print(_line(seed, name, model, results, fit_seconds, seconds))
    print(_table(results))


def best_shrink(train: SequenceData, valid: SequenceData) -> int:
    """Shrinkage with the highest Recall@50 on the validation users, seen items excluded."""
    return max(SHRINKS, key=lambda shrink: evaluate_topn(ItemKNN(shrink).fit(train).scores, valid)["recall@50"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--sequences", help="a line a user: user item item ...")
    source.add_argument("--movielens", choices=("100k", "1m"))
    parser.add_argument("--attributes", help="JSON, {item: [attribute, ...]}; the first one is the category")
    parser.add_argument("--split-seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    return parser.parse_args()


def _load(arguments: argparse.Namespace) -> SequenceData:
    if arguments.movielens:
        return load_movielens(arguments.movielens)
    return load_sequences(arguments.sequences, arguments.attributes)


def _timed(action: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return action(), time.perf_counter() - start


def _line(seed: int, name: str, model: Any, results: dict, fit_seconds: float, seconds: float) -> str:
    excluded, listed = (results[name, variant][-1]["recall@50"] for variant in ("excluded", "listed"))
    shrink = f" shrink {model.shrink:3}," if isinstance(model, ItemKNN) else " " * 12
    error = excluded.std(ddof=1) / np.sqrt(len(excluded))
    return (
        f"split {seed}: {name:18}{shrink} {len(excluded)} test users, Recall@50 {excluded.mean():.4f} seen excluded "
        f"(standard error {error:.4f}), {listed.mean():.4f} listed; fit {fit_seconds:.2f} s, evaluate {seconds:.2f} s"
    )


def _table(results: dict[tuple[str, str], list[dict[str, np.ndarray]]]) -> str:
    columns = [name for name in (*COLUMNS, "diversity@50") if name in next(iter(results.values()))[0]]
    rows = ["| recommender | seen items | " + " | ".join(columns) + " |", "|---|---|" + "---|" * len(columns)]
    for (name, variant), splits in results.items():
        means = np.array([[values[column].mean() for column in columns] for values in splits])  # (splits, columns)
        cells = [f"{mean:.4f} ± {sd:.4f}" for mean, sd in zip(means.mean(axis=0), means.std(axis=0), strict=True)]
        rows.append(f"| {name} | {variant} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
