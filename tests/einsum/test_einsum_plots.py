import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyArrowPatch

from tutorial_utils.einsum import plots
from tutorial_utils.einsum.forms import BOOK_EINSUMS, NINE_FORMS
from tutorial_utils.einsum.notation import EinsumError, parse
from tutorial_utils.einsum.plots import alt_text, diagram

ODD = [
    "ii->",
    "iij->ij",
    "iii->i",
    "ij,jk,ki->",
    "i,i,i->",
    "i,i,i->i",
    "ii,ij->ij",
    ",i->i",
    "->",
    "ik,kj",
    "abcdefg->gfe",
]
SPECS = [form.spec for form in NINE_FORMS + BOOK_EINSUMS] + ODD


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def contrast(one, other):
    """Contrast of two colours, as the Web Content Accessibility Guidelines define it."""

    def luminance(color):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
        return np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05

    return max(luminance(one), luminance(other)) / min(luminance(one), luminance(other))


@pytest.mark.parametrize("spec", SPECS)
def test_one_node_per_operand_and_every_end_drawn(spec):
    notation, axes = parse(spec), diagram(spec).axes[0]
    nodes = [patch for patch in axes.patches if isinstance(patch, Circle)]
    lines = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    bonds = sum(plots._is_bond(notation, letter) for letter in notation.roles)
    ends = len("".join(notation.operands)) + len(notation.output)  # a bond is one line with two of the ends
    assert len(nodes) == len(notation.operands)
    assert len(lines) == ends - bonds
    names = sorted(text.get_text() for text in axes.texts)
    assert names == sorted([*notation.roles, *(letters or "()" for letters in notation.operands)])


@pytest.mark.parametrize("spec", ["bnk,bnd->bkd", "ij->i", "i,i,i->", "bqhd,bkhd->bhqk", "ij,jk,ki->", "ij,jk,k->i"])
def test_every_letter_is_inside_the_frame(spec):
    axes = diagram(spec).axes[0]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for text in axes.texts:
        assert left < text.get_position()[0] < right
        assert bottom < text.get_position()[1] < top


def test_a_plain_chain_has_no_empty_space_above():
    chain, ring = (diagram(spec).axes[0].get_ylim()[1] for spec in ("ij,jk,k->i", "ij,jk,ki->"))
    assert chain < ring


def test_colours_read_on_white():
    assert min(contrast(line["color"], "white") for line in plots.LINES.values()) >= 3
    assert contrast("white", plots.GREY) >= 4.5


def test_roles_differ_without_colour():
    strokes = {(line["linewidth"], str(line["linestyle"])) for line in plots.LINES.values()}
    assert len(strokes) == len(plots.LINES)


def test_the_defaults_of_matplotlib_stay():
    before = dict(mpl.rcParams)
    diagram("bnk,bnd->bkd")
    assert dict(mpl.rcParams) == before


def test_alt_text_says_what_the_diagram_shows():
    assert alt_text("bnk,bnd->bkd") == (
        "Tensor network of bnk,bnd->bkd. Node 1 is bnk. Node 2 is bnd. "
        "b, batch, joins node 1 and node 2 and has a free end. k, kept, leaves node 1 and has a free end. "
        "d, kept, leaves node 2 and has a free end. n, summed, joins node 1 and node 2 and has no free end. "
        "The output's axes, in order: b, k, d."
    )
    assert "j, summed, leaves node 1 and ends in a dot." in alt_text("ij->i")
    assert alt_text("ii->").endswith(
        "joins node 1 (2 axes) and has no free end. The output's axes, in order: none, it is a number."
    )


@pytest.mark.parametrize("draw", [diagram, alt_text])
def test_a_bad_spec_is_refused(draw):
    with pytest.raises(EinsumError):
        draw("ij->k")
    assert not plt.get_fignums()
