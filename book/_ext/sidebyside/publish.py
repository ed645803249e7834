"""What search engines and social cards read: descriptions, canonical address, sitemap, robots.txt, the first page."""

import re
from collections.abc import Iterable
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from sidebyside import card

CARD = "_static/card.png"
LONGEST = 160  # characters of a description that search engines show
GENERATED = {"genindex": "Index", "py-modindex": "Module index", "search": "Search"}
ASIDE = (nodes.Admonition, nodes.table, nodes.sidebar, nodes.footnote)


def description(doctree: nodes.document) -> str:
    """Return the first plain paragraph of a page, cut after a sentence or a word to at most 160 characters."""
    texts = (
        " ".join(paragraph.astext().split()) for paragraph in doctree.findall(nodes.paragraph) if _plain(paragraph)
    )
    return shorten(next(texts, ""))


def shorten(text: str) -> str:
    """Return `text`, or as many of its sentences as fit, or its beginning with an ellipsis."""
    if len(text) <= LONGEST:
        return text
    sentences = re.match(rf".{{60,{LONGEST - 1}}}[.?!](?= )", text)
    return sentences[0] if sentences else text[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _plain(paragraph: nodes.paragraph) -> bool:
    """Tell whether a paragraph is running text without formulas."""
    above = paragraph.parent
    while above is not None:
        if isinstance(above, ASIDE) or "chapter-head" in above.get("classes", []):
            return False
        above = above.parent
    return not any(paragraph.findall(nodes.math)) and len(paragraph.astext()) > 40


def tags(title: str, text: str, url: str, image: str, site: str) -> str:
    """Return the ``meta`` elements of one page: description, Open Graph and the size of Twitter's card."""
    graph = {
        "og:type": "website",
        "og:site_name": site,
        "og:title": title,
        "og:description": text,
        "og:url": url,
        "og:image": image,
        "og:image:alt": card.ALT,
        "og:image:width": str(card.WIDTH),
        "og:image:height": str(card.HEIGHT),
    }
    named = {"description": text, "twitter:card": "summary_large_image"}
    lines = [f'<meta name="{key}" content="{escape(value)}" />' for key, value in named.items()]
    lines += [f'<meta property="{key}" content="{escape(value)}" />' for key, value in graph.items()]
    return "\n".join(lines)


def sitemap(urls: Iterable[str]) -> str:
    """Return a sitemap that names `urls`."""
    entries = "\n".join(f"  <url><loc>{escape(url)}</loc></url>" for url in urls)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}\n</urlset>\n'
    )


def _base(app: Sphinx) -> str:
    return app.config.html_baseurl.rstrip("/")


def _add_tags(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give every page its tags; the title of the landing page is the book's and is said once."""
    title = unescape(re.sub("<[^>]+>", "", context.get("title", ""))) or GENERATED.get(page, page)
    given = (context.get("meta") or {}).get("description")
    text = given or (description(doctree) if doctree else "") or f"{title}: {app.config.html_title}"
    if page == app.config.root_doc:
        context["docstitle"] = ""
    context["metatags"] = context.get("metatags", "") + _tags(app, title, text, page)


def _tags(app: Sphinx, title: str, text: str, page: str) -> str:
    url = f"{_base(app)}/{app.builder.get_target_uri(page)}"
    return tags(title, text, url, f"{_base(app)}/{CARD}", app.config.html_title)


def _first_page(app: Sphinx) -> str:
    """Return the page at the site's root: it leads to the landing page, and cards can be made of it."""
    landing = app.builder.get_target_uri(app.config.root_doc)
    title = app.config.html_title
    given = app.env.metadata[app.config.root_doc].get("description")
    text = given or description(app.env.get_doctree(app.config.root_doc))
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8" />
<title>{escape(title)}</title>
{_tags(app, title, text, app.config.root_doc)}
<link rel="canonical" href="{escape(f"{_base(app)}/{landing}")}" />
<meta http-equiv="refresh" content="0; url={landing}" />
<a href="{landing}">{escape(title)}</a>
</html>
"""


def _write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write what belongs to the whole site, whichever pages this build renewed."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    urls = [f"{_base(app)}/{app.builder.get_target_uri(page)}" for page in sorted(app.env.found_docs)]
    (out / "sitemap.xml").write_text(sitemap(urls), encoding="utf-8")
    (out / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {_base(app)}/sitemap.xml\n", encoding="utf-8")
    (out / "index.html").write_text(_first_page(app), encoding="utf-8")
    card.draw(out / CARD)


def setup(app: Sphinx) -> None:
    """Register the style sheet, the tags of each page and the files of the site."""
    app.add_css_file("publish.css")
    app.connect("html-page-context", _add_tags)
    app.connect("build-finished", _write_files, priority=400)  # before the root page that external-toc would write
