"""The few facts about the site that are set once, in ``_config.yml``."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / "_build" / "html"


@cache
def config(root: Path = ROOT) -> dict[str, Any]:
    """Return the parsed ``_config.yml`` of the repository `root`."""
    return yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))


def repository_url() -> str:
    """The address of the repository, without a slash at its end."""
    return config()["repository"]["url"].rstrip("/")


def colab_url(framework: str, name: str) -> str:
    """Where Colab opens a chapter's notebook."""
    slug = repository_url().removeprefix("https://github.com/")
    branch = config()["repository"]["branch"]
    return f"https://colab.research.google.com/github/{slug}/blob/{branch}/notebooks/{framework}/{name}.ipynb"


def page_url(docname: str) -> str:
    """Where the published site shows a page, from its name such as ``book/glossary``."""
    return f"{config()['html']['baseurl'].rstrip('/')}/{docname.strip('/')}.html"


def report_url(docname: str, section: str, anchor: str = "") -> str:
    """Where a reader tells what is wrong in a section: the repository's form for a new issue, filled in."""
    place = f"{page_url(docname)}#{anchor}" if anchor else page_url(docname)
    asked = {"title": f"Problem in “{section}”", "body": f"{place}\n\nWhat is wrong, and what should it say?\n\n"}
    return f"{repository_url()}/issues/new?{urlencode(asked, quote_via=quote)}"


def built_pages() -> list[str]:
    """Return the pages of the built site, as paths below :data:`SITE`."""
    return sorted(path.relative_to(SITE).as_posix() for path in SITE.glob("book/**/*.html"))
