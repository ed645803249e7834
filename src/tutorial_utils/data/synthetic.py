"""Made-up users whose interests are known, to check what a model finds."""

import numpy as np
from numpy.typing import NDArray

from tutorial_utils.data.sequence_data import SequenceData

_HOBBIES = (
    *("cooking", "cycling", "gardening", "chess", "painting", "sailing", "astronomy", "knitting"),
    *("hiking", "jazz", "pottery", "fishing", "robotics", "baking", "climbing", "photography"),
)


def load_synthetic(
    seed: int = 0,
    n_users: int = 3000,
    n_categories: int = 8,
    interests_per_category: int = 8,
    items_per_interest: int = 20,
    max_interests: int = 4,
    min_length: int = 10,
    max_length: int = 20,
    switch: float = 0.5,
    overlap: float = 0.1,
    zipf: float = 1.0,
) -> SequenceData:
    """Draw users with 1 to `max_interests` interests each; the same on every platform.

    An interest is a small group of items; several interests form a category. A user has interests in different
    categories and never takes an item twice. At each event the user moves on to another of their interests with
    probability `switch` and takes an item of that interest, popular ones more likely: rank r has weight ``r ** -zipf``.

    Parameters
    ----------
    seed : int
    n_users : int
        U, the number of users.
    n_categories : int
        C, the number of categories.
    interests_per_category : int
    items_per_interest : int
        V is ``n_categories * interests_per_category * items_per_interest + 1``.
    max_interests : int
        A user has 1..max_interests interests, each number as likely as the others.
    min_length, max_length : int
        Events of a user, every length as likely as the others; not more than `items_per_interest`.
    switch : float
        Probability of moving on to another interest between two events: 0 stays with the first, 1 always moves.
    overlap : float
        Probability that an event takes an item of the category's other interests; 0 keeps interests apart.
    zipf : float
        How uneven popularity is; 0 makes all items of an interest alike.

    Returns
    -------
    SequenceData
        ``event_interest`` holds the true interest behind every event; interest g belongs to category
        ``g // interests_per_category``. Item ids are shuffled: they say nothing about interest or popularity.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> load_synthetic()
    SequenceData(synthetic: 3,000 users, 1,280 items, 44,696 events, 8 categories)
    """
    _check(n_users, n_categories, interests_per_category, max_interests, min_length, max_length, items_per_interest)
    for name, share in {"switch": switch, "overlap": overlap}.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} is {share}, expected 0..1")
    rng = np.random.default_rng(seed)
    shape = (n_categories, interests_per_category, items_per_interest)
    item_ids = rng.permutation(np.prod(shape)).reshape(n_categories, -1) + 1  # (C, items of the category)
    tastes = _tastes(*shape[1:], overlap, zipf)  # (interests, items of the category)
    sequences, interests = [], []
    for _ in range(n_users):
        length = int(rng.integers(min_length, max_length + 1))
        chosen = _choose_interests(rng, n_categories, interests_per_category, max_interests)  # (own interests,)
        path = chosen[_walk(rng, len(chosen), length, switch)]  # (length,)
        interests.append(path)
        sequences.append(_take_items(rng, path, item_ids, tastes))
    category, names = _item_side(item_ids, *shape)
    return SequenceData(
        sequences,
        item_ids.size + 1,
        item_category=category,
        category_names=[_category_name(number) for number in range(n_categories)],
        item_names=names,
        event_interest=interests,
        name="synthetic",
    )


def _check(
    n_users: int,
    n_categories: int,
    interests_per_category: int,
    max_interests: int,
    min_length: int,
    max_length: int,
    items_per_interest: int,
) -> None:
    if min(n_users, interests_per_category) < 1:
        raise ValueError(
            f"n_users and interests_per_category are {n_users, interests_per_category}, expected 1 or more"
        )
    if not 1 <= max_interests <= n_categories:
        raise ValueError(f"max_interests is {max_interests}, expected 1..n_categories = 1..{n_categories}")
    if not 1 <= min_length <= max_length <= items_per_interest:
        raise ValueError(
            f"min_length, max_length, items_per_interest are {min_length, max_length, items_per_interest}, "
            "expected 1 <= min_length <= max_length <= items_per_interest (nobody takes an item twice)"
        )


def _tastes(n_interests: int, n_items: int, overlap: float, zipf: float) -> NDArray[np.float64]:
    """Return each interest's probability of every item of its category: (interests, interests * items)."""
    popularity = np.arange(1, n_items + 1, dtype=np.float64) ** -zipf
    popularity /= popularity.sum()
    if n_interests == 1:
        return popularity[None]
    shares = np.full((n_interests, n_interests), overlap / (n_interests - 1))
    np.fill_diagonal(shares, 1 - overlap)
    return (shares[:, :, None] * popularity).reshape(n_interests, -1)


def _choose_interests(
    rng: np.random.Generator, n_categories: int, interests_per_category: int, max_interests: int
) -> NDArray[np.int64]:
    categories = rng.permutation(n_categories)[: rng.integers(1, max_interests + 1)]
    return categories * interests_per_category + rng.integers(interests_per_category, size=len(categories))


def _walk(rng: np.random.Generator, n_interests: int, length: int, switch: float) -> NDArray[np.int64]:
    """Return which of the user's interests drives each event: (length,). A move goes to any other, all alike."""
    if n_interests == 1:
        return np.zeros(length, dtype=np.int64)
    steps = rng.integers(1, n_interests, size=length)
    steps[rng.random(length) >= switch] = 0
    return np.cumsum(steps) % n_interests


def _take_items(
    rng: np.random.Generator, path: NDArray[np.int64], item_ids: NDArray[np.int64], tastes: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Fill the events of each interest with items of its category, none twice, in random order."""
    items = np.empty_like(path)
    for interest in np.unique(path):
        category, taste = divmod(interest, len(tastes))
        events = path == interest
        drawn = rng.choice(item_ids.shape[1], size=events.sum(), replace=False, p=tastes[taste])
        items[events] = item_ids[category, rng.permutation(drawn)]
    return items


def _category_name(number: int) -> str:
    lap, hobby = divmod(number, len(_HOBBIES))
    return _HOBBIES[hobby] if lap == 0 else f"{_HOBBIES[hobby]} {lap + 1}"


def _item_side(
    item_ids: NDArray[np.int64], n_categories: int, n_interests: int, n_items: int
) -> tuple[NDArray[np.int64], list[str]]:
    """Return category (V,) and names; "chess 3.12" is the twelfth most popular item of the third interest in chess."""
    category = np.full(item_ids.size + 1, -1)
    names = [""] * (item_ids.size + 1)
    for number in range(n_categories):
        category[item_ids[number]] = number
        for place, item in enumerate(item_ids[number].tolist()):
            interest, rank = divmod(place, n_items)
            names[item] = f"{_category_name(number)} {interest + 1}.{rank + 1}"
    return category, names
