"""Audio tracks, from the first WRITE to the entry in the PMA.

Source: the sequences of cdrecord and libburn, MMC-5 6.44 and 6.3, and what real drives were seen to do;
the reason of each step stands beside it.
"""

from __future__ import annotations

from dataclasses import replace

from redbook import errors
from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES, SECTORS_PER_SECOND, SPEED_1X_BYTES_PER_SECOND, duration
from redbook.disc.layout import LaidTrack
from redbook.engine.calibration import may_write_again
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackEnded, TrackStarted
from redbook.engine.inspect import is_virtual
from redbook.engine.outcome import Outcome
from redbook.engine.speed import FASTEST_CD
from redbook.engine.steps import (
    DriveBuffer,
    FewerSectors,
    MostSectors,
    Now,
    Procedure,
    SectorsDone,
    Shield,
    TakeSectors,
)
from redbook.engine.waiting import code, until_accepted, until_idle
from redbook.errors import (
    Cancelled,
    IllegalRequest,
    ImpossiblyFast,
    InvalidReply,
    LossOfStreaming,
    MediumUnsuitable,
    PowerCalibrationError,
    SenseError,
    TransferTooLarge,
)
from redbook.mmc.disc_info import ReadTrackInformation, TrackInformation
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
END_TRACK_SECONDS = 300.0
BUFFER_POLL_SECONDS = 1.0
USUAL_BUFFER_BYTES = 2 * 1024 * 1024
CLEARLY = 2
"""How many times faster than possible a burn must have been to be called impossible."""

_LIMITS = (
    errors.InvalidField,
    errors.InvalidParameter,
    errors.CommunicationError,
    errors.SystemResourceFailure,
)
"""What a drive or bridge may answer to more bytes in one WRITE than it carries."""

PADDING_ADDED = (3, 0x0C, 0x0A)
_UNDERRUN_CODES = (0x21, 0x24)
_UNDERRUN_IF_LATE = ((4, 0x44, 0x00), (3, 0x0C, 0x00))
"""5/21/xx, 5/24/00: the address is no longer the next one, the track being over. The others can be an
underrun, or what they say.  Source: cdrecord, user logs."""


def write_track(track: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """One track, from its first WRITE to its entry in the PMA.

    No CLOSE TRACK: SYNCHRONIZE CACHE ends the track. After a CLOSE TRACK in a test write drives give 0 as
    the next address, and LG GH22LS30 answers it with an error even in a real one.

    track  as `place_track` has placed it

    raises  SenseError, ImpossiblyFast
    """
    chunk = yield TakeSectors()  # the read-ahead is full now: what is wrong with the input may be known
    outcome.sent = 0
    yield TrackStarted(track.number, track.start_lba, track.sectors)
    since = yield Now()
    yield from _send(chunk, track, outcome)
    yield Shield(True)
    yield from pad(track.sectors, track, outcome)
    yield PhaseStarted(Phase.ENDING_TRACK, track.number)
    yield from _telling_underrun(synchronize(), outcome)
    try:
        _check_time(track, (yield Now()) - since, outcome)
    except ImpossiblyFast:
        if not (yield from is_virtual()):
            raise
        outcome.real_time, outcome.cut_short = False, None
    ended = TrackEnded(track.number, track.start_lba, track.sectors)
    outcome.open_track = None
    outcome.ended.append(ended)
    yield ended
    yield Shield(False)


def place_track(
    planned: LaidTrack, before: LaidTrack | None, last_end_lba: int, outcome: Outcome, test_write: bool
) -> Procedure[LaidTrack]:
    """The track where the drive wants it; that is asked for, never computed.

    before        the track of this job in front of it
    last_end_lba  how far it may reach

    raises  MediumUnsuitable  if that is not where it can go
            InvalidReply      if the drive wants it where the track before must be: sectors were lost
    """
    yield PhaseStarted(Phase.WRITING, planned.number)
    try:
        information: TrackInformation = yield ReadTrackInformation()
    except IllegalRequest as error:
        if before is None and planned.start_lba:
            raise
        yield Notice(f"the drive does not say where track {planned.number} goes: {error}")
        return planned
    except InvalidReply:
        if outcome.quirks.knows_next_address:
            raise
        return planned
    start = information.next_writable_lba
    if not outcome.quirks.knows_next_address or start == planned.start_lba:
        return planned
    if start is not None and start < 0 and planned.start_lba == 0:
        return planned
    if start is not None and start >= 0 and test_write:
        return replace(planned, start_lba=start)  # in a test write drives count in their own ways
    if start is not None and before is not None:
        if start < before.end_lba + PREGAP_SECTORS:
            raise InvalidReply(
                f"the drive took all {before.sectors} sectors of track {before.number}, and now wants track "
                f"{planned.number} at sector {start}, in the middle of it; try another drive or cable"
            )
        moved = replace(planned, start_lba=start)
        if moved.end_lba <= last_end_lba:
            yield Notice(
                f"the drive wants track {planned.number} at sector {start} instead of {planned.start_lba}"
            )
            return moved
    raise MediumUnsuitable(
        f"the drive wants track {planned.number} at sector {start}, but {planned.start_lba} was planned; "
        "nothing more was written"
    )


def _check_time(track: LaidTrack, seconds: float, outcome: Outcome) -> None:
    """A drive that is done with a track sooner than any drive can be has written nothing.

    One such burn "wrote" 36:55 in 12.4 s and left the disc blank (psysonic).

    raises  ImpossiblyFast
    """
    fastest = max((*outcome.speeds.offered, outcome.speed or 0)) or FASTEST_CD
    if not outcome.real_time or seconds * SECTORS_PER_SECOND * fastest * CLEARLY >= track.sectors:
        return
    outcome.open_track, outcome.cut_short = None, (track, 0)
    times = track.sectors / SECTORS_PER_SECOND / max(seconds, 0.001)
    raise ImpossiblyFast(
        f"the drive took track {track.number}, {duration(track.sectors)[:-3]} long, in {seconds:.1f} s and "
        f"called it written: that would be {times:.0f}x, and {fastest:g}x is the most there is. It cannot "
        "have been written; try another port, cable or drive"
    )


def _send(chunk: memoryview, track: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """All of a track's audio, in WRITEs no larger than the way to the drive carries.

    How large that is may only show at the first WRITE of a burn. Later a WRITE that the system calls too
    large is not sent again in pieces: whether it was taken is not known.
    """
    asks_buffer = outcome.buffer_bytes > 0 and outcome.quirks.tells_buffer
    buffer_bytes = outcome.buffer_bytes or USUAL_BUFFER_BYTES
    now = polled_at = yield Now()
    filled_at: tuple[float, int] | None = None
    refused: SenseError | None = None
    while chunk:
        piece = chunk[: (yield MostSectors()) * SECTOR_BYTES]
        waited = (yield Now()) - now
        try:
            yield from _write(Write10(track.start_lba + outcome.sent, piece), waited, track, outcome)
        except TransferTooLarge:
            if outcome.sent or outcome.ended or (yield MostSectors()) * SECTOR_BYTES >= len(piece):
                raise
            continue
        except _LIMITS as error:
            if outcome.sent or outcome.ended or not (yield from _smaller(piece, error, track)):
                raise (refused or error) from None
            refused = refused or error
            continue
        outcome.sent += len(piece) // SECTOR_BYTES
        outcome.lba = None
        now = yield Now()
        yield SectorsDone(Phase.WRITING, track.number, outcome.sent, track.sectors)
        # Pioneer firmware throws data away if asked for its buffer before that was filled once.
        if outcome.sent * SECTOR_BYTES > buffer_bytes:
            filled_at = filled_at or (now, outcome.sent)
            if asks_buffer and now - polled_at >= BUFFER_POLL_SECONDS:
                polled_at = now
                asks_buffer = yield from _tell_buffer()
        chunk = chunk[len(piece) :] or (yield TakeSectors())
    if filled_at is not None:
        outcome.pace.add(outcome.sent - filled_at[1], now - filled_at[0])


def _smaller(piece: memoryview, error: SenseError, track: LaidTrack) -> Procedure[bool]:
    """Whether the first WRITE of a burn, refused so, may be sent again with fewer sectors.

    Bridges with a limit of 32 KiB refuse more in words of their own. Only where the drive still wants that
    sector: whether it has taken some of a transfer that failed is not known otherwise.
    """
    count = len(piece) // SECTOR_BYTES
    try:
        information: TrackInformation = yield ReadTrackInformation()
    except (SenseError, InvalidReply):
        return False
    wanted = information.next_writable_lba
    if wanted is None or max(0, wanted) != track.start_lba:
        return False
    fewer = yield FewerSectors(count)
    if fewer:
        yield Notice(f"the drive refused {count} sectors in one WRITE ({error.sense}); trying {fewer}")
    return bool(fewer)


def _tell_buffer() -> Procedure[bool]:
    """Whether the drive can be asked again."""
    try:
        capacity: BufferCapacity = yield ReadBufferCapacity()
    except (SenseError, InvalidReply):
        return False
    if not 0 <= capacity.free_bytes <= capacity.size_bytes:
        return False
    yield DriveBuffer(capacity.size_bytes - capacity.free_bytes, capacity.size_bytes)
    return True


def _write(command: Write10, waited: float, track: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """One WRITE, again and again while the buffer is full.

    A cancel that comes before the first one was taken leaves no track that would have to be ended.

    waited  seconds since the one before was taken: how late the data are
    """
    outcome.lba = command.lba
    outcome.touched = True
    outcome.open_track = track
    try:
        yield from _taken(command, waited, outcome)
    except Cancelled:
        if not outcome.sent:
            outcome.open_track = None
        raise


def _taken(command: Write10, waited: float, outcome: Outcome) -> Procedure[None]:
    limit = BUSY_SECONDS if outcome.sent else BUSY_AT_START_SECONDS
    pause = _busy_pause_seconds(outcome.speed)
    late = waited * SPEED_1X_BYTES_PER_SECOND * (outcome.speed or 1) > outcome.buffer_bytes / 2
    try:
        yield from _telling_underrun(until_accepted(command, limit, pause), outcome, late)
    except PowerCalibrationError as error:
        if not (yield from may_write_again(error, command.lba, outcome)):
            raise
        yield from until_accepted(command, limit, pause)


def _telling_underrun(sending: Procedure[None], outcome: Outcome, late: bool = False) -> Procedure[None]:
    """raises  LossOfStreaming  whatever the drive calls it; SenseError"""
    try:
        yield from sending
    except SenseError as error:
        underrun = _as_underrun(error, outcome, late)
        if underrun is error:
            raise
        raise underrun from error


def _as_underrun(error: SenseError, outcome: Outcome, late: bool) -> SenseError:
    """Without protection drives have many names for running out of data; else the error as it is.

    late  whether the data were so late that names which can mean anything mean this
    """
    if outcome.protection or not outcome.sent or isinstance(error, LossOfStreaming):
        return error
    if error.sense.asc not in _UNDERRUN_CODES and not (late and code(error) in _UNDERRUN_IF_LATE):
        return error
    return LossOfStreaming(
        f"{error.command}: the drive ran out of data, and its protection against that is off "
        f"({error.sense}); close other programs",
        error.command,
        error.sense,
    )


def _busy_pause_seconds(speed: float | None) -> float:
    """How long until 128 KiB are free: Pioneer's manual asks for 1.2 x that at any speed."""
    at = speed or 16
    return min(0.06, max(0.02, 1.2 * 128 * 1024 / (at * SPEED_1X_BYTES_PER_SECOND)))


def pad(sectors: int, track: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """Silence, up to this length of the track."""
    while outcome.sent < sectors:
        count = min((yield MostSectors()), sectors - outcome.sent)
        outcome.lba = lba = track.start_lba + outcome.sent
        command = Write10(lba, bytes(count * SECTOR_BYTES))
        accepted = until_accepted(command, BUSY_SECONDS, _busy_pause_seconds(outcome.speed))
        yield from _telling_underrun(accepted, outcome)
        outcome.sent += count
        outcome.lba = None
        yield SectorsDone(Phase.WRITING, track.number, outcome.sent, track.sectors)


def synchronize() -> Procedure[None]:
    """End the track; wait until its run-out and PMA entry are on the disc."""
    try:
        yield SynchronizeCache(immediate=True)
    except errors.InvalidField:
        yield SynchronizeCache()
    except (errors.OperationInProgress, errors.LongWriteInProgress):
        pass  # some drives say so while they do it
    except errors.DummyBlocksAdded:
        pass  # a vendor's way of saying that the track was filled up to its shortest length
    except LossOfStreaming as error:
        if code(error) != PADDING_ADDED:
            raise
        yield Notice(f"the drive filled the end of the track up by itself ({error.sense})")
    yield from until_idle(Phase.ENDING_TRACK, END_TRACK_SECONDS)


def end_open_track(track: TrackInformation) -> Procedure[None]:
    """A track that another program, or a power cut, never ended stands in the way of the next."""
    yield Notice(f"track {track.number} on the disc was never ended; ending it now")
    yield CloseTrackSession(CloseFunction.TRACK, track.number)
    yield from until_idle(Phase.PREPARING, END_TRACK_SECONDS)
