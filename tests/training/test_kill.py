"""A training killed with SIGKILL at random moments, and resumed, ends as one that was never stopped: bit for bit."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tutorial_utils.parity import state_to_numpy
from tutorial_utils.training.checkpoints import LAST_FILE, PREVIOUS_FILE, find_checkpoint

# The same lines here and in the process that is killed; it saves every 3 steps, so that many kills hit a write.
SETTING = """
from tutorial_utils.data import load_synthetic, split_by_user
from tutorial_utils.training.{backend} import ComiRecConfig, ComiRecSA, fit
train, valid, _ = split_by_user(load_synthetic(n_users=60, n_categories=2, interests_per_category=2, max_interests=2))
model = ComiRecSA(ComiRecConfig(train.n_items, embedding_dim=8, n_interests=2, max_length=10, temperature=0.1))
def resume(steps, folder):
    return fit(model, train, valid, steps=steps, batch_size=8, learning_rate=0.01, n_negatives={n_negatives},
               patience=None, evaluate_every=3, checkpoint_dir=folder, progress=False)
"""
KILLED = "import sys\nif '{backend}' == 'torch':\n    import torch\n    torch.set_num_threads(1)\n" + SETTING
FOREVER = 10**7


def run_and_kill(script, folder, rng):
    """Start the training in a process of its own and kill it up to a second after it wrote a checkpoint."""
    before = mtime(folder)
    process = subprocess.Popen([sys.executable, "-c", f"{script}\nresume({FOREVER}, sys.argv[1])", str(folder)])
    deadline = time.monotonic() + 120
    while mtime(folder) == before:
        assert process.poll() is None, "the training ended by itself"
        assert time.monotonic() < deadline, "no checkpoint after two minutes"
        time.sleep(0.01)
    time.sleep(rng.random())
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def mtime(folder):
    last = folder / LAST_FILE
    return last.stat().st_mtime_ns if last.exists() else 0


@pytest.mark.parametrize(
    ("n_negatives", "kills"),
    [(None, 1), pytest.param(None, 8, marks=pytest.mark.slow), pytest.param(20, 8, marks=pytest.mark.slow)],
)
def test_resuming_after_kill_9_changes_nothing(backend, tmp_path, n_negatives, kills):
    names = {"backend": backend.name, "n_negatives": n_negatives}
    rng, reached = random.Random(), []
    for _ in range(kills):
        run_and_kill(KILLED.format(**names), tmp_path, rng)
        reached.append(find_checkpoint(tmp_path).history.step)
    assert reached == sorted(reached), "some run went back"
    results = []
    for folder in (tmp_path, None):
        scope = {}
        exec(SETTING.format(**names), scope)
        history = scope["resume"](reached[-1] + 10, folder)
        results.append((history, state_to_numpy(scope["model"])))
    (resumed, actual), (whole, expected) = results
    assert resumed.losses == whole.losses
    assert resumed.metrics == whole.metrics
    for key in expected:
        np.testing.assert_array_equal(actual[key], expected[key], err_msg=key)
    assert {LAST_FILE, PREVIOUS_FILE} <= {path.name for path in tmp_path.iterdir()}
    assert not list(tmp_path.glob("*.partial")), "half a file stayed behind"
