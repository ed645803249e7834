"""The built site, as files and as pages in a real browser."""

import functools
import http.server
import os
import shutil
import threading

import pytest

pytest.importorskip("bs4")

from bs4 import BeautifulSoup
from sidebyside.site import SITE, built_pages


@pytest.fixture(scope="session")
def soups():
    """Every page of the site, parsed, by its path."""
    pages = built_pages()
    assert pages, "there is no site: run `make book` first"
    return {page: BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "html.parser") for page in pages}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def server():
    """The address of the site on localhost."""
    handler = functools.partial(_Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright; missing on a reader's machine it skips, missing in CI it fails."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        message = "Chromium is not installed: the browser gates need it"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture
def open_page(browser, server):
    """Open a page of the site with every other host blocked; complaints are collected in ``page.complaints``."""
    contexts = []

    def open_one(path, width=1280, context=None):
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": 900})
            contexts.append(context)
        page = context.new_page()
        page.complaints = complaints = []
        page.route("**/*", functools.partial(_only_this_host, server, complaints))
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on("response", lambda r: complaints.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        page.goto(f"{server}/{path}")
        page.wait_for_load_state("networkidle")
        return page

    yield open_one
    for context in contexts:
        context.close()


def _only_this_host(server, complaints, route):
    if route.request.url.startswith((server, "data:")):
        route.continue_()
    else:
        complaints.append(f"another host: {route.request.url}")
        route.abort()
