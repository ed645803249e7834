"""Every gate sees the fault it is there for: a page is good, a fault is planted, the gate complains."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("playwright")

import _gates
from _figures import find_illegible_figures
from bs4 import BeautifulSoup

PAGE = "book/setup.html"
in_browser = pytest.mark.slow

FRAME = "const frame = () => new Promise(requestAnimationFrame);"
PUT = "const put = (html) => document.querySelector('article section').insertAdjacentHTML('beforeend', html);"
INK = "<rect width='300' height='200' fill='{}'/><path d='M20 100H280' stroke='black' stroke-width='40'/>"
FIGURE = (
    "<div class='cell_output'><img width='300' height='200' alt='A bar' src=\"data:image/svg+xml,"
    f"<svg xmlns='http://www.w3.org/2000/svg' width='300' height='200'>{INK}</svg>\"></div>"
)
GLARING = FIGURE.format("white").replace("<img ", "<img style='filter: none' ")

FAULTS = {
    "raw formula": (_gates.find_untypeset_math, "put('<span class=math>\\\\(x\\\\)</span>')"),
    "misunderstood formula": (_gates.find_untypeset_math, "put('<mjx-merror>Missing }</mjx-merror>')"),
    "role": (_gates.find_raw_text, "put('<p>as {cite:t}`cen2020` says</p>')"),
    "directive": (_gates.find_raw_text, "put('<p>:::{note}</p>')"),
    "command": (_gates.find_raw_text, "put('<p>the \\\\frac{1}{2}</p>')"),
    "dollars": (_gates.find_raw_text, "put('<p>$$ a $$</p>')"),
    "jump": (
        _gates.find_layout_shift,
        FRAME
        + "await frame(); document.querySelector('article').insertAdjacentHTML('afterbegin',"
        + "'<div style=\"height: 500px\"></div>'); await frame(); await frame()",
    ),
    "wide piece": (_gates.find_overhang, "put('<div style=\"width: 3000px\">wide</div>')"),
    "cut piece": (
        _gates.find_overhang,
        "document.body.style.overflowX = 'clip'; put('<p style=\"white-space: nowrap\">' + 'long '.repeat(400))",
    ),
    "scrolling without focus": (
        _gates.find_unreachable_scrolling,
        'put(\'<div style="overflow: auto; width: 99px"><p style="width: 999px">wide</p></div>\')',
    ),
    "pale text": (_gates.find_violations, "put('<p style=\"background: #fff; color: #bbb\">pale</p>')"),
    "pale text, folded": (
        _gates.find_violations,
        "put('<details><summary>More</summary><p style=\"background: #fff; color: #bbb\">pale</p></details>')",
    ),
    "nameless button": (_gates.find_violations, "put('<button></button>')"),
    "glaring figure": (find_illegible_figures, f"put(`{GLARING}`)"),
    "vanishing figure": (find_illegible_figures, f"put(`{GLARING.replace('white', 'none')}`)"),
}


@pytest.fixture
def plant(open_page):
    """Open a page that pleases `find`, run `fault` in it, and return what `find` says then."""

    def planted(find, fault, path=PAGE):
        page = open_page(path)
        assert find(page) == []
        page.evaluate(f"async () => {{ {PUT} {fault} }}")
        return find(page)

    return planted


@in_browser
@pytest.mark.parametrize(("find", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_the_page_is_found(plant, find, fault):
    assert len(plant(find, fault)) > 0


@in_browser
def test_a_good_figure_is_let_pass(plant):
    assert plant(find_illegible_figures, f"put(`{FIGURE.format('white')}`)") == []


@in_browser
def test_pale_text_is_found_in_the_dark_alone(open_page):
    page = open_page(PAGE)
    page.add_style_tag(content="html[data-theme=dark] article p { color: #555; }")
    assert _gates.find_violations(page) == []
    _gates.show_theme(page, "dark")
    assert _gates.find_violations(page, _gates.COLOUR_RULES)


@in_browser
@pytest.mark.parametrize(
    "fault",
    [
        "console.error('broken')",
        "console.warn('careful')",
        "setTimeout(() => { throw new Error('broken'); })",
        "put('<img src=missing.png>')",
        "fetch('https://example.org/').catch(() => 0)",
    ],
)
def test_what_goes_wrong_while_the_page_runs_is_noted(open_page, fault):
    page = open_page(PAGE)
    assert page.complaints == []
    page.evaluate(f"() => {{ {PUT} {fault} }}")
    page.wait_for_timeout(300)
    assert len(page.complaints) > 0


@in_browser
def test_a_heavy_page_is_found(open_page):
    page = open_page(PAGE)
    page.route("**/heavy.css", lambda route: route.fulfill(body=" " * _gates.HEAVIEST_PAGE, content_type="text/css"))
    page.evaluate("() => fetch('heavy.css').then(answer => answer.text())")
    assert _gates.find_weight(page)


@in_browser
def test_a_pair_that_shows_the_other_side_is_found(open_page):
    page = open_page(f"{_gates.CHAPTERS[1]}?framework=paddle")
    assert _gates.find_other_sides(page, "paddle") == []
    assert _gates.find_other_sides(page, "both")
    page.evaluate("document.querySelector('.framework-tabs > .sd-tab-content').style.display = 'block'")
    assert len(_gates.find_other_sides(page, "paddle")) == 1


@in_browser
def test_a_search_without_hits_is_found(open_page):
    assert _gates.find_missing_hit(open_page("search.html?q=popularity"), "no-such-page")
    assert _gates.find_missing_hit(open_page("search.html?q=qqqqq"), "")


@pytest.mark.parametrize("words", ["", "alt=' '", "alt='B'", "alt='b.png'"])
def test_a_picture_without_words_is_found(words):
    pictures = f"<img src='a/b.png' alt='Two bars'><img src='a/b.png' {words}>"
    soup = BeautifulSoup(f"<article>{pictures}</article>", "html.parser")
    assert len(_gates.find_pictures_without_text(soup)) == 1


@pytest.mark.parametrize("link", ["<a href='no.html'>", "<a href='#no'>", "<img src='no.png'>", "<a href='b.html#no'>"])
def test_a_broken_link_is_found(tmp_path, monkeypatch, link):
    monkeypatch.setattr(_gates, "SITE", tmp_path)
    page = tmp_path / "a.html"
    page.write_text("<h1 id='top'>A</h1><a href='#top'>up</a><a href='b.html?x=1#b'>B</a><a href='https://x.org'>X</a>")
    (tmp_path / "b.html").write_text("<h1 id='b'>B</h1>")
    assert _gates.find_broken_links(page, parse) == []
    page.write_text(page.read_text() + link)
    assert len(_gates.find_broken_links(page, parse)) == 1


def parse(path: Path):
    return BeautifulSoup(path.read_text(), "html.parser")


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_without_chromium_a_reader_skips_and_ci_fails(monkeypatch, ci, outcome):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="Chromium"):
        _gates.require_chromium()
