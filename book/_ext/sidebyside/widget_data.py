"""Compute the data of the living figures: ``python -m sidebyside widgets`` writes it, a test checks that it is current.

The models are trained here, on made-up users, for a few seconds on one core. The files hold rounded numbers, and the
figures compute with what the files hold.
"""

import json
import re
from collections.abc import Iterator
from string import ascii_letters
from typing import Any

import numpy as np

from sidebyside.widgets import data_path
from tutorial_utils.baselines import ItemKNN
from tutorial_utils.data import SequenceData, input_and_targets, load_synthetic, pad_sequences, split_by_user
from tutorial_utils.einsum.forms import BOOK_EINSUMS, NINE_FORMS, Form
from tutorial_utils.einsum.notation import parse
from tutorial_utils.metrics import evaluate_per_user
from tutorial_utils.serving import aggregate, top_n

HEADS = 4
RETRIEVED = 5
TASTES = (1, 2, 4)  # of the users in chapter 06's figure
N = 20  # length of the list in chapter 06's figure
LAMBDAS = [round(step / 50, 2) for step in range(51)]  # 0 to 1
SIZES = dict(zip("abdhijklnqstv", [6, 2, 4, 6, 5, 4, 3, 5, 5, 5, 6, 5, 7], strict=True))  # as in chapter 03


def write_all() -> None:
    """Write the data of every figure."""
    for name, data in build_all():
        text = json.dumps(data, indent=1, ensure_ascii=False)
        data_path(name).write_text(_compact(text) + "\n", encoding="utf-8")


def build_all() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the data of every figure."""
    yield "attention-explorer", attention_explorer()
    yield "einsum-playground", einsum_playground()
    yield "lambda-slider", lambda_slider()


def attention_explorer() -> dict[str, Any]:
    """Weights of the four heads that chapter 02 trains: its user with three tastes, and one each with two and one."""
    data: Any = load_synthetic(n_categories=6, interests_per_category=1, items_per_interest=25, max_interests=3)
    train, test = _train_and_test(data)
    model = _without_positions(data.n_items, embedding_dim=16)
    attention, interests, vectors = _trained(model, train, test.sequences)
    listed, _ = top_n(interests, vectors, RETRIEVED, exclude=test.sequences)  # (U, K, 5)
    users = []
    for number in (3, 2, 1):
        user = _first_user(test, number)
        tastes = test.event_interest[user]
        order = np.argsort(tastes, kind="stable")  # by taste, as in the chapter's picture
        users.append(
            {
                "tastes": [data.category_names[taste] for taste in np.unique(tastes)],
                "items": [data.item_names[item] for item in test[user][order]],
                "weights": attention[user, order].round(4).tolist(),
                "retrieved": [[data.item_names[item] for item in items] for items in listed[user]],
            }
        )
    return {"heads": HEADS, "users": users}


def einsum_playground() -> dict[str, Any]:
    """The nine forms and the book's einsums, with shapes that fit, and a size for every letter."""
    groups = {"The nine forms": NINE_FORMS, "The einsums of this book": BOOK_EINSUMS}
    return {
        "start": {"spec": "bnk,bnd->bkd", "shapes": [[2, 3, 2], [2, 3, 2]]},  # the two users of chapter 03
        "sizes": {letter: SIZES.get(letter, 2 + number % 6) for number, letter in enumerate(ascii_letters)},
        "groups": [{"label": label, "forms": [_form(form) for form in forms]} for label, forms in groups.items()],
    }


def lambda_slider() -> dict[str, Any]:
    """Candidates of three test users, with one, two and four tastes, and what lambda does to all test users."""
    data: Any = load_synthetic()
    train, test = _train_and_test(data)
    histories, targets = input_and_targets(test)
    model = _comirec(data.n_items, embedding_dim=32)
    _, interests, vectors = _trained(model, train, histories)
    candidates, scores = aggregate(*top_n(interests, vectors, N, exclude=histories), HEADS * N)  # (U, 4 N)
    scores = scores.round(3)
    tastes = np.array([len(np.unique(interest)) for interest in test.event_interest])  # (U,)
    users = []
    for number in TASTES:
        user = _first_user(test, number)
        real = candidates[user] > 0
        ids = candidates[user][real]
        users.append(
            {
                "tastes": number,
                "history": _counts(data, histories[user]),
                "items": [data.item_names[item] for item in ids],
                "categories": data.item_category[ids].tolist(),
                "scores": scores[user][real].tolist(),
                "targets": np.flatnonzero(np.isin(ids, targets[user])).tolist(),
                "n_targets": len(targets[user]),
            }
        )
    knn = evaluate_per_user(ItemKNN(shrink=0).fit(train).scores, test, N)[f"recall@{N}"]  # (U,)
    groups = {str(number): tastes == number for number in TASTES}
    means = _means(test, candidates, scores, groups)
    for name, group in groups.items():
        means[name] |= {"users": int(group.sum()), "item_knn": round(float(knn[group].mean()), 3)}
    spread = round(float(np.ma.masked_equal(scores, -np.inf).std(axis=1).mean()), 2)
    return {
        "n": N,
        "start": 1,  # the user that is shown first
        "lambdas": LAMBDAS,
        "spread": spread,
        "categories": list(data.category_names),
        "users": users,
        "means": means,
    }


def _comirec(n_items: int, embedding_dim: int) -> Any:
    from tutorial_utils.training.torch import ComiRecConfig, ComiRecSA

    return ComiRecSA(ComiRecConfig(n_items, embedding_dim, n_interests=HEADS), seed=0).double()


def _without_positions(n_items: int, embedding_dim: int) -> Any:
    """Chapter 02's model: no positions, and its own first item vectors."""
    import torch

    model = _comirec(n_items, embedding_dim)
    model.position_embedding = None
    table = np.random.default_rng(0).standard_normal((n_items, embedding_dim)) / np.sqrt(embedding_dim)
    table[0] = 0
    model.item_embedding.data = torch.from_numpy(table)
    return model


def _trained(model: Any, train: SequenceData, sequences: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Train for 300 steps; return attention (U, n, K), interests (U, K, d) and item vectors (V, d)."""
    import torch

    from tutorial_utils.training.torch import fit

    fit(model, train, None, steps=300, learning_rate=0.02, progress=False)
    item_seq, mask = (torch.from_numpy(array) for array in pad_sequences(sequences, model.config.max_length))
    with torch.no_grad():
        attention = model.attention(model.item_embedding[item_seq], mask)
        return attention.numpy(), model(item_seq, mask).numpy(), model.item_vectors().numpy()


def _train_and_test(data: SequenceData) -> tuple[Any, Any]:
    train, _, test = split_by_user(data)
    return train, test


def _first_user(test: Any, n_tastes: int) -> int:
    """Find the first user with so many tastes among those with the longest history."""
    tastes = np.array([len(np.unique(interest)) for interest in test.event_interest])
    return int(np.flatnonzero((tastes == n_tastes) & (test.lengths == test.lengths.max()))[0])


def _counts(data: Any, items: np.ndarray) -> dict[str, int]:
    categories, counts = np.unique(data.item_category[items], return_counts=True)
    return {data.category_names[category]: int(count) for category, count in zip(categories, counts, strict=True)}


def _means(test: Any, candidates: np.ndarray, scores: np.ndarray, groups: dict[str, np.ndarray]) -> dict[str, Any]:
    """Mean recall and diversity at every lambda, over the users of each group."""
    import torch

    from tutorial_utils.diversity.torch import greedy_rerank

    means: dict[str, Any] = {name: {"recall": [], "diversity": []} for name in groups}
    categories = torch.from_numpy(test.item_category[candidates])
    for lam in LAMBDAS:
        positions = greedy_rerank(torch.from_numpy(scores), categories, N, lam).numpy()
        lists = np.where(positions >= 0, np.take_along_axis(candidates, positions, axis=1), 0)
        values = _evaluated(lists, test)
        for name, group in groups.items():
            for metric in ("recall", "diversity"):
                means[name][metric].append(round(float(values[f"{metric}@{N}"][group].mean()), 3))
    return means


def _evaluated(lists: np.ndarray, test: SequenceData) -> dict[str, np.ndarray]:
    return evaluate_per_user(lambda histories: lists, test, N)


def _form(form: Form) -> dict[str, Any]:
    shapes = [list(shape) for shape in parse(form.spec).shapes(SIZES)]
    return {"spec": form.spec, "meaning": form.meaning, "shapes": shapes}


def _compact(text: str) -> str:
    """Put lists of numbers on one line."""
    return re.sub(r"\[[-\d.,\s]+\]", lambda numbers: "[" + " ".join(numbers[0][1:-1].split()) + "]", text)
