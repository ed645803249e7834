"""Chapter 00: user sequences, where they come from, how they are split and padded. NumPy only."""

from tutorial_utils.data._files import DataError
from tutorial_utils.data.loaders import load_comirec_files, load_sequences
from tutorial_utils.data.movielens import load_movielens
from tutorial_utils.data.sequence_data import SequenceData
from tutorial_utils.data.split import input_and_targets, pad_sequences, prefix_batches, split_by_user
from tutorial_utils.data.synthetic import load_synthetic
from tutorial_utils.data.windows import count_window_batches, window_batches

__all__ = [
    "DataError",
    "SequenceData",
    "count_window_batches",
    "input_and_targets",
    "load_comirec_files",
    "load_movielens",
    "load_sequences",
    "load_synthetic",
    "pad_sequences",
    "prefix_batches",
    "split_by_user",
    "window_batches",
]
