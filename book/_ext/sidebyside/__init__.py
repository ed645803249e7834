"""One chapter source, two notebooks, one page.

``source`` reads and checks a chapter, ``notebook`` splits it into one notebook a framework and runs them, ``page``
merges the source with both notebooks' outputs while the site is built, ``sphinx`` turns framework pairs into tabs.
``plain`` rewrites MyST for readers of the notebooks, ``head`` writes what stands under a chapter's title.
"""

from typing import Any


def setup(app: Any) -> dict[str, Any]:
    """Register the reader and the tabs with Sphinx."""
    from sidebyside import sphinx

    return sphinx.setup(app)
