"""Docstrings as the site shows them.

In the code a docstring lists parameters, fields and errors in columns:

    folder   a new one, an empty one
    raises   PlanError  the folder is not fit

Markdown would make one paragraph of it; here each becomes an item of a list.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Docstring, Extension, Object

_ENTRY = re.compile(r"(?P<names>[\w.*]+(?:, [\w.*]+)*)(?:\s{2,}(?P<text>\S.*))?$")
_LOOSE = re.compile(r"(?P<names>[\w.*]+) (?P<text>\S.*)$")
"""In a list whose longest name leaves one space only."""


def as_markdown(text: str) -> str:
    """The same with its columns as lists; everything else as it is."""
    paragraphs = re.split(r"\n\s*\n", text.strip("\n"))
    return "\n\n".join(_paragraph(paragraph) for paragraph in paragraphs)


def _paragraph(paragraph: str) -> str:
    lines = paragraph.split("\n")
    first = _ENTRY.match(lines[0])
    if first is None or not any(_says_something(line) for line in lines):
        return paragraph
    items: list[str] = []
    raising = False
    for line in lines:
        entry = None if line.startswith(" ") else _ENTRY.match(line) or _LOOSE.match(line)
        if entry is not None:
            raising = entry["names"] == "raises" and entry["text"] is not None
            items.append(_raised(entry["text"]) if raising else _item(entry["names"], entry["text"]))
        elif not line.startswith(" "):
            return paragraph
        elif raising and (error := _ENTRY.match(line.strip())) and error["names"][0].isupper():
            items.append(_raised(line.strip()))
        else:
            items[-1] += f" {line.strip()}"
    return "\n".join(items)


def _says_something(line: str) -> bool:
    """Whether a line shows that its paragraph is a list: two columns, or several names above their text."""
    found = _ENTRY.match(line)
    return found is not None and (found["text"] is not None or "," in found["names"])


def _item(names: str, text: str | None) -> str:
    marked = ", ".join(f"`{name}`" for name in names.split(", "))
    return f"- {marked}: {text}" if text else f"- {marked}"


def _raised(text: str) -> str:
    """One error with what it means, or several without a word."""
    error = _ENTRY.match(text)
    return f"- raises {_item(error['names'], error['text'])[2:]}" if error else f"- raises {text}"


class Columns(Extension):
    """Rewrites every docstring once the whole package is loaded."""

    def on_package(self, *, pkg: Any, **options: Any) -> None:
        self._rewrite(pkg, set())

    def _rewrite(self, thing: Object, seen: set[int]) -> None:
        if id(thing) in seen:
            return
        seen.add(id(thing))
        if isinstance(thing.docstring, Docstring):
            thing.docstring.value = as_markdown(thing.docstring.value)
        for member in thing.members.values():
            if not member.is_alias:
                self._rewrite(member, seen)  # type: ignore[arg-type]
