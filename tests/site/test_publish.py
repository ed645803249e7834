"""What the site says of itself, its landing page and its chapter heads; the book as a PDF; the site as a zip."""

import re
import zipfile
from collections import Counter
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

pytest.importorskip("bs4")

from _gates import watch
from PIL import Image
from sidebyside import card, icons, landing, offline, onepage, pipeline, publish
from sidebyside.site import ROOT, SITE, config, page_url, repository_url
from sidebyside.source import chapter_paths

from tutorial_utils import results

CHAPTERS = [path.stem for path in chapter_paths(ROOT)]
BASE = config()["html"]["baseurl"]
LANDING = "book/index.html"
RAW_LATEX = re.compile(
    r"\\(frac|mathbf|operatorname|begin|left|right|sum|top|text)\b|\\[()\[\]]|\$\$|\{(cite|doc|term|ref|eq)[:}]|:::"
)
MINUTES = 60_000


def meta(soup, name):
    node = soup.find("meta", attrs={"name": name}) or soup.find("meta", attrs={"property": name})
    return node["content"] if node else None


def test_every_page_has_a_title_a_description_and_an_address_of_its_own(soups):
    described = {page: meta(soup, "description") for page, soup in soups.items()}
    for page, text in described.items():
        assert 50 <= len(text) <= publish.LONGEST, f"{page}: {len(text)} characters: {text!r}"
    assert len(set(described.values())) == len(soups)
    assert len({soup.title.get_text() for soup in soups.values()}) == len(soups)
    for page, soup in soups.items():
        assert soup.find("link", rel="canonical")["href"] == meta(soup, "og:url") == f"{BASE}/{page}"


def test_cards_show_the_picture_that_the_code_draws(soups, tmp_path):
    for page, soup in soups.items():
        assert meta(soup, "og:image") == f"{BASE}/{publish.CARD}", page
        assert meta(soup, "og:title"), page
        assert meta(soup, "twitter:card") == "summary_large_image", page
        assert meta(soup, "og:description") == meta(soup, "description"), page
    card.draw(tmp_path / "card.png")
    assert (SITE / publish.CARD).read_bytes() == (tmp_path / "card.png").read_bytes()
    assert Image.open(SITE / publish.CARD).size == (1200, 630)


def test_the_sitemap_lists_the_pages_and_robots_find_it(soups):
    listed = re.findall("<loc>(.*?)</loc>", (SITE / "sitemap.xml").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(f"{BASE}/{page}" for page in soups)
    assert f"Sitemap: {BASE}/sitemap.xml" in (SITE / "robots.txt").read_text(encoding="utf-8")


def test_the_root_leads_to_the_landing_page():
    root = (SITE / "index.html").read_text(encoding="utf-8")
    assert f'content="0; url={LANDING}"' in root
    assert f'<link rel="canonical" href="{BASE}/{LANDING}" />' in root
    assert 'property="og:image"' in root


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Short.", "Short."),
        ("A sentence of more than sixty characters, to be kept as it is here. " + "x" * 120, "is here."),
        ("word " * 60, "word…"),
    ],
)
def test_descriptions_end_with_a_sentence_or_a_word(text, kept):
    assert publish.shorten(text).endswith(kept)
    assert len(publish.shorten(text)) <= publish.LONGEST


def test_every_section_has_a_flag_that_fills_in_the_form(soups):
    for page, soup in soups.items():
        for section in soup.select("article section:has(> h2), article section:has(> h3)"):
            address = urlsplit(section.select_one(":scope > :is(h2, h3) > a.report-link")["href"])
            assert f"{address.scheme}://{address.netloc}{address.path}" == f"{repository_url()}/issues/new"
            place = parse_qs(address.query)["body"][0].split("\n")[0]
            assert place == f"{page_url(page.removesuffix('.html'))}#{section['id']}"


def test_flags_are_neither_found_by_the_search_nor_listed_in_contents(soups):
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    assert "Report a problem" not in index
    for page, soup in soups.items():
        assert not soup.select(".bd-toc-nav .report-link, .bd-links .report-link"), page


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_says_what_it_takes_and_brings(soups, name):
    head = soups[f"book/chapters/{name}.html"].select_one(".chapter-head")
    said = head.get_text()
    assert re.search(r"Time: about \d+ minutes", said)
    assert "Before you start:" in said
    assert len(head.select(":scope > ul > li")) >= 4
    assert len(head.select(".chapter-links a[href]")) == 4


@pytest.mark.parametrize("kind", ["wide", "tall"])
def test_every_part_of_the_pipeline_leads_to_its_chapter(soups, kind):
    links = soups[LANDING].select(f".pipeline svg.{kind} a")
    stations = [*pipeline.STATIONS, *pipeline.TOOLS]
    assert len(links) == len(stations)
    for link, station in zip(links, stations, strict=True):
        page, _, anchor = link["href"].partition("#")
        assert page == f"chapters/{station.chapter}.html"
        assert not anchor or soups[f"book/{page}"].find(id=anchor), link["href"]
        assert station.name in link["aria-label"]
        assert station.says in link.title.get_text()


def test_the_landing_page_shows_the_shipped_results(soups):
    tables = soups[LANDING].select(".result-table table")
    assert len(tables) == len(landing.TABLES)
    rows = [row.get_text(" ", strip=True) for row in tables[0].select("tbody tr")]
    measured = results.load("training")["quality"]
    for row, model in zip(rows, measured["synthetic"]["metrics"], strict=True):
        assert row.startswith(model)
        for quality in measured.values():
            recall = quality["metrics"][model]["excluded"]["recall@50"]
            assert f"{sum(recall) / len(recall):.3f}" in row


def test_the_landing_page_shows_what_faster_training_brings(soups):
    rows = soups[LANDING].select(".result-table table")[1].select("tbody tr")
    shown = [tuple(cell.get_text() for cell in row.select("td")[1:4]) for row in rows]
    found = [row for data in results.load("faster")["data"].values() for row in data["rows"]]
    wanted = {(row["recommender"], f"{row['recall@50']:.3f}", f"{row['ndcg@50']:.3f}") for row in found}
    assert shown
    assert set(shown) <= wanted


def test_the_best_of_a_column_is_bold():
    paired = {"excluded": {"mean": 0.1, "interval": [0.0, 0.2]}}
    metrics = {
        name: {"excluded": {"recall@50": [value, value]}} for name, value in {"K = 1": 0.2, "K = 2": 0.3}.items()
    }
    quality = {"metrics": metrics, "against_one_interest": dict.fromkeys(metrics, paired)}
    measured = {"quality": {"ml-100k": quality}, "seeds": {"splits": [0, 1]}, "date": "today", "command": "make"}
    table = landing.training_table(measured)
    assert "| K = 1 | 0.200 |" in table
    assert r"| **0.300** | +0.100 \[+0.000, +0.200\] |" in table


def test_icons_are_found_escaped_or_as_characters():
    """The theme's style sheet writes the icons of admonitions as characters, not as escapes."""
    sheet = 'a { content: "\\f0f3"; } b { --icon: "\uf05a"; content: "\\2014"; }'
    assert icons.codes_named(sheet) == {"f0f3", "f05a"}


def test_the_site_holds_the_icons_it_shows_and_no_others(soups):
    sheet = (SITE / "_static" / "icons.css").read_text(encoding="utf-8")
    shown = {name for soup in soups.values() for node in soup.select("[class*='fa-']") for name in node["class"]}
    for name in {name for name in shown if icons.NAME.fullmatch(name)} - {"fa-solid", "fa-brands", "fa-lg"}:
        assert f".{name}::before" in sheet, name
    assert len(sheet) < 20_000
    assert not list(SITE.rglob("fontawesome"))


def test_the_book_in_print_has_every_page_once_in_order():
    names = onepage.documents()
    assert names[0] == "book/index"
    assert len(names) == len(set(names))
    assert [name for name in names if "/chapters/" in name] == [f"book/chapters/{name}" for name in CHAPTERS]


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("00_recall_problem.html#summary", "#book-chapters-00_recall_problem--summary"),
        ("../glossary.html", "#book-glossary"),
        ("#top", "#book-chapters-01_single_interest--top"),
        ("https://example.org/x", "https://example.org/x"),
        ("../../_downloads/1/a.ipynb", f"{BASE}/_downloads/1/a.ipynb"),
    ],
)
def test_links_in_print_lead_into_the_book_or_to_the_site(href, address):
    assert onepage._address(href, "book/chapters/01_single_interest", set(onepage.documents())) == address


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    from bs4 import BeautifulSoup

    path = tmp_path_factory.mktemp("print") / "book.html"
    onepage.join(SITE, path)
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser"), path


def test_the_joined_page_has_unique_ids_and_no_dead_link_or_picture(joined):
    soup, path = joined
    ids = [node["id"] for node in soup.select("article [id], article[id]")]
    repeated = [name for name, times in Counter(ids).items() if times > 1]
    assert all(re.search("(exercise|solution)-content$", name) for name in repeated), repeated
    dead = {link["href"] for link in soup.select('a[href^="#"]')} - {f"#{name}" for name in ids}
    assert not dead
    for picture in soup.select("img[src]"):
        assert (path.parent / unquote(picture["src"])).exists(), picture["src"]


@pytest.mark.slow
def test_the_pipeline_is_walked_by_keyboard_and_stands_on_a_phone(open_page):
    page = open_page(LANDING)
    first = page.locator(".pipeline .wide a").first
    first.focus()
    assert first.evaluate("node => getComputedStyle(node.querySelector('.box')).strokeWidth") == "3px"
    for _ in range(len(pipeline.STATIONS) + len(pipeline.TOOLS) - 1):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(pipeline.TOOLS[-1].name)
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.locator(".pipeline .tall").is_visible()
    assert not page.locator(".pipeline .wide").is_visible()


@pytest.mark.slow
def test_a_flag_shows_when_focused(open_page):
    page = open_page(f"book/chapters/{CHAPTERS[0]}.html")
    flag = page.locator("article h2 > a.report-link").first
    opacity = "node => getComputedStyle(node).opacity"
    assert flag.evaluate(opacity) == "0"
    page.locator("article h2").first.evaluate("node => { node.tabIndex = -1; node.focus(); }")
    page.keyboard.press("Tab")
    assert flag.evaluate("node => node === document.activeElement")
    assert flag.evaluate(opacity) == "1"


@pytest.fixture(scope="module")
def printed(browser, joined, tmp_path_factory):
    """The book as a PDF, made as `make pdf` makes it."""
    pypdf = pytest.importorskip("pypdf")
    from sidebyside import pdf

    path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    pdf.print_page(browser, joined[1], path)
    pdf.pack(path)
    return pypdf.PdfReader(path)


def listed(reader, outline, depth=0):
    """Return the outline as rows of depth, title and page number."""
    rows = []
    for entry in outline:
        if isinstance(entry, list):
            rows += listed(reader, entry, depth + 1)
        else:
            rows.append((depth, entry["/Title"], reader.get_destination_page_number(entry) + 1))
    return rows


@pytest.mark.slow
def test_the_pdf_has_an_outline_with_every_page_of_the_book(printed, joined):
    rows = listed(printed, printed.outline)
    titles = [article.h1.get_text() for article in joined[0].select("article")]
    assert [title for depth, title, _ in rows if depth == 0] == titles
    numbers = [number for *_, number in rows]
    assert numbers == sorted(numbers)
    assert len(rows) > 150


@pytest.mark.slow
def test_the_pdf_says_the_right_page_in_its_contents(printed):
    contents = "\n".join(printed.pages[number].extract_text() for number in range(1, 6))
    for depth, title, number in listed(printed, printed.outline):
        if depth == 0:
            assert re.search(rf"{re.escape(title.split()[-1])} ?\n?{number}\b", contents), (title, number)


@pytest.mark.slow
def test_the_pdf_has_formulas_both_frameworks_and_no_raw_latex(printed):
    texts = [page.extract_text() for page in printed.pages]
    assert 200 <= len(texts) <= 700
    left = [(number, found[0]) for number, text in enumerate(texts, 1) if (found := RAW_LATEX.search(text))]
    assert not left
    assert all(f"import {name}" in "".join(texts) for name in ("torch", "paddle"))
    assert any("tanh(W1H)" in text for text in texts), "the formulas are not typeset"
    assert printed.metadata.title == config()["title"]
    assert printed.metadata.author == config()["author"]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("offline")
    offline.pack(SITE, folder / "site.zip")
    zipfile.ZipFile(folder / "site.zip").extractall(folder)
    return folder / offline.FOLDER


def test_the_zip_holds_every_page_and_notebook_and_is_the_same_each_time(unpacked, soups, tmp_path):
    assert all((unpacked / page).exists() for page in soups)
    assert len(list(unpacked.glob("_downloads/*/*.ipynb"))) == 2 * len(CHAPTERS)
    assert not list(unpacked.rglob("*.map"))
    offline.pack(SITE, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (unpacked.parent / "site.zip").read_bytes()


def test_an_empty_folder_is_not_packed(tmp_path):
    with pytest.raises(FileNotFoundError, match="make book"):
        offline.pack(tmp_path / "none", tmp_path / "site.zip")


@pytest.mark.slow
def test_the_unpacked_site_works_from_files(unpacked, browser):
    page = browser.new_page()
    page.set_default_timeout(4 * MINUTES)
    complaints = watch(page)
    page.goto((unpacked / "index.html").as_uri())
    page.wait_for_url("**/book/index.html")
    page.locator(".pipeline .wide a").first.click()
    page.wait_for_function("window.MathJax?.startup?.promise?.then(() => true)")
    assert page.locator(".math").count() == page.locator(".math mjx-container").count() > 0
    loaded = page.evaluate(
        "document.fonts.ready.then(f => [...f].filter(x => x.status == 'loaded').map(x => x.family))"
    )
    assert "MJXTEX-I" in loaded
    link = page.locator(".chapter-links a.download").first.evaluate("node => node.href")
    assert (unpacked / link.partition(f"/{offline.FOLDER}/")[2]).exists()
    page.goto((unpacked / "search.html").as_uri() + "?q=Cholesky")
    page.wait_for_selector("#search-results li a[href*='api/serving']")
    assert complaints == []
    page.close()
