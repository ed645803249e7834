"""Read your own data: a line a user, or the triples of the ComiRec authors."""

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutorial_utils.data._files import ANY, DataError, Layout, TextFile, integer_problem, read_integers
from tutorial_utils.data.sequence_data import SequenceData

_SEQUENCE_LINE = re.compile(r"\s*\d{1,18}(?:\s+0*[1-9]\d{0,17})+\s*")
_TRIPLES = Layout(("user", "item", "timestamp"), lowest=(0, 1, ANY))
_CATEGORIES = Layout(("item", "category"), lowest=(1, ANY))
_PARTS = ("train", "valid", "test")

Triples = list[NDArray[np.integer]]


def load_sequences(
    path: str | Path, attributes: str | Path | None = None, n_items: int | None = None, name: str = ""
) -> SequenceData:
    """Read a text file with a line a user: ``user item item item ...``, items in time order.

    Parameters
    ----------
    path : str or Path
        The text file; users are integers of at least 0, items of at least 1, separated by blanks.
    attributes : str or Path, optional
        A JSON file ``{"item": [attribute, ...], ...}``. The first attribute, a string or an integer, becomes the item's
        category; an item that is not listed, or with an empty list, has category -1.
    n_items : int, optional
        V, if the catalogue is larger than what occurs. Default: the highest id + 1.
    name : str
        What to call the data. Default: the file's name without its suffix.

    Returns
    -------
    SequenceData
        Users in the order of the file. Categories are numbered in ascending order of their attribute.

    Raises
    ------
    DataError
        If a file is missing, empty, binary or has a line that does not fit; the message names file and line.
    """
    file = TextFile(Path(path))
    first_line: dict[int, int] = {}
    sequences = []
    with file.open() as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                user, *_ = numbers = _sequence_line(file, number, line)
                if user in first_line:
                    raise file.error(number, f"user {user} is on line {first_line[user]} too, expected one line a user")
                first_line[int(user)] = number
                sequences.append(numbers[1:])
    if not sequences:
        raise DataError(f"{file} is empty, expected lines of user item item ...")
    n_items = _catalogue_size(file, max(int(items.max()) for items in sequences), n_items)
    category = {} if attributes is None else _item_side(attributes, _first_attributes(attributes), n_items)
    return SequenceData(sequences, n_items, name=name or file.place.stem, **category)


def load_comirec_files(
    folder: str | Path, n_items: int | None = None
) -> tuple[SequenceData, SequenceData, SequenceData]:
    """Read data in the format of the ComiRec authors, already split by user.

    The folder holds ``{name}_train.txt``, ``{name}_valid.txt`` and ``{name}_test.txt`` with lines
    ``user,item,timestamp``, and ``{name}_item_cate.txt`` with lines ``item,category``; all integers. The authors'
    preprocessing writes the event's position in the user's sequence in place of the timestamp.

    Parameters
    ----------
    folder : str or Path
    n_items : int, optional
        V, if the catalogue is larger than what occurs in the three files. Default: the highest id + 1.

    Returns
    -------
    train, valid, test : SequenceData
        Users in ascending order of their number, events by timestamp, ties in the order of the file. A warning says for
        how many users the file was not in this order. V and the categories are shared; an item without category
        has -1, and categories are numbered in ascending order.

    Raises
    ------
    DataError
        If a file is missing, empty, binary or has a line that does not fit; the message names file and line.
    """
    folder = Path(folder)
    found = sorted(folder.glob("*_train.txt"))
    if len(found) != 1:
        raise DataError(f"{folder} has {len(found)} files called {{name}}_train.txt, expected one")
    name = found[0].name.removesuffix("_train.txt")
    files = [TextFile(folder / f"{name}_{part}.txt") for part in _PARTS]
    parts = [read_integers(file, _TRIPLES) for file in files]
    n_items = _catalogue_size(files[0], max(int(items.max()) for _, items, _ in parts), n_items)
    category_path = folder / f"{name}_item_cate.txt"
    category = _item_side(category_path, _listed_categories(category_path), n_items)
    train, valid, test = (
        _from_triples(file, parts.pop(0), n_items, name=f"{name} {part}", **category)
        for file, part in zip(files, _PARTS, strict=True)
    )
    return train, valid, test


def _sequence_line(file: TextFile, number: int, line: str) -> NDArray[np.int64]:
    """Return user and items of a line; what the pattern does not know is looked at field by field."""
    user, *items = line.split()
    if not _SEQUENCE_LINE.fullmatch(line):
        problems = [integer_problem("user", user, 0), *(integer_problem("item", item, 1) for item in items)]
        if problem := next(filter(None, problems), "" if items else f"user {user} has no items, expected at least one"):
            raise file.error(number, problem)
    return np.array([user, *items], dtype=np.int64)


def _catalogue_size(file: TextFile, highest: int, n_items: int | None) -> int:
    if n_items is not None and n_items <= highest:
        raise DataError(f"{file}: item {highest} occurs, expected ids below n_items = {n_items}")
    return highest + 1 if n_items is None else n_items


def _first_attributes(path: str | Path) -> dict[int, Any]:
    file = TextFile(Path(path), encoding="utf-8")
    with file.open() as text:
        try:
            listed = json.load(text)
        except json.JSONDecodeError as error:
            raise file.error(error.lineno, f'{error.msg}, expected JSON like {{"item": [attribute, ...]}}') from error
    if not isinstance(listed, dict):
        raise DataError(f'{file} holds a {type(listed).__name__}, expected {{"item": [attribute, ...], ...}}')
    for item, values in listed.items():
        if problem := integer_problem("item", item, 1):
            raise DataError(f"{file}: {problem}")
        if not isinstance(values, list) or not all(isinstance(value, str | int) for value in values):
            raise DataError(f"{file}: item {item} has {values!r}, expected a list of strings or integers")
    return {int(item): values[0] for item, values in listed.items() if values}


def _listed_categories(path: Path) -> dict[int, Any]:
    items, categories = read_integers(TextFile(path), _CATEGORIES)
    ids, counts = np.unique(items, return_counts=True)
    if counts.max() > 1:
        raise DataError(f"{path}: item {ids[counts.argmax()]} is listed {counts.max()} times, expected once")
    return dict(zip(items.tolist(), categories.tolist(), strict=True))


def _item_side(path: str | Path, category_of: dict[int, Any], n_items: int) -> dict[str, Any]:
    """Number the categories and return what SequenceData takes."""
    unknown = [item for item in category_of if item >= n_items]
    if unknown:
        raise DataError(
            f"{path}: category for the unknown item {unknown[0]}, expected items 1..{n_items - 1} as in the sequences; "
            "n_items makes room for items that never occur"
        )
    ordered = sorted(set(category_of.values()), key=lambda value: (isinstance(value, str), value))
    number = {value: position for position, value in enumerate(ordered)}
    item_category = np.full(n_items, -1, dtype=np.int64)
    item_category[list(category_of)] = [number[value] for value in category_of.values()]
    item_category.flags.writeable = False
    return {"item_category": item_category, "category_names": tuple(map(str, ordered))}


def _from_triples(file: TextFile, triples: Triples, n_items: int, **item_side: Any) -> SequenceData:
    """Group triples by user; consumes the list, so that each column is freed as soon as its sorted copy exists."""
    users, items, timestamps = triples
    triples.clear()
    same_user = users[1:] == users[:-1]
    if not ((users[1:] > users[:-1]) | (same_user & (timestamps[1:] >= timestamps[:-1]))).all():
        order = np.lexsort((timestamps, users))
        users = users[order]
        _warn_if_unsorted(file, users, order)
        items, timestamps = items[order], timestamps[order]
    starts = np.flatnonzero(users[1:] != users[:-1]) + 1
    offsets = np.concatenate([[0], starts, [len(users)]])
    return SequenceData.from_flat(items, offsets, n_items, timestamps=timestamps, **item_side)


def _warn_if_unsorted(file: TextFile, users: NDArray[np.integer], order: NDArray[np.integer]) -> None:
    """A user whose events, once sorted, come from lines that go back was not in time order."""
    moved = np.unique(users[1:][(users[1:] == users[:-1]) & (order[1:] < order[:-1])])
    if len(moved):
        total = len(np.unique(users))
        warnings.warn(
            f"{file}: the events of {len(moved):,} of {total:,} users were not in time order; sorted by timestamp, "
            "ties in the order of the file",
            stacklevel=5,
        )
