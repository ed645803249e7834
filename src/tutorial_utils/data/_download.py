"""Fetch MovieLens once, check it, keep it: nothing half-downloaded or altered ever gets its final name."""

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tutorial_utils.data._files import DataError

with warnings.catch_warnings():  # pooch brings in tqdm.auto, which complains in a Jupyter without ipywidgets
    warnings.simplefilter("ignore")
    import pooch

GROUPLENS_URL = "https://files.grouplens.org/datasets/movielens/"
GROUPLENS_MD5 = {"100k": "0e33842e24a9c977be4e0107933c0723", "1m": "c4d9eecfca2ab87c1945afe126590906"}
RECBOLE_WHEEL = "recbole-1.2.1-py3-none-any.whl"
RECBOLE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
TIMEOUT = 15  # seconds without an answer


def cache_folder() -> Path:
    """Return where downloads are kept."""
    return Path(pooch.os_cache("tutorial_utils"))


def movielens_archive(version: str, source: str | None = None) -> Path:
    """Return the path of a checked archive that holds MovieLens, downloading it if need be.

    Parameters
    ----------
    version : {"100k", "1m"}
    source : {"grouplens", "recbole"}, optional
        Default: what is in the cache already, else GroupLens, else (100k only) the copy inside the RecBole wheel.

    Raises
    ------
    DataError
        If no source works; the message has each one's reason.
    """
    names = ["grouplens", "recbole"] if version == "100k" else ["grouplens"]
    if source is not None and source not in names:
        raise DataError(f"source is {source!r}, expected a folder, a zip archive or one of {names} for {version}")
    sources = {"grouplens": (_grouplens_path(version), _fetch_grouplens), "recbole": (_recbole_path(), _fetch_recbole)}
    wanted = [sources[name] for name in names if source in (None, name)]
    for path, _ in wanted:
        if path.exists() and _is_intact(path):
            return path
    return _first_that_works(version, wanted)


def _first_that_works(version: str, sources: Sequence[tuple[Path, Callable[[Path], None]]]) -> Path:
    reasons = []
    for path, fetch in sources:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fetch(path)
            return path
        except (DataError, OSError, ValueError) as error:  # pooch and requests raise the latter two
            reasons.append(f"  {path.name}: {error}")
    raise DataError(
        f"MovieLens {version} could not be downloaded, expected one of these to work:\n"
        + "\n".join(reasons)
        + f"\nGet ml-{version}.zip by hand and pass its path, or that of its folder, as source."
    )


def _grouplens_path(version: str) -> Path:
    return cache_folder() / f"ml-{version}.zip"


def _recbole_path() -> Path:
    return cache_folder() / RECBOLE_WHEEL


def _checksum(path: Path) -> tuple[str, str]:
    """Return the algorithm and the expected sum of a cached file."""
    if path.name == RECBOLE_WHEEL:
        return "sha256", RECBOLE_SHA256
    return "md5", GROUPLENS_MD5[path.stem.removeprefix("ml-")]


def _is_intact(path: Path) -> bool:
    algorithm, expected = _checksum(path)
    return hashlib.new(algorithm, path.read_bytes(), usedforsecurity=False).hexdigest() == expected


def _fetch_grouplens(path: Path) -> None:
    """Download with pooch, which writes to a temporary name, compares the checksum, then renames."""
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT)
    with _quiet(pooch.get_logger()):
        pooch.retrieve(
            GROUPLENS_URL + path.name,
            ":".join(_checksum(path)),
            fname=path.name,
            path=path.parent,
            downloader=downloader,
        )


def _fetch_recbole(path: Path) -> None:
    """Let pip bring the RecBole wheel from whatever package index this machine uses; it's never installed."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--timeout", str(TIMEOUT), "--retries", "1", "--dest", folder]
        done = subprocess.run([*command, "recbole==1.2.1"], capture_output=True, text=True, check=False)
        wheel = Path(folder) / RECBOLE_WHEEL
        if done.returncode or not wheel.is_file():
            reason = done.stderr.strip().splitlines() or ["no wheel came"]
            raise DataError(f"pip could not download recbole 1.2.1 from the package index: {reason[-1]}")
        if not _is_intact(wheel):
            raise DataError(f"{wheel.name} has another checksum, expected sha256 {RECBOLE_SHA256}")
        os.replace(wheel, path)


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
