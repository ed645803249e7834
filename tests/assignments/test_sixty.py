"""A folder of sixty generated submissions through `make grade`: good, partial, wrong and hostile, both frameworks."""

import csv
import json
import os
import random
import subprocess
import sys
import time
from itertools import cycle, islice

import pytest

pytest.importorskip("torch")
pytest.importorskip("paddle")

from grading.master import master_paths, read_master, read_wrong
from sidebyside.site import ROOT

from .built import FRAMEWORKS, notebook
from .hostile import CODE, FILES

pytestmark = pytest.mark.slow
NAME = "01_single_interest"
GOOD, PARTIAL, WRONG, HOSTILE = 15, 12, 13, 20
SLOW = {"endless loop that catches everything", "endless loop without the alarm"}
POINTS = {question.name: question.options["points"] for question in read_master(master_paths()[0]).questions}


def generate(dist, folder):
    """Write sixty submissions and return the total and the status that each must get."""
    right = {framework: notebook(dist, NAME, framework, "autograder") for framework in FRAMEWORKS}
    untouched = {framework: notebook(dist, NAME, framework, "student") for framework in FRAMEWORKS}
    return {
        **good(right, folder),
        **partial(right, untouched, folder),
        **wrong(right, folder),
        **hostile(right["pytorch"], folder),
    }


def good(right, folder):
    for number, framework in enumerate(islice(cycle(FRAMEWORKS), GOOD)):
        write(folder, f"good {number:02}", right[framework])
    return {f"good {number:02}": (13, "ok") for number in range(GOOD)}


def partial(right, untouched, folder):
    """Some answers right and the others as handed out."""
    rng, expected = random.Random(0), {}
    for number, framework in enumerate(islice(cycle(FRAMEWORKS), PARTIAL)):
        solved = rng.sample([f"q{question}" for question in range(1, 7)], number % 6)
        write(folder, f"partial {number:02}", mixed(right[framework], untouched[framework], solved))
        expected[f"partial {number:02}"] = (sum(POINTS[question] for question in solved), "ok")
    return expected


def wrong(right, folder):
    """One typical mistake each."""
    mistakes = [(framework, wrong) for wrong in read_wrong(NAME) for framework in wrong.answers]
    expected = {}
    for number, (framework, mistake) in enumerate(random.Random(1).sample(mistakes, WRONG)):
        write(folder, f"wrong {number:02}", with_cell(right[framework], mistake.answers[framework]))
        expected[f"wrong {number:02}"] = (13 - POINTS[mistake.question], "ok")
    return expected


def hostile(right, folder):
    expected = {}
    for name in [name for name in CODE if name not in SLOW][: HOSTILE - len(FILES)]:
        code, status, loses = CODE[name]
        write(folder, name, with_cell(right, code.replace("{canary}", str(folder))))
        expected[name] = (13 - sum(POINTS[question] for question in loses.split()), "; ".join(status))
    for name, (content, status) in FILES.items():
        (folder / name).write_bytes(content)
        expected[name.removesuffix(".ipynb")] = (0, "; ".join(status))
    return expected


def mixed(right, untouched, solved):
    """The untouched notebook with the answers to the questions `solved`."""
    answers = {f"q{number}": cell for number, cell in enumerate(filter(is_answer, right["cells"]), start=1)}
    stubs = {id(cell): f"q{number}" for number, cell in enumerate(filter(is_answer, untouched["cells"]), start=1)}
    taken = {place: answers[question] for place, question in stubs.items() if question in solved}
    return untouched | {"cells": [taken.get(id(cell), cell) for cell in untouched["cells"]]}


def is_answer(cell):
    return cell["cell_type"] == "code" and any(tag.startswith("otter") for tag in cell["metadata"].get("tags", []))


def with_cell(right, code):
    return right | {"cells": [*right["cells"], {"cell_type": "code", "source": code, "metadata": {}}]}


def write(folder, name, content):
    (folder / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")


def test_sixty_submissions(dist, tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    expected = generate(dist, folder)
    assert len(expected) == 60
    start = time.monotonic()
    done = subprocess.run(
        ["make", "-o", ".make/installed", "grade", f"SUBMISSIONS={folder}", f"BIN={os.path.dirname(sys.executable)}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    print(f"60 submissions in {time.monotonic() - start:.0f} s")
    with (tmp_path / "submissions-graded" / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["member"].lstrip("'"): row for row in csv.DictReader(file)}
    got = {name: (int(rows[name]["total"]), rows[name]["status"]) for name in expected}
    assert got == expected
    assert "60 submissions" in done.stdout
