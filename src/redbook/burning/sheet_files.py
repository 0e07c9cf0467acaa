"""An editable sheet of whatever can be burned: the project file of a disc."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from redbook.authoring.wishes import DEFAULTS, Loudness, SourceName, Wishes
from redbook.burning.known_lengths import known_lengths
from redbook.errors import NoRoom, PlanError, printable
from redbook.files import replace_file
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel

if TYPE_CHECKING:
    from redbook.authoring.program import Program
    from redbook.sheets import SheetOptions

KINDS = (".cue", ".toc")


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What was written.  notes: how the sources were read, and what the sheet cannot express, in words"""

    path: Path
    tracks: int
    notes: tuple[str, ...]


def write_sheet(
    sources: SourceName | Sequence[SourceName] | Program,
    path: SourceName,
    *,
    wishes: Wishes = DEFAULTS,
    sheet: SheetOptions | None = None,
    replace: bool = False,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> SheetReport:
    """Write a cue sheet or a TOC file of files, a playlist, a folder, another sheet, or a program.

    path     its name says which: .cue or .toc
    wishes   as for `plan`: joins, pauses, texts and codes are in the sheet
    replace  whether an existing file may be replaced

    raises  AudioError, SheetError  a source is unusable
            PlanError               it breaks a rule, or the sheet already exists
            NoRoom                  it cannot be stored
            Cancelled
    """
    from redbook.burning.composing import compose, settle
    from redbook.sheets import write_cue, write_toc

    if wishes.loudness is not Loudness.OFF:
        raise PlanError("a sheet cannot say how loud tracks should be; ask for that when you burn it")
    target = Path(path)
    shown = printable(str(path))
    if target.suffix.lower() not in KINDS:
        raise PlanError(f"{shown}: a sheet's name ends with .cue or .toc; which one should it be?")
    if target.exists() and not replace:
        raise PlanError(f"{shown} already exists; choose another name, or replace it (--force)")
    caller = Caller.of(on_event, cancel, None)
    names = [sources] if isinstance(sources, str | os.PathLike) else sources
    composed = compose(names, wishes, sheet, caller)
    composed, tags, samples = known_lengths(composed, wishes, caller)
    settled = settle(composed, tags, wishes, packed=False)
    write = write_cue if target.suffix.lower() == ".cue" else write_toc
    written = write(settled.program, samples, target)
    _store(target, written.text)
    notes = (*settled.notes, *(str(note) for note in written.notes))
    return SheetReport(target, len(settled.program.tracks), notes)


def _store(target: Path, text: str) -> None:
    """All of it, or nothing.  raises  NoRoom"""
    try:
        replace_file(target, text.encode())
    except OSError as error:
        raise NoRoom(f"{printable(str(target))} cannot be written: {error.strerror}") from error
