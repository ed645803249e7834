"""Print what files of `benchmarks.quality` hold, side by side: ``python -m benchmarks.compare A.json B.json ...``.

Files of several splits and seeds are put together: a table gives medians over them. Differences are paired user by
user, averaged over the seeds that two recommenders share in a split, then pooled over splits, with the normal 95 %
interval. Time to quality is counted on the validation curve: the seconds until a recommender first reaches the best
validation Recall@50 of another, in the same split.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import mean_and_interval

METRICS = ("recall@20", "recall@50", "hit_rate@50", "ndcg@20", "ndcg@50", "diversity@50")
Runs = dict[str, dict[Any, dict[str, Any]]]  # label -> (data, split, seed) -> result


def main() -> None:
    """Read the files and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--against", help="the recommender that others are compared with; default: the first")
    arguments = parser.parse_args()
    runs = collect(json.loads(file.read_text()) for file in arguments.files)
    against = arguments.against or next(iter(runs))
    if against not in runs:
        parser.error(f"--against is {against!r}, expected one of {tuple(runs)}")
    for variant in ("excluded", "listed"):
        print(f"\nTest users, seen items {variant}; medians over splits and seeds\n")
        print(quality_table(runs, variant))
    print(f"\nPaired differences to {against}, test users, seen items excluded\n")
    print(difference_table(runs, against))
    print(f"\nSeconds of training until the best validation Recall@50 of {against} is reached\n")
    print(time_table(runs, against))


def collect(files: Any) -> Runs:
    """Sort the results of all files by recommender, data and split."""
    runs: Runs = defaultdict(dict)
    for file in files:
        settings = file["settings"]
        for label, result in file["results"].items():
            name = label
            if label == settings["recipe"]:
                name = f"{label}, K = {settings['interests']}"
            elif label in ("K = 1", "mean pooling"):
                name = f"{settings['recipe']}, {label}"
            if "steps" in result and settings["framework"] != "torch":
                name += f" ({settings['framework']})"
            runs[name][file["data"], settings["split_seed"], settings["seed"]] = result
    return dict(runs)


def quality_table(runs: Runs, variant: str) -> str:
    """Medians over splits and seeds, one row a recommender."""
    known = next(iter(next(iter(runs.values())).values()))["test"][variant]
    columns = [metric for metric in METRICS if metric in known]
    rows = []
    for label, results in runs.items():
        values = [[result["test"][variant][column] for column in columns] for result in results.values()]
        costs = [[result.get(key, np.nan) for key in ("seconds", "targets_per_second")] for result in results.values()]
        seconds, speed = np.median(costs, axis=0)
        cells = [f"{value:.4f}" for value in np.median(values, axis=0)]
        rows.append([label, len(results), *cells, f"{seconds:.1f}", f"{speed:.0f}"])
    return table(["recommender", "runs", *columns, "seconds", "targets/s"], rows)


def difference_table(runs: Runs, against: str) -> str:
    """Mean difference and its interval, one row a recommender."""
    rows = []
    for label, results in runs.items():
        shared = [key for key in results if key in runs[against]]
        if label == against or not shared:
            continue
        cells = []
        for metric in ("recall@50", "ndcg@50"):
            mean, low, high = paired(results, runs[against], metric)
            cells.append(f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]")
        rows.append([label, len(shared), *cells])
    return table(["recommender", "runs", "Recall@50", "NDCG@50"], rows)


def paired(results: dict[Any, dict[str, Any]], others: dict[Any, dict[str, Any]], metric: str) -> list[float]:
    """Mean difference and the ends of its 95 % interval, over the users of the splits that both have."""
    differences = {
        key: np.subtract(found["per_user"][metric], others[key]["per_user"][metric])
        for key, found in results.items()
        if key in others
    }
    return mean_and_interval(np.concatenate([np.mean(seeds, axis=0) for seeds in by_split(differences)]))


def by_split(values: dict[Any, Any]) -> list[list[Any]]:
    """What stands under (data, split, seed): the values of all seeds together, a list for each split."""
    splits = defaultdict(list)
    for (data, split, _), value in values.items():
        splits[data, split].append(value)
    return list(splits.values())


def time_table(runs: Runs, against: str) -> str:
    """Seconds until the other's best is reached, one row a recommender; medians over the runs where it is."""
    rows = []
    for label, results in runs.items():
        shared = [key for key in results if "curve" in results[key] and "curve" in runs[against].get(key, {})]
        times = [seconds_until(results[key]["curve"], best(runs[against][key]["curve"])) for key in shared]
        reached = [seconds for seconds in times if seconds is not None]
        if shared:
            rows.append([label, f"{len(reached)} of {len(shared)}", f"{np.median(reached):.1f}" if reached else "-"])
    return table(["recommender", "runs that reach it", "seconds"], rows)


def best(curve: list[list[float]]) -> float:
    """The highest validation Recall@50 of a curve of seconds, Recall@50 and NDCG@50."""
    return max(recall for _, recall, _ in curve)


def seconds_until(curve: list[list[float]], wanted: float) -> float | None:
    """The first time that a curve is as high; None if it never is."""
    return next((seconds for seconds, recall, _ in curve if recall >= wanted), None)


def table(head: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


if __name__ == "__main__":
    main()
