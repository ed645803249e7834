"""What the figures of chapter 01 show, asked from the drawn objects."""

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


def texts(axes):
    return [text.get_text() for text in axes.texts]


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def test_weighted_mean_spans_the_items_and_marks_the_means():
    items = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    (axes,) = plots.weighted_mean(items, ["a", "b", "c"], {"mean": items.mean(axis=0), "other": items[0]}).axes
    assert {"a", "b", "c"} <= set(texts(axes))
    assert {tuple(corner) for corner in axes.patches[0].get_xy()} == {tuple(item) for item in items}
    assert lines(axes)["mean"].get_xydata().tolist() == [[2 / 3, 2 / 3]]
    assert lines(axes)["mean"].get_marker() != lines(axes)["other"].get_marker()


def test_tanh_effects_shade_where_the_slope_is_small():
    left, right = plots.tanh_effects([0, 1], {"with": [0.3, 0.4], "without": [0.3, 0.9]}, saturated=0.01).axes
    border = np.arctanh(np.sqrt(0.99))
    edges = sorted(float(patch.get_x()) for patch in left.patches)
    assert edges == pytest.approx([-5, border])
    slope = lines(left)["its slope"].get_xydata()
    assert slope[slope[:, 0] > border, 1].max() < 0.01
    assert lines(right)["without"].get_ydata().tolist() == [0.3, 0.9]


def test_loss_curves_are_smoothed_and_levels_named():
    (axes,) = plots.loss_curves({"model": [4.0, 2.0, 2.0, 0.0]}, {"guess": 3.0}, window=2).axes
    assert lines(axes)["model"].get_xydata().tolist() == [[2, 3], [3, 2], [4, 1]]
    assert texts(axes) == ["guess"]
    assert 3.0 in [line.get_ydata()[0] for line in axes.lines]


def test_attention_over_titles_goes_down_in_time_and_marks_the_equal_weight():
    (axes,) = plots.attention_over_titles(["old", "new"], [0.2, 0.8], [7, 9]).axes
    assert [bar.get_width() for bar in axes.patches] == [0.2, 0.8]
    assert axes.yaxis_inverted()
    assert texts(axes) == ["0.200 (7)", "0.800 (9)"]
    assert lines(axes)["equal weights, 1/2"].get_xdata()[0] == 0.5


def test_score_against_popularity_parts_the_groups():
    kept = np.array([True, False, True])
    (axes,) = plots.score_against_popularity([1, 10, 100], [-1.0, 2.0, 3.0], {"one": kept, "two": ~kept}).axes
    assert lines(axes)["one"].get_xydata().tolist() == [[1, -1], [100, 3]]
    assert lines(axes)["two"].get_xydata().tolist() == [[10, 2]]
    assert axes.get_xscale() == "log"


def test_mixture_ranking_draws_the_border_of_the_mixed_list():
    scores = np.array([[5.0, 0.0], [0.0, 5.0], [4.0, 4.0], [1.0, 1.0]])
    (axes,) = plots.mixture_ranking(scores, 0.5, 1, ("cartoons", "horror")).axes
    drawn = lines(axes)
    assert drawn["first 1 for cartoons"].get_xydata().tolist() == [[5, 0]]
    assert drawn["first 1 for horror"].get_xydata().tolist() == [[0, 5]]
    assert drawn["first 1 for both"].get_xydata().tolist() == [[4, 4]]
    border = axes.lines[-1].get_xydata() @ [0.5, 0.5]
    np.testing.assert_allclose(border, 4)
