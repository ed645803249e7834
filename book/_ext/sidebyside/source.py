"""Read a chapter source and check its tags."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myst_nb.core.read import read_myst_markdown_notebook

from sidebyside import quiz

FRAMEWORKS = {"pytorch": "PyTorch", "paddle": "PaddlePaddle"}
ONLY = {f"{name}-only": name for name in FRAMEWORKS}
OTHER_TAGS = {"timing", "solution", "hide-input"}


class ChapterError(ValueError):
    """A chapter or its notebooks break a rule; the message names the file and the cell."""


@dataclass(frozen=True)
class Cell:
    """A cell of a chapter source.

    `side` is the framework whose notebook holds the cell, or None for both; `paired` tells whether a neighbour must say
    the same in the other framework.
    """

    number: int
    kind: str
    text: str
    metadata: dict[str, Any]
    side: str | None
    paired: bool

    @property
    def tags(self) -> list[str]:
        """The tags as written in the source."""
        return self.metadata.get("tags", [])

    def on(self, framework: str) -> bool:
        """Tell whether the notebook of `framework` holds this cell."""
        return self.side in (None, framework)


@dataclass(frozen=True)
class Chapter:
    """A chapter source: its path, its front matter and its cells, checked."""

    path: Path
    metadata: dict[str, Any]
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """The name shared by chapter, module folder and notebooks, such as ``01_single_interest``."""
        return self.path.stem

    def notebook_path(self, framework: str) -> Path:
        """Where the generated notebook of `framework` lies: the path in the repository of book/chapters/NAME.myst."""
        return self.path.parents[2] / "notebooks" / framework / f"{self.name}.ipynb"

    def error(self, cell: Cell, problem: str) -> ChapterError:
        """Return an error that names this file and `cell`."""
        return cell_error(self.path, cell.number, cell.text, problem)


def cell_error(path: Path, number: int, text: str, problem: str) -> ChapterError:
    """Return an error that names a file, a cell and the cell's first line."""
    first = text.strip().split("\n")[0][:60]
    return ChapterError(f"{path.parent.name}/{path.name}, cell {number} ({first!r}): {problem}")


def read_chapter(path: Path) -> Chapter:
    """Read ``book/chapters/NAME.myst``.

    Raises
    ------
    ChapterError
        If a tag is unknown, contradicts another, or a `pytorch` cell is not followed directly by its `paddle` partner;
        if the front matter lacks something, or a quiz breaks a rule of :mod:`sidebyside.quiz`.
    """
    chapter = read_source(path, OTHER_TAGS)
    _check_front_matter(chapter)
    _check_quizzes(path)
    return chapter


def read_source(path: Path, other_tags: AbstractSet[str]) -> Chapter:
    """Read any source of cells for both frameworks, with its own tags beside those that name a framework.

    Raises
    ------
    ChapterError
        As :func:`read_chapter`, but the front matter may hold anything.
    """
    text = path.read_text(encoding="utf-8")
    notebook = read_myst_markdown_notebook(text, add_source_map=True, path=str(path))
    cells, raw = [], notebook.cells
    for number, cell in enumerate(raw):
        side = _side(path, number, cell, other_tags)
        cells.append(Cell(number, cell.cell_type, cell.source, dict(cell.metadata), side, _paired(cell)))
    chapter = Chapter(path, dict(notebook.metadata), tuple(cells))
    _check_pairs(chapter)
    return chapter


def chapter_paths(root: Path) -> list[Path]:
    """Return the chapter sources of the repository `root`, in order."""
    return sorted((root / "book" / "chapters").glob("*.myst"))


def _side(path: Path, number: int, cell: Any, other_tags: AbstractSet[str]) -> str | None:
    tags = cell.metadata.get("tags", [])
    unknown = set(tags) - set(FRAMEWORKS) - set(ONLY) - other_tags
    if unknown:
        known = ", ".join([*FRAMEWORKS, *ONLY, *sorted(other_tags)])
        raise cell_error(path, number, cell.source, f"unknown tag {sorted(unknown)[0]!r}; known tags are {known}")
    sides = [tag for tag in tags if tag in FRAMEWORKS or tag in ONLY]
    if len(sides) > 1:
        raise cell_error(path, number, cell.source, f"tags {sides} contradict each other")
    if "timing" in tags and not sides:
        raise cell_error(path, number, cell.source, "a timing cell never prints the same twice: tag its framework too")
    return ONLY.get(sides[0], sides[0]) if sides else None


def _paired(cell: Any) -> bool:
    return any(tag in FRAMEWORKS for tag in cell.metadata.get("tags", []))


def _check_front_matter(chapter: Chapter) -> None:
    for key, kind in (("minutes", int), ("prerequisites", list), ("goals", list)):
        if not isinstance(chapter.metadata.get(key), kind):
            raise ChapterError(f"chapters/{chapter.path.name}: front matter needs {key!r} ({kind.__name__})")
    if chapter.metadata.get("chapter") != chapter.name:
        raise ChapterError(f"chapters/{chapter.path.name}: front matter needs 'chapter: {chapter.name}'")


def _check_quizzes(path: Path) -> None:
    try:
        quiz.read_all(path.read_text(encoding="utf-8"))
    except quiz.QuizError as error:
        raise ChapterError(f"chapters/{path.name}, line {error.line}: {error}") from None


def _check_pairs(chapter: Chapter) -> None:
    first, second = FRAMEWORKS
    waiting: Cell | None = None
    for cell in chapter.cells:
        if waiting and not (cell.paired and cell.side == second):
            raise chapter.error(waiting, f"has no {second} partner right after it")
        if cell.paired and cell.side == second and not waiting:
            raise chapter.error(cell, f"has no {first} partner right before it")
        waiting = cell if cell.paired and cell.side == first else None
    if waiting:
        raise chapter.error(waiting, f"has no {second} partner right after it")
