"""The Sphinx side: read ``.myst`` chapters through :mod:`sidebyside.page`, rebuild a page when its notebooks change."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from sidebyside import a11y, element, icons, landing, progress, publish, quiz_page, report, views, widgets
from sidebyside.source import FRAMEWORKS


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
    """Register the reader, the dependency of a page on its notebooks, and the parts that have modules of their own."""
    for part in (a11y, views, element, quiz_page, progress, landing, publish, report, icons, widgets):
        part.setup(app)
    app.connect("config-inited", _use_reader, priority=1)
    app.connect("config-inited", _drop_thebe)
    app.connect("source-read", _depend_on_notebooks)
    return {"version": "1", "env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
