"""The figures of chapter 07 draw what they were given."""

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


def test_quality_curves_draws_each_curve_and_a_level_for_each_baseline():
    curves = {"one": ([1, 10], [0.1, 0.2]), "other": ([5], [0.3])}
    (axes,) = plots.quality_curves(curves, {"ItemKNN": 0.25}, "targets").axes
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[1, 0.1], [10, 0.2]])
    np.testing.assert_array_equal(axes.lines[2].get_ydata(), [0.25, 0.25])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "other", "ItemKNN"]
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "targets")
