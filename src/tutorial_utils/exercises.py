"""The checker behind every exercise of the book."""

from collections.abc import Callable
from typing import Any

import numpy as np

Answer = Callable[..., Any]


def check(answer: Answer, reference: Answer, *cases: tuple[Any, ...], tolerance: float = 1e-5) -> None:
    """Try a reader's function on cases and print one line: not solved yet, the first case that fails, or success.

    Parameters
    ----------
    answer : callable
        The reader's function. One that returns ``None`` or ``...`` counts as not solved yet.
    reference : callable
        What the answer is compared with.
    *cases : tuple
        The arguments of each call. The reader sees those of the first call that fails.
    tolerance : float
        The largest absolute or relative difference that passes.

    Raises
    ------
    ValueError
        If there is no case.
    """
    if not cases:
        raise ValueError("cases is empty, expected at least one tuple of arguments")
    for number, case in enumerate(cases, start=1):
        problem = _problem(answer, reference, case, tolerance)
        if problem is not None:
            print(problem if problem == NOT_SOLVED else f"Case {number} of {len(cases)}: {problem}")
            return
    print(f"Correct: {len(cases)} of {len(cases)} cases.")


NOT_SOLVED = "Not solved yet: replace the dots with your code and run this cell again."


def _problem(answer: Answer, reference: Answer, case: tuple[Any, ...], tolerance: float) -> str | None:
    expected = _plain(reference(*case))
    try:
        got = answer(*case)
    except Exception as error:  # the reader's code may raise anything; say what, do not stop the notebook
        return f"your code raised {type(error).__name__}: {error}"
    if got is None or got is Ellipsis:
        return NOT_SOLVED
    return _difference(_plain(got), expected, case, tolerance)


def _difference(got: Any, expected: Any, case: tuple[Any, ...], tolerance: float) -> str | None:
    if np.shape(got) != np.shape(expected):
        return f"shape {np.shape(got)}, expected {np.shape(expected)}"
    if np.allclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True):
        return None
    arguments = ", ".join(str(_plain(argument)).replace("\n", " ") for argument in case)
    return f"for ({arguments}) you get {_rounded(got)}, expected {_rounded(expected)}"


def _rounded(value: Any) -> Any:
    return np.round(value, 4) if np.asarray(value).dtype.kind in "fc" else value


def _plain(value: Any) -> Any:
    """Return a tensor of either framework as a NumPy array, anything else as it is."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return value
