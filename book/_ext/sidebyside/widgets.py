"""Living figures: where they stand, what a page loads for them, and what stands there on paper or without scripts.

A chapter writes ``:::{widget} NAME``, with one or two sentences as its body. The page then holds the sentences, a still
figure, an empty place for the living one and its data, ``book/assets/widgets/NAME.json``, inside the page: a file that
is opened without a server may not fetch another. The scripts build the living figure and hide the still one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sidebyside.site import ROOT, page_url
from tutorial_utils.diversity.numpy import greedy_rerank
from tutorial_utils.einsum.numpy import explain, to_loops
from tutorial_utils.metrics import diversity_at

DATA = ROOT / "book" / "assets" / "widgets"
STILL_LAMBDAS = (0.0, 0.2, 1.0)


def still_attention(data: dict[str, Any]) -> str:
    """Set the weights of the first user as a table, an item a row and a head a column."""
    user = data["users"][0]
    rows = [["Item", *(f"Head {head + 1}" for head in range(data["heads"]))]]
    for name, weights in zip(user["items"], user["weights"], strict=True):
        rows.append([name, *(f"{weight:.2f}" for weight in weights)])
    return _table(rows)


def still_lists(data: dict[str, Any]) -> str:
    """Set the list of one user at three values of lambda side by side, with recall and diversity below."""
    user = data["users"][data["start"]]
    columns = [_list_column(user, data["n"], lam) for lam in STILL_LAMBDAS]
    places = [*map(str, range(1, data["n"] + 1)), f"Recall@{data['n']}", f"Diversity@{data['n']}"]
    header = ["Place", *(f"$\\lambda$ = {lam:g}" for lam in STILL_LAMBDAS)]
    table = _table([header, *map(list, zip(places, *columns, strict=True))])
    return f"{table}\n\nA star marks a hidden target."


def still_einsum(data: dict[str, Any]) -> str:
    """Explain and write out the spec that the playground starts with."""
    spec, shapes = data["start"]["spec"], data["start"]["shapes"]
    return f"```text\n{explain(spec, *map(tuple, shapes))}\n```\n\n```python\n{to_loops(spec)}\n```"


@dataclass(frozen=True)
class Widget:
    """A living figure: the chapter that holds it, its scripts in loading order, its still figure as Markdown."""

    chapter: str
    scripts: tuple[str, ...]
    still: Callable[[dict[str, Any]], str]


WIDGETS = {
    "attention-explorer": Widget("02_multi_interest", ("attention-explorer.js",), still_attention),
    "einsum-playground": Widget("03_einsum", ("einsum.js", "einsum-diagram.js", "einsum-playground.js"), still_einsum),
    "lambda-slider": Widget("06_greedy_diversity", ("greedy.js", "lambda-slider.js"), still_lists),
}


def link(name: str) -> str:
    """Return a link to the living figure `name` on the published page, for readers of a notebook.

    Raises
    ------
    ValueError
        If there is no such widget.
    """
    return f"[Open the living figure]({page_url(f'book/chapters/{_widget(name).chapter}')}#{name})"


def read_data(name: str) -> dict[str, Any]:
    """Read the data of the widget `name`."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


class WidgetDirective(SphinxDirective):
    """``:::{widget} NAME``: the body says what one can do with the figure."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the place of the figure, with its still form."""
        name = self.arguments[0]
        try:
            widget = _widget(name)
        except ValueError as error:
            raise self.error(str(error)) from None
        self.env.note_dependency(str(DATA / f"{name}.json"))
        data = read_data(name)
        place = nodes.container("", classes=["widget"], ids=[name], widget=name)
        self.state.nested_parse(self.content, self.content_offset, place)
        still = nodes.container("", classes=["widget-still"])
        self.state.nested_parse(StringList(widget.still(data).split("\n"), name), self.content_offset, still)
        packed = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        live = f'<div class="widget-live" hidden></div>\n<script type="application/json">{packed}</script>'
        place += [still, nodes.raw("", live, format="html")]
        return [place]


def _widget(name: str) -> Widget:
    if name not in WIDGETS:
        raise ValueError(f"there is no widget {name!r}, expected one of {', '.join(WIDGETS)}")
    return WIDGETS[name]


def _table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _list_column(user: dict[str, Any], n: int, lam: float) -> list[str]:
    scores, categories = np.array(user["scores"]), np.array(user["categories"])
    chosen = greedy_rerank(scores[None], categories[None], n, lam)[0]
    hits = [position in user["targets"] for position in chosen.tolist()]
    names = [user["items"][position] + (" *" if hit else "") for position, hit in zip(chosen, hits, strict=True)]
    diversity = diversity_at(chosen[None] + 1, np.append(-1, categories), n)  # position p as item p + 1
    return [*names, f"{sum(hits) / user['n_targets']:.2f}", f"{diversity:.2f}"]


def _load_scripts(app: Sphinx, pagename: str, templatename: str, context: Any, doctree: nodes.document | None) -> None:
    """Load scripts and styles on the pages that hold a widget, and on no other."""
    containers = doctree.findall(nodes.container) if doctree else []
    names = [node["widget"] for node in containers if "widget" in node]
    scripts = [script for name in names for script in WIDGETS[name].scripts]
    for script in ["page.js", *scripts] if names else []:
        app.add_js_file(f"widgets/{script}", loading_method="defer")
    if names:
        app.add_css_file("widgets/widgets.css")


def setup(app: Sphinx) -> None:
    """Register the directive and the scripts."""
    app.add_directive("widget", WidgetDirective)
    app.connect("html-page-context", _load_scripts)


def data_path(name: str) -> Path:
    """Where the data of the widget `name` lies."""
    return DATA / f"{name}.json"
