"""Figures of chapter 00: the two stages, a padded batch, the split, the long tail, and a user with two tastes."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutorial_utils.plots.style import COLOURS, styled

FloatArray = NDArray[np.floating]

BLUE, ORANGE, GREEN, _, GREY, _ = COLOURS
PALE_BLUE, PALE_ORANGE, PALE_GREY = "#cfe3f1", "#f6d5bd", "#ececec"


@styled
def two_stages(names: Sequence[str], counts: Sequence[int], steps: Sequence[str]) -> plt.Figure:
    """Draw how a catalogue shrinks, stage after stage.

    Parameters
    ----------
    names : sequence of S str
        What is left before, between and after the steps.
    counts : sequence of S int
        How many items that is; a box's height is the logarithm.
    steps : sequence of S - 1 str
        What is written on the arrows.
    """
    figure, axes = plt.subplots(figsize=(5.4, 2.8))
    heights = np.log10(counts) + 0.8
    places = 3.0 * np.arange(len(counts))
    axes.bar(places, heights, width=1.6, bottom=-heights / 2, color=PALE_BLUE, edgecolor=BLUE)
    for place, height, name, count in zip(places, heights, names, counts, strict=True):
        axes.text(place, 0, f"{count:,}", ha="center", va="center")
        axes.text(place, -height / 2 - 0.3, name, ha="center", va="top")
    for place, step in zip(places, steps, strict=False):
        axes.annotate("", (place + 2.15, 0), (place + 0.85, 0), arrowprops={"arrowstyle": "->", "lw": 1.5})
        axes.text(place + 1.5, 0.3, step, ha="center", va="bottom", fontsize=9)
    axes.set_ylim(-heights[0] / 2 - 1.3, heights[0] / 2 + 0.1)
    axes.axis("off")
    return figure


@styled
def padded_batch(ids: NDArray[np.integer], mask: NDArray[np.bool_]) -> plt.Figure:
    """Draw a padded batch as a table of ids, padding hatched.

    Parameters
    ----------
    ids : (B, n) int
    mask : (B, n) bool
        True on a real item.
    """
    B, n = ids.shape
    figure, axes = plt.subplots(figsize=(1.2 + 0.55 * n, 0.7 + 0.5 * B))
    for (row, column), item in np.ndenumerate(ids):
        real = mask[row, column]
        look = {"facecolor": PALE_BLUE} if real else {"facecolor": "white", "hatch": "///"}
        axes.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, edgecolor=BLUE if real else GREY, **look))
        box = None if real else {"facecolor": "white", "edgecolor": "none", "pad": 1}
        axes.text(column, row, str(item), ha="center", va="center", bbox=box)
    axes.set(xlim=(-0.6, n - 0.4), ylim=(B - 0.4, -0.6), xticks=range(n), xlabel="position in the row")
    axes.set_yticks(range(B), [f"user {row}" for row in range(B)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


@styled
def user_split(lengths: Sequence[int], n_inputs: Sequence[int], parts: Sequence[str]) -> plt.Figure:
    """Draw who is used for what: a row a user, a mark an event.

    Parameters
    ----------
    lengths, n_inputs : sequence of U int
        Events of each user, and how many of them a model may see when the user is not in training.
    parts : sequence of U str
        The part a user belongs to, such as "train".
    """
    row = np.repeat(np.arange(len(parts)), lengths)  # (E,)
    number = np.concatenate([np.arange(1, length + 1) for length in lengths])  # (E,) from 1, within the user
    train = np.repeat([part == "train" for part in parts], lengths)
    target = ~train & (number > np.repeat(n_inputs, lengths))
    figure, axes = plt.subplots(figsize=(5, 0.9 + 0.26 * len(parts)))
    for label, kept, colour, marker in (
        ("training", train, GREY, "s"),
        ("input", ~train & ~target, BLUE, "o"),
        ("targets", target, ORANGE, "^"),
    ):
        axes.plot(number[kept], row[kept], linestyle="", marker=marker, color=colour, markersize=8, label=label)
    axes.set_yticks(range(len(parts)), parts)
    axes.set(ylim=(len(parts) - 0.5, -0.5), xlim=(0.3, None), xlabel="event of the user, oldest first")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


@styled
def rating_times(minutes: ArrayLike, n_inputs: int) -> plt.Figure:
    """Draw when one user rated what: a point an event, a horizontal run is a run of ratings with one time stamp.

    Parameters
    ----------
    minutes : (n,) float
        Since the first rating, ascending.
    n_inputs : int
        How many of them are input; the others are targets.
    """
    minutes = np.asarray(minutes)
    number = np.arange(1, len(minutes) + 1)
    figure, axes = plt.subplots(figsize=(5, 2.8))
    axes.plot(number, minutes, marker="", linestyle=":", color=GREY)
    axes.plot(number[:n_inputs], minutes[:n_inputs], linestyle="", marker="o", color=BLUE, label="input")
    axes.plot(number[n_inputs:], minutes[n_inputs:], linestyle="", marker="^", color=ORANGE, label="targets")
    axes.axvline(n_inputs + 0.5, color=GREY, linestyle="--", linewidth=1)
    axes.set(xlabel="place in the sequence", ylabel="minutes since the first")
    axes.legend(frameon=False)
    return figure


@styled
def long_tail(item_users: ArrayLike, n: int) -> plt.Figure:
    """Draw how unevenly users are spread over items, most popular item first.

    Parameters
    ----------
    item_users : (V - 1,) int
        Users of every real item, in any order.
    n : int
        How many items at the head are marked.
    """
    counts = np.sort(np.asarray(item_users))[::-1]
    rank = np.arange(1, len(counts) + 1)
    share = counts[:n].sum() / counts.sum()
    figure, axes = plt.subplots(figsize=(5, 3))
    axes.plot(rank, counts, marker="", color=BLUE)
    axes.fill_between(rank[:n], counts[:n], color=PALE_ORANGE, hatch="///", edgecolor=ORANGE)
    axes.annotate(
        f"first {n} items: {share:.0%} of all events",
        (n, counts[n - 1]),
        (0.25, 0.85),
        textcoords="axes fraction",
        arrowprops={"arrowstyle": "->"},
    )
    axes.set(xlabel="item, by popularity", ylabel="training users", xlim=(0, len(counts)), ylim=(0, None))
    return figure


@styled
def two_tastes(
    history: FloatArray, taste: Sequence[str], mean: FloatArray, candidates: FloatArray, names: Sequence[str]
) -> plt.Figure:
    """Draw a user's items on a map, with their mean and some items to choose from.

    Parameters
    ----------
    history : (n, 2) float
        Vectors of the items the user has.
    taste : sequence of n str
        The taste each of them belongs to; two different ones.
    mean : (2,) float
        The one vector that stands for the user.
    candidates : (M, 2) float
    names : sequence of M str
    """
    looks = ((BLUE, "o"), (GREEN, "s"))
    figure, axes = plt.subplots(figsize=(5, 4.4))
    for name, (colour, marker) in zip(dict.fromkeys(taste), looks, strict=True):
        axes.plot(
            *history[np.array(taste) == name].T, linestyle="", marker=marker, color=colour, markersize=8, label=name
        )
    axes.annotate("", mean, (0, 0), arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 1.5})
    axes.plot(*mean, linestyle="", marker="*", color=ORANGE, markersize=14, label="mean of the history")
    axes.plot(*candidates.T, linestyle="", marker="D", color=GREY, fillstyle="none", markersize=8, label="candidates")
    for point, name in zip(candidates, names, strict=True):
        axes.annotate(name, point, (9, 6), textcoords="offset points")
    highest = max(history.max(), candidates.max())
    axes.set(
        xlim=(-0.2, highest + 1.3), ylim=(-0.2, highest + 0.7), xlabel="first dimension", ylabel="second dimension"
    )
    axes.set_aspect("equal")
    axes.legend(frameon=False, loc="upper right")
    return figure
