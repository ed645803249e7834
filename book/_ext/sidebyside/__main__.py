"""``python -m sidebyside``: make, check or format the chapters, or compute the data of the living figures."""

import argparse
import sys
from pathlib import Path

from sidebyside.format import format_chapter
from sidebyside.notebook import check_fresh, generate
from sidebyside.page import merge
from sidebyside.site import ROOT
from sidebyside.source import FRAMEWORKS, ChapterError, chapter_paths, read_chapter


def main() -> int:
    """Do what the command line asks, for the chapters it names, all by default."""
    parser = argparse.ArgumentParser(prog="sidebyside", description=__doc__)
    parser.add_argument("action", choices=["generate", "check", "format", "widgets"])
    parser.add_argument("chapters", nargs="*", help="names such as 01_single_interest; all by default")
    arguments = parser.parse_args()
    if arguments.action == "widgets":
        from sidebyside import widget_data

        widget_data.write_all()
        return 0
    try:
        for path in chapter_paths(ROOT):
            if path.stem in (arguments.chapters or [path.stem]):
                _run(arguments.action, path)
    except ChapterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(action: str, path: Path) -> None:
    if action == "format":
        format_chapter(path)
        return
    chapter = read_chapter(path)
    for framework in FRAMEWORKS:
        print(f"{action} {framework}/{chapter.name}", flush=True)
        _ = generate(chapter, framework) if action == "generate" else check_fresh(chapter, framework)
    merge(chapter)


if __name__ == "__main__":
    sys.exit(main())
