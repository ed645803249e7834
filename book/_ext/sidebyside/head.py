"""What stands under a chapter's title: time, prerequisites, goals, and where else to open it."""

from sidebyside import plain
from sidebyside.site import colab_url, page_url
from sidebyside.source import FRAMEWORKS, Chapter


def markdown(chapter: Chapter, *, page: bool) -> str:
    """Return the head as Markdown, for the site's `page` (MyST) or for a notebook (plain)."""
    facts = [
        f"**Time**: about {chapter.metadata['minutes']} minutes",
        "**Before you start**: " + "; ".join(chapter.metadata["prerequisites"]),
        "**You will be able to**:",
        *(f"- {goal}" for goal in chapter.metadata["goals"]),
    ]
    text = "\n\n".join(facts[:3]) + "\n\n" + "\n".join(facts[3:])
    if not page:
        link = page_url(f"book/chapters/{chapter.name}")
        return f"{plain.markdown(text)}\n\nThe same chapter as a page, with both frameworks: [{link}]({link})"
    links = "\n".join(f"- {link}" for link in _links(chapter))
    return f"::::{{div}} chapter-head\n{text}\n\n:::{{div}} chapter-links\n{links}\n:::\n::::"


def _links(chapter: Chapter) -> list[str]:
    links = []
    for framework, label in FRAMEWORKS.items():
        links.append(f"[Colab ({label})]({colab_url(framework, chapter.name)})")
    for framework, label in FRAMEWORKS.items():
        path = f"/notebooks/{framework}/{chapter.name}.ipynb"
        links.append(f"{{download}}`Notebook ({label}) <{path}>`")
    return links
