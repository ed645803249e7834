"""What every test file may use: the two backends behind one face, and gradients to compare with.

pytest runs with ``--import-mode=importlib``, where one test file cannot import another. So the helpers are fixtures:
name them as arguments.

``backend``
    Runs the test once for "torch" and once for "paddle", skipping a framework that is not installed. ::

        def test_softmax(backend):
            masking = backend.load("masking")                       # tutorial_utils.masking.torch or .paddle
            weights = masking.masked_softmax(backend.tensor(scores), backend.tensor(mask))
            np.testing.assert_allclose(backend.numpy(weights), expected)

``numeric_gradient``
    ``numeric_gradient(function, array)``: float64 central differences of a function from one NumPy array to a number.

Both have session scope, so Hypothesis accepts them next to ``@given``.
"""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


class Backend:
    """The few operations a test needs that the two frameworks spell differently."""

    def __init__(self, name: str):
        self.name = name
        self.framework = importlib.import_module("tutorial_utils._paddle").paddle if name == "paddle" else _torch()

    def load(self, folder: str) -> Any:
        """The module tutorial_utils.<folder>.<backend>."""
        return importlib.import_module(f"tutorial_utils.{folder}.{self.name}")

    def dtype(self, name: str) -> Any:
        """The framework's own dtype of that name."""
        return getattr(self.framework, name)

    def tensor(self, array: Any, dtype: str | None = None, grad: bool = False) -> Any:
        """A tensor with the values of `array`; `dtype` such as "bfloat16" converts, `grad` asks for a gradient."""
        tensor = self.framework.to_tensor(array) if self.name == "paddle" else self.framework.tensor(array)
        if dtype is not None:
            tensor = tensor.to(self.dtype(dtype))
        if self.name == "paddle":
            tensor.stop_gradient = not grad
            return tensor
        return tensor.requires_grad_(grad)

    def numpy(self, tensor: Any) -> np.ndarray:
        """The values of `tensor`; bfloat16, which NumPy lacks, as float32."""
        tensor = tensor.detach()
        if "bfloat16" in str(tensor.dtype):
            tensor = tensor.astype("float32") if self.name == "paddle" else tensor.float()
        return tensor.cpu().numpy()

    def gradients(self, function: Callable, *arrays: np.ndarray) -> list[np.ndarray]:
        """Gradients of ``function(*tensors)``, a scalar tensor, with respect to each of `arrays`."""
        tensors = [self.tensor(array, grad=True) for array in arrays]
        function(*tensors).backward()
        return [
            np.zeros_like(a) if t.grad is None else self.numpy(t.grad) for a, t in zip(arrays, tensors, strict=True)
        ]


def _torch() -> Any:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="session", params=["torch", "paddle"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return Backend(request.param)


@pytest.fixture(scope="session")
def numeric_gradient() -> Callable:
    def gradient(function: Callable, array: np.ndarray, step: float = 1e-6) -> np.ndarray:
        array = np.array(array, dtype=np.float64)
        result = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            values = []
            for sign in (1, -1):
                moved = array.copy()
                moved[index] += sign * step
                values.append(float(function(moved)))
            result[index] = (values[0] - values[1]) / (2 * step)
        return result

    return gradient
