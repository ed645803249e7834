"""Figures of chapter 01: a weighted mean, tanh, loss curves, and what a trained attention does."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutorial_utils.plots.style import COLOURS, styled

FloatArray = NDArray[np.floating]

BLUE, ORANGE, GREEN, _, GREY, _ = COLOURS
PALE_BLUE = "#cfe3f1"


@styled
def weighted_mean(items: FloatArray, labels: Sequence[str], means: Mapping[str, FloatArray]) -> plt.Figure:
    """Draw item vectors on a map, the area they span, and some means of them.

    Parameters
    ----------
    items : (n, 2) float
        The corners of the area are drawn in this order.
    labels : sequence of n str
    means : mapping of str to (2,) float
        Two points at most, by the name in the legend.
    """
    figure, axes = plt.subplots(figsize=(5, 3.6))
    axes.fill(*items.T, color=PALE_BLUE, alpha=0.6)
    for item, label in zip(items, labels, strict=True):
        axes.annotate("", item, (0, 0), arrowprops={"arrowstyle": "->", "color": GREY, "shrinkA": 0, "shrinkB": 0})
        axes.annotate(label, item, (6, 5), textcoords="offset points")
    for (name, point), colour, marker in zip(means.items(), (GREY, ORANGE), ("s", "*"), strict=False):
        axes.plot(*point, linestyle="", marker=marker, color=colour, markersize=13, label=name)
    axes.set(xlim=(-0.05, items[:, 0].max() + 0.4), ylim=(-0.05, items[:, 1].max() + 0.3))
    axes.set(xlabel="cartoon", ylabel="horror")
    axes.set_aspect("equal")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@styled
def tanh_effects(factors: ArrayLike, weights: Mapping[str, ArrayLike], saturated: float = 0.01) -> plt.Figure:
    """Draw tanh with its slope, and beside it how the largest attention weight grows with the length of the vectors.

    Parameters
    ----------
    factors : (F,) float
        By how much all item vectors were stretched.
    weights : mapping of str to (F,) float
        The largest weight at each factor, by the way scores were computed.
    saturated : float
        The slope below which a unit is shaded as saturated.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 2.9))
    x = np.linspace(-5, 5, 201)
    left.plot(x, np.tanh(x), marker="", label="tanh(x)")
    left.plot(x, 1 - np.tanh(x) ** 2, marker="", label="its slope")
    border = np.arctanh(np.sqrt(1 - saturated))
    for start, stop in ((-5, -border), (border, 5)):
        left.axvspan(start, stop, color=GREY, alpha=0.15, linewidth=0)
    left.text(0, -0.75, f"grey: slope\nbelow {saturated:g}", ha="left", va="center", fontsize=9)
    left.set(xlabel="x", xlim=(-5, 5))
    left.legend(frameon=False, loc="upper left", fontsize=9)
    for name, weight in weights.items():
        right.plot(factors, weight, label=name)
    right.set(xlabel="vectors stretched by", ylabel="largest weight", ylim=(0, 1.05))
    right.legend(frameon=False, loc="lower right", fontsize=9)
    return figure


@styled
def loss_curves(losses: Mapping[str, ArrayLike], levels: Mapping[str, float], window: int = 20) -> plt.Figure:
    """Draw training losses, smoothed, with levels to compare them with.

    Parameters
    ----------
    losses : mapping of str to (steps,) float
        The loss of every step, by model.
    levels : mapping of str to float
        Losses of simple guesses, drawn as horizontal lines.
    window : int
        How many steps one drawn value averages.
    """
    figure, axes = plt.subplots(figsize=(7.2, 3.2))
    for name, loss in losses.items():
        smooth = np.convolve(np.asarray(loss, dtype=float), np.full(window, 1 / window), mode="valid")
        axes.plot(np.arange(window, len(smooth) + window), smooth, marker="", label=name)
    last = max(len(np.asarray(loss)) for loss in losses.values())
    for name, level in levels.items():
        axes.axhline(level, color=GREY, linestyle=":", linewidth=1)
        axes.text(last, level, name, ha="right", va="bottom", fontsize=9)
    axes.set(xlabel="step", ylabel=f"loss, mean of {window} steps", xlim=(0, last))
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@styled
def attention_over_titles(titles: Sequence[str], weights: ArrayLike, item_users: Sequence[int]) -> plt.Figure:
    """Draw the attention weights of one user's items, oldest at the top, beside the equal weight.

    Parameters
    ----------
    titles : sequence of n str
    weights : (n,) float
    item_users : sequence of n int
        How many training users have the item; written at the bar.
    """
    weights = np.asarray(weights)
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.26 * len(titles)))
    bars = axes.barh(titles, weights, color=PALE_BLUE, edgecolor=BLUE)
    notes = [f"{weight:.3f} ({users})" for weight, users in zip(weights, item_users, strict=True)]
    axes.bar_label(bars, notes, padding=3, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
    axes.axvline(1 / len(titles), color=ORANGE, linestyle="--", label=f"equal weights, 1/{len(titles)}")
    axes.set(xlabel="attention weight (training users who have the film)", xlim=(0, 1.3 * weights.max()))
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


@styled
def score_against_popularity(item_users: ArrayLike, scores: ArrayLike, groups: Mapping[str, ArrayLike]) -> plt.Figure:
    """Draw the attention logit of every item against how many users have it.

    Parameters
    ----------
    item_users, scores : (M,) float
        Of every item, users at least 1.
    groups : mapping of str to (M,) bool
        Which items to draw alike, by name; the later lie on top.
    """
    item_users, scores = np.asarray(item_users), np.asarray(scores)
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    looks = ((GREY, "."), (ORANGE, "^"), (BLUE, "o"))
    for (name, kept), (colour, marker) in zip(groups.items(), looks, strict=False):
        points = item_users[np.asarray(kept)], scores[np.asarray(kept)]
        axes.plot(*points, linestyle="", marker=marker, color=colour, markersize=4, alpha=0.7, label=name)
    axes.set(xscale="log", xlabel="training users who have the film", ylabel="attention logit")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@styled
def mixture_ranking(scores: FloatArray, share: float, n: int, tastes: tuple[str, str]) -> plt.Figure:
    """Draw every candidate by its scores for two tastes, and the border of the list that their mixture makes.

    The mixture scores an item ``share`` times the first plus ``1 - share`` times the second, so that its list is what
    lies beyond a straight line.

    Parameters
    ----------
    scores : (M, 2) float
        Of every candidate, for each taste alone.
    share : float
        Weight of the first taste in the mixture, between 0 and 1.
    n : int
        Length of a list.
    tastes : two str
    """
    mixed = scores @ np.array([share, 1 - share])  # (M,)
    *best, chosen = [np.argsort(-column, kind="stable")[:n] for column in (*scores.T, mixed)]
    figure, axes = plt.subplots(figsize=(6.2, 4.6))
    axes.plot(*scores.T, linestyle="", marker=".", color=GREY, markersize=3)
    for top, taste, colour, marker in zip(best, tastes, (BLUE, GREEN), ("o", "s"), strict=True):
        axes.plot(*scores[top].T, linestyle="", marker=marker, color=colour, label=f"first {n} for {taste}")
    axes.plot(*scores[chosen].T, "D", color=ORANGE, fillstyle="none", markersize=10, label=f"first {n} for both")
    low, high = scores.min(axis=0), scores.max(axis=0)
    x = np.array([low[0], high[0]])
    axes.plot(x, (mixed[chosen[-1]] - share * x) / (1 - share), marker="", linestyle="--", color=ORANGE)
    axes.set(xlim=(low[0] - 0.5, high[0] + 0.5), ylim=(low[1] - 0.5, high[1] + 0.5))
    axes.set(xlabel=f"score for {tastes[0]}", ylabel=f"score for {tastes[1]}")
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=9, columnspacing=1)
    return figure
