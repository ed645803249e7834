"""A folder of submissions through the grader: kept results, the secret seed, the reports."""

import csv
import json
import stat
from dataclasses import replace

import pytest

pytest.importorskip("torch")

from grading import folder as grading_folder
from grading import report
from grading.folder import Settings, grade_folder, read_seed, read_specs
from grading.run import Limits, Outcome
from grading.sandbox import NOTHING
from grading.score import STATUSES, draw, status

from .built import notebook

NAME = "01_single_interest"


@pytest.fixture
def settings(dist, tmp_path):
    return Settings(dist, tmp_path / "out", "secret", Limits(), NOTHING, workers=1)


@pytest.fixture
def handed_in(dist, tmp_path):
    """Ada's right notebook, and Bob's, in which question 3 takes the softmax over the users."""
    folder = tmp_path / "submissions"
    folder.mkdir()
    right = json.dumps(notebook(dist, NAME, "pytorch", "autograder"))
    (folder / "ada.ipynb").write_text(right)
    (folder / "bob.ipynb").write_text(right.replace("torch.softmax(logits, dim=1)", "torch.softmax(logits, dim=0)"))
    (folder / "cy.pdf").write_text("%PDF")
    return folder


def test_a_folder_is_graded_once_and_reported(handed_in, settings, monkeypatch):
    results = grade_folder(handed_in, settings, progress=False)
    assert [report.total(result) for result in results] == [13, 10, 0]
    assert results[1]["questions"]["q3"]["problem"].startswith("case “two users”")
    specs = read_specs(settings.dist)
    report.write(settings.out, results, specs)
    check_reports(settings.out)
    asked = []
    monkeypatch.setattr(grading_folder, "_grade_all", lambda waiting, *rest: iter(asked.append(list(waiting)) or ()))
    assert grade_folder(handed_in, settings, progress=False) == results
    assert asked == [[]]


def check_reports(out):
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["member"]: row for row in csv.DictReader(file)}
    assert rows["bob"]["total"] == "10"
    assert rows["bob"]["q7 (open)"] == "handed in"
    assert (rows["ada"]["status"], rows["cy.pdf"]["status"]) == ("ok", "not a notebook")
    assert "0 of 3" in (out / "feedback" / "bob.md").read_text(encoding="utf-8")
    summary = (out / "summary.md").read_text(encoding="utf-8")
    assert "| Question 3. A batch with padding | 1 of 2 |" in summary
    assert "Isolation: process only." in summary
    assert "### ada" in (out / "open-answers.md").read_text(encoding="utf-8")


def test_another_notebook_or_seed_is_graded_again(handed_in, settings, monkeypatch):
    asked = []

    def remember(waiting, specs, settings):
        asked.append(sorted(waiting))
        for member, task in waiting.items():
            unknown = {"questions": {}, "cells": [], "seconds": 0.0, "status": ["ok"], "note": ""}
            yield {"member": member, "assignment": NAME, "framework": "pytorch", "key": task.key, **unknown}

    monkeypatch.setattr(grading_folder, "_grade_all", remember)
    grade_folder(handed_in, settings, progress=False)
    path = handed_in / "bob.ipynb"
    path.write_text(path.read_text().replace("dim=0", "dim=1"))
    grade_folder(handed_in, settings, progress=False)
    grade_folder(handed_in, replace(settings, seed="another"), progress=False)
    assert asked == [["ada", "bob"], ["bob"], ["ada", "bob"]]


def test_another_assignment_is_refused(handed_in, settings):
    strict = Settings(
        settings.dist, settings.out, "secret", settings.limits, NOTHING, 1, assignment="02_multi_interest"
    )
    results = grade_folder(handed_in, strict, progress=False)
    assert [result["status"] for result in results] == [["other assignment"]] * 2 + [["not a notebook"]]


def test_the_seed_is_drawn_once_and_for_the_leader_alone(tmp_path):
    path = tmp_path / "out" / "seed.txt"
    seed = read_seed(path)
    assert len(seed) == 32
    assert read_seed(path) == seed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_seed_draws_other_inputs(dist):
    spec = read_specs(dist)[NAME, "pytorch"]
    one, same, other = ([q["cases"] for q in draw(spec, seed).questions] for seed in ("a", "a", "b"))
    assert one == same
    assert all(first != second for first, second in zip(one, other, strict=True))


def test_no_result_holds_the_seed(handed_in, settings):
    grade_folder(handed_in, settings, progress=False)
    texts = [path.read_text(encoding="utf-8") for path in settings.out.rglob("*") if path.is_file()]
    assert texts
    assert not [text for text in texts if settings.seed in text]


FLAGS = [
    (Outcome([{"event": "done", "flags": []}]), ["ok"]),
    (Outcome([]), ["process died"]),
    (Outcome([], killed_for="memory limit"), ["memory limit"]),
    (Outcome([{"event": "cell", "number": 1, "problem": "x"}, {"event": "done", "flags": []}]), ["cell error"]),
    (Outcome([{"event": "done", "flags": ["time limit", "time limit", "=1+1", 3]}]), ["time limit"]),
    (Outcome([{"event": "done", "flags": "ok"}]), ["ok"]),
]


@pytest.mark.parametrize(("outcome", "expected"), FLAGS, ids=str)
def test_the_status_is_one_of_ours_whatever_the_report_says(outcome, expected):
    assert status(outcome) == expected
    assert set(expected) <= STATUSES.keys()
