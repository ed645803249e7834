"""The built site in a real browser: only in `make test-all`."""

import pytest

pytest.importorskip("playwright")

from sidebyside.site import ROOT, built_pages
from sidebyside.source import chapter_paths

pytestmark = pytest.mark.slow
PAGES = built_pages()
CHAPTERS = [f"book/chapters/{path.stem}.html" for path in chapter_paths(ROOT)]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_without_any_other_host(open_page, path):
    page = open_page(path)
    page.wait_for_function("!window.MathJax || !MathJax.startup || MathJax.startup.promise.then(() => true)")
    raw = page.evaluate(
        "document.querySelectorAll('.math').length - document.querySelectorAll('.math mjx-container').length"
    )
    assert raw == 0, f"{raw} formulas are not typeset"
    assert page.evaluate("document.querySelectorAll('mjx-merror').length") == 0
    assert page.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_never_scrolls_sideways(open_page, path):
    page = open_page(path, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_choice_of_framework_is_kept_over_pages(open_page, browser):
    context = browser.new_context()
    page = open_page(CHAPTERS[0], context=context)
    assert page.locator("label[data-sync-id=pytorch]").first.evaluate(
        "label => document.getElementById(label.htmlFor).checked"
    )
    page.locator("label[data-sync-id=paddle]").first.click()
    for path in CHAPTERS[1:] + CHAPTERS[:1]:
        later = open_page(path, context=context)
        chosen = later.locator(".framework-tabs label[data-sync-id=paddle]").evaluate_all(
            "labels => labels.every(label => document.getElementById(label.htmlFor).checked)"
        )
        assert chosen, path
    context.close()


def test_search_finds_a_term_from_the_prose(open_page):
    page = open_page("search.html?q=popularity")
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li a[href*='00_recall_problem']").count()


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_solution_opens_by_keyboard(open_page, path):
    page = open_page(path)
    summary = page.locator("details.hide > summary").first
    summary.focus()
    assert not summary.evaluate("node => node.parentElement.open")
    page.keyboard.press("Enter")
    assert summary.evaluate("node => node.parentElement.open")
