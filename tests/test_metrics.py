"""The metrics against ir-measures, against brute force over sets, and at their edges."""

from itertools import combinations
from math import log, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils import metrics
from tutorial_utils.data import SequenceData
from tutorial_utils.metrics import (
    diversity_at,
    evaluate_per_user,
    evaluate_topn,
    hit_rate_at,
    ndcg_at,
    normalised_mutual_information,
    per_user_metrics,
    purity,
    recall_at,
    top_items,
)

METRICS = (recall_at, hit_rate_at, ndcg_at)
FEW = settings(max_examples=50, deadline=None)


def lists_and_targets(lowest=-1, unique=False):
    """Draw (recommended, targets) of a few users over a catalogue of 12 items."""

    def of_width(width):
        places = st.lists(st.integers(lowest, 12), min_size=width, max_size=width, unique=unique)
        wanted = st.lists(st.integers(1, 12), min_size=1, max_size=8)
        return st.lists(st.tuples(places, wanted), min_size=1, max_size=5)

    def split(users):
        return np.array([places for places, _ in users]), [np.array(wanted) for _, wanted in users]

    return st.integers(1, 10).flatmap(of_width).map(split)


# --- recall, hit rate, NDCG ---------------------------------------------------------------------------------------


def test_one_user_by_hand():
    recommended, targets = np.array([[5, 3, 9, 1]]), [np.array([3, 1, 7])]
    assert recall_at(recommended, targets, 4) == pytest.approx(2 / 3)
    assert recall_at(recommended, targets, 2) == pytest.approx(1 / 3)
    assert hit_rate_at(recommended, targets, 1) == 0
    assert hit_rate_at(recommended, targets, 2) == 1
    ideal = 1 + 1 / log2(3) + 1 / 2
    assert ndcg_at(recommended, targets, 4) == pytest.approx((1 / log2(3) + 1 / log2(5)) / ideal)
    assert ndcg_at(recommended, targets, 2) == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))


def test_the_mean_is_over_users_and_not_over_targets():
    recommended, targets = np.array([[1, 2], [3, 4]]), [np.array([1]), np.array([5, 6, 7, 3])]
    assert recall_at(recommended, targets, 2) == pytest.approx((1 + 1 / 4) / 2)


@FEW
@given(lists_and_targets(lowest=1, unique=True), st.integers(1, 10))
def test_equal_to_ir_measures(drawn, n):
    ir_measures = pytest.importorskip("ir_measures")
    recommended, targets = drawn
    n = min(n, recommended.shape[1])
    judged = [ir_measures.Qrel(str(u), str(i), 1) for u, ids in enumerate(targets) for i in set(ids.tolist())]
    ranked = [
        ir_measures.ScoredDoc(str(u), str(i), -float(place))
        for u, ids in enumerate(recommended)
        for place, i in enumerate(ids)
    ]
    peers = [ir_measures.R @ n, ir_measures.Success @ n, ir_measures.nDCG @ n]
    expected = ir_measures.calc_aggregate(peers, judged, ranked)
    for ours, peer in zip(METRICS, peers, strict=True):
        assert ours(recommended, targets, n) == pytest.approx(expected[peer], abs=1e-9)


def brute_force(places, wanted, n):
    """One user's recall, hit rate and NDCG, with sets."""
    wanted, found, gain = set(wanted), set(), 0.0
    for place, item in enumerate(places[:n]):
        if item in wanted and item not in found:
            found.add(item)
            gain += 1 / log2(place + 2)
    ideal = sum(1 / log2(place + 2) for place in range(min(n, len(wanted))))
    return len(found) / len(wanted), float(len(found) > 0), gain / ideal


@FEW
@given(lists_and_targets(), st.integers(1, 10))
def test_equal_to_brute_force_with_filler_and_repeated_ids(drawn, n):
    recommended, targets = drawn
    n = min(n, recommended.shape[1])
    expected = np.array([brute_force(p, t, n) for p, t in zip(recommended.tolist(), targets, strict=True)])
    values = per_user_metrics(recommended, targets, n)
    assert list(values) == ["recall", "hit_rate", "ndcg"]
    np.testing.assert_allclose(np.stack(list(values.values()), axis=1), expected, atol=1e-12)
    for column, metric in enumerate(METRICS):
        assert metric(recommended, targets, n) == pytest.approx(expected[:, column].mean())


def test_a_repeated_id_counts_once_but_takes_its_place():
    recommended, targets = np.array([[7, 7, 2]]), [np.array([7, 2])]
    assert recall_at(recommended, targets, 3) == 1
    assert ndcg_at(recommended, targets, 3) == pytest.approx((1 + 1 / 2) / (1 + 1 / log2(3)))


def test_a_perfect_short_list_has_ndcg_one_and_one_hit_of_many_has_not():
    targets = [np.arange(1, 31)]
    assert ndcg_at(np.arange(1, 21)[None], targets, 20) == pytest.approx(1)
    assert ndcg_at(np.array([[1, 40, 41]]), targets, 3) == pytest.approx(1 / (1 + 1 / log2(3) + 1 / 2))


def test_filler_is_never_a_hit_and_small_integer_types_do_not_overflow():
    targets = [np.array([120], np.int8)] * 300
    assert recall_at(np.zeros((300, 4), np.int64), targets, 4) == 0
    assert recall_at(np.full((300, 1), -1), targets, 1) == 0
    for dtype in (np.int8, np.uint8, np.uint64):
        highest = min(np.iinfo(dtype).max, 2**40)
        assert recall_at(np.array([[highest, 120]] * 300, dtype), targets, 2) == 1


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("recommended", "targets", "n", "message"),
    [
        ([[1, 2]], [[]], 2, r"targets\[0\] is empty"),
        ([[1, 2], [1, 2]], [[1], np.array([], int)], 2, r"targets\[1\] is empty"),
        ([[1, 2], [1, 2]], [[1]], 2, "targets has 1 users, expected 2"),
        ([[1, 2]], [[1]], 3, "recommended holds 2 ids a user, expected at least n = 3"),
        ([[1, 2]], [[1]], 0, "n is 0, expected at least 1"),
        ([1, 2], [[1]], 2, r"recommended has shape \(2,\), expected \(U, N\)"),
        ([[1.0, 2.0]], [[1]], 2, "recommended has dtype float64, expected integer ids"),
        ([[1, -2]], [[1]], 2, r"recommended has ids -2\.\.1"),
        ([[1, 2]], [[0]], 2, r"targets\[0\] has id 0, expected ids from 1"),
        ([[1, 2]], [[1.5]], 2, r"targets\[0\] has dtype float64, expected integer ids"),
        ([[1, 2]], [[[1]]], 2, r"targets\[0\] has shape \(1, 1\)"),
        (np.zeros((0, 2), int), [], 2, "recommended holds no user"),
    ],
)
def test_bad_lists_and_targets_are_named(metric, recommended, targets, n, message):
    with pytest.raises(ValueError, match=message):
        metric(np.array(recommended), targets, n)


# --- diversity ----------------------------------------------------------------------------------------------------


@FEW
@given(lists_and_targets(), st.lists(st.integers(-1, 3), min_size=13, max_size=13), st.integers(1, 10))
def test_diversity_is_the_share_of_pairs_with_different_categories(drawn, category, n):
    recommended, _ = drawn
    n = min(n, recommended.shape[1])
    shares = []
    for places in recommended[:, :n].tolist():
        pairs = [category[a] != category[b] for a, b in combinations([i for i in places if i > 0], 2)]
        shares.append(sum(pairs) / len(pairs) if pairs else 0.0)
    assert diversity_at(recommended, np.array(category), n) == pytest.approx(np.mean(shares))


def test_unknown_is_a_category_and_filler_is_no_item():
    category = np.array([-1, 0, 0, 1, -1, -1])
    assert diversity_at(np.array([[4, 5]]), category, 2) == 0
    assert diversity_at(np.array([[1, 4, 0, -1]]), category, 4) == 1
    assert diversity_at(np.array([[1, 0, 0]]), category, 3) == 0
    assert diversity_at(np.array([[1, 3, 2]]), category, 3) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("recommended", "category", "message"),
    [
        ([[1, 9]], [-1, 0, 0], r"recommended has ids 1\.\.9, expected -1\.\.2"),
        ([[1, 2]], [-1.0, 0.0, 0.0], "item_category is float64"),
        ([[1, 2]], [-2, 0, 0], "item_category is int64 from -2"),
        ([[1, 2]], [[-1, 0, 0]], r"item_category has shape \(1, 3\), expected \(V\)"),
    ],
)
def test_bad_categories_are_named(recommended, category, message):
    with pytest.raises(ValueError, match=message):
        diversity_at(np.array(recommended), np.array(category), 2)


# --- from scores to lists -----------------------------------------------------------------------------------------


@FEW
@given(
    st.integers(1, 9).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0, np.inf]), min_size=width, max_size=width),
            min_size=1,
            max_size=4,
        )
    ),
    st.integers(1, 12),
    st.sampled_from([np.float16, np.float32, np.float64]),
)
def test_top_items_is_a_stable_sort_by_falling_score(rows, n, dtype):
    scores = np.array(rows, dtype)
    before = scores.copy()
    listed = top_items(scores, n)
    assert listed.shape == (len(rows), n)
    assert listed.dtype == np.int64
    for row, ids in zip(scores, listed.tolist(), strict=True):
        candidates = [i for i in range(1, len(row)) if row[i] != -np.inf]
        expected = sorted(candidates, key=lambda i: (-row[i], i))[:n]
        assert ids == expected + [0] * (n - len(expected))
    np.testing.assert_array_equal(scores, before)


def test_top_items_leaves_out_what_is_excluded():
    scores = np.array([[9.0, 1, 2, 3], [9.0, 3, 2, 1]])
    assert top_items(scores, 2, exclude=[[3], []]).tolist() == [[2, 1], [1, 2]]
    assert top_items(scores, 3, exclude=[[1, 2, 3], [2, 2]]).tolist() == [[0, 0, 0], [1, 3, 0]]


@pytest.mark.parametrize(
    ("scores", "exclude", "message"),
    [
        ([[0.0, 1.0], [0.0, np.nan]], None, "scores has NaN for user 1"),
        ([[0, 1]], None, "scores has dtype int64, expected a floating type"),
        ([0.0, 1.0], None, r"scores has shape \(2,\), expected \(U, V\)"),
        ([[0.0, 1.0]], [[1], [1]], "exclude has 2 users, expected 1"),
        ([[0.0, 1.0]], [[2]], r"exclude\[0\] has id 2, expected ids in 1\.\.1"),
    ],
)
def test_bad_scores_are_named(scores, exclude, message):
    with pytest.raises(ValueError, match=message):
        top_items(np.array(scores), 1, exclude)


# --- the protocol -------------------------------------------------------------------------------------------------

# User 0 sees 1 2 3 4 and has target 5; user 1 sees 2 2 6 1 and has target 2, an item of the history.
DATA = SequenceData([[1, 2, 3, 4, 5], [2, 2, 6, 1, 2]], n_items=8)
SCORES = np.array([9.0, 8, 7, 6, 5, 4, 3, 2])  # padding first, then 1, 2, ...


def by_id(histories):
    return np.tile(SCORES, (len(histories), 1))


def test_the_first_80_percent_are_the_input():
    given_histories = []

    def recommend(histories):
        given_histories.extend(history.tolist() for history in histories)
        return by_id(histories)

    evaluate_topn(recommend, DATA, n=2)
    assert given_histories == [[1, 2, 3, 4], [2, 2, 6, 1]]


def test_padding_is_no_candidate_and_seen_items_are_excluded_on_request():
    # Nothing excluded, the lists are 1 2: user 1 hits at place 2. Seen excluded, they are 5 6 and 3 4.
    kept = evaluate_topn(by_id, DATA, n=2, exclude_seen=False)
    assert kept == pytest.approx({"recall@2": 0.5, "hit_rate@2": 0.5, "ndcg@2": 0.5 / log2(3)})
    assert evaluate_topn(by_id, DATA, n=(2,)) == pytest.approx({"recall@2": 0.5, "hit_rate@2": 0.5, "ndcg@2": 0.5})


def test_a_seen_target_stays_a_target():
    values = evaluate_per_user(by_id, DATA, n=(2, 7))
    assert values["recall@7"].tolist() == [1, 0]
    assert evaluate_per_user(by_id, DATA, n=7, exclude_seen=False)["recall@7"].tolist() == [1, 1]


@pytest.mark.parametrize("exclude_seen", [True, False])
@pytest.mark.parametrize("dtype", [np.int32, np.uint8])
def test_ids_and_scores_that_say_the_same_give_the_same(exclude_seen, dtype):
    def ids(histories):
        return np.tile(np.arange(1, 8, dtype=dtype), (len(histories), 1))

    expected = evaluate_topn(by_id, DATA, (1, 3, 7), exclude_seen)
    assert evaluate_topn(ids, DATA, (1, 3, 7), exclude_seen) == pytest.approx(expected)


def test_a_list_that_runs_short_is_filled_up():
    def ids(histories):
        return np.array([[4, 3, 2], [7, 6, -1]])[: len(histories)]

    assert evaluate_topn(ids, DATA, n=3)["hit_rate@3"] == 0
    lists = metrics._as_lists(ids(DATA), [np.array([1, 2, 3]), np.array([7])], 8, 3, True)
    assert lists.tolist() == [[4, 0, 0], [6, -1, 0]]


def test_more_places_than_items_is_a_short_list():
    assert evaluate_topn(by_id, DATA, n=50, exclude_seen=False)["recall@50"] == 1


def test_diversity_is_reported_where_categories_exist():
    data = SequenceData(DATA.sequences, n_items=8, item_category=[-1, 0, 0, 0, 0, 0, 1, 1])
    values = evaluate_topn(by_id, data, n=(2, 3), exclude_seen=False)
    assert values["diversity@2"] == 0
    assert evaluate_topn(by_id, data, n=2)["diversity@2"] == 0.5  # 5 6 and 3 4
    assert list(values)[:4] == ["recall@2", "hit_rate@2", "ndcg@2", "diversity@2"]


def test_batches_do_not_change_the_result(monkeypatch):
    rng = np.random.default_rng(0)
    data = SequenceData([rng.integers(1, 30, size=10) for _ in range(23)], n_items=30)

    def recommend(histories):
        return np.array([np.bincount(history, minlength=30) / 10 for history in histories])

    whole = evaluate_per_user(recommend, data, n=(1, 5))
    monkeypatch.setattr(metrics, "SCORES_AT_ONCE", 30 * 4)
    sizes = []
    batched = evaluate_per_user(lambda rows: sizes.append(len(rows)) or recommend(rows), data, n=(1, 5))
    assert sizes == [4, 4, 4, 4, 4, 3]
    for name in whole:
        np.testing.assert_array_equal(whole[name], batched[name])


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (np.zeros((1, 8)), r"recommend returned float64 of shape \(1, 8\), expected .*, 2 rows"),
        (np.zeros(8), r"recommend returned float64 of shape \(8,\)"),
        (np.zeros((2, 7)), "recommend returned 7 scores a user, expected V = 8"),
        (np.full((2, 8), np.nan), "scores has NaN for user 0"),
        (np.ones((2, 8), bool), "recommend returned bool"),
        (np.full((2, 3), 8), r"read as ids, has ids 8\.\.8, expected -1\.\.7"),
        (np.ones((2, 2), int), "read as ids, holds 2 ids a user, expected at least n = 3"),
    ],
)
def test_bad_output_of_recommend_is_named(output, message):
    with pytest.raises(ValueError, match=message):
        evaluate_topn(lambda histories: output, DATA, n=3)


def test_a_user_without_targets_is_named():
    with pytest.raises(ValueError, match="user 1 has 1 event"):
        evaluate_topn(by_id, SequenceData([[1, 2], [3]], n_items=8), n=3)


# --- agreement of two groupings -----------------------------------------------------------------------------------

labels = st.lists(st.tuples(st.integers(-2, 3), st.integers(0, 4)), min_size=1, max_size=12)


def brute_purity(pairs):
    """The best of all ways to give every group one true class, tried one by one."""
    groups, classes = {group for group, _ in pairs}, {truth for _, truth in pairs}
    best = sum(max(sum(pair == (group, truth) for pair in pairs) for truth in classes) for group in groups)
    return best / len(pairs)


def brute_nmi(pairs):
    """From the definition: sum of p(g, t) log p(g, t) / (p(g) p(t)), over the mean of the entropies."""

    def share(wanted):
        return sum(map(wanted, pairs)) / len(pairs)

    groups, classes = {group for group, _ in pairs}, {truth for _, truth in pairs}
    mutual = 0.0
    for g in groups:
        for t in classes:
            if both := share(lambda pair, g=g, t=t: pair == (g, t)):
                alone = share(lambda pair, g=g: pair[0] == g) * share(lambda pair, t=t: pair[1] == t)
                mutual += both * log(both / alone)
    entropy = -sum(p * log(p) for p in (share(lambda pair, g=g: pair[0] == g) for g in groups))
    entropy -= sum(p * log(p) for p in (share(lambda pair, t=t: pair[1] == t) for t in classes))
    return 1.0 if entropy == 0 else 2 * mutual / entropy


@FEW
@given(labels)
def test_purity_and_nmi_are_their_definitions(pairs):
    groups, truth = zip(*pairs, strict=True)
    assert purity(groups, truth) == pytest.approx(brute_purity(pairs))
    assert normalised_mutual_information(groups, truth) == pytest.approx(brute_nmi(pairs), abs=1e-12)


@FEW
@given(labels)
def test_nmi_is_symmetric_and_blind_to_names(pairs):
    groups, truth = (np.array(side) for side in zip(*pairs, strict=True))
    value = normalised_mutual_information(groups, truth)
    assert normalised_mutual_information(truth, groups) == pytest.approx(value)
    assert normalised_mutual_information(7 - 3 * groups, truth) == pytest.approx(value)
    assert normalised_mutual_information(groups, groups) == pytest.approx(1)


def test_one_group_tells_nothing():
    assert purity([0, 0, 0, 0], [1, 1, 1, 2]) == 0.75
    assert normalised_mutual_information([0, 0, 0, 0], [1, 1, 1, 2]) == 0
    assert normalised_mutual_information([0, 0], [3, 3]) == 1


def test_independent_groups_share_no_information():
    assert normalised_mutual_information([0, 0, 1, 1], [0, 1, 0, 1]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("agreement", [purity, normalised_mutual_information])
@pytest.mark.parametrize(
    ("groups", "truth"), [([], []), ([0, 1], [0]), ([0.5, 1.0], [0, 1]), ([0, 1], ["a", "b"]), ([[0, 1]], [[0, 1]])]
)
def test_groupings_that_do_not_fit(agreement, groups, truth):
    with pytest.raises(ValueError, match=r"groups|truth"):
        agreement(groups, truth)
