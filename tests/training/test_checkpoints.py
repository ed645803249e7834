"""Files are written whole or not at all, and nothing but an own, whole file is read."""

import io
import json
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.training import checkpoints
from tutorial_utils.training.checkpoints import (
    Checkpoint,
    CheckpointError,
    find_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from tutorial_utils.training.config import ComiRecConfig, parameter_shapes
from tutorial_utils.training.history import History

CONFIG = ComiRecConfig(6, 2, 2, 3, temperature=0.1)
TRAINING = ("parameters", "adam_first_moment", "adam_second_moment", "best")


def some_checkpoint(step=3, seed=0, groups=TRAINING, config=CONFIG, model="ComiRecSA"):
    rng = np.random.default_rng(seed)
    shapes = parameter_shapes(model, config)
    arrays = {group: {key: rng.random(shape, np.float32) for key, shape in shapes.items()} for group in groups}
    history = History([0.1 * t for t in range(step)], [2], {"recall@50": [0.25], "ndcg@50": [0.5]}, [1.5])
    return Checkpoint(model, config, arrays, history, {"seed": 1, "n_negatives": None})


def assert_same(actual, expected):
    for name in ("model", "config", "history", "run"):
        assert getattr(actual, name) == getattr(expected, name)
    assert actual.groups.keys() == expected.groups.keys()
    for group, arrays in expected.groups.items():
        assert actual.groups[group].keys() == arrays.keys()
        for key, array in arrays.items():
            np.testing.assert_array_equal(actual.groups[group][key], array)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "last.npz"
    write_checkpoint(path, some_checkpoint())
    return path


def rewrite(path, change, compression=zipfile.ZIP_STORED):
    """Change the members of a file, ``{name: bytes}``, leaving the checksum as it was."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def reseal(path, change):
    """Change the arrays of a file and make the checksum fit, as a careful attacker would."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "checksum"}
    change(arrays)
    with path.open("wb") as file:
        np.savez(file, **arrays, checksum=checkpoints._checksum(arrays))


def edit_header(**changes):
    def change(arrays):
        header = json.loads(arrays["header"].tobytes()) | changes
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)

    return change


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize("groups", [TRAINING, TRAINING[:3], TRAINING[:1]])
def test_round_trip(tmp_path, groups):
    expected = some_checkpoint(groups=groups)
    write_checkpoint(tmp_path / "a.npz", expected)
    assert_same(read_checkpoint(tmp_path / "a.npz"), expected)
    assert [file.name for file in tmp_path.iterdir()] == ["a.npz"]


def test_an_empty_history_survives(tmp_path):
    expected = Checkpoint("MeanPooling", CONFIG, some_checkpoint(model="MeanPooling", groups=TRAINING[:1]).groups)
    write_checkpoint(tmp_path / "a.npz", expected)
    assert_same(read_checkpoint(tmp_path / "a.npz"), expected)


def test_numpy_alone_reads_the_file(path):
    with np.load(path, allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["parameters/w1"], some_checkpoint().groups["parameters"]["w1"])


def test_every_truncation_is_refused(path):
    data = path.read_bytes()
    for size in [0, 1, 100, *range(200, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:size])
        with pytest.raises(CheckpointError, match=r"last\.npz"):
            read_checkpoint(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_flipped_byte_is_refused_or_harmless(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("flipped") / "a.npz"
    expected = some_checkpoint()
    write_checkpoint(path, expected)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with suppress(CheckpointError):
        assert_same(read_checkpoint(path), expected)  # a byte of the zip file that means nothing, such as a date


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=400))
def test_noise_is_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("noise") / "a.npz"
    path.write_bytes(content)
    with pytest.raises(CheckpointError):
        read_checkpoint(path)


def test_a_missing_file_is_called_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "a.npz")


def test_foreign_files_are_refused(tmp_path):
    np.savez(tmp_path / "foreign.npz", weights=np.ones(3))
    with pytest.raises(CheckpointError, match=r"not a checkpoint of this package: it holds \['weights'\]"):
        read_checkpoint(tmp_path / "foreign.npz")
    np.savez(tmp_path / "foreign.npz", header=np.frombuffer(b'{"format": "other", "version": 1}', np.uint8))
    with pytest.raises(CheckpointError, match="its format is 'other'"):
        read_checkpoint(tmp_path / "foreign.npz")


def test_newer_versions_are_refused_whatever_else_they_hold(path):
    reseal(path, edit_header(version=2))
    rewrite(path, lambda members: members.update({"parameters/w1.npy": npy(np.ones(2, np.float16))}))
    with pytest.raises(CheckpointError, match="it has version 2, but this package reads version 1"):
        read_checkpoint(path)


class Bomb:
    """Unpickled, it raises a flag."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('unpickled')",))


@pytest.mark.parametrize("member", ["parameters/w1", "header", "checksum", "extra"])
def test_a_pickle_is_never_loaded(path, member):
    rewrite(path, lambda members: members.update({f"{member}.npy": npy(np.array([Bomb()], object))}))
    with pytest.raises(CheckpointError):
        read_checkpoint(path)


def test_a_huge_shape_is_refused_before_memory_is_asked_for(path):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000000), }"
    member = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + header.ljust(117) + b"\n"
    rewrite(path, lambda members: members.update({"parameters/w1.npy": member}))
    with pytest.raises(CheckpointError, match="claims shape"):
        read_checkpoint(path)


def test_a_config_of_a_huge_model_is_refused(path):
    reseal(path, edit_header(config={"n_items": 10**12}))
    with pytest.raises(
        CheckpointError, match=r"parameters/item_embedding is float32 \(6, 2\), expected float32 \(10000"
    ):
        read_checkpoint(path)


def test_a_compressed_bomb_is_refused(path):
    rewrite(path, lambda members: members.update({"extra.npy": npy(np.zeros(10**6))}), zipfile.ZIP_DEFLATED)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize("name", ["../../evil.npy", "/etc/evil.npy", "parameters/../w1.npy", "evil"])
def test_paths_lead_nowhere(path, name, tmp_path):
    rewrite(path, lambda members: members.update({name: npy(np.ones(2, np.float32))}))
    with pytest.raises(CheckpointError):
        read_checkpoint(path)
    assert [file.name for file in tmp_path.iterdir()] == ["last.npz"]


def test_a_member_twice_is_refused(path):
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("parameters/w1.npy", npy(np.ones((2, 8), np.float32)))
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        read_checkpoint(path)


def drop(name):
    return lambda arrays: arrays.pop(name)


def put(name, value):
    return lambda arrays: arrays.update({name: np.asarray(value)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("parameters/w1"), "parameters/w1 is missing"),
        (drop("adam_second_moment/w2"), "adam_second_moment/w2 is missing"),
        (drop("losses"), "losses is missing"),
        (drop("metrics/recall@50"), "metrics/recall@50 is missing"),
        (put("parameters/w1", np.ones((2, 9), np.float32)), r"w1 is float32 \(2, 9\), expected float32 \(2, 8\)"),
        (put("parameters/w1", np.ones((2, 8))), r"w1 is float64 \(2, 8\), expected float32"),
        (put("parameters/w1", np.full((2, 8), np.nan, np.float32)), "parameters/w1 has NaN or infinite"),
        (put("best/w1", np.full((2, 8), np.inf, np.float32)), "best/w1 has NaN or infinite"),
        (put("parameters/w3", np.ones(2, np.float32)), r"unexpected arrays \['parameters/w3'\]"),
        (put("losses", np.ones(3, np.float32)), r"losses is float32 \(3,\), expected float64"),
        (put("seconds", np.ones(2)), r"seconds is float64 \(2,\)"),
        (edit_header(model="Evil"), "model is 'Evil', expected one of"),
        (edit_header(config={"n_items": "6"}), "n_items is '6', expected an integer"),
        (edit_header(config={"n_items": 6, "evil": 1}), "unexpected keyword argument"),
        (edit_header(config=None), "last.npz"),
        (edit_header(run=[1]), "run is a list, expected a dict"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(path, change, message):
    reseal(path, change)
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(path)


def test_an_altered_array_breaks_the_checksum(path):
    rewrite(path, lambda members: members.update({"parameters/w1.npy": npy(np.ones((2, 8), np.float32))}))
    with pytest.raises(CheckpointError, match="checksum"):
        read_checkpoint(path)


def test_weights_that_could_not_be_read_are_not_written(path):
    before = path.read_bytes()
    broken = some_checkpoint()
    broken.groups["parameters"]["w2"][0, 0] = np.nan
    with pytest.raises(CheckpointError, match="parameters/w2 has NaN or infinite values"):
        write_checkpoint(path, broken)
    assert path.read_bytes() == before


@pytest.mark.parametrize("failing", ["savez", "fsync", "replace"])
def test_a_write_that_fails_leaves_the_file_of_before(path, failing, monkeypatch):
    def fail(*arguments, **named):
        raise OSError("disk full")

    owner = {"savez": checkpoints.np, "fsync": checkpoints.os, "replace": checkpoints.Path}[failing]
    monkeypatch.setattr(owner, failing, fail)
    with pytest.raises(OSError, match="disk full"):
        write_checkpoint(path, some_checkpoint(seed=1), path.with_name("previous.npz"))
    monkeypatch.undo()
    assert_same(find_checkpoint(path.parent), some_checkpoint())
    assert [file.name for file in path.parent.iterdir()] == ["last.npz"]


def test_the_file_of_before_becomes_the_previous_one(path):
    write_checkpoint(path, some_checkpoint(seed=1), path.with_name("previous.npz"))
    assert_same(read_checkpoint(path), some_checkpoint(seed=1))
    assert_same(read_checkpoint(path.with_name("previous.npz")), some_checkpoint())


def test_find_takes_last_then_previous(path):
    folder, previous = path.parent, path.with_name("previous.npz")
    assert_same(find_checkpoint(folder), some_checkpoint())
    write_checkpoint(path, some_checkpoint(seed=1), previous)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.warns(UserWarning, match=r"last\.npz: truncated.*; kept as refused\.npz, going on from previous\.npz"):
        assert_same(find_checkpoint(folder), some_checkpoint())
    assert sorted(file.name for file in folder.iterdir()) == ["previous.npz", "refused.npz"]
    assert_same(find_checkpoint(folder), some_checkpoint())  # killed between two renamings: previous alone
    previous.write_bytes(b"")
    with pytest.raises(CheckpointError, match="previous"):
        find_checkpoint(folder)
    previous.unlink()
    assert find_checkpoint(folder) is None


def test_a_refused_file_without_a_previous_one_stops(path):
    path.write_bytes(b"PK")
    with pytest.raises(CheckpointError, match=r"last\.npz: truncated or not a checkpoint"):
        find_checkpoint(path.parent)
    assert path.read_bytes() == b"PK"
