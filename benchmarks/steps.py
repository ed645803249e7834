"""Time and memory of a training step on windows, against V and n: ``python -m benchmarks.steps [--framework paddle]``.

Each point in a fresh process, on one thread: the median processor time of a step, and how far memory rises above what
the process holds before the model is built, next to the size of the tables and of the optimizer's state. The data is
drawn: 2,000 sequences of n + 1 items, all items alike. The plain recipe's step with the full softmax stands beside it.
"""

import argparse
import importlib
import os
import time
from itertools import islice

import numpy as np

from benchmarks.measure import in_fresh_process, resident, restart_peak
from tutorial_utils import setup
from tutorial_utils.data import SequenceData
from tutorial_utils.faster_training.batches import make_window_plan
from tutorial_utils.faster_training.recipe import default_config
from tutorial_utils.training.config import ComiRecConfig
from tutorial_utils.training.plan import make_plan

POINTS = [(V, 20) for V in (10_000, 100_000, 1_000_000)] + [(10_000, n) for n in (10, 50)]
COMMON = {"batch_size": 128, "learning_rate": 0.005, "seed": 0, "evaluate_every": 1, "patience": None}


def main() -> None:
    """Measure every point and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--framework", choices=("torch", "paddle"), default="torch")
    parser.add_argument("--interests", type=int, default=4, help="K")
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    print(
        "| recipe | V | n | ms a step | targets a ms | peak MB | tables and state MB |\n|---|---|---|---|---|---|---|"
    )
    points = [("windows", *point) for point in POINTS] + [("plain", 10_000, 20)]
    for point in points:
        print(in_fresh_process(measure, arguments, *point), flush=True)


def measure(arguments: argparse.Namespace, recipe: str, V: int, n: int) -> str:
    """One row of the table."""
    setup(arguments.framework, threads=1)
    folder = "faster_training" if recipe == "windows" else "training"
    module = importlib.import_module(f"tutorial_utils.{folder}.{arguments.framework}")
    training = importlib.import_module(f"tutorial_utils.training.{arguments.framework}")
    data = SequenceData(list(np.random.default_rng(0).integers(1, V, (2_000, n + 1))), V)
    if recipe == "windows":
        config, learner_class = default_config(V, arguments.interests, n), module.WindowLearner
        settings = {"n_negatives": 1024, "horizon": 2, "item_dropout": 0.5, "dropout": 0.2}
        plan = make_window_plan(data, n, epochs=None, steps=arguments.steps, **COMMON | settings)
    else:
        config, learner_class = ComiRecConfig(V, 64, arguments.interests, n), module.Learner
        plan = make_plan(data, None, arguments.steps, n_negatives=None, **COMMON)
    before = restart_peak()
    learner = learner_class(training.ComiRecSA(config), 0.005)
    seconds, targets = [], []
    for batch in islice(plan.batches(data, config, 0), arguments.steps):
        start = time.process_time()
        learner.fetch([learner.step(batch, 0.005)])
        seconds.append(time.process_time() - start)
        targets.append(int((batch.targets != 0).sum()) if recipe == "windows" else len(batch[2]))
    step = float(np.median(seconds[3:])) * 1e3  # three to warm up
    peak = (resident("VmHWM") - before) / 1024
    tables = (1 if config.tied else 2) * 3 * V * 64 * 4 / 2**20  # weights and two moments, float32
    rate = float(np.median(targets)) / step
    return f"| {recipe} | {V:,} | {n} | {step:.1f} | {rate:.1f} | {peak:.0f} | {tables:.0f} |"


if __name__ == "__main__":
    main()
