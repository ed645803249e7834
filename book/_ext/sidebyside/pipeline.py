"""Draw the book's pipeline as SVG: every station is a link to the chapter that explains it.

Colours come from ``publish.css``, so that the drawing follows light and dark mode.
"""

from collections.abc import Callable
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 124, 122  # of a station
SHAPES = (0, 1, 0, 2)  # the interest that each click of the example belongs to


class Station(NamedTuple):
    """A part of the pipeline: its name, what it does, and where the book explains it."""

    name: str
    says: str
    chapter: str
    anchor: str = ""


class Layout(NamedTuple):
    """Where the stations stand, in columns and rows, and how far apart columns and rows are."""

    places: dict[str, tuple[float, float]]
    step: tuple[int, int]
    size: tuple[int, int]


STATIONS = (
    Station("History", "clicks in time order, padded, with a mask", "00_recall_problem", "from-sequences-to-a-batch"),
    Station("Embeddings", "every item becomes a vector", "01_single_interest"),
    Station("Interests", "attention averages the vectors, K times", "02_multi_interest"),
    Station("Read-out", "in training, one interest learns from a click", "05_training_loop", "which-interest-learns"),
    Station("Retrieval", "in serving, every interest searches the catalogue", "06_greedy_diversity"),
    Station("Aggregation", "K lists become one", "06_greedy_diversity", "k-lists-one-list"),
)
TOOLS = (
    Station("Einsum", "the notation for all of it", "03_einsum"),
    Station("Masks", "softmax without padding", "04_masking_softmax"),
    Station("Faster", "the same training in less time, and better", "07_faster_training"),
)
ARROWS = (
    ("History", "Embeddings"),
    ("Embeddings", "Interests"),
    ("Interests", "Read-out"),
    ("Interests", "Retrieval"),
    ("Retrieval", "Aggregation"),
)
WIDE = Layout(
    {
        "History": (0, 0.5),
        "Embeddings": (1, 0.5),
        "Interests": (2, 0.5),
        "Read-out": (3, 0),
        "Retrieval": (3, 1),
        "Aggregation": (4, 1),
        "Einsum": (0.55, 1.42),
        "Masks": (1.45, 1.42),
        "Faster": (4, 0.29),
    },
    (148, 140),
    (720, 266),
)
TALL = Layout(
    {
        "History": (0, 0),
        "Embeddings": (1, 0),
        "Interests": (1, 1),
        "Read-out": (0, 2),
        "Retrieval": (1, 2),
        "Aggregation": (1, 3),
        "Einsum": (0, 1.05),
        "Masks": (0, 1.4),
        "Faster": (0, 2.82),
    },
    (184, 160),
    (312, 606),
)


def draw(layout: Layout, kind: str, address: Callable[[Station], str]) -> str:
    """Return the pipeline as an ``svg`` element of class `kind`; `address` says where a station's chapter is."""
    width, height = layout.size
    parts = [_arrow(*(_corner(layout, name) for name in names)) for names in ARROWS]
    for station in STATIONS:
        parts.append(_link(station, address(station), _station(station, *_corner(layout, station.name))))
    for tool in TOOLS:
        parts.append(_link(tool, address(tool), _tool(tool, *_corner(layout, tool.name))))
    label = "The pipeline from history to aggregation. Every part links to its chapter."
    return (
        f'<svg class="{kind}" viewBox="-2 -2 {width} {height}" role="group" aria-label="{label}">{"".join(parts)}</svg>'
    )


def _corner(layout: Layout, name: str) -> tuple[float, float]:
    column, row = layout.places[name]
    return column * layout.step[0], row * layout.step[1]


def _link(station: Station, address: str, drawing: str) -> str:
    says = escape(f"{station.name}: {station.says}. Chapter {station.chapter[:2]}.")
    return f'<a href="{escape(address)}" aria-label="{says}"><title>{says}</title>{drawing}</a>'


def _station(station: Station, x: float, y: float) -> str:
    picture = "".join(PICTURES[station.name]())
    return (
        f'<g transform="translate({x:g} {y:g})"><rect class="box" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<g transform="translate({WIDTH / 2:g} 38)">{picture}</g>'
        f'<text x="{WIDTH / 2:g}" y="88">{station.name}</text>'
        f'<text class="where" x="{WIDTH / 2:g}" y="108">chapter {station.chapter[:2]}</text></g>'
    )


def _tool(tool: Station, x: float, y: float) -> str:
    return (
        f'<g transform="translate({x:g} {y:g})"><rect class="box" width="{WIDTH}" height="42" rx="8"/>'
        f'<text x="{WIDTH / 2:g}" y="19">{tool.name}</text>'
        f'<text class="where" x="{WIDTH / 2:g}" y="35">chapter {tool.chapter[:2]}</text></g>'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Join two stations: sideways where the second stands to the right, otherwise from below, bent where needed."""
    middle = WIDTH / 2, HEIGHT / 2
    if end[0] > start[0]:
        x, y = start[0] + WIDTH + 2, start[1] + middle[1]
        to_x, to_y = end[0] - 9, end[1] + middle[1]
        head = f"M{to_x - 1:g} {to_y - 5:g}l9 5l-9 5z"
    else:
        x, y = start[0] + middle[0] + (end[0] - start[0]) / 8, start[1] + HEIGHT + 2
        to_x, to_y = end[0] + middle[0], end[1] - 9
        head = f"M{to_x - 5:g} {to_y - 1:g}l5 9l5 -9z"
    return f'<path class="line" d="M{x:g} {y:g}L{to_x:g} {to_y:g}"/><path class="head" d="{head}"/>'


def _shape(interest: int, x: float, y: float, radius: float, more: str = "") -> str:
    """Return the mark of one interest: a disc, a square or a triangle."""
    look = f'class="interest-{interest}" {more}'
    if interest == 0:
        return f'<circle {look} cx="{x:g}" cy="{y:g}" r="{radius:g}"/>'
    if interest == 1:
        return f'<path {look} d="M{x - radius:g} {y - radius:g}h{2 * radius:g}v{2 * radius:g}h-{2 * radius:g}z"/>'
    return f'<path {look} d="M{x:g} {y - radius:g}l{radius:g} {2 * radius:g}h-{2 * radius:g}z"/>'


def _history() -> list[str]:
    clicks = [_shape(interest, 22 * place - 44, 0, 8) for place, interest in enumerate(SHAPES)]
    return [*clicks, '<circle class="padding" cx="44" cy="0" r="8"/>']


def _embeddings() -> list[str]:
    strengths = ((9, 4, 2), (2, 9, 5), (8, 5, 2), (3, 2, 9))
    return [
        f'<rect class="interest-{SHAPES[place]}" x="{22 * place - 41}" y="{16 * row - 24}" width="16" height="14" '
        f'opacity="{strength / 10}"/>'
        for place, column in enumerate(strengths)
        for row, strength in enumerate(column)
    ]


def _interests() -> list[str]:
    lines = [f'<path class="line" d="M-30 0L22 {height}"/>' for height in (-20, 0, 20)]
    return [*lines, *(_shape(interest, 28, 20 * interest - 20, 7) for interest in range(3))]


def _read_out() -> list[str]:
    chosen = '<circle class="chosen" cx="-28" cy="-18" r="12"/><path class="line" d="M-14 -18H18"/>'
    target = _shape(0, 28, -18, 7)
    faded = [_shape(interest, -28, 20 * interest - 18, 7, 'opacity="0.35"') for interest in (1, 2)]
    return [chosen, _shape(0, -28, -18, 7), target, *faded]


def _retrieval() -> list[str]:
    near = [_shape(0, x, y, 4) for x, y in ((-14, -12), (14, -9), (-9, 15), (12, 13))]
    far = [_shape(interest, x, y, 4) for interest, x, y in ((1, -46, -16), (2, -44, 18), (2, 45, -14), (1, 46, 16))]
    return ['<circle class="chosen" cx="0" cy="0" r="27"/>', _shape(0, 0, 0, 8), *near, *far]


def _aggregation() -> list[str]:
    rows = [
        f'{_shape(interest, -28, 16 * row - 24, 5)}<path class="line" d="M-16 {16 * row - 24}H{36 - 9 * row}"/>'
        for row, interest in enumerate((0, 2, 0, 1))
    ]
    return rows


PICTURES: dict[str, Callable[[], list[str]]] = {
    "History": _history,
    "Embeddings": _embeddings,
    "Interests": _interests,
    "Read-out": _read_out,
    "Retrieval": _retrieval,
    "Aggregation": _aggregation,
}
