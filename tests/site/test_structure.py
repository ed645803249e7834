"""What the files of the built site must hold."""

import re

import pytest

pytest.importorskip("bs4")

from _gates import find_broken_links, find_markup, find_pictures_without_text, prose
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


def test_internal_links_and_anchors_resolve(soup_of):
    pages = [path for path in SITE.rglob("*.html") if not {"_static", ".pytest_cache"} & set(path.parts)]
    assert [complaint for path in pages for complaint in find_broken_links(path, soup_of)] == []


def test_pictures_have_alternative_texts(soups):
    assert {page: found for page, soup in soups.items() if (found := find_pictures_without_text(soup))} == {}


def test_no_markup_is_left_in_the_text(soups):
    assert {page: found for page, soup in soups.items() if (found := find_markup(prose(soup)))} == {}


def test_the_search_index_holds_prose():
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    assert all(f"book/chapters/{name}" in index for name in CHAPTERS)
    assert "attent" in index
