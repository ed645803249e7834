"""How good a recipe gets on any data, how fast, and what the baselines reach: one file for each run.

``python -m benchmarks.quality --sequences FILE --framework torch --recipe default --interests 4 --out FILE.json``

``--movielens 100k`` or ``--synthetic`` stand in for a file. Popularity, ItemKNN (shrinkage chosen on the validation
users), mean pooling and K = 1 under the same recipe and the same limit of seconds are measured beside the recipe, each
in a fresh process. Nothing is chosen on the test users. Seconds are those of training, its start included and
validation not.
"""

import argparse
import importlib
import json
import os
import platform
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.baselines import VARIANTS, best_shrink
from benchmarks.measure import in_fresh_process, resident, restart_peak
from tutorial_utils import setup
from tutorial_utils.baselines import ItemKNN, Popularity
from tutorial_utils.data import (
    SequenceData,
    count_window_batches,
    load_movielens,
    load_sequences,
    load_synthetic,
    split_by_user,
    window_batches,
)
from tutorial_utils.faster_training.batches import following_items
from tutorial_utils.faster_training.recipe import EPOCHS, default_config, start_from_cooccurrence
from tutorial_utils.metrics import evaluate_per_user
from tutorial_utils.training.config import ComiRecConfig

# By name: changes to the config, changes to the arguments of `fit`, and whether the tables start from co-occurrence.
WINDOWS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "default": ({}, {}, True),
    "hard": ({}, {"loss": "served_softmax_loss"}, True),
    "published-loss": ({}, {"loss": "target_softmax_loss"}, True),
    "random-start": ({}, {}, False),
    "tied": ({"tied": True}, {}, True),
    "next-item": ({}, {"horizon": 1}, True),
    "no-dropout": ({}, {"item_dropout": 0.0, "dropout": 0.0}, True),
    "mixed": ({}, {"mixed_precision": True}, True),
    "item-pool": ({"pool_positions": False}, {}, True),
    "inner-product": ({"temperature": None}, {}, True),
}
PREFIXES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # changes to the config and to the arguments of `fit`
    "plain": ({}, {}),
    "plain-tuned": ({"temperature": 0.1}, {"learning_rate": 0.005}),
    "plain-sampled": ({}, {"n_negatives": 1280}),
}
RECIPES = (*WINDOWS, *PREFIXES, "rechub")
PER_USER = ("recall@50", "ndcg@50")


def main() -> None:
    """Measure everything that the arguments ask for and write one file."""
    arguments = _arguments()
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(arguments.threads))
    os.environ |= threads
    models = {arguments.recipe: ("ComiRecSA", arguments.interests), "K = 1": ("ComiRecSA", 1)}
    models |= {"mean pooling": ("MeanPooling", 1)}
    if arguments.recipe == "rechub":
        models = {"rechub": ("ComiRecSA", arguments.interests)}
    if arguments.alone:
        models = {arguments.recipe: models[arguments.recipe]}
    elif arguments.interests == 1:
        del models["K = 1"]
    results = {label: in_fresh_process(measure_model, arguments, *model) for label, model in models.items()}
    if not arguments.alone:
        results |= {label: in_fresh_process(measure_baseline, arguments, label) for label in ("Popularity", "ItemKNN")}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(_header(arguments) | {"results": results}) + "\n")
    for label, result in results.items():
        test = result["test"]["excluded"]
        print(f"{label:14} Recall@50 {test['recall@50']:.4f} NDCG@50 {test['ndcg@50']:.4f}, {result['seconds']:.1f} s")


def measure_model(arguments: argparse.Namespace, name: str, n_interests: int) -> dict[str, Any]:
    """Train one model by the recipe and measure it."""
    setup(arguments.framework, threads=arguments.threads)
    train, valid, test = split_by_user(load(arguments), seed=arguments.split_seed)
    before = restart_peak()
    if arguments.recipe == "rechub":
        from benchmarks.rechub import train_rechub

        scores, history, start = train_rechub(train, valid, n_interests, arguments)
    else:
        model, fit, start = prepare(arguments, train, name, n_interests)
        with _stopped_after(arguments.seconds):
            history = fit(model, train, valid, seed=arguments.seed, progress=False)
        scores = model.scores
    peak = resident("VmHWM") - before
    seconds = history.seconds[-1] + start if history.seconds else float("nan")
    curve = zip(history.seconds, history.metrics["recall@50"], history.metrics["ndcg@50"], strict=True)
    return _measure(scores, valid, test) | {
        "n_interests": n_interests,
        "seconds": round(seconds, 2),
        "start_seconds": round(start, 2),
        "steps": history.step,
        "best_step": history.best_step,
        "stopped_by": history.stopped_by,
        "targets_per_second": round(history.step * _targets_per_step(arguments, train) / (seconds - start)),
        "peak_megabytes": round(peak / 1024, 1),
        "curve": [[round(s + start, 2), round(recall, 4), round(ndcg, 4)] for s, recall, ndcg in curve],
    }


def prepare(arguments: argparse.Namespace, train: SequenceData, name: str, K: int) -> tuple[Any, Any, float]:
    """Build a model and its `fit`; seconds that the start of its tables took."""
    training = importlib.import_module(f"tutorial_utils.training.{arguments.framework}")
    start = time.perf_counter()
    if arguments.recipe in PREFIXES:
        sizes, changes = PREFIXES[arguments.recipe]
        model = getattr(training, name)(ComiRecConfig(train.n_items, 64, K, arguments.length, **sizes), arguments.seed)
        settings = {"steps": 1_000_000, "patience": 10} | changes
        return model, lambda *data, **more: training.fit(*data, **settings, **more), 0.0
    faster = importlib.import_module(f"tutorial_utils.faster_training.{arguments.framework}")
    sizes, settings, from_cooccurrence = WINDOWS[arguments.recipe]
    base = default_config(train.n_items, K, arguments.length)
    model = getattr(training, name)(ComiRecConfig(**vars(base) | sizes), arguments.seed)
    if from_cooccurrence:
        start_from_cooccurrence(model, train)
    settings = {"epochs": EPOCHS} | settings
    if "loss" in settings:
        settings["loss"] = getattr(faster, settings["loss"])
    fit = lambda *data, **more: faster.fit(*data, **settings, **more)  # noqa: E731
    return model, fit, time.perf_counter() - start


def measure_baseline(arguments: argparse.Namespace, name: str) -> dict[str, Any]:
    """Fit a baseline and measure it; ItemKNN's shrinkage is that which validates best."""
    train, valid, test = split_by_user(load(arguments), seed=arguments.split_seed)
    shrink = best_shrink(train, valid) if name == "ItemKNN" else None
    before, start = restart_peak(), time.perf_counter()
    model = Popularity().fit(train) if shrink is None else ItemKNN(shrink).fit(train)
    seconds, peak = time.perf_counter() - start, resident("VmHWM") - before
    found = _measure(model.scores, valid, test)
    return found | {"seconds": round(seconds, 2), "peak_megabytes": round(peak / 1024, 1), "shrink": shrink}


def load(arguments: argparse.Namespace) -> SequenceData:
    """The data that the arguments name."""
    if arguments.movielens:
        return load_movielens(arguments.movielens)
    if arguments.synthetic:
        return load_synthetic()
    return load_sequences(arguments.sequences, arguments.attributes)


def _measure(scores: Any, valid: SequenceData, test: SequenceData) -> dict[str, Any]:
    """Every metric, on both groups of users and in both variants; per user where the book compares in pairs."""
    results: dict[str, Any] = {}
    for group, data in {"valid": valid, "test": test}.items():
        users = {name: evaluate_per_user(scores, data, (20, 50), flag) for name, flag in VARIANTS.items()}
        results[group] = {
            variant: {metric: round(float(values.mean()), 5) for metric, values in found.items()}
            for variant, found in users.items()
        }
    per_user = {metric: users["excluded"][metric].round(4).tolist() for metric in PER_USER}  # of the test users
    return results | {"per_user": per_user}


def _targets_per_step(arguments: argparse.Namespace, train: SequenceData) -> float:
    """Targets that a step trains, a prefix with two next items counting twice; on average over an epoch."""
    if arguments.recipe in PREFIXES:
        return 128
    if arguments.recipe == "rechub":
        return 256
    steps = count_window_batches(train, 128, arguments.length)
    horizon = WINDOWS[arguments.recipe][1].get("horizon", 2)
    batches = window_batches(train, 128, arguments.length, arguments.seed, steps=steps)
    return sum(int((following_items(targets, horizon) != 0).sum()) for _, _, targets in batches) / steps


@contextmanager
def _stopped_after(seconds: float | None) -> Iterator[None]:
    """Ctrl-C after so many seconds: `fit` ends its step and keeps the best weights."""
    if seconds is None:
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda number, frame: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _header(arguments: argparse.Namespace) -> dict[str, Any]:
    """What makes the figures comparable: data, sizes of the split, versions, machine."""
    data = load(arguments)
    split = split_by_user(data, seed=arguments.split_seed)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    names = ("numpy", "scipy", {"torch": "torch", "paddle": "paddlepaddle"}[arguments.framework])
    settings = {
        name: value for name, value in vars(arguments).items() if name not in ("out", "sequences", "attributes")
    }
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "data": repr(data),
        "settings": settings,
        "users": dict(zip(("train", "valid", "test"), map(len, split), strict=True)),
        "versions": {"python": platform.python_version()} | {name: version(name).partition("+")[0] for name in names},
        "processor": platform.machine(),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--sequences", help="a line a user: user item item ...")
    source.add_argument("--movielens", choices=("100k", "1m"))
    source.add_argument("--synthetic", action="store_true")
    parser.add_argument("--attributes", help="JSON, {item: [attribute, ...]}; the first one is the category")
    parser.add_argument("--framework", choices=("torch", "paddle"), default="torch")
    parser.add_argument("--recipe", choices=RECIPES, default="default")
    parser.add_argument("--interests", type=int, default=4, help="K")
    parser.add_argument("--length", type=int, default=20, help="n")
    parser.add_argument("--split-seed", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0, help="of the model, batches and negatives")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="stop each training after so many")
    parser.add_argument("--alone", action="store_true", help="the recipe without the baselines")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
