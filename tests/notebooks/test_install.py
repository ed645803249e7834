"""The install cell: silent where the package is there, plain about what to do where it cannot be installed."""

import importlib.util
import subprocess
import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("myst_nb")

from sidebyside import install
from sidebyside.site import page_url, repository_url
from sidebyside.source import FRAMEWORKS


@pytest.fixture
def pip(monkeypatch):
    """Collects what the cell asks pip for, on a machine without the package; `fail` makes pip fail."""

    def run(command, **options):
        machine.asked.append([argument for argument in command[4:] if not argument.startswith("--")])
        return SimpleNamespace(returncode=int(machine.fail), stderr="ERROR: no route to host\n")

    def find_spec(name):
        return None if name in machine.lacks else True

    machine = SimpleNamespace(asked=[], lacks={"tutorial_utils"}, fail=False)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.0.2")
    monkeypatch.delenv("TUTORIAL_UTILS_SOURCE", raising=False)
    return machine


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_cell_does_nothing_where_the_package_is(pip, framework):
    pip.lacks = set()
    exec(install.code(framework))
    assert pip.asked == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_and_numpy_stay_as_they_are(pip, framework):
    exec(install.code(framework))
    assert pip.asked == [[f"tutorial-utils @ git+{repository_url()}@main", "numpy==2.0.2"]]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_missing_framework_comes_with_the_package(pip, framework, monkeypatch):
    extra = install.EXTRAS[framework]
    pip.lacks |= {extra, "numpy"}
    monkeypatch.setenv("TUTORIAL_UTILS_SOURCE", "file:///somewhere")
    exec(install.code(framework))
    assert pip.asked == [[f"tutorial-utils[{extra}] @ file:///somewhere"]]


def test_a_failure_gives_the_reason_and_says_what_to_do(pip):
    pip.fail = True
    with pytest.raises(RuntimeError) as caught:
        exec(install.code("pytorch"))
    message = str(caught.value)
    assert "could not be installed. Pip says:\nERROR: no route to host\n" in message
    assert "run this cell again" in message
    assert f"this is {sys.version.split()[0]}" in message
    assert message.endswith(page_url("book/setup"))
