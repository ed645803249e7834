"""Text files of integers: read fast, and when one is not as it should be, say where and what was expected."""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TextIO, cast

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE = 250_000
_INTEGER = re.compile(r"\s*[+-]?\d+\s*")
ANY = -(2**63)


class DataError(ValueError):
    """A data file is not what it should be; the message names the file, the line and what was expected."""


@dataclass(frozen=True)
class TextFile:
    """One text file, on disk or inside a zip archive; opened anew for every pass over it."""

    place: Path
    member: str = ""
    encoding: str = "latin-1"

    def __str__(self) -> str:
        return f"{self.place} ({self.member})" if self.member else str(self.place)

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """Open for reading lines; whatever keeps it from being read becomes a DataError."""
        try:
            with self._open_bytes() as raw:
                if b"\0" in cast(io.BufferedReader, raw).peek(4096):
                    raise DataError(f"{self} is a binary file, expected lines of text")
                yield io.TextIOWrapper(raw, encoding=self.encoding)
        except UnicodeDecodeError as error:
            raise DataError(f"{self} is not {self.encoding} text: {error}") from error
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DataError(f"{self} is damaged or cut off: {error}") from error
        except OSError as error:
            raise DataError(f"{self} can't be read: {error.strerror or error}, expected a text file") from error

    @contextmanager
    def _open_bytes(self) -> Iterator[BinaryIO]:
        if not self.member:
            with self.place.open("rb") as raw:
                yield raw
            return
        with zipfile.ZipFile(self.place) as archive, archive.open(self.member) as raw:
            yield cast(BinaryIO, raw)

    def error(self, line: int, problem: str) -> DataError:
        """Return the error for one line."""
        return DataError(f"{self}, line {line}: {problem}")


def find_text(place: Path, name: str, encoding: str = "latin-1") -> TextFile | None:
    """Find a file by name in a folder, in the subfolders right below it, or anywhere in a zip archive."""
    if place.is_dir():
        found = [path for path in (place / name, *sorted(place.glob(f"*/{name}"))) if path.is_file()]
        return TextFile(found[0], encoding=encoding) if found else None
    members = [member for member in _members(place) if PurePosixPath(member).name == name]
    return TextFile(place, members[0], encoding) if members else None


def _members(archive: Path) -> list[str]:
    """List an archive; nothing is ever unpacked, but one that tries to leave its folder isn't trusted at all."""
    if not archive.is_file():
        raise DataError(f"{archive} does not exist, expected a folder or a zip archive")
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.namelist()
    except zipfile.BadZipFile as error:
        raise DataError(f"{archive} is not a complete zip archive: {error}") from error
    for member in members:
        path = PurePosixPath(member.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member:
            raise DataError(f"{archive}: member {member!r} would leave the archive's folder, expected paths inside it")
    return members


@dataclass(frozen=True)
class Layout:
    """What every line of a file of integers looks like: column names, the lowest value of each, the delimiter."""

    names: tuple[str, ...]
    lowest: tuple[int, ...]
    delimiter: str = ","
    header: str = ""

    def problem(self, line: str) -> str:
        """Say what is wrong with a line, or return an empty string."""
        fields = line.rstrip("\r\n").split(self.delimiter)
        if len(fields) != len(self.names):
            columns = f"{len(self.names)} separated by {self.delimiter!r} ({', '.join(self.names)})"
            return f"{len(fields)} columns, expected {columns}"
        problems = map(integer_problem, self.names, fields, self.lowest)
        return next(filter(None, problems), "")


def integer_problem(name: str, field: str, lowest: int) -> str:
    """Say why `field` is no integer of at least `lowest`, or return an empty string."""
    wanted = "an integer" if lowest == ANY else f"an integer of at least {lowest}"
    fits = _INTEGER.fullmatch(field) and lowest <= int(field) < 2**63
    return "" if fits else f"{name} is {field[:40]!r}, expected {wanted}"


def read_integers(file: TextFile, layout: Layout) -> list[NDArray[np.integer]]:
    """Read columns of integers, each in int32 where it fits, at a few bytes more than the columns themselves.

    Raises
    ------
    DataError
        If the file is missing, empty, binary, or has a line that does not fit the layout.
    """
    chunks = list(_read_chunks(file, layout))
    if not chunks:
        raise DataError(f"{file} is empty, expected lines of {', '.join(layout.names)}")
    return [np.concatenate([chunk.pop(0) for chunk in chunks]) for _ in layout.names]


def _read_chunks(file: TextFile, layout: Layout) -> Iterator[list[NDArray[np.integer]]]:
    with file.open() as opened:
        lines: Iterator[str] = opened
        if layout.header and (first := opened.readline().rstrip("\r\n")) != layout.header:
            raise file.error(1, f"{first[:80]!r}, expected the header {layout.header!r}")
        if len(layout.delimiter) > 1:
            lines = (line.replace(layout.delimiter, "\t") for line in opened)
        try:
            while len(rows := _parse(lines, layout)):
                yield [_compact(column) for column in rows.T]
        except (ValueError, OverflowError, DeprecationWarning) as error:
            raise _located(file, layout, error) from error


def _parse(lines: Iterator[str], layout: Layout) -> NDArray[np.int64]:
    """Parse the next lines: (rows, columns). Where NumPy 1 merely warns that it takes 1.5 for an integer, fail."""
    delimiter = layout.delimiter if len(layout.delimiter) == 1 else "\t"
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)  # the end of the file, blank lines
        rows = np.loadtxt(lines, np.int64, comments=None, delimiter=delimiter, ndmin=2, max_rows=_ROWS_AT_ONCE)
    if len(rows) and (rows.shape[1] != len(layout.names) or (rows.min(axis=0) < layout.lowest).any()):
        raise ValueError("wrong number of columns, or an id that is too low")
    return rows


def _compact(column: NDArray[np.int64]) -> NDArray[np.integer]:
    limits = np.iinfo(np.int32)
    fits = limits.min <= column.min() and column.max() <= limits.max
    return column.astype(np.int32 if fits else np.int64)


def _located(file: TextFile, layout: Layout, cause: Exception) -> DataError:
    """Go through the file line by line to find the first one that does not fit."""
    with file.open() as lines:
        for number, line in enumerate(lines, start=1):
            if (number == 1 and layout.header) or not line.strip():
                continue
            if problem := layout.problem(line):
                return file.error(number, problem)
    return DataError(f"{file}: {cause}, expected lines of {', '.join(layout.names)}")
