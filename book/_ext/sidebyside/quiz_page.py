"""A quiz on the page: radio buttons, and under each question its answers, folded.

Without scripts a reader notes a choice and unfolds the answer. With them ``quiz.js`` says at once whether the choice is
right and why, and ``progress.js`` remembers it.
"""

from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sidebyside.element import element
from sidebyside.quiz import Option, Question, QuizError, read, verdict


class QuizDirective(SphinxDirective):
    """``:::{quiz}``: five questions, written as :mod:`sidebyside.quiz` says."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the quiz."""
        try:
            questions = read(list(self.content), self.content_offset + 1)
        except QuizError as error:
            raise self.error(f"{error} (line {error.line})") from None
        self.name_of_page = PurePosixPath(self.env.docname).name
        fieldsets = [self._question(number, question) for number, question in enumerate(questions, 1)]
        return [element("div", {"class": "quiz"}, *fieldsets, _score(len(questions)))]

    def _question(self, number: int, question: Question) -> element:
        name = f"quiz-{self.name_of_page}-{number}"
        legend = element("legend", {}, element("b", {}, nodes.Text(f"{number}. ")), *self._inline(question.text))
        feedback = element("div", {"class": "quiz-feedback"})
        options = [self._option(name, letter, option) for letter, option in question.lettered()]
        right = next(letter for letter, option in question.lettered() if option.right)
        attributes = {"class": "quiz-question", "data-question": str(number), "data-right": right}
        return element("fieldset", attributes, legend, *options, feedback, self._answers(question))

    def _option(self, name: str, letter: str, option: Option) -> element:
        radio = element("input", {"type": "radio", "name": name, "value": letter})
        words = element("span", {}, nodes.Text(f"{letter}) "), *self._inline(option.text))
        return element("label", {"class": "quiz-option"}, radio, words)

    def _answers(self, question: Question) -> element:
        rows = []
        for letter, option in question.lettered():
            told = element("b", {}, nodes.Text(verdict(letter, option)))
            attributes = {"data-option": letter, "class": "quiz-right" if option.right else "quiz-wrong"}
            rows.append(element("p", attributes, told, nodes.Text(" "), *self._inline(option.reason)))
        summary = element("summary", {}, nodes.Text("Answer"))
        return element("details", {"class": "quiz-answers"}, summary, *rows)

    def _inline(self, markdown: str) -> list[nodes.Node]:
        found, messages = self.state.inline_text(markdown, self.lineno)
        return [*found, *messages]


def _score(n_questions: int) -> element:
    """The line that scripts fill; the style sheet hides it without them."""
    count: dict[str, str] = {"class": "quiz-count"}
    clear = element("button", {"type": "button", "class": "quiz-clear"}, nodes.Text("Clear the answers"))
    return element(
        "div", {"class": "quiz-score"}, element("span", count, nodes.Text(f"0 of {n_questions} right")), clear
    )


def _load_script(app: Sphinx, page: str, template: str, context: Any, doctree: nodes.document | None) -> None:
    quizzes = [node for node in (doctree.findall(element) if doctree else []) if node["html"].get("class") == "quiz"]
    if quizzes:
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the directive and the script of the pages that hold a quiz."""
    app.add_directive("quiz", QuizDirective)
    app.connect("html-page-context", _load_script)
