"""The figures of chapter 04 draw what they were given."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from tutorial_utils import plots


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_mask_broadcast_repeats_the_mask_for_every_interest():
    mask = np.arange(4) < np.array([3, 0])[:, None]  # (B, n)
    (axes,) = plots.mask_broadcast(mask, n_interests=3).axes
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(cells) == (1 + 3) * mask.size
    assert sum(cell.get_hatch() is not None for cell in cells) == (1 + 3) * (~mask).sum()
    drawn = texts(axes)
    assert drawn.count("True") == 3
    assert drawn.count("False") == 5
    assert {"3 items", "0 items", "interest 1", "interest 3", "scores\n(B, n, K) = (2, 4, 3)"} <= set(drawn)


def test_attention_by_axis_writes_weights_and_column_sums():
    weights = np.array([[0.25, 0.5], [0.5, 1.0]])
    figure = plots.attention_by_axis({"one": weights, "two": weights[:, :1]}, rows=["film", "padding"])
    first, second = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["one", "two"]
    assert texts(first) == ["0.25", "0.50", "0.50", "1.00", "sum 0.75", "sum 1.50"]
    assert texts(second)[-1] == "sum 0.75"
    assert [label.get_text() for label in first.get_yticklabels()] == ["film", "padding"]
    np.testing.assert_array_equal(first.images[0].get_array(), weights)


def test_prefix_errors_lifts_what_is_no_number_above_all_errors():
    errors = {"exact": [1e-7, 2e-7, 1e-7], "breaks": [1e-7, np.nan, np.inf]}
    (axes,) = plots.prefix_errors([1, 10, 100], errors).axes
    exact, breaks = axes.lines
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    np.testing.assert_array_equal(exact.get_ydata(), errors["exact"])
    assert breaks.get_ydata()[0] == 1e-7
    assert (breaks.get_ydata()[1:] > 2e-7).all()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["exact", "breaks"]
    assert "not a number" in texts(axes)
