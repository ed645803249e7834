"""Stop what a submission has no business doing, and remember that it tried.

An audit hook sees what Python code does and cannot be taken away again. Native code does not pass through it: against
that stand the namespaces of :mod:`grading.sandbox`, where they exist.
"""

import builtins
import os
import sys
from typing import Any

STARTS = "fork forkpty posix_spawn exec system"
EDITS = "remove rename rmdir mkdir truncate chmod chown link symlink"
PROCESSES = {"subprocess.Popen", "pty.spawn", *(f"os.{name}" for name in STARTS.split())}
NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"}
CHANGES = {"shutil.rmtree", *(f"os.{name}" for name in EDITS.split())}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHECKERS = {
    "numpy": ["allclose", "array_equal", "isclose"],
    "numpy.testing": ["assert_allclose", "assert_array_equal", "assert_equal"],
    "torch": ["allclose", "equal", "isclose"],
    "paddle": ["allclose", "equal_all", "isclose"],
    "tutorial_utils.parity": ["assert_parity", "to_numpy"],
    "tutorial_utils.exercises": ["check"],
    "otter": ["Notebook"],
    "answers": ["encode", "decode", "difference"],
    "calls": ["answer", "definitions"],
    "builtins": sorted(vars(builtins)),
}


def watch(flags: set[str], folder: str) -> None:
    """Refuse, from now on, to start processes, to use the network and to change files outside `folder`."""
    os_module, permission_error, add = (
        os,
        PermissionError,
        flags.add,
    )  # bound here: what a submission rebinds, is not asked
    processes, network, changes = frozenset(PROCESSES), frozenset(NETWORK), frozenset(CHANGES)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in processes:
            add("started processes")
            raise permission_error("a submission must not start processes")
        if event in network:
            add("used the network")
            raise permission_error("a submission must not use the network")
        if event in changes or (event == "open" and _writes(arguments)):
            for path in arguments[:2] if event != "open" else arguments[:1]:
                if _is_outside(os_module, path, folder):
                    add("touched files")
                    raise permission_error("a submission must not change files outside its folder")

    sys.addaudithook(hook)


def checkers() -> dict[tuple[str, str], Any]:
    """Return the functions that a submission might replace to look better, as they are now."""
    return {
        (module, name): getattr(sys.modules[module], name)
        for module, names in CHECKERS.items()
        if module in sys.modules
        for name in names
        if hasattr(sys.modules[module], name) and name != "_"
    }


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & WRITING)


def _is_outside(os_module: Any, path: Any, folder: str) -> bool:
    if not isinstance(path, str | bytes | os_module.PathLike):
        return False
    full = os_module.path.realpath(os_module.fsdecode(path))
    return full != "/dev/null" and full != folder and not full.startswith(folder + "/")
