"""Merge a chapter source with its two executed notebooks into the notebook that the site shows."""

from pathlib import Path
from typing import Any

import nbformat

from sidebyside import head
from sidebyside.notebook import KERNEL, check_fresh
from sidebyside.source import FRAMEWORKS, Cell, Chapter, read_chapter

Outputs = dict[str, dict[str, nbformat.NotebookNode]]


def read_page(text: str, *, root: str) -> nbformat.NotebookNode:
    """Read a chapter for MyST-NB, which hands over only the text: its front matter names the chapter."""
    chapter_name = text.split("chapter:", 1)[1].split("\n", 1)[0].strip()
    return merge(read_chapter(Path(root) / "book" / "chapters" / f"{chapter_name}.myst"))


def merge(chapter: Chapter) -> nbformat.NotebookNode:
    """Return the chapter's cells with the stored outputs of both frameworks.

    Raises
    ------
    ChapterError
        If a notebook is not what the source gives, or a common cell does not print the same in both.
    """
    stored = {name: {cell.id: cell for cell in check_fresh(chapter, name).cells} for name in FRAMEWORKS}
    cells = [_page_cell(chapter, cell, stored) for cell in chapter.cells]
    cells.insert(1, nbformat.v4.new_markdown_cell(head.markdown(chapter, page=True)))
    lines = chapter.metadata["source_map"]
    metadata = KERNEL | {"source_map": [*lines[:1], lines[0], *lines[1:]]}
    metadata |= {"description": chapter.metadata["description"]} if "description" in chapter.metadata else {}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _page_cell(chapter: Chapter, cell: Cell, stored: Outputs) -> nbformat.NotebookNode:
    if cell.kind == "markdown":
        return nbformat.v4.new_markdown_cell(cell.text)
    held = [stored[name][f"cell-{cell.number}"] for name in FRAMEWORKS if cell.on(name)]
    if len(held) == 2 and _printed(held[0]) != _printed(held[1]):
        raise chapter.error(cell, f"is common but prints differently: {_first_difference(*held)}")
    page_cell = nbformat.v4.new_code_cell(cell.text, outputs=held[0].outputs, execution_count=held[0].execution_count)
    page_cell.metadata = nbformat.from_dict(_page_metadata(cell))
    return page_cell


def _page_metadata(cell: Cell) -> dict[str, Any]:
    fold = ["hide-cell"] if "solution" in cell.tags else []
    metadata: dict[str, Any] = {"tags": [*cell.tags, *fold]}
    if fold:
        metadata["mystnb"] = {"code_prompt_show": "Show a solution", "code_prompt_hide": "Hide the solution"}
    if "alt" in cell.metadata:
        metadata.setdefault("mystnb", {})["image"] = {"alt": cell.metadata["alt"]}
    return metadata


def _printed(cell: nbformat.NotebookNode) -> list[Any]:
    """Everything a cell put out but pictures: a curve that differs in its seventh digit may move a pixel."""
    kept = []
    for output in cell.outputs:
        data = {kind: value for kind, value in output.get("data", {}).items() if not kind.startswith("image/")}
        kept.append((output.output_type, output.get("text"), data))
    return kept


def _first_difference(one: nbformat.NotebookNode, other: nbformat.NotebookNode) -> str:
    pair = zip([*_printed(one), None], [*_printed(other), None], strict=False)
    return next(f"{str(a)[:120]!r} against {str(b)[:120]!r}" for a, b in pair if a != b)
