"""Popularity and ItemKNN on any data, over several splits of the users, with and without seen items in the lists.

``python -m benchmarks.baselines --sequences FILE [--attributes FILE]`` or ``--movielens 100k``

ItemKNN stands twice: with shrinkage 10, and with the shrinkage that is best on the validation users of each split.
Prints, split by split, Recall@50 with the standard error over test users and the seconds, then a table of every metric:
mean and standard deviation over the splits.
"""

import argparse
import time
from collections import defaultdict
from typing import Any

import numpy as np

from tutorial_utils.baselines import ItemKNN, Popularity
from tutorial_utils.data import SequenceData, load_movielens, load_sequences, split_by_user
from tutorial_utils.metrics import evaluate_per_user, evaluate_topn

SHRINKS = (0, 2, 5, 10, 20, 50, 100, 200, 500)
COLUMNS = ("recall@20", "hit_rate@20", "ndcg@20", "recall@50", "hit_rate@50", "ndcg@50", "diversity@50")
VARIANTS = {"excluded": True, "listed": False}  # what happens to seen items -> exclude_seen

Results = dict[str, dict[str, np.ndarray]]  # variant -> metric -> (U,) values of the test users


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    data = _load(arguments)
    print(data)
    by_name: dict[str, list[Results]] = defaultdict(list)
    for seed in arguments.split_seeds:
        train, valid, test = split_by_user(data, seed=seed)
        best = ItemKNN(best_shrink(train, valid))
        for name, model in {"Popularity": Popularity(), "ItemKNN": ItemKNN(10), "ItemKNN, best": best}.items():
            results, seconds = measure(model, train, test)
            by_name[name].append(results)
            print(_line(seed, name, getattr(model, "shrink", ""), results, seconds))
    print(_table(by_name))


def best_shrink(train: SequenceData, valid: SequenceData) -> int:
    """Shrinkage with the highest Recall@50 on the validation users, seen items excluded."""
    return max(SHRINKS, key=lambda shrink: evaluate_topn(ItemKNN(shrink).fit(train).scores, valid)["recall@50"])


def measure(model: Popularity | ItemKNN, train: SequenceData, test: SequenceData) -> tuple[Results, list[float]]:
    """Fit, evaluate in both variants, and time the three."""
    times = [time.perf_counter()]
    model.fit(train)
    times.append(time.perf_counter())
    results = {}
    for variant, exclude_seen in VARIANTS.items():
        results[variant] = evaluate_per_user(model.scores, test, exclude_seen=exclude_seen)
        times.append(time.perf_counter())
    return results, np.diff(times).tolist()


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


def _line(seed: int, name: str, shrink: Any, results: Results, seconds: list[float]) -> str:
    excluded, listed = (results[variant]["recall@50"] for variant in VARIANTS)
    error = excluded.std() / np.sqrt(len(excluded))
    recall = f"Recall@50 {excluded.mean():.4f} seen excluded, {listed.mean():.4f} listed"
    spread = f"(standard error {error:.4f}, {len(excluded)} users)"
    times = ", ".join(f"{second:.2f}" for second in seconds)
    return f"split {seed} {name:13} shrink {shrink!s:3}  {recall} {spread}; fit, evaluate twice: {times} s"


def _table(by_name: dict[str, list[Results]]) -> str:
    known = next(iter(by_name.values()))[0]["listed"]
    columns = [column for column in COLUMNS if column in known]
    lines = ["| recommender | seen items | " + " | ".join(columns) + " |", "|---|---|" + "---|" * len(columns)]
    for name, splits in by_name.items():
        for variant in VARIANTS:
            means = np.array(
                [[split[variant][column].mean() for column in columns] for split in splits]
            )  # (splits, columns)
            cells = [f"{mean:.4f} ± {sd:.4f}" for mean, sd in zip(means.mean(axis=0), means.std(axis=0), strict=True)]
            lines.append(f"| {name} | {variant} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
