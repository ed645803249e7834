"""Run the rows of ``book/cheatsheet.md``: both columns, on the same numbers."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from tutorial_utils.parity import assert_parity, to_numpy

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "book" / "cheatsheet.md").read_text(encoding="utf-8")
SAME, DIFFERENT, NOTE = "to do", "the same code", "<br>*"


def read_rows(page, first_header):
    """The cells of every row of the tables whose first header is `first_header`."""
    rows, header = [], None
    for line in page.splitlines():
        if not line.startswith("|"):
            header = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if header is None:
            header = cells[0]
        elif header == first_header and not set(line) <= set("|-"):
            rows.append(cells)
    return rows


def code_of(cell):
    """The code spans of a cell, one a line, without those of its note."""
    return "\n".join(re.findall("`([^`]+)`", cell.partition(NOTE)[0]))


def operands(page):
    """The values of the page's Python block."""
    namespace = {"np": np}
    exec(re.search("```python\n(.*?)```", page, re.DOTALL)[1], namespace)
    return {name: value for name, value in namespace.items() if isinstance(value, np.ndarray | str)}


def torch_names(values):
    torch = pytest.importorskip("torch")
    names = {name: torch.tensor(v) if isinstance(v, np.ndarray) else v for name, v in values.items()}
    w = torch.nn.Parameter(names["array"])
    return {**names, "array": values["array"].copy(), "w": w, "torch": torch, "lib": torch, **common(torch)}


def paddle_names(values):
    paddle = pytest.importorskip("tutorial_utils._paddle").paddle
    names = {name: paddle.to_tensor(v, place="cpu") if isinstance(v, np.ndarray) else v for name, v in values.items()}
    w = paddle.nn.Layer().create_parameter(
        values["array"].shape, default_initializer=paddle.nn.initializer.Assign(values["array"])
    )
    return {**names, "array": values["array"].copy(), "w": w, "paddle": paddle, "lib": paddle, **common(paddle)}


def common(framework):
    return {"nn": framework.nn, "F": framework.nn.functional, "np": np}


NAMES = {"PyTorch": torch_names, "Paddle": paddle_names}


def run(cell, names):
    """The value of the last line of a cell, or what it raises."""
    raised = re.fullmatch("raises `(\\w+)`", cell)
    if raised:
        return f"raises {raised[1]}"
    *statements, last = ast.parse(code_of(cell)).body
    try:
        exec(compile(ast.Module(statements, []), "<row>", "exec"), names)
        return eval(compile(ast.Expression(last.value), "<row>", "eval"), names)
    except Exception as error:
        return f"raises {type(error).__name__}"


def assert_same(first, second):
    """Equal values, shapes and dtypes, in lists and tuples too."""
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert_same(one, other)
    elif hasattr(first, "shape") and hasattr(second, "shape"):
        assert to_numpy(first).dtype == to_numpy(second).dtype
        assert_parity(first, second)
    else:
        assert type(first) is type(second)
        assert first == second


def check_row(row):
    """Run both columns of a row and compare what they give."""
    _, pytorch, paddle = row
    first, second = run(pytorch, torch_names(operands(PAGE))), run(paddle, paddle_names(operands(PAGE)))
    assert not str(first).startswith("raises")
    assert_same(first, second)


@pytest.mark.parametrize("row", read_rows(PAGE, SAME), ids=lambda row: row[0].partition(NOTE)[0])
def test_both_columns_give_the_same(row, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_row(row)


@pytest.mark.parametrize("framework", NAMES)
@pytest.mark.parametrize("row", read_rows(PAGE, DIFFERENT), ids=lambda row: code_of(row[0]))
def test_the_same_code_gives_what_its_column_says(row, framework):
    claimed = row[1 + list(NAMES).index(framework)]
    prepare = NAMES[framework]
    assert_same(run(row[0], prepare(operands(PAGE))), run(claimed, prepare(operands(PAGE))))


@pytest.mark.parametrize("row", read_rows(PAGE, DIFFERENT), ids=lambda row: code_of(row[0]))
def test_the_same_code_gives_two_results(row):
    with pytest.raises(AssertionError):
        assert_same(*(run(row[0], prepare(operands(PAGE))) for prepare in NAMES.values()))


def test_no_row_is_left_out():
    tables = [line for line in PAGE.splitlines() if line.startswith("|") and not set(line) <= set("|-")]
    rows = read_rows(PAGE, SAME) + read_rows(PAGE, DIFFERENT)
    assert len(rows) == len(tables) - PAGE.count("|---|---|---|")
    assert all(len(row) == 3 and all(row) for row in rows)


@pytest.mark.parametrize(
    "planted",
    [
        "| values | `x.sum(dim=1)` | `x.mean(axis=1)`",
        "| shapes | `x.sum(dim=1)` | `x.sum(axis=1, keepdim=True)`",
        "| dtypes | `mask.long()` | `mask.astype('int32')`",
        "| kinds | `x.sum(dim=(0, 1, 2)).item()` | `x.sum()`",
        "| errors | `x.sum(dim=9)` | `x.sum(axis=9)`",
    ],
)
def test_a_wrong_row_fails(planted):
    [row] = read_rows(f"| {SAME} | PyTorch | Paddle |\n|---|---|---|\n{planted} |", SAME)
    with pytest.raises(AssertionError):
        check_row(row)


def functions_used(framework):
    """The last names of all that the package takes from a framework, such as ``einsum`` of ``torch.einsum``."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob(f"{framework}.py")]
    dotted = {name for source in sources for name in re.findall(rf"\b{framework}((?:\.\w+)+)\(", source)}
    return {name.rpartition(".")[2] for name in dotted}


@pytest.mark.parametrize("framework", ["torch", "paddle"])
def test_every_function_that_the_package_calls_has_a_row(framework):
    cells = [cell for row in read_rows(PAGE, SAME) for cell in row]
    listed = set(re.findall(r"\w+", " ".join(map(code_of, cells))))
    assert functions_used(framework) <= listed
