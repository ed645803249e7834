"""Run a submission: its cells, then its functions on the hidden inputs. Every word of its report is checked elsewhere.

The job comes on standard input and the report goes to the file descriptor named on the command line, a line of JSON
for each event. The report says what the functions returned, never how many points that is worth.
"""

import ast
import io
import json
import os
import re
import resource
import signal
import sys
import types
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


def main() -> None:
    """Do one job and end without running anything that the submission left behind."""
    job, channel, myself = json.load(sys.stdin), os.fdopen(int(sys.argv[1]), "w", encoding="utf-8"), os.getpid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def report(**event: Any) -> None:
        if os.getpid() != myself:
            os._exit(0)  # a copy of this process, made by the submission
        channel.write(json.dumps(event) + "\n")
        channel.flush()

    tensor = to_tensor(job["framework"])
    sys.modules["otter"] = types.SimpleNamespace(Notebook=Grader)  # type: ignore[assignment]
    output = LimitedOutput(job["limits"]["output"])
    sys.stdout = sys.stderr = output
    more_memory = _limit_memory(job["limits"]["memory"])
    _limit_files_and_processes(job["limits"])
    signal.signal(signal.SIGALRM, _out_of_time)
    watch(FLAGS, os.getcwd())
    known = checkers()
    report(event="started")
    env: dict[str, Any] = {"__name__": "__main__", "display": lambda *arguments, **options: None}
    shell = Shell(env)
    env["get_ipython"] = lambda: shell
    for number, source in enumerate(job["cells"], start=1):
        output.left = output.limit
        problem = _attempt(lambda source=source: _run_cell(source, env), job["limits"]["cell"], more_memory)
        if problem:
            report(event="cell", number=number, problem=problem, flags=sorted(FLAGS))
    if any(current is not known.get(key, current) for key, current in checkers().items()):
        FLAGS.add("patched the checker")
    if _tests_changed(job["tests"]):
        FLAGS.add("changed the tests")
    for question in job["questions"]:
        _answer_question(question, env, tensor, job["limits"]["call"], more_memory, report)
    report(event="done", flags=sorted(FLAGS))
    os._exit(0)


def _answer_question(question: Any, env: Any, tensor: Any, seconds: float, more_memory: Any, report: Any) -> None:
    names = definitions(question)
    for number, case in enumerate(question["cases"]):
        result: dict[str, Any] = {}

        def call(case: Any = case, result: dict[str, Any] = result) -> None:
            result["value"] = encode(answer(question, names, env, decode(case), tensor))

        problem = _attempt(call, seconds, more_memory)
        report(event="answer", question=question["name"], case=number, problem=problem, **result)


def _attempt(action: Any, seconds: float, more_memory: Any) -> str | None:
    """Do `action` within the limits and return what went wrong, in words."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        action()
        return None
    except BaseException as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        return _describe(error, more_memory)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _describe(error: BaseException, more_memory: Any) -> str:
    text = str(error)[:300]
    if isinstance(error, LimitReached):
        FLAGS.add(text)
    elif isinstance(error, MemoryError) or ("alloc" in text and "memory" in text.lower()):
        more_memory()
        FLAGS.add("memory limit")
    elif isinstance(error, SyntaxError):
        FLAGS.add("syntax error")
        text = f"{error.msg} (line {error.lineno})"
    elif isinstance(error, SystemExit | KeyboardInterrupt):
        FLAGS.add("called exit")
    elif isinstance(error, OSError) and error.errno in (27, 28):  # file too large, no space left
        FLAGS.add("file limit")
    elif isinstance(error, BlockingIOError):
        FLAGS.add("started processes")
    return f"{type(error).__name__}: {text}"


def _run_cell(source: str, env: dict[str, Any]) -> None:
    if MAGIC.search(source):
        from IPython.core.inputtransformer2 import TransformerManager

        source = TransformerManager().transform_cell(source)
    exec(compile(ast.parse(source), "<cell>", "exec"), env)


def _tests_changed(tests: dict[str, str]) -> bool:
    """Tell whether the public tests that the notebook wrote are not those handed out."""
    written = {name: f"tests/{name}.py" for name in tests if os.path.isfile(f"tests/{name}.py")}
    return any(open(path, errors="replace").read(2**20) != tests[name] for name, path in written.items())


def _out_of_time(number: int, frame: Any) -> None:
    raise LimitReached("time limit")


def _limit_memory(megabytes: int) -> Any:
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
