"""Compare a PyTorch cell with its PaddlePaddle partner: which lines belong side by side, and which tokens differ."""

import re
from collections import Counter
from difflib import SequenceMatcher
from html import escape
from typing import Any

import pygments
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

Line = list[tuple[Any, str]]  # (token type, text); no line break inside
Row = tuple[Line | None, Line | None]  # None: the other side has a line that this side lacks

WORDS = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]+")
ALIKE = 0.4  # lines that share fewer tokens are two different statements
BLANK = 0.1  # two empty lines belong together, but never at the price of two lines of code


def compare(left: str, right: str) -> tuple[str, str]:
    """Return the insides of two ``<pre>``, for the codes `left` and `right`.

    Every line is a ``.line``; the two sides have the same number of them. A token that differs from its counterpart has
    a class that ends in ``-Differs``, a line without a counterpart is ``.alone``, and a ``.filler`` stands for a line
    that only the other side has. ``data-other`` holds the text of the line opposite where that is another one.
    """
    rows = align(split_lines(left), split_lines(right))
    return "".join(_html(*row) for row in rows), "".join(_html(other, line) for line, other in rows)


def split_lines(code: str) -> list[Line]:
    """Split `code` into lines of tokens; comments and strings into words, so that they are compared word by word."""
    lines: list[Line] = [[]]
    for kind, text in get_lexer_by_name("ipython3").get_tokens(code):
        for word in WORDS.findall(text):
            if word == "\n":
                lines.append([])
            else:
                lines[-1].append((kind, word))
    return lines[:-1]


def align(left: list[Line], right: list[Line]) -> list[Row]:
    """Pair the lines of both sides in order, so that the lines in a row have as much in common as possible."""
    gain = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]  # gain[i][j]: the best of left[i:] and right[j:]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            both = gain[i + 1][j + 1] + likeness(left[i], right[j])
            gain[i][j] = max(both, gain[i + 1][j], gain[i][j + 1])
    rows: list[Row] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if gain[i][j] == gain[i + 1][j + 1] + likeness(left[i], right[j]):
            rows.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif gain[i][j] == gain[i + 1][j]:
            rows.append((left[i], None))
            i += 1
        else:
            rows.append((None, right[j]))
            j += 1
    return rows + [(line, None) for line in left[i:]] + [(None, line) for line in right[j:]]


def likeness(left: Line, right: Line) -> float:
    """Return which share of their tokens two lines have in common, 0 for lines that say different things."""
    a, b = Counter(_words(left)), Counter(_words(right))
    if not a and not b:
        return BLANK
    share = 2 * (a & b).total() / (a.total() + b.total())
    return share if share >= ALIKE else 0.0 if a and b else -1.0


def mark(line: Line, other: Line) -> Line:
    """Return `line` with a token type of their own for the tokens that differ from those of `other`."""
    places = [at for at, (_, text) in enumerate(line) if not text.isspace()]
    matcher = SequenceMatcher(None, _words(line), _words(other), autojunk=False)
    same = {places[at] for start, _, size in matcher.get_matching_blocks() for at in range(start, start + size)}
    return [(kind.Differs if at in set(places) - same else kind, text) for at, (kind, text) in enumerate(line)]


def _words(line: Line) -> list[str]:
    return [text for _, text in line if not text.isspace()]


def _html(line: Line | None, other: Line | None) -> str:
    """Return one line of one side; the line break is inside, so that a ``.line`` may become a block."""
    opposite = f' data-other="{escape(_text(other))}"' if other and line != other else ""
    if line is None:
        return f'<span class="line filler"{opposite}></span>'
    tokens = mark(line, other) if other and likeness(line, other) > 0 else line
    inside = pygments.format([*tokens, (pygments.token.Text, "\n")], HtmlFormatter(nowrap=True))
    alone = " alone" if other is None or likeness(line, other) <= 0 else ""
    indent = len(_text(line)) - len(_text(line).lstrip())
    return f'<span class="line{alone}"{opposite} style="--indent: {indent}ch"><span>{inside}</span></span>'


def _text(line: Line | None) -> str:
    return "".join(text for _, text in line or [])
