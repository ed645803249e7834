"""Single-interest attention in PyTorch."""

import torch

from tutorial_utils.checks import check_shapes
from tutorial_utils.masking.torch import masked_softmax
from tutorial_utils.single_interest.numpy import initial_state


class SingleInterestAttention(torch.nn.Module):
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
        super().__init__()
        state = initial_state(embedding_dim, attention_dim, seed)
        self.w1 = torch.nn.Parameter(torch.from_numpy(state["w1"]))
        self.w2 = torch.nn.Parameter(torch.from_numpy(state["w2"]))

    def forward(self, seq_emb: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
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
        return torch.einsum("bn,bnd->bd", weights, seq_emb)

    def attention(self, seq_emb: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
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
        hidden = torch.tanh(seq_emb @ self.w1)  # (B, n, d_a)
        scores = hidden @ self.w2  # (B, n)
        return masked_softmax(scores, mask)


def mean_pool(seq_emb: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
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
    weights = masked_softmax(torch.zeros_like(seq_emb[:, :, 0]), mask)  # 1 / length on real items
    return torch.einsum("bn,bnd->bd", weights, seq_emb)
