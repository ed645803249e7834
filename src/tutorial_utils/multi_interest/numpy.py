"""Multi-interest attention and Q-K-V self-attention: the NumPy reference."""

import numpy as np

from tutorial_utils.checks import check_shapes
from tutorial_utils.masking._checks import check_masked
from tutorial_utils.masking.numpy import masked_softmax
from tutorial_utils.single_interest.numpy import scaled_normal


class MultiInterestSA:
    """Self-attentive pooling of a sequence into K vectors: A = softmax(W2^T tanh(W1 H))^T, V = H A.

    The paper writes H as d x n, one column an item; here an item is a row, so W1 H is ``seq_emb @ w1`` and V is
    (K, d). Cen et al. 2020, equations 6 and 7; no bias, as in the paper (the authors' code has one).

    With `max_length` a trainable vector for each position tells the attention where an item stands, counted from the
    first column. The paper adds it to the input embeddings; the authors' code, followed here, adds it for the logits
    only, so that V pools the item embeddings themselves.

    Parameters
    ----------
    embedding_dim : int
        d, the size of an item embedding.
    n_interests : int
        K, the number of interests. With one and no positions this is `SingleInterestAttention` of the same seed.
    attention_dim : int, optional
        d_a, the size of the hidden layer; 4 d unless given.
    max_length : int, optional
        n_max, the longest sequence; no positions unless given.
    seed : int
        For `initial_state`: the same seed gives the same weights in every backend.

    Attributes
    ----------
    w1 : (d, d_a)
    w2 : (d_a, K)
    position_embedding : (n_max, d) or None
    """

    def __init__(
        self,
        embedding_dim: int,
        n_interests: int,
        attention_dim: int | None = None,
        max_length: int | None = None,
        seed: int = 0,
    ) -> None:
        state = initial_state(embedding_dim, n_interests, attention_dim, max_length, seed)
        self.w1 = state["w1"]
        self.w2 = state["w2"]
        self.position_embedding = None
        if max_length is not None:
            positions = state["position_embedding"]
            self.position_embedding = positions

    def __call__(self, seq_emb: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Pool each sequence into K vectors.

        Parameters
        ----------
        seq_emb : (B, n, d) floating
        mask : (B, n) bool
            True on a real item.

        Returns
        -------
        (B, K, d) floating
            Zero for a row without a real item.

        Raises
        ------
        TypeError
            If `mask` is not boolean.
        ValueError
            If a shape does not fit, or n is larger than `max_length`.
        """
        weights = self.attention(seq_emb, mask)
        return np.einsum("bnk,bnd->bkd", weights, seq_emb)

    def attention(self, seq_emb: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """How much each item counts for each interest.

        Parameters
        ----------
        seq_emb : (B, n, d) floating
        mask : (B, n) bool
            True on a real item.

        Returns
        -------
        (B, n, K) floating
            Sums to 1 over the real items of a row, for each interest; a row without any is zero.

        Raises
        ------
        TypeError
            If `mask` is not boolean.
        ValueError
            If a shape does not fit, or n is larger than `max_length`.
        """
        check_shapes(seq_emb=(seq_emb, "B n d"), mask=(mask, "B n"))
        return masked_softmax(self.logits(seq_emb), mask[:, :, None], axis=1)

    def logits(self, seq_emb: np.ndarray) -> np.ndarray:
        """Score each item for each interest, before the softmax; what `prefix_attention_pool` takes.

        Parameters
        ----------
        seq_emb : (B, n, d) floating

        Returns
        -------
        (B, n, K) floating

        Raises
        ------
        ValueError
            If a shape does not fit, or n is larger than `max_length`.
        """
        check_shapes(w1=(self.w1, "d d_a"), seq_emb=(seq_emb, "B n d"))
        hidden = np.tanh(self._add_positions(seq_emb) @ self.w1)  # (B, n, d_a)
        return hidden @ self.w2  # (B, n, K)

    def _add_positions(self, seq_emb: np.ndarray) -> np.ndarray:
        if self.position_embedding is None:
            return seq_emb
        n, n_max = seq_emb.shape[1], self.position_embedding.shape[0]
        if n > n_max:
            raise ValueError(f"seq_emb has {n} positions, expected at most max_length = {n_max}")
        return seq_emb + self.position_embedding[:n]


class MultiHeadSelfAttention:
    """Self-attention in several heads: each attends in its own d / n_heads dimensions, and W_O mixes the results.

    Vaswani et al. 2017, section 3.2.2, without biases. Head i owns the i-th block of columns of W_Q, W_K and W_V.

    Parameters
    ----------
    embedding_dim : int
        d, the size of an item embedding.
    n_heads : int
        A divisor of d.
    seed : int
        For `initial_projections`: the same seed gives the same weights in every backend.

    Attributes
    ----------
    w_q : (d, d)
    w_k : (d, d)
    w_v : (d, d)
    w_o : (d, d)
    """

    def __init__(self, embedding_dim: int, n_heads: int, seed: int = 0) -> None:
        state = initial_projections(embedding_dim, n_heads, seed)
        self.n_heads = n_heads
        self.w_q = state["w_q"]
        self.w_k = state["w_k"]
        self.w_v = state["w_v"]
        self.w_o = state["w_o"]

    def __call__(self, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Let every item look at every other.

        Parameters
        ----------
        x : (B, n, d) floating
        mask : (B, n) bool
            True on a real item.

        Returns
        -------
        (B, n, d) floating
            Zero on padding.

        Raises
        ------
        TypeError
            If `mask` is not boolean.
        ValueError
            If a shape does not fit.
        """
        sizes = check_shapes(w_q=(self.w_q, "d d"), x=(x, "B n d"), mask=(mask, "B n"))
        d_head = sizes["d"] // self.n_heads
        heads = []
        for start in range(0, sizes["d"], d_head):
            own = slice(start, start + d_head)
            heads.append(self_attention(x, self.w_q[:, own], self.w_k[:, own], self.w_v[:, own], mask))
        return np.concatenate(heads, axis=-1) @ self.w_o  # (B, n, d)


def self_attention(x: np.ndarray, w_q: np.ndarray, w_k: np.ndarray, w_v: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Scaled dot-product self-attention, softmax(Q K^T / sqrt(d_k)) V with Q = X W_Q, K = X W_K, V = X W_V.

    Padding is neither looked at nor looks: its outputs are zero (the frameworks' own functions mask the keys alone and
    leave numbers without a meaning there). Vaswani et al. 2017, section 3.2.1, equation 1.

    Parameters
    ----------
    x : (B, n, d) floating
    w_q, w_k : (d, d_k) floating
    w_v : (d, d_v) floating
    mask : (B, n) bool
        True on a real item.

    Returns
    -------
    (B, n, d_v) floating
        Zero on padding.

    Raises
    ------
    TypeError
        If `mask` is not boolean.
    ValueError
        If a shape does not fit.
    """
    check_shapes(x=(x, "B n d"), w_q=(w_q, "d d_k"), w_k=(w_k, "d d_k"), w_v=(w_v, "d d_v"), mask=(mask, "B n"))
    check_masked(x, mask[:, :, None])
    return _attend(x @ w_q, x @ w_k, x @ w_v, _both_real(mask))


def _attend(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The core of both, on the last two axes."""
    scores = queries @ keys.swapaxes(-2, -1) / queries.shape[-1] ** 0.5  # (..., n, n): query, key
    return masked_softmax(scores, mask) @ values


def _both_real(mask: np.ndarray) -> np.ndarray:
    """Mark the pairs in which query and key are both real items, (B, n, n)."""
    return mask[:, :, None] & mask[:, None, :]


def initial_state(
    embedding_dim: int,
    n_interests: int,
    attention_dim: int | None = None,
    max_length: int | None = None,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Draw the weights that every backend of `MultiInterestSA` starts from; see `scaled_normal` for their scale.

    Parameters
    ----------
    embedding_dim, n_interests, attention_dim, max_length, seed
        As in `MultiInterestSA`.

    Returns
    -------
    dict
        ``w1`` (d, d_a), ``w2`` (d_a, K) and, with `max_length`, ``position_embedding`` (n_max, d) with rows of length
        about 1; float32.

    Raises
    ------
    ValueError
        If a size is below 1.
    """
    d, K, d_a = embedding_dim, n_interests, 4 * embedding_dim if attention_dim is None else attention_dim
    _check_sizes(embedding_dim=d, n_interests=K, attention_dim=d_a, max_length=1 if max_length is None else max_length)
    rng = np.random.default_rng(seed)
    state = {"w1": scaled_normal(rng, d, d_a), "w2": scaled_normal(rng, d_a, K)}
    if max_length is not None:
        state["position_embedding"] = scaled_normal(rng, d, max_length).T.copy()
    return state


def initial_projections(embedding_dim: int, n_heads: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Draw the weights that every backend of `MultiHeadSelfAttention` starts from.

    Parameters
    ----------
    embedding_dim, n_heads, seed
        As in `MultiHeadSelfAttention`.

    Returns
    -------
    dict
        ``w_q``, ``w_k``, ``w_v`` and ``w_o``, (d, d) float32 each.

    Raises
    ------
    ValueError
        If a size is below 1, or `n_heads` does not divide `embedding_dim`.
    """
    _check_sizes(embedding_dim=embedding_dim, n_heads=n_heads)
    if embedding_dim % n_heads:
        raise ValueError(f"n_heads is {n_heads}, expected a divisor of embedding_dim = {embedding_dim}")
    rng = np.random.default_rng(seed)
    return {key: scaled_normal(rng, embedding_dim, embedding_dim) for key in ("w_q", "w_k", "w_v", "w_o")}


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}, expected at least 1")
