"""The book's einsums spelled without einsum, in Paddle; ``paddle.einsum`` computes every spec of ``forms`` too.

Elsewhere, in Paddle 3.3.1 on a CPU, ``paddle.einsum`` is not that of NumPy and PyTorch:

- it takes capitals for small letters: ``iA,Ij->Aj`` silently computes ``ia,ij->aj``;
- it raises where a new letter follows a repeated one within an operand, as in ``iij->ij`` (``iji`` and ``ijj`` work);
- it has no kernel for integers;
- ``ii->i`` stretches a matrix of shape (1, n), ``i->ii`` fills a diagonal, and ``ij->i,j`` ends the process, where the
  others raise. ``tutorial_utils.einsum.notation.explain`` refuses all three.

The spellings take what their operators take: they check no shapes and broadcast where a spec would name a clash.
"""

from tutorial_utils._paddle import paddle

# The nine forms


def transpose(a: paddle.Tensor) -> paddle.Tensor:
    """``ijk->ikj``."""
    return a.transpose([0, 2, 1])


def diagonal(a: paddle.Tensor) -> paddle.Tensor:
    """``ii->i``."""
    return paddle.diagonal(a)


def reduction(a: paddle.Tensor) -> paddle.Tensor:
    """``ij->i``."""
    return paddle.sum(a, axis=1)


def hadamard(a: paddle.Tensor, b: paddle.Tensor) -> paddle.Tensor:
    """``ij,ij->ij``."""
    return a * b


def inner(a: paddle.Tensor, b: paddle.Tensor) -> paddle.Tensor:
    """``i,i->``."""
    return paddle.dot(a, b)


def outer(a: paddle.Tensor, b: paddle.Tensor) -> paddle.Tensor:
    """``i,j->ij``."""
    return paddle.outer(a, b)


def matrix_product(a: paddle.Tensor, b: paddle.Tensor) -> paddle.Tensor:
    """``ik,kj->ij``."""
    return a @ b


def contraction(a: paddle.Tensor, b: paddle.Tensor) -> paddle.Tensor:
    """``ijk,jih->kh``."""
    return paddle.tensordot(a, b, axes=([0, 1], [1, 0]))


def batched_product(a: paddle.Tensor, b: paddle.Tensor) -> paddle.Tensor:
    """``bij,bjk->bik``."""
    return paddle.bmm(a, b)


# The einsums of this book


def hidden_layer(seq_emb: paddle.Tensor, w1: paddle.Tensor) -> paddle.Tensor:
    """``bnd,da->bna``."""
    return seq_emb @ w1


def single_logits(hidden: paddle.Tensor, w2: paddle.Tensor) -> paddle.Tensor:
    """``bna,a->bn``."""
    return hidden @ w2


def single_pooling(attention: paddle.Tensor, seq_emb: paddle.Tensor) -> paddle.Tensor:
    """``bn,bnd->bd``."""
    return (attention[:, None, :] @ seq_emb)[:, 0]


def multi_logits(hidden: paddle.Tensor, w2: paddle.Tensor) -> paddle.Tensor:
    """``bna,ak->bnk``."""
    return hidden @ w2


def multi_pooling(attention: paddle.Tensor, seq_emb: paddle.Tensor) -> paddle.Tensor:
    """``bnk,bnd->bkd``."""
    return attention.transpose([0, 2, 1]) @ seq_emb


def interest_similarity(interests: paddle.Tensor, others: paddle.Tensor) -> paddle.Tensor:
    """``bkd,bld->bkl``."""
    return interests @ others.transpose([0, 2, 1])


def query_key_scores(query: paddle.Tensor, key: paddle.Tensor) -> paddle.Tensor:
    """``bqd,bkd->bqk``."""
    return query @ key.transpose([0, 2, 1])


def query_key_output(attention: paddle.Tensor, value: paddle.Tensor) -> paddle.Tensor:
    """``bqk,bkd->bqd``."""
    return attention @ value


def head_scores(query: paddle.Tensor, key: paddle.Tensor) -> paddle.Tensor:
    """``bqhd,bkhd->bhqk``."""
    return query.transpose([0, 2, 1, 3]) @ key.transpose([0, 2, 3, 1])


def head_output(attention: paddle.Tensor, value: paddle.Tensor) -> paddle.Tensor:
    """``bhqk,bkhd->bqhd``."""
    return (attention @ value.transpose([0, 2, 1, 3])).transpose([0, 2, 1, 3])


def prefix_pooling(attention: paddle.Tensor, seq_emb: paddle.Tensor) -> paddle.Tensor:
    """``btsk,bsd->btkd``."""
    return attention.transpose([0, 1, 3, 2]) @ seq_emb[:, None]


def target_scores(interests: paddle.Tensor, target_emb: paddle.Tensor) -> paddle.Tensor:
    """``bkd,bd->bk``."""
    return (interests @ target_emb[:, :, None])[:, :, 0]


def weighted_read_out(weights: paddle.Tensor, interests: paddle.Tensor) -> paddle.Tensor:
    """``bk,bkd->bd``."""
    return (weights[:, None, :] @ interests)[:, 0]


def catalogue_scores(user: paddle.Tensor, item_table: paddle.Tensor) -> paddle.Tensor:
    """``bd,vd->bv``."""
    return user @ item_table.T


def interest_catalogue_scores(interests: paddle.Tensor, item_table: paddle.Tensor) -> paddle.Tensor:
    """``bkd,vd->bkv``."""
    return interests @ item_table.T
