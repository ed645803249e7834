"""Three views of a page's code, PyTorch, PaddlePaddle or both: pairs become tabs, and tabs become columns."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_design.shared import create_component

from sidebyside.source import FRAMEWORKS, ONLY
from sidebyside.tokens import compare

SIDES = {f"tag_{tag}": name for tag, name in [*zip(FRAMEWORKS, FRAMEWORKS, strict=True), *ONLY.items()]}
VIEWS = {**FRAMEWORKS, "both": "Both"}
TEMPLATES = Path(__file__).parent / "templates"
ONE_LINE = re.compile(r'(<div class="output stream)( [^"]*"><div class="highlight"><pre><span></span>[^\n]*\n</pre>)')


class compared_code(nodes.literal_block):
    """The code of a cell that has a partner; ``html`` holds what stands inside the ``<pre>``."""


class FrameworkTabs(SphinxTransform):
    """Wrap neighbouring cells of the two frameworks into one tab-set that follows the reader's choice of a view.

    An executing cell inside a ``tab-set`` directive loses its outputs, so the tabs are made after the cells were read.
    """

    default_priority = 700

    def apply(self, **kwargs: Any) -> None:
        """Replace each pair, and each cell of one framework alone, in place."""
        cells = [node for node in self.document.findall(nodes.container) if _side(node)]
        while cells:
            cell = cells.pop(0)
            if "tag_pytorch" in cell["classes"]:
                _wrap_pair(cell, cells.pop(0))
            else:
                _wrap_alone(cell)


def _wrap_pair(left: nodes.container, right: nodes.container) -> None:
    blocks = [next(cell.findall(nodes.literal_block)) for cell in (left, right)]
    for block, html in zip(blocks, compare(*(block.astext() for block in blocks)), strict=True):
        block.replace_self(compared_code(block.rawsource, block.astext(), **block.attributes, html=html))
    tabs = _tab_set()
    left.replace_self(tabs)
    right.parent.remove(right)
    for cell, (name, label) in zip((left, right), FRAMEWORKS.items(), strict=True):
        tabs += _tab(name, label, cell)


def _wrap_alone(cell: nodes.container) -> None:
    """Give the other framework a tab too, which says that nothing is missing there."""
    side = _side(cell)
    tabs = _tab_set("framework-only")
    cell.replace_self(tabs)
    for name, label in FRAMEWORKS.items():
        if name == side:
            tabs += _tab(name, f"{label} only", cell, selected=True)
        else:
            text = f"This cell is for {FRAMEWORKS[side]} only."
            tabs += _tab(name, label, nodes.paragraph("", text), "framework-none")


def _is_tab_set(node: nodes.container) -> bool:
    return "framework-tabs" in node["classes"]


def _tab_set(*classes: str) -> nodes.container:
    return create_component("tab-set", classes=["sd-tab-set", "framework-tabs", *classes])


def _tab(name: str, label: str, child: nodes.Element, *classes: str, selected: bool = False) -> nodes.container:
    classes = (f"framework-{name}", *classes)
    title = nodes.rubric(label, "", nodes.Text(label), classes=["sd-tab-label", *classes])
    title["sync_group"], title["sync_id"] = "framework", name
    content = create_component("tab-content", classes=["sd-tab-content", *classes], children=[child])
    return create_component("tab-item", classes=["sd-tab-item"], children=[title, content], selected=selected)


def _side(node: nodes.container) -> str:
    if node.get("nb_element") != "cell_code":
        return ""
    return next((SIDES[name] for name in node["classes"] if name in SIDES), "")


def _visit_compared_code(translator: Any, node: compared_code) -> None:
    """Write what Sphinx writes around a highlighted block, with lines and marks of our own inside."""
    opening = '<div class="highlight-ipython3 notranslate"><div class="highlight"><pre><span></span>'
    translator.body.append(f"{opening}{node['html']}</pre></div>\n</div>\n")
    raise nodes.SkipNode


def _add_control(app: Sphinx, config: Any) -> None:
    config.templates_path.append(str(TEMPLATES))
    config.html_theme_options["article_header_start"] = ["toggle-primary-sidebar.html", "framework-view.html"]


def _mark_sentences(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Mark outputs of one line: they are wrapped, while those of several keep their columns."""
    if "body" in context:
        context["body"] = ONE_LINE.sub(r"\1 sentence\2", context["body"])


def _set_view_early(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Choose the view in the head, before anything is drawn; offer the choice where a page has framework cells."""
    script = (TEMPLATES / "framework-view.js").read_text(encoding="utf-8")
    context["metatags"] = f"{context.get('metatags', '')}\n<script>{script}</script>"
    context["framework_views"] = VIEWS if doctree and any(map(_is_tab_set, doctree.findall(nodes.container))) else {}


def setup(app: Sphinx) -> None:
    """Register the transform, the control in the header, the script in the head and the style sheet."""
    app.add_transform(FrameworkTabs)
    app.add_node(compared_code, html=(_visit_compared_code, None))
    app.add_css_file("views.css")
    app.add_js_file("views.js", loading_method="defer")
    app.connect("config-inited", _add_control)
    app.connect("html-page-context", _set_view_early, priority=100)
    app.connect("html-page-context", _mark_sentences)
