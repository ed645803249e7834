"""Carry a state from one backend to another, and compare what they compute.

The framework is told from the object itself, so importing this module imports none.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


def to_numpy(array: Any) -> np.ndarray:
    """Turn an array of any backend into a NumPy array.

    Parameters
    ----------
    array : numpy.ndarray, torch.Tensor, paddle.Tensor, or anything that ``numpy.asarray`` takes
        On any device, with or without a gradient.

    Returns
    -------
    numpy.ndarray
        It may share memory with `array`. NumPy has no bfloat16: such values come back as float32, which holds them all.
    """
    if _framework(array) == "numpy":
        return np.asarray(array)
    array = array.detach().cpu()
    if str(array.dtype).endswith("bfloat16"):
        array = array.float() if _framework(array) == "torch" else array.astype("float32")
    return array.numpy()


def state_to_numpy(module: Any) -> dict[str, np.ndarray]:
    """Copy the parameters and buffers of a module.

    Parameters
    ----------
    module : torch.nn.Module, paddle.nn.Layer, or a NumPy reference class
        Of a reference class every attribute that is an array counts.

    Returns
    -------
    dict of str to numpy.ndarray
        By state key, such as ``w1``. Copies: later training does not change them.
    """
    return {key: np.array(to_numpy(array)) for key, array in _state(module).items()}


def load_state_from_numpy(module: Any, state: Mapping[str, Any]) -> None:
    """Overwrite the parameters and buffers of a module with `state`, whichever backend it came from.

    Everything is checked and converted before the first value is written: a module is loaded whole or left as it was.
    It keeps its own dtypes and devices.

    Parameters
    ----------
    module : torch.nn.Module, paddle.nn.Layer, or a NumPy reference class
        The module to overwrite.
    state : mapping of str to array
        As `state_to_numpy` returns it.

    Raises
    ------
    ValueError
        If a key is missing or unexpected, or a shape does not fit; the message names them.
    """
    own = _state(module)
    missing, unexpected = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    if missing or unexpected:
        raise ValueError(f"state does not fit {type(module).__name__}: missing {missing}, unexpected {unexpected}")
    converted = {key: _convert(key, state[key], like=own[key]) for key in own}
    for key, values in converted.items():
        _overwrite(own[key], values)


def assert_parity(expected: Any, actual: Any, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    """Stop unless two arrays have one shape and the same values up to rounding.

    Parameters
    ----------
    expected, actual : arrays of any backend
        A NaN equals nothing; an infinity equals itself.
    rtol, atol : float
        Allowed is a difference of ``atol + rtol * abs(expected)``.

    Raises
    ------
    AssertionError
        With the largest difference and where it is.
    """
    expected, actual = to_numpy(expected), to_numpy(actual)
    if expected.shape != actual.shape:
        raise AssertionError(f"actual has shape {actual.shape}, expected {expected.shape}")
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol, equal_nan=False)


def _framework(thing: Any) -> str:
    """Return "torch", "paddle" or "numpy": where the class of a thing, or one of its bases, was defined."""
    packages = {base.__module__.partition(".")[0] for base in type(thing).__mro__}
    return next((name for name in ("torch", "paddle") if name in packages), "numpy")


def _state(module: Any) -> dict[str, Any]:
    """The arrays of a module by state key, not copied."""
    if _framework(module) == "numpy":
        return {key: value for key, value in vars(module).items() if isinstance(value, np.ndarray)}
    return dict(module.state_dict())


def _convert(key: str, values: Any, like: Any) -> Any:
    """The values as an array of the backend, dtype and device of `like`."""
    values = to_numpy(values)
    if values.shape != tuple(like.shape):
        raise ValueError(f"state[{key!r}] has shape {values.shape}, expected {tuple(like.shape)}")
    if _framework(like) == "torch":
        return like.new_tensor(values)
    if _framework(like) == "paddle":
        from tutorial_utils._paddle import paddle

        return paddle.to_tensor(values, place=like.place).astype(like.dtype)
    return values.astype(like.dtype)


def _overwrite(array: Any, values: Any) -> None:
    if _framework(array) == "torch":
        array.copy_(values)
    elif _framework(array) == "paddle":
        array.set_value(values)
    else:
        array[...] = values
