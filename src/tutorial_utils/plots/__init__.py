"""Every figure of the book, one function each, one file a chapter.

Figures are drawn on white in colours that stay apart in grey; the site turns them over in dark mode. A function draws
into a new figure and returns it; a chapter's cell ends with ``plt.show()`` and carries the picture's alternative text.
"""

from tutorial_utils.plots.masking_softmax import attention_by_axis, mask_broadcast, prefix_errors
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
    "attention_by_axis",
    "long_tail",
    "mask_broadcast",
    "padded_batch",
    "prefix_errors",
    "rating_times",
    "styled",
    "two_stages",
    "two_tastes",
    "user_split",
]
