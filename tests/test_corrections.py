"""What ``book/corrections.md`` corrects: every fault in the smallest code that has it, and the book's code beside it.

The faulty code is written for this file and copied from nowhere. The page names each of these tests.
"""

import argparse
import importlib
import math
import re
from collections import defaultdict
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tutorial_utils.data import SequenceData, prefix_batches
from tutorial_utils.diversity.numpy import greedy_rerank, objective
from tutorial_utils.einsum.notation import EinsumError
from tutorial_utils.einsum.numpy import einsum_loops
from tutorial_utils.masking.numpy import masked_softmax
from tutorial_utils.metrics import evaluate_topn, ndcg_at
from tutorial_utils.multi_interest.numpy import MultiHeadSelfAttention, MultiInterestSA, initial_state, self_attention
from tutorial_utils.training.numpy import full_softmax_loss, sampled_softmax_loss, select_interest

BOOK = Path(__file__).parents[1] / "book"


def softmax(scores, axis=-1):
    return masked_softmax(scores, np.ones_like(scores, dtype=bool), axis=axis)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def all_real(x):
    return np.ones(x.shape[:2], dtype=bool)


# The note: code


class HiddenSizeOnlyByDefault:
    def __init__(self, embedding_dim, attention_dim=None):
        if attention_dim is None:
            self.attention_dim = 4 * embedding_dim
        self.w1 = np.zeros((embedding_dim, self.attention_dim))


def test_hidden_size_given(backend):
    assert HiddenSizeOnlyByDefault(2).w1.shape == (2, 8)
    with pytest.raises(AttributeError):
        HiddenSizeOnlyByDefault(2, attention_dim=5)
    model = backend.load("multi_interest").MultiInterestSA(2, 3, attention_dim=5)
    assert tuple(model.w1.shape) == (2, 5)


def weights_with_mask_unsqueezed(scores, mask=None):
    """(B, n, K), (B, n) -> (B, n, K), as documented to take a mask of shape (B, n, 1)."""
    return scores - 1e9 * (1 - mask.unsqueeze(-1))


def test_no_mask(backend):
    scores = backend.tensor(normal(2, 3, 4))
    with pytest.raises(AttributeError):
        weights_with_mask_unsqueezed(scores)
    with pytest.raises(TypeError, match="mask"):
        backend.load("multi_interest").MultiInterestSA(4, 2)(scores)


def test_mask_of_the_documented_shape(backend):
    scores, documented = normal(2, 3, 4), np.ones((2, 3, 1), dtype=np.float32)
    with pytest.raises((RuntimeError, ValueError)):
        weights_with_mask_unsqueezed(backend.tensor(scores), backend.tensor(documented))
    one_user = weights_with_mask_unsqueezed(backend.tensor(scores[:1]), backend.tensor(documented[:1]))
    assert len(one_user.shape) == 4  # no error, one axis too many
    model = backend.load("multi_interest").MultiInterestSA(4, 2)
    with pytest.raises(ValueError, match="mask has shape"):
        model(backend.tensor(scores), backend.tensor(documented > 0))


@contextmanager
def unwritten_memory_marked(torch):
    """Let PyTorch fill memory that nobody has written with NaN."""
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


def test_uninitialised_parameters():
    torch = pytest.importorskip("torch")
    with unwritten_memory_marked(torch):
        assert torch.nn.Parameter(torch.Tensor(4, 16)).isnan().all()
        model = importlib.import_module("tutorial_utils.multi_interest.torch").MultiInterestSA(4, 2, seed=1)
    np.testing.assert_array_equal(model.w1.detach().numpy(), initial_state(4, 2, seed=1)["w1"])


def test_initialiser_that_changes_nothing():
    paddle = pytest.importorskip("tutorial_utils._paddle").paddle
    layer = paddle.nn.Linear(4, 16)
    before = layer.weight.numpy().copy()
    paddle.nn.initializer.KaimingNormal(layer.weight)
    np.testing.assert_array_equal(layer.weight.numpy(), before)
    model = importlib.import_module("tutorial_utils.multi_interest.paddle").MultiInterestSA(4, 2, seed=1)
    np.testing.assert_array_equal(model.w1.numpy(), initial_state(4, 2, seed=1)["w1"])


def read_out_into_noise(framework, interests, index, users):
    chosen = framework.rand([interests.shape[0], interests.shape[2]])
    for user in users:
        chosen[user] = interests[user, index[user]]
    return chosen


def test_read_out_from_random_numbers(backend):
    framework = backend.framework
    seed_all = framework.manual_seed if backend.name == "torch" else framework.seed
    interests, target_emb = backend.tensor(normal(3, 2, 4)), backend.tensor(normal(3, 4, seed=1))

    def next_draw(read_out):
        seed_all(0)
        chosen = read_out()
        return backend.numpy(chosen), backend.numpy(framework.rand([5]))

    gathered, index = backend.load("training").select_interest(interests, target_emb)
    _, untouched = next_draw(lambda: gathered)
    looped, moved = next_draw(lambda: read_out_into_noise(framework, interests, index, range(3)))
    np.testing.assert_array_equal(looped, backend.numpy(gathered))
    assert (moved != untouched).any()  # every forward pass shifts all later draws
    forgotten, _ = next_draw(lambda: read_out_into_noise(framework, interests, index, range(2)))
    assert (forgotten[2] != looped[2]).all()  # a row that is missed is noise, and nothing says so
    _, drawn = next_draw(lambda: backend.load("training").select_interest(interests, target_emb)[0])
    np.testing.assert_array_equal(drawn, untouched)


def padding_gradient(backend, loss):
    """The gradient of the padding's row in an embedding that was told which row is padding."""
    layer = backend.framework.nn.Embedding(6, 4, padding_idx=0)
    loss(backend.tensor(normal(3, 4)), layer.weight, backend.tensor(np.array([1, 2, 5]))).backward()
    return backend.numpy(layer.weight.grad)[0]


def test_padding_is_a_class(backend):
    def over_every_row(user, table, target):
        return backend.framework.nn.functional.cross_entropy(user @ table.T, target)

    assert padding_gradient(backend, over_every_row).any()  # padding_idx=0 guards look-ups alone
    assert not padding_gradient(backend, backend.load("training").full_softmax_loss).any()


def test_order_is_not_seen():
    clicks = normal(2, 5, 4)
    without, with_positions = MultiInterestSA(4, 3), MultiInterestSA(4, 3, max_length=5)
    forth, back = (without(x, all_real(x)) for x in (clicks, clicks[:, ::-1]))
    np.testing.assert_allclose(forth, back, atol=1e-6)
    forth, back = (with_positions(x, all_real(x)) for x in (clicks, clicks[:, ::-1]))
    assert np.abs(forth - back).max() > 1e-3


def test_second_weight_and_positions():
    without, with_positions = MultiInterestSA(4, 3), MultiInterestSA(4, 3, max_length=5)
    assert without.w2.shape == with_positions.w2.shape == (16, 3)  # (d_a, K): K is the number of interests
    assert with_positions.position_embedding.shape == (5, 4)


def test_inner_product_called_cosine():
    interests, target = np.array([[[3.0, 3.0], [1.0, 0.0]]]), np.array([[1.0, 0.0]])  # (B, K, d), (B, d)
    inner = interests[0] @ target[0]
    cosine = inner / np.linalg.norm(interests[0], axis=1) / np.linalg.norm(target[0])
    assert (inner.argmax(), cosine.argmax()) == (0, 1)
    assert select_interest(interests, target)[1] == [0]  # equation 8 of the paper has the inner product


# The note: the additive mask


def additive_mask_softmax(scores, mask):
    """(B, n, K), (B, n) bool -> (B, n, K)"""
    return softmax(scores + scores.dtype.type(-1e9) * (1 - mask[:, :, None].astype(scores.dtype)), axis=1)


def test_additive_mask_on_ordinary_rows():
    scores, mask = normal(2, 5, 3), np.arange(5) < np.array([[5], [2]])
    np.testing.assert_array_equal(
        additive_mask_softmax(scores, mask), masked_softmax(scores, mask[:, :, None], axis=1)
    )  # to the last bit


def test_additive_mask_on_an_empty_row():
    scores, mask = normal(1, 5, 3), np.zeros((1, 5), dtype=bool)
    np.testing.assert_allclose(additive_mask_softmax(scores, mask), 1 / 5)  # all of the attention on padding
    np.testing.assert_array_equal(masked_softmax(scores, mask[:, :, None], axis=1), 0)


def test_additive_mask_in_half_precision():
    scores, mask = normal(1, 5, 3).astype(np.float16), np.arange(5)[None] < 2
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.isnan(np.float16(-1e9) * (1 - mask.astype(np.float16))).any()
    half = masked_softmax(scores, mask[:, :, None], axis=1)
    np.testing.assert_allclose(half.astype(np.float32).sum(axis=1), 1, atol=2e-3)


def test_one_minus_a_boolean_mask():
    torch = pytest.importorskip("torch")
    mask = torch.tensor([[True, False]])
    with pytest.raises(RuntimeError, match="bool"):
        1 - mask
    masked = importlib.import_module("tutorial_utils.masking.torch").masked_softmax(torch.zeros(1, 2), mask)
    np.testing.assert_array_equal(masked.numpy(), [[1, 0]])


# The note: formulas


def projections(x, d):
    return [x @ normal(d, d, seed=seed) for seed in (1, 2, 3)]


def book_attention(x, d):
    return self_attention(x[None], *(normal(d, d, seed=seed) for seed in (1, 2, 3)), all_real(x[None]))[0]


def test_brackets_around_the_values():
    x, d = normal(5, 4), 4
    q, k, v = projections(x, d)
    printed = softmax(q @ k.T @ v)  # (T, d)
    np.testing.assert_allclose(printed.sum(axis=1), 1, rtol=1e-6)  # so no entry can be negative or above 1
    assert book_attention(x, d).min() < 0
    np.testing.assert_allclose(book_attention(x, d), softmax(q @ k.T / d**0.5) @ v, rtol=1e-4, atol=1e-6)


def test_scale_left_out():
    d = 256
    x = normal(20, d) / d**0.25
    q, k = (x @ normal(d, d, seed=seed) / d**0.25 for seed in (1, 2))
    assert softmax(q @ k.T).max(axis=1).mean() > 0.9  # nearly one-hot: hardly any gradient
    assert softmax(q @ k.T / d**0.5).max(axis=1).mean() < 0.5
    q, k, v = projections(x[:, :4], 4)
    assert not np.allclose(book_attention(x[:, :4], 4), softmax(q @ k.T) @ v)
    np.testing.assert_allclose(book_attention(x[:, :4], 4), softmax(q @ k.T / 4**0.5) @ v, rtol=1e-4, atol=1e-6)


def test_attention_without_softmax():
    x, d = normal(5, 4), 4
    q, k, v = projections(x, d)
    linear = q @ k.T / d**0.5 @ v
    three_times_the_keys = q @ (3 * k).T / d**0.5 @ v
    np.testing.assert_allclose(three_times_the_keys, 3 * linear, rtol=1e-4)  # grows without bound: no weighted mean
    assert not np.allclose(book_attention(x, d), linear)
    assert np.abs(book_attention(x, d)).max() <= np.abs(v).max()  # a weighted mean stays within its values


def test_output_matrix_on_the_left():
    heads, y = normal(5, 4), normal(4, 4, seed=1)  # (T, d), (d, d)
    with pytest.raises(ValueError, match="matmul"):
        y @ heads
    square = heads[:4]  # T = d: no error, but rows, and so items, are mixed
    assert not np.allclose(y @ square, square @ y)
    model = MultiHeadSelfAttention(4, n_heads=2)
    before = model(heads[None], all_real(heads[None]))[0]
    model.w_o = model.w_o @ y
    np.testing.assert_allclose(model(heads[None], all_real(heads[None]))[0], before @ y, rtol=1e-4, atol=1e-5)


def test_interests_are_not_heads():
    x = normal(1, 5, 4)
    changed = x.copy()
    changed[0, 3] += 1
    others = [0, 1, 2, 4]
    logits, moved = (MultiInterestSA(4, 3).logits(clicks)[0, others] for clicks in (x, changed))
    np.testing.assert_array_equal(logits, moved)  # an item's scores never depend on another item
    heads, moved = (MultiHeadSelfAttention(4, 2)(clicks, all_real(clicks))[0, others] for clicks in (x, changed))
    assert np.abs(heads - moved).max() > 1e-3
    assert MultiInterestSA(4, 3)(x, all_real(x)).shape == (1, 3, 4)  # K vectors a user, not one an item


def test_subscript_of_the_double_sum():
    a, b = normal(2, 3, 4), normal(2, 3, 5, seed=1)
    wanted = sum(np.outer(a[i, j], b[i, j]) for i in range(2) for j in range(3))  # sum_ij a_ijk b_ijl
    np.testing.assert_allclose(einsum_loops("ijk,ijl->kl", a, b), wanted, rtol=1e-5)
    with pytest.raises(EinsumError):
        einsum_loops("ijk,jkl->kl", a, b)
    cube, other = normal(3, 3, 3), normal(3, 3, 3, seed=1)  # equal sizes hide it
    assert not np.allclose(np.einsum("ijk,jkl->kl", cube, other), np.einsum("ijk,ijl->kl", cube, other))


def test_minimising_the_likelihood(numeric_gradient):
    user, table, target = normal(1, 3), normal(5, 3, seed=1), np.array([2])

    def loss(user):
        return full_softmax_loss(user, table, target)

    def likelihood(user):
        return np.exp(-loss(user))

    down_the_likelihood = user - 0.1 * numeric_gradient(likelihood, user)
    down_the_loss = user - 0.1 * numeric_gradient(loss, user)
    assert likelihood(down_the_likelihood) < likelihood(user) < likelihood(down_the_loss)


def targets_drawn(sequence):
    """The targets that 50 batches of the book draw from one user."""
    batches = prefix_batches(SequenceData([sequence]), batch_size=4, max_length=10, steps=50)
    return {int(item) for _, _, target in batches for item in target}


def test_only_the_last_item_as_target():
    clicks = [11, 12, 13, 14, 15, 16]
    only_the_last = {tuple(clicks[:-1]): clicks[-1]}
    every_prefix = {tuple(clicks[:k]): clicks[k] for k in range(1, len(clicks))}
    assert (len(only_the_last), len(every_prefix)) == (1, 5)
    assert targets_drawn(clicks) == set(every_prefix.values())


def test_venue_of_sine():
    entry = re.search(r"@\w+\{tan2021sine,.*?\n\}", (BOOK / "references.bib").read_text(encoding="utf-8"), re.DOTALL)
    assert "WSDM" in entry[0]
    assert "AAAI" not in entry[0]


TABLE_5_SA = {0.00: (8.467, 23.237), 0.05: (8.347, 38.808)}  # lambda: Recall@50, Diversity@50 in %


def test_far_fetched_diversity():
    (recall, diversity), (recall_after, diversity_after) = TABLE_5_SA.values()
    assert recall_after / recall - 1 == pytest.approx(-0.014, abs=0.0005)
    assert diversity_after - diversity == pytest.approx(15.6, abs=0.05)
    scores, categories = normal(7).astype(np.float64), np.array([0, 0, 0, 1, 1, 2, 2])
    chosen = greedy_rerank(scores[None], categories[None], 4, 0.3)[0]
    lists = (list(items) for items in combinations(range(7), 4))
    best = max(objective(scores[items], categories[items], 0.3) for items in lists)
    assert objective(scores[chosen], categories[chosen], 0.3) == pytest.approx(best)


# The paper


def test_pairs_counted_twice():
    scores, categories = np.array([1.0, 0.8, 0.5]), np.array([0, 0, 1])

    def printed(chosen, lam):
        return scores[chosen].sum() + lam * sum(categories[i] != categories[j] for i in chosen for j in chosen)

    best = max(printed(list(items), 0.2) for items in combinations(range(3), 2))
    with_lambda = greedy_rerank(scores[None], categories[None], 2, 0.2)[0]
    with_twice_lambda = greedy_rerank(scores[None], categories[None], 2, 0.4)[0]
    assert printed(with_lambda, 0.2) < best
    assert printed(with_twice_lambda, 0.2) == pytest.approx(best)
    assert objective(scores[:2], categories[:2], 0.2) > objective(scores[::2], categories[::2], 0.2)  # pairs once


# Amazon Books: Recall, NDCG and hit rate at 20, then at 50, in %
TABLE_3 = {
    "YouTube DNN": (4.567, 7.670, 10.285, 7.312, 12.075, 15.894),
    "GRU4Rec": (4.057, 6.803, 8.945, 6.501, 10.369, 13.666),
    "ComiRec-SA": (5.489, 8.991, 11.402, 8.467, 13.563, 17.202),
    "ComiRec-DR": (5.311, 9.185, 12.005, 8.106, 13.520, 17.583),
}


def test_best_single_vector_in_table_3():
    assert all(np.array(TABLE_3["YouTube DNN"]) > np.array(TABLE_3["GRU4Rec"]))


def test_best_of_each_column_in_table_3():
    dr_is_better = np.array(TABLE_3["ComiRec-DR"]) > np.array(TABLE_3["ComiRec-SA"])
    assert dr_is_better.tolist() == [False, True, True, False, False, True]


# Public code: metrics


def discounted(places):
    return sum(1 / math.log2(place + 2) for place in places)


def ndcg_over_the_hits(ranked, wanted):
    places = [place for place, item in enumerate(ranked) if item in wanted]
    return discounted(places) / discounted(range(len(places)))


def book_ndcg(recommended, targets):
    return ndcg_at(np.array([recommended]), [np.array(targets)], len(recommended))


def test_ndcg_by_the_order_of_the_targets():
    recommended, targets = [7, 1, 2, 3], [7, 9, 8]
    worst_order = recommended[::-1]
    assert ndcg_over_the_hits(targets, set(recommended)) == ndcg_over_the_hits(targets, set(worst_order))
    assert ndcg_over_the_hits(targets, set(recommended)) > ndcg_over_the_hits(targets[::-1], set(recommended))
    assert book_ndcg(recommended, targets) > book_ndcg(worst_order, targets)
    assert book_ndcg(recommended, targets) == book_ndcg(recommended, targets[::-1])


def test_ndcg_divided_by_the_hits():
    targets = [7, 9, 8, 5]
    one_at_the_top, four_below = [7, 1, 2, 3, 4], [1, 7, 9, 8, 5]
    assert ndcg_over_the_hits(one_at_the_top, targets) == 1 > ndcg_over_the_hits(four_below, targets)
    assert book_ndcg(one_at_the_top, targets) < book_ndcg(four_below, targets) < 1


def test_ndcg_by_the_order_of_a_set():
    best_first, worst_first = [3, 1, 2], [1, 2, 3]
    assert ndcg_over_the_hits(set(best_first), [3]) == ndcg_over_the_hits(set(worst_first), [3]) < 1
    assert book_ndcg(best_first, [3]) == 1 > book_ndcg(worst_first, [3])


def test_seen_items_listed():
    data = SequenceData([[1, 2, 3, 4, 5]], n_items=8)  # the first four are the history, 5 is the target

    def likes_the_history(histories):
        scores = np.zeros((len(histories), 8))
        scores[:, 1:6] = [[2, 2, 2, 2, 1]]
        return scores

    assert evaluate_topn(likes_the_history, data, n=4, exclude_seen=False)["recall@4"] == 0
    assert evaluate_topn(likes_the_history, data, n=4, exclude_seen=True)["recall@4"] == 1


# Public code: training


def test_first_items_never_targets():
    clicks = [11, 12, 13, 14, 15, 16]
    assert [clicks[k] for k in range(4, len(clicks))] == [15, 16]
    assert targets_drawn(clicks) == {12, 13, 14, 15, 16}


def log_uniform(n_classes):
    """Probabilities of ids 0..n-1, as TensorFlow documents its default sampler."""
    edges = np.log(np.arange(1, n_classes + 2))
    return np.diff(edges) / edges[-1]


def test_padding_is_the_likeliest_negative():
    probability = log_uniform(367_983)  # classes of the published code on Amazon Books, id 0 included
    assert probability.sum() == pytest.approx(1)
    assert probability.argmax() == 0
    assert probability[0] == pytest.approx(0.054, abs=0.0005)
    user, table, target = normal(2, 4), normal(6, 4, seed=1), np.array([1, 2])
    without, with_padding = (sampled_softmax_loss(user, table, target, np.array(ids)) for ids in ([3, 4], [3, 0, 4, 0]))
    assert without == with_padding


class ScorerWithIdleTemperature:
    def __init__(self, temperature=1.0):
        self.temperature = temperature

    def __call__(self, cosines):
        return cosines


def test_temperature_unused(backend):
    perfect = np.array([[1.0] + [-1.0] * 1000])  # cosines of the target and 1,000 negatives
    losses = [-np.log(softmax(ScorerWithIdleTemperature(t)(perfect))[0, 0]) for t in (1.0, 0.1)]
    assert losses[0] == losses[1] > 4.9  # nats, for a model that could not be better
    assert -np.log(softmax(perfect / 0.1)[0, 0]) < 1e-5
    training, batch = backend.load("training"), (np.array([[1, 2]]), np.array([[True, True]]), np.array([3]))
    configs = [training.ComiRecConfig(n_items=6, max_length=2, temperature=t) for t in (1.0, 0.1)]
    warm, cold = (training.batch_loss(training.ComiRecSA(c), *map(backend.tensor, batch)) for c in configs)
    assert np.abs(backend.numpy(warm) - backend.numpy(cold)) > 1e-3


def share_of_one_direction(weight):
    """How much of what independent vectors become under `weight` lies along a single direction."""
    mapped = normal(1000, len(weight), seed=5) @ weight
    variances = np.linalg.svd(mapped, compute_uv=False) ** 2
    return variances[0] / variances.sum()


def test_weights_all_positive():
    d = 64
    assert share_of_one_direction(np.random.default_rng(0).uniform(size=(d, d))) > 0.7
    assert share_of_one_direction(MultiHeadSelfAttention(d, 1).w_o) < 0.1
    assert initial_state(d, 4)["w1"].min() < 0 < initial_state(d, 4)["w1"].max()


def test_initialiser_over_the_padding_row():
    torch = pytest.importorskip("torch")
    layer = torch.nn.Embedding(6, 4, padding_idx=0)
    assert not layer.weight[0].any()
    for weight in layer.parameters():
        torch.nn.init.kaiming_normal_(weight)
    assert layer.weight[0].all()
    training = importlib.import_module("tutorial_utils.training.torch")
    assert not training.ComiRecSA(training.ComiRecConfig(n_items=6)).item_embedding[0].any()


# Public code: the rest


def test_routing_softmax_over_the_sequence():
    logits, mask = np.zeros((4, 10)), np.arange(10) < 2  # (K, n) at the first iteration, a user with two items
    over_interests = softmax(logits, axis=0) * mask
    over_sequence = softmax(logits, axis=1) * mask
    np.testing.assert_allclose(over_interests.sum(axis=0)[:2], 1)  # an item divides itself among the interests
    np.testing.assert_allclose(over_sequence.sum(axis=1), 2 / 10)  # an interest divides itself, padding takes its part


def test_copies_scrambled():
    mapped, K = np.array([0, 1, 2, 3]), 2  # (d,) one item, to be copied for each interest
    assert np.repeat(mapped, K).reshape(K, 4).tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]
    assert np.tile(mapped, K).reshape(K, 4).tolist() == [[0, 1, 2, 3], [0, 1, 2, 3]]


def coefficient_from_the_command_line(**options):
    parser = argparse.ArgumentParser()
    parser.add_argument("--coef", default=None, **options)
    return parser.parse_args(["--coef", "0.25"]).coef


def test_coefficient_without_type():
    counter = defaultdict(int)
    with pytest.raises(TypeError):
        1.5 - coefficient_from_the_command_line() * counter["comedy"]  # "0.25" * 0 is ""
    assert 1.5 - coefficient_from_the_command_line(type=float) * counter["comedy"] == 1.5
    scores, categories = np.array([[1.0, 0.9]]), np.array([[0, 0]])
    with pytest.raises((TypeError, ValueError), match="lam"):
        greedy_rerank(scores, categories, 1, coefficient_from_the_command_line())


# The page


def test_the_page_names_every_test():
    page = (BOOK / "corrections.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    here = {name for name, value in globals().items() if name.startswith("test_") and callable(value)}
    assert named == here - {"test_the_page_names_every_test"}
