"""The living figures in a real browser: they compute what Python computes, and a keyboard is enough."""

import ast
import random

import numpy as np
import pytest

pytest.importorskip("playwright")
pytest.importorskip("axe_playwright_python")

from axe_playwright_python.sync_playwright import Axe
from sidebyside.site import SITE, built_pages
from sidebyside.widgets import WIDGETS, read_data

from tutorial_utils.diversity.numpy import greedy_rerank
from tutorial_utils.einsum.forms import BOOK_EINSUMS, NINE_FORMS
from tutorial_utils.einsum.notation import EinsumError, explain, parse
from tutorial_utils.einsum.numpy import to_loops
from tutorial_utils.einsum.plots import alt_text
from tutorial_utils.metrics import diversity_at

pytestmark = pytest.mark.slow
PATHS = {name: f"book/chapters/{widget.chapter}.html" for name, widget in WIDGETS.items()}


@pytest.fixture(scope="module")
def pages(browser, server):
    """One page for each widget, for tests that leave it as it was."""
    context = browser.new_context()
    opened = {}
    for name, path in PATHS.items():
        opened[name] = context.new_page()
        opened[name].goto(f"{server}/{path}", wait_until="load")
    yield opened
    context.close()


@pytest.fixture(scope="module")
def einsum(pages):
    """Call the playground's functions, many at once; a refusal comes back as its message and position."""
    page = pages["einsum-playground"]
    page.evaluate("""() => {
        const { explain, toLoops, readShapes } = sidebyside.einsum;
        const explained = (spec, shapes) => {
            const { text, outputShape, multiplyAdds } = explain(spec, readShapes(shapes));
            return { text, outputShape, multiplyAdds };
        };
        window.tested = { explained, to_loops: toLoops, alt_text: sidebyside.einsumDiagram.altText };
    }""")
    script = """calls => calls.map(([name, ...args]) => {
        try { return { value: tested[name](...args) } }
        catch (error) { return { error: error.message, position: error.position ?? null } }
    })"""
    return lambda calls: page.evaluate(script, calls)


# Chapter 06: the greedy


def candidate_sets(seed):
    """Draw candidates of all kinds: coarse scores that tie, unknown categories, places without a candidate."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 40))
    scores = rng.normal(size=size).round(int(rng.integers(0, 4))) * rng.choice([1, 0.1, 10])
    scores[rng.random(size) < rng.choice([0, 0, 0.3])] = -np.inf
    categories = rng.integers(-1, int(rng.integers(0, 8)), size=size)
    return scores, categories, int(rng.integers(1, size + 1))


def test_the_greedy_is_that_of_python(pages):
    lambdas = [0, 0.05, 0.1, 0.25, 0.3, 0.5, 1, 3, 1e6]
    cases, expected, tied = [], [], 0
    for seed in range(300):
        scores, categories, n = candidate_sets(seed)
        tied += len(np.unique(scores)) < len(scores)
        finite = [None if score == -np.inf else score for score in scores.tolist()]
        for lam in lambdas:
            cases.append([finite, categories.tolist(), n, lam])
            expected.append(greedy_rerank(scores[None], categories[None], n, lam)[0].tolist())
    script = """cases => cases.map(([scores, categories, n, lam]) =>
        sidebyside.greedyRerank(scores.map(score => score ?? -Infinity), categories, n, lam))"""
    assert pages["lambda-slider"].evaluate(script, cases) == expected
    assert tied > 100


def set_lambda(page, lam):
    page.locator("#lambda-slider-value").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')) }", lam
    )


@pytest.mark.parametrize("chosen", [0, 1, 2])
def test_the_slider_shows_pythons_list_recall_and_diversity(pages, chosen):
    page, data = pages["lambda-slider"], read_data("lambda-slider")
    user, n = data["users"][chosen], data["n"]
    scores, categories = np.array(user["scores"]), np.array(user["categories"])
    page.locator("#lambda-slider-user").select_option(str(chosen))
    for lam in data["lambdas"]:
        set_lambda(page, lam)
        positions = greedy_rerank(scores[None], categories[None], n, lam)  # (1, n)
        hits = len(set(user["targets"]) & set(positions[0].tolist()))
        diversity = diversity_at(positions + 1, np.append(-1, categories), n)
        rows = page.locator("#lambda-slider tr[data-position]")
        assert rows.evaluate_all("rows => rows.map(row => Number(row.dataset.position))") == positions[0].tolist()
        shown = page.locator("#lambda-slider .widget-facts b").all_inner_texts()
        assert shown[:2] == [f"{hits / user['n_targets']:.2f}", f"{diversity:.2f}"], lam


def test_the_slider_moves_by_keyboard_and_says_what_changed(open_page):
    page = open_page(PATHS["lambda-slider"])
    page.locator("#lambda-slider-value").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert page.locator("#lambda-slider output").inner_text().startswith("λ = 0.20")
    page.wait_for_function("document.querySelector('#lambda-slider [role=status]').textContent.includes('Lambda 0.20')")
    assert page.complaints == []


# Chapter 02: the explorer


def test_an_item_and_a_head_show_their_weights(open_page):
    page, user = open_page(PATHS["attention-explorer"]), read_data("attention-explorer")["users"][0]
    widget = page.locator("#attention-explorer .widget-live")
    loudest = int(np.argmax(np.max(user["weights"], axis=1)))
    widget.locator("tbody th button").nth(loudest).focus()
    numbers = widget.locator(".widget-panel .widget-number").all_inner_texts()
    assert numbers == [f"{weight:.3f}" for weight in user["weights"][loudest]]
    assert user["items"][loudest] in widget.locator(".widget-panel").inner_text()
    for head in range(4):
        widget.locator("thead th button").nth(head).click()
        panel = widget.locator(".widget-panel").inner_text()
        weights = np.array(user["weights"])[:, head]
        assert f"Head {head + 1}" in panel
        assert f"{weights.max():.3f}" in panel
        assert ", ".join(user["retrieved"][head]) in panel
    page.wait_for_function("document.querySelector('#attention-explorer [role=status]').textContent.includes('Head 4')")
    assert page.complaints == []


def test_pointing_previews_and_leaving_restores(open_page):
    page, user = open_page(PATHS["attention-explorer"]), read_data("attention-explorer")["users"][0]
    widget = page.locator("#attention-explorer .widget-live")
    widget.locator("tbody td").first.hover()
    assert user["items"][0] in widget.locator(".widget-panel").inner_text()
    widget.locator("select").hover()
    assert widget.locator(".widget-title").inner_text() == "Head 1"


def test_another_user_has_other_weights(open_page):
    page, users = open_page(PATHS["attention-explorer"]), read_data("attention-explorer")["users"]
    widget = page.locator("#attention-explorer .widget-live")
    for number, user in enumerate(users):
        widget.locator("select").select_option(str(number))
        shown = widget.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        expected = zip(user["items"], user["weights"], strict=True)
        assert shown == [[name, *(f"{weight:.2f}" for weight in weights)] for name, weights in expected]


# Chapter 03: the playground


def random_spec(rng):
    letters = rng.sample("abcdefgXY", rng.randint(1, 6))
    operands = ["".join(rng.choices(letters, k=rng.randint(0, 4))) for _ in range(rng.randint(1, 4))]
    present = sorted(set("".join(operands)))
    output = "".join(rng.sample(present, rng.randint(0, len(present))))
    return ",".join(operands) + rng.choice(["", f"->{output}", f" -> {output}"])


def spoiled(spec, rng):
    """Change one character of a spec."""
    at = rng.randrange(len(spec) + 1)
    return spec[:at] + rng.choice([",", "->", "...", "1", "ß", "😀", " ", "-", ">", "z", "i", ".", "'"]) + spec[at:]


def shapes_for(spec, rng):
    """Fit shapes to a spec, or nearly: one in four has a size or an axis changed."""
    sizes = {letter: rng.choice([0, 1, 2, 3, 5, 1000]) for letter in "abcdefgXYnkbdijhz"}
    try:
        shapes = [list(shape) for shape in parse(spec).shapes(sizes)]
    except (EinsumError, KeyError):
        shapes = [[2, 3], [3]]
    if rng.random() < 0.25:
        rng.choice([lambda: shapes.append([2]), shapes.pop, lambda: shapes[0].append(4), lambda: shapes[-1].clear()])()
    return ", ".join(str(tuple(shape)) for shape in shapes)


def explained(spec, shapes):
    explanation = explain(spec, *ast.literal_eval(f"[{shapes}]"))
    return {
        "text": str(explanation),
        "outputShape": str(explanation.output_shape),
        "multiplyAdds": f"{explanation.multiply_adds:,}",
    }


def by_python(call):
    function = {"explained": explained, "to_loops": to_loops, "alt_text": alt_text}[call[0]]
    try:
        return {"value": function(*call[1:])}
    except EinsumError as error:
        return {"error": str(error), "position": error.position}


def assert_as_in_python(einsum, specs_and_shapes):
    calls = []
    for spec, shapes in specs_and_shapes:
        calls += [("explained", spec, shapes), ("to_loops", spec), ("alt_text", spec)]
    answers = list(map(by_python, calls))
    for call, answer, expected in zip(calls, einsum(calls), answers, strict=True):
        assert answer == expected, call
    return answers


SPECS = [form.spec for form in NINE_FORMS + BOOK_EINSUMS]


def test_the_books_einsums_are_explained_as_python_does(einsum):
    groups = read_data("einsum-playground")["groups"]
    forms = [form for group in groups for form in group["forms"]]
    assert [form["spec"] for form in forms] == SPECS
    cases = [(form["spec"], ", ".join(str(tuple(shape)) for shape in form["shapes"])) for form in forms]
    assert all("value" in answer for answer in assert_as_in_python(einsum, cases))


def test_random_and_spoiled_specs_end_as_in_python(einsum):
    rng = random.Random(0)
    cases = []
    for number in range(600):
        spec = random_spec(rng) if number % 3 else rng.choice(SPECS)
        spec = spoiled(spec, rng) if number % 2 else spec
        cases.append((spec, shapes_for(spec, rng)))
    refused = sum("error" in answer for answer in assert_as_in_python(einsum, cases))
    assert 300 < refused < 1200


def test_odd_specs_end_as_in_python(einsum):
    specs = ["", "->", ",", ",->", "ij->i->j", "ij- >i", "ij->i,j", "ij->jj", "...ij->ij", "iß->i", "aB", "i i", "ba"]
    assert_as_in_python(einsum, [(spec, shapes) for spec in specs for shapes in ("()", "(2, 3)", "(), ()")])
    assert_as_in_python(einsum, [("abcdefghijklmnopqrstu->", "(2,)"), ("i,i->", f"({10**30},), ({10**30},)")])


@pytest.mark.parametrize(
    ("shapes", "fit"),
    [("", 0), ("(2, 3)", 1), ("(2,3),(4,)", 2), ("[2], []", 2), (" ( 2 , 3, ) , ", 1), ("(0,)", 1), ("()", 1)],
)
def test_shapes_are_read_as_python_reads_them(pages, shapes, fit):
    read = pages["einsum-playground"].evaluate(
        "text => sidebyside.einsum.readShapes(text).map(shape => shape.map(Number))", shapes
    )
    assert read == [list(shape) for shape in ast.literal_eval(f"[{shapes}]")]
    assert len(read) == fit


@pytest.mark.parametrize(
    "shapes", ["(3)", "3", "2, 3", "(2 3)", "(2, x)", "(2, 3", "(2.0, 3)", "(-1, 2)", "(01, 2)", "(,)", "x"]
)
def test_shapes_that_are_none_are_refused(einsum, shapes):
    assert einsum([("explained", "ij->i", shapes)])[0]["error"].startswith("shapes: expected tuples of sizes")


def test_the_playground_by_keyboard(open_page):
    page = open_page(PATHS["einsum-playground"])
    widget = page.locator("#einsum-playground")
    widget.locator("#einsum-playground-spec").fill("ik,kj->ij")
    assert "operand 1 has shape (2, 3, 2), expected (i, k)" in widget.locator(".widget-error").inner_text()
    assert widget.locator("[aria-invalid=true]").count() == 2
    widget.get_by_role("button", name="Shapes that fit").press("Enter")
    assert not widget.locator(".widget-error").is_visible()
    shapes = ast.literal_eval(f"[{widget.locator('#einsum-playground-shapes').input_value()}]")
    assert widget.locator("[data-part=explanation]").inner_text() == str(explain("ik,kj->ij", *shapes))
    assert widget.locator("[data-part=loops]").inner_text() == to_loops("ik,kj->ij")
    assert widget.locator(".widget-diagram").get_attribute("aria-label") == alt_text("ik,kj->ij")
    page.wait_for_function("document.querySelector('#einsum-playground [role=status]').textContent.includes('Output')")
    assert page.complaints == []


def test_the_diagram_draws_every_letter_once(pages):
    for spec in SPECS:
        drawn = pages["einsum-playground"].evaluate(
            "spec => [...sidebyside.einsumDiagram.draw(spec).querySelectorAll('.letter')].map(one => one.textContent)",
            spec,
        )
        assert sorted(drawn) == sorted(parse(spec).roles), spec


# All three


@pytest.mark.parametrize("name", WIDGETS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(open_page, browser, name, theme):
    context = browser.new_context(viewport={"width": 390, "height": 900})
    context.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
    page = open_page(PATHS[name], context=context)
    assert page.locator("html").get_attribute("data-theme") == theme
    if name == "einsum-playground":
        page.locator("#einsum-playground-spec").fill("ij->z")  # the refusal is looked at, too
        assert Axe().run(page, context=f"#{name}").response["violations"] == []
        page.locator("#einsum-playground-spec").fill("bnk,bnd->bkd")
    if name == "lambda-slider":
        set_lambda(page, 0.3)
    assert Axe().run(page, context=f"#{name}").response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.parametrize("name", WIDGETS)
def test_without_scripts_and_on_paper_the_still_figure_stands(browser, server, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/{PATHS[name]}")
    assert page.locator(f"#{name} .widget-still").is_visible()
    assert not page.locator(f"#{name} .widget-live").is_visible()
    context.close()


@pytest.mark.parametrize("name", WIDGETS)
def test_scripts_replace_the_still_figure_and_paper_brings_it_back(open_page, name):
    page = open_page(PATHS[name])
    still, live = page.locator(f"#{name} .widget-still"), page.locator(f"#{name} .widget-live")
    assert (still.is_visible(), live.is_visible()) == (False, True)
    page.emulate_media(media="print")
    assert (still.is_visible(), live.is_visible()) == (True, False)


def test_scripts_are_loaded_where_they_are_used_and_are_small(soups):
    for page in built_pages():
        loaded = {
            script["src"].split("/widgets/")[1].split("?")[0]
            for script in soups[page].select("script[src*='/widgets/']")
        }
        used = [WIDGETS[name] for name, path in PATHS.items() if path == page]
        assert loaded == {script for widget in used for script in ("page.js", *widget.scripts)}, page
    files = [*(SITE / "_static" / "widgets").glob("*.js"), *(SITE / "_static" / "widgets").glob("*.css")]
    assert sum(path.stat().st_size for path in files) < 100_000
