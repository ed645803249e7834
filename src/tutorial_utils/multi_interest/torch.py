"""Multi-interest attention and Q-K-V self-attention in PyTorch."""

import torch

from tutorial_utils.checks import check_shapes
from tutorial_utils.masking._checks import check_masked
from tutorial_utils.masking.torch import masked_softmax
from tutorial_utils.multi_interest.numpy import initial_projections, initial_state


class MultiInterestSA(torch.nn.Module):
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
        super().__init__()
        state = initial_state(embedding_dim, n_interests, attention_dim, max_length, seed)
        self.w1 = torch.nn.Parameter(torch.from_numpy(state["w1"]))
        self.w2 = torch.nn.Parameter(torch.from_numpy(state["w2"]))
        self.position_embedding = None
        if max_length is not None:
            positions = state["position_embedding"]
            self.position_embedding = torch.nn.Parameter(torch.from_numpy(positions))

    def forward(self, seq_emb: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
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
        return torch.einsum("bnk,bnd->bkd", weights, seq_emb)

    def attention(self, seq_emb: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
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

    def logits(self, seq_emb: torch.Tensor) -> torch.Tensor:
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
        hidden = torch.tanh(self._add_positions(seq_emb) @ self.w1)  # (B, n, d_a)
        return hidden @ self.w2  # (B, n, K)

    def _add_positions(self, seq_emb: torch.Tensor) -> torch.Tensor:
        if self.position_embedding is None:
            return seq_emb
        n, n_max = seq_emb.shape[1], self.position_embedding.shape[0]
        if n > n_max:
            raise ValueError(f"seq_emb has {n} positions, expected at most max_length = {n_max}")
        return seq_emb + self.position_embedding[:n]


class MultiHeadSelfAttention(torch.nn.Module):
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
        super().__init__()
        state = initial_projections(embedding_dim, n_heads, seed)
        self.n_heads = n_heads
        self.w_q = torch.nn.Parameter(torch.from_numpy(state["w_q"]))
        self.w_k = torch.nn.Parameter(torch.from_numpy(state["w_k"]))
        self.w_v = torch.nn.Parameter(torch.from_numpy(state["w_v"]))
        self.w_o = torch.nn.Parameter(torch.from_numpy(state["w_o"]))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
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
        check_shapes(w_q=(self.w_q, "d d"), x=(x, "B n d"), mask=(mask, "B n"))
        check_masked(x, mask[:, :, None])
        projections = (x @ self.w_q, x @ self.w_k, x @ self.w_v)
        queries, keys, values = (self._split_heads(projected) for projected in projections)
        heads = _attend(queries, keys, values, _both_real(mask)[:, None])  # (B, n_heads, n, d_head)
        return heads.transpose(1, 2).reshape(x.shape) @ self.w_o  # (B, n, d)

    def _split_heads(self, projected: torch.Tensor) -> torch.Tensor:
        B, n, d = projected.shape
        heads = projected.reshape(B, n, self.n_heads, d // self.n_heads)
        return heads.transpose(1, 2)  # (B, n_heads, n, d_head)


def self_attention(
    x: torch.Tensor, w_q: torch.Tensor, w_k: torch.Tensor, w_v: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
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


def _attend(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The core of both, on the last two axes."""
    scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5  # (..., n, n): query, key
    return masked_softmax(scores, mask) @ values


def _both_real(mask: torch.Tensor) -> torch.Tensor:
    """Mark the pairs in which query and key are both real items, (B, n, n)."""
    return mask[:, :, None] & mask[:, None, :]
