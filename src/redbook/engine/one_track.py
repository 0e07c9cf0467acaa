"""Audio tracks, from the first WRITE to the entry in the PMA.

Source: the sequences of cdrecord and libburn, MMC-5 6.44 and 6.3, and the observed behaviour of real drives;
the reason of each step is beside it.
"""

from __future__ import annotations

from dataclasses import replace

from redbook import errors
from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES
from redbook.disc.layout import LaidTrack
from redbook.engine.events import Notice, Phase, PhaseStarted, TrackEnded, TrackStarted
from redbook.engine.inspect import is_virtual
from redbook.engine.outcome import Outcome
from redbook.engine.sending import (
    BUSY_SECONDS,
    AreaToSend,
    RunToSend,
    busy_pause_seconds,
    check_time,
    send,
    telling_underrun,
)
from redbook.engine.steps import (
    Commit,
    MostSectors,
    Now,
    Point,
    Procedure,
    SectorsDone,
    Shield,
    TakeSectors,
)
from redbook.engine.waiting import code, until_accepted, until_begun, until_idle
from redbook.errors import (
    IllegalRequest,
    ImpossiblyFast,
    InvalidReply,
    LossOfStreaming,
    MediumUnsuitable,
    SenseError,
)
from redbook.mmc.disc_info import DiscInformation, ReadTrackInformation, TrackInformation
from redbook.mmc.write import (
    CloseFunction,
    CloseTrackSession,
    SynchronizeCache,
    Write10,
)

END_TRACK_SECONDS = 300.0
PADDING_ADDED = (3, 0x0C, 0x0A)


def write_track(track: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """One track, from its first WRITE to its entry in the PMA.

    No CLOSE TRACK: SYNCHRONIZE CACHE ends the track. After a CLOSE TRACK in a test write drives give 0 as
    the next address, and LG GH22LS30 answers it with an error even in a real one.

    track  as `place_track` has placed it

    raises  SenseError, ImpossiblyFast
    """
    chunk = yield TakeSectors()  # the read-ahead is full now: what is wrong with the input may be known
    outcome.sent = 0
    if not outcome.begun:
        yield Commit(Point.WRITE)
    yield TrackStarted(track.number, track.start_lba, track.sectors)
    since = yield Now()
    yield from send(chunk, RunToSend([AreaToSend(track, track.start_lba, track.end_lba)]), outcome)
    yield Shield(True)
    yield from pad(track.sectors, track, outcome)
    yield PhaseStarted(Phase.ENDING_TRACK, track.number)
    yield from telling_underrun(synchronize(), outcome)
    try:
        check_time(track.sectors, (yield Now()) - since, outcome, f"track {track.number}")
    except ImpossiblyFast:
        if not (yield from is_virtual()):
            outcome.open_track, outcome.cut_short = None, (track, 0)
            raise
        outcome.drive.real_time = False
    ended = TrackEnded(track.number, track.start_lba, track.sectors)
    outcome.open_track = None
    outcome.ended.append(ended)
    yield ended
    yield Shield(False)


def place_track(
    planned: LaidTrack, before: LaidTrack | None, last_end_lba: int, outcome: Outcome, test_write: bool
) -> Procedure[LaidTrack]:
    """The track where the drive wants it; that is asked for, never computed.

    before        the track of this job before it
    last_end_lba  how far it may reach

    raises  MediumUnsuitable  if it cannot go there
            InvalidReply      if the drive wants it where the track before must be: then sectors were lost
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
        if outcome.drive.quirks.knows_next_address:
            raise
        return planned
    start = information.next_writable_lba
    if not outcome.drive.quirks.knows_next_address or start == planned.start_lba:
        return planned
    if start is not None and start < 0 and planned.start_lba == 0:
        return planned
    if start is not None and start >= 0 and test_write:
        return replace(planned, start_lba=start)  # in a test write drives count in their own ways
    if start is not None and before is not None:
        if start < before.end_lba + PREGAP_SECTORS:
            raise InvalidReply(
                f"the drive took all {before.sectors} sectors of track {before.number}, and now wants track "
                f"{planned.number} at sector {start}, where that track and the gap after it must be: sectors "
                "were lost; try another drive or cable"
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


def pad(sectors: int, track: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """Send silence up to this length of the track; nothing if the audio was that long (`disc.padding`)."""
    while outcome.sent < sectors:
        count = min((yield MostSectors()), sectors - outcome.sent)
        outcome.lba = lba = track.start_lba + outcome.sent
        command = Write10(lba, bytes(count * SECTOR_BYTES))
        accepted = until_accepted(command, BUSY_SECONDS, busy_pause_seconds(outcome.drive.speed))
        yield from telling_underrun(accepted, outcome)
        outcome.sent += count
        outcome.lba = None
        yield SectorsDone(Phase.WRITING, track.number, outcome.sent, track.sectors)


def synchronize(
    phase: Phase = Phase.ENDING_TRACK, seconds: float = END_TRACK_SECONDS
) -> Procedure[DiscInformation]:
    """End the track, or the session; wait until what the drive adds itself is on the disc."""
    forms = SynchronizeCache(immediate=True), SynchronizeCache()
    try:
        yield from until_begun(forms, phase, seconds)
    except errors.DummyBlocksAdded:
        pass  # a vendor's way of saying that the track was padded to its shortest length
    except LossOfStreaming as error:
        if code(error) != PADDING_ADDED:
            raise
        yield Notice(f"the drive padded the end of the track itself ({error.sense})")
    return (yield from until_idle(phase, seconds))


def end_open_track(track: TrackInformation) -> Procedure[None]:
    """A track that another program, or a power cut, left unfinished is in the way of the next."""
    yield Notice(f"track {track.number} on the disc was never ended; ending it now")
    yield from close_track(track.number, Phase.PREPARING)


def close_track(number: int, phase: Phase) -> Procedure[None]:
    """CLOSE TRACK, until the track has its entry in the PMA."""

    def closed(_: DiscInformation) -> Procedure[bool]:
        try:
            now: TrackInformation = yield ReadTrackInformation(number)
        except (SenseError, InvalidReply):
            return False
        return not now.blank and now.next_writable_lba is None

    close = CloseTrackSession(CloseFunction.TRACK, number)
    yield from until_begun([close], phase, END_TRACK_SECONDS, begun=closed)
    yield from until_idle(phase, END_TRACK_SECONDS)
