"""What a reader has done: a box at each exercise, one at the end of each chapter, ticks in the sidebar, and a table.

All of it is kept by the browser alone. The boxes are in the page from the start, and the style sheet hides them
where no script runs, so that nothing moves when the scripts do.
"""

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import exercise_subtitle, is_exercise_node

from sidebyside.element import element
from sidebyside.quiz import N_QUESTIONS
from sidebyside.source import chapter_paths

CHAPTERS = "book/chapters/"
PAGE = "book/progress"
LABEL = re.compile(r"^:label: (ex-\S+)$", re.MULTILINE)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
SIDEBAR = ["navbar-logo.html", "icon-links.html", "search-button-field.html", "sbt-sidebar-nav.html", "progress.html"]


def exercises(root: Path) -> dict[str, list[str]]:
    """Return the labels of the exercises of each chapter of the repository `root`."""
    return {path.stem: LABEL.findall(path.read_text(encoding="utf-8")) for path in chapter_paths(root)}


class Boxes(SphinxTransform):
    """Add a box to each exercise of a chapter and one to the chapter's end."""

    default_priority = 700

    def apply(self, **kwargs: Any) -> None:
        """Add them in place."""
        docname = self.env.docname
        if not docname.startswith(CHAPTERS):
            return
        for node in list(self.document.findall(is_exercise_node)):
            title = next(iter(node.findall(exercise_subtitle)), None)
            unseen = f": {title.astext().strip(' ()')}" if title else ""
            node += _box("exercise-solved", "Solved", {"data-exercise": node["label"]}, unseen)
        end = _box("chapter-read", "I have read this chapter", {})
        end += _link(docname, PAGE, "Your progress")
        next(self.document.findall(nodes.section)).append(end)


class ProgressTable(SphinxDirective):
    """``{progress-table}``: a row a chapter with what there is to do; scripts add what the reader has done."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        columns = [nodes.Text(name) for name in ("Chapter", "Read", "Exercises solved", "Quiz answers right")]
        head = element("thead", {}, _row("th", {"scope": "col"}, columns))
        rows = [self._chapter(path) for path in chapter_paths(Path(self.env.srcdir))]
        return [element("table", {"class": "table progress-table"}, head, element("tbody", {}, *rows))]

    def _chapter(self, path: Path) -> element:
        self.env.note_dependency(str(path))
        text = path.read_text(encoding="utf-8")
        title = TITLE.search(text)
        link = _link(self.env.docname, f"{CHAPTERS}{path.stem}", f"{path.stem[:2]} {title[1] if title else ''}")
        counts = [f"of {len(LABEL.findall(text))}", f"of {N_QUESTIONS}"]
        row = _row("td", {}, [link, nodes.Text("–"), *map(nodes.Text, counts)])
        row["html"]["data-chapter"] = path.stem
        return row


def _row(tag: str, attributes: dict[str, str], cells: list[nodes.Node]) -> element:
    return element("tr", {}, *(element(tag, attributes, cell) for cell in cells))


def _box(name: str, label: str, attributes: dict[str, str], unseen: str = "") -> element:
    """A box with its label, which goes on with `unseen` for those who hear it out of its place."""
    box = element("input", {"type": "checkbox", **attributes})
    words = element("span", {}, nodes.Text(label))
    if unseen:
        words += element("span", {"class": "visually-hidden"}, nodes.Text(unseen))
    return element("div", {"class": f"progress-box {name}"}, element("label", {}, box, words))


def _link(docname: str, target: str, title: str) -> pending_xref:
    options = {"refdomain": "std", "reftype": "doc", "refexplicit": True, "refdoc": docname, "refwarn": True}
    return pending_xref("", nodes.inline("", title), reftarget=f"/{target}", **options)


def _configure(app: Sphinx, config: Any) -> None:
    config.templates_path.append(str(Path(__file__).parent / "templates"))
    config.html_sidebars.setdefault("**", SIDEBAR)


def _prepare_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the page's scripts what each chapter holds, and load those that this page needs."""
    context["progress_data"] = json.dumps({"chapters": exercises(Path(app.srcdir)), "questions": N_QUESTIONS})
    if page.startswith(CHAPTERS):
        app.add_js_file("progress-boxes.js", loading_method="defer")
    if page == PAGE:
        app.add_js_file("progress-page.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the boxes, the table, the ticks in the sidebar, and the scripts and styles."""
    app.add_transform(Boxes)
    app.add_directive("progress-table", ProgressTable)
    app.add_js_file("progress.js")  # at once: the sidebar is ticked before it is drawn
    app.add_css_file("progress.css")
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _prepare_page)
