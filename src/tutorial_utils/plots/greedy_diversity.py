"""Figures of chapter 06: the greedy as one sort, recall against diversity, and the genres of a list."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike

from tutorial_utils.plots.style import COLOURS, styled

BLUE, ORANGE, _, _, GREY, _ = COLOURS
PALE_BLUE, PALE_GREY = "#cfe3f1", "#ececec"


@styled
def greedy_as_sort(names: Sequence[str], scores: ArrayLike, ranks: ArrayLike, lam: float, n: int) -> plt.Figure:
    """Draw what is left of each candidate's score once its rank in its category has been paid for, and who is taken.

    Parameters
    ----------
    names : sequence of M str
    scores : (M,) float
        Positive.
    ranks : (M,) int
        0 for the best of a category, 1 for the next.
    lam : float
    n : int
        How many are taken.
    """
    scores, ranks = np.asarray(scores), np.asarray(ranks)
    left = scores - lam * ranks  # (M,)
    taken = np.argsort(-left, kind="stable")[:n]
    figure, axes = plt.subplots(figsize=(6.4, 0.9 + 0.36 * len(names)))
    places = np.arange(len(names))
    fill = np.where(np.isin(places, taken), PALE_BLUE, PALE_GREY)
    axes.barh(places, left, color=fill, edgecolor=BLUE)
    axes.barh(places, scores - left, left=left, color="white", edgecolor=GREY, hatch="///")
    for place, (score, rank, rest) in enumerate(zip(scores, ranks, left, strict=True)):
        turn = f"   taken {taken.tolist().index(place) + 1}." if place in taken else ""
        axes.text(score + 0.08, place, f"{score:g} - {rank} x {lam:g} = {rest:g}{turn}", va="center", fontsize=9)
    axes.axvline(left[taken[-1]], color=ORANGE, linestyle="--", label=f"the {n} best")
    axes.set_yticks(places, names)
    axes.set(xlim=(0, 1.5 * scores.max()), xlabel="score; hatched: lambda times the rank in the category")
    axes.invert_yaxis()
    axes.legend(frameon=False, loc="lower right")
    return figure


@styled
def tradeoff(
    curves: Mapping[str, tuple[ArrayLike, ...]],
    notes: Mapping[str, Sequence[str]] | None = None,
    labels: tuple[str, str] = ("Diversity@50", "Recall@50"),
) -> plt.Figure:
    """Draw what a dial trades: one curve for each way of turning it.

    Parameters
    ----------
    curves : mapping of str to (x, y) or (x, y, error), each (P,) float
        By name. The error is drawn as a bar up and down; NaN draws none.
    notes : mapping of str to P str, optional
        What to write at the points of a curve, by its name; "" writes nothing.
    labels : two str
        Of the horizontal and the vertical axis.
    """
    figure, axes = plt.subplots(figsize=(6.4, 4.4))
    for name, (x, y, *error) in curves.items():
        line = axes.errorbar(x, y, *error, capsize=2, elinewidth=0.8, label=name)[0]
        for at, note in zip(np.column_stack([x, y]), (notes or {}).get(name, ()), strict=False):
            axes.annotate(note, at, (4, 5), textcoords="offset points", color=line.get_color(), fontsize=9)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    figure.legend(frameon=False, loc="outside upper center", ncols=3)
    return figure


@styled
def category_counts(counts: Mapping[str, Mapping[str, int]]) -> plt.Figure:
    """Draw how many items of each category two lists hold, side by side.

    Parameters
    ----------
    counts : mapping of str to mapping of str to int
        By list, then by category. Categories are drawn by falling count in the first list, then in the others.
    """
    found = {name for of_list in counts.values() for name in of_list}
    names = sorted(found, key=lambda name: ([-of_list.get(name, 0) for of_list in counts.values()], name))
    figure, axes = plt.subplots(figsize=(6.4, 0.9 + 0.34 * len(names)))
    height = 0.8 / len(counts)
    looks = ((PALE_GREY, GREY, None), (PALE_BLUE, BLUE, "///"))
    for row, ((label, of_list), (fill, edge, hatch)) in enumerate(zip(counts.items(), looks, strict=False)):
        places = np.arange(len(names)) + (row + 0.5) * height - 0.4
        values = [of_list.get(name, 0) for name in names]
        bars = axes.barh(places, values, height, color=fill, edgecolor=edge, hatch=hatch, label=label)
        axes.bar_label(bars, padding=3, fontsize=9)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="films in the list")
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.legend(frameon=False, loc="lower right")
    return figure
