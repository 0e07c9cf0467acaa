"""Burning audio track-at-once.

    prepare -> write_track ... -> close_session -> release

`burn` composes them and is the one place that says what happens on an error or a cancel. The first
error wins: what goes wrong while cleaning up behind it is noted, never raised over it.

Source: the sequences of cdrecord and libburn, MMC-5 6.44 and 6.3, and what real drives were seen to do;
the reason of each step stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from redbook import errors
from redbook.disc import (
    SECTOR_BYTES,
    SECTORS_PER_SECOND,
    SHORTEST_TRACK_SECTORS,
    SPEED_1X_BYTES_PER_SECOND,
)
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackEnded, TrackStarted
from redbook.engine.inspect import (
    Abilities,
    DiscContents,
    contents,
    identify,
    read_capabilities,
    read_write_parameters,
    select_track_at_once,
)
from redbook.engine.plan import Layout, PlannedTrack, Space, lay_out
from redbook.engine.ring import CHUNK_SECTORS
from redbook.engine.steps import (
    Abandoned,
    Announce,
    DriveBuffer,
    Now,
    Procedure,
    R,
    SectorsDone,
    Shield,
    TakeSectors,
)
from redbook.engine.waiting import until_accepted, until_idle, until_ready
from redbook.errors import (
    BurnFailed,
    Cancelled,
    DriveError,
    InvalidReply,
    MediumUnsuitable,
    RedbookError,
    SenseError,
)
from redbook.mmc.control import (
    PreventAllowMediumRemoval,
    SendOpcInformation,
    SetCdSpeed,
    StartStopUnit,
)
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    ReadTrackInformation,
    SessionStatus,
    TrackInformation,
)
from redbook.mmc.identify import Profile
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.write import (
    BufferCapacity,
    CloseFunction,
    CloseTrackSession,
    ReadBufferCapacity,
    SynchronizeCache,
    Write10,
)

BUSY_AT_START_SECONDS = 200.0  # the first WRITE may be held while the drive calibrates
BUSY_SECONDS = 60.0
END_TRACK_SECONDS = 600.0
CLOSE_SECONDS = 3600.0
BUFFER_POLL_SECONDS = 1.0

SPEED_UNIT_KB = 177  # drives round a request down to a speed they have, so n x 176.4 must be rounded up

_OPC_TOLERATED = (errors.UnknownCommand, errors.InvalidField)
_RICOH_WRITE_PERMIT = (6, 0x5A, 0x03)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to burn.

    speed                multiple of 1x; None for as fast as the drive can
    test_write           laser off: everything but the burning
    finalize             close the session when the last track is done; else leave it open
    append               add to a disc that has tracks already
    underrun_protection  let the drive pause the laser when data are late
    """

    speed: float | None = None
    test_write: bool = False
    finalize: bool = True
    append: bool = False
    underrun_protection: bool = True


@dataclass(slots=True)
class Outcome:
    """What a burn has done so far; filled in as it goes.

    ended      whole tracks
    sent       sectors of the track that is open now
    cut_short  a track that was ended before all of it was sent, and how many sectors were
    touched    whether a WRITE was sent
    found      what the drive said of the disc after a burn that broke off; unknown: why it said nothing
    """

    ended: list[TrackEnded] = field(default_factory=list)
    open_track: PlannedTrack | None = None
    cut_short: tuple[PlannedTrack, int] | None = None
    sent: int = 0
    touched: bool = False
    closed: bool = False
    buffer_bytes: int = 0
    found: DiscContents | None = None
    unknown: str = ""
    protection: bool = True
    speed: float | None = None
    lba: int | None = None


def prepare(settings: Settings, lengths: Sequence[int], outcome: Outcome) -> Procedure[Layout]:
    """Everything that can fail without harm: is the disc fit, does the job fit, is the drive set up.

    lengths  sectors of audio of each track
    raises   MediumUnsuitable, PlanError, SenseError; the disc is untouched
    """
    yield PhaseStarted(Phase.PREPARING)
    yield from until_ready()
    abilities = yield from identify()
    check_writer(abilities)
    if settings.test_write and not abilities.test_write:
        raise MediumUnsuitable(f"{abilities.name} cannot do a test write; leave out --simulate")
    yield from _lock_tray()
    yield StartStopUnit(start=True)
    yield from until_ready()
    information = yield ReadDiscInformation()
    check_recordable(abilities, information.status, settings.append)
    capabilities = abilities.capabilities
    outcome.buffer_bytes = capabilities.buffer_kib * 1024 if capabilities else 0
    outcome.protection = settings.underrun_protection and abilities.underrun_protection
    page = yield from select_track_at_once(
        test_write=settings.test_write,
        underrun_protection=outcome.protection,
        next_session=MultiSession.LAST,
    )
    if outcome.protection and not page.underrun_protection:
        outcome.protection = False
        yield Notice("the drive does not offer buffer underrun protection; keep other programs quiet")
    yield from _set_speed(settings.speed, outcome)
    disc = yield from contents()
    layout = lay_out(lengths, room_on(abilities, disc))
    if not settings.test_write:
        yield Announce(layout.lead_out_lba * SECTOR_BYTES)
    if disc.open_track is not None:
        yield from _end_open_track(disc.open_track)
    if not settings.test_write:
        yield from _calibrate()
    return layout


def check_writer(abilities: Abilities) -> None:
    """raises  MediumUnsuitable  for a drive that only reads"""
    if not abilities.writes_tao:
        raise MediumUnsuitable(f"{abilities.name} cannot write CDs; use a CD recorder")


def room_on(abilities: Abilities, disc: DiscContents) -> Space:
    """raises  MediumUnsuitable  if no further track can be written"""
    if disc.space is None:
        raise MediumUnsuitable(f"the disc in {abilities.name} takes no further track; use another disc")
    return disc.space


def check_recordable(abilities: Abilities, status: DiscStatus, append: bool) -> None:
    """raises  MediumUnsuitable  for a disc that is complete, no CD-R or CD-RW, or not blank unasked"""
    if abilities.profile == Profile.CD_ROM or status not in (DiscStatus.BLANK, DiscStatus.APPENDABLE):
        raise MediumUnsuitable(
            f"the disc in {abilities.name} is complete, nothing can be added to it; use a blank disc"
            + (" or blank this CD-RW first" if abilities.profile == Profile.CD_RW else "")
        )
    if abilities.profile not in (None, Profile.CD_R, Profile.CD_RW):
        raise MediumUnsuitable(f"the disc in {abilities.name} is no CD-R or CD-RW; insert a blank one")
    if status is DiscStatus.APPENDABLE and not append:
        raise MediumUnsuitable(
            f"the disc in {abilities.name} is not blank, tracks are on it already; use a blank disc, "
            "or ask for the tracks to be added (--append)"
        )


def _end_open_track(track: TrackInformation) -> Procedure[None]:
    """A track that another program, or a power cut, never ended stands in the way of the next."""
    yield Notice(f"track {track.number} on the disc was never ended; ending it now")
    yield CloseTrackSession(CloseFunction.TRACK, track.number)
    yield from until_idle(Phase.PREPARING, END_TRACK_SECONDS)


def _lock_tray() -> Procedure[None]:
    try:
        yield PreventAllowMediumRemoval(True)
    except SenseError as error:
        yield Notice(f"the tray could not be locked, do not open it: {error}")


def _set_speed(speed: float | None, outcome: Outcome) -> Procedure[None]:
    """Best effort: what the drive makes of it is read back and told."""
    command = (
        SetCdSpeed() if speed is None else SetCdSpeed(write_kb=min(0xFFFF, round(speed * SPEED_UNIT_KB)))
    )
    try:
        yield command
    except SenseError as error:
        yield Notice(f"the drive keeps its own speed: {error}")
    capabilities = yield from read_capabilities()
    kb = capabilities.write_kb if capabilities else 0
    outcome.speed = round(kb * 1000 / SPEED_1X_BYTES_PER_SECOND) if kb else None
    if speed is not None and outcome.speed is not None and outcome.speed != round(speed):
        yield Notice(f"the drive will write at {outcome.speed:g}x instead of {speed:g}x")


def _calibrate() -> Procedure[None]:
    """SEND OPC; modern drives do it by themselves at the first WRITE, so a refusal is no failure."""
    try:
        yield SendOpcInformation()
    except _OPC_TOLERATED:
        return
    except SenseError as error:
        reason = (error.sense.key, error.sense.asc, error.sense.ascq)
        if reason != _RICOH_WRITE_PERMIT:
            raise


def write_track(track: PlannedTrack, outcome: Outcome) -> Procedure[None]:
    """One track, from its first WRITE to its entry in the PMA.

    No CLOSE TRACK: SYNCHRONIZE CACHE ends the track. After a CLOSE TRACK in a test write drives give 0 as
    the next address, and LG GH22LS30 answers it with an error even in a real one.

    raises  MediumUnsuitable  if the drive wants the track elsewhere than planned
    """
    yield PhaseStarted(Phase.WRITING, track.number)
    information: TrackInformation = yield ReadTrackInformation()
    start = information.next_writable_lba
    if start is None or (start != track.start_lba and not (start < 0 and track.start_lba == 0)):
        raise MediumUnsuitable(
            f"the drive wants track {track.number} at sector {start}, but {track.start_lba} was planned; "
            "nothing more was written"
        )
    outcome.open_track, outcome.sent = track, 0
    yield TrackStarted(track.number, track.start_lba, track.sectors)
    yield from _send(track, outcome)
    yield Shield(True)
    yield from _pad(track.sectors, track, outcome)
    yield PhaseStarted(Phase.ENDING_TRACK, track.number)
    yield from _synchronize()
    ended = TrackEnded(track.number, track.start_lba, track.sectors)
    outcome.open_track = None
    outcome.ended.append(ended)
    yield ended
    yield Shield(False)


def _send(track: PlannedTrack, outcome: Outcome) -> Procedure[None]:
    pause = _busy_pause_seconds(outcome.speed)
    asks_buffer = outcome.buffer_bytes > 0
    polled_at = yield Now()
    while chunk := (yield TakeSectors()):
        outcome.lba = lba = track.start_lba + outcome.sent
        outcome.touched = True
        limit = BUSY_SECONDS if outcome.sent else BUSY_AT_START_SECONDS
        yield from until_accepted(Write10(lba, chunk), limit, pause)
        outcome.sent += len(chunk) // SECTOR_BYTES
        outcome.lba = None
        yield SectorsDone(Phase.WRITING, track.number, outcome.sent, track.sectors)
        # Pioneer firmware throws data away if asked for its buffer before that was filled once.
        filled_once = outcome.sent * SECTOR_BYTES > outcome.buffer_bytes
        if asks_buffer and filled_once and (now := (yield Now())) - polled_at >= BUFFER_POLL_SECONDS:
            polled_at = now
            try:
                capacity: BufferCapacity = yield ReadBufferCapacity()
                yield DriveBuffer(capacity.size_bytes - capacity.free_bytes, capacity.size_bytes)
            except (SenseError, InvalidReply):
                asks_buffer = False


def _busy_pause_seconds(speed: float | None) -> float:
    """How long until 128 KiB are free: Pioneer's manual asks for 1.2 x that at any speed."""
    at = speed or 16
    return min(0.06, max(0.02, 1.2 * 128 * 1024 / (at * SPEED_1X_BYTES_PER_SECOND)))


def _pad(sectors: int, track: PlannedTrack, outcome: Outcome) -> Procedure[None]:
    """Silence, up to this length of the track."""
    while outcome.sent < sectors:
        count = min(CHUNK_SECTORS, sectors - outcome.sent)
        outcome.lba = lba = track.start_lba + outcome.sent
        command = Write10(lba, bytes(count * SECTOR_BYTES))
        yield from until_accepted(command, BUSY_SECONDS, _busy_pause_seconds(outcome.speed))
        outcome.sent += count
        outcome.lba = None


def _synchronize() -> Procedure[None]:
    """End the track; wait until its run-out and PMA entry are on the disc."""
    try:
        yield SynchronizeCache(immediate=True)
    except errors.InvalidField:
        yield SynchronizeCache()
    except (errors.OperationInProgress, errors.LongWriteInProgress):
        pass  # some drives say so while they do it
    yield from until_idle(Phase.ENDING_TRACK, END_TRACK_SECONDS)


def close_session(next_session: MultiSession, test_write: bool) -> Procedure[None]:
    """Lead-in and lead-out; afterwards a player can play the disc.

    next_session takes effect through page 05h, so that must be right when CLOSE is sent.
    """
    yield PhaseStarted(Phase.CLOSING)
    now = yield from read_write_parameters()
    if now.multi_session != next_session:
        yield from select_track_at_once(
            test_write=test_write, underrun_protection=now.underrun_protection, next_session=next_session
        )
    try:
        yield from _close()
    except errors.SessionIncomplete:
        yield CloseTrackSession(CloseFunction.TRACK, 0xFF)
        yield from until_idle(Phase.CLOSING, END_TRACK_SECONDS)
        yield from _close()
    except SenseError:
        if not test_write:
            raise
        # Drives refuse to close a session that is not there (libburn, cdrecord ignore it too).
    if test_write:
        return
    information: DiscInformation = yield ReadDiscInformation()
    if information.last_session_status is SessionStatus.INCOMPLETE or (
        next_session is MultiSession.LAST and information.status is not DiscStatus.COMPLETE
    ):
        raise InvalidReply("the drive said that it closed the session, but the disc is not complete")


def _close() -> Procedure[None]:
    try:
        yield CloseTrackSession(CloseFunction.SESSION, immediate=True)
    except errors.InvalidField:
        yield CloseTrackSession(CloseFunction.SESSION)
    except (errors.OperationInProgress, errors.LongWriteInProgress):
        pass
    yield from until_idle(Phase.CLOSING, CLOSE_SECONDS)


def finalize() -> Procedure[DiscContents]:
    """Close a session that was left open.

    raises  MediumUnsuitable  if none is open; nothing was changed
    """
    yield PhaseStarted(Phase.PREPARING)
    yield from until_ready()
    abilities = yield from identify()
    yield from select_track_at_once(
        test_write=False, underrun_protection=True, next_session=MultiSession.LAST
    )
    disc = yield from contents()
    if disc.information.last_session_status is not SessionStatus.INCOMPLETE:
        raise MediumUnsuitable(
            f"no session is open on the disc in {abilities.name}; there is nothing to close"
        )
    return (yield from holding_tray(_finalize(disc)))


def _finalize(disc: DiscContents) -> Procedure[DiscContents]:
    if disc.open_track is not None:
        yield from _end_open_track(disc.open_track)
    yield from close_session(MultiSession.LAST, test_write=False)
    return (yield from contents())


def holding_tray(procedure: Procedure[R]) -> Procedure[R]:
    """A procedure that must not be stopped half way, with the tray locked around it."""
    yield Shield(True)
    yield from _lock_tray()
    try:
        result = yield from procedure
    except (RedbookError, Abandoned):
        yield from unlock_tray()
        raise
    yield from unlock_tray()
    return result


def release(test_write: bool) -> Procedure[None]:
    """Leave the drive as it was found: test bit off, tray unlocked. What fails here is only noted."""
    if test_write:
        try:
            now = yield from read_write_parameters()
            clean = WriteParameters(underrun_protection=now.underrun_protection, tail=now.tail)
            yield ModeSelect10(clean.to_page())
        except DriveError as error:
            yield Notice(f"the drive may still be set to test writes: {error}")
    yield from unlock_tray()


def unlock_tray() -> Procedure[None]:
    try:
        yield PreventAllowMediumRemoval(False)
    except DriveError as error:
        yield Notice(f"the tray could not be unlocked: {error}")


def burn(settings: Settings, lengths: Sequence[int], outcome: Outcome) -> Procedure[Layout]:
    """Write tracks of these lengths (in sectors of audio) and close the session.

    raises  Cancelled, BurnFailed   with `disc_now`, once anything was sent
            what `prepare` raises   before that
    """
    try:
        return (yield from _burn(settings, lengths, outcome))
    except Abandoned as left:
        yield from unlock_tray()
        now = "the drive was left as it was: the disc may be unusable, and the drive busy for a while"
        raise Cancelled(f"cancelled at once; {now}", now) from left


def _burn(settings: Settings, lengths: Sequence[int], outcome: Outcome) -> Procedure[Layout]:
    try:
        layout = yield from prepare(settings, lengths, outcome)
        for track in layout.tracks:
            yield from write_track(track, outcome)
        yield Shield(True)  # from here on a cancel comes too late
        if settings.finalize:
            yield from close_session(MultiSession.LAST, settings.test_write)
            outcome.closed = not settings.test_write
    except Exception as first:  # whatever it is, the drive is left sane before it goes on
        yield Shield(True)
        if outcome.touched:
            if isinstance(first, Cancelled):
                outcome.lba = None  # the WRITE that waited was not refused for good
            yield from _wind_down(outcome)
            yield from _look(outcome)
        yield from release(settings.test_write)
        if not outcome.touched and isinstance(first, Cancelled):
            raise Cancelled("cancelled; nothing was written", "nothing was written") from first
        if not outcome.touched or not isinstance(first, RedbookError | OSError):
            raise
        raise _broken_off(first, outcome, settings) from first
    yield from release(settings.test_write)
    return layout


def _wind_down(outcome: Outcome) -> Procedure[None]:
    """Leave no half-open track: pad what was begun to 4 s and end it, if the drive still lets us.

    Even after an error this makes most drives write run-out and PMA; without it some take the disc for
    blank afterwards.
    """
    track = outcome.open_track
    if track is None:
        return
    sent = outcome.sent
    if outcome.lba is None:  # no WRITE has failed: more can be sent
        try:
            yield from _pad(SHORTEST_TRACK_SECTORS, track, outcome)
        except DriveError as error:
            yield Notice(f"track {track.number} could not be padded to 4 s: {error}")
    try:
        yield PhaseStarted(Phase.ENDING_TRACK, track.number)
        yield from _synchronize()
    except DriveError as error:
        yield Notice(f"track {track.number} could not be ended: {error}")
        return
    outcome.open_track = None
    outcome.cut_short = (track, sent)


def _look(outcome: Outcome) -> Procedure[None]:
    """What the drive says is on the disc after all; it is told instead of what was meant to be."""
    try:
        yield from until_idle(Phase.ENDING_TRACK, END_TRACK_SECONDS)
        outcome.found = yield from contents()
    except DriveError as error:
        outcome.unknown = str(error)


def _broken_off(first: Exception, outcome: Outcome, settings: Settings) -> Exception:
    now = disc_now(outcome, settings)
    if isinstance(first, Cancelled):
        return Cancelled(f"cancelled; {now}", now)
    track = outcome.open_track or (outcome.cut_short[0] if outcome.cut_short else None)
    if track is None:
        number = outcome.ended[-1].number if outcome.ended else 0
        return BurnFailed(f"the burn broke off after track {number}: {first}\n{now}", now, number)
    where = f"in track {track.number}"
    if outcome.lba is not None:
        where = f"at sector {outcome.lba - track.start_lba} of track {track.number} (LBA {outcome.lba})"
    return BurnFailed(f"the burn broke off {where}: {first}\n{now}", now, track.number, outcome.lba)


def disc_now(outcome: Outcome, settings: Settings) -> str:
    """What is on the disc, in words: as the drive says where it was asked, else as it was written."""
    if settings.test_write:
        return "it was a test write: the disc is as it was before"
    if outcome.unknown:
        return f"what is on the disc is not known, for the drive does not say ({outcome.unknown})"
    there = None if outcome.found is None else {track.number for track in outcome.found.tracks}
    if outcome.found is not None and outcome.found.status is DiscStatus.BLANK:
        return "the disc is still blank"
    parts = []
    numbers = [track.number for track in outcome.ended if there is None or track.number in there]
    if numbers:
        span = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        parts.append(f"track{'s' if len(numbers) > 1 else ''} {span} whole")
    if outcome.cut_short is not None and (there is None or outcome.cut_short[0].number in there):
        track, sent = outcome.cut_short
        parts.append(f"the first {sent / SECTORS_PER_SECOND:.1f} s of track {track.number}")
    unfinished = outcome.found.open_track if outcome.found else None
    if unfinished is not None:
        parts.append(f"the begun and not ended track {unfinished.number}")
    holds = " and ".join(parts) if parts else "nothing new"
    closed = outcome.closed if outcome.found is None else outcome.found.status is DiscStatus.COMPLETE
    state = (
        "its session is closed, so players can play it"
        if closed
        else "its session is open, so players cannot play it, and tracks can be added"
    )
    return f"the disc now holds {holds}; {state}"
