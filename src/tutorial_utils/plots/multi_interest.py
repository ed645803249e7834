"""Figures of chapter 02: what vectors rank first, attention over events, tables of weights, interests that separate."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from tutorial_utils.plots.style import COLOURS, styled

FloatArray = NDArray[np.floating]

BLUE, ORANGE, _, _, GREY, _ = COLOURS
PALE_BLUE = "#cfe3f1"


@styled
def ranked_before(
    vectors: Mapping[str, FloatArray], items: Mapping[str, Sequence[float]], reference: str
) -> plt.Figure:
    """Draw the region of a map in which an item scores higher than the reference item: a panel a user.

    Parameters
    ----------
    vectors : mapping of str to (K, 2) float
        By the title of the panel, the user's vectors; the score is the largest inner product.
    items : mapping of str to two floats
    reference : str
        The item of `items` that the others are compared with.
    """
    limit = 1.35 * np.max(list(items.values()))
    ticks = np.linspace(0, limit, 200)
    plane = np.stack(np.meshgrid(ticks, ticks), axis=-1)  # (200, 200, 2)
    figure, axes = plt.subplots(1, len(vectors), figsize=(7.2, 3.5), sharey=True, squeeze=False)
    for panel, (title, users) in zip(axes[0], vectors.items(), strict=True):
        threshold = (users @ np.asarray(items[reference])).max()
        panel.contourf(ticks, ticks, (plane @ users.T).max(axis=-1), levels=[threshold, np.inf], colors=[PALE_BLUE])
        for vector in users:
            panel.annotate("", vector, (0, 0), arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 2})
        for name, point in items.items():
            marker = "s" if name == reference else "o"
            panel.plot(*point, linestyle="", marker=marker, color=GREY if name == reference else BLUE, markersize=7)
            panel.annotate(name, point, (0, 7), textcoords="offset points", ha="left" if point[0] == 0 else "center")
        panel.set(title=title, xlabel="cartoon", xlim=(-0.12, limit), ylim=(-0.12, limit), aspect="equal")
    axes[0, 0].set_ylabel("horror")
    return figure


@styled
def attention_by_event(weights: FloatArray, items: Sequence[str], tastes: Sequence[str]) -> plt.Figure:
    """Draw how K heads spread their attention over one user's events, with the true taste behind each event.

    Parameters
    ----------
    weights : (n, K) float
        Events of one taste next to each other.
    items : sequence of n str
    tastes : sequence of n str
    """
    n, K = weights.shape
    figure, axes = plt.subplots(figsize=(7.2, 1.9 + 0.3 * K))
    image = axes.imshow(weights.T, vmin=0, aspect="auto")
    first = 0
    for taste, events in groupby(tastes):
        last = first + len(list(events))
        axes.text((first + last - 1) / 2, -0.75, taste, ha="center", va="bottom", fontweight="bold")
        axes.plot([first - 0.3, last - 0.7], [-0.65, -0.65], color=GREY, marker="", linestyle="-", clip_on=False)
        if last < n:
            axes.axvline(last - 0.5, color=ORANGE, linestyle="--")
        first = last
    axes.set_ylim(K - 0.5, -0.5)
    axes.set_xticks(range(n), items, rotation=90, fontsize=9)
    axes.set_yticks(range(K), [f"head {k + 1}" for k in range(K)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="weight", pad=0.02)
    return figure


@styled
def weight_tables(panels: Mapping[str, tuple[Sequence[str], FloatArray]], columns: Sequence[str]) -> plt.Figure:
    """Draw tables of numbers from 0 to 1, side by side, all with the same columns; the darker, the larger.

    Parameters
    ----------
    panels : mapping of str to (sequence of R str, (R, M) float)
        By title: the names of the rows, and the numbers.
    columns : sequence of M str
    """
    heights = [len(rows) for rows, _ in panels.values()]
    size = (min(7.4, (1.2 + 0.75 * len(columns)) * len(panels)), 1.1 + 0.42 * max(heights))
    figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False)
    for panel, (title, (rows, numbers)) in zip(axes[0], panels.items(), strict=True):
        _draw_table(panel, np.asarray(numbers))
        panel.set(title=title, ylim=(max(heights) - 0.5, -0.5))
        panel.set_xticks(range(len(columns)), columns)
        panel.set_yticks(range(len(rows)), rows)
    return figure


@styled
def separation(steps: ArrayLike, panels: Mapping[str, Mapping[str, ArrayLike]]) -> plt.Figure:
    """Draw how alike a user's interests are during training: a panel a read-out, a line a start.

    Parameters
    ----------
    steps : (S,) int
    panels : mapping of str to mapping of str to (S,) float
        Mean cosine, by the title of the panel and the name of the line.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(7.4, 3.2), sharey=True, squeeze=False)
    for panel, (title, curves) in zip(axes[0], panels.items(), strict=True):
        panel.axhline(0, color=GREY, linewidth=0.8, marker="", linestyle="-")
        for name, cosines in curves.items():
            panel.plot(steps, cosines, label=name)
        panel.set(title=title, xlabel="training step", ylim=(-0.3, 1.08))
    axes[0, 0].set_ylabel("mean cosine of two interests")
    axes[0, -1].legend(title="scale of w2", frameon=False)
    return figure


def _draw_table(axes: Axes, numbers: FloatArray) -> None:
    """A heat map with the number in every cell, column names on top."""
    axes.imshow(numbers, vmin=0, vmax=1, aspect="auto")
    for (row, column), number in np.ndenumerate(numbers):
        colour = "white" if number > 0.6 else "black"
        axes.text(column, row, f"{number:.2f}", ha="center", va="center", color=colour)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
