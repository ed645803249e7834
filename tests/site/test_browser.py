"""The built site in a real browser: only in `make test-all`."""

import pytest

pytest.importorskip("playwright")

from _gates import (
    CHAPTERS,
    PAGES,
    find_layout_shift,
    find_missing_hit,
    find_other_sides,
    find_overhang,
    find_raw_text,
    find_unreachable_scrolling,
    find_untypeset_math,
    find_weight,
)

pytestmark = pytest.mark.slow
# In this view a page with framework cells shows all it has; other pages do not mind.
EVERYTHING = "?framework=both"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_without_any_other_host(open_page, path):
    page = open_page(path)
    gates = find_untypeset_math, find_raw_text, find_weight, find_shift_of_two_loads
    assert [complaint for find in gates for complaint in find(page)] + page.complaints == []


def find_shift_of_two_loads(page):
    """A busy machine may draw a page before the whole of it has arrived: only a jump that comes again counts."""
    if not find_layout_shift(page):
        return []
    page.reload(wait_until="networkidle")
    return find_layout_shift(page)


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_never_scrolls_sideways(open_page, path):
    page = open_page(path + EVERYTHING, width=390)
    assert find_overhang(page) == []
    assert find_unreachable_scrolling(page) == []


def test_the_choice_of_framework_is_kept_over_pages(open_page, browser):
    context = browser.new_context()
    page = open_page(CHAPTERS[0], context=context)
    assert find_other_sides(page, "pytorch") == []
    page.locator("label[data-sync-id=paddle]").first.click()
    for path in CHAPTERS[1:] + CHAPTERS[:1]:
        assert find_other_sides(open_page(path, context=context), "paddle") == [], path
    context.close()


@pytest.mark.parametrize(
    ("term", "page"),
    [("popularity", "00_recall_problem"), ("Cholesky", "api/serving")],
    ids=["from the prose", "from a docstring"],
)
def test_search_finds_a_term(open_page, term, page):
    assert find_missing_hit(open_page(f"search.html?q={term}"), page) == []


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_solution_opens_by_keyboard(open_page, path):
    page = open_page(path)
    summary = page.locator("details.hide > summary").first
    summary.focus()
    assert not summary.evaluate("node => node.parentElement.open")
    page.keyboard.press("Enter")
    assert summary.evaluate("node => node.parentElement.open")
