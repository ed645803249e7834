import doctest

import pytest

from tutorial_utils.einsum import notation
from tutorial_utils.einsum.notation import EinsumError, explain, letter_sizes, parse


def test_parse_takes_operands_and_output_apart():
    assert parse(" b n k , bnd -> bkd ") == parse("bnk,bnd->bkd")
    assert parse("bnk,bnd->bkd").operands == ("bnk", "bnd")
    assert parse(",i->").operands == ("", "i")


@pytest.mark.parametrize(
    ("spec", "output"),
    [("ik,kj", "ij"), ("ba", "ab"), ("bA", "Ab"), ("ii", ""), ("i i", ""), ("jii,k", "jk"), ("", "")],
)
def test_implicit_output_follows_numpy(spec, output):
    assert parse(spec).output == output


@pytest.mark.parametrize(
    ("spec", "position", "message"),
    [
        ("ij,jk->iz", 8, "output letter 'z' is in no operand"),
        ("ij -> j j", 8, "output letter 'j' is repeated"),
        ("ij->i,j", 5, "without a comma"),
        ("...ij->ij", 0, "'...' is not supported"),
        ("ij->...", 4, "'...' is not supported"),
        ("i.j->ij", 1, "unexpected '.'"),
        ("ij->i->j", 5, "unexpected '-'"),
        ("ij- >i", 2, "unexpected '-'"),
        ("i1->i", 1, "unexpected '1'"),
        ("iß->i", 1, "unexpected 'ß'"),
        ("ij;jk->ik", 2, "unexpected ';'"),
    ],
)
def test_a_bad_spec_is_refused_where_it_is_bad(spec, position, message):
    with pytest.raises(EinsumError) as caught:
        parse(spec)
    first, shown, marker = str(caught.value).splitlines()
    assert caught.value.position == position
    assert message in first
    assert f"(position {position})" in first
    assert (shown, marker) == (f"    {spec}", f"{' ' * (4 + position)}^")


def test_a_spec_is_a_string():
    with pytest.raises(TypeError, match="spec is list"):
        parse(["ij", "j"])


@pytest.mark.parametrize(
    ("spec", "shapes", "position", "message"),
    [
        ("ij,jk->ik", [(2, 3)], None, "operands: 1 given, 2 expected"),
        ("ij->i", [(2, 3), (3,)], None, "operands: 2 given, 1 expected"),
        ("ij,jk->ik", [(2, 3), (3,)], None, r"operand 2 has shape \(3,\), expected \(j, k\)"),
        (",i->i", [(1,), (2,)], None, r"operand 1 has shape \(1,\), expected \(\)"),
        ("i j, j k -> ik", [(2, 3), (4, 5)], 5, "letter 'j' is 4 in operand 2 but 3 before"),
        ("ij,jk->ik", [(2, 3), (1, 5)], 3, "letter 'j' is 1 in operand 2 but 3 before"),
        ("ii->i", [(2, 3)], 1, "letter 'i' is 3 in operand 1 but 2 before"),
    ],
)
def test_operands_that_do_not_fit_are_refused(spec, shapes, position, message):
    with pytest.raises(EinsumError, match=message) as caught:
        explain(spec, *shapes)
    assert caught.value.position == position


@pytest.mark.parametrize("shape", ["ab", 3, (2.0, 3), None])
def test_a_shape_is_a_tuple_of_integers(shape):
    with pytest.raises(TypeError, match="shape 2 is"):
        explain("ij,ij->", (2, 3), shape)


def test_letter_sizes_come_in_loop_order():
    assert list(letter_sizes("bnk,bnd->bkd", [(2, 5, 3), (2, 5, 8)]).items()) == [
        ("b", 2),
        ("k", 3),
        ("d", 8),
        ("n", 5),
    ]


@pytest.mark.parametrize(
    ("spec", "shapes", "batch", "kept", "summed", "output_shape", "multiply_adds"),
    [
        ("bnk,bnd->bkd", [(2, 5, 3), (2, 5, 8)], "b", "kd", "n", (2, 3, 8), 240),
        ("ij,ij->ij", [(2, 3), (2, 3)], "ij", "", "", (2, 3), 6),
        ("bkd,vd->bkv", [(2, 3, 4), (7, 4)], "", "bkv", "d", (2, 3, 7), 168),
        ("ii->i", [(3, 3)], "", "i", "", (3,), 3),
        ("ii", [(3, 3)], "", "", "i", (), 3),
        ("bi,bj,k->bijk", [(2, 3), (2, 4), (5,)], "", "bijk", "", (2, 3, 4, 5), 120),
        ("ij->i", [(2, 0)], "", "i", "j", (2,), 0),
        ("->", [()], "", "", "", (), 1),
    ],
)
def test_explain(spec, shapes, batch, kept, summed, output_shape, multiply_adds):
    explanation = explain(spec, *shapes)
    assert (explanation.batch, explanation.kept, explanation.summed) == (batch, kept, summed)
    assert (explanation.output_shape, explanation.multiply_adds) == (output_shape, multiply_adds)
    assert repr(explanation) == str(explanation)


def test_explain_writes_the_output_out():
    assert explain("ik, kj", (2, 3), (3, 4)).spec == "ik,kj->ij"


def test_examples_in_docstrings():
    assert doctest.testmod(notation).failed == 0
