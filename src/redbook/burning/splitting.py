"""What is too long for one disc, split into the programs of several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from redbook.authoring.wishes import DEFAULTS, Loudness, Mode, SourceName, Wishes
from redbook.burning.known_lengths import known_lengths
from redbook.burning.planning import Request, look_for_space
from redbook.drive import Drive
from redbook.engine.plan import Space, lay_out
from redbook.errors import PlanError
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel

if TYPE_CHECKING:
    from redbook.authoring.parts import Part
    from redbook.authoring.program import Program
    from redbook.clock import Clock
    from redbook.sheets import SheetOptions

_ENDLESS = Space(1, 0, 1 << 40)


def split(
    sources: SourceName | Sequence[SourceName] | Program,
    drive: Drive,
    *,
    mode: Mode | str = Mode.AUTO,
    wishes: Wishes = DEFAULTS,
    sheet: SheetOptions | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> list[Program]:
    """Split what is too long for one disc into programs for several; `burn` takes each.

    Each disc is like the blank one in this drive. Tracks keep their order. Joined tracks stay together,
    unless they are longer than a disc; the notes of the program that begins in the middle of them say so.

    sources, mode, wishes, sheet  as for `plan`; give `burn` the same mode and wishes

    raises  AudioError, SheetError, DriveError, Cancelled
            PlanError  for a track that is longer than a disc, and for wishes that apply to one disc only
    """
    from redbook.authoring.parts import split as split_program
    from redbook.authoring.parts import tracks_of, with_own_sources
    from redbook.burning.composing import as_they_follow, compose

    if wishes.texts_file is not None:
        raise PlanError(
            "a CD-Text file belongs to one disc, and cannot be split: give titles in a sheet, or as tags"
        )
    if wishes.loudness is Loudness.ALBUM:
        raise PlanError("--loudness album is for a single disc: use --loudness track with --split")
    caller = Caller.of(on_event, cancel, clock)
    listed = [sources] if isinstance(sources, str | os.PathLike) else sources
    request = Request(listed, Mode(mode), wishes=wishes, sheet=sheet)
    composed = compose(listed, wishes, sheet, caller)
    chosen, space, _, _ = look_for_space(request, drive, caller)
    composed, tags, samples = known_lengths(composed, wishes, caller)
    meant = as_they_follow(composed, tags, wishes)

    def lead_out(program: Program) -> int:
        return _lead_out(program, samples, chosen, wishes.pad_short_tracks)

    parts = split_program(meant, samples, space.last_lead_out_lba, lead_out)
    # Pauses are put in when each is planned.
    joined = as_they_follow(composed, tags, replace(wishes, pause_seconds=None))
    return [
        with_own_sources(_noted(tracks_of(joined, part.first, part.end), part, joined, len(parts)))
        for part in parts
    ]


def _lead_out(program: Program, samples: Sequence[int], mode: Mode, pad_short_tracks: bool) -> int:
    from redbook.authoring.arrange import arrange
    from redbook.burning.composing import as_single_tracks

    if mode is Mode.SAO:
        return arrange(program, samples, pad_short_tracks=pad_short_tracks).layout.lead_out_lba
    alone, _ = as_single_tracks(program)
    layout = arrange(alone, samples, pad_short_tracks=True).layout
    return lay_out([track.sectors for track in layout.tracks], _ENDLESS).lead_out_lba


def _noted(program: Program, part: Part, whole: Program, parts: int) -> Program:
    """With the notes about it."""
    from redbook.authoring.program import Note

    remarks = []
    if part.cuts_a_join:
        remarks.append(
            f"tracks {part.first} and {part.first + 1} are joined, and the joined tracks together are longer "
            f"than a disc: the join is cut, and this disc begins with track {part.first + 1}"
        )
    if parts > 1 and not part.first and whole.mcn:
        remarks.append(
            f"the catalogue number {whole.mcn} belongs to a single disc, and is left out when several discs "
            "are burned"
        )
    if parts > 1 and not part.first and whole.packs:
        remarks.append("CD-Text made for a single disc is made again for each of the discs")
    return replace(program, notes=(*program.notes, *map(Note, remarks)))
