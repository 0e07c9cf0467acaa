"""Audio on its way to the drive: WRITE after WRITE, for every write type.

What is sent in one run is the audio of one track, or of a whole session. The reason for each step is beside
it.  Source: cdrecord, libburn, MMC-5 6.44, and what real drives were seen to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from redbook import errors
from redbook.disc import SECTOR_BYTES, SECTORS_PER_SECOND, SPEED_1X_BYTES_PER_SECOND, minutes
from redbook.disc.layout import LaidTrack
from redbook.engine.calibration import may_write_again
from redbook.engine.events import Notice, Phase, TrackStarted
from redbook.engine.outcome import Outcome
from redbook.engine.speed import FASTEST_CD
from redbook.engine.steps import (
    DriveBuffer,
    FewerSectors,
    MostSectors,
    Now,
    Procedure,
    R,
    SectorsDone,
    TakeSectors,
)
from redbook.engine.waiting import code, until_accepted
from redbook.errors import (
    Cancelled,
    ImpossiblyFast,
    InvalidReply,
    LossOfStreaming,
    PowerCalibrationError,
    SenseError,
    TransferTooLarge,
)
from redbook.mmc.disc_info import ReadTrackInformation, TrackInformation
from redbook.mmc.write import BufferCapacity, ReadBufferCapacity, Write10
from redbook.records import dataclass

BUSY_AT_START_SECONDS = 200.0  # the first WRITE may be held while the drive calibrates
BUSY_SECONDS = 60.0
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
"""What a drive or bridge may answer to more bytes in one WRITE than it can carry."""

_UNDERRUN_CODES = (0x21, 0x24)
_UNDERRUN_IF_LATE = ((4, 0x44, 0x00), (3, 0x0C, 0x00))
"""5/21/xx, 5/24/00: the address is no longer the next one, because the track is over. The others can be an
underrun, or what they say.  Source: cdrecord, user logs."""


@dataclass(frozen=True, slots=True)
class AreaToSend:
    """The sectors of one track in a run, from `begin_lba` up to `end_lba`."""

    track: LaidTrack
    begin_lba: int
    end_lba: int


class Sectors(Protocol):
    """Sectors that are sent one after the other, and what there is to report about them."""

    @property
    def start_lba(self) -> int: ...

    @property
    def track(self) -> LaidTrack:
        """The track that comes next, or is under way."""
        ...

    def reached(self, lba: int) -> Iterator[SectorsDone | TrackStarted]:
        """What there is to report when everything before this sector is sent."""
        ...


class RunToSend:
    """The tracks of a session, or one of them.

    areas  of its tracks, in order and without a gap
    """

    def __init__(self, areas: Sequence[AreaToSend]) -> None:
        self._areas = areas
        self._current = 0
        self.start_lba = areas[0].begin_lba

    @property
    def track(self) -> LaidTrack:
        """The track that comes next, or is under way."""
        return self._areas[self._current].track

    def reached(self, lba: int) -> Iterator[SectorsDone | TrackStarted]:
        """What there is to report when everything before this sector is sent."""
        while True:
            area = self._areas[self._current]
            done, total = min(lba, area.end_lba) - area.begin_lba, area.end_lba - area.begin_lba
            yield SectorsDone(Phase.WRITING, area.track.number, done, total)
            if lba < area.end_lba or area is self._areas[-1]:
                return
            self._current += 1
            track = self.track
            yield TrackStarted(track.number, track.start_lba, track.sectors)


def send(
    chunk: memoryview, run: Sectors, outcome: Outcome, sector_bytes: int = SECTOR_BYTES
) -> Procedure[None]:
    """All of a run, in WRITEs no larger than the transport can carry.

    chunk         the first of it; the others are fetched
    sector_bytes  of each sector, including its sub-channel

    How large that is may only show at the first WRITE of a burn. Later a WRITE that the system calls too
    large is not sent again in pieces: it is not known whether it was accepted.
    """
    asks_buffer = outcome.drive.buffer_bytes > 0 and outcome.drive.quirks.tells_buffer
    buffer_bytes = outcome.drive.buffer_bytes or USUAL_BUFFER_BYTES
    now = polled_at = yield Now()
    filled_at: tuple[float, int] | None = None
    refused: SenseError | None = None
    while chunk:
        piece = chunk[: _carried((yield MostSectors()), sector_bytes)]
        waited = (yield Now()) - now
        try:
            write = Write10(run.start_lba + outcome.sent, piece, sector_bytes)
            yield from write_one(write, waited, run.track, outcome)
        except TransferTooLarge:
            most = yield MostSectors()
            if outcome.sent or outcome.ended or _carried(most, sector_bytes) >= len(piece):
                raise
            continue
        except _LIMITS as error:
            count = len(piece) // SECTOR_BYTES
            if (
                outcome.sent
                or outcome.ended
                or not (yield from _smaller(count, error, run.start_lba, outcome))
            ):
                raise (refused or error) from None
            refused = refused or error
            continue
        outcome.sent += len(piece) // sector_bytes
        outcome.lba = None
        now = yield Now()
        yield from run.reached(run.start_lba + outcome.sent)
        # Pioneer firmware throws data away if asked for its buffer before that was filled once.
        if outcome.sent * sector_bytes > buffer_bytes:
            filled_at = filled_at or (now, outcome.sent)
            if asks_buffer and now - polled_at >= BUFFER_POLL_SECONDS:
                polled_at = now
                asks_buffer = yield from _tell_buffer()
        chunk = chunk[len(piece) :] or (yield TakeSectors())
    if filled_at is not None:
        outcome.drive.pace.add(outcome.sent - filled_at[1], now - filled_at[0])


def _carried(most_sectors: int, sector_bytes: int) -> int:
    """How many bytes of whole sectors fit into one command that carries this many sectors of audio alone."""
    return max(1, most_sectors * SECTOR_BYTES // sector_bytes) * sector_bytes


def _smaller(count: int, error: SenseError, start_lba: int, outcome: Outcome) -> Procedure[bool]:
    """Whether the first WRITE of a burn, refused like this, may be sent again with fewer sectors.

    Bridges with a limit of 32 KiB refuse more with various codes. Only if the drive still wants that sector:
    otherwise it is not known whether it accepted part of a failed transfer. Behind a lead-in that
    was sent the disc is lost if nothing follows; there it is enough that the drive does not say it took some.
    """
    try:
        information: TrackInformation = yield ReadTrackInformation()
        wanted = information.next_writable_lba
    except (SenseError, InvalidReply):
        wanted = None
    if outcome.lead_in_sent:
        again = wanted is None or not start_lba < wanted <= start_lba + count
    else:
        again = wanted is not None and (wanted == start_lba or wanted < 0 == start_lba)
    if not again:
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


def write_one(command: Write10, waited: float, track: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """One WRITE, again and again while the buffer is full.

    A cancel before the first one was accepted leaves no track that would have to be ended.

    waited  seconds since the previous one was accepted: how late the data are
    """
    outcome.lba = command.lba
    outcome.touched = True
    outcome.open_track = track
    try:
        yield from _taken(command, waited, outcome)
    except Cancelled:
        if not outcome.sent and not outcome.lead_in_sent:
            outcome.open_track = None
        raise


def _taken(command: Write10, waited: float, outcome: Outcome) -> Procedure[None]:
    limit = BUSY_SECONDS if outcome.sent else BUSY_AT_START_SECONDS
    pause = busy_pause_seconds(outcome.drive.speed)
    late = waited * SPEED_1X_BYTES_PER_SECOND * (outcome.drive.speed or 1) > outcome.drive.buffer_bytes / 2
    try:
        yield from telling_underrun(until_accepted(command, limit, pause), outcome, late)
    except PowerCalibrationError as error:
        if not (yield from may_write_again(error, command.lba, outcome)):
            raise
        yield from until_accepted(command, limit, pause)


def telling_underrun(sending: Procedure[R], outcome: Outcome, late: bool = False) -> Procedure[R]:
    """Pass on what is sent; an error that means late data becomes LossOfStreaming, whatever its code.

    raises  LossOfStreaming, SenseError
    """
    try:
        return (yield from sending)
    except SenseError as error:
        underrun = _as_underrun(error, outcome, late)
        if underrun is error:
            raise
        raise underrun from error


def _as_underrun(error: SenseError, outcome: Outcome, late: bool) -> SenseError:
    """Without protection drives have many names for running out of data; else the error as it is.

    late  whether the data were so late that names which can mean anything mean this
    """
    if outcome.drive.protection or not outcome.sent or isinstance(error, LossOfStreaming):
        return error
    if error.sense.asc not in _UNDERRUN_CODES and not (late and code(error) in _UNDERRUN_IF_LATE):
        return error
    return LossOfStreaming(
        f"{error.command}: the drive ran out of data, and its protection against that is off "
        f"({error.sense}); close other programs",
        error.command,
        error.sense,
    )


def busy_pause_seconds(speed: float | None) -> float:
    """How long until 128 KiB are free: Pioneer's manual asks for 1.2 x that at any speed."""
    at = speed or 16
    return min(0.06, max(0.02, 1.2 * 128 * 1024 / (at * SPEED_1X_BYTES_PER_SECOND)))


def check_time(sectors: int, seconds: float, outcome: Outcome, what: str) -> None:
    """A drive that finishes sooner than any drive can has written nothing.

    One such burn "wrote" 36:55 in 12.4 s and left the disc blank (psysonic).

    what  was sent, in words

    raises  ImpossiblyFast
    """
    fastest = max((*outcome.drive.speeds.offered, outcome.drive.speed or 0)) or FASTEST_CD
    if not outcome.drive.real_time or seconds * SECTORS_PER_SECOND * fastest * CLEARLY >= sectors:
        return
    times = sectors / SECTORS_PER_SECOND / max(seconds, 0.001)
    raise ImpossiblyFast(
        f"the drive took {what}, {minutes(sectors)} long, in {seconds:.1f} s and "
        f"reported success: that would be {times:.0f}x, but {fastest:g}x is the fastest possible. It cannot "
        "have been written; try another port, cable or drive"
    )
