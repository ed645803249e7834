"""What a notebook does once, before anything else: seeds, print precision, threads, device."""

import random
from typing import Any

import numpy as np

FRAMEWORKS = ("torch", "paddle")


def setup(framework: str, seed: int = 0, threads: int = 1) -> Any:
    """Make a notebook repeatable and choose its device.

    Parameters
    ----------
    framework : {"torch", "paddle"}
        The one framework this process uses.
    seed : int
        Seeds Python, NumPy's legacy generator and the framework. The package itself never draws from these: its
        functions take a seed of their own.
    threads : int
        CPU threads for the framework. The book's tensors are small, and small training steps are several times faster
        on one thread than on two.

    Returns
    -------
    torch.device or str
        The GPU where there is one, else the CPU.

    Raises
    ------
    ValueError
        If `framework` is neither of the two.
    """
    if framework not in FRAMEWORKS:
        raise ValueError(f"framework is {framework!r}, expected one of {FRAMEWORKS}")
    random.seed(seed)
    np.random.seed(seed)
    np.set_printoptions(precision=4, suppress=True, linewidth=100)
    return {"torch": _setup_torch, "paddle": _setup_paddle}[framework](seed, threads)


def _setup_torch(seed: int, threads: int) -> Any:
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.set_printoptions(precision=4, sci_mode=False, linewidth=100)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _setup_paddle(seed: int, threads: int) -> Any:
    import os

    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)  # read when Paddle is first imported
    from tutorial_utils._paddle import paddle

    paddle.seed(seed)
    paddle.set_printoptions(precision=4, sci_mode=False, linewidth=100)
    device = "gpu:0" if paddle.is_compiled_with_cuda() and paddle.device.cuda.device_count() else "cpu"
    paddle.set_device(device)
    return device
