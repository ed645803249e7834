"""Every figure of the book, one function each, one file a chapter.

Figures are drawn on white in colours that stay apart in grey; the site turns them over in dark mode. A function draws
into a new figure and returns it; a chapter's cell ends with ``plt.show()`` and carries the picture's alternative text.
"""

from tutorial_utils.plots.recall_problem import (
    long_tail,
    padded_batch,
    rating_times,
    two_stages,
    two_tastes,
    user_split,
)
from tutorial_utils.plots.style import COLOURS, styled

__all__ = [
    "COLOURS",
    "long_tail",
    "padded_batch",
    "rating_times",
    "styled",
    "two_stages",
    "two_tastes",
    "user_split",
]
