"""Read a master: ``assignments/NAME.myst``, one source for the assignments of both frameworks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidebyside.site import ROOT
from sidebyside.source import Cell, Chapter, ChapterError, read_source

FOLDER = ROOT / "assignments"
TAGS = frozenset({"answer", "test", "hidden"})
AUTOMATIC = {"points": int, "function": str}
OPTIONAL = {"numpy": bool, "tolerance": float, "without": list}
MANUAL = {"points": int, "manual": bool}


@dataclass(frozen=True)
class Question:
    """A question of a master: what its heading says about it, and its cells."""

    name: str
    options: dict[str, Any]
    cells: tuple[Cell, ...]

    @property
    def manual(self) -> bool:
        """Whether the leader grades it."""
        return bool(self.options.get("manual"))

    @property
    def title(self) -> str:
        """The text of its heading."""
        return _heading(self.cells[0])

    def code(self, framework: str, tag: str) -> list[str]:
        """The code cells with `tag`, one of :data:`TAGS`, of one framework."""
        return [cell.text for cell in self.cells if tag in cell.tags and cell.on(framework)]


@dataclass(frozen=True)
class Master:
    """A master, checked: the cells before the first question, and the questions."""

    source: Chapter
    head: tuple[Cell, ...]
    questions: tuple[Question, ...]

    @property
    def name(self) -> str:
        """Such as ``01_single_interest``: the chapter's name."""
        return self.source.name


def master_paths() -> list[Path]:
    """Return the masters of the repository, in order."""
    return sorted(FOLDER.glob("[0-9]*.myst"))


def read_master(path: Path) -> Master:
    """Read and check a master.

    Raises
    ------
    ChapterError
        Naming the file and the cell that breaks a rule of ``assignments/README.md``.
    """
    source = read_source(path, TAGS)
    if source.metadata.get("assignment") != path.stem or not isinstance(source.metadata.get("minutes"), int):
        raise ChapterError(f"{path.name}: front matter needs 'assignment: {path.stem}' and 'minutes' (int)")
    starts = [index for index, cell in enumerate(source.cells) if "question" in cell.metadata]
    ends = [*starts[1:], len(source.cells)]
    questions = [_question(source, source.cells[start:end]) for start, end in zip(starts, ends, strict=True)]
    if not 5 <= len(questions) <= 8:
        raise ChapterError(f"{path.name}: has {len(questions)} questions, expected five to eight")
    return Master(source, source.cells[: starts[0]], tuple(questions))


@dataclass(frozen=True)
class WrongSolution:
    """A typical mistake: what replaces the answer to a question, in each framework."""

    name: str
    question: str
    answers: dict[str, str]


def read_wrong(name: str) -> list[WrongSolution]:
    """Read ``assignments/wrong/NAME.myst``, the typical wrong solutions of an assignment."""
    source = read_source(FOLDER / "wrong" / f"{name}.myst", frozenset())
    starts = [index for index, cell in enumerate(source.cells) if "question" in cell.metadata]
    ends = [*starts[1:], len(source.cells)]
    return [_wrong(source.cells[start:end]) for start, end in zip(starts, ends, strict=True)]


def _wrong(cells: tuple[Cell, ...]) -> WrongSolution:
    sides = {
        framework: "\n".join(cell.text for cell in cells if cell.kind == "code" and cell.on(framework))
        for framework in ("pytorch", "paddle")
    }
    answers = {framework: code for framework, code in sides.items() if code}
    return WrongSolution(_heading(cells[0]), cells[0].metadata["question"], answers)


def _heading(cell: Cell) -> str:
    return cell.text.split("\n")[0].lstrip("# ")


def _question(source: Chapter, cells: tuple[Cell, ...]) -> Question:
    options = {key: value for key, value in cells[0].metadata.items() if key != "question"}
    question = Question(cells[0].metadata["question"], options, cells)
    required = MANUAL if question.manual else AUTOMATIC
    for key, kind in required.items():
        if not isinstance(options.get(key), kind):
            raise source.error(cells[0], f"a question needs {key!r} ({kind.__name__})")
    unknown = options.keys() - required.keys() - OPTIONAL.keys()
    if unknown:
        raise source.error(cells[0], f"unknown option {sorted(unknown)[0]!r}")
    _check_parts(source, question)
    return question


def _check_parts(source: Chapter, question: Question) -> None:
    has = {tag for cell in question.cells for tag in cell.tags}
    rubric = any("rubric" in cell.metadata for cell in question.cells)
    if question.manual and not rubric:
        raise source.error(question.cells[0], 'a manual question needs a cell with +++ {"rubric": true}')
    if not question.manual and has & TAGS != TAGS:
        missing = sorted(TAGS - has)[0]
        raise source.error(question.cells[0], f"has no cell tagged {missing!r}")
