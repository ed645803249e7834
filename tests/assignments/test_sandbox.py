"""What a submission sees of the machine."""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

pytest.importorskip("torch")

from grading import sandbox
from grading.run import Limits, become_keeper, run
from sidebyside.site import ROOT

LOOK = """
import json, os, pathlib
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
facts = {
    "environment": dict(os.environ),
    "files": os.listdir(),
    "masters": os.path.exists(ROOT + "/assignments/README.md"),
    "seen": sorted(os.listdir("/")),
    "writable": [path for path in ("/", "/usr", "/etc", PACKAGE) if os.access(path, os.W_OK)],
    "rights": status["CapEff"].strip(),
    "processes": [entry for entry in os.listdir("/proc") if entry.isdigit()],
    "interfaces": [line.split(":")[0].strip() for line in list(open("/proc/net/dev"))[2:]],
}
print(json.dumps(facts))
"""


def look(isolation):
    """Run a notebook that looks around, in a process of its own that may end all its children."""
    package = next(path for path in sandbox.visible_paths() if path.endswith("tutorial_utils"))
    cell = LOOK.replace("ROOT", repr(str(ROOT))).replace("PACKAGE", repr(package))
    job = {"framework": "pytorch", "cells": [cell], "questions": [], "tests": {}}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), become_keeper) as pool:
        outcome = pool.submit(run, job, Limits(), isolation).result()
    return json.loads(outcome.printed)


def test_a_submission_sees_nothing_of_the_leader_with_namespaces():
    isolation = sandbox.detect()
    if isolation is sandbox.NOTHING:
        pytest.skip("this machine offers no namespaces")
    facts = look(isolation)
    assert facts["masters"] is False
    assert not ({"tmp", "var", "run", "srv", "mnt"} - {ROOT.parts[1]}) & set(facts["seen"])  # but for the checkout
    assert set(facts["writable"]) <= {"/"}  # a file system in memory that ends with the submission
    assert facts["rights"] == "0000000000000000"
    assert facts["processes"] == ["1"]
    assert facts["interfaces"] == ["lo"]


@pytest.mark.parametrize("isolation", [sandbox.detect(), sandbox.NOTHING], ids=lambda isolation: isolation.name)
def test_a_submission_starts_in_an_empty_folder_with_a_clean_environment(isolation, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    facts = look(isolation)
    assert facts["files"] == []
    harmless = {"HOME", "LC_CTYPE", "PWD", "SHLVL", "OLDPWD", "_", "KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"}
    assert set(facts["environment"]) <= set(sandbox.ENVIRONMENT) | harmless
