"""The gates of the site: each ``find_...`` returns complaints, none for a good page.

``test_browser.py``, ``test_accessibility.py`` and ``test_structure.py`` hold the pages to them; ``test_gates.py``
plants a fault for each, so that none of them passes because it looks at nothing.
"""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from sidebyside.browser import find_chromium
from sidebyside.site import ROOT, SITE, built_pages
from sidebyside.source import FRAMEWORKS, chapter_paths

CHAPTERS = [f"book/chapters/{path.stem}.html" for path in chapter_paths(ROOT)]
VIEWS = [*FRAMEWORKS, "both"]
# Of the sources that the package reference links to, one stands for all: they have one template and the same colours.
PAGES = [*built_pages(), "genindex.html", "py-modindex.html", "search.html", "_modules/tutorial_utils/metrics.html"]

HEAVIEST_PAGE = 1_500_000  # bytes, without MathJax
COLOUR_RULES = ["color-contrast", "link-in-text-block"]  # what may differ between light and dark
LARGEST_SHIFT = 0.1  # what Chromium's scale calls good
MARKUP = re.compile(
    r"\{[\w:-]+\}`|:::|```|\$\$|\]\(|\*\*[^*\n]+\*\*|\\[a-zA-Z]{2,}|\\[()\[\]]|[\^_]\{|^:[\w-]+: ", re.MULTILINE
)

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def require_chromium():
    """Return the browser's path; where it is missing, skip on a reader's machine and fail in CI."""
    path = find_chromium()
    if path is None:
        message = "Chromium is not installed: the browser gates need it"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return path


def watch(page):
    """Return a list that takes up what goes wrong on `page` from now on: failed requests, errors and warnings."""
    complaints, loud = [], ("error", "warning")
    page.on("console", lambda message: complaints.append(message.text) if message.type in loud else None)
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.on("response", lambda got: complaints.append(f"{got.status}: {got.url}") if got.status >= 400 else None)
    return complaints


def ask(page, question, argument=None):
    """Return what the function `question` of ``_gates.js`` says about `page`."""
    if not page.evaluate("'gates' in window"):
        page.evaluate(_SCRIPT)
    return page.evaluate(f"argument => gates.{question}(argument)", argument)


def show_theme(page, theme):
    """Switch `page` to "light" or "dark", as the theme's own button does."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)


def find_untypeset_math(page):
    """Formulas that MathJax left alone or did not understand."""
    ask(page, "settle")
    return [f"not typeset: {formula}" for formula in ask(page, "untypeset")]


def find_markup(text):
    """LaTeX, MyST or Markdown that was not turned into what it means."""
    return [f"markup: {text[max(0, hit.start() - 30) : hit.end() + 30]!r}" for hit in MARKUP.finditer(text)]


def find_raw_text(page):
    """Such markup in what the browser shows, outside of code and formulas."""
    return find_markup(ask(page, "prose"))


def find_overhang(page):
    """What makes the page scroll sideways, or is cut off at its right edge."""
    ask(page, "unfold")
    return ask(page, "overhanging")


def find_violations(page, rules=()):
    """What axe finds of serious or critical impact, of all its rules or of `rules` alone, in everything unfolded."""
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    ask(page, "unfold")
    return ask(page, "violations", {"runOnly": list(rules)} if rules else {})


def find_unreachable_scrolling(page):
    """What scrolls sideways inside itself and cannot be reached by the Tab key."""
    ask(page, "unfold")
    return ask(page, "unreachable")


def find_weight(page):
    """More bytes than a page may load."""
    weight = ask(page, "weight")
    return [f"{weight} bytes, {HEAVIEST_PAGE} allowed"] if weight >= HEAVIEST_PAGE else []


def find_layout_shift(page):
    """Pieces that jumped about while the page was loading."""
    paint = ask(page, "paint")
    return [f"layout shift {paint['shift']:.3f}: {paint['moved'][:3]}"] if paint["shift"] >= LARGEST_SHIFT else []


def find_other_sides(page, view):
    """Framework pairs that show something else than `view`."""
    wanted = " ".join(FRAMEWORKS) if view == "both" else view
    return [f"pair {number} shows {seen!r}" for number, seen in enumerate(ask(page, "sides")) if seen != wanted]


def find_missing_hit(page, wanted):
    """A search page whose results, once all are there, do not lead to the page `wanted`."""
    page.wait_for_function("document.querySelector('.search-summary')?.textContent.match(/found|did not match/)")
    links = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return [] if any(wanted in link for link in links) else [f"no {wanted} among {len(links)} hits"]


def find_pictures_without_text(soup):
    """Pictures whose alternative text is missing or only their file's name."""
    complaints = []
    for picture in soup.select("article img"):
        alt, name = picture.get("alt", "").strip(), picture["src"].rsplit("/", 1)[-1]
        if not alt or alt in picture["src"] or alt.lower() in (name.lower(), name.rsplit(".", 1)[0].lower()):
            complaints.append(f"{name} has the alternative text {alt!r}")
    return complaints


def prose(soup):
    """The text of a parsed page outside of code and formulas."""
    skipped = {id(node) for node in soup.select("article :is(pre, code, script, style, svg, .math, .sig)")}
    return "".join(text for text in soup.article.strings if not skipped & set(map(id, text.parents)))


def find_broken_links(path, soup_of):
    """Links from the page at `path` to a file or anchor of the site that is not there; `soup_of` parses a page."""
    complaints = []
    for link in soup_of(path).select("a[href], link[href], script[src], img[src]"):
        target, anchor = urldefrag(link.get("href") or link.get("src"))
        if re.match(r"[a-z]+:|//", target):
            continue
        file = (path.parent / unquote(target.split("?")[0])).resolve() if target else path
        if not file.exists():
            complaints.append(f"{path.relative_to(SITE)}: no file for {link}")
        elif anchor and file.suffix == ".html" and not soup_of(file).find(id=unquote(anchor)):
            complaints.append(f"{path.relative_to(SITE)}: no anchor for {link}")
    return complaints
