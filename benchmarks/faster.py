"""Put the files of chapter 07 together.

``python -m benchmarks.faster --quality FILES --interests FILE --groups FILES --ideas FILES --out FILE``

The files are those of `benchmarks.quality` (any data and splits) and of the benchmarks that the options name. Nothing
is measured here. By data set: medians over splits and seeds, differences to K = 1 paired user by user, and
the curves of the first file.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compare import by_split, collect, paired
from benchmarks.groups import BASE

NAMES = {"sequences": "Amazon Beauty"}  # what the file of sequences was that the book measured
COLUMNS = ("recall@20", "recall@50", "hit_rate@50", "ndcg@50")


def main() -> None:
    """Read, put together, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quality", type=Path, nargs="+", required=True)
    parser.add_argument("--interests", type=Path, required=True)
    parser.add_argument("--groups", type=Path, nargs="+", required=True)
    parser.add_argument("--ideas", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    files = [json.loads(path.read_text()) for path in arguments.quality]
    by_data: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in files:
        by_data[named(file["data"])].append(file)
    result = {
        "command": "python -m benchmarks.faster, of what benchmarks.quality, interests, groups and ideas measured",
        "date": max(file["date"] for file in files),
        "commit": sorted({file["commit"] for file in files}),
        "versions": files[0]["versions"],
        "processor": files[0]["processor"],
        "threads": files[0]["settings"]["threads"],
        "seeds": {name: sorted({file["settings"][name] for file in files}) for name in ("split_seed", "seed")},
        "data": {name: describe(found) for name, found in by_data.items()},
        "interests": json.loads(arguments.interests.read_text()),
        **{name: joined(getattr(arguments, name)) for name in ("groups", "ideas")},
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")


def joined(paths: list[Path]) -> list[dict[str, Any]]:
    """The rows of several files."""
    return [row | {"data": named(row["data"])} for path in paths for row in json.loads(path.read_text())]


def named(data: str) -> str:
    """The name of a data set, from its repr."""
    name = data.partition("(")[2].partition(":")[0]
    return NAMES.get(name, name)


def describe(files: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows, differences and curves of one data set."""
    runs = collect(files)
    curves = {label: next(iter(results.values())).get("curve") for label, results in runs.items()}
    return {
        "data": files[0]["data"],
        "rows": [medians(label, list(results.values())) for label, results in runs.items()],
        "against_one_interest": {
            label: {metric: paired(results, runs[BASE], metric) for metric in ("recall@50", "ndcg@50")}
            for label, results in runs.items()
            if label != BASE
        },
        "one_seed_against_one_interest": {
            label: {"recall@50": paired(first_seed(results), runs[BASE], "recall@50")}
            for label, results in runs.items()
            if label != BASE and first_seed(results) != results
        },
        "spread_over_seeds": spread(runs[BASE]),
        "curves": {label: [point[:2] for point in curve] for label, curve in curves.items() if curve},
        "levels": {
            label: round(next(iter(runs[label].values()))["valid"]["excluded"]["recall@50"], 4)
            for label in ("Popularity", "ItemKNN")
        },
    }


def first_seed(results: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """The runs with the lowest seed."""
    lowest = min(key[2] for key in results)
    return {key: found for key, found in results.items() if key[2] == lowest}


def spread(results: dict[Any, dict[str, Any]]) -> float:
    """The standard deviation of Recall@50 over seeds, within splits; every split needs several."""
    recalls = {key: found["test"]["excluded"]["recall@50"] for key, found in results.items()}
    return round(float(np.sqrt(np.mean([np.var(seeds, ddof=1) for seeds in by_split(recalls)]))), 4)


def medians(label: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """One row: medians over splits and seeds, seen items excluded."""
    values = np.median([[found["test"]["excluded"][column] for column in COLUMNS] for found in results], axis=0)
    row = {"recommender": label, "runs": len(results)} | dict(zip(COLUMNS, values.round(4).tolist(), strict=True))
    for cost in ("seconds", "targets_per_second"):
        if cost in results[0]:
            row[cost] = round(float(np.median([found[cost] for found in results])), 1)
    return row


if __name__ == "__main__":
    main()
