"""Chapter 00: user sequences, where they come from, how they are split and padded. NumPy only."""

from tutorial_utils.data.sequence_data import SequenceData
from tutorial_utils.data.split import input_and_targets, pad_sequences, prefix_batches, split_by_user

__all__ = ["SequenceData", "input_and_targets", "pad_sequences", "prefix_batches", "split_by_user"]
