"""One look for every figure: white ground, colours that differ in lightness, a marker and a dash for each."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
from cycler import cycler

P = ParamSpec("P")

# Okabe and Ito's colour-blind-safe palette, those with at least 3:1 contrast on white, dark to light.
COLOURS = ("#0072b2", "#d55e00", "#007a5a", "#9a5b87", "#6b6b6b", "#8a6d00")
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))

STYLE: dict[str, Any] = {
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": cycler(color=COLOURS, marker=MARKERS, linestyle=DASHES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "font.size": 10,
    "image.cmap": "Blues",
    "lines.markersize": 5,
    "savefig.facecolor": "white",
}


def styled(draw: Callable[P, plt.Figure]) -> Callable[P, plt.Figure]:
    """Let `draw` make its figure in the book's style, without changing matplotlib's settings for anybody else."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> plt.Figure:
        with plt.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn
