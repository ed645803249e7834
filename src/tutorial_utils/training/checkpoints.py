"""Checkpoints: arrays under our own names in an ``.npz`` file, read without trusting it. No framework, no pickle.

A file holds ``header`` (JSON: format, version, model, config, step, run), the arrays of the groups below as
``group/parameter``, the history of the training, and ``checksum`` over all of it. ``best/...`` inside a training
checkpoint are the weights with the best validation so far, so that one file is all that resuming needs.
"""

import hashlib
import io
import json
import math
import os
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tutorial_utils.training.config import ComiRecConfig, parameter_shapes
from tutorial_utils.training.history import History

__all__ = ["Checkpoint", "CheckpointError", "find_checkpoint", "read_checkpoint", "write_checkpoint"]

FORMAT, VERSION = "tutorial_utils checkpoint", 1
PARAMETERS, FIRST_MOMENT, SECOND_MOMENT, BEST = "parameters", "adam_first_moment", "adam_second_moment", "best"
GROUPS = (PARAMETERS, FIRST_MOMENT, SECOND_MOMENT, BEST)
LAST_FILE, PREVIOUS_FILE, BEST_FILE = "last.npz", "previous.npz", "best.npz"

Arrays = dict[str, NDArray[Any]]


class CheckpointError(ValueError):
    """A checkpoint that cannot be used, and why."""


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    Parameters
    ----------
    model : str
        The name of the model's class.
    config : ComiRecConfig
    groups : dict of str to dict of str to float32 array
        ``"parameters"`` always; a training that can go on has ``"adam_first_moment"`` and ``"adam_second_moment"`` too,
        and ``"best"`` once it was evaluated. Each holds one array a state key.
    history : History
        Empty in a file of weights alone.
    run : dict
        What the training was started with, to be compared when it goes on.
    """

    model: str
    config: ComiRecConfig
    groups: dict[str, Arrays]
    history: History = field(default_factory=History)
    run: dict[str, Any] = field(default_factory=dict)


def write_checkpoint(path: str | Path, checkpoint: Checkpoint, previous: str | Path | None = None) -> None:
    """Write a checkpoint whole or not at all.

    It goes to ``{name}.partial`` in the same folder and takes its name once it's on the disk. Whoever is killed while
    writing leaves the file of before, under its own name or that of `previous`.

    Parameters
    ----------
    path : path
        A file of that name is replaced.
    checkpoint : Checkpoint
    previous : path, optional
        What the file of before is renamed to. Default: it's lost.

    Raises
    ------
    CheckpointError
        If a weight is not finite: such a file could not be used.
    OSError
        If the folder doesn't exist or the disk is full.
    """
    path = Path(path)
    for group, arrays in checkpoint.groups.items():
        _check_finite(group, arrays)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **_pack(checkpoint))  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        if previous is not None and path.exists():
            path.replace(previous)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def find_checkpoint(folder: str | Path) -> Checkpoint | None:
    """Read ``last.npz``, or ``previous.npz`` where the last one is missing or refused.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Checkpoint or None
        None where neither file exists. A refused ``last.npz`` is renamed to ``refused.npz``, with a warning, so that
        the good one is not rotated away.

    Raises
    ------
    CheckpointError
        If no file can be used and at least one was refused.
    """
    last, previous = Path(folder) / LAST_FILE, Path(folder) / PREVIOUS_FILE
    if not last.exists():
        return read_checkpoint(previous) if previous.exists() else None
    try:
        return read_checkpoint(last)
    except CheckpointError as error:
        if not previous.exists():
            raise
        checkpoint = read_checkpoint(previous)
        last.replace(last.with_name("refused.npz"))
        warnings.warn(f"{error}; kept as refused.npz, going on from {PREVIOUS_FILE}", stacklevel=2)
        return checkpoint


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint, and refuse what is not exactly one.

    Nothing in the file is executed, nothing is unpickled or unpacked to the disk, and no array is larger than the file:
    types and shapes are compared with the config before an array is made.

    Parameters
    ----------
    path : path

    Returns
    -------
    Checkpoint

    Raises
    ------
    CheckpointError
        If the file is truncated, altered, foreign, of a newer version, or its arrays don't fit its config.
    FileNotFoundError
        If there is no file.
    """
    with Path(path).open("rb") as file:
        try:
            return _unpack(_read_members(file))
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {error}") from None
        except Exception as error:  # whatever a hostile file makes the parsers raise
            raise CheckpointError(f"{path}: truncated or not a checkpoint ({error})") from error


def _pack(checkpoint: Checkpoint) -> Arrays:
    """The members of a file, by name."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "model": checkpoint.model,
        "config": asdict(checkpoint.config),
        "run": checkpoint.run,
    }
    members: Arrays = {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)}
    for group, arrays in checkpoint.groups.items():
        members.update({f"{group}/{name}": array for name, array in arrays.items()})
    members.update(checkpoint.history.to_arrays())
    return members | {"checksum": _checksum(members)}


def _unpack(members: Arrays) -> Checkpoint:
    """Check the members of a file against its own header and put them in order."""
    checksum = members.pop("checksum")
    if not np.array_equal(checksum, _checksum(members)):
        raise CheckpointError("the checksum doesn't fit: the file was altered")
    header = json.loads(members.pop("header").tobytes())
    model, config, run = header["model"], ComiRecConfig(**header["config"]), header["run"]
    if not isinstance(run, dict):
        raise CheckpointError(f"run is a {type(run).__name__}, expected a dict")
    shapes = parameter_shapes(model, config)
    groups = {
        group: _take_group(members, group, shapes) for group in GROUPS if group == PARAMETERS or _has(members, group)
    }
    history = History.from_arrays(members)
    if members:
        raise CheckpointError(f"unexpected arrays {sorted(members)}")
    return Checkpoint(model, config, groups, history, run)


def _has(members: Mapping[str, Any], group: str) -> bool:
    return any(name.startswith(f"{group}/") for name in members)


def _take_group(rest: Arrays, group: str, shapes: Mapping[str, tuple[int, ...]]) -> Arrays:
    """Move the arrays of one group out of `rest`, each of the type and shape that the config asks for."""
    arrays = {}
    for name, shape in shapes.items():
        array = rest.pop(f"{group}/{name}", None)
        if array is None:
            raise CheckpointError(f"{group}/{name} is missing")
        if array.shape != shape or array.dtype != np.float32:
            raise CheckpointError(f"{group}/{name} is {array.dtype} {array.shape}, expected float32 {shape}")
        arrays[name] = array
    _check_finite(group, arrays)
    return arrays


def _check_finite(group: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"{group}/{name} has NaN or infinite values")


def _checksum(members: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """SHA-256 over names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name in sorted(members):
        array = np.ascontiguousarray(members[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return np.frombuffer(digest.digest(), np.uint8)


def _read_members(file: IO[bytes]) -> Arrays:
    """Every array of an uncompressed ``.npz`` whose members together are no larger than the file."""
    size = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        stored = all(member.compress_type == zipfile.ZIP_STORED for member in archive.infolist())
        if not stored or len(members) < len(archive.infolist()) or "header" not in members:
            raise CheckpointError(f"not a checkpoint of this package: it holds {sorted(members)[:5]}")
        if sum(member.file_size for member in archive.infolist()) > size:
            raise CheckpointError("its arrays claim to be larger than the file")
        _check_format(_read_array(archive.read(members["header"])))
        return {name: _read_array(archive.read(member)) for name, member in members.items()}


def _check_format(header: NDArray[Any]) -> None:
    """Tell foreign files and newer versions before anything else in them is read."""
    fields = json.loads(header.tobytes())
    if fields["format"] != FORMAT:
        raise CheckpointError(f"not a checkpoint of this package: its format is {fields['format']!r}")
    if fields["version"] != VERSION:
        raise CheckpointError(f"it has version {fields['version']!r}, but this package reads version {VERSION}")


def _read_array(data: bytes) -> NDArray[Any]:
    """Parse one ``.npy`` member; plain numbers only, and exactly as many as there are bytes for."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise CheckpointError("not a checkpoint of this package: an array has another format")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.str not in ("|u1", "<i8", "<f4", "<f8") or fortran_order:
        raise CheckpointError(f"an array has type {dtype}, expected plain numbers in C order")
    start = stream.tell()
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise CheckpointError(f"an array claims shape {shape} of {dtype}, but has {len(data) - start} bytes")
    return np.frombuffer(data, dtype, offset=start).reshape(shape)
