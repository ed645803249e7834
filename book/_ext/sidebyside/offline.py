"""``python -m sidebyside.offline``: pack the built site into a zip that opens without a server."""

import re
import zipfile
from pathlib import Path

from sidebyside.site import ROOT, SITE

PACKED = ROOT / "dist" / "multi-interest-recall-site.zip"
FOLDER = "multi-interest-recall"
LEFT_OUT = re.compile(r"\.map$|\.ttf$|^\.buildinfo$|^objects\.inv$|^robots\.txt$|^sitemap\.xml$|^_static/locales/")
EARLY = (1980, 1, 1, 0, 0, 0)  # one date for all: the same site gives the same zip


def pack(site: Path, out: Path) -> None:
    """Write the files of `site` into the zip `out`, below one folder.

    Raises
    ------
    FileNotFoundError
        If the site was not built.
    """
    files = sorted(path for path in site.rglob("*") if path.is_file())
    if not files:
        raise FileNotFoundError(f"{site} is empty: run `make book` first")
    out.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in files:
            name = path.relative_to(site).as_posix()
            if not LEFT_OUT.search(name):
                packed.writestr(zipfile.ZipInfo(f"{FOLDER}/{name}", EARLY), _content(path), zipfile.ZIP_DEFLATED)


def _content(path: Path) -> bytes:
    """Return what to pack; the search then does not ask for pages to quote from, which a browser refuses for files."""
    if path.name != "documentation_options.js":
        return path.read_bytes()
    text = path.read_text(encoding="utf-8")
    return text.replace("SHOW_SEARCH_SUMMARY: true", "SHOW_SEARCH_SUMMARY: false").encode()


def main() -> None:
    """Pack the site into ``dist/``."""
    pack(SITE, PACKED)
    print(f"The site: {PACKED.relative_to(ROOT)}, {PACKED.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
