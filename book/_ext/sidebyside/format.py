"""Format the code cells of a chapter source with ruff."""

import re
import subprocess
import sys
from pathlib import Path

CODE_CELL = re.compile(r"^(```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*)(.*?)(^```$)", re.MULTILINE | re.DOTALL)


def format_chapter(path: Path) -> None:
    """Rewrite the code cells of the chapter at `path` the way ruff writes them; leave everything else as it is."""
    text = path.read_text(encoding="utf-8")
    path.write_text(CODE_CELL.sub(lambda cell: cell[1] + _formatted(cell[2]) + cell[3], text), encoding="utf-8")


def _formatted(code: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "cell.py", "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout
