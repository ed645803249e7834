"""What the figures of chapter 06 show, asked from the drawn objects."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from tutorial_utils import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_greedy_as_sort_takes_the_longest_rests_in_order():
    figure = plots.greedy_as_sort(["A", "B", "C"], [3.0, 2.5, 2.0], [0, 1, 0], lam=1, n=2)
    axes = figure.axes[0]
    rests, paid = axes.containers[:2]
    np.testing.assert_allclose([bar.get_width() for bar in rests], [3.0, 1.5, 2.0])
    np.testing.assert_allclose([bar.get_width() for bar in paid], [0.0, 1.0, 0.0])
    assert [bar.get_hatch() is not None for bar in paid] == [True] * 3
    assert [text.partition("taken")[2] for text in texts(figure)] == [" 1.", "", " 2."]
    assert axes.lines[0].get_xdata()[0] == pytest.approx(2.0)  # the border of the list
    taken = [bar.get_facecolor() for bar in rests]
    assert taken[0] == taken[2] != taken[1]


def test_tradeoff_draws_every_curve_its_errors_and_its_notes():
    curves = {"greedy": ([0.7, 0.8], [0.3, 0.2], [0.02, np.nan]), "other": ([0.7, 0.9], [0.3, 0.1])}
    figure = plots.tradeoff(curves, notes={"greedy": ["0", "0.5"]}, labels=("x", "y"))
    axes = figure.axes[0]
    drawn = {container.get_label(): container for container in axes.containers}
    assert drawn["greedy"][0].get_xydata().tolist() == [[0.7, 0.3], [0.8, 0.2]]
    assert drawn["other"][0].get_xydata().tolist() == [[0.7, 0.3], [0.9, 0.1]]
    assert (drawn["greedy"].has_yerr, drawn["other"].has_yerr) == (True, False)
    np.testing.assert_allclose(drawn["greedy"][2][0].get_segments()[0], [[0.7, 0.28], [0.7, 0.32]])
    assert drawn["greedy"][0].get_marker() != drawn["other"][0].get_marker()
    assert {text.get_text(): text.xy for text in axes.texts} == {"0": (0.7, 0.3), "0.5": (0.8, 0.2)}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "y")


def test_category_counts_show_missing_categories_as_zero():
    figure = plots.category_counts({"before": {"Drama": 3, "War": 1}, "after": {"Drama": 2, "War": 1, "Horror": 2}})
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Drama", "War", "Horror"]
    widths = {bars.get_label(): [bar.get_width() for bar in bars] for bars in axes.containers}
    assert widths == {"before": [3, 1, 0], "after": [2, 1, 2]}
    hatches = [bars[0].get_hatch() for bars in axes.containers]
    assert hatches[0] != hatches[1]  # apart in grey, too
