import hashlib
import re

import numpy as np
import pytest

from tutorial_utils.data import load_synthetic


@pytest.fixture(scope="module")
def data():
    return load_synthetic()


def switches(data):
    return np.concatenate([np.diff(row) != 0 for row in data.event_interest if len(set(row.tolist())) > 1]).mean()


def rank_of(data, item):
    """The popularity rank that an item's name ends in."""
    return int(data.item_names[item].rsplit(".", 1)[1])


def test_the_default_is_the_same_on_every_platform(data):
    digest = hashlib.sha256()
    for array in (data.items, data.offsets, np.concatenate(data.event_interest), data.item_category):
        digest.update(array.astype("<i8").tobytes())
    assert digest.hexdigest() == "aad936065a6fdcca9d4f9dd2524acdd4df5a9f7af83cbcb896c525f5d89b0f55"


def test_another_seed_gives_other_users(data):
    other = load_synthetic(seed=1)
    assert other.items[:200].tolist() != data.items[:200].tolist()


def test_items_have_a_category_and_a_name_that_says_it(data):
    assert data.n_categories == 8
    assert data.item_category[1:].min() == 0
    for item in (1, 77, data.n_items - 1):
        assert data.item_names[item].startswith(data.category_names[data.item_category[item]])
    assert len(set(data.item_names)) == data.n_items


def test_users_have_one_to_four_interests_in_different_categories(data):
    counts = np.bincount([len(set(row.tolist())) for row in data.event_interest])
    assert len(counts) == 5
    assert counts[1:].min() > 0.15 * len(data)
    for row in data.event_interest:
        interests = np.unique(row)
        assert len(set((interests // 8).tolist())) == len(interests)


def test_every_event_takes_an_item_of_its_interests_category_and_none_twice(data):
    for items, interests in zip(data.sequences, data.event_interest, strict=True):
        assert (data.item_category[items] == interests // 8).all()
        assert len(set(items.tolist())) == len(items)
        assert 10 <= len(items) <= 20


@pytest.mark.parametrize("overlap", [0.0, 0.3])
def test_overlap_is_the_share_of_events_outside_the_interest(overlap):
    data = load_synthetic(n_users=500, overlap=overlap, zipf=0.0)
    groups = np.array([int(name.split()[-1].split(".")[0]) - 1 if name else 0 for name in data.item_names])
    outside = groups[data.items] != np.concatenate(data.event_interest) % 8
    assert outside.mean() == pytest.approx(overlap, abs=0.05)  # drawn without repeats, so not exactly


@pytest.mark.parametrize("switch", [0.0, 0.2, 1.0])
def test_switch_is_the_probability_of_moving_on(switch):
    data = load_synthetic(n_users=800, switch=switch)
    if switch == 0.0:
        assert all(len(set(row.tolist())) == 1 for row in data.event_interest)
    else:
        assert switches(data) == pytest.approx(switch, abs=0.05)


def test_popularity_falls_with_rank(data):
    ranks = np.array([rank_of(data, item) for item in range(1, data.n_items)])
    counts = np.bincount(data.items, minlength=data.n_items)[1:]
    by_rank = [counts[ranks == rank].mean() for rank in range(1, 21)]
    assert by_rank[0] > 1.5 * by_rank[9] > 2 * by_rank[19]


def test_zipf_zero_makes_items_alike():
    data = load_synthetic(zipf=0.0)
    ranks = np.array([rank_of(data, item) for item in range(1, data.n_items)])
    counts = np.bincount(data.items, minlength=data.n_items)[1:]
    assert counts[ranks == 1].mean() == pytest.approx(counts[ranks == 20].mean(), rel=0.15)


def test_the_order_within_an_interest_says_nothing_about_popularity(data):
    first = np.mean([rank_of(data, row[0]) for row in data.sequences])
    last = np.mean([rank_of(data, row[-1]) for row in data.sequences])
    assert first == pytest.approx(last, abs=0.7)


def test_one_interest_a_category_and_many_categories():
    data = load_synthetic(n_users=20, n_categories=20, interests_per_category=1)
    assert data.category_names[16] == "cooking 2"
    assert len(set(data.category_names)) == 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_users": 0}, "n_users and interests_per_category are (0, 8)"),
        ({"interests_per_category": 0}, "n_users and interests_per_category"),
        ({"max_interests": 9}, "max_interests is 9, expected 1..n_categories = 1..8"),
        ({"max_interests": 0}, "max_interests is 0"),
        ({"min_length": 0}, "min_length, max_length, items_per_interest are (0, 20, 20)"),
        ({"min_length": 21}, "min_length, max_length"),
        ({"max_length": 21}, "nobody takes an item twice"),
        ({"switch": 1.5}, "switch is 1.5, expected 0..1"),
        ({"overlap": -0.1}, "overlap is -0.1, expected 0..1"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        load_synthetic(**arguments)
