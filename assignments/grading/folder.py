"""Grade a folder of submissions over the cores; what was graded before is kept."""

import hashlib
import json
import multiprocessing
import os
import secrets
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from grading.run import Limits, become_keeper, run
from grading.sandbox import Isolation
from grading.score import Prepared, draw, grade, with_expected
from grading.submission import Submission, Unreadable, find, read

_slot = 0


@dataclass(frozen=True)
class Settings:
    """How a folder is graded. `assignment` names the only one that is accepted; without it the notebooks say it."""

    dist: Path
    out: Path
    seed: str
    limits: Limits
    isolation: Isolation
    workers: int
    assignment: str | None = None


def read_seed(path: Path) -> str:
    """Return the leader's secret seed; where there is none, draw one that nobody else can read."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(16) + "\n")
    return path.read_text(encoding="utf-8").strip()


def read_specs(dist: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what grading needs to know about every built assignment, by name and framework."""
    specs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(dist.glob("*/autograder/grading.json"))]
    return {(spec["name"], spec["framework"]): spec for spec in specs}


def grade_folder(folder: Path, settings: Settings, progress: bool = True) -> list[dict[str, Any]]:
    """Grade everything in `folder` and return the results by member.

    Each result is stored as soon as it is there. What is stored already for the same notebook, assignment, seed and
    limits is not graded again.
    """
    specs = read_specs(settings.dist)
    results, waiting = {}, {}
    for member, path in find(folder).items():
        done = _ready(member, path, specs, settings)
        if isinstance(done, dict):
            results[member] = _store(done, settings)
        else:
            waiting[member] = done
    with tqdm(total=len(results) + len(waiting), initial=len(results), disable=not progress, unit="notebook") as bar:
        for result in _grade_all(waiting, specs, settings):
            results[result["member"]] = _store(result, settings)
            bar.update()
    return [results[member] for member in sorted(results)]


@dataclass(frozen=True)
class _Task:
    """A submission that is to be run."""

    member: str
    submission: Submission
    assignment: tuple[str, str]
    key: str


def _ready(member: str, path: Path, specs: dict[tuple[str, str], Any], settings: Settings) -> dict[str, Any] | _Task:
    """Return the result of a submission that need not be run, or the task to run it."""
    try:
        submission = read(path)
        assignment = _assignment(submission, specs, settings.assignment)
    except Unreadable as problem:
        return {"member": member, "assignment": "", "framework": "", "questions": {}, "cells": [], "seconds": 0.0} | {
            "status": [problem.args[0]],
            "note": problem.args[1],
        }
    key = _key(submission, specs[assignment], settings)
    stored = _stored_path(member, settings)
    if stored.exists() and (result := json.loads(stored.read_text(encoding="utf-8"))).get("key") == key:
        return result
    return _Task(member, submission, assignment, key)


def _assignment(submission: Submission, specs: dict[tuple[str, str], Any], wanted: str | None) -> tuple[str, str]:
    found = (submission.assignment or wanted or "", submission.framework or "")
    if found not in specs:
        raise Unreadable("other assignment", f"it says {found[0]!r} with {found[1]!r}, which was not built here")
    if wanted and found[0] != wanted:
        raise Unreadable("other assignment", f"it belongs to {found[0]}, not to {wanted}")
    return found


def _key(submission: Submission, spec: dict[str, Any], settings: Settings) -> str:
    """What a result depends on, in short."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.rglob("*.py"))]
    parts = [asdict(submission), spec, settings.seed, asdict(settings.limits), settings.isolation.name, sources]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _grade_all(waiting: dict[str, _Task], specs: Any, settings: Settings) -> Iterator[dict[str, Any]]:
    if not waiting:
        return
    context = multiprocessing.get_context("spawn")
    slots = context.Value("i", 0)
    with ProcessPoolExecutor(settings.workers, context, _start_worker, (slots,)) as pool:
        prepared = dict(pool.map(_prepare, *zip(*_needed(waiting, specs, settings), strict=True)))
        futures: list[Future[dict[str, Any]]] = [
            pool.submit(_grade_one, task, prepared[task.assignment], settings) for task in waiting.values()
        ]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _needed(waiting: dict[str, _Task], specs: Any, settings: Settings) -> list[tuple[Any, Any, Settings]]:
    names = sorted({task.assignment for task in waiting.values()})
    return [(name, specs[name], settings) for name in names]


def _start_worker(slots: Any) -> None:
    global _slot
    become_keeper()
    with slots.get_lock():
        _slot = slots.value
        slots.value += 1


def _prepare(name: tuple[str, str], spec: dict[str, Any], settings: Settings) -> tuple[tuple[str, str], Prepared]:
    prepared = draw(spec, settings.seed)
    outcome = run(prepared.job(tuple(spec["solution"])), settings.limits, settings.isolation, _slot)
    return name, with_expected(prepared, outcome)


def _grade_one(task: _Task, prepared: Prepared, settings: Settings) -> dict[str, Any]:
    name, framework = task.assignment
    result: dict[str, Any] = {"member": task.member, "assignment": name, "framework": framework, "note": ""}
    try:
        outcome = run(prepared.job(task.submission.cells), settings.limits, settings.isolation, _slot)
        graded = grade(prepared, task.submission.cells, outcome)
    except Exception as error:  # one submission must not end the grading of the others
        empty: dict[str, Any] = {"questions": {}, "status": ["grading failed"], "cells": [], "seconds": 0.0}
        return result | empty | {"note": f"{type(error).__name__}: {error}"}
    open_questions = [question["name"] for question in prepared.spec["questions"] if question.get("manual")]
    open_answers = dict(zip(open_questions, task.submission.open_answers, strict=False))
    return result | graded | {"key": task.key, "open": open_answers, "isolation": settings.isolation.name}


def _stored_path(member: str, settings: Settings) -> Path:
    return settings.out / "results" / f"{member}.json"


def _store(result: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Write a result whole or not at all."""
    path = _stored_path(result["member"], settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(result, file, indent=1)
    os.replace(file.name, path)
    return result
