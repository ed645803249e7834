"""Figures of chapter 04: a mask over K interests, two softmax axes, and the error of prefix sums."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from tutorial_utils.plots.style import COLOURS, styled

BLUE, _, _, _, GREY, _ = COLOURS
PALE_BLUE = "#cfe3f1"
SHEET_SHIFT = 0.45


@styled
def mask_broadcast(mask: NDArray[np.bool_], n_interests: int) -> plt.Figure:
    """Draw a mask beside the scores it is applied to: one sheet for each interest, all masked alike.

    Parameters
    ----------
    mask : (B, n) bool
        True on a real item.
    n_interests : int
        K, the number of sheets.
    """
    B, n = mask.shape
    figure, axes = plt.subplots(figsize=(7.2, 2.7))
    _draw_sheet(axes, mask, 0, 0, np.where(mask, "True", "False"))
    for row, length in enumerate(mask.sum(axis=1)):
        axes.text(-0.15, row + 0.5, f"{length} items", ha="right", va="center", fontsize=9)
    axes.text(n / 2, -0.25, f"mask[:, :, None]\n(B, n, 1) = ({B}, {n}, 1)", ha="center", va="bottom")
    axes.annotate("", (n + 2.6, B / 2), (n + 0.2, B / 2), arrowprops={"arrowstyle": "->", "lw": 1.5})
    axes.text(n + 1.4, B / 2 - 0.15, f"the same for\nall K = {n_interests}", ha="center", va="bottom", fontsize=9)
    left, back = n + 2.8, SHEET_SHIFT * (n_interests - 1)
    for k in reversed(range(n_interests)):
        _draw_sheet(axes, mask, left + SHEET_SHIFT * k, -SHEET_SHIFT * k)
        place = (left + n + SHEET_SHIFT * k + 0.1, B - 0.2 - SHEET_SHIFT * k)
        axes.text(*place, f"interest {k + 1}", va="center", fontsize=9)
    title = f"scores\n(B, n, K) = ({B}, {n}, {n_interests})"
    axes.text(left + (n + back) / 2, -0.25 - back, title, ha="center", va="bottom")
    axes.set(xlim=(-1.5, left + n + back + 1.6), ylim=(B + 0.1, -back - 1.1))
    axes.set_aspect("equal")
    axes.axis("off")
    return figure


@styled
def attention_by_axis(weights: Mapping[str, NDArray[np.floating]], rows: Sequence[str]) -> plt.Figure:
    """Draw the attention weights of one user, a panel for each way to normalise them, with the sum of every column.

    Parameters
    ----------
    weights : mapping of str to (n, K) float
        By the title of the panel.
    rows : sequence of n str
        What stands at each position.
    """
    figure, panels = plt.subplots(1, len(weights), figsize=(7.2, 0.9 + 0.42 * (len(rows) + 1)), squeeze=False)
    for axes, (title, panel) in zip(panels[0], weights.items(), strict=True):
        n, K = panel.shape
        axes.imshow(panel, vmin=0, vmax=1, aspect="auto")
        for (row, column), weight in np.ndenumerate(panel):
            colour = "white" if weight > 0.6 else "black"
            axes.text(column, row, f"{weight:.2f}", ha="center", va="center", color=colour)
        for column, total in enumerate(panel.sum(axis=0)):
            axes.text(column, n, f"sum {total:.2f}", ha="center", va="center", fontweight="bold")
        axes.set(title=title, ylim=(n + 0.5, -0.5))
        axes.xaxis.tick_top()
        axes.set_xticks(range(K), [f"interest {k + 1}" for k in range(K)])
        axes.set_yticks(range(n), rows)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return figure


@styled
def prefix_errors(spreads: ArrayLike, errors: Mapping[str, ArrayLike]) -> plt.Figure:
    """Draw the error of several ways to compute prefix attention against the spread of the logits.

    Parameters
    ----------
    spreads : (S,) float
        Largest minus smallest logit of a sequence.
    errors : mapping of str to (S,) float
        By the name of the way; NaN or infinite where the result holds something that is no finite number.
    """
    figure, axes = plt.subplots(figsize=(6.2, 3.9))
    finite = np.concatenate([np.asarray(error)[np.isfinite(error)] for error in errors.values()])
    top = 100 * finite.max()
    for number, (name, error) in enumerate(errors.items()):
        height = top / 2.0 ** (number % 3)  # so that lines do not hide each other in the band
        axes.plot(spreads, np.where(np.isfinite(error), error, height), label=name, markersize=6)
    axes.axhspan(top / 9, top * 5, color=GREY, alpha=0.15, linewidth=0)
    axes.text(np.min(spreads), top / 1.5, "not a number", va="center")
    axes.set(xscale="log", yscale="log", ylim=(finite.min() / 5, top * 5))
    axes.set(xlabel="spread of the logits: largest minus smallest", ylabel="largest error, relative")
    axes.legend(frameon=False, loc="center left")
    return figure


def _draw_sheet(axes: Axes, mask: NDArray[np.bool_], left: float, top: float, text: ArrayLike | None = None) -> None:
    """A sheet of (B, n) cells, padding hatched."""
    for (row, column), real in np.ndenumerate(mask):
        look = {"facecolor": PALE_BLUE} if real else {"facecolor": "white", "hatch": "///"}
        corner = (left + column, top + row)
        axes.add_patch(plt.Rectangle(corner, 1, 1, edgecolor=BLUE if real else GREY, **look))
        if text is not None:
            box = None if real else {"facecolor": "white", "edgecolor": "none", "pad": 1}
            axes.text(
                corner[0] + 0.5, corner[1] + 0.5, np.asarray(text)[row, column], ha="center", va="center", bbox=box
            )
