"""What a reader does is told at once, kept, shown in the sidebar, carried to another machine, and erased on demand."""

import json

import pytest

pytest.importorskip("playwright")

import _gates
from sidebyside.progress import exercises
from sidebyside.quiz import read_all
from sidebyside.site import ROOT
from sidebyside.source import chapter_paths

pytestmark = pytest.mark.slow

PATH = chapter_paths(ROOT)[0]
CHAPTER = f"book/chapters/{PATH.stem}.html"
OTHER = f"book/chapters/{chapter_paths(ROOT)[1].stem}.html"
PROGRESS = "book/progress.html"
EXERCISES = exercises(ROOT)[PATH.stem]
QUESTIONS = read_all(PATH.read_text(encoding="utf-8"))[0]
RIGHT = [next(letter for letter, option in question.lettered() if option.right) for question in QUESTIONS]
WRONG = [next(letter for letter, option in question.lettered() if not option.right) for question in QUESTIONS]

REFUSE_STORAGE = """
for (const name of ["getItem", "setItem"]) {
  const original = Storage.prototype[name];
  Storage.prototype[name] = function (key, ...rest) {
    if (key.includes("progress")) throw new DOMException("refused", "SecurityError");
    return original.call(this, key, ...rest);
  };
}
"""


@pytest.fixture
def context(browser):
    """A browser of one reader, with nothing kept so far."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield opened
    opened.close()


def radio(page, question, letter):
    return page.locator(f".quiz-question[data-question='{question}'] input[value={letter}]")


def feedback(page, question):
    return page.locator(f".quiz-question[data-question='{question}'] .quiz-feedback")


def entry(page, path=CHAPTER):
    """The sidebar's entry of a chapter, as a screen reader says it."""
    entries = page.locator(".bd-links a").all()
    return next(one.text_content() for one in entries if one.evaluate("a => a.href").split("#")[0].endswith(path))


def row(page, path=CHAPTER):
    """The chapter's row on the page of progress, without its title."""
    name = path.rsplit("/", 1)[-1].removesuffix(".html")
    return page.locator(f"tr[data-chapter='{name}'] td").all_text_contents()[1:]


def read_to_the_end(page):
    page.locator(".chapter-read").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.chapter-read input').checked")


def test_an_answer_is_judged_and_explained_at_once_and_kept(open_page, context):
    page = open_page(CHAPTER, context=context)
    radio(page, 1, WRONG[0]).check()
    assert feedback(page, 1).text_content().startswith(f"{WRONG[0]}) Wrong. ")
    assert feedback(page, 1).get_attribute("role") == "status"
    radio(page, 1, RIGHT[0]).check()
    said = feedback(page, 1).text_content()
    assert said.startswith(f"{RIGHT[0]}) Right. ")
    assert said.removeprefix(f"{RIGHT[0]}) Right. ")[:20] in " ".join(PATH.read_text(encoding="utf-8").split())
    radio(page, 2, WRONG[1]).check()
    assert page.locator(".quiz-count").text_content() == "1 of 5 right"
    page.reload()
    assert radio(page, 1, RIGHT[0]).is_checked()
    assert feedback(page, 2).text_content().startswith(f"{WRONG[1]}) Wrong. ")
    page.locator(".quiz-clear").click()
    assert page.locator(".quiz-question input:checked").count() == 0
    assert feedback(page, 1).text_content() == ""
    assert page.complaints == []


def test_the_quiz_is_answered_by_keyboard(open_page):
    page = open_page(CHAPTER)
    radio(page, 1, "a").focus()
    page.keyboard.press("Space")
    assert feedback(page, 1).text_content().startswith("a) ")
    page.keyboard.press("ArrowDown")
    assert feedback(page, 1).text_content().startswith("b) ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator(".quiz-question[data-question='1'] details").evaluate("details => details.open")


def test_without_scripts_the_answers_are_folded_and_nothing_pretends_to_work(open_page, browser):
    context = browser.new_context(java_script_enabled=False)
    page = open_page(CHAPTER, context=context)
    answers = page.locator(".quiz-answers")
    assert answers.count() == 5
    shown = answers.first.locator(f"[data-option={RIGHT[0]}]")
    assert not shown.is_visible()
    answers.first.locator("summary").click()
    assert shown.is_visible()
    for useless in (".progress-box", ".quiz-score"):
        assert not page.locator(useless).first.is_visible(), useless
    page = open_page(PROGRESS, context=context)
    assert row(page) == ["–", f"of {len(EXERCISES)}", "of 5"]
    assert page.locator(".without-scripts").is_visible()
    assert not page.locator(".progress-actions").is_visible()
    context.close()


def test_a_chapter_read_to_its_end_is_ticked_on_every_page_and_can_be_unticked(open_page, context):
    page = open_page(CHAPTER, context=context)
    assert not page.locator(".chapter-read input").is_checked()
    assert "read" not in entry(page)
    read_to_the_end(page)
    assert f", read, 0 of {len(EXERCISES)} exercises solved" in entry(page)
    other = open_page(OTHER, context=context)
    assert "✓" in entry(other)
    assert row(open_page(PROGRESS, context=context))[0] == "✓ yes"
    page.locator(".chapter-read input").uncheck()
    other.wait_for_function("!document.querySelector('.chapter-progress')")  # the other window follows
    page.reload()
    page.locator(".chapter-read").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert not page.locator(".chapter-read input").is_checked(), "who says 'not read' is overruled"


def test_a_solved_exercise_is_counted(open_page, context):
    page = open_page(CHAPTER, context=context)
    boxes = page.locator("input[data-exercise]")
    assert [box.get_attribute("data-exercise") for box in boxes.all()] == EXERCISES
    boxes.nth(1).check()
    assert f"1 of {len(EXERCISES)} exercises solved" in entry(page)
    page.reload()
    assert [box.is_checked() for box in boxes.all()[:3]] == [False, True, False]
    assert row(open_page(PROGRESS, context=context)) == ["no", f"1 of {len(EXERCISES)}", "0 of 5"]


def test_ticks_move_no_entry_of_the_sidebar(open_page, context):
    heights = "[...document.querySelectorAll('.bd-links a')].map(a => a.getBoundingClientRect().height)"
    before = open_page(OTHER, context=context).evaluate(heights)
    page = open_page(CHAPTER, context=context)
    page.locator("input[data-exercise]").first.check()
    read_to_the_end(page)
    later = open_page(OTHER, context=context)
    assert later.locator(".chapter-progress").count() == 1
    assert later.evaluate(heights) == before


def test_progress_is_saved_erased_and_loaded_again(open_page, context, tmp_path):
    page = open_page(CHAPTER, context=context)
    page.locator("input[data-exercise]").first.check()
    radio(page, 1, RIGHT[0]).check()
    read_to_the_end(page)
    page = open_page(PROGRESS, context=context)
    done = row(page)
    assert done == ["✓ yes", f"1 of {len(EXERCISES)}", "1 of 5"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to a file").press("Enter")
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert json.loads(saved.read_text(encoding="utf-8"))["chapters"][PATH.stem]["solved"] == EXERCISES[:1]

    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Erase everything").click()
    assert row(page) == done, "erased although the reader said no"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Erase everything").click()
    assert row(page) == ["no", f"0 of {len(EXERCISES)}", "0 of 5"]

    later = open_page(CHAPTER, context=context)
    later.locator("input[data-exercise]").nth(1).check()
    load(page, saved)
    assert row(page) == ["✓ yes", f"2 of {len(EXERCISES)}", "1 of 5"], "loading adds to what is there"
    later.wait_for_function("document.querySelector('input[data-exercise]').checked")
    assert page.complaints == []


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", '{"chapters": {}}', '{"format": "side-by-side-progress", "chapters": 3}']
)
def test_a_file_that_is_no_progress_is_refused(open_page, tmp_path, text):
    file = tmp_path / "wrong.json"
    file.write_text(text, encoding="utf-8")
    page = open_page(PROGRESS)
    load(page, file)
    assert "is not a progress file" in page.locator(".progress-status").text_content()
    assert row(page) == ["no", f"0 of {len(EXERCISES)}", "0 of 5"]


def load(page, file):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load from a file").click()
    chooser.value.set_files(file)
    page.wait_for_function("document.querySelector('.progress-status').textContent.includes('.json')")


@pytest.mark.parametrize("kept", ["no JSON", "[1]", '{"00_recall_problem": 5, "x": {"solved": "all", "answers": [1]}}'])
def test_what_is_kept_but_not_understood_does_no_harm(open_page, context, kept):
    context.add_init_script(f"localStorage.setItem('side-by-side-progress', {json.dumps(kept)})")
    for path in (CHAPTER, PROGRESS):
        assert open_page(path, context=context).complaints == []


def test_where_the_browser_refuses_storage_the_page_works_and_says_so(open_page, context):
    context.add_init_script(REFUSE_STORAGE)
    page = open_page(CHAPTER, context=context)
    radio(page, 1, WRONG[0]).check()
    assert feedback(page, 1).text_content().startswith(f"{WRONG[0]}) Wrong. ")
    page.locator("input[data-exercise]").first.check()
    assert f"1 of {len(EXERCISES)} exercises solved" in entry(page)
    assert page.complaints == []
    page = open_page(PROGRESS, context=context)
    assert "nothing will be remembered" in page.locator(".progress-status").text_content()
    assert page.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", [CHAPTER, PROGRESS])
def test_what_was_answered_and_ticked_is_accessible(open_page, context, path, theme):
    page = open_page(CHAPTER, context=context)
    radio(page, 1, WRONG[0]).check()
    radio(page, 2, RIGHT[1]).check()
    page.locator("input[data-exercise]").first.check()
    read_to_the_end(page)
    page = open_page(path, context=context)
    _gates.show_theme(page, theme)
    assert _gates.find_violations(page) == []
