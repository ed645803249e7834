"""A small link at each heading, to tell what is wrong in that section."""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from sidebyside.site import report_url


class ReportLink(nodes.Inline, nodes.Element):
    """The link; without text of its own, so that neither the search index nor a table of contents sees it."""


def _add_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Append a link to the title of every section of a page."""
    if app.builder.name != "html":
        return
    for section in list(doctree.findall(nodes.section)):
        title = section.next_node(nodes.title)
        if title is not None and title.parent is section:
            name = title.astext()
            title += ReportLink(url=report_url(docname, name, section["ids"][0]), name=name)


def _visit(translator: Any, node: ReportLink) -> None:
    label = escape(f"Report a problem in “{node['name']}”")
    translator.body.append(
        f'<a class="report-link" href="{escape(node["url"])}" aria-label="{label}" title="Report a problem here">'
        '<i class="fa-solid fa-flag" aria-hidden="true"></i>'
    )


def _depart(translator: Any, node: ReportLink) -> None:
    translator.body.append("</a>")


def setup(app: Sphinx) -> None:
    """Register the link; it is appended when a page is written, after its contents were listed."""
    app.add_node(ReportLink, html=(_visit, _depart))
    app.connect("doctree-resolved", _add_links)
