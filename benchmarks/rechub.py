"""torch-rechub's ComirecSA as published, by our protocol: `python -m benchmarks.quality --recipe rechub`.

The model, its initial weights and the loss of its trainer (softmax over the target and the negatives of each example,
Adam with learning rate 0.001, weight decay 1e-5) are the package's. Examples are random prefixes as in the plain
recipe, each with 20 negatives of its own, all items alike. It wants a feature of the user: a constant, as test users
are new.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch_rechub.basic.features import SequenceFeature, SparseFeature
from torch_rechub.models.matching import ComirecSA

from tutorial_utils.data import SequenceData, pad_sequences, prefix_batches
from tutorial_utils.metrics import evaluate_topn
from tutorial_utils.training.history import History

BATCH, NEGATIVES, EVALUATE_EVERY, PATIENCE, SECONDS = 256, 20, 250, 10, 300


def train_rechub(train: SequenceData, valid: SequenceData, K: int, arguments: Any) -> tuple[Any, History, float]:
    """Train until the limit of seconds or until validation stands still; returns scores, history, and no start."""
    torch.manual_seed(arguments.seed)
    model, history, best = build(train.n_items, K), History(), {}
    optimizer = torch.optim.Adam(model.parameters(), 0.001, weight_decay=1e-5)
    rng, spent = np.random.default_rng(arguments.seed), 0.0

    def scores(histories: Sequence[Any]) -> np.ndarray:
        return served_scores(model, train.n_items, histories, arguments.length)

    for batch in prefix_batches(train, BATCH, arguments.length, arguments.seed):
        start = time.perf_counter()
        logits = model(features(batch[0], batch[2], rng.integers(1, train.n_items, (BATCH, NEGATIVES))))
        loss = torch.nn.functional.cross_entropy(logits, torch.zeros(BATCH, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        spent += time.perf_counter() - start
        history.losses.append(loss.item())
        if history.step % EVALUATE_EVERY == 0:
            model.mode = "user"
            history.add_evaluation(evaluate_topn(scores, valid), spent)
            model.mode = None
            if history.best_step == history.step:
                best = {name: value.clone() for name, value in model.state_dict().items()}
            waited = len(history.evaluated_at) - 1 - (history.best or 0)
            if waited >= PATIENCE or spent > (arguments.seconds or SECONDS):
                break
    model.load_state_dict(best)
    model.mode = "user"
    return scores, history, 0.0


def build(n_items: int, K: int) -> Any:
    """The package's model, its features as in its own example."""
    constant = SparseFeature("constant", vocab_size=2, embed_dim=64)
    past = SequenceFeature("past", n_items, 64, pooling="concat", shared_with="item")
    item = SparseFeature("item", n_items, 64)
    others = SequenceFeature("others", n_items, 64, pooling="concat", shared_with="item")
    return ComirecSA([constant], [past], [item], [others], interest_num=K)


def features(past: np.ndarray, item: np.ndarray, others: np.ndarray) -> dict[str, torch.Tensor]:
    """A batch as the package names it."""
    arrays = {"past": past, "item": item, "others": others, "constant": np.ones(len(past), np.int64)}
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def served_scores(model: Any, n_items: int, histories: Sequence[Any], length: int) -> np.ndarray:
    """Cosines with the nearest interest, (U, V)."""
    past, _ = pad_sequences(histories, length)
    nothing = np.zeros(len(past), np.int64)
    with torch.no_grad():
        interests = model(features(past, nothing, nothing[:, None]))  # (U, K, d)
        table = torch.nn.functional.normalize(model.embedding.embed_dict["item"].weight, dim=-1)
        return torch.einsum("ukd,vd->ukv", interests, table[:n_items]).amax(dim=1).numpy()


if __name__ == "__main__":
    raise SystemExit("run python -m benchmarks.quality --recipe rechub")
