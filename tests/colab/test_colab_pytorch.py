"""Every PyTorch notebook runs on an imitation of Colab, and a Paddle notebook brings Paddle there."""

import pytest
from sidebyside.site import ROOT

pytestmark = pytest.mark.slow
NOTEBOOKS = sorted((ROOT / "notebooks" / "pytorch").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_pytorch_notebook_runs_on_colab(run_chapter, path):
    run_chapter("pytorch", path)


def test_a_paddle_notebook_brings_paddle_where_only_pytorch_is(colab):
    machine = colab("pytorch")
    machine.run(ROOT / "notebooks" / "paddle" / NOTEBOOKS[0].name, cells=2)
    assert {"tutorial-utils", "paddlepaddle"} <= machine.added()
    assert not machine.changed() & {"numpy", "torch"}
    assert not [name for name in machine.added() if name.startswith(("nvidia", "cuda"))]
