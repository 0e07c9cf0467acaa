"""Audio tracks, from the first WRITE to the entry in the PMA.

Source: the sequences of cdrecord and libburn, MMC-5 6.44 and 6.3, and what real drives were seen to do;
the reason of each step stands beside it.
"""

from __future__ import annotations

from redbook import errors
from redbook.disc import SECTOR_BYTES, SPEED_1X_BYTES_PER_SECOND
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackEnded, TrackStarted
from redbook.engine.outcome import Outcome
from redbook.engine.plan import PlannedTrack
from redbook.engine.steps import DriveBuffer, MostSectors, Now, Procedure, SectorsDone, Shield, TakeSectors
from redbook.engine.waiting import until_accepted, until_idle
from redbook.errors import InvalidReply, MediumUnsuitable, SenseError, TransferTooLarge
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
END_TRACK_SECONDS = 600.0
BUFFER_POLL_SECONDS = 1.0


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
    chunk = yield TakeSectors()  # the read-ahead is full now: what is wrong with the input may be known
    outcome.open_track, outcome.sent = track, 0
    yield TrackStarted(track.number, track.start_lba, track.sectors)
    yield from _send(chunk, track, outcome)
    yield Shield(True)
    yield from pad(track.sectors, track, outcome)
    yield PhaseStarted(Phase.ENDING_TRACK, track.number)
    yield from synchronize()
    ended = TrackEnded(track.number, track.start_lba, track.sectors)
    outcome.open_track = None
    outcome.ended.append(ended)
    yield ended
    yield Shield(False)


def _send(chunk: memoryview, track: PlannedTrack, outcome: Outcome) -> Procedure[None]:
    """All of a track's audio, in WRITEs no larger than the way to the drive carries.

    How large that is may only show at the first WRITE of a burn. Later a WRITE that the system calls too
    large is not sent again in pieces: whether it was taken is not known.
    """
    pause = _busy_pause_seconds(outcome.speed)
    asks_buffer = outcome.buffer_bytes > 0
    polled_at = yield Now()
    while chunk:
        piece = chunk[: (yield MostSectors()) * SECTOR_BYTES]
        outcome.lba = lba = track.start_lba + outcome.sent
        outcome.touched = True
        limit = BUSY_SECONDS if outcome.sent else BUSY_AT_START_SECONDS
        try:
            yield from until_accepted(Write10(lba, piece), limit, pause)
        except TransferTooLarge:
            if outcome.sent or outcome.ended or (yield MostSectors()) * SECTOR_BYTES >= len(piece):
                raise
            continue
        outcome.sent += len(piece) // SECTOR_BYTES
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
        chunk = chunk[len(piece) :] or (yield TakeSectors())


def _busy_pause_seconds(speed: float | None) -> float:
    """How long until 128 KiB are free: Pioneer's manual asks for 1.2 x that at any speed."""
    at = speed or 16
    return min(0.06, max(0.02, 1.2 * 128 * 1024 / (at * SPEED_1X_BYTES_PER_SECOND)))


def pad(sectors: int, track: PlannedTrack, outcome: Outcome) -> Procedure[None]:
    """Silence, up to this length of the track."""
    while outcome.sent < sectors:
        count = min((yield MostSectors()), sectors - outcome.sent)
        outcome.lba = lba = track.start_lba + outcome.sent
        command = Write10(lba, bytes(count * SECTOR_BYTES))
        yield from until_accepted(command, BUSY_SECONDS, _busy_pause_seconds(outcome.speed))
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
    yield from until_idle(Phase.ENDING_TRACK, END_TRACK_SECONDS)


def end_open_track(track: TrackInformation) -> Procedure[None]:
    """A track that another program, or a power cut, never ended stands in the way of the next."""
    yield Notice(f"track {track.number} on the disc was never ended; ending it now")
    yield CloseTrackSession(CloseFunction.TRACK, track.number)
    yield from until_idle(Phase.PREPARING, END_TRACK_SECONDS)
