"""Downloads that go wrong, against a server of our own: a clear error, and nothing left in the cache."""

import hashlib
import subprocess
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tutorial_utils.data import DataError, _download, load_movielens
from tutorial_utils.data._download import RECBOLE_WHEEL, movielens_archive


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setattr(_download, "cache_folder", lambda: folder)
    monkeypatch.setattr(_download, "TIMEOUT", 5)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("MOVIELENS_DIR", raising=False)
    return folder


@pytest.fixture
def serve(monkeypatch):
    """Return a function that starts a server of one answer in GroupLens' place and returns the list of paths asked."""
    servers = []

    def start(body, promised=None, status=200):
        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(promised or len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(_download, "GROUPLENS_URL", f"http://127.0.0.1:{server.server_port}/")
        return asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def pip(monkeypatch):
    """Return a function that puts a stand-in for pip in place: a wheel with this content, or this complaint."""

    def replace(content=None, complaint=""):
        calls = []

        def run(command, **_):
            calls.append(command)
            if content is not None:
                (Path(command[command.index("--dest") + 1]) / RECBOLE_WHEEL).write_bytes(content)
            return subprocess.CompletedProcess(command, content is None, "", complaint)

        monkeypatch.setattr(_download.subprocess, "run", run)
        return calls

    return replace


def left_in(folder):
    return [path.name for path in folder.rglob("*")]


def tiny_archive(tmp_path, monkeypatch):
    """Return the bytes of a well-formed archive and make its checksum the expected one."""
    flags = "|".join("1" if place == 1 else "0" for place in range(19))
    path = tmp_path / "tiny.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ml-100k/u.data", "1\t1\t5\t10\n")
        archive.writestr("ml-100k/u.item", f"1|Heat (1995)|||x|{flags}\n")
    content = path.read_bytes()
    monkeypatch.setitem(_download.GROUPLENS_MD5, "100k", hashlib.md5(content).hexdigest())
    return content


def test_a_good_download_is_kept_quietly_and_not_repeated(tmp_path, monkeypatch, serve, cache, capfd):
    asked = serve(tiny_archive(tmp_path, monkeypatch))
    for _ in range(2):
        assert repr(load_movielens()) == "SequenceData(ml-100k: 1 users, 1 items, 1 events, 18 categories)"
    assert asked == ["/ml-100k.zip"]
    assert left_in(cache) == ["ml-100k.zip"]
    assert capfd.readouterr() == ("", "")


def test_a_damaged_file_in_the_cache_is_fetched_anew(tmp_path, monkeypatch, serve, cache):
    content = tiny_archive(tmp_path, monkeypatch)
    cache.mkdir()
    (cache / "ml-100k.zip").write_bytes(content[:50])
    asked = serve(content)
    load_movielens()
    assert asked == ["/ml-100k.zip"]
    assert (cache / "ml-100k.zip").read_bytes() == content


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"body": b"not the data"}, "hash"),
        ({"body": b"half of it", "promised": 1000}, "10 bytes read, 990 more expected"),
        ({"body": b"", "status": 404}, "404"),
    ],
    ids=["checksum", "cut off", "not found"],
)
def test_a_bad_download_is_an_error_and_leaves_nothing(serve, cache, answer, reason):
    serve(**answer)
    with pytest.raises(DataError) as caught:
        load_movielens("1m")
    assert "MovieLens 1m could not be downloaded" in str(caught.value)
    assert reason in str(caught.value)
    assert "pass its path, or that of its folder, as source" in str(caught.value)
    assert left_in(cache) == []


def test_recbole_stands_in_when_grouplens_fails(monkeypatch, serve, pip, cache):
    serve(b"", status=503)
    calls = pip(b"a wheel")
    monkeypatch.setattr(_download, "RECBOLE_SHA256", hashlib.sha256(b"a wheel").hexdigest())
    for _ in range(2):
        assert movielens_archive("100k") == cache / RECBOLE_WHEEL
    assert len(calls) == 1
    assert left_in(cache) == [RECBOLE_WHEEL]


def test_a_wheel_with_another_checksum(serve, pip, cache):
    pip(b"another wheel")
    with pytest.raises(DataError, match=f"{RECBOLE_WHEEL} has another checksum, expected sha256 9c99"):
        movielens_archive("100k", "recbole")
    assert left_in(cache) == []


def test_both_reasons_are_given_when_nothing_works(serve, pip, cache):
    serve(b"", status=503)
    pip(complaint="WARNING: retrying\nERROR: no such package\n")
    with pytest.raises(DataError) as caught:
        movielens_archive("100k")
    assert "  ml-100k.zip: 503" in str(caught.value)
    assert "pip could not download recbole 1.2.1 from the package index: ERROR: no such package" in str(caught.value)
    assert left_in(cache) == []


def test_the_real_pip_without_an_index(monkeypatch, cache, capfd):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DataError, match=r"ERROR: No matching distribution found for recbole==1\.2\.1"):
        movielens_archive("100k", "recbole")
    assert left_in(cache) == []
    assert capfd.readouterr() == ("", "")
