"""Figures of chapter 05: the interest that is read out, sampled gradients, two losses, differences, and costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from tutorial_utils.plots.style import COLOURS, DASHES, MARKERS, styled

BLUE, ORANGE, _, _, GREY, _ = COLOURS


@styled
def chosen_interest(interests: NDArray[np.floating], target: ArrayLike, chosen: int) -> plt.Figure:
    """Draw one user's interests and the target in the plane, the interest that is read out drawn strongly.

    Parameters
    ----------
    interests : (K, 2) float
    target : (2,) float
    chosen : int
        The row of the interest that learns.
    """
    figure, axes = plt.subplots(figsize=(4.6, 3.4))
    for k, (x, y) in enumerate(interests):
        colour, width = (BLUE, 2.5) if k == chosen else (GREY, 1.2)
        axes.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": colour, "lw": width})
        label = f"interest {k + 1}, score {np.dot((x, y), target):.2f}" + (", learns" if k == chosen else "")
        axes.text(0.6 * x + 0.06, 0.6 * y - 0.02, label, color=colour, va="top")
    axes.plot(*np.asarray(target), marker="*", markersize=14, color=ORANGE, linestyle="none")
    axes.annotate("target", np.asarray(target), (8, -3), textcoords="offset points", color=ORANGE)
    axes.set(xlim=(-0.1, 1.9), ylim=(-0.15, 1.25), aspect="equal", xticks=(0, 1), yticks=(0, 1))
    return figure


@styled
def sampled_errors(sizes: Sequence[int], errors: Mapping[str, ArrayLike]) -> plt.Figure:
    """Draw how far the gradient of several sampled losses is from the full one, against the sample's size.

    Parameters
    ----------
    sizes : sequence of S int
        m, the number of sampled negatives.
    errors : mapping of str to (S,) float
        By the name of the loss, relative to the full gradient's length.
    """
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    for name, error in errors.items():
        axes.plot(sizes, error, label=name)
    axes.set(xscale="log", yscale="log", xlabel="m, sampled negatives", ylabel="relative error of the gradient")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


@styled
def loss_traces(losses: Mapping[str, Sequence[float]]) -> plt.Figure:
    """Draw the losses of two frameworks on top of each other, and below how far they are apart.

    Parameters
    ----------
    losses : mapping of str to sequence of T float
        By the framework's name, two of them.
    """
    figure, (above, below) = plt.subplots(2, figsize=(6.4, 4.4), sharex=True, height_ratios=(2, 1))
    (first, one), (second, other) = losses.items()
    steps = np.arange(1, len(one) + 1)
    above.plot(steps, one, label=first, linewidth=3, marker="", linestyle="-", color=BLUE, alpha=0.5)
    above.plot(steps, other, label=second, linewidth=1.2, marker="", linestyle="--", color=ORANGE)
    above.set(ylabel="loss of the batch, nats")
    above.legend(frameon=False)
    distance = np.abs(np.subtract(one, other))
    below.plot(steps, np.maximum(distance, 1e-7), marker="", linestyle="-", color=GREY)
    below.set(yscale="log", ylabel="difference", xlabel="step")
    return figure


@styled
def paired_differences(panels: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> plt.Figure:
    """Draw mean differences to a base model with their intervals, a panel for each data set.

    Parameters
    ----------
    panels : mapping of str to mapping of str to (mean, low, high)
        By the panel's title, then by the model's name.
    """
    rows = max(map(len, panels.values()))
    figure, axes = plt.subplots(1, len(panels), figsize=(7.4, 1.2 + 0.35 * rows), squeeze=False)
    for panel, (title, models) in zip(axes[0], panels.items(), strict=True):
        for row, (mean, low, high) in enumerate(models.values()):
            clear = low > 0 or high < 0
            colour, fill = (BLUE, BLUE) if clear else (GREY, "white")
            panel.plot([low, high], [row, row], color=colour, marker="|", linestyle="-")
            panel.plot([mean], [row], color=colour, marker="o", markerfacecolor=fill, markersize=7, linestyle="none")
        panel.axvline(0, color="black", linewidth=1, linestyle="--")
        panel.set(title=title, ylim=(len(models) - 0.5, -0.5), xlabel="Recall@50 less that of K = 1")
        panel.set_yticks(range(len(models)), models)
        panel.margins(x=0.1)
        panel.locator_params(axis="x", nbins=4)
    return figure


@styled
def step_costs(points: Sequence[Mapping[str, Any]]) -> plt.Figure:
    """Draw processor time and memory of a training step against V and n.

    Parameters
    ----------
    points : sequence of mappings
        With ``framework``, ``n_items``, ``n``, ``n_negatives``, ``milliseconds`` and ``megabytes``. Those with the most
        common n make the left column, those with the full softmax and the most common V the right one.
    """
    figure, axes = plt.subplots(2, 2, figsize=(7.4, 5.2), sharex="col")
    n, V = (_commonest([point[name] for point in points]) for name in ("n", "n_items"))
    left = [point for point in points if point["n"] == n]
    right = [point for point in points if point["n_items"] == V and point["n_negatives"] is None]
    for row, (field, unit) in enumerate({"milliseconds": "ms a step", "megabytes": "MB"}.items()):
        _draw_costs(axes[row, 0], left, "n_items", field)
        _draw_costs(axes[row, 1], right, "n", field)
        axes[row, 0].set(ylabel=unit)
    axes[0, 0].set(title=f"n = {n}")
    axes[0, 1].set(title=f"V = {V:,}, full softmax")
    axes[1, 0].set(xlabel="V, items")
    axes[1, 1].set(xlabel="n, length of a sequence")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw_costs(axes: Axes, points: Sequence[Mapping[str, Any]], x: str, y: str) -> None:
    """One line a framework and kind of softmax."""
    series: dict[tuple[str, int | None], list[tuple[float, float]]] = {}
    for point in points:
        series.setdefault((point["framework"], point["n_negatives"]), []).append((point[x], point[y]))
    frameworks = sorted({framework for framework, _ in series}, reverse=True)
    for (framework, negatives), line in series.items():
        number = frameworks.index(framework)
        kind = "full softmax" if negatives is None else f"{negatives:,} negatives"
        dash = DASHES[0] if negatives is None else DASHES[1]
        axes.plot(
            *zip(*sorted(line), strict=True),
            color=COLOURS[number],
            marker=MARKERS[number],
            linestyle=dash,
            label=f"{framework}, {kind}",
        )
    axes.set(xscale="log", yscale="log")


def _commonest(values: Sequence[int]) -> int:
    return max(set(values), key=values.count)
