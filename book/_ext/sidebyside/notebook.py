"""Split a chapter into one notebook a framework, run it, and tell whether a stored notebook is still the chapter's."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from sidebyside import head, install, plain
from sidebyside.source import FRAMEWORKS, Cell, Chapter, ChapterError, cell_error

KERNEL = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
# One code path on every x86 processor, so that stored outputs can be compared elsewhere.
SAME_EVERYWHERE = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
# The MKL inside Paddle dies of an illegal instruction on AMD processors under any narrower mode (float64 products).
MKL_MODE = {"pytorch": "AVX2", "paddle": "COMPATIBLE"}
HIDDEN_TAGS = ("solution", "hide-input")
HIDDEN = {"jupyter": {"source_hidden": True}, "cellView": "form"}


def split(chapter: Chapter, framework: str) -> nbformat.NotebookNode:
    """Return the notebook of one framework, not executed.

    Raises
    ------
    ChapterError
        If a Markdown cell holds MyST that has no plain counterpart.
    """
    ours = [cell for cell in chapter.cells if cell.on(framework)]
    cells = [_to_notebook_cell(chapter, cell) for cell in ours]
    cells[1:1] = [
        nbformat.v4.new_markdown_cell(head.markdown(chapter, page=False), id="head"),
        nbformat.v4.new_code_cell(install.code(framework), id="install", metadata={"tags": ["install"], **HIDDEN}),
    ]
    metadata = KERNEL | {"title": f"{chapter.name} ({FRAMEWORKS[framework]})"}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def kernel_environment(framework: str) -> dict[str, str]:
    """Return the environment in which the notebooks of `framework` are run, when stored and when checked."""
    return os.environ | SAME_EVERYWHERE | {"MKL_CBWR": MKL_MODE[framework]}


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run `notebook` in place, in a fresh kernel that starts in `folder`, the folder of its framework.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    """
    NotebookClient(
        notebook, timeout=600, record_timing=False, coalesce_streams=True, resources={"metadata": {"path": str(folder)}}
    ).execute(env=kernel_environment(folder.name))
    notebook.metadata["language_info"] = dict(KERNEL["language_info"])
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)


def keep_timings(new: nbformat.NotebookNode, stored: nbformat.NotebookNode | None) -> None:
    """Give a cell tagged `timing` the outputs it had, as long as its code is the same."""
    before = {cell.source: cell for cell in (stored.cells if stored else []) if "timing" in _tags(cell)}
    for cell in new.cells:
        if "timing" in _tags(cell) and cell.source in before:
            cell.outputs = before[cell.source].outputs


def read_stored(path: Path) -> nbformat.NotebookNode | None:
    """Return the notebook at `path`, or None where there is none."""
    return nbformat.read(path, as_version=4) if path.exists() else None


def generate(chapter: Chapter, framework: str, run: Callable[[nbformat.NotebookNode, Path], None] = execute) -> Path:
    """Write the executed notebook of one framework where it belongs and return its path."""
    path = chapter.notebook_path(framework)
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = split(chapter, framework)
    run(notebook, path.parent)
    keep_timings(notebook, read_stored(path))
    check_outputs(path, notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return path


def check_outputs(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Refuse a stored error or anything written to stderr.

    Raises
    ------
    ChapterError
        Naming the file and the cell.
    """
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise cell_error(path, number, cell.source, f"raised {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                raise cell_error(path, number, cell.source, f"wrote to stderr: {output.text[:200]!r}")


def check_fresh(chapter: Chapter, framework: str) -> nbformat.NotebookNode:
    """Return the stored notebook of one framework if it is what the chapter source gives.

    Raises
    ------
    ChapterError
        If the notebook is missing, not executed, or differs from the source, naming the first cell that does.
    """
    path = chapter.notebook_path(framework)
    stored, wanted = read_stored(path), split(chapter, framework)
    if stored is None:
        raise ChapterError(f"{framework}/{path.name} is missing: run `make notebooks`")
    for number, cell in enumerate(wanted.cells):
        if number >= len(stored.cells) or _identity(stored.cells[number]) != _identity(cell):
            raise cell_error(path, number, cell.source, "is not what the chapter source gives: run `make notebooks`")
        if cell.cell_type == "code" and cell.source and stored.cells[number].execution_count is None:
            raise cell_error(path, number, cell.source, "was not executed: run `make notebooks`")
    if len(stored.cells) != len(wanted.cells):
        raise ChapterError(f"{framework}/{path.name} has more cells than its source: run `make notebooks`")
    check_outputs(path, stored)
    return stored


def _to_notebook_cell(chapter: Chapter, cell: Cell) -> nbformat.NotebookNode:
    name = f"cell-{cell.number}"
    if cell.kind == "markdown":
        try:
            return nbformat.v4.new_markdown_cell(plain.markdown(cell.text), id=name)
        except ValueError as error:
            raise chapter.error(cell, str(error)) from None
    tags = [*cell.tags, *(["nbval-ignore-output"] if "timing" in cell.tags else [])]
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if set(HIDDEN_TAGS) & set(tags):
        metadata |= HIDDEN
    title = "# @title Solution (open to read)\n" if "solution" in tags else ""
    return nbformat.v4.new_code_cell(title + cell.text, id=name, metadata=metadata)


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _identity(cell: nbformat.NotebookNode) -> tuple[Any, ...]:
    return cell.id, cell.cell_type, cell.source, cell.metadata
