"""Run one job, such as a submission, in a process and a folder of its own, and collect its report."""

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from grading.sandbox import ENVIRONMENT, INSIDE, Isolation

PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE = 36, 4
POLL_SECONDS = 0.2
KEPT_OUTPUT = 4_000
MOST_STARTING, MOST_RUNNING = 16, 3  # some processes set the sandbox up; a submission may start none
LARGEST_REPORT = 16 * 2**20


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds of a processor, megabytes, characters of output a cell, processes.

    Where it waits instead of computing, or the machine is busy with something else, the same seconds times `patience`
    may pass on the clock.
    """

    cell: float = 20
    call: float = 10
    total: float = 60
    patience: float = 3
    memory: int = 2048
    file: int = 64
    folder: int = 256
    output: int = 200_000
    processes: int = 64


@dataclass
class Outcome:
    """What came back: the events of the report, what the process printed, how it ended and how long it took."""

    events: list[dict[str, Any]] = field(default_factory=list)
    printed: bytes = b""
    killed_for: str | None = None
    exit_code: int | None = None
    seconds: float = 0.0


def become_keeper() -> None:
    """Make this process adopt what its children leave behind, and unreadable to processes of the same user."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    libc.prctl(PR_SET_DUMPABLE, 0)


def run(job: dict[str, Any], limits: Limits, isolation: Isolation, slot: int = 0) -> Outcome:
    """Run `job`; :func:`become_keeper` was called in this process, which runs one job at a time."""
    job = job | {"limits": asdict(limits) | {"own_user": isolation.own_user}}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, tempfile.TemporaryFile("w+") as file:
        json.dump(job, file)
        file.seek(0)
        reading, writing = os.pipe()
        command = [sys.executable, "-E", "-s", "-B", str(INSIDE / "worker.py"), str(writing)]
        start = time.monotonic()
        try:
            process = subprocess.Popen(
                isolation.command(slot, folder, limits.folder, command),
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=ENVIRONMENT | {"HOME": "/home/member" if isolation.unshare else folder},
                pass_fds=[writing],
                start_new_session=True,
            )
        finally:
            os.close(writing)
        try:
            outcome = _Collector(process, reading, limits).collect(start + limits.total * limits.patience)
        finally:
            kill_descendants()
            os.close(reading)
    outcome.seconds = time.monotonic() - start
    return outcome


class _Collector:
    """Reads what a process prints and reports until it ends or breaks a limit."""

    def __init__(self, process: subprocess.Popen[bytes], reading: int, limits: Limits) -> None:
        assert process.stdout is not None
        self.process, self.limits, self.outcome = process, limits, Outcome()
        self.report, self.printed, self.next_look = bytearray(), 0, 0.0
        self.selector = selectors.DefaultSelector()
        self.selector.register(reading, selectors.EVENT_READ, self._take_report)
        self.selector.register(process.stdout.fileno(), selectors.EVENT_READ, self._take_output)

    def collect(self, deadline: float) -> Outcome:
        """Return when the report is complete or the process is to be ended."""
        while self.outcome.killed_for is None and not self._is_done():
            for key, _ in self.selector.select(POLL_SECONDS):
                data = os.read(key.fd, 2**16)
                key.data(data)
                if not data:
                    self.selector.unregister(key.fd)
            if not self.selector.get_map():
                break
            now = time.monotonic()
            if now >= self.next_look:
                self.next_look = now + POLL_SECONDS
                self._check(now > deadline)
        self.selector.close()
        self.outcome.events = _events(bytes(self.report))
        self.outcome.exit_code = None if self.outcome.killed_for or self._is_done() else self.process.wait(5)
        return self.outcome

    def _is_done(self) -> bool:
        return b'{"event": "done"' in self.report[-4096:] and self.report.endswith(b"\n")

    def _take_report(self, data: bytes) -> None:
        self.report += data
        if len(self.report) > LARGEST_REPORT:
            self.outcome.killed_for = "output limit"

    def _take_output(self, data: bytes) -> None:
        self.printed += len(data)
        self.outcome.printed = (self.outcome.printed + data)[:KEPT_OUTPUT]
        if self.printed > 50 * self.limits.output:
            self.outcome.killed_for = "output limit"

    def _check(self, is_late: bool) -> None:
        usage = [_usage(pid) for pid in descendants()]
        if is_late or sum(seconds for seconds, _ in usage) > self.limits.total:
            self.outcome.killed_for = "time limit"
        elif len(usage) > (MOST_RUNNING if self.report else MOST_STARTING):
            self.outcome.killed_for = "started processes"
        elif sum(megabytes for _, megabytes in usage) > self.limits.memory + 1024:
            self.outcome.killed_for = "memory limit"


def _events(report: bytes) -> list[dict[str, Any]]:
    """Parse the report; a line that is none of ours is dropped."""
    events = []
    for line in report.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            events.append(event)
    return events


def descendants() -> list[int]:
    """Return the processes that this one started, and what those started, as seen in /proc."""
    children: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        children.setdefault(parent, []).append(int(entry))
    found, waiting = [], [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def kill_descendants() -> None:
    """End every process below this one, also those that left their group, and wait for them."""
    for _ in range(100):
        alive = descendants()
        if not alive:
            return
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def _usage(pid: int) -> tuple[float, float]:
    """Return the seconds of a processor and the megabytes that a process has used."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            numbers = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    ticks, pages = int(numbers[11]) + int(numbers[12]), int(numbers[21])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20
