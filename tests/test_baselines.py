"""The baselines against sums written as loops, and at their edges."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.baselines import ItemKNN, Popularity
from tutorial_utils.data import SequenceData
from tutorial_utils.metrics import evaluate_topn

FEW = settings(max_examples=25, deadline=None)
V = 9
TRAIN = SequenceData([[1, 2, 3], [2, 3, 3], [3, 4], [1, 2]], n_items=V)


def rows(most=6, least=1):
    return st.lists(st.lists(st.integers(1, V - 1), min_size=least, max_size=6), min_size=1, max_size=most)


def looped_similarity(sequences, shrink, k=None):
    users = [{u for u, ids in enumerate(sequences) if item in ids} for item in range(V)]
    similarity = np.zeros((V, V))
    for i in range(1, V):
        for j in range(1, V):
            both = len(users[i] & users[j])
            if i != j and both:
                similarity[i, j] = both / (sqrt(len(users[i]) * len(users[j])) + shrink)
        near = sorted(range(V), key=lambda j: (-np.float32(similarity[i, j]), j))[:k]
        similarity[i, [j for j in range(V) if j not in near]] = 0
    return similarity


def test_popularity_counts_users_and_not_events():
    scores = Popularity().fit(TRAIN).scores([[1], [5, 6]])
    assert scores.dtype == np.float32
    assert scores.tolist() == [[-np.inf, 2, 3, 3, 1, 0, 0, 0, 0]] * 2


@FEW
@given(rows(), rows(least=0), st.sampled_from([0, 0.5, 10]), st.sampled_from([None, 1, 2, 20]))
def test_item_knn_is_the_sum_of_the_similarities_to_the_history(sequences, histories, shrink, k):
    model = ItemKNN(shrink, k).fit(SequenceData(sequences, n_items=V))
    similarity = looped_similarity(sequences, shrink, k)
    np.testing.assert_allclose(model.similarity.toarray(), similarity, rtol=1e-6)
    scores = model.scores(histories)
    assert scores.shape == (len(histories), V)
    assert scores.dtype == np.float32
    assert (scores[:, 0] == -np.inf).all()
    for history, row in zip(histories, scores, strict=True):
        np.testing.assert_allclose(row[1:], similarity[list(set(history))].sum(axis=0)[1:], rtol=1e-5, atol=1e-7)


def test_similarity_by_hand():
    similarity = ItemKNN(shrink=1).fit(TRAIN).similarity.toarray()
    assert similarity[1, 2] == pytest.approx(2 / (sqrt(2 * 3) + 1))
    assert similarity[2, 3] == similarity[3, 2] == pytest.approx(2 / (3 + 1))
    assert similarity[3, 3] == 0


def test_k_keeps_the_neighbours_of_the_history_item():
    # Item 3 is the nearest of item 4, but item 4 is not the nearest of item 3.
    model = ItemKNN(shrink=0, k=1).fit(TRAIN)
    assert model.scores([[4]])[0].argmax() == 3
    assert model.scores([[3]])[0].argmax() == 2
    assert model.scores([[3]])[0, 4] == 0


def test_ties_among_neighbours_go_to_the_lowest_id():
    model = ItemKNN(k=2).fit(SequenceData([[1, 2, 3, 4, 5]], n_items=V))
    assert model.similarity.toarray()[5].nonzero()[0].tolist() == [1, 2]


def test_the_order_of_a_history_and_its_repetitions_do_not_matter():
    scores = ItemKNN().fit(TRAIN).scores([[1, 3], [3, 1, 1, 3]])
    np.testing.assert_array_equal(scores[0], scores[1])


def test_items_without_training_users_and_empty_histories_add_nothing():
    scores = ItemKNN().fit(TRAIN).scores([[8], [], [8, 1]])
    assert (scores[:2, 1:] == 0).all()
    np.testing.assert_array_equal(scores[2], ItemKNN().fit(TRAIN).scores([[1]])[0])


def test_no_users_and_one_user_of_one_item():
    for model in (Popularity(), ItemKNN()):
        fitted = model.fit(SequenceData([[1]], n_items=2))
        assert fitted is model
        assert fitted.scores([]).shape == (0, 2)
        assert fitted.scores([[1]])[0, 1] == (1 if isinstance(model, Popularity) else 0)


@pytest.mark.parametrize("model", [Popularity(), ItemKNN()])
def test_not_fitted_is_an_error(model):
    with pytest.raises(RuntimeError, match="is not fitted"):
        model.scores([[1]])


@pytest.mark.parametrize("make", [Popularity, ItemKNN])
@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([V], r"histories\[1\] has id 9, expected ids in 1\.\.8"),
        ([0], r"histories\[1\] has id 0"),
        ([1.0], r"histories\[1\] has dtype float64"),
    ],
)
def test_bad_histories_are_named(make, history, message):
    with pytest.raises(ValueError, match=message):
        make().fit(TRAIN).scores([[1], history])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"shrink": -1}, "shrink is -1"), ({"shrink": np.nan}, "shrink is nan"), ({"k": 0}, "k is 0")],
)
def test_bad_settings_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        ItemKNN(**arguments)


def test_neighbours_beat_popularity_on_users_of_two_worlds():
    rng = np.random.default_rng(0)
    worlds = [rng.permutation(np.arange(1, 21) + 20 * (user % 2))[:10] for user in range(60)]
    data = SequenceData(worlds, n_items=41)
    train, test = data.select(np.arange(40)), data.select(np.arange(40, 60))
    popular = evaluate_topn(Popularity().fit(train).scores, test, n=12)
    near = evaluate_topn(ItemKNN().fit(train).scores, test, n=12)
    assert near["recall@12"] == 1  # 12 unseen items are left of the user's own world
    assert popular["recall@12"] < 0.8
