"""The gate that looks at the figures: pixels of screenshots in light and dark."""

import io

import numpy as np
from _gates import ask, show_theme
from PIL import Image


def find_illegible_figures(page):
    """Figures that lose in the dark what they show in the light, or glare there.

    Screenshots of each figure in both themes are compared. Ink is what has a contrast of 7 to the figure's ground in
    the light: text, axes, lines. At least 98 % of it keeps one of 4.5 in the dark, on a ground as dark as the page.
    """
    ask(page, "unfold")
    figures = [figure for figure in page.locator("article :is(img, svg):visible").all() if _width(figure) >= 100]
    light, dark = (_draw(page, figures, theme) for theme in ("light", "dark"))
    measured = [legibility(*pair) for pair in zip(light, dark, strict=True)]
    return [
        f"figure {number}: {kept:.0%} of the ink is legible, the ground's luminance is {ground:.2f}"
        for number, (kept, ground) in enumerate(measured)
        if kept < 0.98 or ground > 0.05
    ]


def legibility(light, dark):
    """Return the share of the light figure's ink that is legible in the dark, and the luminance of the ground there."""
    packed = light.astype(int) @ [65536, 256, 1]
    colours, counts = np.unique(packed, return_counts=True)
    on_ground = packed == colours[counts.argmax()]
    before, after = _luminance(light), _luminance(dark)
    ground = float(np.median(after[on_ground]))
    ink = _contrast(before, float(np.median(before[on_ground]))) >= 7
    return float((_contrast(after, ground)[ink] >= 4.5).mean()) if ink.any() else 1.0, ground


def _width(figure):
    return (figure.bounding_box() or {"width": 0})["width"]


def _draw(page, figures, theme):
    show_theme(page, theme)
    shots = [Image.open(io.BytesIO(figure.screenshot(animations="disabled"))) for figure in figures]
    return [np.asarray(shot.convert("RGB")) for shot in shots]


def _luminance(colours):
    """Relative luminance as WCAG defines it, of an (..., 3) array of 8-bit sRGB."""
    shares = colours / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def _contrast(one, other):
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
