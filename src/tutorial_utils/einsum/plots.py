"""Draw a spec as a tensor network: a node per operand, an edge per letter.

A letter's ends meet where its axes are summed or read together; a kept letter has one more end, which is free and is an
axis of the output. A letter with more than two ends meets in a dot, and so does a summed one that has only one.
"""

import math
from collections import Counter
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch

from tutorial_utils.einsum.notation import BATCH, KEPT, SUMMED, Notation, parse
from tutorial_utils.plots.style import COLOURS, styled

Point = tuple[float, float]

BLUE, ORANGE, _, _, GREY, _ = COLOURS
LINES: dict[str, dict[str, Any]] = {  # told apart by stroke as well as by colour
    BATCH: {"color": ORANGE, "linewidth": 2.0, "linestyle": (0, (4, 2))},
    KEPT: {"color": GREY, "linewidth": 2.0, "linestyle": "-"},
    SUMMED: {"color": BLUE, "linewidth": 4.5, "linestyle": "-"},
}
LEGEND = {BATCH: "batch: in all operands and the output", KEPT: "kept: a free end", SUMMED: "summed: no free end"}
SPACING, RADIUS, LEG = 2.4, 0.45, 1.15


@styled
def diagram(spec: str) -> Figure:
    """Draw a spec as a tensor network.

    Parameters
    ----------
    spec : str
        See `tutorial_utils.einsum.notation.parse`.

    Returns
    -------
    Figure
        A pyplot figure; `alt_text` describes it.

    Raises
    ------
    EinsumError
        If the spec is no spec.
    """
    notation = parse(spec)
    figure, axes = plt.subplots()
    private = [letter for letter in notation.roles if len(_ends(notation, letter)) == 1]
    bonds = [letter for letter in notation.roles if _is_bond(notation, letter)]
    hubs = [letter for letter in notation.roles if letter not in private + bonds]
    _draw_bonds(axes, notation, bonds)
    _draw_hubs(axes, notation, hubs)
    for number in range(len(notation.operands)):
        _draw_legs(axes, notation, number, [letter for letter in private if number in _ends(notation, letter)])
    _draw_nodes(axes, notation)
    _label(axes, notation)
    tall = bool(hubs) or any(_span(notation, letter) > 1 for letter in bonds)
    _frame(figure, axes, top=2.2 if tall else 0.9, bottom=-2.0 if private else -0.7)
    return figure


def alt_text(spec: str) -> str:
    """Describe the diagram of a spec in words, for those who do not see it.

    Parameters
    ----------
    spec : str
        See `tutorial_utils.einsum.notation.parse`.

    Returns
    -------
    str
        One sentence per node and per letter, and one for the output.

    Raises
    ------
    EinsumError
        If the spec is no spec.
    """
    notation = parse(spec)
    nodes = [f"Node {number} is {letters or 'a scalar'}." for number, letters in enumerate(notation.operands, start=1)]
    edges = [_describe(notation, letter, role) for letter, role in notation.roles.items()]
    closing = f"The output's axes, in order: {', '.join(notation.output) or 'none, it is a number'}."
    return " ".join([f"Tensor network of {notation.spec}.", *nodes, *edges, closing])


def _describe(notation: Notation, letter: str, role: str) -> str:
    ends = _ends(notation, letter)
    places = [f"node {number + 1}" + (f" ({count} axes)" if count > 1 else "") for number, count in ends.items()]
    closing = "has a free end" if role != SUMMED else "has no free end" if ends.total() > 1 else "ends in a dot"
    return f"{letter}, {role}, {'joins' if ends.total() > 1 else 'leaves'} {' and '.join(places)} and {closing}."


def _ends(notation: Notation, letter: str) -> Counter[int]:
    """Count the axes that a letter names, by operand."""
    return Counter(number for number, letters in enumerate(notation.operands) for its in letters if its == letter)


def _is_bond(notation: Notation, letter: str) -> bool:
    """Tell whether a letter joins one axis of one operand to one axis of another, and nothing else."""
    ends = _ends(notation, letter)
    return letter not in notation.output and len(ends) == ends.total() == 2


def _span(notation: Notation, letter: str) -> int:
    """Count the steps from the first to the last operand that has a letter."""
    ends = _ends(notation, letter)
    return max(ends) - min(ends)


def _draw_nodes(axes: Axes, notation: Notation) -> None:
    for number, letters in enumerate(notation.operands):
        axes.add_patch(Circle((number * SPACING, 0), RADIUS, facecolor=GREY, edgecolor="none", zorder=2))
        axes.text(number * SPACING, 0, letters or "()", color="white", ha="center", va="center", fontsize=13)


def _draw_bonds(axes: Axes, notation: Notation, letters: list[str]) -> None:
    """Draw summed letters that join two nodes; parallel ones, and those that pass a node, bend."""
    pairs = [tuple(_ends(notation, letter)) for letter in letters]
    for place, (letter, (left, right)) in enumerate(zip(letters, pairs, strict=True)):
        centred = pairs[:place].count((left, right)) - (pairs.count((left, right)) - 1) / 2
        bend = -0.3 * centred - (0.5 if _span(notation, letter) > 1 else 0)
        _line(axes, (left * SPACING, 0), (right * SPACING, 0), SUMMED, bend)
        peak = -0.5 * bend * (right - left) * SPACING
        _name(axes, ((left + right) / 2 * SPACING, peak + (0.22 if peak >= 0 else -0.22)), letter)


def _draw_hubs(axes: Axes, notation: Notation, letters: list[str]) -> None:
    """Draw letters that meet in a dot above the nodes."""
    for place, letter in enumerate(letters):
        ends = _ends(notation, letter)
        x = SPACING * sum(ends) / len(ends) + 0.8 * (place - (len(letters) - 1) / 2)
        _meet(axes, notation, letter, (x, LEG), (x, LEG + 0.6))


def _draw_legs(axes: Axes, notation: Notation, number: int, letters: list[str]) -> None:
    """Draw the letters that one node has for itself, as a fan below it."""
    for place, letter in enumerate(letters):
        angle = math.radians(40 * (place - (len(letters) - 1) / 2))
        near, far = [
            (number * SPACING + length * math.sin(angle), -length * math.cos(angle)) for length in (LEG, LEG + 0.5)
        ]
        _meet(axes, notation, letter, near, far)


def _meet(axes: Axes, notation: Notation, letter: str, dot: Point, tip: Point) -> None:
    """Draw a letter's ends up to a dot and, if it is kept, its free end from there to the tip."""
    role, ends = notation.roles[letter], _ends(notation, letter)
    for number, count in ends.items():
        for place in range(count):
            _line(axes, (number * SPACING, 0), dot, role, 0.5 * (place - (count - 1) / 2))
    if role != SUMMED:
        _line(axes, dot, tip, role)
    if role == SUMMED or ends.total() > 1:
        axes.plot(*dot, marker="o", markersize=8, color=LINES[role]["color"], zorder=3)
    end = dot if role == SUMMED else tip
    length = math.hypot(tip[0] - dot[0], tip[1] - dot[1])
    _name(axes, tuple(at + 0.25 * (to - of) / length for at, to, of in zip(end, tip, dot, strict=True)), letter)


def _line(axes: Axes, start: Point, end: Point, role: str, bend: float = 0.0) -> None:
    shape = {"arrowstyle": "-", "connectionstyle": f"arc3,rad={bend}", "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, end, **shape, **LINES[role]))


def _name(axes: Axes, at: tuple[float, ...], letter: str) -> None:
    axes.text(*at, letter, ha="center", va="center", fontsize=14, fontweight="bold")


def _label(axes: Axes, notation: Notation) -> None:
    """Write the spec above and, below, a legend of the roles that occur."""
    present = [role for role in LINES if role in notation.roles.values()]
    handles = [Line2D([], [], label=LEGEND[role], **LINES[role]) for role in present]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), frameon=False, handlelength=3)
    axes.set_title(notation.spec, family="monospace")


def _frame(figure: Figure, axes: Axes, top: float, bottom: float) -> None:
    """Fit the figure to what is drawn, at one scale for every spec."""
    left, right = axes.dataLim.x0 - 1.6, axes.dataLim.x1 + 1.6
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axes.axis("off")
    figure.set_size_inches(0.9 * (right - left), 0.9 * (top - bottom) + 1.1)
