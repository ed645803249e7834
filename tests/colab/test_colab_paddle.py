"""Every Paddle notebook runs on an imitation of Colab where Paddle is installed."""

import pytest
from sidebyside.site import ROOT

pytestmark = pytest.mark.slow
NOTEBOOKS = sorted((ROOT / "notebooks" / "paddle").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_paddle_notebook_runs_on_colab(run_chapter, path):
    run_chapter("paddle", path)
