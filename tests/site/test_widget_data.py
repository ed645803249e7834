"""The data of the living figures is what the package computes, and chapter and notebooks know where they stand."""

import json
import re

import numpy as np
import pytest

pytest.importorskip("torch")

import nbformat
from sidebyside import plain, widget_data, widgets
from sidebyside.site import ROOT, page_url
from sidebyside.source import FRAMEWORKS


@pytest.fixture(scope="module")
def built():
    return dict(widget_data.build_all())


def assert_close(stored, computed, where):
    """Compare texts and counts exactly, and what was trained with room for another processor's last digits."""
    assert type(stored) is type(computed), where
    if isinstance(stored, dict):
        assert stored.keys() == computed.keys(), where
        for key in stored:
            assert_close(stored[key], computed[key], f"{where}.{key}")
    elif isinstance(stored, list):
        assert len(stored) == len(computed), where
        for place, pair in enumerate(zip(stored, computed, strict=True)):
            assert_close(*pair, f"{where}[{place}]")
    elif isinstance(stored, float):
        assert stored == pytest.approx(computed, abs=2e-3), where
    else:
        assert stored == computed, where


@pytest.mark.parametrize("name", widgets.WIDGETS)
def test_the_stored_data_is_current(built, name):
    assert_close(widgets.read_data(name), json.loads(json.dumps(built[name])), name)


def test_every_widget_stands_once_in_its_chapter():
    for name, widget in widgets.WIDGETS.items():
        chapter = (ROOT / "book" / "chapters" / f"{widget.chapter}.myst").read_text(encoding="utf-8")
        assert len(re.findall(rf"^:::\{{widget\}} {name}$", chapter, re.MULTILINE)) == 1, name


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_explorer_shows_the_weights_that_chapter_02_trains(framework):
    notebook = (ROOT / "notebooks" / framework / "02_multi_interest.ipynb").read_text(encoding="utf-8")
    printed = re.search(r"events that heads 1 to 4 listen to, of 20: \[(.*?)\]", notebook)[1]
    weights = np.array(widgets.read_data("attention-explorer")["users"][0]["weights"])  # (n, K)
    effective = np.exp(-(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=0))
    np.testing.assert_allclose(effective, np.array(printed.split(), dtype=float), atol=0.06)


def test_attention_sums_to_one_and_candidates_fall():
    for user in widgets.read_data("attention-explorer")["users"]:
        np.testing.assert_allclose(np.sum(user["weights"], axis=0), 1, atol=2e-3)
    for user in widgets.read_data("lambda-slider")["users"]:
        assert (np.diff(user["scores"]) <= 0).all()
        assert len(user["items"]) == len(user["categories"]) == len(user["scores"])
        assert set(user["targets"]) <= set(range(len(user["items"])))


def test_a_notebook_gets_the_sentence_and_a_link():
    text = plain.markdown(":::{widget} lambda-slider\nMove the slider.\n:::")
    address = f"{page_url('book/chapters/06_greedy_diversity')}#lambda-slider"
    assert text == f"> **On the page**\n>\n> Move the slider.\n>\n> [Open the living figure]({address})"


def test_an_unknown_widget_is_refused():
    with pytest.raises(ValueError, match="no widget 'dial', expected one of attention-explorer"):
        plain.markdown(":::{widget} dial\n:::")


def test_notebooks_hold_no_widget_markup():
    for framework in FRAMEWORKS:
        for widget in widgets.WIDGETS.values():
            path = ROOT / "notebooks" / framework / f"{widget.chapter}.ipynb"
            cells = nbformat.read(path, as_version=4).cells
            texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
            assert sum("[Open the living figure](" in text for text in texts) == 1
