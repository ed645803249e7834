"""Every assignment: what its solution, its untouched notebook and its typical wrong solutions score."""

import pytest
from grading.master import master_paths, read_master, read_wrong

from .built import FRAMEWORKS, graded_variants, notebook

NAMES = [path.stem for path in master_paths()]
CASES = [(name, framework, wrong) for name in NAMES for framework in FRAMEWORKS for wrong in read_wrong(name)]
for_each = pytest.mark.parametrize(
    ("name", "framework"), [(name, framework) for name in NAMES for framework in FRAMEWORKS]
)


def variants(dist, name, framework):
    pytest.importorskip(FRAMEWORKS[framework])
    return graded_variants(dist, name, framework)


def missed(result):
    return {question: graded["problem"] for question, graded in result["questions"].items() if graded["problem"]}


@for_each
def test_the_solution_scores_everything_and_passes_the_public_tests(dist, name, framework):
    results, public = variants(dist, name, framework)["solution"]
    assert [missed(result) for result in results] == [{}] * len(results)
    assert {question: said for question, said in public.items() if any(said.values())} == {}


@for_each
def test_the_untouched_notebook_scores_nothing_and_passes_no_public_tests(dist, name, framework):
    results, public = variants(dist, name, framework)["untouched"]
    assert {graded["points"] for result in results for graded in result["questions"].values()} == {0}
    assert [question for question, said in public.items() if not any(said.values())] == []


@pytest.mark.parametrize(
    ("name", "framework", "wrong"), CASES, ids=[f"{name}-{framework}-{wrong.name}" for name, framework, wrong in CASES]
)
def test_a_wrong_solution_loses_its_question_and_no_other(dist, name, framework, wrong):
    if framework not in wrong.answers:
        pytest.skip(f"not a mistake in {framework}")
    results, _ = variants(dist, name, framework)[wrong.name]
    assert [list(missed(result)) for result in results] == [[wrong.question]] * len(results)


@pytest.mark.parametrize("name", NAMES)
def test_there_are_five_wrong_solutions_and_they_name_their_questions(name):
    automatic = {question.name for question in read_master(next(p for p in master_paths() if p.stem == name)).questions}
    for framework in FRAMEWORKS:
        wrong = [solution for solution in read_wrong(name) if framework in solution.answers]
        assert len(wrong) >= 5
        assert {solution.question for solution in wrong} <= automatic


@for_each
def test_the_notebook_for_members_holds_no_solution_and_no_hidden_test(dist, name, framework):
    text = str(notebook(dist, name, framework, "student"))
    master = read_master(next(path for path in master_paths() if path.stem == name))
    assert not [mark for mark in ("BEGIN SOLUTION", "hidden=True", "def inputs(", "in_process") if mark in text]
    rubrics = [cell.text for question in master.questions for cell in question.cells if "rubric" in cell.metadata]
    assert rubrics
    assert not [rubric for rubric in rubrics if rubric[:60] in text]


@for_each
def test_the_first_code_cell_installs(dist, name, framework):
    code = [cell for cell in notebook(dist, name, framework, "student")["cells"] if cell["cell_type"] == "code"]
    first = "".join(code[0]["source"])
    assert "tutorial-utils" in first
    assert f'find_spec("{FRAMEWORKS[framework]}")' in first
    assert "otter-grader" in first
