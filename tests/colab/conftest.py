"""Colab, imitated: a kernel with a framework, NumPy, Matplotlib and IPython, but without the book's package.

The environment with the framework is made once and kept in .make/colab, under a name that holds its versions. Each
notebook gets a fresh environment of its own on top of it. What lies below is seen there as if it were installed; what
pip adds goes on top, where it can be told apart.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from sidebyside.site import ROOT

# Colab's tools of 2025, and frameworks from the range in pyproject.toml. None has the version in requirements.txt.
TOOLS = ("numpy==2.0.2", "matplotlib==3.10.0", "ipykernel==6.17.1", "ipython==7.34.0")
FRAMEWORKS = {"pytorch": "torch==2.14.1", "paddle": "paddlepaddle==3.2.2"}
KERNEL = (
    '{"argv": ["%s", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "", "language": "python"}'
)


class Colab:
    """A fresh environment over that of one framework, an empty folder, and an address to install the package from.

    Data goes to `cache`, which is empty at first and is kept from one notebook to the next.
    """

    def __init__(self, folder: Path, below: Path, source: str, cache: Path):
        self.below, self.home, self.work = below, folder / "env", folder / "work"
        self.work.mkdir()
        venv.create(self.home, with_pip=False, symlinks=True)
        spec = folder / "kernels" / "colab" / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(KERNEL % (self.home / "bin" / "python"))
        foreign = ("PYTHON", "MOVIELENS", "JUPYTER", "MPL", "VIRTUAL_ENV")
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        self.environment |= {"TUTORIAL_UTILS_SOURCE": source, "JUPYTER_PATH": str(folder), "MPLCONFIGDIR": str(folder)}
        self.environment |= {"PYTHONPATH": str(below), "XDG_CACHE_HOME": str(cache)}
        self.environment.setdefault("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))

    def run(self, path: Path, cells: int | None = None) -> nbformat.NotebookNode:
        """Copy the notebook at `path` into the empty folder and run its first `cells` code cells, all by default."""
        notebook = nbformat.read(shutil.copy(path, self.work), as_version=4)
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"][:cells]
        for cell in notebook.cells:
            cell.outputs, cell.execution_count = [], None
        client = NotebookClient(notebook, timeout=600, kernel_name="colab", resources={"metadata": {"path": self.work}})
        return client.execute(env=self.environment)

    def added(self) -> set[str]:
        """The names of the distributions that pip has put on top."""
        return distributions(site_packages(self.home))

    def changed(self) -> set[str]:
        """Those of them that lie below as well: pip wanted another version."""
        return self.added() & distributions(self.below)


def site_packages(home: Path) -> Path:
    return next(home.glob("lib/python*/site-packages"))


def distributions(folder: Path) -> set[str]:
    names = {path.name.partition("-")[0] for path in folder.glob("*.dist-info")}
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def environment_below(framework: str) -> Path:
    """The site-packages of the environment that holds one framework, made if it is not there."""
    packages = (FRAMEWORKS[framework], *TOOLS)
    name = "-".join(["python", *map(str, sys.version_info[:2]), *packages]).replace("==", "-")
    home = ROOT / ".make" / "colab" / name
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True, symlinks=True)
        pip = [
            home / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
        ]
        subprocess.run([*pip, *packages], check=True)
        (home / "complete").touch()
    return site_packages(home)


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """The address of a copy of the package's sources, as they are now."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    return folder.as_uri()


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def colab(tmp_path, monkeypatch, source, cache):
    """Makes the Colab of a framework: ``colab("pytorch")``."""

    def make(framework: str) -> Colab:
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))  # where this process looks for the kernel
        return Colab(tmp_path, environment_below(framework), source, cache)

    return make


@pytest.fixture
def run_chapter(colab):
    """Runs a chapter's notebook from top to bottom; any error in a cell is one of the test."""

    def run(framework: str, path: Path) -> None:
        machine = colab(framework)
        notebook = machine.run(path)
        assert "tutorial-utils" in machine.added()
        assert machine.changed() == set()
        for cell in notebook.cells:
            if "solution" in cell.metadata.get("tags", []) and "check(" in cell.source:
                assert any("Correct:" in output.get("text", "") for output in cell.outputs), cell.source[:80]

    return run
