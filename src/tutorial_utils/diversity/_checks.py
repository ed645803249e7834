"""What every reranker refuses, said once for all backends."""

import math
from typing import Any

import numpy as np

from tutorial_utils.checks import check_shapes


def check_scores(scores: Any) -> None:
    """Refuse NaN and +inf; ``-inf`` marks a place without a candidate."""
    if not bool((scores < math.inf).all()):
        raise ValueError("scores hold NaN or +inf, expected finite numbers, or -inf where there is no candidate")


def check_categories(categories: Any) -> None:
    """Refuse anything but an integer type, bool included."""
    if "int" not in str(categories.dtype):
        raise TypeError(f"categories have dtype {categories.dtype}, expected an integer type")


def check_list_length(n: Any, n_candidates: int) -> None:
    """Refuse a list longer than its candidates."""
    if not (isinstance(n, int | np.integer) and 1 <= n <= n_candidates):
        raise ValueError(f"n is {n!r}, expected an integer from 1 to the number of candidates, M = {n_candidates}")


def check_weight(name: str, weight: Any, upper: float = math.inf) -> None:
    """Refuse a weight that is no number, negative, infinite or above `upper`."""
    if not (isinstance(weight, int | float | np.number) and 0 <= weight < math.inf and weight <= upper):
        expected = "a finite number >= 0" if upper == math.inf else f"a number from 0 to {upper:g}"
        raise ValueError(f"{name} is {weight!r}, expected {expected}")


def check_rerank(scores: Any, categories: Any, n: Any, lam: Any) -> dict[str, int]:
    """Check the arguments of a reranker by category, all but the scores' values, and return the sizes B and M."""
    sizes = check_shapes(scores=(scores, "B M"), categories=(categories, "B M"))
    check_categories(categories)
    check_list_length(n, sizes["M"])
    check_weight("lam", lam)
    return sizes
