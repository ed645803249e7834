from importlib.util import find_spec

import pytest

if not all(map(find_spec, ("otter", "myst_nb"))):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def dist(tmp_path_factory):
    """All assignments, built."""
    from grading.build import build
    from grading.master import master_paths, read_master

    folder = tmp_path_factory.mktemp("dist")
    for path in master_paths():
        for framework in ("pytorch", "paddle"):
            build(read_master(path), framework, folder)
    return folder
