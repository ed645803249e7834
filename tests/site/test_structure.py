"""What the files of the built site must hold."""

import re
from urllib.parse import unquote, urldefrag

import pytest

pytest.importorskip("bs4")

from bs4 import BeautifulSoup
from sidebyside.site import ROOT, SITE, colab_url
from sidebyside.source import FRAMEWORKS, chapter_paths, read_chapter

CHAPTERS = [path.stem for path in chapter_paths(ROOT)]
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


def test_every_chapter_has_a_page(soups):
    assert {f"book/chapters/{name}.html" for name in CHAPTERS} <= set(soups)


def test_pages_load_nothing_from_another_host(soups):
    for page, soup in soups.items():
        for tag, attribute in LOADED.items():
            for node in soup.find_all(tag, attrs={attribute: re.compile("^(https?:)?//")}):
                assert "canonical" in node.get("rel", []), f"{page} loads {node[attribute]}"
        scripts = " ".join(script.get_text() for script in soup.find_all("script"))
        assert not re.search(r"https?://(?!www\.w3\.org)", scripts), page


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_links_to_colab_and_both_notebooks(soups, name):
    soup = soups[f"book/chapters/{name}.html"]
    links = {link["href"] for link in soup.find_all("a", href=True)}
    for framework in FRAMEWORKS:
        assert colab_url(framework, name) in links
    downloads = [link["href"] for link in soup.select("a.download") if link["href"].endswith(f"{name}.ipynb")]
    stored = [(SITE / "book" / "chapters" / href).resolve().read_bytes() for href in downloads]
    assert stored == [(ROOT / "notebooks" / framework / f"{name}.ipynb").read_bytes() for framework in FRAMEWORKS]


@pytest.mark.parametrize("name", CHAPTERS)
def test_pairs_are_tab_sets_with_each_frameworks_output(soups, name):
    chapter = read_chapter(ROOT / "book" / "chapters" / f"{name}.myst")
    pairs = sum(cell.paired for cell in chapter.cells) // 2
    tab_sets = soups[f"book/chapters/{name}.html"].select(".framework-tabs:not(.framework-only)")
    assert len(tab_sets) == pairs > 0
    for node in tab_sets:
        assert [label["data-sync-id"] for label in node.select(":scope > label")] == list(FRAMEWORKS)


def test_internal_links_and_anchors_resolve(soups):
    for page, soup in soups.items():
        for link in soup.select("article a[href], nav a[href]"):
            target, anchor = urldefrag(link["href"])
            if re.match(r"[a-z]+:", target):
                continue
            path = ((SITE / page).parent / unquote(target)).resolve() if target else SITE / page
            assert path.exists(), f"{page} links to {link['href']}"
            if anchor and path.suffix == ".html":
                other = soups.get(path.relative_to(SITE.resolve()).as_posix()) or BeautifulSoup(
                    path.read_text(encoding="utf-8"), "html.parser"
                )
                assert other.find(id=unquote(anchor)), f"{page} links to {link['href']}"


def test_pictures_have_alternative_texts(soups):
    for page, soup in soups.items():
        for picture in soup.select("article img"):
            alt, name = picture.get("alt", ""), picture["src"].rsplit("/", 1)[-1]
            assert alt, f"{page}: {name} has no alternative text"
            assert alt not in picture["src"], f"{page}: {name} names its file as alternative text"


def test_no_markup_is_left_in_the_text(soups):
    for page, soup in soups.items():
        article = soup.find("article")
        for hidden in article.select("pre, code, script, .math"):
            hidden.extract()
        left = re.search(
            r"\{(cite|doc|term|ref|eq|numref)[:}]|:::|\\(frac|mathbf|operatorname)|\$\$", article.get_text()
        )
        assert not left, f"{page}: {article.get_text()[left.start() - 40 : left.end() + 40]!r}"


def test_the_search_index_holds_prose():
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    assert all(f"book/chapters/{name}" in index for name in CHAPTERS)
    assert "attent" in index
