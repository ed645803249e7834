"""The built site, as files and as pages in a real browser."""

import functools

import pytest

pytest.importorskip("bs4")

import _gates
from bs4 import BeautifulSoup
from sidebyside.browser import launch, serve
from sidebyside.site import SITE, built_pages


@functools.cache
def _soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="session")
def soup_of():
    """Parse the page at a path, once."""
    return _soup


@pytest.fixture(scope="session")
def soups():
    """Every page of the site, parsed, by its path."""
    pages = built_pages()
    assert pages, "there is no site: run `make book` first"
    return {page: _soup((SITE / page).resolve()) for page in pages}


@pytest.fixture(scope="session")
def server():
    """The address of the site on localhost."""
    with serve(SITE) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright, with every other host blocked."""
    with launch(_gates.require_chromium()) as started:
        yield started


@pytest.fixture
def open_page(browser, server):
    """Open a page of the site in a window of its own; complaints are collected in ``page.complaints``."""
    contexts = []

    def open_one(path, width=1280, context=None):
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(180_000)  # only a page that never gets there fails, not one on a busy machine
        page.complaints = _gates.watch(page)
        page.goto(f"{server}/{path}")
        page.wait_for_load_state("networkidle")
        return page

    yield open_one
    for context in contexts:
        context.close()
