"""What a reader's browser takes for each page: bytes, the largest paint, layout shift, from Chromium's own tracing.

``PYTHONPATH=book/_ext:tests/site python -m benchmarks.pages`` from the repository's root, after ``make book``. The
pages come from localhost with an empty cache; the median of a page's visits is shown. `tests/site` holds the pages to
limits on bytes and shift by the same functions; the time of the paint depends on the machine, and no test asks for it.
"""

import argparse
import statistics
from typing import Any

from _gates import PAGES, ask
from sidebyside.browser import find_chromium, launch, serve
from sidebyside.site import SITE


def visit(browser: Any, address: str, width: int) -> tuple[int, float, float]:
    """Bytes without MathJax, milliseconds to the largest paint, and layout shift of one visit with an empty cache."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    ask(page, "settle")
    paint = ask(page, "paint")
    weight = ask(page, "weight")
    context.close()
    return weight, paint["largest"], paint["shift"]


def main() -> None:
    """Visit every page a few times and print a table, then its worst figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=3)
    parser.add_argument("--width", type=int, default=1280)
    arguments = parser.parse_args()
    print(f"{'page':46} {'kB':>6} {'paint ms':>9} {'shift':>6}")
    rows = []
    with serve(SITE) as address, launch(find_chromium() or "chromium") as browser:
        for path in PAGES:
            visits = [visit(browser, f"{address}/{path}", arguments.width) for _ in range(arguments.visits)]
            weight, largest, shift = (statistics.median(values) for values in zip(*visits, strict=True))
            print(f"{path:46} {weight / 1000:6.0f} {largest:9.0f} {shift:6.3f}", flush=True)
            rows.append((weight / 1000, largest, shift))
    print("{:46} {:6.0f} {:9.0f} {:6.3f}".format("worst", *map(max, zip(*rows, strict=True))))


if __name__ == "__main__":
    main()
