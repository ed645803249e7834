"""What the figures of chapter 00 show, asked from the drawn objects."""

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


def lines(figure):
    return {line.get_label(): line for line in figure.axes[0].lines}


def test_two_stages_name_what_is_left_and_shrink():
    figure = plots.two_stages(["catalogue", "candidates", "page"], [1_000_000, 500, 20], ["recall", "ranking"])
    assert {"1,000,000", "500", "20", "catalogue", "candidates", "page", "recall", "ranking"} <= set(texts(figure))
    heights = [box.get_height() for box in figure.axes[0].patches]
    assert heights == sorted(heights, reverse=True)


def test_padded_batch_shows_every_id_and_hatches_padding():
    ids, mask = np.array([[5, 2, 7], [4, 0, 0]]), np.array([[True, True, True], [True, False, False]])
    figure = plots.padded_batch(ids, mask)
    assert texts(figure) == ["5", "2", "7", "4", "0", "0"]
    assert [box.get_hatch() is None for box in figure.axes[0].patches] == mask.ravel().tolist()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["user 0", "user 1"]


def test_user_split_marks_targets_outside_training_only():
    drawn = lines(plots.user_split([3, 5, 2], [2, 4, 1], ["train", "valid", "test"]))
    assert drawn["training"].get_xydata().tolist() == [[1, 0], [2, 0], [3, 0]]
    assert drawn["input"].get_xydata().tolist() == [[1, 1], [2, 1], [3, 1], [4, 1], [1, 2]]
    assert drawn["targets"].get_xydata().tolist() == [[5, 1], [2, 2]]


def test_rating_times_part_inputs_from_targets():
    drawn = lines(plots.rating_times([0, 0, 1.5, 8], n_inputs=3))
    assert drawn["input"].get_xydata().tolist() == [[1, 0], [2, 0], [3, 1.5]]
    assert drawn["targets"].get_xydata().tolist() == [[4, 8]]


def test_long_tail_is_sorted_and_names_the_share_of_the_head():
    figure = plots.long_tail(np.array([1, 6, 0, 3]), n=1)
    assert figure.axes[0].lines[0].get_ydata().tolist() == [6, 3, 1, 0]
    assert "60%" in texts(figure)[0]


def test_two_tastes_keep_their_markers_and_the_mean_its_place():
    history = np.array([[0.0, 4.0], [4.0, 0.0]])
    figure = plots.two_tastes(history, ["cartoons", "horror"], history.mean(axis=0), np.array([[3.0, 3.0]]), ["Quiz"])
    drawn = lines(figure)
    assert drawn["cartoons"].get_xydata().tolist() == [[0, 4]]
    assert drawn["horror"].get_xydata().tolist() == [[4, 0]]
    assert drawn["cartoons"].get_marker() != drawn["horror"].get_marker()
    assert drawn["mean of the history"].get_xydata().tolist() == [[2, 2]]
    assert "Quiz" in texts(figure)


def test_drawing_leaves_the_settings_of_others_alone():
    before = dict(mpl.rcParams)
    plots.long_tail([3, 2, 1], n=1)
    assert dict(mpl.rcParams) == before
