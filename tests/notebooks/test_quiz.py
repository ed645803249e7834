"""The quiz of a chapter: what it is read as, what becomes of it in a notebook, and what is refused."""

import pytest

pytest.importorskip("myst_nb")

from sidebyside import plain, quiz, source
from sidebyside.site import ROOT

QUESTION = """\
{number}. Is $1 + {number}$
   a number?
   - [ ] No,
     it is a sum.
     > A sum is a number,
     > too.
   - [x] Yes.
     > So it is.
"""


def quiz_text(n_questions=quiz.N_QUESTIONS):
    return "".join(QUESTION.format(number=number) for number in range(1, n_questions + 1))


def test_questions_options_and_reasons_may_run_over_lines():
    questions = quiz.read(quiz_text().split("\n"))
    assert len(questions) == 5
    assert questions[1].text == "Is $1 + 2$ a number?"
    assert [(option.text, option.right, option.reason) for option in questions[1].options] == [
        ("No, it is a sum.", False, "A sum is a number, too."),
        ("Yes.", True, "So it is."),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("- [x] Yes", "- [ ] Yes", 13, "the question 'Is $1 + 1$ a number?' has 0 right options, 1 expected"),
        ("- [ ] No", "- [x] No", 13, "has 2 right options"),
        ("   - [x] Yes.\n     > So it is.\n", "", 13, "has 1 options, 2 to 8 expected"),
        ("     > So it is.\n", "", 19, "the option 'Yes.' has no reason below it"),
        ("1. Is", "2. Is", 13, "question 2 where 1 was expected"),
        ("1. Is", "Is", 13, "'Is $1 + 1$' stands before the first question"),
        ("   - [ ] No,\n     it is a sum.\n", "", 15, "explains no option"),
    ],
)
def test_a_broken_quiz_is_refused_with_file_and_line(tmp_path, old, new, line, problem):
    body = quiz_text()
    assert old in body
    message = refusal(tmp_path, body.replace(old, new, 1))
    assert message.startswith(f"chapters/00_toy.myst, line {line}: quiz: ")
    assert problem in message


@pytest.mark.parametrize("n_questions", [0, 4, 6])
def test_a_quiz_has_five_questions(tmp_path, n_questions):
    assert f"line 13: quiz: {n_questions} questions given, 5 expected" in refusal(tmp_path, quiz_text(n_questions))


def refusal(tmp_path, body):
    """What reading a chapter with this quiz says; the body of the quiz starts in line 13."""
    header = "---\nchapter: 00_toy\nminutes: 5\nprerequisites: [x]\ngoals: [x]\n---\n\n# Toy\n\n## Check\n\n"
    path = tmp_path / "00_toy.myst"
    path.write_text(f"{header}:::{{quiz}}\n{body}:::\n", encoding="utf-8")
    with pytest.raises(source.ChapterError) as refused:
        source.read_chapter(path)
    return str(refused.value).replace(tmp_path.name, "chapters")


def test_in_a_notebook_the_answers_are_folded():
    text = plain.markdown(f":::{{quiz}}\n{quiz_text()}:::")
    first, answer = text.split("<details>")[:2]
    assert first == "**1.** Is $1 + 1$ a number?\n\n- a) No, it is a sum.\n- b) Yes.\n\n"
    assert "- **a) Wrong.** A sum is a number, too.\n- **b) Right.** So it is.\n\n</details>" in answer
    assert text.count("<details>") == 5


@pytest.mark.parametrize("path", source.chapter_paths(ROOT), ids=lambda path: path.stem)
def test_every_chapter_closes_with_a_quiz(path):
    text = path.read_text(encoding="utf-8")
    (questions,) = quiz.read_all(text)
    assert "\n## Check yourself\n\n:::{quiz}\n" in text.split("\n## Summary\n")[1].split("\n## Sources\n")[0]
    places = {letter for question in questions for letter, option in question.lettered() if option.right}
    assert len(places) > 1, "the right option always stands in the same place"
    longest = sum(max(q.options, key=lambda option: len(option.text)).right for q in questions)
    assert longest < 5, "the right option is always the longest"
