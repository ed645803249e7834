"""Lists for one user at a time and for 256 together out of a million items: exact search, and HNSW.

``python -m benchmarks.serving --items 1000000 --out src/tutorial_utils/results/serving.json``

Both sides of the first comparison search the same table exactly. One is Faiss' ``IndexFlatIP.search`` alone, for the K
interests of every user; the other is all that a server does: search, leave out what the user has seen, merge the K
lists. HNSW is timed end to end too, and its merged lists are compared with the exact ones.

How the vectors are drawn: 1,000 cluster centres, standard normal and scaled to length 1, hold shares of the items that
fall as 1 / rank (Zipf). An item is its centre plus normal noise of length `--spread`, scaled to length 1, as items are
that a model scores by cosine. An interest is an item picked at random plus noise of half its length, scaled; so a
user's K clusters are picked by their sizes. A user has seen 5 to 200 items, their number uniform in its logarithm: half
of them among the 200 nearest of each interest, as with a user who was served before, half anywhere in these clusters.

Every index is built, and every number of threads measured, in a process of its own. Where other work shares the
machine, compare the processor time on one thread.
"""

import argparse
import json
import os
import pickle
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import in_fresh_process

K, N, d = 4, 50, 64
N_CLUSTERS, MOST_SEEN, INTEREST_NOISE = 1_000, 200, 0.5
USERS = 256
GRAPHS = [(16, 200), (32, 100)]  # M, ef_construction
EF_SEARCH = (100, 150, 200, 220, 250, 300)
REPETITIONS = {1: 51, USERS: 5}  # by users together; a first one is not counted
FAISS_ALONE = "Faiss IndexFlatIP.search alone"

Seen = list[np.ndarray]
Method = Callable[[np.ndarray, Seen], Any]  # (B, K, d) interests, seen items -> lists


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale every vector to length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def noise(shape: tuple[int, ...], length: float, rng: np.random.Generator) -> np.ndarray:
    """Normal vectors of `length` in the root mean square."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(length / np.sqrt(shape[-1]))


def draw_items(n_items: int, spread: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Vectors under a padding row of zeros, (V, d), and the cluster of every row, (V,), -1 for padding."""
    shares = 1 / np.arange(1, N_CLUSTERS + 1)
    clusters = rng.choice(N_CLUSTERS, n_items, p=shares / shares.sum())
    centres = unit(noise((N_CLUSTERS, d), 1.0, rng))
    vectors = unit(centres[clusters] + noise((n_items, d), spread, rng))
    return np.concatenate([np.zeros((1, d), np.float32), vectors]), np.concatenate([[-1], clusters])


def draw_users(
    vectors: np.ndarray, clusters: np.ndarray, index: Any, rng: np.random.Generator
) -> tuple[np.ndarray, Seen]:
    """Interests, (B, K, d), and what each user has seen."""
    picked = rng.integers(1, len(vectors), (USERS, K))
    interests = unit(vectors[picked] + noise((USERS, K, d), INTEREST_NOISE, rng))
    nearest, _ = index.top_n(interests, min(MOST_SEEN, len(vectors) - 1))
    lengths = np.exp(rng.uniform(np.log(5), np.log(MOST_SEEN), USERS)).round().astype(int)
    seen = []
    for own, lists, length in zip(clusters[picked], nearest, lengths, strict=True):
        served = rng.choice(np.unique(lists), length // 2, replace=False)
        found = rng.choice(np.flatnonzero(np.isin(clusters, own)), length - length // 2)
        seen.append(np.concatenate([served, found]))
    return interests, seen


def prepare(folder: Path, n_items: int, spread: float) -> dict[str, Any]:
    """Draw everything and build the flat index; check its lists against NumPy's and keep them as the truth."""
    from tutorial_utils.serving import aggregate, exact
    from tutorial_utils.serving.faiss import FaissIndex

    rng = np.random.default_rng(0)
    vectors, clusters = draw_items(n_items, spread, rng)
    index, took = built(lambda: FaissIndex(vectors))
    interests, seen = draw_users(vectors, clusters, index, rng)
    ids, scores = index.top_n(interests, N, seen)
    for user in range(5):
        _, expected = exact.top_n(interests[user : user + 1], vectors, N, seen[user : user + 1])
        np.testing.assert_allclose(scores[user : user + 1], expected, atol=1e-5)
    np.save(folder / "vectors.npy", vectors)
    write(folder / "users", (interests, seen, aggregate(ids, scores, N)[0]))
    write(folder / "flat", index)
    neighbours = np.median(scores[:, :, [0, -1]], axis=(0, 1)).round(3).tolist()
    return {"index": "flat", **took, "median_cosine_of_places_1_and_50": neighbours}


def build_graph(folder: Path, M: int, ef_construction: int) -> dict[str, Any]:
    """Build one HNSW index."""
    from tutorial_utils.serving.faiss import HNSWIndex

    vectors = np.load(folder / "vectors.npy")
    index, took = built(lambda: HNSWIndex(vectors, M, ef_construction))
    write(folder / f"hnsw-{M}-{ef_construction}", index)
    return {"index": "HNSW", "M": M, "ef_construction": ef_construction, **took}


def built(build: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """An index, with the seconds and the megabytes it took beside the table that it copies."""
    import psutil

    before, wall, processor = psutil.Process().memory_info().rss, time.perf_counter(), time.process_time()
    index = build()
    seconds = {"seconds": time.perf_counter() - wall, "processor_seconds": time.process_time() - processor}
    seconds["megabytes"] = (psutil.Process().memory_info().rss - before) / 1e6
    return index, {name: round(value, 1) for name, value in seconds.items()}


def write(path: Path, value: Any) -> None:
    """Keep something for the processes to come."""
    with path.open("wb") as file:
        pickle.dump(value, file, protocol=5)


def read(path: Path) -> Any:
    """Take what an earlier process kept."""
    with path.open("rb") as file:
        return pickle.load(file)


def measure(folder: Path, threads: int, graphs: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Every method on one number of threads."""
    interests, seen, truth = read(folder / "users")
    points = []
    for settings, method in methods(folder, threads, graphs):
        for together, repetitions in REPETITIONS.items():
            if together > settings.get("most_users", USERS):
                continue
            point = {"threads": threads, "users": together, **settings}
            point |= timed(method, interests, seen, together, repetitions)
            if "M" in settings:
                found = method(interests, seen)[0]
                shares = [np.isin(row, own).mean() for row, own in zip(truth, found, strict=True)]
                point["recall@50"] = round(float(np.mean(shares)), 4)
            print(row_of(point), flush=True)
            points.append(point)
    return points


def timed(method: Method, interests: np.ndarray, seen: Seen, together: int, repetitions: int) -> dict[str, Any]:
    """Milliseconds of every repetition: each on the next `together` users, after one that is not counted."""
    walls, processors = [], []
    for start in np.arange(repetitions + 1) * together % USERS:
        part = slice(start, start + together)
        wall, processor = time.perf_counter(), time.process_time()
        method(interests[part], seen[part])
        walls.append(round((time.perf_counter() - wall) * 1e3, 3))
        processors.append(round((time.process_time() - processor) * 1e3, 3))
    return {"wall_ms": walls[1:], "processor_ms": processors[1:]}


def methods(folder: Path, threads: int, graphs: list[tuple[int, int]]) -> Iterator[tuple[dict[str, Any], Method]]:
    """Everything that is compared, one after the other, so that few tables are in memory at once."""
    import faiss

    from tutorial_utils.serving import exact

    faiss.omp_set_num_threads(threads)
    vectors, flat = np.load(folder / "vectors.npy"), read(folder / "flat")
    yield {"method": FAISS_ALONE}, search_alone(flat)
    yield {"method": "FaissIndex, end to end"}, end_to_end(flat.top_n)
    default, faiss.cvar.distance_compute_blas_threshold = faiss.cvar.distance_compute_blas_threshold, 1
    yield {"method": f"{FAISS_ALONE}, by matrix products"}, search_alone(flat)
    faiss.cvar.distance_compute_blas_threshold = default
    yield {"method": "PyTorch matmul and topk alone"}, matmul_and_topk(vectors, threads)
    numpy_top_n = partial(exact.top_n, item_vectors=vectors)
    yield {"method": "NumPy top_n, end to end", "most_users": 1}, end_to_end(numpy_top_n)
    for M, ef_construction in graphs:
        index = read(folder / f"hnsw-{M}-{ef_construction}")
        for index.ef_search in EF_SEARCH:
            settings = {"M": M, "ef_construction": ef_construction, "ef_search": index.ef_search}
            yield {"method": "HNSWIndex, end to end", **settings}, end_to_end(index.top_n)


def search_alone(index: Any) -> Method:
    """Faiss' search and nothing else."""
    return lambda interests, _: index.index.search(interests.reshape(-1, d), N)


def end_to_end(top_n: Callable[..., Any]) -> Method:
    """Search, leave out what was seen, and merge."""
    from tutorial_utils.serving import aggregate

    return lambda interests, seen: aggregate(*top_n(interests, n=N, exclude=seen), N)


def matmul_and_topk(vectors: np.ndarray, threads: int) -> Method:
    """The plain way in PyTorch, 16 users at a time so that the scores fit into memory."""
    import torch

    torch.set_num_threads(threads)
    table = torch.from_numpy(vectors[1:]).T  # (d, V - 1)
    return lambda interests, _: [
        torch.topk(part.reshape(-1, d) @ table, N) for part in torch.from_numpy(interests).split(16)
    ]


def row_of(point: dict[str, Any], base: dict[str, Any] | None = None) -> str:
    """One line of the Markdown table; with a base, what its processor time is in that of this line."""
    name = point["method"]
    if "M" in point:
        name += f", M={point['M']}, ef={point['ef_construction']}/{point['ef_search']}"
    wall, processor = (statistics.median(point[kind]) for kind in ("wall_ms", "processor_ms"))
    share = f"{processor / statistics.median(base['processor_ms']):.3f}" if base else ""
    recall = point.get("recall@50", "")
    return f"| {point['threads']} | {point['users']} | {name} | {wall:.2f} | {processor:.2f} | {share} | {recall} |"


def table(points: list[dict[str, Any]]) -> str:
    """The Markdown table."""
    bases = {(point["threads"], point["users"]): point for point in points if point["method"] == FAISS_ALONE}
    columns = ("threads", "users", "method", "wall ms", "processor ms", "share of Faiss alone", "Recall@50")
    head = f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|"
    rows = sorted(points, key=lambda point: (point["threads"], point["users"]))
    return "\n".join([head, *(row_of(point, bases[point["threads"], point["users"]]) for point in rows)])


def main() -> None:
    """Draw, build, measure, write one file and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--spread", type=float, default=1.0, help="length of an item's noise; its centre's is 1")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--graphs", type=parse_graph, nargs="*", default=GRAPHS, metavar="M,EF_CONSTRUCTION")
    parser.add_argument("--folder", type=Path, help="keep what is drawn and built, 3 GB, and use what is kept there")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)) / f"{arguments.items}-{arguments.spread:g}"
        folder.mkdir(parents=True, exist_ok=True)
        figures = build_and_measure(folder, arguments)
    figures["load_average"] = [round(load, 1), round(os.getloadavg()[0], 1)]
    arguments.out.write_text(json.dumps(circumstances(arguments) | figures, indent=1) + "\n", encoding="utf-8")
    print(table(figures["points"]))


def build_and_measure(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Build on the largest number of threads, measure on each."""
    threads, graphs = arguments.threads, arguments.graphs
    builds = [kept(folder / "flat.json", max(threads), prepare, folder, arguments.items, arguments.spread)]
    for graph in graphs:
        builds.append(kept(folder / "hnsw-{}-{}.json".format(*graph), max(threads), build_graph, folder, *graph))
    print(*builds, sep="\n", flush=True)
    points = [on_threads(number, measure, folder, number, graphs) for number in threads]
    return {"builds": builds, "points": [point for part in points for point in part]}


def circumstances(arguments: argparse.Namespace) -> dict[str, Any]:
    """When, where and with what the figures were made."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    graphs = " ".join(f"{M},{ef_construction}" for M, ef_construction in arguments.graphs)
    return {
        "command": f"python -m benchmarks.serving --items {arguments.items} --spread {arguments.spread:g}"
        f" --threads {' '.join(map(str, arguments.threads))} --graphs {graphs}",
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "versions": {"python": platform.python_version()}
        | {name: version(name).partition("+")[0] for name in ("numpy", "faiss-cpu", "torch")},
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "threads": arguments.threads,
        "seeds": {"draw": 0},
        "settings": {
            "items": arguments.items,
            "clusters": N_CLUSTERS,
            "spread": arguments.spread,
            "d": d,
            "K": K,
            "N": N,
        },
    }


def parse_graph(text: str) -> tuple[int, int]:
    """Read ``M,EF_CONSTRUCTION``."""
    M, ef_construction = text.split(",")
    return int(M), int(ef_construction)


def kept(file: Path, threads: int, build: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """What a build took, this time or when it was made."""
    if not file.exists():
        took = on_threads(threads, build, *arguments)
        file.write_text(json.dumps(took | {"threads": threads}))
    return json.loads(file.read_text())


def on_threads(threads: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh process in which every library finds that number of threads."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    os.environ["OMP_WAIT_POLICY"] = "passive"  # a thread that waits for another takes no processor time
    return in_fresh_process(function, *arguments)


if __name__ == "__main__":
    main()
