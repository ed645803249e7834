"""How fast, and in how much memory, ``load_comirec_files`` reads 10 million ``user,item,timestamp`` lines.

Writes its own files in a temporary folder (8 : 1 : 1, about 200 MB), then loads them in a fresh process on one core.
Peak memory is the highest resident size of that process less what it held after its imports.

    python -m benchmarks.load_triples [--lines 10000000] [--shuffled]

With ``--shuffled`` the lines of every file are in random order, so that all of them have to be sorted.
"""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

SHARES = {"train": 0.8, "valid": 0.1, "test": 0.1}
EVENTS_PER_USER = 20
N_ITEMS = 367_983  # V of Amazon Books in the ComiRec code
LINES_PER_SECOND, MEMORY_RATIO = 500_000, 3.0  # the targets
AT_ONCE = 200_000


def write_files(folder: Path, lines: int, shuffled: bool) -> None:
    """Write the three triple files and a category for every item."""
    rng = np.random.default_rng(0)
    for part, share in SHARES.items():
        count = int(lines * share)
        columns = np.empty((count, 3), dtype=np.int64)
        columns[:, 0] = np.arange(count) // EVENTS_PER_USER
        columns[:, 1] = rng.integers(1, N_ITEMS, size=count)
        columns[:, 2] = 1_300_000_000 + np.arange(count) % EVENTS_PER_USER * 86_400
        if shuffled:
            rng.shuffle(columns)
        with (folder / f"book_{part}.txt").open("w") as file:
            for start in range(0, count, AT_ONCE):
                file.writelines(map("%d,%d,%d\n".__mod__, map(tuple, columns[start : start + AT_ONCE].tolist())))
    categories = rng.integers(1, 1600, size=N_ITEMS).tolist()
    lines_of_items = (f"{item},{categories[item]}\n" for item in range(1, N_ITEMS))
    (folder / "book_item_cate.txt").write_text("".join(lines_of_items))


def measure(folder: Path) -> bool:
    """Load the folder, print what it took and return whether both targets are met; meant for a fresh process."""
    import resource
    import warnings

    from tutorial_utils.data import load_comirec_files

    warnings.simplefilter("ignore")
    baseline = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    parts = load_comirec_files(folder)
    seconds = time.perf_counter() - start
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - baseline) * 1024  # Linux counts in KiB
    events = sum(part.n_events for part in parts)
    arrays = sum(
        part.items.nbytes + part.offsets.nbytes + sum(times.nbytes for times in part.timestamps or []) for part in parts
    )
    print("\n".join(map(repr, parts)))
    print(f"{events / seconds:,.0f} lines/s ({seconds:.1f} s), target {LINES_PER_SECOND:,}")
    print(
        f"arrays {arrays / 1e6:.0f} MB, peak {peak / 1e6:.0f} MB = {peak / arrays:.2f} x, target {MEMORY_RATIO:.0f} x"
    )
    return events / seconds >= LINES_PER_SECOND and peak / arrays <= MEMORY_RATIO


def main() -> None:
    """Write the files and measure, each in a process of its own: a child's peak starts at its parent's size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--shuffled", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(1, get_context("spawn")) as writer:
        writer.submit(write_files, Path(folder), arguments.lines, arguments.shuffled).result()
        with ProcessPoolExecutor(1, get_context("spawn")) as reader:
            sys.exit(not reader.submit(measure, Path(folder)).result())


if __name__ == "__main__":
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    main()
