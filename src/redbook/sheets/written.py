"""What the writers of sheets share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from redbook.audio.source import Source
from redbook.authoring.program import Note
from redbook.disc.cd_text import PackType, Texts
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """A sheet as text, to be saved as UTF-8, and what it cannot say about the program."""

    text: str
    notes: tuple[Note, ...] = ()


def name_in(sheet: Path, source: Source) -> str:
    """A source's name in a sheet: from the sheet's folder on, or whole where it is elsewhere."""
    folder, path = sheet.parent.absolute(), source.path.absolute()
    return os.fspath(path.relative_to(folder) if path.is_relative_to(folder) else path)


def kinds_in(texts: Texts) -> Iterator[PackType]:
    """The kinds for which there is a text, in the order of their packs."""
    for kind in sorted(texts.by_type):
        if any(texts.by_type[kind].values()):
            yield kind


def who(track: int) -> str:
    return f"track {track}" if track else "the disc"
