"""Draw the picture that social networks show beside a link to the book."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

WIDTH, HEIGHT = 1200, 630
ALT = "Multi-Interest Recall, Side by Side: a row of clicks becomes three interest vectors, and each finds items"
INTERESTS = (("#0072b2", "o", 470), ("#d55e00", "s", 315), ("#007a5a", "^", 160))
CLICKS = (0, 0, 1, 0, 2, 1, 2, 0)  # the interest that each click belongs to
INK, MUTED = "#1b2733", "#4a5763"


def draw(path: Path) -> None:
    """Write the card as a PNG of 1200 x 630 pixels."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
    axes.set_axis_off()
    axes.text(70, 505, "Multi-Interest Recall,\nSide by Side", size=44, weight="bold", color=INK, va="center")
    axes.text(70, 365, "From one user's clicks to K interest vectors,", size=20, color=MUTED)
    axes.text(70, 322, "to the items that they find", size=20, color=MUTED)
    axes.text(70, 70, "PyTorch  |  PaddlePaddle  |  NumPy", size=20, weight="bold", color=INK)
    _draw_history(axes)
    _draw_interests(axes)
    FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})


def _draw_history(axes: Axes) -> None:
    for place, interest in enumerate(CLICKS):
        colour, marker, _ = INTERESTS[interest]
        axes.plot(90 + 62 * place, 210, marker=marker, markersize=27, color=colour)


def _draw_interests(axes: Axes) -> None:
    for colour, marker, height in INTERESTS:
        axes.annotate(
            "",
            (860, height),
            (620, 210),
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 4, "mutation_scale": 28},
        )
        axes.plot(905, height, marker=marker, markersize=52, color=colour)
        for item in range(4):
            axes.plot(985 + 50 * item, height, marker=marker, markersize=22, color=colour, alpha=1 - 0.2 * item)
