"""``python -m grading``: build the assignments, format their masters, or grade a folder of submissions."""

import argparse
import os
import sys
from pathlib import Path

from sidebyside.format import format_chapter
from sidebyside.site import ROOT
from sidebyside.source import FRAMEWORKS, ChapterError

from grading import report, sandbox
from grading.build import build
from grading.folder import Settings, grade_folder, read_seed, read_specs
from grading.master import FOLDER, master_paths, read_master
from grading.run import Limits
from grading.score import GradingError

DIST = ROOT / "dist"


def main() -> int:
    """Do what the command line says."""
    arguments = _parser().parse_args()
    try:
        arguments.work(arguments)
    except (ChapterError, GradingError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="grading", description=__doc__)
    actions = parser.add_subparsers(required=True)
    for name, work in (("build", _build), ("format", _format)):
        action = actions.add_parser(name)
        action.add_argument("names", nargs="*", help="assignments such as 01_single_interest; all by default")
        action.set_defaults(work=work)
    action = actions.add_parser("grade")
    action.add_argument("submissions", type=Path, help="a folder of notebooks named by member")
    action.add_argument("--out", type=Path, help="default: the folder's name with -graded")
    action.add_argument("--assignment", help="accept this one only, also where a notebook does not name it")
    action.add_argument("--seed-file", type=Path, help="default: seed.txt in the output folder, drawn if it is missing")
    action.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    action.add_argument("--cell-seconds", type=float, default=Limits.cell)
    action.add_argument("--total-seconds", type=float, default=Limits.total)
    action.set_defaults(work=_grade)
    return parser


def _chosen(arguments: argparse.Namespace) -> list[Path]:
    return [path for path in master_paths() if path.stem in (arguments.names or [path.stem])]


def _format(arguments: argparse.Namespace) -> None:
    for path in _chosen(arguments):
        format_chapter(path)
        format_chapter(FOLDER / "wrong" / path.name)


def _build(arguments: argparse.Namespace) -> None:
    for path in _chosen(arguments):
        for framework in FRAMEWORKS:
            print(build(read_master(path), framework, DIST).relative_to(ROOT), flush=True)


def _grade(arguments: argparse.Namespace) -> None:
    problem = sandbox.problem()
    if problem or not arguments.submissions.is_dir():
        raise GradingError(problem or f"{arguments.submissions} is not a folder")
    folder = arguments.submissions.resolve()
    out = arguments.out or folder.with_name(f"{folder.name}-graded")
    seed = read_seed(arguments.seed_file or out / "seed.txt")
    limits = Limits(cell=arguments.cell_seconds, total=arguments.total_seconds)
    settings = Settings(DIST, out, seed, limits, sandbox.detect(), arguments.workers, arguments.assignment)
    results = grade_folder(folder, settings)
    report.write(out, results, read_specs(DIST))
    print(f"{len(results)} submissions, isolation: {settings.isolation.name}. Read {out / 'summary.md'}")


if __name__ == "__main__":
    sys.exit(main())
