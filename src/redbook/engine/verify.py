"""Reading a disc back and comparing it with what was sent.

The table of contents first, really from the disc: it is loaded again where the drive may only remember. Then
the disc's offset, once for the whole disc (disc_offset). Then every track at that offset (read_back). Where
a track differs, the samples are counted (locate). conclude puts it
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace

from redbook.disc import MOST_OFFSET_SECTORS, RUN_OUT_SECTORS, SECTOR_BYTES, Toc
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.engine.care import Care
from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.complete_tracks import CompleteTrack, complete_tracks_on, in_words
from redbook.engine.disc_offset import DiscOffset, Span, find_disc_offset
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackVerified
from redbook.engine.fingerprint import Fingerprint
from redbook.engine.inspect import Abilities, DiscContents, contents, identify
from redbook.engine.labels import read_labels
from redbook.engine.promises import Promises, compare_labels
from redbook.engine.read_audio import ReadHabits, read_audio
from redbook.engine.read_back import compare_track
from redbook.engine.reading_speed import ReadingSpeed, at_its_own_speed_again
from redbook.engine.reload import reload_to_read
from redbook.engine.same_disc import SameDisc
from redbook.engine.steps import Procedure
from redbook.engine.toc_check import read_and_check_toc
from redbook.engine.track_reading import TrackReading
from redbook.engine.verification import Check, Verdict
from redbook.engine.waiting import resending, until_ready
from redbook.errors import Cancelled, DriveError, NotReadWhole
from redbook.mmc.disc_info import DiscStatus, SessionStatus
from redbook.records import dataclass

READ_SPEED = 24.0
"""Fast enough for 74 minutes in about four, and far from where discs are said to burst or to read badly."""


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """What is compared, and how the disc is read back.

    closed       the session was closed by us: its table of contents must be there
    reload       load the disc again first, so that nothing comes from the drive's memory
    speed        of reading, as a multiple of 1x; MAX_SPEED for as fast as the drive can
    offset_hint  samples that this drive was found to read late before
    habits       how this drive wants to be asked; filled in
    also_there   numbers of tracks that were written and are not compared
    session      all that the disc is to hold beside its samples; None to ask for nothing of that
    audio_at_hand  whoever runs it has the audio that was sent, and answers `Compare`
    binding      whether a disc that holds other things beside its samples is another disc; else that is told
    """

    closed: bool = False
    reload: bool = False
    speed: float = READ_SPEED
    offset_hint: int | None = None
    habits: ReadHabits = field(default_factory=ReadHabits)
    also_there: tuple[int, ...] = ()
    session: SessionLayout | None = None
    binding: bool = True
    audio_at_hand: bool = False


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What reading back has shown, before the sources are asked where exactly a track differs.

    tracks    as they were compared
    readings  in the same order; none where there was nothing to compare
    data      numbers of the tracks on the disc that hold data, and were left out
    labels    the verdict on what the disc says about itself
    broken_off  the drive's error that ended the reading before all tracks were compared; empty if none did
    """

    layout_errors: tuple[str, ...]
    notes: tuple[str, ...]
    toc: Toc | None
    toc_check: Check
    tracks: tuple[LaidTrack, ...]
    readings: tuple[TrackReading, ...] = ()
    offset: DiscOffset = DiscOffset()
    care: Care | None = None
    data: tuple[int, ...] = ()
    labels: tuple[Check, ...] = ()
    broken_off: str = ""

    @property
    def not_reached(self) -> tuple[int, ...]:
        """Numbers of the tracks that should have been compared, but were not."""
        return tuple(track.number for track in self.tracks[len(self.readings) :])

    @property
    def differing(self) -> tuple[int, ...]:
        """Numbers of the tracks that are not what was sent."""
        return tuple(reading.span.number for reading in self.readings if not reading.same)

    @property
    def same(self) -> bool:
        return not self.layout_errors and not self.differing


def verify(
    tracks: Sequence[LaidTrack] | None, sent: Sequence[Fingerprint], asked: VerifyRequest | None = None
) -> Procedure[ReadBack]:
    """Read every sector of these tracks and compare it with what was sent.

    tracks  where they were written; None to take the disc's own audio tracks, in order
    sent    of each track, with what was sent before its index 1, padded to the shortest legal length; with
            the audio at hand their SHA-256 may be missing

    raises  DriveError  for what keeps the disc from being read, before anything was found to differ
    """
    asked = asked or VerifyRequest()
    speed = ReadingSpeed()
    disc = SameDisc()
    verifying = resending(_verify(tracks, sent, asked, speed, disc), lambda: False, changed=disc.doubt)
    return (yield from at_its_own_speed_again(verifying, speed))


def _verify(
    tracks: Sequence[LaidTrack] | None,
    sent: Sequence[Fingerprint],
    asked: VerifyRequest,
    speed: ReadingSpeed,
    same_disc: SameDisc,
) -> Procedure[ReadBack]:
    yield PhaseStarted(Phase.VERIFYING)
    not_reloaded = (yield from reload_to_read()) if asked.reload else ""
    yield from until_ready()
    abilities = yield from identify()
    speed.note(abilities.capabilities)
    disc = yield from contents()
    complete = yield from complete_tracks_on(disc)
    placed = tracks is not None
    data: tuple[int, ...] = ()
    if tracks is None:
        tracks, wrong = _disc_s_own(complete, sent)
        data = tuple(track.number for track in complete if not track.is_audio)
        if wrong:
            check = Check("table of contents", Verdict.DIFFERENT, wrong)
            return ReadBack((wrong,), (), disc.expected_toc(), check, tracks, data=data)
    result = yield from _check_toc(disc, complete, tracks, placed, asked, not_reloaded)
    result = replace(result, data=data)
    same_disc.is_this(disc, result.toc)
    if asked.session is not None and result.toc is not None:
        promises = yield from _labels(asked.session, disc, result.toc, abilities, asked.closed)
        if asked.binding:
            errors = (*result.layout_errors, *promises.wrong)
            result = replace(result, layout_errors=errors, labels=promises.checks)
        else:
            result = replace(result, labels=promises.as_remarks())
    if result.layout_errors and (not placed or disc.information.status is DiscStatus.BLANK):
        return result
    care = Care((), asked.habits, asked.speed, speed)
    care.audio_at_hand = asked.audio_at_hand
    care.accurate_stream = abilities.capabilities is None or abilities.capabilities.accurate_stream
    lead_out = result.toc.lead_out_lba if result.toc is not None else None
    care.spans = _spans(tracks, sent, complete, lead_out)
    yield from speed.ask_for(asked.speed)
    return (yield from _with_audio(result, care, asked.offset_hint, same_disc))


def _labels(
    meant: SessionLayout, disc: DiscContents, toc: Toc, abilities: Abilities, just_written: bool
) -> Procedure[Promises]:
    listed = {entry.number for entry in toc.tracks}
    tells_cd_text = abilities.capabilities is not None and abilities.capabilities.cd_text
    found = yield from read_labels([t for t in disc.tracks if t.number in listed], toc, tells_cd_text)
    return compare_labels(meant, found, just_written=just_written)


def _disc_s_own(
    complete: Sequence[CompleteTrack], sent: Sequence[Fingerprint]
) -> tuple[tuple[LaidTrack, ...], str]:
    """The disc's own audio tracks, in order; what is wrong with their number, in words."""
    audio = [track for track in complete if track.is_audio]
    tracks = tuple(
        LaidTrack(track.number, track.start_lba, one.sectors) for track, one in zip(audio, sent, strict=False)
    )
    if len(audio) == len(sent):
        return tracks, ""
    kind = "" if len(audio) == len(complete) else "audio "
    plural = "s" if len(audio) != 1 else ""
    return tracks, f"the disc has {len(audio)} {kind}track{plural}, {len(sent)} were expected"


def _with_audio(result: ReadBack, care: Care, hint: int | None, same_disc: SameDisc) -> Procedure[ReadBack]:
    """The tracks compared.  A drive error ends this; what differs is then already known.

    raises  DriveError  if nothing was found to differ before
    """
    offset, readings = DiscOffset(), list[TrackReading]()
    try:
        offset = yield from find_disc_offset(care.spans, care.habits, hint)
        yield from _compare(care, offset, readings, same_disc)
        if care.shows_jitter:
            yield Notice(
                "the drive reads inexactly: the disc is read again, each stretch together with the audio "
                "before it"
            )
            care.accurate_stream = False
            care.hopeless = 0
            yield from _compare(care, offset, readings, same_disc)
    except (DriveError, Cancelled) as error:
        found = replace(result, readings=tuple(readings), offset=offset, care=care)
        if found.same or isinstance(error, Cancelled):
            if readings or result.layout_errors:
                yield Notice(f"until then: {_so_far(found)}")
            raise
        return replace(found, broken_off=str(error))
    return replace(result, readings=tuple(readings), offset=offset, care=care)


def _so_far(found: ReadBack) -> str:
    """What was found before the reading was broken off, in words."""
    parts = [*found.layout_errors]
    same = [reading.span.number for reading in found.readings if reading.same]
    if same:
        parts.append(f"{in_words(same)} read back and identical")
    if found.differing:
        parts.append(f"{in_words(found.differing)} read back and different")
    return f"{'; '.join(parts)}; the rest of the audio was not compared"


def _compare(
    care: Care, offset: DiscOffset, readings: list[TrackReading], same_disc: SameDisc
) -> Procedure[None]:
    """Every track, or as many as it takes to see that the drive reads inexactly.

    readings  replaced, track by track, by what is found
    """
    readings.clear()
    for span in care.spans:
        try:
            reading = yield from compare_track(span, offset.samples, care)
        except DriveError:
            yield from same_disc.check()
            raise
        yield from same_disc.check()
        if care.shows_jitter:
            return
        if not reading.same and care.one_by_one:
            raise NotReadWhole(
                "the drive reads inexactly, and returns so few sectors per command that its errors in track "
                f"{span.number} cannot be told apart from errors on the disc: verify the disc on another "
                "drive"
            )
        if not reading.same:
            yield from _try_own_offset(reading, offset, care)
        yield TrackVerified(span.number, reading.same)
        readings.append(reading)


def _check_toc(
    disc: DiscContents,
    on_disc: Sequence[CompleteTrack],
    tracks: Sequence[LaidTrack],
    placed: bool,
    asked: VerifyRequest,
    not_reloaded: str,
) -> Procedure[ReadBack]:
    """The table of contents, as far as there must be one."""
    places = tuple(tracks)
    if disc.information.status is DiscStatus.BLANK:
        blank = (
            "the drive calls the disc in it blank: nothing was written to it, or it was swapped for another"
        )
        return ReadBack((blank,), (), None, Check("table of contents", Verdict.DIFFERENT, blank), places)
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
        lead_outs=_earlier_lead_outs(on_disc),
        lead_out_lba=asked.session.lead_out_lba if asked.session is not None and asked.binding else None,
        flags=asked.session is None or not asked.binding,
    )
    unreported = [track.number for track in on_disc if not track.reported]
    if unreported and not placed:
        note = (
            f"the drive gives no track information for {in_words(unreported)}: compared by the table of "
            "contents"
        )
        result = replace(result, notes=(*result.notes, note))
    verdict = Verdict.DIFFERENT if result.wrong else Verdict.SAME
    check = Check("table of contents", verdict, "; ".join(result.wrong or result.notes))
    return ReadBack(result.wrong, result.notes, result.toc, check, places)


def _earlier_lead_outs(complete: Sequence[CompleteTrack]) -> dict[int, int]:
    """By the number of the last track before each; the last one is for the table of contents to tell."""
    found = {track.number: track.end_lba for track in complete[:-1] if track.lead_out}
    return {number: end for number, end in found.items() if end is not None}


def _moved(disc: DiscContents, tracks: Sequence[LaidTrack]) -> list[str]:
    """For an open session, the drive's list of tracks is all there is."""
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
    tracks: Sequence[LaidTrack],
    sent: Sequence[Fingerprint],
    complete: Sequence[CompleteTrack],
    lead_out_lba: int | None,
) -> tuple[Span, ...]:
    """What may be read around each: never before LBA 0, never in a lead-out; drives hang there.

    lead_out_lba  the disc's last one; None if it cannot be read
    """
    on_disc = {found.number: found for found in complete}
    spans = []
    for place, (track, one) in enumerate(zip(tracks, sent, strict=True)):
        end = track.sent_lba + one.sectors
        most = end + MOST_OFFSET_SECTORS
        there = on_disc.get(track.number)
        if track is tracks[-1] and (there is None or there is complete[-1]):
            most = lead_out_lba if lead_out_lba is not None else end + RUN_OUT_SECTORS
        elif there is not None and there.end_lba is not None:
            most = there.end_lba
        high = min(end + MOST_OFFSET_SECTORS, max(end, most))
        begin = track.sent_lba
        low = max(0, begin - MOST_OFFSET_SECTORS) if begin >= 0 else begin
        spans.append(Span(track.number, begin, one, low, high, place))
    return tuple(_with_neighbours(spans))


def _with_neighbours(spans: Sequence[Span]) -> Iterator[Span]:
    for before, span, after in zip((None, *spans[:-1]), spans, (*spans[1:], None), strict=True):
        yield replace(
            span,
            before=before.sent.tail[-SECTOR_BYTES:] if before and before.end_lba == span.start_lba else b"",
            after=after.sent.head[:SECTOR_BYTES] if after and after.start_lba == span.end_lba else b"",
        )


def _try_own_offset(reading: TrackReading, offset: DiscOffset, care: Care) -> Procedure[None]:
    """Whether this track is whole, and is only shifted against the rest of the disc."""
    if reading.bad_sectors * 2 < reading.span.sectors:
        return
    own = yield from find_disc_offset([reading.span], care.habits, None)
    if own.known and own.samples != offset.samples:
        alone = yield from compare_track(reading.span, own.samples, care)
        if alone.same:
            reading.moved_by = own.samples - offset.samples


def read_track(
    start_lba: int, sectors: int, take: Callable[[bytes], None], habits: ReadHabits | None = None
) -> Procedure[None]:
    """Read a track's sectors and pass them on.  raises  SenseError where one cannot be read"""
    habits = habits or ReadHabits()
    done = 0
    while done < sectors:
        count = min(CHUNK_SECTORS, sectors - done)
        take((yield from read_audio(start_lba + done, count, habits)))
        done += count
