"""Carry arguments and answers between processes as JSON, and compare answers. Nothing is ever unpickled."""

import base64
import math
from typing import Any

import numpy as np

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
DTYPES = {name: np.dtype(name) for name in ["bool", *INTEGERS, "float16", "float32", "float64"]}
PLAIN = (bool, int, float, str, type(None))


def encode(value: Any) -> Any:
    """Return `value` as JSON can hold it: arrays and tensors by their bytes, lists and dictionaries by their entries.

    Anything else is reduced to the name of its type, which equals no expected answer.
    """
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        value = _from_tensor(value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.name in DTYPES:
        array = np.ascontiguousarray(value)
        text = base64.b64encode(array.tobytes()).decode()
        return {"array": array.dtype.name, "shape": list(value.shape), "bytes": text}
    if isinstance(value, list | tuple):
        return {"list": [encode(entry) for entry in value]}
    if isinstance(value, dict):
        return {"dict": {str(key): encode(entry) for key, entry in value.items()}}
    return {"plain": value} if type(value) in PLAIN else {"type": type(value).__name__}


def decode(coded: Any) -> Any:
    """Return what `encode` was given, with tensors as arrays and tuples as lists.

    Raises
    ------
    ValueError
        If `coded` is not what `encode` writes. Nothing is allocated that is larger than `coded` itself.
    """
    match coded:
        case {"array": str(name), "shape": list(shape), "bytes": str(text)}:
            return _array(name, shape, text)
        case {"list": list(entries)}:
            return [decode(entry) for entry in entries]
        case {"dict": dict(entries)}:
            return {key: decode(entry) for key, entry in entries.items()}
        case {"plain": str() | int() | float() | None as value}:
            return value
        case {"type": str(name)}:
            return Other(name)
    raise ValueError("unreadable answer")


class Other:
    """Stands for an answer of a type that no question asks for."""

    def __init__(self, name: str) -> None:
        self.name = name


def difference(answer: Any, expected: Any, tolerance: float) -> str | None:
    """Say in one sentence how an answer differs from the expected one, without giving a value; None if it does not."""
    if answer is None or isinstance(answer, Other):
        returned = "None" if answer is None else f"something of type {answer.name!r}"
        return f"returns {returned}"
    if isinstance(expected, dict):
        return _compare_dicts(answer, expected, tolerance)
    if isinstance(expected, str) or _is_uneven(expected):
        return _compare_entries(answer, expected, tolerance)
    return _compare_arrays(answer, expected, tolerance)


def _from_tensor(value: Any) -> Any:
    value = value.detach().cpu()
    if str(value.dtype).endswith("bfloat16"):
        value = value.float() if hasattr(value, "float") else value.astype("float32")
    return value.numpy()


def _array(name: str, shape: list[Any], text: str) -> np.ndarray:
    data = base64.b64decode(text, validate=True)
    if name not in DTYPES or not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("unreadable answer")
    if math.prod(shape) * DTYPES[name].itemsize != len(data):
        raise ValueError("unreadable answer")
    return np.frombuffer(data, dtype=DTYPES[name]).reshape(shape)


def _is_uneven(value: Any) -> bool:
    """Tell whether a list is to be compared entry by entry, since it is no array of numbers."""
    if not isinstance(value, list):
        return False
    if any(isinstance(entry, str | dict | type(None)) for entry in value):
        return True
    return len({np.shape(entry) for entry in value if not _is_uneven(entry)}) > 1 or any(map(_is_uneven, value))


def _compare_dicts(answer: Any, expected: dict[str, Any], tolerance: float) -> str | None:
    if not isinstance(answer, dict) or answer.keys() != expected.keys():
        return f"should be a dictionary with the keys {sorted(expected)}"
    for key, value in expected.items():
        problem = difference(answer[key], value, tolerance)
        if problem is not None:
            return f"{key}: {problem}"
    return None


def _compare_entries(answer: Any, expected: Any, tolerance: float) -> str | None:
    if isinstance(expected, str):
        return None if isinstance(answer, str) and answer == expected else "is not the right text"
    if not isinstance(answer, list) or len(answer) != len(expected):
        return f"should be a list of {len(expected)}"
    problems = (difference(mine, right, tolerance) for mine, right in zip(answer, expected, strict=True))
    return next((f"entry {number}: {text}" for number, text in enumerate(problems) if text is not None), None)


def _compare_arrays(answer: Any, expected: Any, tolerance: float) -> str | None:
    try:
        mine, right = np.asarray(answer), np.asarray(expected)
    except ValueError:
        return "is a list of unequal parts"
    if mine.shape != right.shape:
        return f"has shape {mine.shape}, expected {right.shape}"
    if mine.dtype.kind not in "biuf":
        return "holds no numbers"
    if right.dtype.kind in "biu":
        return None if np.array_equal(mine, right) else "is not equal to the expected one"
    if not np.isfinite(mine[np.isfinite(right)]).all():
        return "holds NaN or infinite values"
    close = np.allclose(mine.astype(float), right.astype(float), rtol=tolerance, atol=tolerance)
    return None if close else "differs from the expected one by more than rounding"
