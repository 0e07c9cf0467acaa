"""An editable sheet of whatever can be burned: the project file of a disc."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING

from redbook.authoring.wishes import DEFAULTS, SourceName, Wishes
from redbook.disc import SAMPLE_RATE_HZ
from redbook.engine.events import Phase, PhaseStarted
from redbook.errors import NoRoom, PlanError, printable
from redbook.runner.caller import Caller, Listener
from redbook.runner.runner import Cancel

if TYPE_CHECKING:
    from redbook.audio.format import Tags
    from redbook.authoring.program import Program
    from redbook.burning.composing import Composition
    from redbook.sheets import SheetOptions

KINDS = (".cue", ".toc")


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What was written.  notes: how the sources were read, and what the sheet cannot say, in words"""

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
    replace  whether a file that is there may be replaced

    raises  AudioError, SheetError  a source is unusable
            PlanError               it breaks a rule, or the sheet is there already
            NoRoom                  it cannot be stored
            Cancelled
    """
    from redbook.burning.composing import compose, settle
    from redbook.sheets import write_cue, write_toc

    target = Path(path)
    shown = printable(str(path))
    if target.suffix.lower() not in KINDS:
        raise PlanError(f"{shown}: a sheet's name ends with .cue or .toc; which of both is it to be?")
    if target.exists() and not replace:
        raise PlanError(f"{shown} is there already; give it another name, or replace it (--force)")
    caller = Caller.of(on_event, cancel, None)
    names = [sources] if isinstance(sources, str | os.PathLike) else sources
    composed = compose(names, wishes, sheet)
    composed, tags, samples = _known(composed, wishes, caller)
    settled = settle(composed, tags, wishes, packed=False)
    write = write_cue if target.suffix.lower() == ".cue" else write_toc
    written = write(settled.program, samples, target)
    _store(target, written.text)
    notes = (*settled.notes, *(str(note) for note in written.notes))
    return SheetReport(target, len(settled.program.tracks), notes)


def _known(
    composed: Composition, wishes: Wishes, caller: Caller
) -> tuple[Composition, list[Tags], list[int]]:
    """Tags and lengths: as the files state them, where they do so exactly, else from reading them, as they
    will be read for a disc; with a source that is read in more than one way once for each."""
    from redbook.audio.glimpse import glimpse
    from redbook.audio.sectors import Spool, prepare
    from redbook.authoring.chains import find_chains
    from redbook.burning.composing import foresee

    seen = [glimpse(source) for source in composed.program.sources]
    known = [one for one in seen if one is not None and one.samples is not None]
    exact = [one for one in known if one.format.rate_hz == SAMPLE_RATE_HZ]
    if len(exact) == len(seen):
        return composed, [one.tags for one in exact], [one.samples or 0 for one in exact]
    chains = find_chains(foresee(composed, wishes, seen.__getitem__), seen.__getitem__)
    program = chains.onto(composed.program)

    def work(emit: Listener) -> tuple[list[Tags], list[int]]:
        emit(PhaseStarted(Phase.READING))
        read = prepare(
            program.sources, Spool(keep=False), sums=False, cancel=caller.cancel.asked, chains=chains.rows
        )
        return [one.tags for one in read], [one.samples for one in read]

    return replaced(composed, program=program), *caller.work(work)


def _store(target: Path, text: str) -> None:
    """All of it, or nothing.  raises  NoRoom"""
    try:
        fd, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        temporary = Path(name)
        try:
            with os.fdopen(fd, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NoRoom(f"{printable(str(target))} cannot be written: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
