"""Write ``icons.css`` with the few icons that the site shows: the theme would load 1.9 MB to have them all."""

import base64
import io
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

FONTS = {"solid": ("Free", 900, "fa-solid-900.ttf"), "brands": ("Brands", 400, "fa-brands-400.ttf")}
NAME = re.compile(r"\bfa-[a-z0-9-]+")
CODE = re.compile(r"\\(f[0-9a-f]{3})\b|([\uf000-\uf8ff])")  # escaped, or the character itself
LICENCE = "/* Font Awesome Free 6 by @fontawesome, https://fontawesome.com: icons CC BY 4.0, fonts SIL OFL 1.1 */"
BASE = """.fas, .fa-solid, .fab, .fa-brands { display: inline-block; font-style: normal; line-height: 1; }
.fas, .fa-solid { font-family: "Font Awesome 6 Free"; font-weight: 900; }
.fab, .fa-brands { font-family: "Font Awesome 6 Brands"; font-weight: 400; }
.fa-lg { font-size: 1.25em; }"""


def codes_by_name(css: str) -> dict[str, str]:
    """Return every icon's code point in Font Awesome's style sheet, such as ``"f0c9"`` for ``fa-bars``."""
    rules = re.findall(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"', css)
    return {name: code for names, code in rules for name in NAME.findall(names)}


def codes_named(css: str) -> set[str]:
    """Return the code points of the icons that a style sheet writes out, escaped or as characters."""
    return {escaped or f"{ord(character):x}" for escaped, character in CODE.findall(css)}


def style_sheet(names: Iterable[str], codes: Iterable[str], vendor: Path) -> str:
    """Return the style sheet for the icons called `names` and those that other style sheets name by their `codes`.

    The icons' outlines travel in it, so that no font is fetched, and none is missed in pages opened as files.
    """
    known = codes_by_name((vendor / "css" / "all.min.css").read_text(encoding="utf-8"))
    shown = {name: known[name] for name in sorted(names) if name in known}
    points = {int(code, 16) for code in [*shown.values(), *codes]}
    rules = [f'.{name}::before {{ content: "\\{code}"; }}' for name, code in shown.items()]
    faces = [_face(style, vendor, points) for style in FONTS]
    return "\n".join([LICENCE, *faces, BASE, *rules, ""])


def _face(style: str, vendor: Path, points: set[int]) -> str:
    family, weight, file = FONTS[style]
    source = base64.b64encode(_subset(vendor / "webfonts" / file, points)).decode()
    return (
        f':root {{ --fa-font-{style}: normal {weight} 1em/1 "Font Awesome 6 {family}"; }}\n'
        f'@font-face {{ font-family: "Font Awesome 6 {family}"; font-weight: {weight}; font-display: block; '
        f"src: url(data:font/woff;base64,{source}); }}"
    )


def _subset(path: Path, points: set[int]) -> bytes:
    font = TTFont(path, recalcTimestamp=False)
    subsetter = Subsetter(Options(layout_features=[], notdef_outline=True))
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    font.flavor = "woff"
    held = io.BytesIO()
    font.save(held)
    return held.getvalue()


def _write(app: Sphinx, exception: Exception | None) -> None:
    """Collect the icons of the built site, write them, and drop the theme's copy of all icons."""
    static = Path(app.outdir) / "_static"
    vendor = next((static / "vendor").glob("fontawesome/*"), None)
    if exception or vendor is None:
        return
    pages = [*Path(app.outdir).rglob("*.html"), *static.glob("*.js"), *(static / "scripts").glob("*.js")]
    sheets = [*static.glob("*.css"), *(static / "styles").glob("*.css")]
    names = {name for page in pages for name in NAME.findall(page.read_text(encoding="utf-8"))}
    codes = {code for sheet in sheets for code in codes_named(sheet.read_text(encoding="utf-8"))}
    (static / "icons.css").write_text(style_sheet(names, codes, vendor), encoding="utf-8")
    shutil.rmtree(static / "vendor")


def setup(app: Sphinx) -> None:
    """Write the icons when the pages are there."""
    app.connect("build-finished", _write)
