"""The models that chapter 05 trains, and their files, in PaddlePaddle."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tutorial_utils._paddle import paddle
from tutorial_utils.checks import check_shapes
from tutorial_utils.data import pad_sequences
from tutorial_utils.masking.paddle import prefix_attention_pool
from tutorial_utils.multi_interest.paddle import MultiInterestSA
from tutorial_utils.parity import load_state_from_numpy, state_to_numpy, to_numpy
from tutorial_utils.single_interest.paddle import mean_pool
from tutorial_utils.training._checks import check_item_ids
from tutorial_utils.training.checkpoints import PARAMETERS, Checkpoint, read_checkpoint, write_checkpoint
from tutorial_utils.training.config import ComiRecConfig, initial_item_embedding

Constant = paddle.nn.initializer.Constant
TINY = 1e-12  # a zero vector stays zero and gets a finite gradient


class RecallModel(paddle.nn.Layer):
    """What the models have in common: the item table, which embeds the input and is scored against.

    A model adds ``forward(item_seq, mask) -> (B, K, d)`` and ``prefix_interests(seq_emb, mask) -> (B, n, K, d)``.

    Attributes
    ----------
    config : ComiRecConfig
    seed : int
    item_embedding : (V, d)
        Row 0 is zero and stays zero: padding gets no gradient.
    scored_embedding : (V, d)
        Only where the config has the tables untied: what interests are scored against instead of `item_embedding`.
    """

    def _add_items(self, config: ComiRecConfig, seed: int) -> None:
        self.config, self.seed = config, seed
        table = initial_item_embedding(config, seed)
        self.item_embedding = self._parameter(table)
        if not config.tied:
            self.scored_embedding = self._parameter(table)

    def _parameter(self, table: np.ndarray) -> paddle.Tensor:
        """A parameter with these values; Assign would turn a large table into a list of Python floats first."""
        parameter = self.create_parameter(table.shape, default_initializer=Constant(0.0))
        parameter.set_value(table)
        return parameter

    def scored_table(self) -> paddle.Tensor:
        """The parameter that interests are scored against, (V, d): `item_embedding` unless the config has it untied."""
        return self.item_embedding if self.config.tied else self.scored_embedding

    def item_vectors(self) -> paddle.Tensor:
        """The vectors that interests are scored against by inner product.

        Returns
        -------
        (V, d) floating
            `scored_table`; its rows as unit vectors where the config has a temperature. Row 0 is zero.
        """
        return self.as_scored(self.scored_table())

    def scores(self, histories: Sequence[Any]) -> np.ndarray:
        """Score every item for every user: the largest inner product with one of the user's interests.

        Cen et al. 2020, equation 11. Both sides are NumPy, as with the baselines, so that `evaluate_topn` and
        `evaluate_per_user` take this method.

        Parameters
        ----------
        histories : list of U int arrays
            Ids in time order, 1..V-1; the last n of each are seen.

        Returns
        -------
        (U, V) float32
            A user without history has only zeros.
        """
        item_seq, mask = pad_sequences(histories, self.config.max_length)
        device = self.item_embedding.place
        with paddle.no_grad():
            interests = self(
                paddle.to_tensor(item_seq, place=device), paddle.to_tensor(mask, place=device)
            )  # (U, K, d)
            every_interest = paddle.einsum("ukd,vd->ukv", interests, self.item_vectors())
            return to_numpy(every_interest.amax(axis=1))  # (U, V)

    def _embed(self, item_seq: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
        """Look ids up: (B, n) -> (B, n, d)."""
        check_shapes(item_seq=(item_seq, "B n"), mask=(mask, "B n"))
        if item_seq.place.is_cpu_place():
            check_item_ids("item_seq", item_seq, self.config.n_items, lowest=0)
        return paddle.nn.functional.embedding(item_seq, self.item_embedding, padding_idx=0)

    def as_scored(self, vectors: paddle.Tensor) -> paddle.Tensor:
        """Make unit vectors where the config has a temperature, for cosine scores.

        Written out, for Paddle's own normalize is 20 times slower on a CPU.

        Parameters
        ----------
        vectors : (..., d) floating

        Returns
        -------
        (..., d) floating
            A zero vector stays zero.
        """
        if self.config.temperature is None:
            return vectors
        squared_length = paddle.square(vectors).sum(axis=-1, keepdim=True)
        return vectors * paddle.rsqrt(squared_length + TINY)


class ComiRecSA(RecallModel, MultiInterestSA):
    """ComiRec-SA: K interests of a user by self-attention over the items clicked last. Cen et al. 2020, section 3.

    Parameters
    ----------
    config : ComiRecConfig
    seed : int
        The same seed gives the same weights in every backend.

    Attributes
    ----------
    item_embedding : (V, d)
        Row 0 is zero and stays zero: padding gets no gradient.
    w1 : (d, d_a)
    w2 : (d_a, K)
    position_embedding : (n, d)
    """

    def __init__(self, config: ComiRecConfig, seed: int = 0) -> None:
        super().__init__(config.embedding_dim, config.n_interests, config.attention_dim, config.max_length, seed)
        self._add_items(config, seed)

    def forward(self, item_seq: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
        """Turn click sequences into interests.

        Parameters
        ----------
        item_seq : (B, n) int
            Item ids, left-aligned; 0 is padding.
        mask : (B, n) bool
            True on a real item.

        Returns
        -------
        (B, K, d) floating
            Unit vectors where the config has a temperature. Zero for a row without a real item.

        Raises
        ------
        TypeError
            If `mask` is not boolean.
        ValueError
            If a shape does not fit, n is larger than `max_length`, or an id (in main memory) is out of range.
        """
        seq_emb = self._embed(item_seq, mask)
        weights = self.attention(seq_emb, mask)  # (B, n, K)
        return self.as_scored(paddle.einsum("bnk,bnd->bkd", weights, self._pooled(seq_emb)))

    def prefix_interests(self, seq_emb: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
        """Turn every prefix of the sequences into interests: n training examples a row in one pass.

        Parameters
        ----------
        seq_emb : (B, n, d) floating
            Embedded items, left-aligned.
        mask : (B, n) bool
            True on a real item.

        Returns
        -------
        (B, n, K, d) floating
            Entry t is what `forward` gives for the first t + 1 items. Zero before the first real item.

        Raises
        ------
        TypeError
            If `mask` is not boolean.
        ValueError
            If a shape does not fit, or n is larger than `max_length`.
        """
        return self.as_scored(prefix_attention_pool(self.logits(seq_emb), self._pooled(seq_emb), mask))

    def _pooled(self, seq_emb: paddle.Tensor) -> paddle.Tensor:
        """What the attention weights are applied to."""
        return self._add_positions(seq_emb) if self.config.pool_positions else seq_emb


class MeanPooling(RecallModel):
    """The baseline without attention: one interest, the mean of the items clicked last. It learns the item table alone.

    Parameters
    ----------
    config : ComiRecConfig
        With one interest; `attention_dim` doesn't matter.
    seed : int
        The same seed gives the same table in every backend, and the same as `ComiRecSA` has.

    Attributes
    ----------
    item_embedding : (V, d)
        Row 0 is zero and stays zero: padding gets no gradient.

    Raises
    ------
    ValueError
        If the config asks for more than one interest.
    """

    def __init__(self, config: ComiRecConfig, seed: int = 0) -> None:
        super().__init__()
        if config.n_interests != 1:
            raise ValueError(f"n_interests is {config.n_interests}, expected 1: a mean is one vector")
        self._add_items(config, seed)

    def forward(self, item_seq: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
        """Turn click sequences into one vector each. As `ComiRecSA.forward`, with K = 1."""
        return self.as_scored(mean_pool(self._embed(item_seq, mask), mask)[:, None])  # (B, 1, d)

    def prefix_interests(self, seq_emb: paddle.Tensor, mask: paddle.Tensor) -> paddle.Tensor:
        """Turn every prefix into its mean. As `ComiRecSA.prefix_interests`, with K = 1."""
        equal_scores = paddle.zeros_like(seq_emb[:, :, :1])  # (B, n, 1)
        return self.as_scored(prefix_attention_pool(equal_scores, seq_emb, mask))  # (B, n, 1, d)


def save_checkpoint(model: RecallModel, path: str | Path) -> None:
    """Write config and weights to an ``.npz`` file, whole or not at all.

    Parameters
    ----------
    model : ComiRecSA or MeanPooling
    path : path
        A file of that name is replaced.

    Raises
    ------
    CheckpointError
        If a weight is not finite.
    OSError
        If the folder doesn't exist or the disk is full.
    """
    write_checkpoint(path, Checkpoint(type(model).__name__, model.config, {PARAMETERS: state_to_numpy(model)}))


def load_checkpoint(path: str | Path) -> RecallModel:
    """Build the model that a file holds, whichever framework wrote it.

    Parameters
    ----------
    path : path
        From `save_checkpoint`, or a file that `fit` wrote: of ``last.npz`` it takes the weights of the last step.

    Returns
    -------
    ComiRecSA or MeanPooling

    Raises
    ------
    CheckpointError
        If the file is truncated, altered, foreign or of a newer version, or its arrays don't fit its config.
    FileNotFoundError
        If there is no file.
    """
    checkpoint = read_checkpoint(path)
    model = {"ComiRecSA": ComiRecSA, "MeanPooling": MeanPooling}[checkpoint.model](checkpoint.config)
    load_state_from_numpy(model, checkpoint.groups[PARAMETERS])
    return model
