"""What a hostile submission gets, and that it costs nobody else anything."""

import copy
import csv
import json
import os

import pytest

pytest.importorskip("torch")

from grading import report, sandbox
from grading.folder import Settings, grade_folder, read_specs
from grading.run import Limits

from .built import notebook
from .hostile import CODE, FILES, NATIVE

pytestmark = pytest.mark.slow
LIMITS = Limits(cell=3, call=3, total=12, patience=8, memory=512, folder=128, output=100_000)
FIRST = {status[0]: name for name, (_, status, _) in reversed(CODE.items())}  # one submission for each status
ISOLATIONS = {"namespaces": sandbox.detect, "process only": lambda: sandbox.NOTHING}


@pytest.fixture(scope="module", params=ISOLATIONS)
def graded(request, dist, tmp_path_factory):
    """The results of all hostile submissions and of two honest ones among them, and the folders that were used."""
    isolation = ISOLATIONS[request.param]()
    if isolation.name != request.param:
        pytest.skip("this machine offers no namespaces")
    folder, canary, out = (tmp_path_factory.mktemp(name) for name in ("submissions", "canary", "graded"))
    (canary / "grades.csv").write_text("ada,0\n")
    right = notebook(dist, "01_single_interest", "pytorch", "autograder")
    names = [*CODE, *NATIVE] if isolation.name == "namespaces" else FIRST.values()
    for name in names:
        code = (CODE | NATIVE)[name][0]
        write(folder / f"{name}.ipynb", with_cell(right, code.replace("{canary}", str(canary))))
    for name, (content, _) in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "link.ipynb").symlink_to(canary / "grades.csv")
    write(folder / "ada, honest.ipynb", right)
    write(folder / "zoe, honest.ipynb", right)
    settings = Settings(dist, out, "secret", LIMITS, isolation, workers=2)
    results = {result["member"]: result for result in grade_folder(folder, settings, progress=False)}
    report.write(out, list(results.values()), read_specs(dist))
    return results, canary, out


def with_cell(right, code):
    changed = copy.deepcopy(right)
    changed["cells"].append(
        {"cell_type": "code", "source": code, "metadata": {}, "outputs": [], "execution_count": None}
    )
    return changed


def write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("name", [*CODE, *NATIVE])
def test_hostile_code_gets_its_status_and_its_points(graded, name):
    results, _, _ = graded
    if name not in results:
        pytest.skip("with namespaces only")
    _, status, loses = (CODE | NATIVE)[name]
    result = results[name]
    assert result["status"] == status, result
    lost = [question for question, given in result["questions"].items() if given["points"] < given["possible"]]
    assert lost == loses.split(), result


@pytest.mark.parametrize("name", FILES)
def test_hostile_files_get_their_status(graded, name):
    results, _, _ = graded
    assert results[name.removesuffix(".ipynb")]["status"] == FILES[name][1]


def test_a_link_is_not_followed(graded):
    results, _, _ = graded
    assert results["link"]["status"] == ["not a notebook"]


def test_nobody_else_is_harmed(graded):
    results, canary, _ = graded
    assert (canary / "grades.csv").read_text() == "ada,0\n"
    for name in ("ada, honest", "zoe, honest"):
        assert results[name]["status"] == ["ok"]
        assert all(given["points"] == given["possible"] for given in results[name]["questions"].values())


def test_nothing_is_left_running(graded):
    commands = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline") as file:
                commands.append(file.read())
        except OSError:
            continue
    assert not [command for command in commands if "inside/worker.py" in command]


def test_the_reports_hold_everybody_and_no_formula(graded):
    results, _, out = graded
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(results) == len(list((out / "feedback").iterdir()))
    assert not [row["member"] for row in rows if row["member"].startswith("=")]
    text = (out / "summary.md").read_text(encoding="utf-8")
    expected = {result["isolation"] for result in results.values() if "isolation" in result}
    assert [name for name in expected if f"Isolation: {name}." in text] == list(expected)
