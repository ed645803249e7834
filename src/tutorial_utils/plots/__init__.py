"""Every figure of the book, one function each, one file a chapter.

Figures are drawn on white in colours that stay apart in grey; the site turns them over in dark mode. A function draws
into a new figure and returns it; a chapter's cell ends with ``plt.show()`` and carries the picture's alternative text.
"""

from tutorial_utils.plots.faster_training import quality_curves
from tutorial_utils.plots.greedy_diversity import category_counts, greedy_as_sort, tradeoff
from tutorial_utils.plots.masking_softmax import attention_by_axis, mask_broadcast, prefix_errors
from tutorial_utils.plots.multi_interest import attention_by_event, ranked_before, separation, weight_tables
from tutorial_utils.plots.recall_problem import (
    long_tail,
    padded_batch,
    rating_times,
    two_stages,
    two_tastes,
    user_split,
)
from tutorial_utils.plots.single_interest import (
    attention_over_titles,
    loss_curves,
    mixture_ranking,
    score_against_popularity,
    tanh_effects,
    weighted_mean,
)
from tutorial_utils.plots.style import COLOURS, styled
from tutorial_utils.plots.training_loop import (
    chosen_interest,
    loss_traces,
    paired_differences,
    sampled_errors,
    step_costs,
)

__all__ = [
    "COLOURS",
    "attention_by_axis",
    "attention_by_event",
    "attention_over_titles",
    "category_counts",
    "chosen_interest",
    "greedy_as_sort",
    "long_tail",
    "loss_curves",
    "loss_traces",
    "mask_broadcast",
    "mixture_ranking",
    "padded_batch",
    "paired_differences",
    "prefix_errors",
    "quality_curves",
    "ranked_before",
    "rating_times",
    "sampled_errors",
    "score_against_popularity",
    "separation",
    "step_costs",
    "styled",
    "tanh_effects",
    "tradeoff",
    "two_stages",
    "two_tastes",
    "user_split",
    "weight_tables",
    "weighted_mean",
]
