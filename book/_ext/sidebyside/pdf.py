"""``python -m sidebyside.pdf``: print the built site as one book, with outline and page numbers."""

import sys
from pathlib import Path
from typing import Any

import pikepdf

from sidebyside import onepage
from sidebyside.browser import find_chromium, launch
from sidebyside.site import ROOT, SITE, config

BOOK = ROOT / "dist" / "multi-interest-recall.pdf"
MINUTES = 60_000  # milliseconds
NUMBER = """pages => document.querySelectorAll('.book-contents a').forEach(link => {
    link.querySelector('.page-number').textContent = pages[link.getAttribute('href').slice(1)];
})"""


def print_page(browser: Any, joined: Path, out: Path) -> None:
    """Print the page `joined` twice, the second time with the page numbers of the first in its contents."""
    page = browser.new_page()
    page.goto(joined.as_uri(), timeout=5 * MINUTES)
    page.wait_for_function("window.MathJax?.startup?.promise?.then(() => true)", timeout=10 * MINUTES)
    for _ in range(2):
        out.write_bytes(page.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True))
        page.evaluate(NUMBER, page_numbers(out))
    page.close()


def page_numbers(path: Path) -> dict[str, int]:
    """Return the page of every place that a link in the PDF at `path` leads to, by its id."""
    with pikepdf.open(path) as book:
        numbers = {page.obj.objgen: number for number, page in enumerate(book.pages, 1)}
        places = book.Root.get("/Dests", pikepdf.Dictionary())
        return {name.removeprefix("/"): numbers[place[0].objgen] for name, place in places.items()}


def pack(path: Path) -> None:
    """Write who made the book into the PDF at `path`, and halve its size: Chromium leaves its objects unpacked."""
    with pikepdf.open(path, allow_overwriting_input=True) as book:
        book.docinfo["/Author"] = config()["author"]
        book.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True)


def main() -> None:
    """Join the pages of the site and print them to ``dist/``."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("Chromium prints the book: install it, for example with `apt-get install chromium`")
    joined, raw = ROOT / "_build" / "print" / "book.html", ROOT / "_build" / "print" / "book.pdf"
    onepage.join(SITE, joined)
    with launch(chromium) as browser:
        print_page(browser, joined, raw)
    pack(raw)
    BOOK.parent.mkdir(exist_ok=True)
    raw.replace(BOOK)
    print(f"The book: {BOOK.relative_to(ROOT)}, {BOOK.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
