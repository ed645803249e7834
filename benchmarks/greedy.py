"""Microseconds a user for the diversity greedy: the early-break Python loop and each backend, on one thread.

``python -m benchmarks.greedy`` from the repository's root. Every implementation gets the same random candidates and
must return the same lists. The early break comes the sooner the wider the scores spread next to lambda, and the other
implementations' time does not depend on it: so a narrow and a wide spread are shown. Processor time on one thread,
which other work on the machine disturbs less than the clock on the wall.
"""

import importlib
import os
import platform
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

import numpy as np

N_CANDIDATES, LIST_LENGTH, LAM, N_CATEGORIES = 200, 50, 0.25, 18
REPETITIONS = 7
USERS, SPREADS = (256, 1024), (1.0, 10.0)
BACKENDS = {"numpy": ("numpy", "array"), "torch": ("torch", "as_tensor"), "paddle": ("paddlepaddle", "to_tensor")}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def candidates(n_users: int, spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores, best first as `aggregate` returns them, and categories of which few are frequent: each (B, M)."""
    rng = np.random.default_rng(seed)
    scores = -np.sort(-rng.uniform(0, spread, (n_users, N_CANDIDATES)).astype(np.float32), axis=1)
    return scores, rng.zipf(1.5, scores.shape) % N_CATEGORIES


def microseconds_a_user(name: str, n_users: int, spread: float) -> tuple[float, np.ndarray]:
    """Median processor time of one implementation after a warm-up, and the lists that it takes."""
    function, arguments = implementation(name, *candidates(n_users, spread))
    lists = np.asarray(function(*arguments, LIST_LENGTH, LAM))
    seconds = []
    for _ in range(REPETITIONS):
        start = time.process_time()
        function(*arguments, LIST_LENGTH, LAM)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds) / n_users * 1e6, lists


def implementation(name: str, scores: np.ndarray, categories: np.ndarray) -> tuple[Any, tuple[Any, Any]]:
    """The function of that name and its candidates in that framework's arrays."""
    if name == "early break":
        return importlib.import_module("tutorial_utils.diversity.others").early_break_rerank, (scores, categories)
    function = importlib.import_module(f"tutorial_utils.diversity.{name}").greedy_rerank
    tensor = getattr(importlib.import_module(name), BACKENDS[name][1])
    return function, (tensor(scores), tensor(categories))


def main() -> None:
    """Time everything, each implementation in a process of its own, and print one table."""
    os.environ.update(ONE_THREAD)
    names = ["early break", *(name for name in BACKENDS if find_spec(name))]
    versions = ", ".join(f"{name} {version(BACKENDS[name][0])}" for name in names[1:])
    print(f"Python {platform.python_version()}, {versions}; one thread of {platform.machine()}")
    print(f"M = {N_CANDIDATES} candidates, N = {LIST_LENGTH}, lambda = {LAM}, {N_CATEGORIES} categories")
    print(f"{'users':>6} {'spread':>7}  {'implementation':<15} {'us a user':>10} {'x faster':>9}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as processes:
        for n_users, spread in ((n_users, spread) for n_users in USERS for spread in SPREADS):
            results = {n: processes.submit(microseconds_a_user, n, n_users, spread).result() for n in names}
            base, expected = results["early break"]
            for name, (microseconds, lists) in results.items():
                np.testing.assert_array_equal(lists, expected, err_msg=f"{name} takes other lists")
                print(f"{n_users:>6} {spread:>7g}  {name:<15} {microseconds:>10.1f} {base / microseconds:>9.1f}")


if __name__ == "__main__":
    main()
