"""The checks of item ids that all backends share."""

from typing import Any


def check_item_ids(name: str, ids: Any, n_items: int, lowest: int) -> None:
    """Raise a ValueError unless all of `ids` lie in ``lowest..n_items - 1``. Reads values: for ids in main memory."""
    if ids.shape[0] and (int(ids.min()) < lowest or int(ids.max()) >= n_items):
        found = f"{int(ids.min())}..{int(ids.max())}"
        raise ValueError(f"{name} has ids in {found}, expected {lowest}..{n_items - 1}")
