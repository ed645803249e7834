"""The built assignments, and what their variants score."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from grading.master import master_paths, read_master, read_wrong
from grading.run import Outcome
from grading.score import draw, grade, with_expected

FRAMEWORKS = {"pytorch": "torch", "paddle": "paddle"}
VARIANTS = Path(__file__).with_name("variants.py")
SEEDS = [f"seed {number}" for number in range(20)]  # a leader's seed may be any


def notebook(dist, name, framework, side):
    """The notebook of a built assignment as JSON; `side` is student or autograder (with the solution)."""
    path = dist / f"{name}-{framework}" / side / f"{name}-{framework}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def graded_variants(dist, name, framework):
    """The solution, the untouched notebook and every wrong solution: a result for each seed and the public tests."""
    spec = json.loads((dist / f"{name}-{framework}" / "autograder" / "grading.json").read_text(encoding="utf-8"))
    untouched = [cell for cell in notebook(dist, name, framework, "student")["cells"] if cell["cell_type"] == "code"]
    variants = {"solution": spec["solution"], "untouched": [as_code(cell) for cell in untouched[2:]]}
    for wrong in read_wrong(name):
        if framework in wrong.answers:
            variants[wrong.name] = replaced(name, framework, wrong)
    drawn = {seed: draw(spec, seed) for seed in SEEDS}
    job = {"framework": framework, "tests": spec["tests"], "variants": variants, "questions": marked(drawn)}
    told = _run(job)
    prepared = {seed: with_expected(drawn[seed], of_seed(told["solution"]["events"], seed)) for seed in SEEDS}
    return {
        variant: (
            [grade(prepared[seed], tuple(variants[variant]), of_seed(given["events"], seed)) for seed in SEEDS],
            given["public"],
        )
        for variant, given in told.items()
    }


def marked(drawn):
    """The questions of all seeds for one process; a name says the seed."""
    pairs = [(seed, question) for seed, prepared in drawn.items() for question in prepared.questions]
    return [question | {"name": f"{question['name']}@{seed}"} for seed, question in pairs]


def of_seed(events, seed):
    """What a grader with this seed would be told."""
    split = [(event, *event.get("question", f"@{seed}").split("@")) for event in events]
    return Outcome([event | {"question": question} for event, question, drawn in split if drawn == seed])


def as_code(cell):
    source = "".join(cell["source"])
    return "" if source.startswith("grader.") else source


def replaced(name, framework, wrong):
    """The cells of the solution, with the answer to one question replaced by a wrong one."""
    master = read_master(next(path for path in master_paths() if path.stem == name))
    cells = [cell.text for cell in master.head if cell.kind == "code" and cell.on(framework)]
    for question in master.questions:
        ours = [wrong.answers[framework]] if question.name == wrong.question else question.code(framework, "answer")
        cells += ours
    return cells


def _run(job):
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, str(VARIANTS)],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])
