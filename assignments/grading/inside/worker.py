"""Run a submission: its cells, then its functions on the hidden inputs. Every word of its report is checked elsewhere.

The job comes on standard input and the report goes to the file descriptor named on the command line, a line of JSON
for each event. The report says what the functions returned, never how many points that is worth.
"""

import ast
import errno
import io
import json
import os
import re
import resource
import signal
import sys
import types
from collections.abc import Callable
from functools import partial
from importlib.machinery import ModuleSpec
from typing import Any

from answers import decode, encode
from calls import answer, definitions, to_tensor
from guard import checkers, watch

MAGIC = re.compile(r"^\s*[%!]|=\s*[%!]\w", re.MULTILINE)
FLAGS: set[str] = set()


class LimitReached(BaseException):
    """Ends a cell; not an Exception, so that ``except Exception`` lets it pass."""


class LimitedOutput(io.TextIOBase):
    """What a submission prints, up to a number of characters for each cell."""

    def __init__(self, limit: int) -> None:
        self.limit, self.left = limit, limit

    def write(self, text: str) -> int:
        """Pass `text` on, or end the cell."""
        self.left -= len(text)
        if self.left < 0:
            raise LimitReached("output limit")
        return os.write(1, text.encode("utf-8", "replace"))


class Shell:
    """Stands in for IPython: a magic does nothing, but the code under ``%%time`` and the like is run."""

    def __init__(self, env: dict[str, Any]) -> None:
        self.env = env

    def run_cell_magic(self, name: str, line: str, body: str) -> None:
        """Run the body of a magic that runs its body."""
        if name in ("time", "timeit", "capture"):
            exec(compile(body, f"<%%{name}>", "exec"), self.env)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **options: None


class Grader:
    """Stands in for ``otter.Notebook``: the public tests help a member and earn nothing."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        pass

    def __setattr__(self, name: str, value: Any) -> None:
        FLAGS.add("patched the checker")

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **options: None


class Report:
    """Writes events, from this process only: a copy of it, made by the submission, ends here."""

    def __init__(self, descriptor: int) -> None:
        self.channel, self.process = os.fdopen(descriptor, "w", encoding="utf-8"), os.getpid()

    def __call__(self, event: str, **details: Any) -> None:
        if os.getpid() != self.process:
            os._exit(0)
        self.channel.write(json.dumps({"event": event, **details}) + "\n")
        self.channel.flush()


class Limiter:
    """Does things within the limits of a job, and says in words what went wrong."""

    def __init__(self, limits: dict[str, Any]) -> None:
        self.output = LimitedOutput(limits["output"])
        self.more_memory = _limit_memory(limits["memory"])
        _limit_files_and_processes(limits)
        self.patience = limits["patience"]
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, _out_of_time)

    def attempt(self, action: Callable[[], None], seconds: float) -> str | None:
        """Do `action`; return what stopped it, or None."""
        self.output.left = self.output.limit
        self._set_timers(seconds)
        try:
            action()
            return None
        except BaseException as error:
            self._set_timers(0)
            if _flag(error) == "memory limit":
                self.more_memory()
            return f"{type(error).__name__}: {_message(error)}"
        finally:
            self._set_timers(0)

    def _set_timers(self, seconds: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds * self.patience)


def main() -> None:
    """Do one job and end without running anything that the submission left behind."""
    job, report = json.load(sys.stdin), Report(int(sys.argv[1]))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    tensor = to_tensor(job["framework"])
    _stand_in_for_otter()
    limiter = Limiter(job["limits"])
    sys.stdout = sys.stderr = limiter.output
    watch(FLAGS, os.getcwd())
    report("started")
    env = _run_cells(job, limiter, report)
    for question in job["questions"]:
        _answer(question, env, tensor, job["limits"]["call"], limiter, report)
    report("done", flags=sorted(FLAGS))
    os._exit(0)


def _stand_in_for_otter() -> None:
    module: Any = types.ModuleType("otter")
    module.__spec__, module.Notebook = ModuleSpec("otter", None), Grader
    sys.modules["otter"] = module


def _run_cells(job: dict[str, Any], limiter: Limiter, report: Report) -> dict[str, Any]:
    """Run the cells, each also where one before it stopped, and return the names that they leave."""
    env: dict[str, Any] = {"__name__": "__main__", "display": lambda *arguments, **options: None}
    shell = Shell(env)
    env["get_ipython"] = lambda: shell
    known = checkers()
    for number, source in enumerate(job["cells"], start=1):
        problem = limiter.attempt(partial(_run_cell, source, env), job["limits"]["cell"])
        if problem:
            report("cell", number=number, problem=problem, flags=sorted(FLAGS))
    if any(current is not known.get(key, current) for key, current in checkers().items()):
        FLAGS.add("patched the checker")
    if _tests_changed(job["tests"]):
        FLAGS.add("changed the tests")
    return env


def _answer(question: Any, env: Any, tensor: Any, seconds: float, limiter: Limiter, report: Report) -> None:
    names = definitions(question)
    for number, case in enumerate(question["cases"]):
        texts: list[str] = []

        def call(case: Any = case, texts: list[str] = texts) -> None:
            texts.append(json.dumps(encode(answer(question, names, env, decode(case), tensor))))

        problem = limiter.attempt(call, seconds)
        report("answer", question=question["name"], case=number, problem=problem, value="".join(texts))


def _flag(error: BaseException) -> str | None:
    """Remember which limit or ban an error comes from, if any."""
    flag = None
    if isinstance(error, LimitReached):
        flag = str(error)
    elif isinstance(error, MemoryError) or ("alloc" in str(error) and "memory" in str(error).lower()):
        flag = "memory limit"
    elif isinstance(error, SyntaxError):
        flag = "syntax error"
    elif isinstance(error, SystemExit | KeyboardInterrupt):
        flag = "called exit"
    elif isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOSPC):
        flag = "file limit"
    elif isinstance(error, BlockingIOError):
        flag = "started processes"
    FLAGS.update([flag] if flag else [])
    return flag


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg} (line {error.lineno})"
    return str(error)[:300]


def _run_cell(source: str, env: dict[str, Any]) -> None:
    if MAGIC.search(source):
        from IPython.core.inputtransformer2 import TransformerManager

        source = TransformerManager().transform_cell(source)
    exec(compile(ast.parse(source), "<cell>", "exec"), env)


def _tests_changed(tests: dict[str, str]) -> bool:
    """Tell whether the public tests that the notebook wrote are not those handed out."""
    written = {name: f"public_tests/{name}.py" for name in tests if os.path.isfile(f"public_tests/{name}.py")}
    return any(open(path, errors="replace").read(2**20) != tests[name] for name, path in written.items())


def _out_of_time(number: int, frame: Any) -> None:
    raise LimitReached("time limit")


def _limit_memory(megabytes: int) -> Callable[[], None]:
    """Limit the memory from here on; return what gives a little more, to report with."""
    with open("/proc/self/statm") as numbers:
        used = int(numbers.read().split()[0]) * resource.getpagesize()
    soft, spare = used + megabytes * 2**20, 256 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (soft, soft + spare))
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (soft + spare, soft + spare))


def _limit_files_and_processes(limits: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file"] * 2**20,) * 2)
    if limits["own_user"]:  # else the limit would count what else the leader runs
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"],) * 2)


if __name__ == "__main__":
    main()
