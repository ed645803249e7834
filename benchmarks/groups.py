"""Whom do several interests serve? Test users in thirds by how mixed their histories are, and by how long.

``python -m benchmarks.groups --sequences FILE --attributes FILE --out FILE.json A.json B.json ...``, or with
``--movielens 100k`` in place of the first two.

The files are those of `benchmarks.quality`, one a split, of the same data and recipe. Mixed means: the entropy of the
categories of the events that the model reads. Recall@50 with seen items excluded; differences to K = 1 are paired user
by user, pooled over splits, with the normal 95 % interval.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compare import Runs, collect, table
from benchmarks.measure import mean_and_interval
from benchmarks.quality import load
from tutorial_utils.data import SequenceData, split_by_user
from tutorial_utils.metrics import input_and_targets

BASE = "default, K = 1"
THIRDS = ("lowest", "middle", "highest")


def main() -> None:
    """Read the files, print a table for either grouping and write both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--sequences", type=Path)
    parser.add_argument("--attributes", type=Path)
    parser.add_argument("--movielens", choices=("100k", "1m"))
    parser.add_argument("--out", type=Path, required=True)
    parser.set_defaults(synthetic=False)
    arguments = parser.parse_args()
    files = [json.loads(file.read_text()) for file in arguments.files]
    data, runs = load(arguments), collect(files)
    users = [describe(data, file["settings"]) for file in files]
    rows = []
    for place, name in enumerate(("entropy", "length")):
        found = compare_thirds(np.concatenate([described[place] for described in users]), runs)
        print(f"\nThirds by {name} of the history\n\n{table(list(found[0]), [list(row.values()) for row in found])}")
        rows += [{"data": files[0]["data"], "by": name} | row for row in found]
    arguments.out.write_text(json.dumps(rows, indent=1) + "\n")


def describe(data: SequenceData, settings: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The entropy, in bits, and the length of every test user's history."""
    if data.item_category is None:
        raise SystemExit("the data has no categories, expected --attributes FILE or --movielens")
    histories, _ = input_and_targets(split_by_user(data, seed=settings["split_seed"])[2])
    read = [data.item_category[history[-settings["length"] :]] for history in histories]
    return np.array([entropy(categories) for categories in read]), np.array([len(history) for history in histories])


def entropy(categories: np.ndarray) -> float:
    """The entropy of the known ones among some categories, in bits."""
    _, counts = np.unique(categories[categories >= 0], return_counts=True)
    shares = counts / max(1, counts.sum())
    return abs(float((shares * np.log2(shares)).sum()))  # not -0.0


def compare_thirds(values: np.ndarray, runs: Runs) -> list[dict[str, Any]]:
    """Every recommender in every third of the users by `values`; of users with one value, the first go lower."""
    recalls = {
        label: np.concatenate([result["per_user"]["recall@50"] for result in results.values()])
        for label, results in runs.items()
    }
    rows = []
    for third, users in zip(THIRDS, np.array_split(np.argsort(values, kind="stable"), 3), strict=True):
        about = {
            "third": third,
            "from": round(float(values[users].min()), 2),
            "to": round(float(values[users].max()), 2),
        }
        for label, recall in recalls.items():
            difference = mean_and_interval(recall[users] - recalls[BASE][users])
            found = {"recall@50": round(recall[users].mean(), 4), "difference": difference}
            rows.append(about | {"users": len(users), "recommender": label} | found)
    return rows


if __name__ == "__main__":
    main()
