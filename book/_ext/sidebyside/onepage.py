"""Join the pages of the built site into one, for print: ids made unique, links turned inwards, chrome left out.

The pages are taken as they are, so that the PDF shows what the site shows. Sphinx's own one-page builder would build
everything again, and its ids clash: a citation in one chapter would lead to an example in another.
"""

import posixpath
import re
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urldefrag

import yaml
from bs4 import BeautifulSoup, Tag

from sidebyside.site import ROOT, config

LEFT_OUT = {"book/progress"}  # it shows what a browser remembers
CHROME = "a.headerlink, a.report-link, .prev-next-footer, .progress-box, .quiz-score, .tall, input, button, script"
NAMING = ("id", "for", "aria-labelledby", "aria-describedby", "aria-controls")
STYLES = Path(__file__).parent / "templates" / "print.css"


def documents(root: Path = ROOT) -> list[str]:
    """Return the pages of the book in reading order, from ``_toc.yml``."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    entries = [entry for part in toc["parts"] for entry in part["chapters"]]
    names = [name for entry in entries for name in (entry["file"], *(sub["file"] for sub in entry.get("sections", [])))]
    return [name for name in [toc["root"], *names] if name not in LEFT_OUT]


def join(site: Path, out: Path) -> None:
    """Write the one page for print to `out`, with pictures and styles taken from `site`."""
    names = documents()
    articles = [_article(site, name, set(names), out) for name in names]
    first = BeautifulSoup((site / f"{names[0]}.html").read_text(encoding="utf-8"), "html.parser")
    page = BeautifulSoup(_frame(_head(first, site, names[0], out)), "html.parser")
    body = page.select_one(".bd-content")
    assert body is not None
    body.extend([_title_page(first), _contents(articles), *articles])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(str(page), encoding="utf-8")


def _article(site: Path, name: str, names: set[str], out: Path) -> Tag:
    soup = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article.bd-article")
    if article is None:
        raise ValueError(f"{name}.html has no article")
    for node in article.select(CHROME):
        node.decompose()
    for node in article.select("details"):
        node["open"] = ""
    for node in article.select("details.hide > summary"):
        node.string = "A solution" if "solution" in node.get_text() else "The code"
    _number_chapter(article, name)
    for node in article.select("[id], [for], [aria-labelledby], [aria-describedby], [aria-controls]"):
        _rename(node, name)
    for node in article.select("a[href]"):
        node["href"] = _address(str(node["href"]), name, names)
    for node in article.select("img[src]"):
        node["src"] = _file(str(node["src"]), site, name, out)
    article["id"] = _key(name)
    return article


def _number_chapter(article: Tag, name: str) -> None:
    """Put a chapter's number before its title, and a title of its own on the landing page, which has the book's."""
    title = article.select_one("h1")
    assert title is not None
    if "/chapters/" in name:
        title.insert(0, f"{name.rpartition('/')[2][:2]}\u2002")
    elif name == documents()[0]:
        title.string = "Overview"


def _key(name: str, anchor: str = "") -> str:
    return re.sub(r"[^\w-]", "-", name) + (f"--{anchor}" if anchor else "")


def _rename(node: Tag, name: str) -> None:
    for attribute in NAMING:
        if attribute in node.attrs:
            node[attribute] = " ".join(_key(name, value) for value in str(node[attribute]).split())


def _address(href: str, name: str, names: set[str]) -> str:
    """Return a link into this page where the target is in the book, and to the published site where it is not."""
    if re.match(r"[a-z]+:", href):
        return href
    target, anchor = urldefrag(href)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(target))) if target else f"{name}.html"
    page = path.removesuffix(".html")
    if page in names:
        return f"#{_key(page, unquote(anchor))}"
    return f"{config()['html']['baseurl'].rstrip('/')}/{path}{'#' + anchor if anchor else ''}"


def _file(source: str, site: Path, name: str, out: Path) -> str:
    """Return the address of a file of the site, seen from the folder of the one page."""
    if re.match(r"[a-z]+:", source):
        return source
    relative = posixpath.relpath(str(site), str(out.parent))
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), source))
    return posixpath.join(relative, path)


def _head(first: BeautifulSoup, site: Path, name: str, out: Path) -> str:
    """Return the style sheets and MathJax, without the theme's scripts."""
    kept = []
    for node in first.select('link[rel="stylesheet"], script'):
        attribute = "href" if node.name == "link" else "src"
        if attribute in node.attrs:
            node[attribute] = _file(str(node[attribute]), site, name, out)
        if node.name == "link" or "mathjax" in str(node.get("src")) or "window.MathJax" in node.get_text():
            kept.append(str(node))
    return "\n".join(kept)


def _frame(head: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light">
<head><meta charset="utf-8" /><title>{config()["title"]}</title>
{head}
<style>{STYLES.read_text(encoding="utf-8")}</style></head>
<body><main class="bd-content"></main></body>
</html>
"""


def _title_page(first: BeautifulSoup) -> Tag:
    """Return the title page; its sentence is the first of the landing page."""
    lead = first.select_one("article p")
    assert lead is not None
    logo = (ROOT / config()["logo"]).read_text(encoding="utf-8")
    url = config()["html"]["baseurl"]
    return _tag(f"""<section class="title-page">{logo}
<p class="book-title">{config()["title"]}</p><p class="lead">{lead.get_text()}</p>
<p>{config()["author"]}<br />{date.today():%d %B %Y}</p>
<p><a href="{url}">{url.removeprefix("https://")}</a></p>
<p>Code under the MIT License, text and figures under CC BY 4.0.</p></section>""")


def _contents(articles: list[Tag]) -> Tag:
    """Return the list of contents, with an empty place for each page number."""
    rows = "".join(f"<li>{_row(article, 'h1')}<ol>{_inner_rows(article)}</ol></li>" for article in articles)
    return _tag(
        f'<nav class="book-contents" aria-label="Contents"><p class="contents-title">Contents</p><ol>{rows}</ol></nav>'
    )


def _inner_rows(article: Tag) -> str:
    if "api" in article["id"]:
        return ""
    return "".join(f"<li>{_row(section, 'h2')}</li>" for section in article.select("section:has(> h2)"))


def _row(part: Tag, heading: str) -> str:
    title = part.select_one(heading)
    assert title is not None
    return f'<a href="#{part["id"]}"><span>{title.decode_contents()}</span><span class="page-number"></span></a>'


def _tag(html: str) -> Tag:
    tag = BeautifulSoup(html, "html.parser").find()
    assert isinstance(tag, Tag)
    return tag
