"""The committed chapters and notebooks keep the book's rules."""

import re

import nbformat
import pytest

pytest.importorskip("myst_nb")

from sidebyside.page import merge
from sidebyside.site import ROOT
from sidebyside.source import FRAMEWORKS, chapter_paths, read_chapter

CHAPTERS = chapter_paths(ROOT)
by_name = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def notebooks(framework):
    return [nbformat.read(path, as_version=4) for path in sorted((ROOT / "notebooks" / framework).glob("*.ipynb"))]


def test_there_are_chapters():
    assert len(CHAPTERS) >= 2


@by_name
def test_notebooks_are_what_the_source_gives_and_common_cells_agree(path):
    assert merge(read_chapter(path)).cells


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_notebook_is_left_over(framework):
    stored = {path.stem for path in (ROOT / "notebooks" / framework).glob("*.ipynb")}
    assert stored == {path.stem for path in CHAPTERS}


@by_name
def test_code_cells_stay_short(path):
    long = [cell.number for cell in read_chapter(path).cells if cell.kind == "code" and cell.text.count("\n") >= 25]
    assert not long, f"cells {long} have more than 25 lines"


@by_name
def test_a_chapter_has_five_solved_exercises(path):
    chapter = read_chapter(path)
    exercises = sum(len(re.findall(r"^:{3,}\{exercise\}", cell.text, re.MULTILINE)) for cell in chapter.cells)
    solutions = {cell.number for cell in chapter.cells if "solution" in cell.tags and cell.side != "paddle"}
    assert exercises >= 5
    assert len(solutions) >= exercises - 1, "all but the open-ended exercise have a solution that runs"


@by_name
def test_solutions_pass_their_checker(path):
    for cell in merge(read_chapter(path)).cells:
        if cell.cell_type == "code" and "solution" in cell.metadata["tags"] and "check(" in cell.source:
            printed = "".join(output.get("text", "") for output in cell.outputs)
            assert "Correct:" in printed, f"{cell.source[:80]!r} printed {printed!r}"


@by_name
def test_every_figure_has_an_alternative_text(path):
    for cell in merge(read_chapter(path)).cells:
        pictures = [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
        if pictures:
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 20, f"the figure of {cell.source[:60]!r} has no alternative text"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_few_cells_are_ignored_by_nbval(framework):
    cells = [cell for book in notebooks(framework) for cell in book.cells if cell.cell_type == "code"]
    ignored = [cell for cell in cells if "nbval-ignore-output" in cell.metadata.get("tags", [])]
    assert len(ignored) <= 0.05 * len(cells)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_notebooks_hold_no_path_of_the_machine_that_ran_them(framework):
    for path in (ROOT / "notebooks" / framework).glob("*.ipynb"):
        assert not re.search(r"(/home/|/r[o]ot/|/t[m]p/|/Users/|ipykernel_)", path.read_text(encoding="utf-8")), path
