"""Build ``dist/NAME-FRAMEWORK/{student,autograder}`` from a master, with Otter Assign."""

import contextlib
import io
import json
import logging
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from sidebyside import install, plain
from sidebyside.notebook import KERNEL
from sidebyside.site import page_url, repository_url
from sidebyside.source import Cell

from grading.master import Master, Question

OTTER_CONFIG = """# ASSIGNMENT CONFIG
init_cell: false
export_cell: false
check_all_cell: false
run_tests: false
generate: {{show_stdout: false}}
tests: {{files: true, ok_format: false}}
requirements: ["{package}"]
runs_on: colab
name: {name}"""
NO_POINTS = '""" # BEGIN TEST CONFIG\npoints: 0\n""" # END TEST CONFIG\n'
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}
INSTALL_OTTER = """

if importlib.util.find_spec("otter") is None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "otter-grader"], check=True)"""
SELF_CHECK = """# @title Self-check: the public tests of this notebook (open to read)
from pathlib import Path

import otter

tests = {{}}
{tests}
Path("public_tests").mkdir(exist_ok=True)
for name, text in tests.items():
    Path("public_tests", f"{{name}}.py").write_text(text)
grader = otter.Notebook(tests_dir="public_tests")"""
HAND_IN = """## Hand in

Run the whole notebook once more from the top (*Run all*); the last cell repeats all public tests. Save it, and hand in
the `.ipynb` file under your name, such as `ada.ipynb`. The public tests only help you: the points come from other
inputs."""
CHAPTER_LINK = re.compile(r"\]\((\w+)\.ipynb\)")
SPEC = "grading.json"
IN_PROCESS = [
    *(f"{name}.py" for name in ("__init__", "in_process", "run", "sandbox", "score", "submission")),
    *(f"inside/{name}.py" for name in ("__init__", "answers", "calls")),
]


def build(master: Master, framework: str, dist: Path) -> Path:
    """Write the student's notebook and the autograder of one framework; return their folder."""
    name = f"{master.name}-{framework}"
    folder = dist / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(otter_master(master, framework), path)
    _otter_assign(path, folder)
    tests = {test.stem: test.read_text(encoding="utf-8") for test in sorted((folder / "student/tests").glob("*.py"))}
    shutil.rmtree(folder / "student/tests")
    next((folder / "autograder").glob("*.zip")).rename(folder / "autograder" / f"{name}.zip")
    for side in ("student", "autograder"):
        _finish(folder / side / path.name, master, framework, tests)
    _write_spec(folder / "autograder" / SPEC, master, framework, tests)
    _complete_zip(folder / "autograder" / f"{name}.zip", folder / "autograder" / SPEC)
    return folder


def otter_master(master: Master, framework: str) -> nbformat.NotebookNode:
    """Return the notebook that Otter Assign reads."""
    name = f"{master.name}-{framework}"
    cells = [new_raw_cell(_otter_config(name, framework)), *(_cell(cell) for cell in master.head if cell.on(framework))]
    for question in master.questions:
        cells += _question_cells(question, framework)
    cells += [new_markdown_cell(HAND_IN), new_code_cell("grader.check_all()")]
    return nbformat.v4.new_notebook(cells=cells, metadata=KERNEL | {"title": name})


def markdown(text: str) -> str:
    """Return a master's text as plain Markdown; chapters are linked to on the site."""
    return re.sub(
        r"\]\((\w+)\.ipynb\)", lambda link: f"]({page_url(f'book/chapters/{link[1]}')})", plain.markdown(text)
    )


def _otter_config(name: str, framework: str) -> str:
    package = f"tutorial-utils[{install.EXTRAS[framework]}] @ git+{repository_url()}"
    return OTTER_CONFIG.format(name=name, package=package)


def _question_cells(question: Question, framework: str) -> Iterator[nbformat.NotebookNode]:
    ours = [cell for cell in question.cells if cell.on(framework)]
    options = f"name: {question.name}\npoints: {question.options['points']}\nmanual: {str(question.manual).lower()}"
    yield new_raw_cell(f"# BEGIN QUESTION\n{options}")
    for cell in ours:
        if "rubric" in cell.metadata or "answer" in cell.tags:
            yield from (new_raw_cell("# BEGIN SOLUTION"), _cell(cell), new_raw_cell("# END SOLUTION"))
        elif not {"test", "hidden"} & set(cell.tags):
            yield _cell(cell)
    if not question.manual:
        yield new_raw_cell("# BEGIN TESTS")
        yield from (new_code_cell(NO_POINTS + code) for code in question.code(framework, "test"))
        yield new_code_cell(_hidden_test(question))
        yield new_raw_cell("# END TESTS")
    yield new_raw_cell("# END QUESTION")


def _hidden_test(question: Question) -> str:
    """What Otter runs where it grades by itself: the hidden cases, in the student's own process."""
    config = f'""" # BEGIN TEST CONFIG\nhidden: true\npoints: {question.options["points"]}\n""" # END TEST CONFIG\n'
    call = f'    from grading.in_process import check\n\n    check("{question.name}", env)'
    return f"{config}def hidden_{question.name}(env):\n{call}"


def _cell(cell: Cell) -> nbformat.NotebookNode:
    if cell.kind == "code":
        return new_code_cell(cell.text)
    points = cell.metadata.get("points")
    text = markdown(cell.text)
    return new_markdown_cell(text if points is None else _with_points(text, points))


def _with_points(text: str, points: int) -> str:
    heading, _, rest = text.partition("\n")
    return f"{heading}\n\n*{points} point{'s' if points > 1 else ''}*\n{rest}"


def _otter_assign(master: Path, folder: Path) -> None:
    """Run Otter Assign quietly: its log goes to where only an error shows it."""
    from otter.assign import main

    logging.getLogger("otter").setLevel(logging.WARNING)
    with contextlib.redirect_stdout(io.StringIO()):
        main(str(master), str(folder), no_pdfs=True, no_run_tests=True)


def _finish(path: Path, master: Master, framework: str, tests: dict[str, str]) -> None:
    """Put what comes first into a notebook that Otter wrote: what installs, and the public tests."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1:1] = [
        new_code_cell(install.code(framework) + INSTALL_OTTER, id="install", metadata=FOLDED),
        new_code_cell(self_check(tests), id="tests", metadata={"cellView": "form", "jupyter": {"source_hidden": True}}),
    ]
    for number, cell in enumerate(notebook.cells):
        cell.id = cell.id if cell.id in ("install", "tests") else f"cell-{number}"
    notebook.metadata |= KERNEL | {"assignment": {"name": master.name, "framework": framework}}
    nbformat.write(notebook, path)


def self_check(tests: dict[str, str]) -> str:
    """Return the code cell that writes the public tests where Otter looks for them."""
    broken = [name for name, text in tests.items() if "'''" in text]
    if broken:
        raise ValueError(f"a test of {broken[0]} contains ''', which ends the text that carries it")
    return SELF_CHECK.format(tests="\n".join(f"tests[{name!r}] = r'''{text}'''" for name, text in tests.items()))


def _write_spec(path: Path, master: Master, framework: str, tests: dict[str, str]) -> None:
    """Write everything that grading needs to know, so that it reads neither the master nor a member's tests."""
    head = [cell.text for cell in master.head if cell.kind == "code" and cell.on(framework)]
    answers = [code for question in master.questions for code in question.code(framework, "answer")]
    spec = {
        "name": master.name,
        "framework": framework,
        "tests": tests,
        "solution": [*head, *answers],
        "questions": [_question_spec(question, framework) for question in master.questions],
    }
    path.write_text(json.dumps(spec, indent=1), encoding="utf-8")


def _complete_zip(path: Path, spec: Path) -> None:
    """Add what the hidden tests need where Otter itself grades."""
    here = Path(__file__).parent
    with zipfile.ZipFile(path, "a") as file:
        file.write(spec, f"files/grading/{SPEC}")
        for name in IN_PROCESS:
            file.write(here / name, f"files/grading/{name}")


def _question_spec(question: Question, framework: str) -> dict[str, Any]:
    rubric = [markdown(cell.text) for cell in question.cells if "rubric" in cell.metadata]
    hidden = "\n\n".join(question.code(framework, "hidden"))
    return {
        "name": question.name,
        "title": question.title,
        **question.options,
        "hidden": hidden,
        "rubric": "".join(rubric),
    }
