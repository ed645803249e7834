"""What the figures of chapter 02 show, asked from the drawn objects."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from tutorial_utils import plots

ITEMS = {"cartoon": (2, 0), "horror": (0, 2), "quiz": (1.2, 1.2)}
CORNERS = ((2.2, 0.1), (0.1, 2.2), (1, 1))


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def covered(axes, point):
    return any(path.contains_point(point) for path in axes.collections[0].get_paths())


def test_ranked_before_covers_what_scores_higher_than_the_reference():
    one, two = np.array([[1.0, 0.1]]), np.array([[1.0, 0.1], [0.1, 1.0]])
    figure = plots.ranked_before({"one": one, "two": two}, ITEMS, reference="quiz")
    left, right = figure.axes
    assert [panel.get_title() for panel in figure.axes] == ["one", "two"]
    assert set(ITEMS) <= set(texts(left))
    assert [covered(left, corner) for corner in CORNERS] == [True, False, False]
    assert [covered(right, corner) for corner in CORNERS] == [True, True, False]


def test_attention_by_event_groups_events_by_taste():
    weights = np.arange(8.0).reshape(4, 2) / 16
    figure = plots.attention_by_event(weights, ["a", "b", "c", "d"], ["chess", "chess", "jazz", "chess"])
    axes = figure.axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), weights.T)
    assert texts(axes) == ["chess", "jazz", "chess"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c", "d"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["head 1", "head 2"]
    borders = [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert borders == [1.5, 2.5]


def test_weight_tables_write_every_number_under_its_column():
    numbers = np.array([[0.25, 0.75], [1.0, 0.0]])
    figure = plots.weight_tables({"left": (["x", "y"], numbers), "right": (["z"], numbers[:1])}, ["one", "two"])
    left, right = figure.axes
    assert texts(left) == ["0.25", "0.75", "1.00", "0.00"]
    assert texts(right) == ["0.25", "0.75"]
    assert [text.get_position() for text in left.texts] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert [label.get_text() for label in right.get_xticklabels()] == ["one", "two"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["x", "y"]
    assert (left.get_title(), right.get_title()) == ("left", "right")


def test_separation_draws_a_line_for_each_start_in_each_panel():
    panels = {"average": {"0": [1, 1], "1": [0.9, 0.2]}, "hard": {"0": [1, 0], "1": [0.9, 0]}}
    figure = plots.separation([0, 50], panels)
    for axes, (title, curves) in zip(figure.axes, panels.items(), strict=True):
        drawn = {line.get_label(): line for line in axes.lines}
        assert axes.get_title() == title
        for name, cosines in curves.items():
            assert drawn[name].get_xydata().tolist() == [[0, cosines[0]], [50, cosines[1]]]
    assert [text.get_text() for text in figure.axes[-1].get_legend().get_texts()] == ["0", "1"]
