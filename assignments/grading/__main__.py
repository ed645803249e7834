"""``python -m grading``: build the assignments, format their masters, or grade a folder of submissions."""

import argparse
import sys
from pathlib import Path

from sidebyside.format import format_chapter
from sidebyside.site import ROOT
from sidebyside.source import FRAMEWORKS, ChapterError

from grading.build import build
from grading.master import FOLDER, master_paths, read_master


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="grading", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for action in ("build", "format"):
        names = actions.add_parser(action)
        names.add_argument("names", nargs="*", help="assignments such as 01_single_interest; all by default")
    arguments = parser.parse_args()
    work = {"build": _build, "format": _format}[arguments.action]
    try:
        for path in master_paths():
            if path.stem in (arguments.names or [path.stem]):
                work(path)
    except ChapterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _format(path: Path) -> None:
    format_chapter(path)
    format_chapter(FOLDER / "wrong" / path.name)


def _build(path: Path) -> None:
    for framework in FRAMEWORKS:
        print(build(read_master(path), framework, ROOT / "dist").relative_to(ROOT), flush=True)


if __name__ == "__main__":
    sys.exit(main())
