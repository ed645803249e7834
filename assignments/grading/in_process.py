"""Grade a question where Otter itself grades (``otter run``, Gradescope): in the member's own interpreter.

The points are those of `make grade`, the protection is not: the member's code could reach what is in this process, such
as the seed and the solution. The leader's secret seed is taken from the environment variable GRADING_SEED.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from grading.inside.calls import answer_events, to_tensor
from grading.run import Outcome
from grading.score import Prepared, draw, grade, with_expected


def check(question: str, env: dict[str, Any]) -> None:
    """Stop with what is missing unless the names of `env` answer `question` as the solution does.

    Raises
    ------
    AssertionError
        Saying in which case the answer is wrong.
    """
    prepared = _prepared()
    graded = grade(prepared, (), _outcome(prepared, env, question))
    problem = graded["questions"][question]["problem"]
    assert problem is None, problem


@cache
def _prepared() -> Prepared:
    spec = json.loads(Path(__file__).with_name("grading.json").read_text(encoding="utf-8"))
    prepared = draw(spec, os.environ.get("GRADING_SEED", ""))
    solution: dict[str, Any] = {"__name__": "__main__"}
    for source in spec["solution"]:
        exec(compile(source, "<solution>", "exec"), solution)
    return with_expected(prepared, _outcome(prepared, solution))


def _outcome(prepared: Prepared, env: dict[str, Any], only: str | None = None) -> Outcome:
    tensor = to_tensor(prepared.spec["framework"])
    asked = [question for question in prepared.questions if only in (None, question["name"])]
    return Outcome([event for question in asked for event in answer_events(question, env, tensor)])
