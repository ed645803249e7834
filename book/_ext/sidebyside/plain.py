"""Rewrite the MyST of a chapter as the plain Markdown that Jupyter and Colab render."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sidebyside import quiz, widgets
from sidebyside.site import ROOT, page_url

FENCE = re.compile(r"^(?P<marks>:{3,}|`{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")
ROLE = re.compile(r"\{(?P<name>[\w:-]+)\}`(?P<text>[^`]+)`")
TARGET = re.compile(r"^\((?P<label>[\w:-]+)\)=$")
TITLED = re.compile(r"^(?P<title>.+?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
QUOTED = {"note", "tip", "hint", "warning", "important", "caution", "seealso", "admonition", "exercise"}
FOLDED = {"dropdown", "solution"}


def markdown(text: str) -> str:
    """Return `text` without MyST: admonitions as quotations, folded parts as ``<details>``, roles as links or words.

    Raises
    ------
    ValueError
        If `text` holds a directive or role that this module does not know, or a fence that is not closed.
    """
    return "\n".join(_blocks(text.split("\n"))).strip()


def _blocks(lines: list[str]) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        code = re.match(r"^(`{3,})", lines[at])
        if fence:
            end = _closing(lines, at, fence["marks"])
            out += _directive(fence["name"], fence["title"], lines[at + 1 : end])
        elif code:
            end = _closing(lines, at, code[1])
            out += lines[at : end + 1]
        else:
            end = at
            out += [] if TARGET.match(lines[at]) else [_roles(lines[at])]
        at = end + 1
    return out


def _closing(lines: list[str], start: int, marks: str) -> int:
    for at in range(start + 1, len(lines)):
        if re.fullmatch(rf"{re.escape(marks[0])}{{{len(marks)},}}\s*", lines[at]):
            return at
    raise ValueError(f"the fence {lines[start]!r} is not closed")


def _directive(name: str, title: str, body: list[str]) -> list[str]:
    options: dict[str, str] = {}
    while body and (option := OPTION.match(body[0])):
        options[option["key"]] = option["value"]
        body = body[1:]
    body = "\n".join(body).strip("\n").split("\n")
    if name == "math":
        tag = [rf"\tag{{{options['label']}}}"] if "label" in options else []
        return ["$$", *body, *tag, "$$"]
    if name == "div":
        return _blocks(body)
    if name == "widget":
        return _directive("admonition", "On the page", [*body, "", widgets.link(title)])
    if name == "quiz":
        return _blocks(quiz.markdown(quiz.read(body)))
    if name in FOLDED or ("dropdown" in options.get("class", "") and name in QUOTED):
        return [
            "<details>",
            f"<summary>{_roles(title) or name.capitalize()}</summary>",
            "",
            *_blocks(body),
            "",
            "</details>",
        ]
    if name in QUOTED:
        heading = _heading(name, title)
        return [f"> {line}".rstrip() for line in [heading, "", *_blocks(body)]]
    raise ValueError(f"directive {{{name}}} has no plain Markdown counterpart")


def _heading(name: str, title: str) -> str:
    label = {"seealso": "See also", "admonition": ""}.get(name, name.capitalize())
    return f"**{': '.join(part for part in (label, _roles(title)) if part)}**"


def _roles(line: str) -> str:
    return ROLE.sub(_role, line)


def _role(match: re.Match[str]) -> str:
    writer = ROLES.get(match["name"])
    if writer is None:
        raise ValueError(f"role {{{match['name']}}} has no plain Markdown counterpart")
    titled = TITLED.match(match["text"])
    title, target = (titled["title"], titled["target"]) if titled else ("", match["text"])
    return writer(title, target)


def _document(title: str, target: str) -> str:
    name = Path(target).name
    if "chapters/" in target:
        return f"[{title or _chapter_title(name)}]({name}.ipynb)"
    return f"[{title or name}]({page_url(target)})"


def _chapter_title(name: str) -> str:
    for path in (ROOT / "book" / "chapters").glob(f"{name}.myst"):
        heading = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        return heading[1] if heading else name
    raise ValueError(f"there is no chapter {name!r}")


def _citation(title: str, target: str) -> str:
    return "; ".join(_one_citation(key.strip()) for key in target.split(","))


def _one_citation(key: str) -> str:
    entry = _bibliography().get(key)
    if entry is None:
        raise ValueError(f"book/references.bib has no entry {key!r}")
    names = [" ".join(person.prelast_names + person.last_names) for person in entry.persons["author"]]
    who = names[0] if len(names) == 1 else " and ".join(names) if len(names) == 2 else f"{names[0]} et al."
    return f"[{who}, {entry.fields['year']}]({page_url('book/references')})"


@cache
def _bibliography() -> dict:
    from pybtex.database import parse_file

    return dict(parse_file(str(ROOT / "book" / "references.bib")).entries)


ROLES: dict[str, Callable[[str, str], str]] = {
    "doc": _document,
    "cite:p": _citation,
    "cite:t": _citation,
    "term": lambda title, target: title or target,
    "math": lambda title, target: f"${target}$",
    "eq": lambda title, target: f"({target})",
    "ref": lambda title, target: title or target,
    "py:func": lambda title, target: f"`{(title or target).lstrip('~')}`",
    "py:class": lambda title, target: f"`{(title or target).lstrip('~')}`",
    "py:mod": lambda title, target: f"`{(title or target).lstrip('~')}`",
}
