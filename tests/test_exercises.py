import numpy as np
import pytest

from tutorial_utils.exercises import check


def double(x):
    return 2 * x


@pytest.mark.parametrize(
    ("answer", "printed"),
    [
        (double, "Correct: 2 of 2 cases.\n"),
        (lambda x: None, "Not solved yet: replace the dots with your code and run this cell again.\n"),
        (lambda x: ..., "Not solved yet: replace the dots with your code and run this cell again.\n"),
        (lambda x: x + 1, "Case 2 of 2: for ([3. 4.]) you get [4. 5.], expected [6. 8.]\n"),
        (lambda x: x[0], "Case 1 of 2: shape (), expected (2,)\n"),
        (lambda x: 1 / 0, "Case 1 of 2: your code raised ZeroDivisionError: division by zero\n"),
        (lambda x: x * 2 + 1e-9, "Correct: 2 of 2 cases.\n"),
    ],
)
def test_the_checker_says_what_it_saw(answer, printed, capsys):
    check(answer, double, (np.array([1.0, 1.0]),), (np.array([3.0, 4.0]),))
    assert capsys.readouterr().out == printed


def test_a_wrong_boolean_answer_is_shown(capsys):
    check(lambda x: x > 1, lambda x: x >= 1, (np.array([1, 2]),))
    assert capsys.readouterr().out == "Case 1 of 1: for ([1 2]) you get [False  True], expected [ True  True]\n"


def test_a_check_without_cases_is_refused():
    with pytest.raises(ValueError, match="cases is empty"):
        check(double, double)


@pytest.mark.parametrize("framework", ["torch", "paddle"])
def test_answers_may_be_tensors(framework, capsys):
    pytest.importorskip(framework)
    import tutorial_utils

    tutorial_utils.setup(framework)
    module = __import__(framework)
    x = module.ones([2])
    x.stop_gradient = False
    check(double, double, (x,))
    assert capsys.readouterr().out == "Correct: 1 of 1 cases.\n"
