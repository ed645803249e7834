from itertools import chain, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.data import SequenceData, input_and_targets, pad_sequences, prefix_batches, split_by_user

sequence_lists = st.lists(st.lists(st.integers(1, 50), min_size=2, max_size=12), min_size=1, max_size=8)


def numbered_users(n_users):
    """User u starts with item u + 1, so that one can tell who is who."""
    return SequenceData([[user + 1, 1, 2] for user in range(n_users)], n_users + 1, name="people")


def users_of(data):
    return [int(row[0]) - 1 for row in data.sequences]


@settings(max_examples=25, deadline=None)
@given(st.integers(10, 200), st.integers(0, 5))
def test_every_user_lands_in_exactly_one_part(n_users, seed):
    parts = split_by_user(numbered_users(n_users), seed=seed)
    assert sorted(chain.from_iterable(map(users_of, parts))) == list(range(n_users))
    for part, share in zip(parts, (0.8, 0.1, 0.1), strict=True):
        assert abs(len(part) - share * n_users) <= 1
        assert users_of(part) == sorted(users_of(part))
        assert part.n_items == n_users + 1


def test_split_depends_on_nothing_but_the_seed():
    data = numbered_users(50)
    first, again, other = (users_of(split_by_user(data, seed=seed)[1]) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_split_names_its_parts_and_divides_ratios_by_their_sum():
    parts = split_by_user(numbered_users(20), ratios=(2, 1, 1))
    assert [part.name for part in parts] == ["people train", "people valid", "people test"]
    assert list(map(len, parts)) == [10, 5, 5]


@pytest.mark.parametrize("ratios", [(0.8, 0.2), (0.9, 0.1, 0.0), (1.2, -0.1, -0.1)])
def test_bad_ratios(ratios):
    with pytest.raises(ValueError, match="expected three positive numbers"):
        split_by_user(numbered_users(20), ratios)


def test_too_few_users_to_split():
    with pytest.raises(ValueError, match="3 users split"):
        split_by_user(numbered_users(3))


def test_input_and_targets_by_hand():
    data = SequenceData([[9, 8, 7, 3, 9, 1, 2, 2, 6, 5], [4, 5]])
    histories, targets = input_and_targets(data)
    assert [row.tolist() for row in histories] == [[9, 8, 7, 3, 9, 1, 2, 2], [4]]
    assert [row.tolist() for row in targets] == [[5, 6], [5]]


@settings(max_examples=25, deadline=None)
@given(sequence_lists, st.floats(0.01, 0.99))
def test_input_and_targets_against_the_definition(sequences, fraction):
    histories, targets = input_and_targets(SequenceData(sequences), fraction)
    for sequence, history, target in zip(sequences, histories, targets, strict=True):
        cut = max(1, int(fraction * len(sequence)))
        assert history.tolist() == sequence[:cut]
        assert target.tolist() == sorted(set(sequence[cut:]))
        assert history.dtype == target.dtype == np.int64


def test_a_user_with_one_event_has_no_target():
    with pytest.raises(ValueError, match=r"user 1 has 1 event, expected at least 2"):
        input_and_targets(SequenceData([[1, 2], [3], [4, 5]]))


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 2])
def test_bad_fraction(fraction):
    with pytest.raises(ValueError, match="fraction is"):
        input_and_targets(SequenceData([[1, 2]]), fraction)


def test_pad_sequences_by_hand():
    ids, mask = pad_sequences([[5, 6, 7, 8], [9], np.array([], dtype=np.int64), [1, 2, 3]], max_length=3)
    assert ids.tolist() == [[6, 7, 8], [9, 0, 0], [0, 0, 0], [1, 2, 3]]
    assert mask.tolist() == [[True] * 3, [True, False, False], [False] * 3, [True] * 3]
    assert (ids.dtype, mask.dtype) == (np.int64, bool)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 50), max_size=12), max_size=8), st.integers(1, 9))
def test_pad_sequences_against_a_loop(sequences, max_length):
    ids, mask = pad_sequences(sequences, max_length)
    assert ids.shape == mask.shape == (len(sequences), max_length)
    for row, kept, sequence in zip(ids, mask, sequences, strict=True):
        expected = sequence[-max_length:]
        assert row.tolist() == expected + [0] * (max_length - len(expected))
        assert kept.tolist() == [True] * len(expected) + [False] * (max_length - len(expected))


@pytest.mark.parametrize("row", [[0, 1], [-1], [0.5], [[1]], ["a"]])
def test_pad_sequences_refuses_what_is_no_sequence_of_ids(row):
    with pytest.raises(ValueError, match=r"sequences\[1\] is"):
        pad_sequences([[1], row], 3)


def test_pad_sequences_refuses_no_length():
    with pytest.raises(ValueError, match="max_length is 0"):
        pad_sequences([[1]], 0)


@settings(max_examples=25, deadline=None)
@given(sequence_lists, st.integers(1, 6), st.integers(1, 5), st.integers(0, 3))
def test_a_prefix_batch_holds_the_items_right_before_its_target(sequences, batch_size, max_length, seed):
    starts = [100 * user + 1 for user in range(len(sequences))]  # ids tell user and position
    data = SequenceData([np.arange(start, start + len(row)) for start, row in zip(starts, sequences, strict=True)])
    for ids, mask, target in prefix_batches(data, batch_size, max_length, seed, steps=3):
        assert ids.shape == mask.shape == (batch_size, max_length)
        assert (ids.dtype, mask.dtype, target.dtype) == (np.int64, bool, np.int64)
        for row, kept, item in zip(ids, mask, target, strict=True):
            user, position = divmod(int(item) - 1, 100)
            assert 1 <= position < len(sequences[user])
            expected = list(range(max(starts[user], item - max_length), item))
            assert row.tolist() == expected + [0] * (max_length - len(expected))
            assert kept.tolist() == [True] * len(expected) + [False] * (max_length - len(expected))


def test_users_and_positions_are_drawn_uniformly():
    data = SequenceData([[1, 2], [*range(3, 13)]])
    _, _, target = next(prefix_batches(data, 20_000, 4))
    share_of_item = np.bincount(target, minlength=13) / len(target)
    assert share_of_item[2] == pytest.approx(1 / 2, abs=0.02)
    np.testing.assert_allclose(share_of_item[4:], 1 / 18, atol=0.01)


def test_users_with_one_event_are_never_drawn():
    _, _, target = next(prefix_batches(SequenceData([[9], [1, 2], [9]]), 100, 4))
    assert set(target.tolist()) == {2}


def test_prefix_batches_repeat_and_resume():
    data = SequenceData([np.arange(1, 40) for _ in range(9)])
    whole = [target.tolist() for *_, target in prefix_batches(data, 4, 3, seed=5, steps=6)]
    again = [target.tolist() for *_, target in islice(prefix_batches(data, 4, 3, seed=5), 6)]
    resumed = [target.tolist() for *_, target in prefix_batches(data, 4, 3, seed=5, steps=2, start=4)]
    other = [target.tolist() for *_, target in prefix_batches(data, 4, 3, seed=6, steps=6)]
    assert whole == again
    assert resumed == whole[4:]
    assert other != whole
    assert len({tuple(target) for target in whole}) == 6


@pytest.mark.parametrize(
    "sizes", [{"batch_size": 0}, {"max_length": 0}, {"start": -1}, {"steps": -1}], ids=lambda sizes: next(iter(sizes))
)
def test_prefix_batches_checks_its_sizes_at_once(sizes):
    with pytest.raises(ValueError, match=next(iter(sizes))):
        prefix_batches(SequenceData([[1, 2]]), **{"batch_size": 2, "max_length": 3} | sizes)


def test_prefix_batches_needs_a_user_with_two_events():
    with pytest.raises(ValueError, match="no user of data has 2 events"):
        prefix_batches(SequenceData([[1], [2]]), 2, 3)
