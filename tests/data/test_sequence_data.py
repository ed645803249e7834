import copy
import pickle
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.data import SequenceData

SEQUENCES = [[1, 2, 3], [4, 2], [5]]
CATEGORY = [-1, 0, 0, 1, 1, -1]

sequence_lists = st.lists(st.lists(st.integers(1, 50), min_size=1, max_size=12), min_size=1, max_size=8)


def test_fields_of_a_small_example():
    data = SequenceData(SEQUENCES, 8, name="toy")
    assert repr(data) == "SequenceData(toy: 3 users, 7 items, 6 events)"
    assert (len(data), data.n_items, data.n_events, data.n_categories) == (3, 8, 6, 0)
    assert data.items.tolist() == [1, 2, 3, 4, 2, 5]
    assert data.offsets.tolist() == [0, 3, 5, 6]
    assert data.lengths.tolist() == [3, 2, 1]
    assert data[1].tolist() == data[-2].tolist() == [4, 2]
    assert data.timestamps is data.event_interest is data.item_category is data.item_names is None


def test_repr_counts_categories_and_has_thousands_separators():
    named = SequenceData([np.arange(1, 1683)], item_category=[-1] + [0] * 1682, category_names=["a", "b"], name="x")
    assert repr(named) == "SequenceData(x: 1 users, 1,682 items, 1,682 events, 2 categories)"
    assert repr(SequenceData(SEQUENCES, item_category=CATEGORY)) == (
        "SequenceData(3 users, 5 items, 6 events, 2 categories)"
    )


@settings(max_examples=25, deadline=None)
@given(sequence_lists)
def test_sequences_come_back_as_given(sequences):
    data = SequenceData(sequences)
    assert data.n_items == max(map(max, sequences)) + 1
    assert [row.tolist() for row in data.sequences] == sequences
    assert [row.tolist() for row in data] == sequences
    same = SequenceData.from_flat(data.items, data.offsets, data.n_items)
    assert [row.tolist() for row in same.sequences] == sequences


@settings(max_examples=25, deadline=None)
@given(sequence_lists, st.data())
def test_select_takes_users_with_all_their_fields(sequences, draw):
    users = draw.draw(st.lists(st.integers(0, len(sequences) - 1), min_size=1))
    times = [sorted(row) for row in sequences]
    data = SequenceData(sequences, 60, timestamps=times, event_interest=sequences, item_names=["x"] * 60)
    chosen = data.select(users, name="some")
    assert [row.tolist() for row in chosen.sequences] == [sequences[user] for user in users]
    assert [row.tolist() for row in chosen.timestamps] == [times[user] for user in users]
    assert [row.tolist() for row in chosen.event_interest] == [sequences[user] for user in users]
    assert (chosen.n_items, chosen.item_names, chosen.name) == (60, data.item_names, "some")


def test_select_by_mask_shares_the_item_side():
    data = SequenceData(SEQUENCES, item_category=CATEGORY, name="toy")
    chosen = data.select(data.lengths >= 2)
    assert [row.tolist() for row in chosen.sequences] == SEQUENCES[:2]
    assert chosen.name == "toy"
    assert chosen.item_category is data.item_category


@pytest.mark.parametrize("users", [[], [False, False, False]])
def test_select_of_nobody(users):
    with pytest.raises(ValueError, match="selects nobody"):
        SequenceData(SEQUENCES).select(users)


def test_small_ids_are_stored_small_and_large_ones_large():
    assert SequenceData(SEQUENCES).items.dtype == np.int32
    assert SequenceData([[2**31]]).items.dtype == np.int64


def test_immutable():
    times = [[1, 2, 3], [1, 2], [1]]
    data = SequenceData(SEQUENCES, item_category=CATEGORY, timestamps=times, event_interest=times)
    for array in (data.items, data.offsets, data.item_category, data[0], data.timestamps[0], data.event_interest[0]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError, match="immutable"):
        data.n_items = 3
    with pytest.raises(AttributeError, match="immutable"):
        del data.items


def test_the_callers_lists_and_arrays_stay_their_own():
    row, category = np.array([1, 2]), np.array([-1, 0, 0])
    data = SequenceData([row], item_category=category)
    row[0], category[1] = 2, -1
    assert data[0].tolist() == [1, 2]
    assert data.item_category.tolist() == [-1, 0, 0]


def test_from_flat_takes_over_arrays_of_the_stored_type():
    items = np.array([1, 2, 3], dtype=np.int32)
    data = SequenceData.from_flat(items, np.array([0, 1, 3]))
    assert data.items is items
    assert not items.flags.writeable


def test_copies_and_pickles():
    data = SequenceData(SEQUENCES, item_category=CATEGORY, name="toy")
    for other in (copy.copy(data), copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        assert repr(other) == repr(data)
        assert other.items.tolist() == data.items.tolist()


def test_unsorted_users_are_sorted_and_the_others_left_alone():
    with pytest.warns(UserWarning, match=r"shop: the events of 1 of 3 users were not in time order") as caught:
        data = SequenceData(
            [[5, 4], [9, 7, 8, 6], [3]],
            timestamps=[[1, 1], [20, 10, 20, 10], [0]],
            event_interest=[[0, 1], [9, 7, 8, 6], [2]],
            name="shop",
        )
    assert caught[0].filename == __file__
    assert [row.tolist() for row in data.sequences] == [[5, 4], [6, 7, 8, 9], [3]]
    assert [row.tolist() for row in data.timestamps] == [[1, 1], [10, 10, 20, 20], [0]]
    assert [row.tolist() for row in data.event_interest] == [[0, 1], [6, 7, 8, 9], [2]]


@pytest.mark.filterwarnings("error")
def test_time_going_back_between_two_users_is_nothing_to_report():
    SequenceData([[1], [2, 3]], timestamps=[[100], [1, 2]])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5)), min_size=1), min_size=1))
@pytest.mark.filterwarnings("ignore:.*not in time order")
def test_sorting_agrees_with_sorting_each_user_by_hand(users):
    data = SequenceData([[i for i, _ in user] for user in users], timestamps=[[t for _, t in user] for user in users])
    for user, items, times in zip(users, data.sequences, data.timestamps, strict=True):
        stays = all(a[1] <= b[1] for a, b in pairwise(user))
        expected = user if stays else sorted(user, key=lambda event: (event[1], event[0]))
        assert list(zip(items.tolist(), times.tolist(), strict=True)) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": []}, "sequences is empty"),
        ({"sequences": [[1], []]}, "user 1 has shape (0,)"),
        ({"sequences": [[1], [[2]]]}, "user 1 has shape (1, 1)"),
        ({"sequences": [[1], [2.0]]}, "user 1 has entries of type float64, expected integers"),
        ({"sequences": [[1], ["a"]]}, "user 1 has entries of type"),
        ({"sequences": [[True]]}, "user 0 has entries of type bool"),
        ({"sequences": [[1, 2], [3, 0]]}, "user 1 has item id 0 at position 1, expected 1..3"),
        ({"sequences": [[1, -2]]}, "user 0 has item id -2 at position 1"),
        ({"sequences": [[1], [2, 5]], "n_items": 5}, "user 1 has item id 5 at position 1, expected 1..4 (n_items is 5"),
        ({"item_category": [-1, 0]}, "item_category has 2 entries, expected n_items = 6"),
        ({"item_category": [0] * 6}, "item_category starts with 0"),
        ({"item_category": [-1, -2, 0, 0, 0, 0]}, "the minimum -2"),
        ({"item_category": [-1.0] * 6}, "item_category has shape (6,) and type float64"),
        ({"item_category": CATEGORY, "category_names": ["a"]}, "has category 1, but category_names only 1"),
        ({"category_names": ["a"]}, "category_names is given without item_category"),
        ({"item_names": ["", "a"]}, "item_names has 2 entries, expected n_items = 6"),
        ({"timestamps": [[1, 2, 3], [1, 2]]}, "timestamps has 2 users, expected 3"),
        ({"timestamps": [[1, 2, 3], [1], [1]]}, "timestamps: user 1 has 1 entries, expected 2"),
        ({"timestamps": [[1, 2, 3], [1, 2], [0.5]]}, "timestamps: user 2 has entries of type float64"),
        ({"event_interest": [[1, 2, 3], [1], [1]]}, "event_interest: user 1 has 1 entries"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        SequenceData(**{"sequences": SEQUENCES} | arguments)


@pytest.mark.parametrize(
    ("offsets", "message"),
    [
        ([0], "offsets has 1 entries"),
        ([0, 2], "offsets runs from 0 to 2, expected 0 to 3"),
        ([1, 3], "offsets runs from 1 to 3"),
        ([0, 1, 1, 3], "user 1 has no events"),
        ([0, 2, 1, 3], "user 1 has no events"),
        ([0.0, 3.0], "offsets has shape (2,) and type float64"),
    ],
)
def test_bad_offsets(offsets, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        SequenceData.from_flat(np.array([1, 2, 3]), np.array(offsets))


def test_flat_timestamps_must_be_one_an_event():
    with pytest.raises(ValueError, match="timestamps has 2 entries, expected 3, one an event"):
        SequenceData.from_flat(np.array([1, 2, 3]), np.array([0, 3]), timestamps=np.array([1, 2]))


@pytest.mark.parametrize("user", [3, -4])
def test_a_user_that_does_not_exist(user):
    with pytest.raises(IndexError):
        SequenceData(SEQUENCES)[user]
