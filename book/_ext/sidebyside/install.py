"""The first code cell of a notebook: installs the book's package where it is missing, as on Colab."""

from string import Template

from sidebyside.site import config, page_url, repository_url

EXTRAS = {"pytorch": "torch", "paddle": "paddle"}
_CELL = Template("""\
# @title Install the book's package (does nothing where it is there already)
import importlib.metadata
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("tutorial_utils") is None:
    repository = "$repository"
    # What is here stays as it is: a framework is not asked for again, and NumPy only in the version it has.
    extra = "" if importlib.util.find_spec("$extra") else "[$extra]"
    wanted = [f"tutorial-utils{extra} @ {os.environ.get('TUTORIAL_UTILS_SOURCE', repository)}"]
    if importlib.util.find_spec("numpy"):
        wanted.append(f"numpy=={importlib.metadata.version('numpy')}")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *wanted], capture_output=True, text=True)
    importlib.invalidate_caches()
    if done.returncode:
        raise RuntimeError(
            f"The book's package could not be installed. Pip says:\\n{done.stderr.strip()[-1000:]}\\n\\n"
            "What to do: run this cell again, in case the network failed. Check that Python is 3.11 to 3.13; this is "
            f"{sys.version.split()[0]}. Other ways to run the book are at\\n"
            "$setup"
        )""")


def code(framework: str) -> str:
    """Return the cell of the notebook of one framework.

    It adds packages and changes none that is there. The environment variable ``TUTORIAL_UTILS_SOURCE`` replaces the
    repository by another address that pip takes, such as ``file:///path/to/the/repository``.
    """
    repository = f"git+{repository_url()}@{config()['repository']['branch']}"
    return _CELL.substitute(extra=EXTRAS[framework], repository=repository, setup=page_url("book/setup"))
