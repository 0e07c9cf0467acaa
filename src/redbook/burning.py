"""The Python face: burn, plan, verify, blank, look at a disc. Each a few lines over the engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

from redbook import checking
from redbook.checking import HowToRead
from redbook.clock import Clock
from redbook.disc import Toc, TocTrack
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.drive import Drive
from redbook.engine import burn as burning_disc
from redbook.engine import erase, inspect, session
from redbook.engine import verify as verifying
from redbook.engine.caller import Caller, Listener
from redbook.engine.erase import Erasable
from redbook.engine.events import Notice, Phase, PhaseStarted, SourceRead
from redbook.engine.extents import audio_extents
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.labels import Told, read_labels
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.places import Place, in_words, places_on
from redbook.engine.plan import Space, lay_out
from redbook.engine.prepare import check_recordable, check_writer, room_on
from redbook.engine.runner import Cancel
from redbook.engine.spoilt import spoilt_in_words
from redbook.engine.steps import Procedure, R
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.verification import Verification
from redbook.engine.waiting import resending
from redbook.errors import (
    AudioError,
    BurnFailed,
    Cancelled,
    DriveError,
    MediumUnsuitable,
    SenseError,
    VerificationFailed,
)
from redbook.fitting import lay_out_named
from redbook.linux.inhibit import awake
from redbook.mmc.disc_info import DiscInformation, DiscStatus
from redbook.mmc.write import BlankType

if TYPE_CHECKING:
    from redbook.audio.sectors import PreparedTrack, Spool
    from redbook.audio.source import Expansion

SourceName: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class TrackReport:
    """One track of a plan or a burn.

    sectors       sent to the disc, padding included
    start_lba     where it starts
    sha256, accuraterip_v1, accuraterip_v2   of these sectors, in hexadecimal
    """

    number: int
    sectors: int
    start_lba: int
    source: str
    sha256: str
    accuraterip_v1: str
    accuraterip_v2: str
    prepared: PreparedTrack


@dataclass(slots=True)
class Plan:
    """What a burn of these sources to this disc will be; nothing was written.

    Made by `plan`; `burn` takes it in place of the sources and refuses if they have changed since.
    """

    tracks: list[TrackReport]
    layout: SessionLayout
    space: Space
    drive: Abilities
    disc: DiscContents
    notes: list[str]
    sources: list[SourceName]
    dither_seed: int
    spool: Spool | None = field(default=None, repr=False)

    @property
    def free_sectors_after(self) -> int:
        """What stays free on the disc."""
        return self.space.last_lead_out_lba - self.layout.lead_out_lba

    def close(self) -> None:
        """Give back the room that the decoded audio takes, if it was kept."""
        if self.spool is not None:
            self.spool.close()
            self.spool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class BurnReport:
    """What was burned.

    verified      True: read back and the same; False: not read back (verify=False, or a test write)
    toc           the disc's table of contents as it was read back; as it was meant where it was not read
                  back, or the session was left open; None if it cannot be read
    verification  the verdict on each promise
    offset_samples  by how many stereo samples the drive reads this disc late (negative: early), which were
                  taken off; None if that was not told
    finalized     whether the session was closed
    test_write    whether the laser was off
    speed         multiple of 1x that the drive chose; None if it does not say
    measured_speed  the true one, as sectors over time without those that filled the drive's buffer;
                  None if that took no time, or too little to measure

    host_buffer_lowest, drive_buffer_lowest, longest_gap_seconds, underruns
                  how well the drive was supplied with data: `redbook.engine.meter.Supply`
    """

    verified: bool
    tracks: list[TrackReport]
    toc: Toc | None
    finalized: bool
    test_write: bool
    speed: float | None
    measured_speed: float | None
    verification: Verification | None
    offset_samples: int | None
    host_buffer_lowest: float
    drive_buffer_lowest: float | None
    longest_gap_seconds: float | None
    underruns: int


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a disc was compared with and what came out.  same: everything is as it should be."""

    same: bool
    tracks: list[TrackReport]
    verification: Verification


@dataclass(frozen=True, slots=True)
class DiscInfo:
    """A drive and the disc in it.

    labels  what the closed sessions say: CD-Text, MCN, ISRC, pregaps, indexes; empty where not asked for
    offset_samples  that this drive was found to read its own discs late (negative: early); None while unknown
    """

    drive: Abilities
    disc: DiscContents
    labels: Told = Told()
    offset_samples: int | None = None


def disc_info(
    drive: Drive,
    *,
    labels: bool = True,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> DiscInfo:
    """What the drive is and what is on its disc.

    labels  read CD-Text, MCN, ISRC, pregaps and indexes, too; a real drive takes some seconds for that

    raises  DriveError, Cancelled
    """
    return _disc_info(drive, labels, Caller.of(on_event, cancel, clock))


def _disc_info(drive: Drive, labels: bool, caller: Caller) -> DiscInfo:
    abilities, disc = caller.run(drive, inspect.inspect())
    _, known = checking.known_drive(drive, caller)
    if not labels or disc.toc is None:
        return DiscInfo(abilities, disc, offset_samples=known.offset_samples)
    closed = {track.number for track in disc.toc.tracks}
    labelled = [track for track in disc.tracks if track.number in closed]
    tells_cd_text = abilities.capabilities is not None and abilities.capabilities.cd_text
    told = _read(drive, read_labels(labelled, disc.toc, tells_cd_text), caller)
    return DiscInfo(abilities, disc, told, known.offset_samples)


def _read(drive: Drive, reading: Procedure[R], caller: Caller) -> R:
    """Of a drive that may have no time for a command at first.  raises  what the procedure raises"""
    return caller.run(drive, resending(reading, lambda: False))


def read_checksums(
    drive: Drive,
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> dict[int, tuple[str, str, str]]:
    """Read every audio track of a disc: SHA-256, AccurateRip v1 and v2 in hexadecimal, by track number.

    SHA-256 is of the track's own sectors. AccurateRip's sums reach to the next track's start, the gap
    included, or to the lead-out of the track's session, as every ripper counts; a gap that cannot be read
    is taken for silence. Data tracks are left out.

    raises  DriveError, Cancelled
    """
    from redbook.audio.checksum import TrackChecksums

    caller = Caller.of(on_event, cancel, clock)
    tracks = _read(drive, audio_extents(_disc_info(drive, False, caller).disc), caller)
    sums = {}
    for track in tracks:
        checksums = TrackChecksums(first=track.first, last=track.last)
        _read(drive, verifying.read_track(track.start_lba, track.own_sectors, checksums.update), caller)
        gap_sectors = track.sectors - track.own_sectors
        try:
            gap_lba = track.start_lba + track.own_sectors
            _read(drive, verifying.read_track(gap_lba, gap_sectors, checksums.update_gap), caller)
        except SenseError:  # of run-out and link blocks many drives make nothing
            checksums.fill_gap(gap_sectors)
        sums[track.number] = (checksums.sha256, checksums.accuraterip_v1, checksums.accuraterip_v2)
    return sums


def plan(
    sources: Sequence[SourceName],
    drive: Drive,
    *,
    append: bool = False,
    dither_seed: int = 0,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
    keep_audio: bool = False,
) -> Plan:
    """Read every source to its end and lay the tracks out on the disc in this drive.

    sources      sound files, folders, playlists; "raw:PATH" for 44.1 kHz 16-bit stereo PCM
    append       add to a disc that has tracks already
    keep_audio   keep the decoded audio for `burn`; close the plan when done

    raises  AudioError, PlanError, DriveError, Cancelled; nothing was written
    """
    return _plan(sources, drive, append, dither_seed, keep_audio, Caller.of(on_event, cancel, clock))


def _plan(
    sources: Sequence[SourceName],
    drive: Drive,
    append: bool,
    dither_seed: int,
    keep_audio: bool,
    caller: Caller,
) -> Plan:
    from redbook.audio.sectors import Spool, stated_sectors
    from redbook.audio.source import expand

    expansion = expand(sources)
    abilities, disc = caller.run(drive, inspect.inspect())
    check_writer(abilities)
    check_recordable(abilities, disc.information, append, disc.spoilt)
    space = room_on(abilities, disc)
    drive.announce(0)  # a disc that cannot be stored at all is known before hours of decoding
    spool = Spool(keep=keep_audio)

    try:
        lay_out([0] * len(expansion.sources), space)  # the number of tracks, before hours of decoding
        names = [source.name for source in expansion.sources]
        stated = caller.work(lambda emit: stated_sectors(expansion.sources, caller.cancel.asked))
        lay_out_named(names, stated, space, stated=True)
        prepared = _read_sources(expansion, spool, space.first_track, dither_seed, caller)
        layout = lay_out_named(names, [track.sectors for track in prepared], space)
    except BaseException:
        spool.close()
        raise
    return Plan(
        _reports(prepared, layout.tracks),
        layout,
        space,
        abilities,
        disc,
        expansion.notes,
        list(sources),
        dither_seed,
        spool if keep_audio else None,
    )


def _read_sources(
    expansion: Expansion,
    spool: Spool,
    first_track: int,
    seed: int,
    caller: Caller,
) -> list[PreparedTrack]:
    """Every source to its end, and the events that go with it.  raises  what `prepare` raises"""
    from redbook.audio.sectors import prepare

    def work(emit: Listener) -> list[PreparedTrack]:
        emit(PhaseStarted(Phase.READING))
        for note in expansion.notes:
            emit(Notice(note))
        return prepare(
            expansion.sources,
            spool,
            first_track=first_track,
            seed=seed,
            cancel=caller.cancel.asked,
            on_read=lambda n, s: emit(SourceRead(n, len(expansion.sources), s.name)),
        )

    return caller.work(work)


def _reports(prepared: Sequence[PreparedTrack], places: Sequence[LaidTrack]) -> list[TrackReport]:
    return [
        TrackReport(
            place.number,
            place.sectors,
            place.start_lba,
            track.source,
            track.sha256,
            track.accuraterip_v1,
            track.accuraterip_v2,
            track,
        )
        for track, place in zip(prepared, places, strict=True)
    ]


def burn(
    sources: Sequence[SourceName] | Plan,
    drive: Drive,
    *,
    speed: float | None = None,
    finalize: bool = True,
    simulate: bool = False,
    verify: bool = True,
    read_speed: float | None = None,
    reload: bool = True,
    append: bool = False,
    dither_seed: int = 0,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> BurnReport:
    """Burn an audio disc track-at-once, read it back and compare.

    sources   as for `plan`, or a Plan
    speed     multiple of 1x, MAX_SPEED for as fast as the drive can; None for the one that is recommended
              for audio on this drive and disc (`Plan.drive.speeds`), or the fastest where none is known
    finalize  close the session, so that players can play the disc
    simulate  everything with the laser off; nothing is on the disc afterwards
    verify    read every sector back
    read_speed  multiple of 1x for that, MAX_SPEED for as fast as the drive can; None for 24x
    reload    have the drive load the finished disc again before it is read back, so that the table of
              contents is the disc's and not the drive's memory
    append    add to a disc that has tracks already
    on_event  told what happens, on this thread; what it raises is logged and the burn goes on
    cancel    call it from another thread to stop; Ctrl-C does the same

    raises  AudioError          a source is unusable or has changed; nothing was written
            PlanError           it does not fit; nothing was written
            DriveError          the drive or disc; BurnFailed once anything was written
            VerificationFailed  the disc is not what was sent; .report is the BurnReport
            Cancelled           .disc_now says what is on the disc
    """
    if speed is not None and not speed > 0:  # also what is no number
        raise ValueError(f"speed is a multiple of 1x greater than 0, MAX_SPEED or None, and not {speed!r}")
    _check_read_speed(read_speed)
    reading = checking.HowToRead(read_speed, reload) if verify else None
    settings = Settings(speed, simulate, finalize, append, real_time=drive.real_time)
    caller = Caller.of(on_event, cancel, clock)
    earlier: Plan | None = None
    if isinstance(sources, Plan):
        earlier = sources
        dither_seed = earlier.dither_seed
    if earlier is not None and earlier.spool is not None:
        try:
            return _burn_planned(earlier, drive, settings, reading, caller)
        finally:
            earlier.close()
    names = earlier.sources if earlier is not None else list(sources)  # type: ignore[arg-type]
    with _plan(names, drive, append, dither_seed, keep_audio=True, caller=caller) as made:
        if earlier is not None:
            _check_same(earlier, made)
        return _burn_planned(made, drive, settings, reading, caller)


def _check_read_speed(speed: float | None) -> None:
    if speed is not None and not speed > 0:
        raise ValueError(
            f"read_speed is a multiple of 1x greater than 0, MAX_SPEED or None, and not {speed!r}"
        )


def _check_same(earlier: Plan, made: Plan) -> None:
    before = [track.sha256 for track in earlier.tracks]
    for index, track in enumerate(made.tracks):
        if index >= len(before) or track.sha256 != before[index]:
            raise AudioError(f"{track.source}: the audio has changed since it was planned", track.source)
    if len(before) != len(made.tracks):
        raise AudioError("there are fewer sources than when it was planned")


def _burn_planned(
    made: Plan,
    drive: Drive,
    settings: Settings,
    reading: HowToRead | None,
    caller: Caller,
) -> BurnReport:
    with _undisturbed(drive, settings.test_write):
        return _burn_awake(made, drive, settings, reading, caller)


def _burn_awake(
    made: Plan,
    drive: Drive,
    settings: Settings,
    reading: HowToRead | None,
    caller: Caller,
) -> BurnReport:
    prepared = [track.prepared for track in made.tracks]
    for track in prepared:
        track.check_unchanged()
    lengths = [track.sectors for track in prepared]
    outcome = Outcome()
    caller.cancel.under_way.test_write = settings.test_write
    if made.spool is None:
        raise ValueError("the plan does not hold its audio")
    streams = [made.spool.stream(i, track.sectors) for i, track in enumerate(prepared)]
    method = TrackAtOnce(lengths)
    procedure = burning_disc.burn(method, settings, outcome)
    layout, supply = caller.run_with_audio(
        drive, procedure, streams, sum(t.sectors for t in made.layout.tracks)
    )
    verification = None
    if reading is not None and not settings.test_write:
        try:
            verification = checking.check(
                drive, prepared, layout.tracks, made.dither_seed, caller, reading, closed=outcome.closed
            )
        except Cancelled as error:
            now = method.disc_now(outcome, settings)
            raise Cancelled(f"cancelled before the disc was verified; {now}", now) from error
        except DriveError as error:
            now = method.disc_now(outcome, settings)
            text = f"the disc was burned, but could not be read back: {error}\n{now}"
            raise BurnFailed(text, now) from error
    report = BurnReport(
        verified=verification is not None and verification.same,
        offset_samples=verification.offset_samples if verification else None,
        tracks=_reports(prepared, layout.tracks),
        toc=verification.toc if verification else _planned_toc(made, layout),
        finalized=outcome.closed,
        test_write=settings.test_write,
        speed=outcome.speed,
        measured_speed=outcome.pace.speed,
        verification=verification,
        host_buffer_lowest=supply.host_buffer_lowest,
        drive_buffer_lowest=supply.drive_buffer_lowest,
        longest_gap_seconds=supply.longest_gap_seconds,
        underruns=supply.underruns,
    )
    if verification is not None and not verification.same:
        raise VerificationFailed(checking.in_words(verification), report)
    return report


def _planned_toc(made: Plan, layout: SessionLayout) -> Toc:
    before = made.disc.expected_toc()
    session = made.disc.information.sessions
    new = tuple(TocTrack(t.number, t.start_lba, 0, session) for t in layout.tracks)
    return Toc((before.tracks if before else ()) + new, layout.lead_out_lba)


def verify(
    sources: Sequence[SourceName],
    drive: Drive,
    *,
    dither_seed: int = 0,
    read_speed: float | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> VerifyReport:
    """Compare a disc with the sources that it was burned from, sector by sector.

    Of a disc that holds data, too, the audio tracks are compared, in order; the verdict names the others.

    read_speed  multiple of 1x, MAX_SPEED for as fast as the drive can; None for 24x

    raises  AudioError, DriveError, Cancelled
            VerificationFailed  it differs; .report is the VerifyReport
    """
    from redbook.audio.sectors import Spool
    from redbook.audio.source import expand

    _check_read_speed(read_speed)
    caller = Caller.of(on_event, cancel, clock)
    expansion = expand(sources)
    _, disc = caller.run(drive, inspect.inspect())
    if disc.spoilt:
        raise MediumUnsuitable(spoilt_in_words(disc.information))
    on_disc = _read(drive, places_on(disc), caller)
    audio = [place for place in on_disc if place.is_audio]
    if not audio:
        there = "no complete track"
        if on_disc:
            there = f"no audio, but data ({in_words([place.number for place in on_disc])}),"
        raise MediumUnsuitable(f"there is {there} on the disc; insert the disc to be verified")

    prepared = _read_sources(expansion, Spool(keep=False), 1, dither_seed, caller)
    reading = checking.HowToRead(read_speed)
    verification = checking.check(drive, prepared, None, dither_seed, caller, reading, closed=False)
    report = VerifyReport(verification.same, _reports(prepared, _compared(prepared, audio)), verification)
    if not verification.same:
        raise VerificationFailed(checking.in_words(verification), report)
    return report


def _compared(prepared: Sequence[PreparedTrack], audio: Sequence[Place]) -> list[LaidTrack]:
    """Each source beside the audio track that it was held against; what the disc has no track for, behind."""
    places = []
    for index, track in enumerate(prepared):
        number, start_lba = audio[-1].number + index + 1 - len(audio), 0
        if index < len(audio):
            number, start_lba = audio[index].number, audio[index].start_lba
        places.append(LaidTrack(number, start_lba, track.sent_sectors))
    return places


def look_before_blanking(
    drive: Drive,
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> Erasable:
    """Whether there is a CD-RW, and something on it that `blank` would erase.

    raises  DriveError, Cancelled; MediumUnsuitable for a disc that cannot be erased
    """
    return Caller.of(on_event, cancel, clock).run(drive, erase.look())


def blank(
    drive: Drive,
    *,
    full: bool = False,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> DiscInformation:
    """Make a CD-RW blank again.  full: erase every sector, not the table of contents alone.

    raises  DriveError, Cancelled; MediumUnsuitable for a disc that is no CD-RW
            EraseFailed if it was begun and went wrong: .disc_now says what is known of the disc
    """
    kind = BlankType.ALL if full else BlankType.MINIMAL
    with _undisturbed(drive):
        return Caller.of(on_event, cancel, clock).run(drive, erase.erase(kind))


def close_disc(
    drive: Drive,
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> DiscContents:
    """Close a session that was left open, so that players can play the disc.

    raises  DriveError, Cancelled; MediumUnsuitable if no session is open
            CloseFailed if it was begun and went wrong: .disc_now says what is known of the disc
    """
    with _undisturbed(drive):
        return Caller.of(on_event, cancel, clock).run(drive, session.finalize())


def _undisturbed(drive: Drive, test_write: bool = False) -> AbstractContextManager[None]:
    """The system stays awake while a real drive writes: a disc half written is lost."""
    if not drive.real_time:
        return nullcontext()
    return awake(f"{'test write on' if test_write else 'writing to'} {drive.name}")


__all__ = [
    "BurnReport",
    "DiscInfo",
    "DiscStatus",
    "Plan",
    "TrackReport",
    "VerifyReport",
    "blank",
    "burn",
    "close_disc",
    "disc_info",
    "look_before_blanking",
    "plan",
    "read_checksums",
    "verify",
]
