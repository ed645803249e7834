from itertools import permutations

import numpy as np
import pytest

from tutorial_utils.einsum.numpy import einsum_loops
from tutorial_utils.einsum.puzzles import PUZZLES, check
from tutorial_utils.exercises import NOT_SOLVED

SOLUTIONS = {
    "diagonal": "ii->i",
    "trace": "ii->",
    "swap": "ijk->ikj",
    "row_sums": "ij->i",
    "total": "ij->",
    "entrywise": "ij,ij->ij",
    "inner": "i,i->",
    "outer": "i,j->ij",
    "matrix_product": "ik,kj->ij",
    "bilinear": "i,ij,j->",
    "trace_of_product": "ij,ji->",
    "scale_rows": "i,ij->ij",
    "two_axes_at_once": "ijk,ijl->kl",
    "batched_product": "bij,bjk->bik",
    "hidden_layer": "bnd,da->bna",
    "attention_pooling": "bn,bnd->bd",
    "interest_pooling": "bnk,bnd->bkd",
    "interest_similarity": "bkd,bld->bkl",
    "target_scores": "bkd,bd->bk",
    "read_out": "bk,bkd->bd",
    "item_scores": "bkd,vd->bkv",
    "head_scores": "bqhd,bkhd->bhqk",
    "prefix_pooling": "btsk,bsd->btkd",
    "sequence_to_scores": "bnk,bnd,vd->bkv",
}


def test_every_puzzle_has_a_solution():
    assert [puzzle.name for puzzle in PUZZLES] == list(SOLUTIONS)
    assert len(PUZZLES) >= 15


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_solution_is_right(name, seed):
    verdict = check(name, SOLUTIONS[name], seed=seed)
    assert verdict, verdict
    assert str(verdict).startswith(f"Correct: {name}, ")


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_solution_is_right_as_a_function(backend, name):
    verdict = check(name, lambda *tensors: backend.framework.einsum(SOLUTIONS[name], *tensors), asarray=backend.tensor)
    assert verdict, verdict


@pytest.mark.parametrize("name", SOLUTIONS)
def test_every_other_output_is_wrong(name):
    left, _, output = SOLUTIONS[name].partition("->")
    letters = sorted(set(left) - {","})
    for length in range(len(letters) + 1):
        for other in map("".join, permutations(letters, length)):
            assert bool(check(name, f"{left}->{other}")) == (other == output), other


@pytest.mark.parametrize("puzzle", PUZZLES, ids=lambda puzzle: puzzle.name)
def test_task_names_every_shape_and_no_solution(puzzle):
    for letters in puzzle.operands.values():
        assert f"({', '.join(letters)}{',' if len(letters) == 1 else ''})" in puzzle.task
    wrong = check(puzzle.name, lambda *operands: operands[0] * np.nan)
    assert not wrong
    assert "->" not in puzzle.task + str(wrong)


def test_the_hint_shows_the_smallest_failing_case():
    verdict = check("row_sums", lambda a: a[:, 0])  # right as long as there is one column
    assert not verdict
    lines = str(verdict).splitlines()
    assert lines[0] == "Not right: row_sums. The smallest failing case:"
    assert lines[1] == "  a[i, j] of shape (1, 2):"
    row = np.array(lines[2].strip(" []").split(), dtype=float)
    assert lines[3:] == [
        "  expected of shape (1,):",
        f"    [{row.sum():g}]",
        "  got of shape (1,):",
        f"    [{row[0]:g}]",
    ]


def test_no_smaller_case_is_shown_later():
    def answer(a):
        wrong = a.shape[0] > 1 or min(a.shape[1:]) > 1
        return np.swapaxes(a, 1, 2) + wrong

    assert "a[i, j, k] of shape (2, 1, 1):" in str(check("swap", answer))


def test_a_shape_that_broadcasts_is_still_wrong():
    assert not check("trace", lambda a: np.trace(a).reshape(1))
    assert not check("total", lambda a: a.sum(keepdims=True))


def test_a_spec_that_cannot_be_read_is_explained():
    hint = str(check("attention_pooling", "bn,bnd->bz"))
    assert "output letter 'z' is in no operand (position 9)" in hint
    assert "operands: 2 given, 1 expected" in str(check("inner", "i->"))


def test_a_function_that_fails_is_explained():
    assert "ZeroDivisionError: division by zero" in str(check("trace", lambda a: 1 / 0))
    assert "TypeError" in str(check("inner", lambda a: a))


@pytest.mark.parametrize("name", SOLUTIONS)
def test_an_untouched_stub_is_not_solved_yet(name):
    def stub(*operands): ...

    for answer in ("...", stub, lambda *operands: ...):
        verdict = check(name, answer)
        assert not verdict
        assert str(verdict).startswith(NOT_SOLVED)
    assert "has to return its result" in str(check(name, stub))


def test_an_answer_cannot_change_the_case():
    def spoil(a, b):
        product = a @ b + 1
        a[:] = b[:] = 0
        return product

    hint = str(check("matrix_product", spoil))
    a, b, expected = (float(line.strip(" []")) for line in hint.splitlines()[2:7:2])
    assert a * b == expected != 0


def test_the_same_seed_draws_the_same_cases():
    assert check("outer", "i,j->ji") == check("outer", "i,j->ji")
    assert check("outer", "i,j->ji") != check("outer", "i,j->ji", seed=3)


def test_numpy_functions_need_no_converter():
    assert check("item_scores", lambda interests, item_table: einsum_loops("bkd,vd->bkv", interests, item_table))


def test_unknown_puzzles_and_answers_are_refused():
    with pytest.raises(ValueError, match="name is 'diagnoal', expected one of diagonal, trace"):
        check("diagnoal", "ii->i")
    with pytest.raises(TypeError, match="answer is tuple, expected a spec or a function"):
        check("diagonal", ("ii", "i"))
