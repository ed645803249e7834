"""Figures of chapter 07: quality over what was trained, next to the baselines."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt

from tutorial_utils.plots.style import COLOURS, DASHES, styled

GREY = COLOURS[4]


@styled
def quality_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], levels: Mapping[str, float], unit: str
) -> plt.Figure:
    """Draw validation recall against what was spent, with a level line for each recommender that needs no training.

    Parameters
    ----------
    curves : mapping of str to (E numbers, E numbers)
        By the recommender's name, what was spent until each evaluation, and Recall@50 there.
    levels : mapping of str to float
        Recall@50 of baselines, by name.
    unit : str
        What is spent, for the axis; it is drawn on a logarithmic scale.
    """
    figure, axes = plt.subplots(figsize=(6.8, 3.8))
    for name, (spent, recall) in curves.items():
        axes.plot(spent, recall, label=name)
    for (name, level), dash in zip(levels.items(), DASHES[1:], strict=False):
        axes.axhline(level, color=GREY, linestyle=dash, linewidth=1.2, label=name)
    axes.set(xscale="log", ylim=(0, None), xlabel=unit, ylabel="Recall@50, validation users")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
