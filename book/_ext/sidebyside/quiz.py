"""Read the quiz that closes a chapter, and write it as plain Markdown for the notebooks.

A quiz is itself a Markdown list, in a fence: numbered questions, options with a box each, and below each option why it
is right or wrong::

    :::{quiz}
    1. What does the mask of a batch say?
       - [ ] Which items the user liked.
         > It knows nothing of likes: it is about places.
       - [x] Which places hold a real item.
         > Yes. The others are padding.
    :::

A line that starts none of these goes on with the one above it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

N_QUESTIONS = 5
LETTERS = "abcdefgh"
LINE = re.compile(r"(?P<number>\d+)\. +(?P<question>.+)|- \[(?P<box>[ x])\] +(?P<option>.+)|> *(?P<reason>.+)")
FENCE = re.compile(r":{3,}\{quiz\}")


class QuizError(ValueError):
    """A quiz breaks a rule; ``line`` is where, counted from the first line given."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"quiz: {problem}")
        self.line = line


@dataclass
class Option:
    """An answer to choose from: its text, whether it is right, and why."""

    text: str
    right: bool
    line: int
    reason: str = ""


@dataclass
class Question:
    """A question with its options."""

    text: str
    line: int
    options: list[Option] = field(default_factory=list)

    def lettered(self) -> Iterator[tuple[str, Option]]:
        """Yield each option with its letter, a, b, c and so on."""
        return zip(LETTERS, self.options, strict=False)


def read(lines: list[str], first_line: int = 1) -> list[Question]:
    """Return the five questions in the body of a quiz.

    Raises
    ------
    QuizError
        If there are not five questions, or one has not exactly one right option, fewer than two options, an option
        without a reason, or a line that belongs to nothing; it names the line, the first being `first_line`.
    """
    questions: list[Question] = []
    for number, line in enumerate(lines, first_line):
        if line.strip():
            _add(questions, line.strip(), number)
    for question in questions:
        _check(question)
    if len(questions) != N_QUESTIONS:
        raise QuizError(first_line, f"{len(questions)} questions given, {N_QUESTIONS} expected")
    return questions


def read_all(text: str) -> list[list[Question]]:
    """Return every quiz of a chapter source; an error names the line in `text`.

    Raises
    ------
    QuizError
        As :func:`read`.
    """
    lines = text.split("\n")
    quizzes = []
    for start, line in enumerate(lines):
        if FENCE.match(line):
            end = next((at for at in range(start + 1, len(lines)) if lines[at].startswith(":::")), len(lines))
            quizzes.append(read(lines[start + 1 : end], start + 2))  # lines are counted from 1
    return quizzes


def markdown(questions: list[Question]) -> list[str]:
    """Return the lines of a quiz with folded answers, as MyST without directives."""
    out: list[str] = []
    for number, question in enumerate(questions, 1):
        out += ["", f"**{number}.** {question.text}", ""]
        out += [f"- {letter}) {option.text}" for letter, option in question.lettered()]
        out += ["", "<details>", "<summary>Answer</summary>", ""]
        out += [f"- **{verdict(letter, option)}** {option.reason}" for letter, option in question.lettered()]
        out += ["", "</details>"]
    return out[1:]


def verdict(letter: str, option: Option) -> str:
    """Say in two words whether an option is right."""
    return f"{letter}) {'Right' if option.right else 'Wrong'}."


def _add(questions: list[Question], line: str, number: int) -> None:
    """Let `line` start a question, an option or a reason, or go on with what was last."""
    match = LINE.match(line)
    if match and match["question"]:
        if int(match["number"]) != len(questions) + 1:
            raise QuizError(number, f"question {match['number']} where {len(questions) + 1} was expected")
        questions.append(Question(match["question"], number))
    elif not questions:
        raise QuizError(number, f"{line[:40]!r} stands before the first question")
    elif match and match["option"]:
        questions[-1].options.append(Option(match["option"], match["box"] == "x", number))
    else:
        _go_on(questions[-1], line.removeprefix(">").strip(), number, starts_reason=bool(match))


def _go_on(question: Question, text: str, number: int, starts_reason: bool) -> None:
    option = question.options[-1] if question.options else None
    if starts_reason and option is None:
        raise QuizError(number, f"{text[:40]!r} explains no option")
    if option is None:
        question.text += f" {text}"
    elif starts_reason or option.reason:
        option.reason = f"{option.reason} {text}".strip()
    else:
        option.text += f" {text}"


def _check(question: Question) -> None:
    name = f"the question {question.text[:40]!r}"
    right = sum(option.right for option in question.options)
    if not 2 <= len(question.options) <= len(LETTERS):
        raise QuizError(question.line, f"{name} has {len(question.options)} options, 2 to {len(LETTERS)} expected")
    if right != 1:
        raise QuizError(question.line, f"{name} has {right} right options, 1 expected")
    for option in question.options:
        if not option.reason:
            raise QuizError(option.line, f"the option {option.text[:40]!r} has no reason below it")
