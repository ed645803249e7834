"""What several benchmarks measure alike: a fresh process, its memory, and a mean with its interval."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def in_fresh_process(function: Any, *arguments: Any) -> Any:
    """Call a function in a process that has imported nothing before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def resident(field: str) -> int:
    """A size of this process in KiB, such as VmRSS or VmHWM, its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def restart_peak() -> int:
    """Let the peak of memory begin here (Linux) and return what the process holds, in KiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident("VmRSS")


def mean_and_interval(values: ArrayLike) -> list[float]:
    """The mean and the ends of its normal 95 % interval."""
    values = np.asarray(values)
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
    return np.round([mean, mean - 1.96 * error, mean + 1.96 * error], 4).tolist()
