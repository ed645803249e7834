"""Build the command that shuts a submission in, with the namespaces that this machine offers."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

INSIDE = Path(__file__).parent / "inside"
SCRIPT = Path(__file__).with_name("sandbox.sh")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/sys/devices/system/cpu")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
NAMESPACES = ("--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts")
NO_RIGHTS = ("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
FIRST_USER = 61_000
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "MPLBACKEND": "Agg",
}


@dataclass(frozen=True)
class Isolation:
    """What keeps a submission from the rest of the machine.

    `name` stands in the results. `own_user` tells whether its processes can be counted apart from the leader's.
    """

    name: str
    unshare: tuple[str, ...]
    own_user: bool

    def command(self, slot: int, root: str, megabytes: int, command: list[str]) -> list[str]:
        """Return `command`, shut in. `slot` tells apart what runs at the same time."""
        if not self.unshare:
            return command
        user = str(FIRST_USER + slot) if os.getuid() == 0 else "0"
        drop = [f"--reuid={user}", f"--regid={user}", "--clear-groups"] if os.getuid() == 0 else []
        script = ["/bin/sh", str(SCRIPT), root, str(megabytes), user, *visible_paths(), "--"]
        return [*self.unshare, *script, "setpriv", *drop, *NO_RIGHTS, *command]


NOTHING = Isolation("process only", (), own_user=False)
AS_ROOT = Isolation("namespaces", ("unshare", *NAMESPACES), own_user=True)
AS_USER = Isolation("namespaces", ("unshare", "--user", "--map-root-user", *NAMESPACES), own_user=True)


@cache
def detect() -> Isolation:
    """Return the strongest isolation that works here, found by trying it."""
    wanted = AS_ROOT if os.getuid() == 0 else AS_USER
    with tempfile.TemporaryDirectory() as root:
        try:
            command = wanted.command(0, root, 16, [sys.executable, "-c", "import numpy, tutorial_utils"])
            subprocess.run(command, check=True, capture_output=True, timeout=60, env=ENVIRONMENT)
        except (OSError, subprocess.SubprocessError):
            return NOTHING
    return wanted


@cache
def visible_paths() -> tuple[str, ...]:
    """Return what a submission may read: the system's programs, Python, the package and :mod:`grading.inside`."""
    package = find_spec("tutorial_utils")
    assert package is not None
    assert package.submodule_search_locations
    wanted = [*SYSTEM, *DEVICES, sys.base_prefix, sys.prefix, *package.submodule_search_locations, str(INSIDE)]
    paths: list[str] = []
    for path in filter(os.path.exists, wanted):
        if not any(path == held or path.startswith(held + "/") for held in paths):
            paths.append(path)
    return tuple(paths)


def problem() -> str | None:
    """Say why nothing can be graded here, if that is so."""
    if not sys.platform.startswith("linux"):
        return "grading needs Linux: run `make grade` in a container, for example with Docker"
    return None if shutil.which("sh") else "grading needs a shell"
