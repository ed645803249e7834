"""What axe and a look at the figures say about the built site, in light and dark: only in `make test-all`."""

import pytest

pytest.importorskip("playwright")

from _figures import find_illegible_figures
from _gates import COLOUR_RULES, PAGES, VIEWS, find_violations, show_theme
from sidebyside.site import SITE

pytestmark = pytest.mark.slow


def pages_with(text):
    return [path for path in PAGES if text in (SITE / path).read_text(encoding="utf-8")]


WITH_VIEWS, WITH_FIGURES = pages_with('class="sd-tab-set framework-tabs'), pages_with("_images/")
SEEN = [(path, view) for path in PAGES for view in (VIEWS if path in WITH_VIEWS else VIEWS[:1])]


def test_the_pages_with_three_views_are_known():
    assert len([path for path in WITH_VIEWS if "/chapters/" in path]) == len(WITH_VIEWS) > 0
    assert len(WITH_FIGURES) > 0


@pytest.mark.parametrize(("path", "view"), SEEN)
def test_axe_finds_nothing_serious(open_page, path, view):
    page = open_page(f"{path}?framework={view}")
    show_theme(page, "light")
    assert find_violations(page) == []
    show_theme(page, "dark")
    assert find_violations(page, COLOUR_RULES) == []


@pytest.mark.parametrize("path", WITH_FIGURES)
def test_figures_are_legible_in_the_dark(open_page, path):
    assert find_illegible_figures(open_page(f"{path}?framework=both")) == []
