"""What the landing page shows: the pipeline, drawn, and the tables of measured results.

A table is a function from a result file of ``tutorial_utils.results`` to Markdown, entered in :data:`TABLES` under the
file's name. ``{result-table} training`` sets it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sidebyside import pipeline
from tutorial_utils import results

# How the names of the recommenders begin that the landing page shows; the chapter shows all.
SHOWN = ("default, K = 1", "default, K = 4", "default, mean", "Popularity", "ItemKNN", "plain", "rechub")
DATA = {"synthetic": "synthetic users", "ml-100k": "MovieLens-100K"}


class Pipeline(nodes.General, nodes.Element):
    """The drawing, for HTML."""


class PipelineDirective(SphinxDirective):
    """Place the drawing."""

    def run(self) -> list[nodes.Node]:
        """Return the node; it is drawn when the page is written, where addresses are known."""
        return [Pipeline()]


def _visit(translator: Any, node: Pipeline) -> None:
    builder = translator.builder

    def address(station: pipeline.Station) -> str:
        page = builder.get_relative_uri(builder.current_docname, f"book/chapters/{station.chapter}")
        return f"{page}#{station.anchor}" if station.anchor and "#" not in page else page

    drawings = (
        pipeline.draw(layout, kind, address) for layout, kind in ((pipeline.WIDE, "wide"), (pipeline.TALL, "tall"))
    )
    translator.body.append(f'<div class="pipeline">{"".join(drawings)}</div>')
    raise nodes.SkipNode


class ResultTable(SphinxDirective):
    """Set the table of one result file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the parsed table."""
        name = self.arguments[0]
        if name not in TABLES:
            raise self.error(f"there is no table for {name!r}, expected one of {sorted(TABLES)}")
        self.env.note_dependency(results.__file__.replace("__init__.py", f"{name}.json"))
        parent = nodes.container(classes=["result-table"])
        lines = StringList(TABLES[name](results.load(name)).splitlines(), source=self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, parent)
        return [parent]


def training_table(measured: dict[str, Any]) -> str:
    """Return Recall@50 of every model on every data set, and its difference to one interest."""
    data = measured["quality"]
    columns = {name: _recall_column(quality) for name, quality in data.items()}
    models = list(next(iter(columns.values())))
    heads = [f"Recall@50, {DATA[name]} | difference to K = 1" for name in columns]
    rows = [[model, *(columns[name][model] for name in columns)] for model in models]
    splits = len(measured["seeds"]["splits"])
    return "\n".join(
        [
            _row(["model", *heads]),
            _row(["---", *("--- | ---" for _ in columns)]),
            *(_row(row) for row in rows),
            "",
            f"Means over {splits} splits; in brackets, the 95 % interval of the paired differences; in bold, the best. "
            f"Items of the user's history are not listed. Measured on {measured['date']} by `{measured['command']}`. "
            "{doc}`/book/chapters/05_training_loop` reads the table, with its cautions.",
        ]
    )


def _recall_column(quality: dict[str, Any]) -> dict[str, str]:
    """Return the cells of one data set, by model."""
    recall = {model: np.mean(metrics["excluded"]["recall@50"]) for model, metrics in quality["metrics"].items()}
    best = max(recall, key=recall.__getitem__)
    cells = {}
    for model, mean in recall.items():
        paired = quality["against_one_interest"][model]["excluded"]
        low, high = paired["interval"]
        difference = f"{paired['mean']:+.3f} \\[{low:+.3f}, {high:+.3f}\\]" if model != "K = 1" else ""
        cells[model] = f"{'**' if model == best else ''}{mean:.3f}{'**' if model == best else ''} | {difference}"
    return cells


def faster_table(measured: dict[str, Any]) -> str:
    """Return medians over splits of every recommender on every data set."""
    heads = ["data", "recommender", "Recall@50", "NDCG@50", "seconds of training"]
    rows = [
        [
            DATA.get(name, name),
            row["recommender"],
            f"{row['recall@50']:.3f}",
            f"{row['ndcg@50']:.3f}",
            f"{row['seconds']:.1f}",
        ]
        for name, found in measured["data"].items()
        for row in found["rows"]
        if row["recommender"].startswith(SHOWN)
    ]
    return "\n".join(
        [
            _row(heads),
            _row(["---"] * len(heads)),
            *map(_row, rows),
            "",
            "Medians over splits of the users, one for plain and rechub, and over seeds; "
            f"items of the user's history are not listed; one thread. Measured on {measured['date']}. "
            "{doc}`/book/chapters/07_faster_training` reads the table.",
        ]
    )


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {"training": training_table, "faster": faster_table}


def setup(app: Sphinx) -> None:
    """Register the drawing and the tables."""
    app.add_node(Pipeline, html=(_visit, None))
    app.add_directive("pipeline", PipelineDirective)
    app.add_directive("result-table", ResultTable)
