"""Turn a report into points: compare what a submission answered with what the solution answered."""

import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from grading.inside.answers import decode, difference, encode
from grading.inside.calls import definitions
from grading.run import Outcome
from grading.submission import forbidden_names

STATUSES = {
    "ok": "Everything ran.",
    "cell error": "At least one cell stopped with an error; the other cells were run.",
    "syntax error": "At least one cell is not valid Python; the other cells were run.",
    "time limit": "A cell or a call ran too long and was stopped.",
    "memory limit": "The notebook asked for more memory than there is for it.",
    "output limit": "The notebook printed or returned far too much.",
    "file limit": "The notebook wrote a file that is too large.",
    "called exit": "A cell called exit; the other cells were run.",
    "started processes": "The notebook tried to start another process; that is not possible here.",
    "used the network": "The notebook tried to use the network; that is not possible here.",
    "touched files": "The notebook tried to change files outside its folder; that is not possible here.",
    "patched the checker": "The notebook replaced functions that check; that has no influence on the points.",
    "changed the tests": "The public tests are not those handed out; that has no influence on the points.",
    "process died": "The notebook ended the process that ran it; what was not answered before counts as wrong.",
    "not a notebook": "What was handed in cannot be read as a notebook.",
    "too large": "What was handed in is too large to be a notebook.",
    "other assignment": "The notebook belongs to another assignment, or does not say to which.",
    "grading failed": "The grader itself failed here; tell whoever maintains it.",
}
TOLERANCE = 1e-4


class GradingError(RuntimeError):
    """The assignment itself cannot be graded, since its solution does not answer."""


@dataclass(frozen=True)
class Prepared:
    """An assignment with its hidden inputs drawn: the questions as a job holds them, and what the solution answered."""

    spec: dict[str, Any]
    questions: list[dict[str, Any]]
    expected: dict[str, list[Any]]

    def job(self, cells: tuple[str, ...]) -> dict[str, Any]:
        """Return the job that runs `cells` and asks for all answers."""
        return {
            "framework": self.spec["framework"],
            "cells": cells,
            "questions": self.questions,
            "tests": self.spec["tests"],
        }


def automatic(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the questions that are graded here."""
    return [question for question in spec["questions"] if not question.get("manual")]


def draw(spec: dict[str, Any], seed: str) -> Prepared:
    """Draw the hidden inputs of every question from the leader's seed; the answers are still missing."""
    questions = [_drawn(question, seed) for question in automatic(spec)]
    return Prepared(spec, questions, {})


def with_expected(prepared: Prepared, outcome: Outcome) -> Prepared:
    """Return `prepared` with the answers of the solution.

    Raises
    ------
    GradingError
        If a cell of the solution stops or a case stays without an answer.
    """
    events = [event for event in outcome.events if event.get("problem")]
    answers = _answers(outcome)
    missing = [q["name"] for q in prepared.questions for n in range(len(q["cases"])) if (q["name"], n) not in answers]
    if events or missing:
        name = f"{prepared.spec['name']} ({prepared.spec['framework']})"
        raise GradingError(f"the solution of {name} does not answer: {events or missing or outcome}")
    expected = {q["name"]: [answers[q["name"], n]["value"] for n in range(len(q["cases"]))] for q in prepared.questions}
    return Prepared(prepared.spec, prepared.questions, expected)


def grade(prepared: Prepared, cells: tuple[str, ...], outcome: Outcome) -> dict[str, Any]:
    """Return the points of every question, with a sentence where some are missing, and the status."""
    answers = _answers(outcome)
    questions = {}
    for question in prepared.questions:
        problem = _forbidden(question, cells) or _first_problem(prepared, question, answers)
        points = 0 if problem else question["points"]
        questions[question["name"]] = {"points": points, "possible": question["points"], "problem": problem}
    cell_problems = [
        [event["number"], str(event["problem"])]
        for event in outcome.events
        if event.get("event") == "cell" and isinstance(event.get("number"), int)
    ]
    return {
        "questions": questions,
        "status": status(outcome),
        "cells": cell_problems,
        "seconds": round(outcome.seconds, 1),
    }


def status(outcome: Outcome) -> list[str]:
    """Say how a run went: what stopped it first, then what it says about itself, or that all is well."""
    found = [outcome.killed_for] if outcome.killed_for else []
    finished = any(event.get("event") == "done" for event in outcome.events)
    if not finished and not outcome.killed_for:
        found.append("process died")
    for event in outcome.events:
        flags = event.get("flags")
        found += [flag for flag in flags if flag in STATUSES] if isinstance(flags, list) else []
    if not found and any(event.get("event") == "cell" for event in outcome.events):
        found.append("cell error")
    return list(dict.fromkeys(found)) or ["ok"]


def _drawn(question: dict[str, Any], seed: str) -> dict[str, Any]:
    entropy = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16])
    rng = np.random.default_rng([entropy, zlib.crc32(question["name"].encode())])
    cases = list(definitions(question)["inputs"](rng))
    return question | {
        "case_names": [name for name, _ in cases],
        "cases": [encode(list(arguments)) for _, arguments in cases],
    }


def _answers(outcome: Outcome) -> dict[tuple[str, int], dict[str, Any]]:
    """The first answer to every case, decoded, or the problem in its place."""
    answers: dict[tuple[str, int], dict[str, Any]] = {}
    for event in outcome.events:
        question, case = event.get("question"), event.get("case")
        if event.get("event") != "answer" or not isinstance(question, str) or not isinstance(case, int):
            continue
        if (question, case) not in answers:
            answers[question, case] = _answer(event)
    return answers


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    if event.get("problem") or not isinstance(event.get("value"), str):
        return {"problem": f"stopped with {event.get('problem')}"}
    try:
        return {"value": decode(json.loads(event["value"]))}
    except (ValueError, TypeError, RecursionError, OverflowError):
        return {"problem": "returned something that cannot be read"}


def _forbidden(question: dict[str, Any], cells: tuple[str, ...]) -> str | None:
    used = forbidden_names(cells, question["function"], question.get("without", []))
    return f"uses {', '.join(used)}, which the question asks to do without" if used else None


def _first_problem(prepared: Prepared, question: dict[str, Any], answers: dict[tuple[str, int], Any]) -> str | None:
    for number, name in enumerate(question["case_names"]):
        given = answers.get((question["name"], number), {"problem": "was not answered before the notebook ended"})
        problem = given.get("problem") or _compare(prepared, question, number, given["value"])
        if problem is not None:
            return f"case “{name}”: {problem}"
    return None


def _compare(prepared: Prepared, question: dict[str, Any], number: int, value: Any) -> str | None:
    expected = prepared.expected[question["name"]][number]
    names = definitions(question)
    if "check" not in names:
        return difference(value, expected, question.get("tolerance", TOLERANCE))
    try:
        return names["check"](value, expected, *decode(question["cases"][number]))
    except Exception as error:  # an answer may be anything, and the master's check need not expect that
        return f"could not be checked ({type(error).__name__})"
