"""An HTML element as a node of a page, for what neither docutils nor Sphinx has a node for."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


class element(nodes.General, nodes.TextElement):
    """``element(tag, attributes, *children)``: only for HTML."""

    def __init__(self, tag: str = "", attributes: dict[str, str] | None = None, *children: nodes.Node) -> None:
        super().__init__("", "", *children, tag=tag, html=attributes or {})

    def copy(self) -> "element":
        """Return a copy without children."""
        return element(self["tag"], dict(self["html"]))


def _visit(translator: Any, node: element) -> None:
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def _depart(translator: Any, node: element) -> None:
    if node["tag"] != "input":
        translator.body.append(f"</{node['tag']}>")


def setup(app: Sphinx) -> None:
    """Register the node."""
    app.add_node(element, html=(_visit, _depart))
