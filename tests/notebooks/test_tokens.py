"""The comparison of a PyTorch cell with its PaddlePaddle partner, on codes small enough to check by eye."""

import pytest

pytest.importorskip("myst_nb")

from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from sidebyside.tokens import align, compare, likeness, split_lines


def rows(left, right):
    """The rows as pairs of texts, None where a side has a filler."""
    pairs = align(split_lines(left), split_lines(right))
    return [tuple(None if line is None else "".join(text for _, text in line) for line in row) for row in pairs]


def parsed(html):
    return BeautifulSoup(f"<pre>{html}</pre>", "html.parser")


def lines(html):
    return parsed(html).select(".line")


def marked(html):
    return [node.get_text() for node in parsed(html).select('[class$="-Differs"]')]


def test_only_the_tokens_that_differ_are_marked():
    left, right = compare("x = torch.ones(2, device=device)\n", "x = paddle.ones([2], place=device)\n")
    assert marked(left) == ["torch", "device"]
    assert marked(right) == ["paddle", "[", "]", "place"]


def test_strings_and_comments_are_compared_word_by_word():
    left, right = compare('setup("torch")  # a PyTorch tensor', 'setup("paddle")  # a Paddle tensor')
    assert marked(left) == ["torch", "PyTorch"]
    assert marked(right) == ["paddle", "Paddle"]


def test_equal_lines_stand_in_the_same_row():
    left = "a = 1\nb = torch.zeros(3)\nc = a + b"
    right = "a = 1\nfirst = paddle.zeros\nfor _ in range(3):\n    pass\nb = paddle.zeros([3])\nc = a + b"
    assert rows(left, right) == [
        ("a = 1", "a = 1"),
        (None, "first = paddle.zeros"),
        (None, "for _ in range(3):"),
        (None, "    pass"),
        ("b = torch.zeros(3)", "b = paddle.zeros([3])"),
        ("c = a + b", "c = a + b"),
    ]


def test_empty_lines_never_part_lines_of_code():
    assert rows("a = 1\n\nb = 2", "a = 1\nb = 2") == [("a = 1", "a = 1"), ("", None), ("b = 2", "b = 2")]


def test_a_line_without_a_counterpart_is_alone_and_faces_a_filler():
    left, right = compare("a = 1\nmodel.train()\nb = 2", "a = 1\nb = 2")
    assert [node["class"] for node in lines(left)] == [["line"], ["line", "alone"], ["line"]]
    assert [node["class"] for node in lines(right)] == [["line"], ["line", "filler"], ["line"]]
    assert lines(right)[1]["data-other"] == "model.train()"
    assert marked(left) == marked(right) == []


def test_two_statements_with_little_in_common_are_not_compared():
    left, right = compare("loss.backward()", "for x in y: z += 1")
    assert [node["class"] for node in lines(left) + lines(right)] == [["line", "alone"]] * 2


def test_the_text_opposite_is_kept_where_it_differs_and_only_there():
    left, right = compare('a = 1\nb = "<torch>"', 'a = 1\nb = "<paddle>"')
    assert [node.get("data-other") for node in lines(left)] == [None, 'b = "<paddle>"']
    assert [node.get("data-other") for node in lines(right)] == [None, 'b = "<torch>"']


def test_indentation_is_told_and_never_marked():
    left, _ = compare("if x:\n    y = 1", "if x:\n        y = 1")
    assert "--indent: 4ch" in lines(left)[1]["style"]
    assert marked(left) == []


def test_likeness_is_the_share_of_common_tokens():
    one, other, third = split_lines("f(a)\nf(b)\nwhile True: pass\n")
    assert likeness(one, one) == 1
    assert likeness(one, other) == 0.75
    assert likeness(one, third) == 0
    assert likeness(one, []) < 0 < likeness([], []) < 0.5


CODES = st.lists(st.sampled_from(["", "a = 1", "b = torch.f(a)", "    c = '<&>'", "# why", '"""x', 'y"""']), max_size=8)


@settings(max_examples=60, deadline=None)
@given(CODES, CODES)
def test_every_line_is_kept_in_order_and_both_sides_have_the_same_rows(one, other):
    left, right = "x = 0\n" + "\n".join(one), "x = 0\n" + "\n".join(other)
    html = compare(left, right)
    texts = [parsed(side).get_text() for side in html]
    assert [text.rstrip("\n") for text in texts] == [left.rstrip("\n"), right.rstrip("\n")]
    sides = [["filler" in node["class"] for node in lines(side)] for side in html]
    assert len(sides[0]) == len(sides[1])
    assert not any(one and other for one, other in zip(*sides, strict=True))
