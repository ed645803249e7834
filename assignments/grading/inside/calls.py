"""Call a member's functions on the hidden inputs of a question."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

try:
    from answers import decode, encode  # beside this file, in the process of a submission
except ImportError:
    from grading.inside.answers import decode, encode


def definitions(question: dict[str, Any]) -> dict[str, Any]:
    """Run the cells tagged `hidden` of a question and return what they define."""
    names: dict[str, Any] = {"np": np}
    exec(compile(question["hidden"], f"<hidden {question['name']}>", "exec"), names)
    return names


def to_tensor(framework: str) -> Callable[[np.ndarray], Any]:
    """Return the function that makes a tensor of `framework` from an array."""
    if framework == "pytorch":
        import torch

        return torch.tensor
    from tutorial_utils._paddle import paddle

    return paddle.to_tensor


def answer(
    question: dict[str, Any], names: dict[str, Any], env: dict[str, Any], arguments: Any, tensor: Callable[..., Any]
) -> Any:
    """Call what a question asks for, on one case; `names` are its definitions, `env` the member's names."""
    if not question.get("numpy"):
        arguments = _converted(list(arguments), tensor)
    if "call" in names:
        return names["call"](env, *arguments)
    if question["function"] not in env:
        raise NameError(f"{question['function']} is not defined")
    return env[question["function"]](*arguments)


def answer_events(
    question: dict[str, Any], env: dict[str, Any], tensor: Callable[..., Any]
) -> Iterator[dict[str, Any]]:
    """Yield the events that report the answers to every case of a question, without any limits."""
    names = definitions(question)
    for number, case in enumerate(question["cases"]):
        event = {"event": "answer", "question": question["name"], "case": number}
        try:
            yield event | {"value": json.dumps(encode(answer(question, names, env, decode(case), tensor)))}
        except Exception as error:  # a member's function may raise anything
            yield event | {"problem": f"{type(error).__name__}: {error}"}


def _converted(value: Any, tensor: Callable[..., Any]) -> Any:
    if isinstance(value, list):
        return [_converted(entry, tensor) for entry in value]
    return tensor(value) if isinstance(value, np.ndarray) else value
