"""Single-interest attention: the NumPy reference."""

import numpy as np

from tutorial_utils.checks import check_shapes
from tutorial_utils.masking.numpy import masked_softmax


class SingleInterestAttention:
    """Self-attentive pooling of a sequence into one vector: a = softmax(w2^T tanh(W1 H)), v = H a.

    The paper writes H as d x n, one column an item; here an item is a row, so W1 H is ``seq_emb @ w1``. Lin et al.
    2017, section 2; Cen et al. 2020, equation 5, with one interest. No bias, as in the paper.

    Parameters
    ----------
    embedding_dim : int
        d, the size of an item embedding.
    attention_dim : int, optional
        d_a, the size of the hidden layer; 4 d unless given.
    seed : int
        For `initial_state`: the same seed gives the same weights in every backend.

    Attributes
    ----------
    w1 : (d, d_a)
    w2 : (d_a,)
    """

    def __init__(self, embedding_dim: int, attention_dim: int | None = None, seed: int = 0) -> None:
        state = initial_state(embedding_dim, attention_dim, seed)
        self.w1 = state["w1"]
        self.w2 = state["w2"]

    def __call__(self, seq_emb: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Pool each sequence into one vector.

        Parameters
        ----------
        seq_emb : (B, n, d) floating
        mask : (B, n) bool
            True on a real item.

        Returns
        -------
        (B, d) floating
            Zero for a row without a real item.

        Raises
        ------
        TypeError
            If `mask` is not boolean.
        ValueError
            If a shape does not fit.
        """
        weights = self.attention(seq_emb, mask)
        return np.einsum("bn,bnd->bd", weights, seq_emb)

    def attention(self, seq_emb: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """How much each item counts.

        Parameters
        ----------
        seq_emb : (B, n, d) floating
        mask : (B, n) bool
            True on a real item.

        Returns
        -------
        (B, n) floating
            Rows sum to 1 over the real items; a row without any is zero.

        Raises
        ------
        TypeError
            If `mask` is not boolean.
        ValueError
            If a shape does not fit.
        """
        check_shapes(w1=(self.w1, "d d_a"), seq_emb=(seq_emb, "B n d"), mask=(mask, "B n"))
        hidden = np.tanh(seq_emb @ self.w1)  # (B, n, d_a)
        scores = hidden @ self.w2  # (B, n)
        return masked_softmax(scores, mask)


def mean_pool(seq_emb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Average the embeddings of the real items: attention in which every score is the same.

    Parameters
    ----------
    seq_emb : (B, n, d) floating
    mask : (B, n) bool
        True on a real item.

    Returns
    -------
    (B, d) floating
        Zero for a row without a real item.

    Raises
    ------
    TypeError
        If `mask` is not boolean.
    ValueError
        If a shape does not fit.
    """
    check_shapes(seq_emb=(seq_emb, "B n d"), mask=(mask, "B n"))
    weights = masked_softmax(np.zeros_like(seq_emb[:, :, 0]), mask)  # 1 / length on real items
    return np.einsum("bn,bnd->bd", weights, seq_emb)


def initial_state(embedding_dim: int, attention_dim: int | None = None, seed: int = 0) -> dict[str, np.ndarray]:
    """Draw the weights that every backend starts from.

    Parameters
    ----------
    embedding_dim, attention_dim, seed
        As in `SingleInterestAttention`.

    Returns
    -------
    dict
        ``w1`` (d, d_a) and ``w2`` (d_a,), float32.

    Raises
    ------
    ValueError
        If a size is below 1.
    """
    d, d_a = embedding_dim, 4 * embedding_dim if attention_dim is None else attention_dim
    if min(d, d_a) < 1:
        raise ValueError(f"embedding_dim is {d} and attention_dim is {d_a}, expected at least 1")
    rng = np.random.default_rng(seed)
    return {"w1": scaled_normal(rng, d, d_a), "w2": scaled_normal(rng, d_a)}


def scaled_normal(rng: np.random.Generator, fan_in: int, *fan_out: int) -> np.ndarray:
    """Draw a weight from N(0, 1 / fan_in), so that a product with it keeps the variance of what goes in.

    For embeddings of unit variance the hidden units then have variance 1, where tanh bends without saturating, and the
    attention logits a variance below 1, whatever d, d_a and K are. Glorot's 2 / (fan_in + fan_out) would let d_a / d
    and K set that variance.

    Parameters
    ----------
    rng : numpy.random.Generator
    fan_in, *fan_out : int
        The shape of the weight; its first axis is summed over.

    Returns
    -------
    (fan_in, ...) float32
    """
    return (rng.standard_normal((fan_in, *fan_out)) / np.sqrt(fan_in)).astype(np.float32)
