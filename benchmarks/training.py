"""Chapter 05's figures: recall of every model, the two frameworks' losses side by side, step time and memory.

``python -m benchmarks.training --framework torch --threads 1 --out src/tutorial_utils/results/training.json``

- quality: on MovieLens-100K and the synthetic data, five splits of the users, baselines and models with one recipe.
  Learning rate and temperature are chosen once for all models, by the mean validation Recall@50 of K = 1 and K = 4 on
  split 0; ItemKNN's shrinkage on the validation users of each split; the number of steps by early stopping.
- trace: the losses of PyTorch and PaddlePaddle from the same weights and batches.
- cost: processor time of a step and peak memory, each point in a fresh process.

Every part runs in a process of its own, one at a time, so that the frameworks never meet.
"""

import argparse
import importlib
import json
import os
import platform
import subprocess
import time
from collections import defaultdict
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.baselines import best_shrink
from benchmarks.measure import in_fresh_process, resident, restart_peak
from tutorial_utils import setup
from tutorial_utils.baselines import ItemKNN, Popularity
from tutorial_utils.data import (
    SequenceData,
    input_and_targets,
    load_movielens,
    load_synthetic,
    pad_sequences,
    split_by_user,
)
from tutorial_utils.metrics import evaluate_per_user, normalised_mutual_information, purity
from tutorial_utils.parity import to_numpy
from tutorial_utils.training.plan import make_plan

DATA = {"ml-100k": load_movielens, "synthetic": load_synthetic}
SPLITS = (0, 1, 2, 3, 4)
VARIANTS = {"excluded": True, "listed": False}  # what happens to seen items -> exclude_seen
MODELS = {"mean pooling": ("MeanPooling", 1)} | {f"K = {K}": ("ComiRecSA", K) for K in (1, 2, 4, 8)}
RECIPES = ((0.002, 0.1), (0.005, 0.1), (0.005, 0.2), (0.005, None))  # learning rate, temperature
SIZES = {"embedding_dim": 16, "max_length": 20}
PLAN = {"steps": 2000, "batch_size": 128, "evaluate_every": 200, "patience": 4, "seed": 0, "progress": False}
TRACE = {"learning_rate": 0.005, "temperature": 0.1, "n_interests": 4, "steps": 200}
COST = {"batch_size": 128, "embedding_dim": 64, "n_interests": 4, "steps": 10, "n_negatives": 1280}
COST_ITEMS, COST_LENGTHS = (1_000, 10_000, 100_000), (10, 20, 50, 100)

Results = dict[str, dict[str, np.ndarray]]  # variant -> metric -> (U,) values of the test users


class Bench:
    """What one process needs: a framework, set up."""

    def __init__(self, framework: str, threads: int) -> None:
        self.device = setup(framework, threads=threads)
        self.module = importlib.import_module(f"tutorial_utils.training.{framework}")
        self.tensor = importlib.import_module(framework).__dict__["as_tensor" if framework == "torch" else "to_tensor"]

    def model(self, name: str, **sizes: Any) -> Any:
        """Build a model."""
        return getattr(self.module, name)(self.module.ComiRecConfig(**sizes), seed=0)

    def trained(
        self, name: str, K: int, train: SequenceData, valid: SequenceData, recipe: dict[str, Any]
    ) -> tuple[Any, Any]:
        """Train a model and return it with its history."""
        sizes = SIZES | {"n_items": train.n_items, "n_interests": K, "temperature": recipe["temperature"]}
        model = self.model(name, **sizes)
        return model, self.module.fit(model, train, valid, learning_rate=recipe["learning_rate"], **PLAN)


def quality(framework: str, threads: int, name: str) -> dict[str, Any]:
    """Every recommender on every split of one data set."""
    bench, data = Bench(framework, threads), DATA[name]()
    recipe, search = choose_recipe(bench, data)
    print(name, recipe, flush=True)
    by_model: dict[str, list[Results]] = defaultdict(list)
    recovery: dict[str, list[dict[str, Any]]] = defaultdict(list)
    best_steps: dict[str, list[int | None]] = defaultdict(list)
    shrinks, losses = [], {}
    for seed in SPLITS:
        train, valid, test = split_by_user(data, seed=seed)
        shrinks.append(best_shrink(train, valid))
        by_model["Popularity"].append(measure(Popularity().fit(train), test))
        by_model["ItemKNN"].append(measure(ItemKNN(shrinks[-1]).fit(train), test))
        for label, (kind, K) in MODELS.items():
            model, history = bench.trained(kind, K, train, valid, recipe)
            by_model[label].append(measure(model, test))
            best_steps[label].append(history.best_step)
            print(name, seed, label, f"{by_model[label][-1]['excluded']['recall@50'].mean():.4f}", flush=True)
            if kind == "ComiRecSA" and K > 1:
                recovery[label].append(heads(bench, model, test))
            if seed == SPLITS[0]:
                losses[label] = np.reshape(history.losses, (-1, 50)).mean(axis=1).round(4).tolist()
    return {
        "data": repr(data),
        "test_users": [len(results["listed"]["recall@50"]) for results in by_model["Popularity"]],
        "recipe": recipe,
        "search": search,
        "shrink": shrinks,
        "best_step": best_steps,
        "losses_by_50_steps": losses,
        "metrics": {label: means(splits) for label, splits in by_model.items()},
        "against_one_interest": {label: paired(splits, by_model["K = 1"]) for label, splits in by_model.items()},
        "heads": recovery,
    }


def choose_recipe(bench: Bench, data: SequenceData) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Learning rate and temperature, the same for all models: the best mean of K = 1 and K = 4 on split 0."""
    train, valid, _ = split_by_user(data, seed=SPLITS[0])
    search = []
    for rate, temperature in RECIPES:
        recipe = {"learning_rate": rate, "temperature": temperature}
        histories = [bench.trained("ComiRecSA", K, train, valid, recipe)[1] for K in (1, 4)]
        search.append(recipe | {"valid_recall@50": [round(max(h.metrics["recall@50"]), 4) for h in histories]})
        print(search[-1], flush=True)
    best = max(search, key=lambda entry: sum(entry["valid_recall@50"]))
    return {name: best[name] for name in ("learning_rate", "temperature")}, search


def measure(model: Any, test: SequenceData) -> Results:
    """Every test user's metrics, in both variants of seen items."""
    return {name: evaluate_per_user(model.scores, test, exclude_seen=flag) for name, flag in VARIANTS.items()}


def means(splits: list[Results]) -> dict[str, dict[str, list[float]]]:
    """Variant -> metric -> mean over users, one a split."""
    return {
        variant: {metric: [round(float(split[variant][metric].mean()), 4) for split in splits] for metric in metrics}
        for variant, metrics in splits[0].items()
    }


def paired(splits: list[Results], base: list[Results]) -> dict[str, dict[str, Any]]:
    """Differences to the base, user by user: pooled over splits, with the normal 95 % interval."""
    result = {}
    for variant in VARIANTS:
        pairs = zip(splits, base, strict=True)
        by_split = [split[variant]["recall@50"] - other[variant]["recall@50"] for split, other in pairs]
        pooled = np.concatenate(by_split)
        mean, error = pooled.mean(), pooled.std(ddof=1) / np.sqrt(len(pooled))
        result[variant] = {
            "mean": round(float(mean), 4),
            "standard_error": round(float(error), 4),
            "interval": [round(float(mean + side * 1.96 * error), 4) for side in (-1, 1)],
            "by_split": [round(float(differences.mean()), 4) for differences in by_split],
            "users": len(pooled),
        }
    return result


def heads(bench: Bench, model: Any, test: SequenceData) -> dict[str, Any]:
    """How the heads share the targets among them and, where true interests are known, whether they find these.

    A click belongs to the head that attends to it most, or to the interest that scores it highest. Both groupings are
    compared with the true interests, user by user, and that by attention with the clicks' positions, over all users.
    """
    n, K = model.config.max_length, model.config.n_interests
    histories, targets = input_and_targets(test)
    ids, mask = (bench.tensor(array) for array in pad_sequences(histories, n))
    interests, items = to_numpy(model(ids, mask)), to_numpy(model.item_vectors())
    pairs = zip(targets, interests, strict=True)
    chosen = np.concatenate([(items[target] @ user.T).argmax(axis=1) for target, user in pairs])
    result: dict[str, Any] = {"share_of_targets": (np.bincount(chosen, minlength=K) / len(chosen)).round(4).tolist()}
    if test.event_interest is None:
        return result
    embedded = bench.tensor(to_numpy(model.item_embedding))[ids]  # (U, n, d)
    by_attention = to_numpy(model.attention(embedded, mask)).argmax(axis=2)  # (U, n)
    by_score = np.einsum("und,ukd->unk", items[to_numpy(ids)], interests).argmax(axis=2)  # (U, n)
    real = to_numpy(mask)
    truths = [truth[: len(past)][-n:] for truth, past in zip(test.event_interest, histories, strict=True)]
    positions = np.broadcast_to(np.arange(n), real.shape)
    return result | {
        "attention": agreement([row[keep] for row, keep in zip(by_attention, real, strict=True)], truths),
        "score": agreement([row[keep] for row, keep in zip(by_score, real, strict=True)], truths),
        "attention_and_position": round(normalised_mutual_information(by_attention[real], positions[real]), 4),
    }


def agreement(groups: list[np.ndarray], truths: list[np.ndarray]) -> dict[str, float]:
    """Purity and NMI, means over users with several interests, and those of the same groups shuffled."""
    rng = np.random.default_rng(0)
    pairs = [(group, truth) for group, truth in zip(groups, truths, strict=True) if len(np.unique(truth)) > 1]
    result = {}
    for name, metric in {"purity": purity, "nmi": normalised_mutual_information}.items():
        result[name] = float(np.mean([metric(group, truth) for group, truth in pairs]).round(4))
        shuffled = [metric(rng.permutation(group), truth) for group, truth in pairs]
        result[f"{name}_shuffled"] = float(np.mean(shuffled).round(4))
    return result


def trace(framework: str, threads: int) -> list[float]:
    """The losses of the first steps on the synthetic data."""
    bench, (train, _, _) = Bench(framework, threads), split_by_user(load_synthetic(), seed=0)
    sizes = SIZES | {name: TRACE[name] for name in ("n_interests", "temperature")}
    model = bench.model("ComiRecSA", n_items=train.n_items, **sizes)
    plan = PLAN | {name: TRACE[name] for name in ("learning_rate", "steps")}
    return [round(loss, 6) for loss in bench.module.fit(model, train, None, **plan).losses]


def cost(framework: str, threads: int, n_items: int, n: int, n_negatives: int | None) -> dict[str, Any]:
    """Median processor time of a step in milliseconds, and how far memory rises above what the imports hold."""
    bench = Bench(framework, threads)
    rng = np.random.default_rng(0)
    data = SequenceData(list(rng.integers(1, n_items, size=(500, n + 1))), n_items)
    small = SequenceData([[1, 2]])
    take_steps(bench, small, {"n_items": small.n_items}, n_negatives, 1)  # what a first step loads, counts as import
    before = restart_peak()
    sizes = {"n_items": n_items, "max_length": n} | {name: COST[name] for name in ("embedding_dim", "n_interests")}
    seconds = take_steps(bench, data, sizes, n_negatives, COST["steps"] + 2)
    return {
        "framework": framework,
        "n_items": n_items,
        "n": n,
        "n_negatives": n_negatives,
        "milliseconds": round(float(np.median(seconds[2:])) * 1e3, 2),  # two to warm up
        "megabytes": round((resident("VmHWM") - before) / 1024, 1),
    }


def take_steps(
    bench: Bench, data: SequenceData, sizes: dict[str, int], n_negatives: int | None, steps: int
) -> list[float]:
    """Train a new model and return the processor seconds of every step."""
    learner = bench.module.Learner(bench.model("ComiRecSA", **sizes), 0.001)
    plan = make_plan(
        data,
        None,
        steps,
        COST["batch_size"],
        learning_rate=0.001,
        n_negatives=n_negatives,
        seed=0,
        evaluate_every=1,
        patience=None,
    )
    batches = plan.batches(data, learner.model.config, start=0)
    seconds = []
    for batch in islice(batches, steps):
        start = time.process_time()
        learner.fetch([learner.step(batch, plan.learning_rate)])
        seconds.append(time.process_time() - start)
    return seconds


def main() -> None:
    """Measure everything and write one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=("torch", "paddle"), default="torch", help="of the quality table")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    framework, threads = arguments.framework, arguments.threads
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    start = time.perf_counter()
    traces = {name: in_fresh_process(trace, name, threads) for name in ("torch", "paddle")}
    points = [(V, 20, m) for V in COST_ITEMS for m in (None, COST["n_negatives"])]
    points += [(COST_ITEMS[1], n, None) for n in COST_LENGTHS if n != 20]
    costs = [in_fresh_process(cost, name, threads, *point) for name in traces for point in points]
    qualities = {name: in_fresh_process(quality, framework, threads, name) for name in reversed(DATA)}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    result = {
        "command": f"python -m benchmarks.training --framework {framework} --threads {threads}",
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "versions": {"python": platform.python_version()}
        | {name: version(name).partition("+")[0] for name in ("numpy", "torch", "paddlepaddle")},
        "processor": platform.machine(),
        "threads": threads,
        "minutes": round((time.perf_counter() - start) / 60, 1),
        "seeds": {"splits": SPLITS, "model": 0, "batches": PLAN["seed"], "synthetic": 0},
        "sizes": SIZES,
        "plan": {name: PLAN[name] for name in ("steps", "batch_size", "evaluate_every", "patience")},
        "quality": qualities,
        "trace": {"settings": TRACE | SIZES, "losses": traces},
        "cost": {"settings": COST, "points": costs},
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
