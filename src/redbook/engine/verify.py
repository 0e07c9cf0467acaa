"""Reading a disc back and comparing it with what was sent.

The table of contents first, really from the disc: it is loaded again where the drive may only remember. Then
the disc's offset, once for the whole disc (disc_offset). Then every track at that offset (read_back). Where
a track differs, its source is decoded once more and the samples are counted (locate). conclude puts it
together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from redbook.disc import MOST_OFFSET_SECTORS, RUN_OUT_SECTORS, Toc
from redbook.disc.layout import LaidTrack
from redbook.engine.care import Care
from redbook.engine.disc_offset import DiscOffset, Span, find_disc_offset
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackVerified
from redbook.engine.fingerprint import Fingerprint
from redbook.engine.inspect import Abilities, DiscContents, contents, identify
from redbook.engine.read_audio import ReadHabits, read_audio
from redbook.engine.read_back import compare_track
from redbook.engine.reload import reload_to_read
from redbook.engine.ring import CHUNK_SECTORS
from redbook.engine.speed import MAX_SPEED
from redbook.engine.steps import Procedure
from redbook.engine.toc_check import read_and_check_toc
from redbook.engine.track_reading import TrackReading
from redbook.engine.verification import Check, Verdict
from redbook.engine.waiting import resending, until_ready
from redbook.mmc.control import MAXIMUM_SPEED
from redbook.mmc.disc_info import SessionStatus

READ_SPEED = 24.0
"""Fast enough for 74 minutes in about four, and far from where discs are said to burst or to read badly."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to read back.

    closed       the session was closed by us: its table of contents must be there
    reload       load the disc again first, so that nothing is the drive's memory
    speed        of reading, as a multiple of 1x; MAX_SPEED for as fast as the drive can
    offset_hint  samples that this drive was found to read late before
    habits       how this drive wants to be asked; filled in
    also_there   numbers of tracks that were written and are not compared
    """

    closed: bool = False
    reload: bool = False
    speed: float = READ_SPEED
    offset_hint: int | None = None
    habits: ReadHabits = field(default_factory=ReadHabits)
    also_there: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What reading back has shown, before the sources are asked where exactly a track differs.

    tracks    as they were compared
    readings  in the same order; none where there was nothing to compare
    """

    layout_errors: tuple[str, ...]
    notes: tuple[str, ...]
    toc: Toc | None
    toc_check: Check
    tracks: tuple[LaidTrack, ...]
    readings: tuple[TrackReading, ...] = ()
    offset: DiscOffset = DiscOffset()
    care: Care | None = None

    @property
    def differing(self) -> tuple[int, ...]:
        """Numbers of the tracks that are not what was sent."""
        return tuple(reading.span.number for reading in self.readings if not reading.same)

    @property
    def same(self) -> bool:
        return not self.layout_errors and not self.differing


def verify(
    tracks: Sequence[LaidTrack] | None, sent: Sequence[Fingerprint], asked: Asked | None = None
) -> Procedure[ReadBack]:
    """Read every sector of these tracks and compare it with what was sent.

    tracks  where they were written; None to take the disc's own tracks, in order
    sent    of each track, padded to the shortest legal length

    raises  DriveError  what keeps the disc from being read at all
    """
    return (yield from resending(_verify(tracks, sent, asked or Asked()), lambda: False))


def _verify(
    tracks: Sequence[LaidTrack] | None, sent: Sequence[Fingerprint], asked: Asked
) -> Procedure[ReadBack]:
    yield PhaseStarted(Phase.VERIFYING)
    not_reloaded = (yield from reload_to_read()) if asked.reload else ""
    yield from until_ready()
    abilities = yield from identify()
    disc = yield from contents()
    placed = tracks is not None
    if tracks is None:
        found = {track.number: track for track in disc.tracks}
        wrong = _wrong_count(len(found), len(sent))
        tracks = tuple(
            LaidTrack(number, found[number].start_lba, one.sectors)
            for number, one in zip(sorted(found), sent, strict=False)
        )
        if wrong:
            check = Check("table of contents", Verdict.DIFFERENT, wrong)
            return ReadBack((wrong,), (), disc.expected_toc(), check, tracks)
    result = yield from _check_toc(disc, tracks, placed, asked, not_reloaded)
    if result.layout_errors and not placed:
        return result
    care = Care((), asked.habits, asked.speed, _writing_speed(abilities))
    care.accurate_stream = abilities.capabilities is None or abilities.capabilities.accurate_stream
    lead_out = result.toc.lead_out_lba if result.toc is not None else None
    care.spans = _spans(tracks, sent, lead_out)
    yield from care.at_speed(asked.speed)
    offset = yield from find_disc_offset(care.spans, asked.habits, asked.offset_hint)
    readings = yield from _compare(care, offset)
    if care.shows_jitter:
        yield Notice(
            "the drive reads inexactly: the disc is read once more, each stretch together with what lies "
            "before it"
        )
        care.accurate_stream = False
        care.hopeless = 0
        readings = yield from _compare(care, offset)
    yield from care.at_speed(MAX_SPEED)
    return ReadBack(
        result.layout_errors,
        result.notes,
        result.toc,
        result.toc_check,
        result.tracks,
        tuple(readings),
        offset,
        care,
    )


def _compare(care: Care, offset: DiscOffset) -> Procedure[list[TrackReading]]:
    """Every track, or as many as it takes to see that the drive reads inexactly."""
    readings: list[TrackReading] = []
    for span in care.spans:
        reading = yield from compare_track(span, offset.samples, care)
        if care.shows_jitter:
            break
        if not reading.same:
            yield from _try_own_offset(reading, offset, care)
        yield TrackVerified(span.number, reading.same)
        readings.append(reading)
    return readings


def _writing_speed(abilities: Abilities) -> int:
    """What SET CD SPEED has to say of writing so that it stays as it is."""
    known = abilities.capabilities.write_kb if abilities.capabilities else 0
    return known or MAXIMUM_SPEED


def _wrong_count(found: int, wanted: int) -> str:
    if found == wanted:
        return ""
    return f"the disc has {found} track{'s' if found != 1 else ''}, {wanted} were expected"


def _check_toc(
    disc: DiscContents,
    tracks: Sequence[LaidTrack],
    placed: bool,
    asked: Asked,
    not_reloaded: str,
) -> Procedure[ReadBack]:
    """The table of contents, as far as there must be one."""
    places = tuple(tracks)
    opened = disc.information.last_session_status is SessionStatus.INCOMPLETE
    if opened and not asked.closed:
        wrong = _moved(disc, tracks)
        text = "the session is open, so there is none yet"
        check = Check("table of contents", Verdict.DIFFERENT if wrong else Verdict.NOT_COMPARED, text)
        return ReadBack(tuple(wrong), (), disc.expected_toc(), check, places)
    result = yield from read_and_check_toc(
        tracks,
        placed=placed,
        reloaded=asked.reload and not not_reloaded,
        not_reloaded=not_reloaded,
        also_there=asked.also_there,
        just_closed=asked.closed,
    )
    verdict = Verdict.DIFFERENT if result.wrong else Verdict.SAME
    check = Check("table of contents", verdict, "; ".join(result.wrong or result.notes))
    return ReadBack(result.wrong, result.notes, result.toc, check, places)


def _moved(disc: DiscContents, tracks: Sequence[LaidTrack]) -> list[str]:
    """Of an open session the drive's list of tracks is all that there is."""
    found = {track.number: track.start_lba for track in disc.tracks}
    wrong = []
    for track in tracks:
        if track.number not in found:
            wrong.append(f"track {track.number} is not on the disc")
        elif found[track.number] != track.start_lba:
            wrong.append(
                f"track {track.number} starts at sector {found[track.number]} instead of {track.start_lba}"
            )
    return wrong


def _spans(
    tracks: Sequence[LaidTrack], sent: Sequence[Fingerprint], lead_out_lba: int | None
) -> tuple[Span, ...]:
    """What may be read around each: never before LBA 0, never in the lead-out; drives hang there."""
    spans = []
    for track, one in zip(tracks, sent, strict=True):
        end = track.start_lba + one.sectors
        high = end + MOST_OFFSET_SECTORS
        if track is tracks[-1]:
            high = min(high, max(end, lead_out_lba) if lead_out_lba is not None else end + RUN_OUT_SECTORS)
        low = max(0, track.start_lba - MOST_OFFSET_SECTORS) if track.start_lba >= 0 else track.start_lba
        spans.append(Span(track.number, track.start_lba, one, low, high))
    return tuple(spans)


def _try_own_offset(reading: TrackReading, offset: DiscOffset, care: Care) -> Procedure[None]:
    """Whether this track is whole, and only lies beside the rest of the disc."""
    if reading.bad_sectors * 2 < reading.span.sectors:
        return
    own = yield from find_disc_offset([reading.span], care.habits, None)
    if own.told and own.samples != offset.samples:
        alone = yield from compare_track(reading.span, own.samples, care)
        if alone.same:
            reading.moved_by = own.samples - offset.samples


def read_track(
    start_lba: int, sectors: int, take: Callable[[bytes], None], habits: ReadHabits | None = None
) -> Procedure[None]:
    """Read a track's sectors and hand them on.  raises  SenseError where one cannot be read"""
    habits = habits or ReadHabits()
    done = 0
    while done < sectors:
        count = min(CHUNK_SECTORS, sectors - done)
        take((yield from read_audio(start_lba + done, count, habits)))
        done += count
