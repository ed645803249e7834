"""The three views of the code, PyTorch, PaddlePaddle and both, in the built files and in a real browser."""

import nbformat
import pytest

pytest.importorskip("bs4")
pytest.importorskip("playwright")

from sidebyside.site import ROOT
from sidebyside.source import FRAMEWORKS, chapter_paths, read_chapter

CHAPTERS = [path.stem for path in chapter_paths(ROOT)]
ATTENTION, EINSUM = "book/chapters/01_single_interest.html", "book/chapters/03_einsum.html"
SHOWN = {"pytorch": {"pytorch"}, "paddle": {"paddle"}, "both": {"pytorch", "paddle"}}
in_browser = pytest.mark.slow


def sides_shown(page, tabs=".framework-tabs:not(.framework-only)"):
    """The frameworks whose code is to be seen, the same in every pair of the page."""
    shown = page.locator(tabs).evaluate_all(
        """sets => sets.map(set => ["pytorch", "paddle"].filter(
            name => set.querySelector(`:scope > .sd-tab-content.framework-${name}`)?.checkVisibility()))"""
    )
    assert shown
    assert all(names == shown[0] for names in shown)
    return set(shown[0])


def chosen(page):
    return page.locator(".framework-view input:checked").evaluate_all("inputs => inputs.map(input => input.value)")


def choose(page, name):
    page.locator(".framework-view label", has_text=name).click()


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_side_holds_its_own_code_and_output(soups, name):
    chapter = read_chapter(ROOT / "book" / "chapters" / f"{name}.myst")
    for framework in FRAMEWORKS:
        stored = {cell.id: cell for cell in nbformat.read(chapter.notebook_path(framework), as_version=4).cells}
        cells = [cell for cell in chapter.cells if cell.side == framework]
        sides = soups[f"book/chapters/{name}.html"].select(
            f".sd-tab-content.framework-{framework}:not(.framework-none)"
        )
        assert len(sides) == len(cells) > 0
        for side, cell in zip(sides, cells, strict=True):
            assert side.select_one(".cell_input pre").get_text().rstrip("\n") == cell.text.rstrip("\n")
            printed = [
                output.text for output in stored[f"cell-{cell.number}"].outputs if output.get("name") == "stdout"
            ]
            assert [node.get_text() for node in side.select(".output.stream pre")] == printed


def test_only_pages_with_framework_cells_offer_the_choice(soups):
    for page, soup in soups.items():
        assert bool(soup.select(".framework-view")) == bool(soup.select(".framework-tabs")), page


@in_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_control_chooses_among_three_views(open_page, width):
    page = open_page(ATTENTION, width=width)
    for view, name in (("pytorch", "PyTorch"), ("paddle", "PaddlePaddle"), ("both", "Both"), ("pytorch", "PyTorch")):
        choose(page, name)
        assert sides_shown(page) == SHOWN[view]
        assert chosen(page) == [view]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []


@in_browser
def test_the_control_is_a_named_group_of_radio_buttons_driven_by_arrows(open_page):
    page = open_page(ATTENTION)
    group = page.get_by_role("group", name="Show code in")
    assert [radio.get_attribute("value") for radio in group.get_by_role("radio").all()] == ["pytorch", "paddle", "both"]
    group.get_by_role("radio", name="PyTorch").focus()
    for view in ("paddle", "both", "pytorch"):
        page.keyboard.press("ArrowRight")
        assert sides_shown(page) == SHOWN[view]
    outline = group.get_by_role("radio", name="PyTorch").evaluate(
        "input => getComputedStyle(input.nextElementSibling).outlineStyle"
    )
    assert outline == "solid"


@in_browser
def test_the_address_sets_the_view_and_later_pages_keep_it(open_page, browser):
    context = browser.new_context()
    assert sides_shown(open_page(f"{ATTENTION}?framework=both", context=context)) == SHOWN["both"]
    page = open_page(EINSUM, context=context)
    assert (sides_shown(page), chosen(page)) == (SHOWN["both"], ["both"])
    choose(page, "PaddlePaddle")
    page = open_page(f"{ATTENTION}?framework=jax", context=context)
    assert (sides_shown(page), chosen(page)) == (SHOWN["paddle"], ["paddle"])
    context.close()


@in_browser
def test_a_choice_is_not_undone_by_the_address_when_the_page_is_loaded_again(open_page):
    page = open_page(f"{ATTENTION}?framework=both&from=mail")
    choose(page, "PaddlePaddle")
    assert page.url.endswith("?framework=paddle&from=mail")
    page.reload()
    assert sides_shown(page) == SHOWN["paddle"]


@in_browser
def test_going_back_shows_the_latest_choice(open_page):
    page = open_page(ATTENTION)
    page.goto(page.url.replace(ATTENTION, EINSUM))
    choose(page, "Both")
    page.go_back()
    assert (sides_shown(page), chosen(page)) == (SHOWN["both"], ["both"])


@in_browser
@pytest.mark.parametrize("view", SHOWN)
def test_the_view_is_there_before_any_script_file(browser, server, view):
    """Nothing is drawn in another view first: with every script file blocked the page already looks as chosen."""
    context = browser.new_context()
    context.add_init_script("localStorage.setItem('theme', 'light')")
    context.route("**/*.js*", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{server}/{ATTENTION}?framework={view}")
    assert sides_shown(page) == SHOWN[view]
    colours = page.locator(".framework-tabs").first.evaluate(
        """set => [...set.querySelectorAll(":scope > label")].map(label => getComputedStyle(label).backgroundColor)"""
    )
    assert (colours[0] == colours[1]) == (view == "both"), "the label of the shown side stands out"
    context.close()


@in_browser
def test_without_scripts_both_versions_can_be_reached(browser, server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/{EINSUM}")
    assert page.locator(".framework-view").is_hidden()
    tabs = page.locator(".framework-tabs:not(.framework-only)").first
    for framework in ("paddle", "pytorch"):
        tabs.locator(f"label.framework-{framework}").click()
        assert tabs.locator(f".sd-tab-content.framework-{framework}").is_visible()
    for alone in page.locator(".framework-only").all():
        assert alone.locator(".cell").is_visible()
    context.close()


@in_browser
def test_refused_storage_costs_only_the_memory(browser, server):
    context = browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(error.stack or ""))
    page.goto(f"{server}/{ATTENTION}?framework=paddle")
    assert sides_shown(page) == SHOWN["paddle"]
    choose(page, "Both")
    assert (sides_shown(page), chosen(page)) == (SHOWN["both"], ["both"])
    assert not [stack for stack in errors if "views.js" in stack]
    context.close()


@in_browser
def test_the_label_of_a_cell_moves_the_control_and_keeps_the_place(open_page):
    page = open_page(ATTENTION)
    page.wait_for_function("MathJax.startup.promise.then(() => true)")
    label = page.locator(".framework-tabs label.framework-paddle").nth(6)
    label.scroll_into_view_if_needed()
    before = label.bounding_box()["y"]
    label.click()
    assert (sides_shown(page), chosen(page)) == (SHOWN["paddle"], ["paddle"])
    assert abs(label.bounding_box()["y"] - before) < 4


@in_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_control_keeps_the_reader_where_he_was(open_page, width):
    page = open_page(ATTENTION, width=width)
    page.wait_for_function("MathJax.startup.promise.then(() => true)")
    heading = page.locator("#the-table h2")
    heading.evaluate("node => node.scrollIntoView({ behavior: 'instant' })")
    before = heading.bounding_box()["y"]
    header = page.locator(".bd-header-article").bounding_box()
    assert header["y"] + header["height"] <= before, "the header hides what was scrolled to"
    for name in ("Both", "PaddlePaddle", "PyTorch"):
        box = page.locator(".framework-view label", has_text=name).bounding_box()
        page.mouse.click(box["x"] + 5, box["y"] + 5)  # Playwright's own click would scroll to the sticky header first
        assert abs(heading.bounding_box()["y"] - before) < 4, name
    page.keyboard.press("ArrowRight")
    assert (chosen(page), abs(heading.bounding_box()["y"] - before) < 4) == (["paddle"], True)


@in_browser
@pytest.mark.parametrize("name", CHAPTERS)
def test_both_sets_two_equal_columns_with_lines_in_rows(open_page, name):
    page = open_page(f"book/chapters/{name}.html?framework=both")
    for width in (1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        check_columns(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def check_columns(page):
    pairs = page.locator(".framework-tabs:not(.framework-only)").evaluate_all(
        """sets => sets.map(set => [...set.querySelectorAll(":scope > .sd-tab-content")].map(side => ({
            box: side.getBoundingClientRect(), label: side.previousElementSibling.innerText.trim(),
            tops: [...side.querySelectorAll(".cell_input .line")].map(line => line.getBoundingClientRect().top),
            wide: side.querySelector(".cell_input pre").scrollWidth - side.querySelector(".cell_input pre").clientWidth,
        })))"""
    )
    for left, right in pairs:
        assert (left["label"], right["label"]) == tuple(FRAMEWORKS.values())
        assert left["box"]["right"] < right["box"]["left"]
        assert abs(left["box"]["width"] - right["box"]["width"]) < 1
        assert max(abs(a - b) for a, b in zip(left["tops"], right["tops"], strict=True)) < 1
        assert left["wide"] <= 0 >= right["wide"], "code is wrapped, so that a difference is never out of sight"


@in_browser
def test_both_stacks_the_sides_on_a_phone(open_page):
    page = open_page(f"{ATTENTION}?framework=both", width=390)
    left, right = page.locator(".framework-tabs").first.locator("> .sd-tab-content").all()
    assert left.bounding_box()["y"] + left.bounding_box()["height"] < right.bounding_box()["y"]
    labels = page.locator(".framework-tabs").first.locator("> label").all()
    assert [label.inner_text().strip() for label in labels] == list(FRAMEWORKS.values())


@in_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_differs_is_underlined_in_both_and_nowhere_else(open_page, browser, theme):
    context = browser.new_context(color_scheme=theme)
    page = open_page(ATTENTION, context=context)
    style = "node => [getComputedStyle(node).textDecorationLine, getComputedStyle(node).backgroundColor]"
    token = page.locator('.framework-tabs [class$="-Differs"]').first
    assert token.inner_text() == "torch"
    plain = token.evaluate(style)
    choose(page, "Both")
    marked = token.evaluate(style)
    assert (plain[0], marked[0]) == ("none", "underline")
    assert plain[1] != marked[1]
    context.close()


@in_browser
def test_a_cell_of_one_framework_is_shown_in_its_view_and_in_both(open_page):
    page = open_page(EINSUM)
    for view in SHOWN:
        page.locator(f".framework-view [value={view}]").check(force=True)
        for framework, label in FRAMEWORKS.items():
            alone = page.locator(f".framework-only:has(.tag_{framework}-only)")
            assert alone.count()
            for tabs in alone.all():
                assert tabs.locator(".cell").is_visible() == (framework in SHOWN[view])
                assert tabs.locator("label", has_text=f"{label} only").is_visible()
                assert tabs.locator(".framework-none > p").is_visible() == (framework not in SHOWN[view])


@in_browser
def test_solutions_and_folded_code_open_in_every_view(open_page):
    page = open_page(EINSUM)
    pair = page.locator(".framework-tabs:has(details)").first
    pair.locator("summary").locator("visible=true").first.click()
    page.wait_for_function(
        "[...document.querySelector('.framework-tabs:has(details)').querySelectorAll('details')].every(d => d.open)"
    )
    folded = page.locator("div.tag_hide-input details").first
    folded.locator("summary").click()
    for name, view in (("Both", "both"), ("PaddlePaddle", "paddle"), ("PyTorch", "pytorch")):
        choose(page, name)
        assert pair.locator("details .cell_input").locator("visible=true").count() == len(SHOWN[view])
        assert folded.locator("pre").first.is_visible()


@in_browser
def test_print_shows_both(open_page):
    page = open_page(f"{EINSUM}?framework=both")
    for name in ("Both", "PaddlePaddle", "PyTorch"):
        page.emulate_media(media="screen")
        choose(page, name)
        page.emulate_media(media="print")
        assert sides_shown(page) == SHOWN["both"]
        underlined = page.locator('[class$="-Differs"]').first.evaluate(
            "node => getComputedStyle(node).textDecorationLine"
        )
        assert underlined == "underline"
    assert page.locator(".framework-only .cell").evaluate_all("cells => cells.every(cell => cell.checkVisibility())")
    hidden = page.locator(".framework-tabs > label:not(.framework-none)").evaluate_all(
        "labels => labels.filter(label => !label.checkVisibility()).length"
    )
    assert hidden == 0


@in_browser
def test_the_contents_open_from_their_button_while_both_are_shown(open_page):
    page = open_page(f"{ATTENTION}?framework=both")
    link = page.locator(".bd-sidebar-secondary a", has_text="The table")
    assert link.is_hidden()
    page.locator(".secondary-toggle").first.click()
    link.click()
    assert page.url.endswith("#the-table")


@in_browser
def test_an_address_inside_one_side_opens_that_side(open_page):
    page = open_page(ATTENTION)
    panel = page.locator(".framework-tabs > .sd-tab-content.framework-paddle").nth(3).get_attribute("id")
    page = open_page(f"{ATTENTION}#{panel}")
    assert (sides_shown(page), chosen(page)) == (SHOWN["paddle"], ["paddle"])
