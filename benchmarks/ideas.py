"""Ideas from the literature added to chapter 07's recipe, one at a time, K = 4, in PyTorch.

``python -m benchmarks.ideas --sequences FILE --out FILE.json``, or ``--movielens 100k``; about a minute an idea

Validation users of two splits, Recall@50 with seen items excluded; differences to the recipe as it is are paired user
by user, pooled over splits, with the normal 95 % interval. The largest of several differences is large by chance too.
"""

import argparse
import json
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.measure import mean_and_interval
from benchmarks.quality import load
from tutorial_utils import setup
from tutorial_utils.data import SequenceData, count_window_batches, split_by_user
from tutorial_utils.faster_training.recipe import EPOCHS, default_config, start_from_cooccurrence
from tutorial_utils.faster_training.torch import fit, mixture_softmax_loss
from tutorial_utils.metrics import evaluate_per_user
from tutorial_utils.training.torch import ComiRecSA

SPLITS = (0, 1)
Loss = Callable[..., torch.Tensor]


class WatchedRouting(ComiRecSA):
    """Keeps what the last training step's weights looked like, for a penalty on them."""

    weights = torch.zeros(0)

    def prefix_interests(self, seq_emb: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """As `ComiRecSA`."""
        self.weights = self.attention(seq_emb, mask)  # (B, n, K), of whole windows
        return super().prefix_interests(seq_emb, mask)


class InterestsByLength(ComiRecSA):
    """max(1, min(K, log2 of the length)) interests, as MIND (Li et al. 2019); those beyond repeat the first."""

    def forward(self, item_seq: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """As `ComiRecSA`."""
        return self._cut(super().forward(item_seq, mask), mask.sum(dim=1))

    def prefix_interests(self, seq_emb: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """As `ComiRecSA`."""
        return self._cut(super().prefix_interests(seq_emb, mask), mask.cumsum(dim=1))

    def _cut(self, interests: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        n_interests = torch.log2(lengths.clamp(min=2)).floor()  # (...)
        kept = torch.arange(interests.shape[-2]) < n_interests[..., None]  # (..., K)
        return torch.where(kept[..., None], interests, interests[..., :1, :])


def hard_negatives(beta: float) -> Callable[[Any, int], Loss]:
    """REMI's interest-aware hard negatives (Xie et al. 2023): a negative's weight grows with exp(beta score)."""

    def loss(users: torch.Tensor, positives: torch.Tensor, negatives: torch.Tensor, *masks: torch.Tensor) -> Any:
        P, K, _ = users.shape
        positive_mask, negative_mask, log_expected_count = masks
        scores = (users.flatten(0, 1) @ negatives.T).view(P, K, -1).amax(dim=1).detach()  # (P, m)
        weights = torch.softmax(beta * scores.masked_fill(~negative_mask, -torch.inf), dim=1) * scores.shape[1]
        positive = torch.logsumexp(positives @ users.transpose(1, 2), dim=2)  # (P, h)
        every = torch.logsumexp((users.flatten(0, 1) @ negatives.T).view(P, K, -1), dim=1)  # (P, m)
        others = torch.logsumexp(every - log_expected_count + torch.log(weights + 1e-30), dim=1)
        found = torch.nn.functional.softplus(others[:, None] - positive)
        return found[positive_mask].mean()

    return lambda model, steps: loss


def penalty(weight: float, measure: Loss) -> Callable[[Any, int], Loss]:
    """Add `weight` times a measure of the attention weights to the loss."""

    def build(model: Any, steps: int) -> Loss:
        def loss(*arguments: torch.Tensor) -> torch.Tensor:
            return mixture_softmax_loss(*arguments) + weight * measure(model.weights).mean()

        return loss

    return build


def routing_variance(weights: torch.Tensor) -> torch.Tensor:
    """REMI's routing regularisation: the squared variances of an interest's weights, summed over interests."""
    spread = torch.square(weights - weights.mean(dim=1, keepdim=True)).sum(dim=1)  # (B, K)
    return torch.square(spread).sum(dim=1) / 64


def redundancy(weights: torch.Tensor) -> torch.Tensor:
    """The penalty of Lin et al. 2017: the squared Frobenius norm of A A^T - I."""
    products = torch.einsum("bnk,bnl->bkl", weights, weights)
    return torch.square(products - torch.eye(products.shape[1])).sum(dim=(1, 2))


def balanced(weight: float) -> Callable[[Any, int], Loss]:
    """Load balancing as among experts (Fedus et al. 2022): share of targets a head wins times its mean probability."""

    def loss(users: torch.Tensor, positives: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        scores = torch.einsum("phd,pkd->phk", positives, users)[rest[1]]  # (targets, K)
        K = scores.shape[1]
        won = torch.nn.functional.one_hot(scores.argmax(dim=1), K).float().mean(dim=0)
        share = torch.softmax(scores, dim=1).mean(dim=0)
        return mixture_softmax_loss(users, positives, *rest) + weight * K * (won * share).sum()

    return lambda model, steps: loss


def annealed(last: float) -> Callable[[Any, int], Loss]:
    """From the smooth maximum to a nearly hard one: its temperature falls from 1 to `last`."""

    def build(model: Any, steps: int) -> Loss:
        step = count()

        def loss(users: torch.Tensor, positives: torch.Tensor, negatives: torch.Tensor, *masks: torch.Tensor) -> Any:
            sharpness = last ** -min(1.0, next(step) / steps)
            positive_mask, negative_mask, log_expected_count = masks
            every = torch.einsum("pkd,md->pkm", users, negatives)
            positive = torch.logsumexp(sharpness * positives @ users.transpose(1, 2), dim=2) / sharpness
            negative = torch.logsumexp(sharpness * every, dim=1) / sharpness - log_expected_count
            others = torch.logsumexp(negative.masked_fill(~negative_mask, -torch.inf), dim=1)
            return torch.nn.functional.softplus(others[:, None] - positive)[positive_mask].mean()

        return loss

    return build


def unchanged(model: Any, steps: int) -> Loss:
    """The recipe's own loss."""
    return mixture_softmax_loss


RECIPE = "the recipe as it is"
IDEAS: dict[str, tuple[type[ComiRecSA], Callable[[Any, int], Loss]]] = {
    RECIPE: (ComiRecSA, unchanged),
    "annealed to a hard maximum": (ComiRecSA, annealed(0.1)),
    "hard negatives, beta 0.1": (ComiRecSA, hard_negatives(0.1)),
    "hard negatives, beta 1": (ComiRecSA, hard_negatives(1.0)),
    "routing regularisation, 1": (WatchedRouting, penalty(1.0, routing_variance)),
    "routing regularisation, 100": (WatchedRouting, penalty(100.0, routing_variance)),
    "redundancy penalty, 0.1": (WatchedRouting, penalty(0.1, redundancy)),
    "load balancing, 0.1": (ComiRecSA, balanced(0.1)),
    "K from the length": (InterestsByLength, unchanged),
}


def main() -> None:
    """Measure every idea and write one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=Path)
    parser.add_argument("--attributes", type=Path)
    parser.add_argument("--movielens", choices=("100k", "1m"))
    parser.add_argument("--out", type=Path, required=True)
    parser.set_defaults(synthetic=False)
    arguments = parser.parse_args()
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    setup("torch", threads=1)
    data, recalls, rows = load(arguments), {}, []
    for name in IDEAS:
        recalls[name] = np.concatenate([recall_of(name, data, split) for split in SPLITS])
        difference = mean_and_interval(recalls[name] - recalls[RECIPE])
        rows.append({"idea": name, "recall@50": round(float(recalls[name].mean()), 4), "difference": difference})
        print(rows[-1], flush=True)
    arguments.out.write_text(json.dumps([{"data": str(data)} | row for row in rows], indent=1) + "\n")


def recall_of(name: str, data: SequenceData, split: int) -> np.ndarray:
    """Train with one idea; Recall@50 of every validation user."""
    kind, build = IDEAS[name]
    train, valid, _ = split_by_user(data, seed=split)
    model = kind(default_config(train.n_items, 4))
    start_from_cooccurrence(model, train)
    steps = EPOCHS * count_window_batches(train, 128, model.config.max_length)
    fit(model, train, valid, epochs=EPOCHS, loss=build(model, steps), progress=False)
    return evaluate_per_user(model.scores, valid, 50)["recall@50"]


if __name__ == "__main__":
    main()
