"""Is the table of contents on the disc, and is it the intended one?

Players find the tracks by it and by nothing else: a disc whose table of contents cannot be read plays
nowhere, however well its audio reads. What the drive says before the disc has been reloaded may come from
its memory of what it wrote; only a disc that was loaded again is really read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from redbook.disc import PREGAP_SECTORS, RUN_OUT_SECTORS, TAO_GAP_SECTORS, Toc
from redbook.disc.layout import LaidTrack
from redbook.engine.events import Notice
from redbook.engine.reload import reload_to_read
from redbook.engine.steps import Procedure
from redbook.engine.waiting import until_ready
from redbook.errors import InvalidReply, SenseError
from redbook.mmc.disc_info import ReadToc
from redbook.records import dataclass

AUDIBLE_CONTROL_BITS = 0b1101  # pre-emphasis, data, four channels; "copy permitted" changes no sound
_LATE_LEAD_OUT_SECTORS = 150
"""A lead-out may come later than it must: Yamaha leaves some more sectors of run-out. Up to two seconds more
of silence are reported, but are not a fault; more would be something that nobody sent."""


_GAPS = (0, PREGAP_SECTORS)
"""What is between two tracks of a disc that was written in one go by another program."""


@dataclass(frozen=True, slots=True)
class TocReading:
    """What READ TOC returned.  problem: why there is no table of contents, in words"""

    toc: Toc | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TocResult:
    """The result of a comparison.

    wrong  in words; a table of contents that cannot be read is wrong, too
    notes  what a person should know, although nothing is wrong
    """

    toc: Toc | None
    wrong: tuple[str, ...]
    notes: tuple[str, ...]


def read_and_check_toc(
    tracks: Sequence[LaidTrack],
    *,
    placed: bool,
    reloaded: bool = False,
    not_reloaded: str = "",
    also_there: Sequence[int] = (),
    just_closed: bool = False,
    lead_outs: Mapping[int, int] | None = None,
    lead_out_lba: int | None = None,
    flags: bool = True,
) -> Procedure[TocResult]:
    """Compare the disc's table of contents; if it is wrong, once more after the disc was loaded again.

    placed        the tracks are where they were written; otherwise where the disc has them
    reloaded      the disc was loaded again just now
    not_reloaded  why it cannot be
    also_there    numbers of other tracks that were written
    just_closed   the drive may remember what it has just written
    lead_outs     of earlier sessions, by the number of the last track before each
    lead_out_lba  where the disc's own lead-out must be, if that is known to the sector
    flags         compare those of the tracks; False if they are compared with the session's promises
    """
    while True:
        reading = yield from _read_toc()
        if reading.toc is None:
            wrong, notes = [_no_toc(reading.problem)], list[str]()
        else:
            wrong, notes = compare_toc(
                reading.toc, tracks, placed, also_there, lead_outs or {}, lead_out_lba, flags
            )
        if not wrong or reloaded or not_reloaded:
            break
        seen = (
            wrong[0]
            if reading.toc
            else f"the drive does not report a table of contents yet ({reading.problem})"
        )
        yield Notice(f"{seen}; the disc is reloaded, because drives may remember an older table")
        not_reloaded = yield from reload_to_read()
        yield from until_ready()
        reloaded = True
    if not wrong and just_closed and not reloaded:
        not_reloaded = not_reloaded or "the disc was not loaded again"
    if not_reloaded and not wrong:
        notes.append(
            "the table of contents was compared as the drive reports it, not read anew from the disc: "
            f"{not_reloaded}"
        )
    return TocResult(reading.toc, tuple(wrong), tuple(notes))


def _no_toc(problem: str) -> str:
    return (
        f"the table of contents cannot be read from the disc ({problem}): no player will play it; "
        "the session may not have been closed as the drive said; try another disc, at a lower speed"
    )


def _read_toc() -> Procedure[TocReading]:
    """The table of contents, or why it cannot be read."""
    try:
        toc: Toc = yield ReadToc()
    except (SenseError, InvalidReply) as error:
        return TocReading(None, str(error))
    if not toc.tracks:
        return TocReading(None, "it has no track")
    if toc.lead_out_lba <= toc.tracks[-1].start_lba:
        return TocReading(None, "it has no lead-out")
    return TocReading(toc)


def compare_toc(
    toc: Toc,
    tracks: Sequence[LaidTrack],
    placed: bool,
    also_there: Sequence[int] = (),
    lead_outs: Mapping[int, int] = MappingProxyType({}),
    lead_out_lba: int | None = None,
    flags: bool = True,
) -> tuple[list[str], list[str]]:
    """What is wrong with it, and what is only worth a note, in words.

    A track's room reaches to the next start: its sectors and the gap; the last has only the run-out.

    placed      the tracks are where they were written, so the gaps are known; some drives leave their own
    also_there  numbers of other tracks that were written
    lead_outs   of earlier sessions, by the number of the last track before each
    lead_out_lba  where the disc's own lead-out must be; None for after the last track, as drives do it
    flags         compare those of the tracks
    """
    wrong: list[str] = []
    notes: list[str] = []
    starts = {track.number: track.start_lba for track in tracks} if placed else {}
    listed = {entry.number: entry for entry in toc.tracks}
    ends = {**lead_outs, toc.tracks[-1].number: toc.lead_out_lba}
    if placed and tracks:
        more = [n for n in listed if n > tracks[-1].number and n not in also_there]
        wrong += [f"the table of contents lists track {number}, which was not written" for number in more]
    for track in tracks:
        entry = listed.get(track.number)
        if entry is None:
            wrong.append(f"track {track.number} is not in the table of contents")
            continue
        if entry.start_lba != track.start_lba:
            wrong.append(
                f"track {track.number} starts at sector {entry.start_lba} instead of {track.start_lba}"
            )
            continue
        if flags and (entry.control ^ track.control) & AUDIBLE_CONTROL_BITS:
            meant = f"control {track.control}" if track.control else "plain stereo audio"
            wrong.append(
                f"track {track.number} is marked as something other than {meant} (control {entry.control})"
            )
        following = next((t for t in toc.tracks if t.number == track.number + 1), None)
        if track.number == toc.tracks[-1].number and lead_out_lba is not None:
            if toc.lead_out_lba != lead_out_lba:
                wrong.append(f"the lead-out is at sector {toc.lead_out_lba} instead of {lead_out_lba}")
            continue
        if track.number in ends:
            _check_end(track, ends[track.number] - track.start_lba, wrong, notes)
            continue
        room = toc.sectors(track.number)
        next_start = starts.get(track.number + 1)
        if next_start is not None and following is not None and following.start_lba != next_start:
            continue  # told of the next track
        allowed: tuple[int, ...] = (TAO_GAP_SECTORS,)
        if next_start is not None:
            allowed = (next_start - track.end_lba,)
        elif not placed:
            allowed = _gaps_behind(track, tracks, ends)
        gap = allowed[-1]
        if room - track.sectors not in allowed:
            wrong.append(
                f"track {track.number} has {room - gap} sectors on the disc instead of {track.sectors}"
            )
    return wrong, notes


def _gaps_behind(track: LaidTrack, tracks: Sequence[LaidTrack], ends: Mapping[int, int]) -> tuple[int, ...]:
    """What may be after a track that someone else may have written.

    Track-at-once leaves a run-out before the lead-out, as after each track; a session written in one go has
    none.
    """
    last = min((number for number in ends if number >= track.number), default=None)
    closing = next((one for one in tracks if one.number == last), None)
    if last is None or closing is None:  # data come last
        return (*_GAPS, TAO_GAP_SECTORS)
    return _GAPS if ends[last] == closing.end_lba else (TAO_GAP_SECTORS,)


def _check_end(track: LaidTrack, room: int, wrong: list[str], notes: list[str]) -> None:
    late = room - track.sectors - RUN_OUT_SECTORS
    if late > _LATE_LEAD_OUT_SECTORS or (late < 0 and late != -RUN_OUT_SECTORS):  # some write no run-out
        wrong.append(
            f"track {track.number} has {room - RUN_OUT_SECTORS} sectors on the disc "
            f"instead of {track.sectors}"
        )
    elif late > 0:
        notes.append(
            f"the lead-out comes {late} sector{'s' if late > 1 else ''} late: the drive added silence after "
            "the last track"
        )
