"""The Sphinx side: read ``.myst`` chapters through :mod:`sidebyside.page`, set framework pairs as synchronised tabs."""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx_design.shared import create_component

from sidebyside import element, progress, quiz_page, widgets
from sidebyside.source import FRAMEWORKS, ONLY

TABS = {f"tag_{name}": (name, label) for name, label in FRAMEWORKS.items()}
TABS |= {f"tag_{tag}": (name, f"{FRAMEWORKS[name]} only") for tag, name in ONLY.items()}


class FrameworkTabs(SphinxTransform):
    """Wrap neighbouring cells of the two frameworks into one tab-set that remembers the reader's choice.

    An executing cell inside a ``tab-set`` directive loses its outputs, so the tabs are made after the cells were read.
    """

    default_priority = 700

    def apply(self, **kwargs: Any) -> None:
        """Replace each pair, and each cell of one framework alone, in place."""
        cells = [node for node in self.document.findall(nodes.container) if _side(node)]
        while cells:
            group = [cells.pop(0)]
            if cells and "tag_pytorch" in group[0]["classes"]:
                group.append(cells.pop(0))
            self._wrap(group)

    def _wrap(self, group: list[nodes.container]) -> None:
        tabs = create_component("tab-set", classes=["sd-tab-set", "framework-tabs"])
        group[0].replace_self(tabs)
        for cell in group[1:]:
            cell.parent.remove(cell)
        tabs.extend(self._tab(cell) for cell in group)

    def _tab(self, cell: nodes.container) -> nodes.container:
        name, label = TABS[_side(cell)]
        title = nodes.rubric(label, "", nodes.Text(label), classes=["sd-tab-label"])
        title["sync_group"], title["sync_id"] = "framework", name
        content = create_component("tab-content", classes=["sd-tab-content"], children=[cell])
        return create_component("tab-item", classes=["sd-tab-item"], children=[title, content], selected=False)


def _side(node: nodes.container) -> str:
    if node.get("nb_element") != "cell_code":
        return ""
    return next((name for name in node["classes"] if name in TABS), "")


def _use_reader(app: Sphinx, config: Any) -> None:
    config.nb_custom_formats = {".myst": ["sidebyside.page.read_page", {"root": str(app.srcdir)}]}


def _drop_thebe(app: Sphinx, config: Any) -> None:
    """Unhook sphinx-thebe's scripts: Jupyter Book always loads them, and they name another host on every page."""
    for listeners in app.events.listeners.values():
        listeners[:] = [entry for entry in listeners if not _adds_thebe(entry.handler)]


def _adds_thebe(handler: Any) -> bool:
    return handler.__module__.startswith("sphinx_thebe") and handler.__name__ != "st_static_path"  # that one brings CSS


def _depend_on_notebooks(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname.startswith("book/chapters/"):
        for framework in FRAMEWORKS:
            app.env.note_dependency(str(Path("notebooks") / framework / f"{Path(docname).name}.ipynb"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform, the reader and the dependency of a page on its notebooks."""
    app.add_transform(FrameworkTabs)
    for part in (element, quiz_page, progress, widgets):
        part.setup(app)
    app.connect("config-inited", _use_reader, priority=1)
    app.connect("config-inited", _drop_thebe)
    app.connect("source-read", _depend_on_notebooks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
