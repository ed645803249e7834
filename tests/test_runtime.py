"""What a notebook's first cell does, each case in a fresh interpreter: frameworks stay apart and nothing leaks out."""

import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import pytest

import tutorial_utils

PACKAGE = Path(tutorial_utils.__file__).parent
FOLDERS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def run(code: str) -> subprocess.CompletedProcess:
    """Run code in an interpreter of its own; what it prints comes back, and a failure fails the test."""
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result


def need(framework: str) -> None:
    if find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")


def test_the_package_and_its_folders_import_no_framework():
    folders = "".join(f", tutorial_utils.{folder}" for folder in FOLDERS)
    run(f"import sys, tutorial_utils{folders}; assert not {{'torch', 'paddle'}} & set(sys.modules)")


@pytest.mark.parametrize("framework", ["torch", "paddle"])
def test_one_backend_never_imports_the_other(framework):
    need(framework)
    other = {"torch": "paddle", "paddle": "torch"}[framework]
    modules = [f"tutorial_utils.{path.parent.name}.{framework}" for path in PACKAGE.glob(f"*/{framework}.py")]
    run(f"""
        import importlib, sys
        for module in {modules}:
            importlib.import_module(module)
            assert {framework!r} in sys.modules, module
            assert {other!r} not in sys.modules, module
    """)


def test_importing_paddle_is_quiet():
    need("paddle")
    result = run("""
        import logging, warnings
        caught = []
        warnings.showwarning = lambda message, *rest: caught.append(message)
        root = logging.getLogger()
        before = root.level, list(root.handlers)
        from tutorial_utils._paddle import paddle
        assert (root.level, list(root.handlers)) == before
        logging.getLogger("somewhere").info("must not show")
        assert not caught, caught
        assert (paddle.ones([2]) + 1).sum() == 4
    """)
    assert (result.stdout, result.stderr) == ("", "")


@pytest.mark.parametrize("framework", ["torch", "paddle"])
def test_setup_repeats_itself_sets_the_threads_and_names_a_device(framework):
    need(framework)
    threads = {"torch": 2, "paddle": 1}[framework]  # Paddle remarks on stderr on more than one
    found = {"torch": "framework.get_num_threads()", "paddle": "int(os.environ['OMP_NUM_THREADS'])"}[framework]
    result = run(f"""
        import os, random
        import numpy as np
        import tutorial_utils
        drawn = []
        for seed in (3, 3, 4):
            device = tutorial_utils.setup({framework!r}, seed=seed, threads={threads})
            import {framework} as framework
            drawn.append((random.random(), np.random.rand(), framework.rand([3]).tolist()))
        assert drawn[0] == drawn[1]
        assert all(first != last for first, last in zip(drawn[0], drawn[2]))
        assert np.get_printoptions()["precision"] == 4
        assert {found} == {threads}
        print(device)
    """)
    assert result.stdout.strip().startswith(("cpu", "cuda", "gpu"))
    assert result.stderr == ""


def test_an_unknown_framework_is_named():
    with pytest.raises(ValueError, match="framework is 'jax', expected one of"):
        tutorial_utils.setup("jax")
