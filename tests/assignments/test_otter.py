"""The autograder that Otter itself runs gives the points of `make grade`."""

import json

import pytest

pytest.importorskip("torch")

from otter import api

from .built import notebook

NAME = "01_single_interest-pytorch"


@pytest.mark.slow
def test_otter_gives_full_points_to_the_solution_and_none_to_the_untouched_notebook(dist, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADING_SEED", "secret")
    autograder = dist / NAME / "autograder" / f"{NAME}.zip"
    right = api.grade_submission(str(dist / NAME / "autograder" / f"{NAME}.ipynb"), str(autograder), quiet=True)
    untouched = api.grade_submission(str(dist / NAME / "student" / f"{NAME}.ipynb"), str(autograder), quiet=True)
    assert (right.total, untouched.total) == (right.possible, 0)
    assert right.possible == 13


@pytest.mark.slow
def test_the_notebook_checks_itself_in_an_empty_folder(dist, tmp_path):
    """As on Colab: nothing but the notebook, under another name."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    text = json.dumps(notebook(dist, "01_single_interest", "pytorch", "autograder"))
    (tmp_path / "my copy.ipynb").write_text(text)
    run = nbformat.reads(text, as_version=4)
    nbclient.NotebookClient(run, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = [str(output) for cell in run.cells if "grader.check" in cell.source for output in cell.outputs]
    assert len(said) == 7
    assert all("passed" in text for text in said)
