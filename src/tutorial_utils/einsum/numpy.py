"""Einstein summation as nested loops, and the book's einsums spelled without einsum, in NumPy.

The spellings take what their operators take: they check no shapes and broadcast where a spec would name a clash.
"""

import math
from itertools import product
from typing import Any

import numpy as np

from tutorial_utils.einsum.notation import EinsumError, Notation, letter_sizes, parse
from tutorial_utils.einsum.notation import explain as explain

MAX_LOOPS = 20  # Python compiles no deeper nest of loops


def einsum_loops(spec: str, *operands: Any) -> np.ndarray:
    """Sum by the definition: one loop per letter, one product per step.

    Parameters
    ----------
    spec : str
        See `tutorial_utils.einsum.notation.parse`.
    *operands : array_like
        One per comma-separated term, with one axis per letter.

    Returns
    -------
    ndarray
        One axis per letter of the output, in the operands' common type.

    Raises
    ------
    EinsumError
        If the spec is no spec or does not fit the operands.
    """
    notation, arrays = parse(spec), [np.asarray(operand) for operand in operands]
    sizes = letter_sizes(spec, [array.shape for array in arrays])
    out = np.zeros([sizes[letter] for letter in notation.output], dtype=np.result_type(*arrays))
    for step in product(*map(range, sizes.values())):
        at = dict(zip(sizes, step, strict=True))
        entries = [array[_index(at, letters)] for array, letters in zip(arrays, notation.operands, strict=True)]
        out[_index(at, notation.output)] += math.prod(entries)
    return out


def _index(at: dict[str, int], letters: str) -> tuple[int, ...]:
    return tuple(at[letter] for letter in letters)


def to_loops(spec: str) -> str:
    """Write a spec as the nested loops that it stands for.

    Parameters
    ----------
    spec : str
        See `tutorial_utils.einsum.notation.parse`.

    Returns
    -------
    str
        Python source of ``einsum(x1, x2, ...)``, one NumPy array an operand. It runs as it stands and checks nothing:
        `explain` tells whether shapes fit.

    Raises
    ------
    EinsumError
        If the spec is no spec, or has more letters than Python nests loops.

    Examples
    --------
    >>> print(to_loops("ik,kj->ij"))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def einsum(x1, x2):
        out = np.zeros([x1.shape[0], x2.shape[1]], dtype=np.result_type(x1, x2))
        for i in range(x1.shape[0]):  # kept
            for j in range(x2.shape[1]):  # kept
                for k in range(x1.shape[1]):  # summed
                    out[i, j] += x1[i, k] * x2[k, j]
        return out
    """
    notation = parse(spec)
    if len(notation.roles) > MAX_LOOPS:
        raise EinsumError(f"{len(notation.roles)} letters, but Python nests at most {MAX_LOOPS} loops", spec)
    names = [f"x{number}" for number in range(1, len(notation.operands) + 1)]
    arguments, size = ", ".join(names), _size_expressions(notation, names)
    shape = ", ".join(size[letter] for letter in notation.output)
    factors = " * ".join(_entry(name, letters) for name, letters in zip(names, notation.operands, strict=True))
    lines = ["import numpy as np", "", "", f"def einsum({arguments}):"]
    lines.append(f"    out = np.zeros([{shape}], dtype=np.result_type({arguments}))")
    for depth, (letter, role) in enumerate(notation.roles.items(), start=1):
        lines.append(f"{'    ' * depth}for {letter} in range({size[letter]}):  # {role}")
    lines.append(f"{'    ' * (len(size) + 1)}{_entry('out', notation.output)} += {factors}")
    return "\n".join([*lines, "    return out"])


def _size_expressions(notation: Notation, names: list[str]) -> dict[str, str]:
    """Write each letter's size as the length of the first axis that it names."""
    size: dict[str, str] = {}
    for name, letters in zip(names, notation.operands, strict=True):
        for axis, letter in enumerate(letters):
            size.setdefault(letter, f"{name}.shape[{axis}]")
    return size


def _entry(name: str, letters: str) -> str:
    return f"{name}[{', '.join(letters) or '()'}]"


# The nine forms


def transpose(a: np.ndarray) -> np.ndarray:
    """``ijk->ikj``."""
    return np.swapaxes(a, 1, 2)


def diagonal(a: np.ndarray) -> np.ndarray:
    """``ii->i``."""
    return np.diagonal(a)


def reduction(a: np.ndarray) -> np.ndarray:
    """``ij->i``."""
    return np.sum(a, axis=1)


def hadamard(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``ij,ij->ij``."""
    return a * b


def inner(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``i,i->``."""
    return np.dot(a, b)


def outer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``i,j->ij``."""
    return np.outer(a, b)


def matrix_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``ik,kj->ij``."""
    return a @ b


def contraction(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``ijk,jih->kh``."""
    return np.tensordot(a, b, axes=([0, 1], [1, 0]))


def batched_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``bij,bjk->bik``."""
    return np.matmul(a, b)


# The einsums of this book


def hidden_layer(seq_emb: np.ndarray, w1: np.ndarray) -> np.ndarray:
    """``bnd,da->bna``."""
    return seq_emb @ w1


def single_logits(hidden: np.ndarray, w2: np.ndarray) -> np.ndarray:
    """``bna,a->bn``."""
    return hidden @ w2


def single_pooling(attention: np.ndarray, seq_emb: np.ndarray) -> np.ndarray:
    """``bn,bnd->bd``."""
    return (attention[:, None, :] @ seq_emb)[:, 0]


def multi_logits(hidden: np.ndarray, w2: np.ndarray) -> np.ndarray:
    """``bna,ak->bnk``."""
    return hidden @ w2


def multi_pooling(attention: np.ndarray, seq_emb: np.ndarray) -> np.ndarray:
    """``bnk,bnd->bkd``."""
    return np.swapaxes(attention, 1, 2) @ seq_emb


def interest_similarity(interests: np.ndarray, others: np.ndarray) -> np.ndarray:
    """``bkd,bld->bkl``."""
    return interests @ np.swapaxes(others, 1, 2)


def query_key_scores(query: np.ndarray, key: np.ndarray) -> np.ndarray:
    """``bqd,bkd->bqk``."""
    return query @ np.swapaxes(key, 1, 2)


def query_key_output(attention: np.ndarray, value: np.ndarray) -> np.ndarray:
    """``bqk,bkd->bqd``."""
    return attention @ value


def head_scores(query: np.ndarray, key: np.ndarray) -> np.ndarray:
    """``bqhd,bkhd->bhqk``."""
    return query.transpose(0, 2, 1, 3) @ key.transpose(0, 2, 3, 1)


def head_output(attention: np.ndarray, value: np.ndarray) -> np.ndarray:
    """``bhqk,bkhd->bqhd``."""
    return np.swapaxes(attention @ np.swapaxes(value, 1, 2), 1, 2)


def prefix_pooling(attention: np.ndarray, seq_emb: np.ndarray) -> np.ndarray:
    """``btsk,bsd->btkd``."""
    return np.swapaxes(attention, 2, 3) @ seq_emb[:, None]


def target_scores(interests: np.ndarray, target_emb: np.ndarray) -> np.ndarray:
    """``bkd,bd->bk``."""
    return (interests @ target_emb[:, :, None])[:, :, 0]


def weighted_read_out(weights: np.ndarray, interests: np.ndarray) -> np.ndarray:
    """``bk,bkd->bd``."""
    return (weights[:, None, :] @ interests)[:, 0]


def catalogue_scores(user: np.ndarray, item_table: np.ndarray) -> np.ndarray:
    """``bd,vd->bv``."""
    return user @ item_table.T


def interest_catalogue_scores(interests: np.ndarray, item_table: np.ndarray) -> np.ndarray:
    """``bkd,vd->bkv``."""
    return interests @ item_table.T
