"""Measured results that the chapters draw: dated JSON files, each with the command, versions and seeds that made it."""

import json
from importlib.resources import files
from typing import Any

__all__ = ["load"]


def load(name: str) -> dict[str, Any]:
    """Read a result file that ships with the package.

    Parameters
    ----------
    name : str
        The file's name without its suffix, such as ``"training"``.

    Returns
    -------
    dict
        What the script in ``benchmarks/`` wrote; ``command``, ``date``, ``versions`` and ``seeds`` say how.

    Raises
    ------
    ValueError
        If there is no such file; the message lists those there are.
    """
    folder = files(__name__)
    known = sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
    if name not in known:
        raise ValueError(f"name is {name!r}, expected one of {known}")
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
