"""Windows: every event after a user's first is a target once an epoch, whatever the cut."""

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.data import SequenceData, count_window_batches, window_batches

SEQUENCES = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=12), min_size=1, max_size=12).filter(
    lambda sequences: any(len(sequence) > 1 for sequence in sequences)
)


@settings(max_examples=50, deadline=None)
@given(sequences=SEQUENCES, batch_size=st.integers(1, 5), n=st.integers(1, 6), seed=st.integers(0, 99))
def test_an_epoch_trains_each_step_of_each_user_once(sequences, batch_size, n, seed):
    data = SequenceData(sequences, 31)
    per_epoch = count_window_batches(data, batch_size, n)
    steps = []
    for ids, mask, targets in window_batches(data, batch_size, n, seed, steps=per_epoch):
        assert ids.shape == mask.shape == targets.shape
        assert 1 <= ids.shape[1] <= n
        assert len(ids) <= batch_size
        np.testing.assert_array_equal(mask, ids != 0)
        np.testing.assert_array_equal(mask, targets != 0)
        assert mask[:, 0].all()
        assert (np.diff(mask.astype(int), axis=1) <= 0).all()  # left-aligned
        np.testing.assert_array_equal(ids[:, 1:][mask[:, 1:]], targets[:, :-1][mask[:, 1:]])
        steps += zip(ids[mask].tolist(), targets[mask].tolist(), strict=True)
    assert sorted(steps) == sorted((a, b) for row in sequences for a, b in pairwise(row))


def test_a_long_sequence_is_cut_from_its_end():
    batch = next(window_batches(SequenceData([[1, 2, 3, 4, 5, 6, 7, 8]]), 9, 3, seed=0))
    windows = sorted(
        (ids[ids > 0].tolist(), targets[targets > 0].tolist()) for ids, _, targets in zip(*batch, strict=True)
    )
    assert windows == [([1], [2]), ([2, 3, 4], [3, 4, 5]), ([5, 6, 7], [6, 7, 8])]


def test_batches_depend_on_seed_and_step_alone():
    data = SequenceData([list(range(1, length)) for length in range(3, 40)])
    whole = list(window_batches(data, 4, 5, seed=3, steps=100))
    assert count_window_batches(data, 4, 5) < 50  # several epochs
    for start in (0, 1, 57, 99):
        for resumed, expected in zip(window_batches(data, 4, 5, seed=3, start=start), whole[start:], strict=False):
            for left, right in zip(resumed, expected, strict=True):
                np.testing.assert_array_equal(left, right)
    other = next(islice(window_batches(data, 4, 5, seed=4), 1))
    assert any(left.shape != right.shape or (left != right).any() for left, right in zip(other, whole[0], strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5), "batch_size is 0, expected at least 1"),
        ((4, 0), "max_length is 0, expected at least 1"),
        ((4, 5, 0, -1), "steps is -1, expected at least 0"),
        ((4, 5, 0, 1, -2), "start is -2, expected at least 0"),
    ],
)
def test_bad_sizes(arguments, message):
    with pytest.raises(ValueError, match=message):
        window_batches(SequenceData([[1, 2]]), *arguments)


def test_no_user_with_two_events():
    with pytest.raises(ValueError, match="no user of data has 2 events"):
        window_batches(SequenceData([[1], [2]]), 4, 5)
