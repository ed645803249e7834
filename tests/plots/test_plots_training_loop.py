"""The figures of chapter 05 draw what they were given."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from tutorial_utils import plots


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def texts(artists):
    return [artist.get_text() for artist in artists]


def test_chosen_interest_marks_the_one_that_learns():
    (axes,) = plots.chosen_interest(np.array([[1, 0], [0, 1]]), [0.25, 0.75], chosen=1).axes
    assert {"interest 1, score 0.25", "interest 2, score 0.75, learns", "target"} <= set(texts(axes.texts))
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[0.25, 0.75]])


def test_sampled_errors_draws_a_line_for_each_loss():
    (axes,) = plots.sampled_errors([10, 100], {"right": [0.3, 0.1], "wrong": [1, 2]}).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    np.testing.assert_array_equal(axes.lines[1].get_xydata(), [[10, 1], [100, 2]])
    assert texts(axes.get_legend().get_texts()) == ["right", "wrong"]


def test_loss_traces_draws_both_and_their_distance():
    above, below = plots.loss_traces({"torch": [3, 2], "paddle": [3.5, 2]}).axes
    assert texts(above.get_legend().get_texts()) == ["torch", "paddle"]
    np.testing.assert_array_equal(above.lines[1].get_ydata(), [3.5, 2])
    np.testing.assert_allclose(below.lines[0].get_ydata(), [0.5, 1e-7])


def test_paired_differences_fills_the_clear_ones_only():
    figure = plots.paired_differences(
        {"toy": {"better": (2, 1, 3), "unclear": (0, -1, 1)}, "other": {"worse": (-1, -2, -0.5)}}
    )
    first, second = figure.axes
    assert texts(first.get_yticklabels()) == ["better", "unclear"]
    dots = [line for line in (*first.lines, *second.lines) if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots] == [2, 0, -1]
    assert [line.get_markerfacecolor() == "white" for line in dots] == [False, True, False]


def test_step_costs_sorts_points_into_lines():
    point = {"framework": "torch", "n_items": 10, "n": 20, "n_negatives": None, "milliseconds": 1, "megabytes": 5}
    points = [point | {"n_items": 100, "milliseconds": 7}, point, point | {"n": 50, "megabytes": 9}]
    points += [point | {"framework": "paddle", "n_negatives": 1280, "milliseconds": 3}]
    time_items, time_length, _, memory_length = plots.step_costs(points).axes
    assert [line.get_label() for line in time_items.lines] == ["torch, full softmax", "paddle, 1,280 negatives"]
    np.testing.assert_array_equal(time_items.lines[0].get_xydata(), [[10, 1], [100, 7]])
    np.testing.assert_array_equal(memory_length.lines[0].get_xydata(), [[20, 5], [50, 9]])
    assert time_items.get_title() == "n = 20"
    assert time_length.get_title() == "V = 10, full softmax"
