import zipfile
from pathlib import Path

import numpy as np
import pytest

from tutorial_utils.data import DataError, SequenceData, load_movielens
from tutorial_utils.data._download import movielens_archive
from tutorial_utils.data.movielens import FOLDER_VARIABLE, GENRES

# A tiny MovieLens. User 7 rates two movies within a second; movie 9 has no rating; movie 4 has an unknown genre.
EVENTS = [(7, 4, 5, 20), (7, 3, 1, 20), (2, 2, 3, 30), (7, 2, 4, 10), (2, 4, 2, 5)]
MOVIES = {
    2: ("Misérables, Les", "1995", ("Drama", "Musical")),
    3: ("Seven (Se7en)", "1995", ("Crime", "Thriller")),
    4: ("Good Morning", "1971", ("unknown",)),
    9: ("Nobody's Film", "1990", ("War",)),
}
HEADER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"


def lines(rows, delimiter="\t"):
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows)


def u_item_line(movie, title, genres):
    flags = "|".join(str(int(genre in genres)) for genre in ("unknown", *GENRES))
    return f"{movie}|{title}|01-Jan-1995||http://example.org/{movie}|{flags}\n"


def grouplens_100k(folder, events=EVENTS, movies=MOVIES):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "u.data").write_text(lines(events))
    rows = [u_item_line(movie, f"{title} ({year})", genres) for movie, (title, year, genres) in movies.items()]
    (folder / "u.item").write_text("".join(rows), encoding="latin-1")
    genres = "".join(f"{genre}|{number}\n" for number, genre in enumerate(("unknown", *GENRES)))
    (folder / "u.genre").write_text(genres + "\n")
    return folder


def recbole_100k(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ml-100k.inter").write_text(HEADER + lines(EVENTS))
    rows = [(movie, title, year, " ".join(genres)) for movie, (title, year, genres) in MOVIES.items()]
    header = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    (folder / "ml-100k.item").write_text(header + lines(rows), encoding="utf-8")
    return folder


def grouplens_1m(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ratings.dat").write_text(lines(EVENTS, "::"))
    rows = [(movie, f"{title} ({year})", "|".join(genres)) for movie, (title, year, genres) in MOVIES.items()]
    rows = [row for row in rows if row[2] != "unknown"] + [(4, "Good Morning (1971)", "unknown")]
    (folder / "movies.dat").write_text(lines(rows, "::"), encoding="latin-1")
    return folder


def zipped(folder: Path, *members: str) -> Path:
    archive = folder.parent / "copy.zip"
    with zipfile.ZipFile(archive, "w") as writer:
        for path in sorted(folder.iterdir()):
            writer.write(path, f"ml/{path.name}")
        for member in members:
            writer.writestr(member, "boo")
    return archive


def assert_same(one: SequenceData, other: SequenceData) -> None:
    assert repr(one) == repr(other)
    for name in ("items", "offsets", "item_category"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(np.concatenate(one.timestamps), np.concatenate(other.timestamps))
    assert one.item_names == other.item_names
    assert one.category_names == other.category_names


def error_of(version, source):
    with pytest.raises(DataError) as caught:
        load_movielens(version, source)
    return str(caught.value)


WRITERS = [("100k", grouplens_100k), ("100k", recbole_100k), ("1m", grouplens_1m)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("version", "write"), WRITERS)
def test_a_tiny_copy_by_hand(tmp_path, version, write):
    data = load_movielens(version, write(tmp_path / "ml"))
    assert repr(data) == f"SequenceData(ml-{version}: 2 users, 3 items, 5 events, 18 categories)"
    assert [row.tolist() for row in data.sequences] == [[3, 1], [1, 2, 3]]  # users 2 and 7; movies 2, 3, 4
    assert [row.tolist() for row in data.timestamps] == [[5, 30], [10, 20, 20]]
    assert data.item_names == ("", "Misérables, Les (1995)", "Seven (Se7en) (1995)", "Good Morning (1971)")
    assert data.item_category.tolist() == [-1, GENRES.index("Drama"), GENRES.index("Crime"), -1]


@pytest.mark.parametrize(("version", "write"), WRITERS)
def test_folder_parent_folder_archive_and_variable_are_all_sources(tmp_path, monkeypatch, version, write):
    folder = write(tmp_path / "all" / "ml")
    data = load_movielens(version, folder)
    assert_same(data, load_movielens(version, str(tmp_path / "all")))
    assert_same(data, load_movielens(version, zipped(folder)))
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    assert_same(data, load_movielens(version))


def test_titles_have_single_blanks(tmp_path):
    movies = MOVIES | {3: ("  Seven   (Se7en) ", "1995", ("Crime",))}
    data = load_movielens("100k", grouplens_100k(tmp_path, movies=movies))
    assert data.item_names[2] == "Seven (Se7en) (1995)"


@pytest.fixture(scope="module")
def recbole_copy():
    """The real data; skipped where no package index can be reached."""
    try:
        return movielens_archive("100k", "recbole")
    except DataError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def recbole(recbole_copy):
    return load_movielens("100k", recbole_copy)


def test_movielens_100k_from_recbole(recbole):
    assert repr(recbole) == "SequenceData(ml-100k: 943 users, 1,682 items, 100,000 events, 18 categories)"
    assert recbole.lengths.min() == 20
    assert recbole.item_names[1] == "Toy Story (1995)"
    assert recbole.item_names[267] == "unknown"
    assert recbole.item_names[1412] == "Land Before Time III: The Time of the Great Giving (1995) (V)"
    assert np.flatnonzero(recbole.item_category == -1).tolist() == [0, 267, 1373]


def test_events_of_one_second_are_in_order_of_item_id(recbole):
    ties = 0
    for items, times in zip(recbole.sequences, recbole.timestamps, strict=True):
        same = np.diff(times) == 0
        ties += same.sum()
        assert (np.diff(times) >= 0).all()
        assert (np.diff(items)[same] > 0).all()
    assert ties == 50_561


def test_both_readers_give_the_same_movielens_100k(tmp_path, recbole_copy, recbole):
    """Rewrite RecBole's copy as GroupLens spells it, in another order of lines, and read that."""
    with zipfile.ZipFile(recbole_copy) as wheel:
        folder = "recbole/dataset_example/ml-100k/ml-100k"
        inter, item = (wheel.read(f"{folder}.{kind}").decode().splitlines()[1:] for kind in ("inter", "item"))
    events = np.random.default_rng(0).permutation([tuple(map(int, line.split("\t"))) for line in inter])
    grouplens_100k(tmp_path, events)
    rows = []
    for movie, title, year, genres in (line.split("\t") for line in item):
        title = "unknown" if movie == "267" else f"{title} ({year})"
        rows.append(u_item_line(movie, title, genres.split()))
    (tmp_path / "u.item").write_text("".join(rows), encoding="latin-1")
    assert_same(load_movielens("100k", tmp_path), recbole)


def test_unknown_version_and_source():
    with pytest.raises(ValueError, match="version is '20m', expected one of"):
        load_movielens("20m")
    assert "source is 'recbole', expected a folder, a zip archive or one of ['grouplens'] for 1m" in error_of(
        "1m", "recbole"
    )


def test_a_place_without_the_files(tmp_path):
    assert error_of("100k", tmp_path / "no") == (
        f"{tmp_path / 'no'} does not exist, expected a folder or a zip archive with MovieLens 100k"
    )
    assert error_of("1m", grouplens_100k(tmp_path)) == (
        f"{tmp_path} has not the files of MovieLens 1m, expected ratings.dat and movies.dat"
    )


@pytest.mark.parametrize("member", ["../evil.txt", "/etc/evil", "ml/../../evil", "..\\evil", "C:\\evil"])
def test_an_archive_whose_member_leaves_its_folder(tmp_path, member):
    archive = zipped(grouplens_100k(tmp_path / "ml"), member)
    assert f"{archive}: member {member!r} would leave the archive's folder" in error_of("100k", archive)
    assert not list(tmp_path.rglob("*evil*"))


def test_an_archive_cut_off_half_way(tmp_path):
    archive = zipped(grouplens_100k(tmp_path / "ml"))
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    assert f"{archive} is not a complete zip archive" in error_of("100k", archive)


def test_an_archive_with_altered_bytes(tmp_path):
    archive = zipped(grouplens_100k(tmp_path / "ml"))
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b"7\t4\t5\t20", b"7\t4\t5\t21", 1))
    assert f"{archive} (ml/u.data) is damaged or cut off" in error_of("100k", archive)


@pytest.mark.parametrize(
    ("version", "write", "name", "content", "expected"),
    [
        ("100k", grouplens_100k, "u.data", "1\t2\t3\n", ", line 1: 3 columns, expected 4 separated by '\\t'"),
        ("100k", grouplens_100k, "u.data", "1\t2\t3\t4\n1\t0\t3\t4\n", ", line 2: item is '0', expected an integer"),
        ("100k", grouplens_100k, "u.data", "", " is empty, expected lines of user, item, rating, timestamp"),
        ("100k", grouplens_100k, "u.data", "\0\1", " is a binary file"),
        ("100k", grouplens_100k, "u.item", "2|a (1990)|||\n", ", line 1: '2|a (1990)|||\\n' is no movie, expected id"),
        ("100k", grouplens_100k, "u.item", u_item_line(2, "a", ()), ", line 1: '2|a|01-Jan-1995"),
        ("100k", grouplens_100k, "u.item", u_item_line("b", "a", ("War",)), ", line 1: 'b|a|01-Jan-1995"),
        ("100k", grouplens_100k, "u.item", u_item_line(2, "a", ("War",)), " lacks movie 3, expected every movie"),
        ("100k", recbole_100k, "ml-100k.inter", lines(EVENTS), ", line 1: '7\\t4\\t5\\t20', expected the header"),
        ("100k", recbole_100k, "ml-100k.inter", HEADER + "1\t2\t3\n", ", line 2: 3 columns, expected 4"),
        ("100k", recbole_100k, "ml-100k.inter", HEADER, " is empty, expected lines"),
        ("100k", recbole_100k, "ml-100k.item", "2\ta\t1990\tPoetry\n", ", line 1: genre is 'Poetry', expected one of"),
        ("100k", recbole_100k, "ml-100k.item", "2\ta\t1990\t\n", ", line 1: '2\\ta\\t1990\\t\\n' is no movie"),
        ("1m", grouplens_1m, "ratings.dat", "1::2::3::4\n1::2:3::4\n", ", line 2: 3 columns, expected 4 separated by"),
        ("1m", grouplens_1m, "ratings.dat", "1::2::3::x\n", ", line 1: timestamp is 'x', expected an integer"),
        ("1m", grouplens_1m, "movies.dat", "2::a\n", ", line 1: '2::a\\n' is no movie"),
    ],
)
def test_bad_files(tmp_path, version, write, name, content, expected):
    path = write(tmp_path / "ml") / name
    path.write_text(content)
    assert error_of(version, path.parent).startswith(f"{path}{expected}")
