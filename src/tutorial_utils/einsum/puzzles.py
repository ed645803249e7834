"""Einsum puzzles: a task in one sentence, and a checker that answers a wrong try with the smallest case it fails.

An answer is a spec, or a function of NumPy arrays, PyTorch tensors or Paddle tensors. The checker compares results: it
knows no solution.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tutorial_utils.einsum.notation import EinsumError
from tutorial_utils.einsum.numpy import einsum_loops
from tutorial_utils.exercises import NOT_SOLVED

Answer = str | Callable[..., Any]

N_LARGER_CASES = 12
ENTRIES = np.array([-4, -3, -2, -1, 1, 2, 3, 4], dtype=np.float32)  # sums of their products are exact


@dataclass(frozen=True)
class Puzzle:
    """One puzzle.

    Parameters
    ----------
    name : str
        What `check` calls it.
    task : str
        What to compute, in one sentence, with shapes.
    operands : Mapping of str to str
        By name, in the order that an answer takes them, one letter per axis.
    reference : function
        What a right answer equals, on NumPy arrays and without einsum.
    """

    name: str
    task: str
    operands: Mapping[str, str]
    reference: Callable[..., np.ndarray]


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `check` found; true if the answer was right. Its text is meant to be read.

    Parameters
    ----------
    correct : bool
        Whether the answer was right on every case.
    message : str
        "Correct: ...", "Not solved yet: ..." for an untouched stub, or "Not right: ..." and the smallest failing case.
    """

    correct: bool
    message: str

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return self.message


def check(name: str, answer: Answer, asarray: Callable[[np.ndarray], Any] = np.asarray, seed: int = 0) -> Verdict:
    """Try an answer on random operands of many shapes, smallest first.

    Parameters
    ----------
    name : str
        A puzzle's name.
    answer : str or function
        A spec, or a function that takes the puzzle's operands in order and returns an array of any framework. The
        spec ``"..."`` and a function that returns ``None`` or ``...`` count as not solved yet.
    asarray : function
        Makes the arrays that a function takes out of float32 NumPy arrays: ``torch.from_numpy``, ``paddle.to_tensor``.
        A spec does not need it.
    seed : int
        Seeds shapes and operands.

    Returns
    -------
    Verdict
        True if the answer was right on every case; print it for the hint.

    Raises
    ------
    ValueError
        If no puzzle has this name.
    TypeError
        If the answer is neither a string nor a function.
    """
    puzzles = {puzzle.name: puzzle for puzzle in PUZZLES}
    if name not in puzzles:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(puzzles)}")
    if not isinstance(answer, str) and not callable(answer):
        raise TypeError(f"answer is {type(answer).__name__}, expected a spec or a function")
    if answer == "...":
        return Verdict(False, NOT_SOLVED)
    cases = _cases(puzzles[name], np.random.default_rng(seed))
    for operands in cases:
        expected = np.asarray(puzzles[name].reference(*operands))
        got = _result(answer, operands, asarray)
        if got is None:
            return Verdict(False, f"{NOT_SOLVED}\nA function has to return its result.")
        if isinstance(got, str) or got.shape != expected.shape or not np.allclose(got, expected):
            return Verdict(False, _hint(puzzles[name], operands, expected, got))
    return Verdict(True, f"Correct: {name}, {len(cases)} of {len(cases)} cases.")


def _cases(puzzle: Puzzle, rng: np.random.Generator) -> list[list[np.ndarray]]:
    """Draw operands for every shape of sizes 1 and 2 and for some larger ones; sort them by their number of entries."""
    letters = sorted(set("".join(puzzle.operands.values())))
    larger = rng.integers(2, 5, size=(N_LARGER_CASES, len(letters))).tolist()
    cases = []
    for sizes in [*product((1, 2), repeat=len(letters)), *larger]:
        size = dict(zip(letters, sizes, strict=True))
        shapes = [[size[letter] for letter in operand] for operand in puzzle.operands.values()]
        cases.append([rng.choice(ENTRIES, size=shape) for shape in shapes])
    return sorted(cases, key=lambda operands: sum(operand.size for operand in operands))


def _result(
    answer: Answer, operands: list[np.ndarray], asarray: Callable[[np.ndarray], Any]
) -> np.ndarray | str | None:
    """Compute an answer as a NumPy array, or say why there is none; a stub gives None."""
    try:
        if isinstance(answer, str):
            return einsum_loops(answer, *operands)
        result = answer(*(asarray(operand.copy()) for operand in operands))
        if result is None or result is Ellipsis:
            return None
        return np.asarray(result.detach().cpu() if hasattr(result, "detach") else result)
    except Exception as error:
        return str(error) if isinstance(error, EinsumError) else f"{type(error).__name__}: {error}"


def _hint(puzzle: Puzzle, operands: list[np.ndarray], expected: np.ndarray, got: np.ndarray | str) -> str:
    """Show the case: every operand, what was expected and what came."""
    named = dict(zip(puzzle.operands, operands, strict=True)) | {"expected": expected, "got": got}
    lines = [f"Not right: {puzzle.name}. The smallest failing case:"]
    for name, value in named.items():
        letters = f"[{', '.join(puzzle.operands[name])}]" if name in puzzle.operands else ""
        shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
        lines.append(f"  {name}{letters}{shape}:")
        lines.extend(f"    {line}" for line in _text(value).splitlines() if line.strip())
    return "\n".join(lines)


def _text(value: np.ndarray | str) -> str:
    return value if isinstance(value, str) else np.array2string(value, formatter={"float_kind": "{:g}".format})


PUZZLES = (
    Puzzle("diagonal", "The diagonal of a square matrix: (i, i) to (i,).", {"a": "ii"}, np.diagonal),
    Puzzle("trace", "The sum of that diagonal: (i, i) to a number.", {"a": "ii"}, np.trace),
    Puzzle("swap", "Swap the last two axes: (i, j, k) to (i, k, j).", {"a": "ijk"}, lambda a: np.swapaxes(a, 1, 2)),
    Puzzle("row_sums", "The sum of each row: (i, j) to (i,).", {"a": "ij"}, lambda a: a.sum(axis=1)),
    Puzzle("total", "The sum of all entries: (i, j) to a number.", {"a": "ij"}, np.sum),
    Puzzle("entrywise", "Multiply entry by entry: twice (i, j) to (i, j).", {"a": "ij", "b": "ij"}, np.multiply),
    Puzzle("inner", "The inner product: twice (i,) to a number.", {"a": "i", "b": "i"}, np.dot),
    Puzzle("outer", "Every product of two entries: (i,), (j,) to (i, j).", {"a": "i", "b": "j"}, np.outer),
    Puzzle("matrix_product", "The matrix product: (i, k), (k, j) to (i, j).", {"a": "ik", "b": "kj"}, np.matmul),
    Puzzle(
        "bilinear",
        "The number x^T A y: (i,), (i, j), (j,) to a number.",
        {"x": "i", "a": "ij", "y": "j"},
        lambda x, a, y: x @ a @ y,
    ),
    Puzzle(
        "trace_of_product",
        "The trace of the matrix product a b, without the product: (i, j), (j, i) to a number.",
        {"a": "ij", "b": "ji"},
        lambda a, b: np.trace(a @ b),
    ),
    Puzzle(
        "scale_rows",
        "Multiply row i of a matrix by weight i: (i,), (i, j) to (i, j).",
        {"weight": "i", "a": "ij"},
        lambda weight, a: np.diag(weight) @ a,
    ),
    Puzzle(
        "two_axes_at_once",
        "Entry (k, l) is the sum over i and j of a[i, j, k] times b[i, j, l]: (i, j, k), (i, j, l) to (k, l).",
        {"a": "ijk", "b": "ijl"},
        lambda a, b: np.tensordot(a, b, axes=([0, 1], [0, 1])),
    ),
    Puzzle(
        "batched_product",
        "One matrix product for each entry of the batch: (b, i, j), (b, j, k) to (b, i, k).",
        {"a": "bij", "b": "bjk"},
        np.matmul,
    ),
    Puzzle(
        "hidden_layer",
        "Send every position of every sequence through one matrix: (b, n, d), (d, a) to (b, n, a).",
        {"seq_emb": "bnd", "w1": "da"},
        np.matmul,
    ),
    Puzzle(
        "attention_pooling",
        "Sum each sequence's vectors, weighted by its attention: (b, n), (b, n, d) to (b, d).",
        {"attention": "bn", "seq_emb": "bnd"},
        lambda attention, seq_emb: (attention[:, :, None] * seq_emb).sum(axis=1),
    ),
    Puzzle(
        "interest_pooling",
        "The same with K attentions at once: (b, n, k), (b, n, d) to (b, k, d).",
        {"attention": "bnk", "seq_emb": "bnd"},
        lambda attention, seq_emb: (attention[:, :, :, None] * seq_emb[:, :, None]).sum(axis=1),
    ),
    Puzzle(
        "interest_similarity",
        "The inner product of every two interests of one user: (b, k, d), (b, l, d) to (b, k, l).",
        {"interests": "bkd", "others": "bld"},
        lambda interests, others: interests @ np.swapaxes(others, 1, 2),
    ),
    Puzzle(
        "target_scores",
        "The inner product of every interest with its user's target: (b, k, d), (b, d) to (b, k).",
        {"interests": "bkd", "target_emb": "bd"},
        lambda interests, target_emb: (interests * target_emb[:, None]).sum(axis=2),
    ),
    Puzzle(
        "read_out",
        "Sum each user's interests, weighted: (b, k), (b, k, d) to (b, d).",
        {"weights": "bk", "interests": "bkd"},
        lambda weights, interests: (weights[:, :, None] * interests).sum(axis=1),
    ),
    Puzzle(
        "item_scores",
        "The score of every item under every interest: (b, k, d), (v, d) to (b, k, v).",
        {"interests": "bkd", "item_table": "vd"},
        lambda interests, item_table: interests @ item_table.T,
    ),
    Puzzle(
        "head_scores",
        "In each head, every query position against every key position: (b, q, h, d), (b, k, h, d) to (b, h, q, k).",
        {"query": "bqhd", "key": "bkhd"},
        lambda query, key: query.transpose(0, 2, 1, 3) @ key.transpose(0, 2, 3, 1),
    ),
    Puzzle(
        "prefix_pooling",
        "K attention-weighted sums over positions s, for every prefix t: (b, t, s, k), (b, s, d) to (b, t, k, d).",
        {"attention": "btsk", "seq_emb": "bsd"},
        lambda attention, seq_emb: (attention[..., None] * seq_emb[:, None, :, None]).sum(axis=2),
    ),
    Puzzle(
        "sequence_to_scores",
        "Pool a sequence into K interests and score every item, in one go: (b, n, k), (b, n, d), (v, d) to (b, k, v).",
        {"attention": "bnk", "seq_emb": "bnd", "item_table": "vd"},
        lambda attention, seq_emb, item_table: np.swapaxes(attention, 1, 2) @ (seq_emb @ item_table.T),
    ),
)
