"""Read what a member handed in, trusting nothing about it."""

import ast
import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGEST = 20 * 2**20
PLACEHOLDER = "_Type your answer here, replacing this text._"


class Unreadable(ValueError):
    """What was handed in cannot be graded; the first argument is its status, the second says why."""


@dataclass(frozen=True)
class Submission:
    """A notebook: the code of its cells, its answers to the open questions, and what it says it is."""

    cells: tuple[str, ...]
    open_answers: tuple[str, ...]
    assignment: str | None
    framework: str | None


def find(folder: Path) -> dict[str, Path]:
    """Return what was handed in by member: everything named like a notebook, and every other file; no hidden ones."""
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    kept = [path for path in paths if path.suffix == ".ipynb" or not path.is_dir()]
    return {path.stem if path.suffix == ".ipynb" else path.name: path for path in kept}


def read(path: Path) -> Submission:
    """Read a notebook.

    Raises
    ------
    Unreadable
        If `path` is no notebook, a link, or far too large.
    """
    cells, metadata = _parse(_content(path))
    own = metadata.get("assignment")
    own = own if isinstance(own, dict) else {}
    code = tuple(source for kind, source in cells if kind == "code")
    return Submission(code, tuple(_open_answers(cells)), _text(own.get("name")), _framework(own, code))


def _content(path: Path) -> bytes:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("not a notebook", "it is a folder, a link or a device, not a file")
    if status.st_size > LARGEST:
        raise Unreadable("too large", f"it has {status.st_size / 2**20:.0f} MB, at most {LARGEST // 2**20} are read")
    return path.read_bytes()


def _parse(content: bytes) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    try:
        notebook = json.loads(content)
        cells = [(str(cell["cell_type"]), _source(cell["source"])) for cell in notebook["cells"]]
        metadata = notebook.get("metadata")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unreadable("not a notebook", "it cannot be read as a notebook (format 4)") from None
    return cells, metadata if isinstance(metadata, dict) else {}


def _source(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _framework(own: dict[str, Any], code: tuple[str, ...]) -> str | None:
    """What the notebook says, or else which framework it sets up."""
    said = _text(own.get("framework"))
    setups = {"pytorch": 'setup("torch")', "paddle": 'setup("paddle")'}
    used = [name for name, text in setups.items() if any(text in source for source in code)]
    return said or (used[0] if len(used) == 1 else None)


def _open_answers(cells: list[tuple[str, str]]) -> list[str]:
    """The text between the marks that Otter puts around an open question, without the question itself."""
    answers: list[list[str]] = []
    inside = False
    for kind, source in cells:
        if kind == "markdown" and "<!-- END QUESTION -->" in source:
            inside = False
        if kind == "markdown" and "<!-- BEGIN QUESTION -->" in source:
            answers.append([])
            inside = True
        elif inside:
            answers[-1].append(source.replace(PLACEHOLDER, "").strip())
    return ["\n\n".join(filter(None, parts)) for parts in answers]


def forbidden_names(cells: tuple[str, ...], function: str, names: list[str]) -> list[str]:
    """Return which of `names` the last definition of `function` uses. A cell that does not parse has none."""
    found: set[str] = set()
    for source in cells:
        try:
            tree = ast.parse(source)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == function:
                found = set(names) & _used(node)
    return sorted(found)


def _used(node: ast.AST) -> set[str]:
    used: set[str] = set()
    for part in ast.walk(node):
        used |= {part.id} if isinstance(part, ast.Name) else set()
        used |= {part.attr} if isinstance(part, ast.Attribute) else set()
        used |= {part.name.split(".")[-1]} if isinstance(part, ast.alias) else set()
    return used
