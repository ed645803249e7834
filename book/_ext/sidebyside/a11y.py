"""Mend what the theme and docutils write against a screen reader or a keyboard; the colours stand in ``a11y.css``."""

from typing import Any

from sphinx.application import Sphinx

# What docutils writes, and what it should have written: a list holds list items, an empty corner is no heading.
MENDED = {
    'role="doc-biblioentry"': 'role="listitem"',
    '<th class="head"><p></p></th>': "<td></td>",
    '<th class="head"></th>': "<td></td>",
}

# The theme's script decides between light and dark only when the page is drawn: whoever prefers dark would be dazzled.
EARLY_THEME = """(({ dataset }) => {
  if (dataset.theme === "auto") dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
})(document.documentElement);"""


def mend(body: str) -> str:
    """Return the HTML of a page's text with each of :data:`MENDED` replaced."""
    for written, meant in MENDED.items():
        body = body.replace(written, meant)
    return body


def name_toggles(toctree: Any) -> Any:
    """Give every arrow that folds a part of the sidebar (a BeautifulSoup tree) the name of that part."""
    for summary in toctree.select("li.has-children > details > summary"):
        link = summary.find_parent("li").find("a", recursive=False)
        if link is not None:
            summary["aria-label"] = f"Pages of {link.get_text(strip=True)}"
    return toctree


def _mend_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if "body" in context:
        context["body"] = mend(context["body"])
    generate = context.get("generate_toctree_html")
    if generate is not None:
        context["generate_toctree_html"] = lambda *args, **kwargs: name_toggles(generate(*args, **kwargs))


def setup(app: Sphinx) -> None:
    """Register the changes to each page, after the theme's own, and what the browser needs."""
    app.connect("html-page-context", _mend_page, priority=900)
    app.add_js_file(None, body=EARLY_THEME)
    app.add_css_file("a11y.css")
    app.add_js_file("a11y.js", loading_method="defer")
