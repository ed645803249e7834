"""What a member hands in is read without trusting it."""

import json

import pytest
from grading.submission import PLACEHOLDER, Unreadable, find, forbidden_names, read


def write(path, cells, metadata=None):
    notebook = {"cells": [{"cell_type": kind, "source": source} for kind, source in cells], "metadata": metadata or {}}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_cells_in_both_forms(tmp_path):
    path = write(tmp_path / "ada.ipynb", [("code", "a = 1"), ("markdown", "text"), ("code", ["b = 2\n", "c = 3"])])
    assert read(path).cells == ("a = 1", "b = 2\nc = 3")


def test_the_notebook_says_what_it_is(tmp_path):
    said = {"assignment": {"name": "01_single_interest", "framework": "paddle"}}
    submission = read(write(tmp_path / "ada.ipynb", [], said))
    assert (submission.assignment, submission.framework) == ("01_single_interest", "paddle")


@pytest.mark.parametrize("lost", [{}, {"assignment": 3}, {"assignment": {"framework": ["paddle"]}}])
def test_the_framework_is_told_from_the_setup_where_the_metadata_is_lost(tmp_path, lost):
    submission = read(write(tmp_path / "ada.ipynb", [("code", 'device = setup("paddle")')], lost))
    assert (submission.assignment, submission.framework) == (None, "paddle")


BROKEN = ["", "[]", "null", "{}", '{"cells": 3}', '{"cells": [3]}', '{"cells": [{"cell_type": "code"}]}', "[" * 10**5]


@pytest.mark.parametrize("text", [*BROKEN, '{"cells": [{"cell_type": "code", "source": [1]}]}'], ids=lambda t: t[:40])
def test_what_is_no_notebook(tmp_path, text):
    path = tmp_path / "ada.ipynb"
    path.write_text(text)
    with pytest.raises(Unreadable, match="not a notebook"):
        read(path)


def test_open_answers_without_the_question(tmp_path):
    cells = [
        ("markdown", "<!-- BEGIN QUESTION -->\n## Question 7"),
        ("markdown", "My answer."),
        ("code", "x = 1"),
        ("markdown", "<!-- END QUESTION -->\n## Hand in"),
        ("markdown", "<!-- BEGIN QUESTION -->\n## Question 8"),
        ("markdown", PLACEHOLDER),
        ("markdown", "<!-- END QUESTION -->"),
        ("markdown", "Not an answer."),
    ]
    assert read(write(tmp_path / "ada.ipynb", cells)).open_answers == ("My answer.\n\nx = 1", "")


def test_who_handed_in(tmp_path):
    for name in ("ada.ipynb", "bob.pdf", ".DS_Store"):
        (tmp_path / name).touch()
    for name in ("feedback", "eve.ipynb"):
        (tmp_path / name).mkdir()
    assert list(find(tmp_path)) == ["ada", "bob.pdf", "eve"]


USES = [
    ("def f(x):\n    return masked_softmax(x)", ["masked_softmax"]),
    ("def f(x):\n    return masking.masked_softmax(x)", ["masked_softmax"]),
    ("def f(x):\n    from a import masked_softmax as m\n    return m(x)", ["masked_softmax"]),
    ("def f(x):\n    return x\n\n\ndef g(x):\n    return masked_softmax(x)", []),
    ("def f(x):\n    return masked_softmax(x)\n\n\ndef f(x):\n    return x", []),
    ("def f(x:\n    masked_softmax", []),
]


@pytest.mark.parametrize(("source", "found"), USES)
def test_names_that_a_question_does_without(source, found):
    assert forbidden_names((source,), "f", ["masked_softmax"]) == found
