"""The einsums this book meets, by name; ``numpy``, ``torch`` and ``paddle`` have a native spelling of each name."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """One einsum.

    Parameters
    ----------
    name : str
        The name of its native spelling in ``tutorial_utils.einsum.numpy``, ``.torch`` and ``.paddle``.
    spec : str
        The spec.
    meaning : str
        What it computes, in a few words.
    """

    name: str
    spec: str
    meaning: str


NINE_FORMS = (
    Form("transpose", "ijk->ikj", "swap two axes"),
    Form("diagonal", "ii->i", "the diagonal of a matrix"),
    Form("reduction", "ij->i", "the sum of each row"),
    Form("hadamard", "ij,ij->ij", "the product entry by entry"),
    Form("inner", "i,i->", "the inner product of two vectors"),
    Form("outer", "i,j->ij", "the outer product of two vectors"),
    Form("matrix_product", "ik,kj->ij", "the matrix product"),
    Form("contraction", "ijk,jih->kh", "a sum over two axes at once"),
    Form("batched_product", "bij,bjk->bik", "one matrix product per batch entry"),
)

BOOK_EINSUMS = (
    Form("hidden_layer", "bnd,da->bna", "W1 H, before the tanh"),
    Form("single_logits", "bna,a->bn", "one logit per position, from w2"),
    Form("single_pooling", "bn,bnd->bd", "one user vector, the attended sum of the sequence"),
    Form("multi_logits", "bna,ak->bnk", "K logits per position, from W2"),
    Form("multi_pooling", "bnk,bnd->bkd", "K interest vectors, V = HA"),
    Form("interest_similarity", "bkd,bld->bkl", "inner products between a user's interests"),
    Form("query_key_scores", "bqd,bkd->bqk", "Q-K-V: every query position against every key position"),
    Form("query_key_output", "bqk,bkd->bqd", "Q-K-V: the attended sum of the values"),
    Form("head_scores", "bqhd,bkhd->bhqk", "multi-head: the same scores, head by head"),
    Form("head_output", "bhqk,bkhd->bqhd", "multi-head: the same attended sum, head by head"),
    Form("prefix_pooling", "btsk,bsd->btkd", "K interest vectors for every prefix"),
    Form("target_scores", "bkd,bd->bk", "every interest against the target, for the hard read-out"),
    Form("weighted_read_out", "bk,bkd->bd", "one vector out of K; one-hot weights select"),
    Form("catalogue_scores", "bd,vd->bv", "one user vector against every item"),
    Form("interest_catalogue_scores", "bkd,vd->bkv", "every interest against every item"),
)


def spelling(native: Callable[..., object]) -> str:
    """Return the expression that a native spelling evaluates, as its source has it.

    Parameters
    ----------
    native : function
        A function that ends in a ``return`` of one expression.

    Returns
    -------
    str
        What stands after ``return``.
    """
    return inspect.getsource(native).rpartition("return ")[2].strip()
