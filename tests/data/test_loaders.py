import json
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.data import DataError, _files, load_comirec_files, load_sequences

TRAIN = "0,1,0\n0,2,1\n0,3,2\n1,2,0\n1,4,1\n"
VALID = "2,5,0\n2,1,1\n"
TEST = "3,2,0\n3,6,1\n"
CATEGORIES = "1,10\n2,10\n3,7\n4,3\n6,10\n"


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def write_comirec(folder: Path, **parts: str | bytes) -> Path:
    files = {"train": TRAIN, "valid": VALID, "test": TEST, "item_cate": CATEGORIES} | parts
    for part, content in files.items():
        write(folder, f"shop_{part}.txt", content)
    return folder


def lists(data):
    return [row.tolist() for row in data.sequences]


def raises(load, *arguments, **options) -> str:
    with pytest.raises(DataError) as caught:
        load(*arguments, **options)
    return str(caught.value)


def test_sequences_in_the_order_of_the_file(tmp_path):
    path = write(tmp_path, "toy.txt", "7 1 2 3\n\n2 4 2\r\n0 5\n")
    data = load_sequences(path)
    assert repr(data) == "SequenceData(toy: 3 users, 5 items, 6 events)"
    assert lists(data) == [[1, 2, 3], [4, 2], [5]]
    assert load_sequences(str(path), n_items=9, name="mine").n_items == 9


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 10**9), min_size=1), min_size=1))
def test_sequences_come_back_as_written(tmp_path_factory, sequences):
    text = "\n".join(f"{user} {' '.join(map(str, row))}" for user, row in enumerate(sequences))
    path = write(tmp_path_factory.getbasetemp(), "drawn.txt", text)
    assert lists(load_sequences(path)) == sequences


def test_the_first_attribute_is_the_category(tmp_path):
    path = write(tmp_path, "toy.txt", "1 1 2 3 4\n")
    numbers = write(tmp_path, "numbers.json", json.dumps({"1": [30, 4], "2": [4], "4": []}))
    words = write(tmp_path, "words.json", json.dumps({"3": ["Film-Noir", "été"], "1": ["War"]}))
    data = load_sequences(path, numbers)
    assert data.item_category.tolist() == [-1, 1, 0, -1, -1]
    assert data.category_names == ("4", "30")
    assert load_sequences(path, words).item_category.tolist() == [-1, 1, -1, 0, -1]


def test_attributes_of_an_item_without_event_need_room(tmp_path):
    path = write(tmp_path, "toy.txt", "1 1 2\n")
    attributes = write(tmp_path, "a.json", '{"3": [1]}')
    message = raises(load_sequences, path, attributes)
    assert message.startswith(f"{attributes}: category for the unknown item 3, expected items 1..2")
    assert load_sequences(path, attributes, n_items=4).item_category.tolist() == [-1, -1, -1, 0]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1 1 2\n2\n", ", line 2: user 2 has no items, expected at least one"),
        ("1 1 2\n\n2 3 x\n", ", line 3: item is 'x', expected an integer of at least 1"),
        ("1 1 2\n2 1.5\n", ", line 2: item is '1.5', expected an integer of at least 1"),
        ("1 1 1_0\n", ", line 1: item is '1_0', expected an integer of at least 1"),
        ("1 0\n", ", line 1: item is '0', expected an integer of at least 1"),
        ("1 2 -3\n", ", line 1: item is '-3', expected an integer of at least 1"),
        ("1 99999999999999999999\n", ", line 1: item is '99999999999999999999', expected an integer"),
        ("bob 1 2\n", ", line 1: user is 'bob', expected an integer of at least 0"),
        ("-1 1 2\n", ", line 1: user is '-1', expected an integer of at least 0"),
        ("1 1 2\n1 3\n", ", line 2: user 1 is on line 1 too, expected one line a user"),
        ("", " is empty, expected lines of user item item ..."),
        (" \n\n", " is empty, expected lines of user item item ..."),
        (b"PK\x03\x04\x00\x00", " is a binary file, expected lines of text"),
        (b"\xff\xfe\xfd\n", ", line 1: user is 'ÿþý', expected an integer of at least 0"),
    ],
)
def test_bad_sequences(tmp_path, content, expected):
    path = write(tmp_path, "toy.txt", content)
    assert raises(load_sequences, path).startswith(f"{path}{expected}")


def test_a_number_of_19_digits_that_fits_is_read(tmp_path):
    path = write(tmp_path, "toy.txt", "9223372036854775807 1\n")
    assert lists(load_sequences(path)) == [[1]]


def test_missing_file_and_folder_in_place_of_a_file(tmp_path):
    assert raises(load_sequences, tmp_path / "no.txt") == (
        f"{tmp_path / 'no.txt'} can't be read: No such file or directory, expected a text file"
    )
    assert "can't be read" in raises(load_sequences, tmp_path)
    toy = write(tmp_path, "toy.txt", "1 1\n")
    assert "no.json can't be read" in raises(load_sequences, toy, tmp_path / "no.json")


def test_n_items_below_what_occurs(tmp_path):
    path = write(tmp_path, "toy.txt", "1 1 5\n")
    assert raises(load_sequences, path, n_items=5) == f"{path}: item 5 occurs, expected ids below n_items = 5"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"1": [1],\n"2" [2]}', ", line 2: Expecting ':' delimiter, expected JSON like"),
        ("[1, 2]", " holds a list, expected"),
        ('{"a": [1]}', ": item is 'a', expected an integer of at least 1"),
        ('{"0": [1]}', ": item is '0', expected an integer of at least 1"),
        ('{"1": 1}', ": item 1 has 1, expected a list of strings or integers"),
        ('{"1": [1.5]}', ": item 1 has [1.5], expected a list of strings or integers"),
        (b'{"1": ["\xff"]}', " is not utf-8 text"),
        ("", ", line 1: Expecting value"),
    ],
)
def test_bad_attributes(tmp_path, content, expected):
    toy, path = write(tmp_path, "toy.txt", "1 1 2\n"), write(tmp_path, "a.json", content)
    assert raises(load_sequences, toy, path).startswith(f"{path}{expected}")


@pytest.mark.filterwarnings("error")
def test_comirec_files(tmp_path):
    train, valid, test = load_comirec_files(write_comirec(tmp_path))
    assert repr(train) == "SequenceData(shop train: 2 users, 6 items, 5 events, 3 categories)"
    assert [lists(part) for part in (train, valid, test)] == [[[1, 2, 3], [2, 4]], [[5, 1]], [[2, 6]]]
    assert [row.tolist() for row in train.timestamps] == [[0, 1, 2], [0, 1]]
    assert train.item_category.tolist() == [-1, 2, 2, 1, 0, -1, 2]
    assert train.category_names == ("3", "7", "10")
    assert train.item_category is valid.item_category is test.item_category
    assert train.n_items == valid.n_items == test.n_items == 7


@pytest.mark.filterwarnings("error")
def test_a_file_whose_users_are_mixed_but_each_in_order_is_nothing_to_report(tmp_path):
    train, *_ = load_comirec_files(write_comirec(tmp_path, train="5,1,10\n3,2,10\n5,3,20\n3,4,20\n"))
    assert lists(train) == [[2, 4], [1, 3]]


def test_unsorted_events_are_sorted_stably_and_said_so(tmp_path):
    folder = write_comirec(tmp_path, train="0,9,5\n0,8,5\n1,4,20\n1,6,10\n1,5,10\n1,3,20\n")
    with pytest.warns(
        UserWarning, match=r"shop_train.txt: the events of 1 of 2 users were not in time order"
    ) as caught:
        train, *_ = load_comirec_files(folder)
    assert lists(train) == [[9, 8], [6, 5, 4, 3]]
    assert [Path(warning.filename) for warning in caught] == [Path(__file__)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9), st.integers(-3, 2**40)), min_size=1), st.integers(1, 5))
def test_triples_agree_with_a_dictionary_of_sorted_lists(tmp_path_factory, triples, rows_at_once):
    folder = tmp_path_factory.getbasetemp() / "drawn"
    folder.mkdir(exist_ok=True)
    write_comirec(folder, train="\n".join("{},{},{}".format(*triple) for triple in triples))
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        patch.setattr(_files, "_ROWS_AT_ONCE", rows_at_once)
        train, *_ = load_comirec_files(folder, n_items=10)
    expected: dict[int, list[tuple[int, int]]] = {}
    for user, item, time in triples:
        expected.setdefault(user, []).append((item, time))
    ordered = [sorted(expected[user], key=lambda event: event[1]) for user in sorted(expected)]
    assert lists(train) == [[item for item, _ in user] for user in ordered]
    assert [row.tolist() for row in train.timestamps] == [[time for _, time in user] for user in ordered]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("0,1,0\n0,2\n", ", line 2: 2 columns, expected 3 separated by ',' (user, item, timestamp)"),
        ("0,1,0\n\n0,2,1,7\n", ", line 3: 4 columns, expected 3"),
        ("0 1 0\n", ", line 1: 1 columns, expected 3 separated by ','"),
        ("0,1\n0,2\n", ", line 1: 2 columns, expected 3"),
        ("0,1,0\n0,x,1\n", ", line 2: item is 'x', expected an integer of at least 1"),
        ("0,1,0\n0,2.0,1\n", ", line 2: item is '2.0', expected an integer of at least 1"),
        ("0,1,0\n0,,1\n", ", line 2: item is '', expected an integer of at least 1"),
        ("0,1,0\n0,0,1\n", ", line 2: item is '0', expected an integer of at least 1"),
        ("0,1,0\n0,-4,1\n", ", line 2: item is '-4', expected an integer of at least 1"),
        ("0,1,0\n-1,4,1\n", ", line 2: user is '-1', expected an integer of at least 0"),
        ("0,1,0\n0,4,soon\n", ", line 2: timestamp is 'soon', expected an integer"),
        ("0,1,99999999999999999999\n", ", line 1: timestamp is '99999999999999999999', expected an integer"),
        ("# user,item\n0,1,0\n", ", line 1: 2 columns, expected 3"),
        ("", " is empty, expected lines of user, item, timestamp"),
        ("\n\n", " is empty, expected lines of user, item, timestamp"),
        (b"\x80\x04\x95\x00\x00", " is a binary file, expected lines of text"),
    ],
)
@pytest.mark.parametrize("rows_at_once", [1, 1000])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as in a notebook, where 2.0 would pass for 2
def test_bad_triples(tmp_path, monkeypatch, content, expected, rows_at_once):
    monkeypatch.setattr(_files, "_ROWS_AT_ONCE", rows_at_once)
    folder = write_comirec(tmp_path, valid=content)
    assert raises(load_comirec_files, folder).startswith(f"{folder / 'shop_valid.txt'}{expected}")


@pytest.mark.parametrize("part", ["valid", "test", "item_cate"])
def test_a_missing_comirec_file(tmp_path, part):
    folder = write_comirec(tmp_path)
    os.remove(folder / f"shop_{part}.txt")
    assert raises(load_comirec_files, folder).startswith(f"{folder / f'shop_{part}.txt'} can't be read: No such file")


def test_a_folder_needs_one_training_file(tmp_path):
    assert raises(load_comirec_files, tmp_path) == f"{tmp_path} has 0 files called {{name}}_train.txt, expected one"
    write(write_comirec(tmp_path), "other_train.txt", TRAIN)
    assert "has 2 files" in raises(load_comirec_files, tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,1\n8,1\n", ": category for the unknown item 8, expected items 1..6 as in the sequences"),
        ("1,1\n2,3\n1,2\n", ": item 1 is listed 2 times, expected once"),
        ("1,1\n0,2\n", ", line 2: item is '0', expected an integer of at least 1"),
        ("1,1\n2,war\n", ", line 2: category is 'war', expected an integer"),
        ("", " is empty, expected lines of item, category"),
    ],
)
def test_bad_categories(tmp_path, content, expected):
    folder = write_comirec(tmp_path, item_cate=content)
    assert raises(load_comirec_files, folder).startswith(f"{folder / 'shop_item_cate.txt'}{expected}")


def test_n_items_makes_room_for_items_that_never_occur(tmp_path):
    train, *_ = load_comirec_files(write_comirec(tmp_path, item_cate="8,1\n"), n_items=9)
    assert train.item_category.tolist() == [-1] * 8 + [0]


def test_ten_thousand_lines_over_several_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "_ROWS_AT_ONCE", 999)
    rng = np.random.default_rng(0)
    items = rng.integers(1, 500, size=(1000, 10))
    text = "".join(f"{user},{item},{place}\n" for user, row in enumerate(items) for place, item in enumerate(row))
    train, *_ = load_comirec_files(write_comirec(tmp_path, train=text))
    assert train.items.reshape(1000, 10).tolist() == items.tolist()
    assert train.items.dtype == np.int32
