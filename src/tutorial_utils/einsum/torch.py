"""The book's einsums spelled without einsum, in PyTorch; ``torch.einsum`` computes every spec of ``forms`` too.

The spellings take what their operators take: they check no shapes and broadcast where a spec would name a clash.
"""

import torch

# The nine forms


def transpose(a: torch.Tensor) -> torch.Tensor:
    """``ijk->ikj``."""
    return a.transpose(1, 2)


def diagonal(a: torch.Tensor) -> torch.Tensor:
    """``ii->i``."""
    return torch.diagonal(a)


def reduction(a: torch.Tensor) -> torch.Tensor:
    """``ij->i``."""
    return torch.sum(a, dim=1)


def hadamard(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """``ij,ij->ij``."""
    return a * b


def inner(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """``i,i->``."""
    return torch.dot(a, b)


def outer(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """``i,j->ij``."""
    return torch.outer(a, b)


def matrix_product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """``ik,kj->ij``."""
    return a @ b


def contraction(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """``ijk,jih->kh``."""
    return torch.tensordot(a, b, dims=([0, 1], [1, 0]))


def batched_product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """``bij,bjk->bik``."""
    return torch.bmm(a, b)


# The einsums of this book


def hidden_layer(seq_emb: torch.Tensor, w1: torch.Tensor) -> torch.Tensor:
    """``bnd,da->bna``."""
    return seq_emb @ w1


def single_logits(hidden: torch.Tensor, w2: torch.Tensor) -> torch.Tensor:
    """``bna,a->bn``."""
    return hidden @ w2


def single_pooling(attention: torch.Tensor, seq_emb: torch.Tensor) -> torch.Tensor:
    """``bn,bnd->bd``."""
    return (attention[:, None, :] @ seq_emb)[:, 0]


def multi_logits(hidden: torch.Tensor, w2: torch.Tensor) -> torch.Tensor:
    """``bna,ak->bnk``."""
    return hidden @ w2


def multi_pooling(attention: torch.Tensor, seq_emb: torch.Tensor) -> torch.Tensor:
    """``bnk,bnd->bkd``."""
    return attention.transpose(1, 2) @ seq_emb


def interest_similarity(interests: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """``bkd,bld->bkl``."""
    return interests @ others.transpose(1, 2)


def query_key_scores(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """``bqd,bkd->bqk``."""
    return query @ key.transpose(1, 2)


def query_key_output(attention: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """``bqk,bkd->bqd``."""
    return attention @ value


def head_scores(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """``bqhd,bkhd->bhqk``."""
    return query.permute(0, 2, 1, 3) @ key.permute(0, 2, 3, 1)


def head_output(attention: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """``bhqk,bkhd->bqhd``."""
    return (attention @ value.transpose(1, 2)).transpose(1, 2)


def prefix_pooling(attention: torch.Tensor, seq_emb: torch.Tensor) -> torch.Tensor:
    """``btsk,bsd->btkd``."""
    return attention.transpose(2, 3) @ seq_emb[:, None]


def target_scores(interests: torch.Tensor, target_emb: torch.Tensor) -> torch.Tensor:
    """``bkd,bd->bk``."""
    return (interests @ target_emb[:, :, None])[:, :, 0]


def weighted_read_out(weights: torch.Tensor, interests: torch.Tensor) -> torch.Tensor:
    """``bk,bkd->bd``."""
    return (weights[:, None, :] @ interests)[:, 0]


def catalogue_scores(user: torch.Tensor, item_table: torch.Tensor) -> torch.Tensor:
    """``bd,vd->bv``."""
    return user @ item_table.T


def interest_catalogue_scores(interests: torch.Tensor, item_table: torch.Tensor) -> torch.Tensor:
    """``bkd,vd->bkv``."""
    return interests @ item_table.T
