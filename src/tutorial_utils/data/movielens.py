"""MovieLens 100K and 1M (Harper and Konstan, 2015), the same whichever copy of it is at hand."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tutorial_utils.data._download import movielens_archive
from tutorial_utils.data._files import ANY, DataError, Layout, TextFile, find_text, read_integers
from tutorial_utils.data.sequence_data import SequenceData

GENRES = (
    *("Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy"),
    *("Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
FOLDER_VARIABLE = "MOVIELENS_DIR"
_UNKNOWN = "unknown"
_COLUMNS = ("user", "item", "rating", "timestamp")
_LOWEST = (1, 1, 0, ANY)

# The files of each copy: events first, then movies.
_GROUPLENS_100K = ("u.data", "u.item")
_RECBOLE_100K = ("ml-100k.inter", "ml-100k.item")
_GROUPLENS_1M = ("ratings.dat", "movies.dat")
_COPIES = {"100k": (_GROUPLENS_100K, _RECBOLE_100K), "1m": (_GROUPLENS_1M,)}
_LAYOUTS = {
    "u.data": Layout(_COLUMNS, _LOWEST, "\t"),
    "ml-100k.inter": Layout(
        _COLUMNS, _LOWEST, "\t", header="user_id:token\titem_id:token\trating:float\ttimestamp:float"
    ),
    "ratings.dat": Layout(_COLUMNS, _LOWEST, "::"),
}

Movie = tuple[int, str, str]  # MovieLens id, title, first genre


def load_movielens(version: str = "100k", source: str | Path | None = None) -> SequenceData:
    """Load MovieLens: every rating is an event, whatever its stars.

    GroupLens doesn't allow redistribution, so the data is fetched on first use and kept in the user's cache. 100K comes
    from the first of these that works: `source` or the folder in the environment variable ``MOVIELENS_DIR``, the cache,
    GroupLens, the copy inside the RecBole 1.2.1 wheel. Each gives the same result:

    - Users and items are numbered 1, 2, ... in ascending order of their MovieLens ids (users are positions from 0); a
      movie that nobody rated gets no number.
    - Events are in order of time, those of one second in ascending order of item id. In 100K, 76 % of the events share
      their second with another one of the same user, so half of the steps in a sequence are no order in time.
    - An item's category is the first genre listed in the files, numbered as in ``GENRES``; -1 where it's "unknown".
    - Titles are spelled as by GroupLens, ``"Matrix, The (1999)"``, with single blanks.

    Parameters
    ----------
    version : {"100k", "1m"}
    source : path, "grouplens" or "recbole", optional
        A folder or zip archive with the files of GroupLens or RecBole, or which of the two to download (1M: GroupLens).

    Returns
    -------
    SequenceData
        With timestamps (seconds since 1970), categories and titles. 100K: 943 users, 1,682 items, 100,000 events. 1M:
        6,040 users, 3,706 items, 1,000,209 events.

    Raises
    ------
    ValueError
        If `version` is unknown.
    DataError
        If no source works, or a file is not what it should be; the message names file and line.
    """
    if version not in _COPIES:
        raise ValueError(f"version is {version!r}, expected one of {tuple(_COPIES)}")
    events, movies = _find_files(_place(version, source), version)
    users, items, _, timestamps = read_integers(events, _LAYOUTS[_name(events)])
    order = np.lexsort((items, timestamps, users))
    known, dense = np.unique(items[order], return_inverse=True)
    _, starts = np.unique(users[order], return_index=True)
    category, titles = _item_side(movies, known)
    return SequenceData.from_flat(
        dense + 1,
        np.append(starts, len(users)),
        timestamps=timestamps[order],
        item_category=category,
        category_names=GENRES,
        item_names=titles,
        name=f"ml-{version}",
    )


def _place(version: str, source: str | Path | None) -> Path:
    """Return the folder or archive to read from."""
    source = source or os.environ.get(FOLDER_VARIABLE) or None
    if source is None or source in ("grouplens", "recbole"):
        return movielens_archive(version, source and str(source))
    place = Path(source)
    if not place.exists():
        raise DataError(f"{place} does not exist, expected a folder or a zip archive with MovieLens {version}")
    return place


def _find_files(place: Path, version: str) -> tuple[TextFile, TextFile]:
    for names in _COPIES[version]:
        events, movies = (find_text(place, name, "utf-8" if name in _RECBOLE_100K else "latin-1") for name in names)
        if events and movies:
            return events, movies
    expected = " or ".join(" and ".join(names) for names in _COPIES[version])
    raise DataError(f"{place} has not the files of MovieLens {version}, expected {expected}")


def _name(file: TextFile) -> str:
    return Path(file.member or file.place).name


def _item_side(file: TextFile, known: NDArray[np.integer]) -> tuple[NDArray[np.int64], list[str]]:
    """Return category (V,) and titles of the items with the MovieLens ids `known`, in that order."""
    movies = {movie: (title, genre) for movie, title, genre in _read_movies(file)}
    missing = [movie for movie in known.tolist() if movie not in movies]
    if missing:
        raise DataError(f"{file} lacks movie {missing[0]}, expected every movie that has a rating")
    number = {_UNKNOWN: -1} | {genre: position for position, genre in enumerate(GENRES)}
    rows = [movies[movie] for movie in known.tolist()]
    category = np.array([-1, *(number[genre] for _, genre in rows)], dtype=np.int64)
    return category, ["", *(title for title, _ in rows)]


def _read_movies(file: TextFile) -> Iterator[Movie]:
    parse = {"u.item": _grouplens_100k, "ml-100k.item": _recbole_100k, "movies.dat": _grouplens_1m}[_name(file)]
    with file.open() as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith("item_id:"):
                continue
            try:
                movie, title, genre = parse(line.rstrip("\r\n"))
            except (ValueError, IndexError) as error:
                raise file.error(number, f"{line[:60]!r} is no movie, expected id, title and genres: {error}") from None
            if genre not in (*GENRES, _UNKNOWN):
                raise file.error(number, f"genre is {genre!r}, expected one of {', '.join(GENRES)}")
            yield movie, " ".join(title.split()), genre


def _grouplens_100k(line: str) -> Movie:
    """``1|Toy Story (1995)|01-Jan-1995||url|0|0|0|1|...``: five fields, then a flag for unknown and each genre."""
    movie, title, _, _, _, *flags = line.split("|")
    if len(flags) != len(GENRES) + 1:
        raise ValueError(f"{len(flags)} genre flags instead of {len(GENRES) + 1}")
    return int(movie), title, (_UNKNOWN, *GENRES)[flags.index("1")]


def _recbole_100k(line: str) -> Movie:
    """``1<tab>Toy Story<tab>1995<tab>Animation Children's Comedy``: the year is cut off, and movie 267 misspelled."""
    movie, title, year, genres = line.split("\t")
    title = _UNKNOWN if title == "unkonwn" else f"{title} ({year})"
    return int(movie), title, genres.split()[0]


def _grouplens_1m(line: str) -> Movie:
    """``1::Toy Story (1995)::Animation|Children's|Comedy``."""
    movie, title, genres = line.split("::")
    return int(movie), title, genres.split("|")[0]
