"""Recall, hit rate, NDCG and diversity of top-N lists, the protocol that makes the lists, and groupings compared.

Every metric of a list is the mean over users of one number a user: `per_user_metrics` and `evaluate_per_user` give
those numbers, so that two recommenders can be compared in pairs, user by user.

Conventions: U users, N list length, V items with padding item 0. A list is best first. Filler (0 or -1) is never a hit,
and a repeated id counts once: its later copies take up places but are no hits. Targets are sets.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutorial_utils._rows import flatten_rows
from tutorial_utils.checks import check_shapes
from tutorial_utils.data import SequenceData, input_and_targets

__all__ = [
    "diversity_at",
    "evaluate_per_user",
    "evaluate_topn",
    "hit_rate_at",
    "ndcg_at",
    "normalised_mutual_information",
    "per_user_metrics",
    "purity",
    "recall_at",
    "top_items",
]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
IdRows = Sequence[ArrayLike]

USERS_AT_ONCE = 1024
SCORES_AT_ONCE = 2**24  # keeps one batch of (U, V) scores near 64 MB in float32


def recall_at(recommended: ArrayLike, targets: IdRows, n: int) -> float:
    """Share of a user's targets found in the first `n` places, averaged over users.

    Parameters
    ----------
    recommended : (U, >= n) int
        Item ids, best first; 0 or -1 is filler.
    targets : list of U int arrays
        The items to find, treated as sets. Ids start at 1.
    n : int
        Length of the list that counts.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If a user has no target, an id is out of range or no integer, or the shapes do not fit.

    Notes
    -----
    Cen et al. (KDD 2020), Eq. 14: the mean over users, not over events.
    """
    return float(per_user_metrics(recommended, targets, n)["recall"].mean())


def hit_rate_at(recommended: ArrayLike, targets: IdRows, n: int) -> float:
    """Share of users with at least one target in the first `n` places.

    Parameters, result and errors are those of `recall_at`; with one target a user the two are equal.

    Notes
    -----
    Cen et al. (KDD 2020), Eq. 15.
    """
    return float(per_user_metrics(recommended, targets, n)["hit_rate"].mean())


def ndcg_at(recommended: ArrayLike, targets: IdRows, n: int) -> float:
    """Discounted gain of the hits over that of the best possible list, averaged over users.

    Parameters, result and errors are those of `recall_at`.

    Notes
    -----
    Cen et al. (KDD 2020), Eq. 16: a hit at place k gains 1 / log2(k + 1). Each user's sum is divided by the sum of the
    first min(n, number of targets) places. The paper's code divides by the places of the hits it found, which gives
    1.0 for one hit at the top, whatever else was missed.
    """
    return float(per_user_metrics(recommended, targets, n)["ndcg"].mean())


def per_user_metrics(recommended: ArrayLike, targets: IdRows, n: int) -> dict[str, FloatArray]:
    """Recall, hit rate and NDCG of every user.

    Parameters and errors are those of `recall_at`.

    Returns
    -------
    dict of str to (U,) float64
        Keys ``"recall"``, ``"hit_rate"`` and ``"ndcg"``.
    """
    lists = _first_n(recommended, n)
    n_targets, hits = _find_targets(lists, targets)
    gains = 1 / np.log2(np.arange(2, n + 2))  # (n,)
    best = np.concatenate([[0.0], gains.cumsum()])  # (n + 1,), best[m]: m targets in the first m places
    return {
        "recall": hits.sum(axis=1) / n_targets,
        "hit_rate": hits.any(axis=1).astype(np.float64),
        "ndcg": hits @ gains / best[np.minimum(n_targets, n)],
    }


def diversity_at(recommended: ArrayLike, item_category: ArrayLike, n: int) -> float:
    """Share of pairs in a list whose categories differ, averaged over users.

    Parameters
    ----------
    recommended : (U, >= n) int
        Item ids, best first; 0 or -1 is filler and forms no pair. A repeated id is a pair of one category.
    item_category : (V,) int
        Category of every item. Unknown is -1, a category that all unknown items share.
    n : int
        Length of the list that counts.

    Returns
    -------
    float
        Between 0 and 1. A list with fewer than two items has no pair and counts as 0.

    Raises
    ------
    ValueError
        If an id is out of range or no integer, or the shapes do not fit.

    Notes
    -----
    Cen et al. (KDD 2020), Eq. 17.
    """
    return float(_per_user_diversity(recommended, item_category, n).mean())


def purity(groups: ArrayLike, truth: ArrayLike) -> float:
    """Share of events that belong to the commonest true class of the group they were put into.

    It never falls when groups are split, and is 1 when every event is a group of its own: compare it at one number of
    groups, or with groups shuffled among the events.

    Parameters
    ----------
    groups : (E,) int
        The group found for each event, such as the interest that gives it the most attention. Any labels.
    truth : (E,) int
        The true class of each event. Any labels.

    Returns
    -------
    float
        Above 0, at most 1.

    Raises
    ------
    ValueError
        If there is no event, the lengths differ, or labels are no integers.

    Examples
    --------
    >>> purity([0, 0, 0, 1], [5, 5, 7, 7])
    0.75
    """
    return float(_joint_shares(groups, truth).max(axis=1).sum())


def normalised_mutual_information(groups: ArrayLike, truth: ArrayLike) -> float:
    """How much the group of an event tells about its true class, as a share of the mean of the two entropies.

    Parameters and errors are those of `purity`; the two arguments may change places, and labels may be renamed.

    Returns
    -------
    float
        0 if the group tells nothing, 1 if each determines the other. Two groupings that are both a single group
        agree: 1. By chance alone it is above 0 when events are few: compare it with groups shuffled among the events.

    Examples
    --------
    >>> normalised_mutual_information([0, 0, 1, 1], [7, 7, 5, 5])
    1.0
    """
    joint = _joint_shares(groups, truth)  # (G, T)
    of_groups, of_truth = joint.sum(axis=1), joint.sum(axis=0)
    entropies = _entropy(of_groups) + _entropy(of_truth)
    shared = entropies - _entropy(joint.ravel())  # mutual information: H(G) + H(T) - H(G, T)
    return float(np.clip(2 * shared / entropies, 0, 1)) if joint.size > 1 else 1.0


def top_items(scores: ArrayLike, n: int, exclude: IdRows | None = None) -> IntArray:
    """Ids of the `n` best scores of every user: exact, and deterministic where scores are equal.

    Parameters
    ----------
    scores : (U, V) float
        -inf is no candidate, and column 0, the padding item, never is one.
    n : int
        Length of the lists.
    exclude : list of U int arrays, optional
        Ids that are no candidates for that user.

    Returns
    -------
    (U, n) int64
        Best first, ties lowest id first. Where candidates run out, the rest is filler 0.

    Raises
    ------
    ValueError
        If scores are not floating or have NaN, an id is out of range, or the shapes do not fit.
    """
    scores = _candidate_scores(np.asarray(scores), exclude)  # (U, V)
    n_users, kept = len(scores), min(_positive(n), scores.shape[1])
    last = np.partition(scores, -kept, axis=1)[:, -kept, None]  # (U, 1), the score in the last place
    above, tied = scores > last, scores == last
    room = kept - above.sum(axis=1, keepdims=True)
    chosen = above | (tied & (tied.cumsum(axis=1, dtype=np.int32) <= room))
    ids = np.nonzero(chosen)[1].reshape(n_users, kept)  # (U, kept), lowest id first
    values = np.take_along_axis(scores, ids, axis=1)
    ids = np.where(np.isneginf(values), 0, ids)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.pad(np.take_along_axis(ids, order, axis=1), ((0, 0), (0, n - kept)))  # (U, n)


def evaluate_topn(
    recommend: Callable[[list[NDArray[Any]]], ArrayLike],
    data: SequenceData,
    n: int | Sequence[int] = (20, 50),
    exclude_seen: bool = True,
) -> dict[str, float]:
    """Recall, hit rate and NDCG of a recommender on the full catalogue, and diversity where categories are known.

    The first 80 % of a user's events is what `recommend` sees, the rest are the targets. Padding is never a candidate.

    Parameters
    ----------
    recommend : callable
        Takes a list of U histories, each a 1-D int array in time order, and returns either scores, (U, V) floating,
        or lists, (U, N) integer, best first: the dtype tells which. It is called with some users at a time.
    data : SequenceData
        The users to evaluate, such as the validation or test part.
    n : int or several
        List lengths.
    exclude_seen : bool
        Whether the items of the whole 80 % history are left out of the lists, as a server would do; the paper's code
        leaves them in. Seen ids are dropped from lists, so return more than max(n) of these: a list that runs short
        is filled up with 0. An item that occurs in the history and in the targets stays a target, in both variants,
        so that they share one denominator: excluded, it counts as missed.

    Returns
    -------
    dict of str to float
        Means over users under the keys ``"recall@20"``, ``"hit_rate@20"``, ``"ndcg@20"``, ``"diversity@20"`` and so on.

    Raises
    ------
    ValueError
        If what `recommend` returns is neither floating nor integer, has the wrong shape, is too short, has NaN scores
        or ids out of range, or `data` has a user with fewer than 2 events.

    Notes
    -----
    Cen et al. (KDD 2020), section 4.1.
    """
    return {name: float(values.mean()) for name, values in evaluate_per_user(recommend, data, n, exclude_seen).items()}


def evaluate_per_user(
    recommend: Callable[[list[NDArray[Any]]], ArrayLike],
    data: SequenceData,
    n: int | Sequence[int] = (20, 50),
    exclude_seen: bool = True,
) -> dict[str, FloatArray]:
    """Every user's share of what `evaluate_topn` averages, for comparing two recommenders in pairs.

    Parameters and errors are those of `evaluate_topn`.

    Returns
    -------
    dict of str to (U,) float64
        The keys of `evaluate_topn`, the users in the order of `data`.
    """
    lengths = np.atleast_1d(n).tolist()
    histories, targets = input_and_targets(data)
    lists = _recommended_lists(recommend, histories, data.n_items, max(lengths), exclude_seen)  # (U, max n)
    result = {}
    for length in lengths:
        values = per_user_metrics(lists, targets, length)
        if data.item_category is not None:
            values["diversity"] = _per_user_diversity(lists, data.item_category, length)
        result.update({f"{name}@{length}": value for name, value in values.items()})
    return result


def _recommended_lists(
    recommend: Callable[[list[NDArray[Any]]], ArrayLike],
    histories: list[NDArray[Any]],
    n_items: int,
    n: int,
    exclude_seen: bool,
) -> IntArray:
    """Ask for as many users at a time as keep their scores small, and stack their lists: (U, n)."""
    step = min(USERS_AT_ONCE, max(1, SCORES_AT_ONCE // n_items))
    lists = []
    for start in range(0, len(histories), step):
        batch = histories[start : start + step]
        lists.append(_as_lists(np.asarray(recommend(batch)), batch, n_items, n, exclude_seen))
    return np.concatenate(lists)


def _as_lists(
    output: NDArray[Any], histories: list[NDArray[Any]], n_items: int, n: int, exclude_seen: bool
) -> IntArray:
    """Turn the scores or ids of one batch of users into lists of ids: (U, n)."""
    if output.ndim != 2 or len(output) != len(histories) or output.dtype.kind not in "fiu":
        given = f"{output.dtype} of shape {output.shape}"
        raise ValueError(f"recommend returned {given}, expected floating scores or integer ids, {len(histories)} rows")
    if output.dtype.kind == "f":
        if output.shape[1] != n_items:
            raise ValueError(f"recommend returned {output.shape[1]} scores a user, expected V = {n_items}")
        return top_items(output, n, histories if exclude_seen else None)
    lists = _first_n(output, max(n, output.shape[1]), n_items, "recommend's integer output, read as ids,")
    if exclude_seen:
        lists = _drop(lists, _is_in(lists, *flatten_rows("histories", histories, n_items)))
    return lists[:, :n]


def _candidate_scores(scores: NDArray[Any], exclude: IdRows | None) -> NDArray[Any]:
    """Copy the scores with -inf on everything that is no candidate: (U, V)."""
    n_users, n_items = check_shapes(scores=(scores, "U V")).values()
    if scores.dtype.kind != "f":
        raise ValueError(f"scores has dtype {scores.dtype}, expected a floating type")
    if np.isnan(scores).any():
        raise ValueError(f"scores has NaN for user {np.isnan(scores).any(axis=1).argmax()}, expected numbers")
    scores = scores.copy()
    scores[:, 0] = -np.inf
    if exclude is not None:
        _check_users("exclude", exclude, n_users)
        scores[flatten_rows("exclude", exclude, n_items)] = -np.inf
    return scores


def _positive(n: int) -> int:
    if n < 1:
        raise ValueError(f"n is {n}, expected at least 1")
    return n


def _check_users(name: str, rows: IdRows, n_users: int) -> None:
    if len(rows) != n_users:
        raise ValueError(f"{name} has {len(rows)} users, expected {n_users}")


def _first_n(recommended: ArrayLike, n: int, n_items: int | None = None, name: str = "recommended") -> IntArray:
    """Check lists of ids and cut them to n places: (U, n)."""
    lists = np.asarray(recommended)
    width = check_shapes(**{name: (lists, "U N")})["N"]
    if lists.dtype.kind not in "iu":
        raise ValueError(f"{name} has dtype {lists.dtype}, expected integer ids")
    if width < _positive(n):
        raise ValueError(f"{name} holds {width} ids a user, expected at least n = {n}")
    if not lists.size:
        raise ValueError(f"{name} holds no user, expected at least one")
    highest = lists.max() if n_items is None else n_items - 1
    if lists.min() < -1 or lists.max() > highest:
        raise ValueError(f"{name} has ids {lists.min()}..{lists.max()}, expected -1..{highest}, 0 and -1 as filler")
    return lists[:, :n].astype(np.int64)


def _find_targets(lists: IntArray, targets: IdRows) -> tuple[IntArray, NDArray[np.bool_]]:
    """Count every user's distinct targets, (U,), and mark the places that hit one, (U, n)."""
    _check_users("targets", targets, len(lists))
    users, ids, _ = _distinct_pairs(*flatten_rows("targets", targets, empty=False))
    return np.bincount(users), _is_in(lists, users, ids) & _is_first_copy(lists)


def _distinct_pairs(users: IntArray, values: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Sort pairs of a user and a value of at least -1, keep each once and count its copies."""
    span = values.max(initial=0) + 2
    keys, copies = np.unique(users * span + values + 1, return_counts=True)
    return keys // span, keys % span - 1, copies


def _is_in(lists: IntArray, users: IntArray, ids: IntArray) -> NDArray[np.bool_]:
    """Mark the places whose id belongs to the set of their user, given as pairs (users[e], ids[e]): (U, n)."""
    span = max(lists.max(), ids.max(initial=0)) + 2
    rows = np.arange(len(lists))[:, None]  # (U, 1)
    return np.isin(rows * span + lists + 1, users * span + ids + 1)


def _is_first_copy(lists: IntArray) -> NDArray[np.bool_]:
    """Mark the first place of every id in its list: (U, n)."""
    order = np.argsort(lists, axis=1, kind="stable")
    by_id = np.take_along_axis(lists, order, axis=1)
    first = np.ones(lists.shape, bool)
    np.put_along_axis(first, order[:, 1:], by_id[:, 1:] != by_id[:, :-1], axis=1)
    return first


def _drop(lists: IntArray, dropped: NDArray[np.bool_]) -> IntArray:
    """Remove the marked places; what follows moves up and filler 0 takes the end: (U, N)."""
    kept = np.where(dropped, 0, lists)
    return np.take_along_axis(kept, np.argsort(dropped, axis=1, kind="stable"), axis=1)


def _per_user_diversity(recommended: ArrayLike, item_category: ArrayLike, n: int) -> FloatArray:
    """Compute what `diversity_at` averages, from the sizes of the categories in each list: (U,)."""
    category = np.asarray(item_category)
    n_items = check_shapes(item_category=(category, "V"))["V"]
    if category.dtype.kind not in "iu" or category.min(initial=0) < -1:
        raise ValueError(f"item_category is {category.dtype} from {category.min()}, expected integers from -1")
    lists = _first_n(recommended, n, n_items)
    users, places = np.nonzero(lists > 0)
    owners, _, sizes = _distinct_pairs(users, category[lists[users, places]].astype(np.int64))
    same = np.bincount(owners, sizes * (sizes - 1) / 2, minlength=len(lists))  # (U,) pairs of one category
    lengths = (lists > 0).sum(axis=1)
    pairs = lengths * (lengths - 1) / 2
    return np.where(pairs > 0, 1 - same / np.maximum(pairs, 1), 0.0)


def _joint_shares(groups: ArrayLike, truth: ArrayLike) -> FloatArray:
    """Share of the events in every pair of a group and a true class: (G, T)."""
    groups, truth = np.asarray(groups), np.asarray(truth)
    n_events = check_shapes(groups=(groups, "E"), truth=(truth, "E"))["E"]
    if not n_events or {groups.dtype.kind, truth.dtype.kind} - set("iu"):
        given = f"{n_events} events of {groups.dtype} and {truth.dtype}"
        raise ValueError(f"groups and truth are {given}, expected integers, at least one event")
    rows, columns = (np.unique(labels, return_inverse=True)[1] for labels in (groups, truth))
    counts = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(counts, (rows, columns), 1)
    return counts / n_events


def _entropy(shares: FloatArray) -> float:
    """Entropy in nats of shares that sum to 1."""
    kept = shares[shares > 0]
    return float(-(kept * np.log(kept)).sum())
