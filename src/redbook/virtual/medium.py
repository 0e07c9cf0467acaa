"""A disc in the virtual recorder: what may be recorded on it next, and what that changes.

The six states of a recordable medium (blank, track open, session open, appendable, writing a later
session, complete) are not stored as such: they follow from `DiscState`.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import NamedTuple

from redbook.disc import (
    MOST_TRACKS,
    PREGAP_SECTORS,
    RUN_OUT_SECTORS,
    SECTOR_BYTES,
    SHORTEST_TRACK_SECTORS,
    TAO_GAP_SECTORS,
    Msf,
    Toc,
    next_session_start,
)
from redbook.errors import ImageError, Sense
from redbook.image.base import DiscState, RecordedSession, RecordedTrack, TrackState
from redbook.image.folder import FolderStore, NewFolderStore
from redbook.image.store import MemoryStore, Store
from redbook.mmc import sense
from redbook.mmc.disc_info import (
    Atip,
    DiscInformation,
    DiscStatus,
    SessionStatus,
    TocPoint,
    TrackInformation,
)


class Refused(Exception):
    """The answer is CHECK CONDITION with this sense."""

    def __init__(self, key: int, asc: int, ascq: int, information: int | None = None) -> None:
        super().__init__(key, asc, ascq)
        self.sense = Sense(key, asc, ascq, information)


class Blank(NamedTuple):
    """What the groove of a blank says.

    Plausible values, not those of a maker's product: virtual-disc times in the ranges of real discs.
    speed_codes: lowest and highest test speed of a CD-RW, in the code of its sub-type.
    """

    lead_in_start: Msf
    last_lead_out: Msf
    sub_type: int = 0
    speed_codes: tuple[int, int] | None = None


BLANKS: dict[tuple[str, int], Blank] = {
    ("cd-r", 74): Blank(Msf(97, 24, 1), Msf(74, 43, 0)),
    ("cd-r", 80): Blank(Msf(97, 34, 23), Msf(79, 59, 74)),
    ("cd-r", 90): Blank(Msf(97, 31, 4), Msf(89, 59, 74)),
    ("cd-rw", 74): Blank(Msf(97, 34, 23), Msf(74, 12, 0), 0, (1, 2)),  # 2x to 4x
    ("cd-rw", 80): Blank(Msf(97, 34, 23), Msf(79, 59, 74), 1, (2, 4)),  # high speed, 4x to 10x
    ("cd-rw", 90): Blank(Msf(97, 34, 23), Msf(89, 59, 74), 1, (2, 4)),
}


def blank_state(medium: str = "cd-r", minutes: int = 80, write_protected: bool = False) -> DiscState:
    """A disc fresh from the spindle.

    raises  ValueError  for a kind of disc that there is none of
    """
    kind = BLANKS.get((medium, minutes))
    if kind is None:
        known = ", ".join(f"{name} {length}" for name, length in BLANKS)
        raise ValueError(f"no {medium} of {minutes} minutes; there are {known}")
    return DiscState(medium, minutes, kind.lead_in_start, kind.last_lead_out, write_protected=write_protected)


def _is_nothing(path: Path) -> bool:
    """Whether a new disc may be made there: an empty folder is as good as none."""
    return not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir()))


class Medium:
    """One disc. Every change goes to the store before the caller is told."""

    def __init__(self, state: DiscState, store: Store | None = None, path: Path | None = None) -> None:
        self.state = state
        self._store = store if store is not None else MemoryStore()
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Medium:
        """The disc in this folder, held until `close`.  raises  DriveBusy, ImageError"""
        store = FolderStore.open(path)
        medium = cls(store.state, store, path)
        medium._recover()
        return medium

    @classmethod
    def new(cls, medium: str = "cd-r", minutes: int = 80, write_protected: bool = False) -> Medium:
        """A blank disc in memory."""
        return cls(blank_state(medium, minutes, write_protected))

    @classmethod
    def new_at(cls, path: Path) -> Medium:
        """A blank 80-minute CD-R, whose folder is made when it is first written to."""
        return cls(blank_state(), NewFolderStore(path), path)

    @classmethod
    def at(cls, path: Path) -> Medium:
        """The disc in this folder, or a new one where nothing is yet.  raises  DriveBusy, ImageError"""
        try:
            new = _is_nothing(path)
            path.exists()  # a name that no file can have, a folder closed to us
        except OSError as error:
            raise ImageError(f"{path} cannot be opened as a virtual disc: {error.strerror}") from error
        return cls.new_at(path) if new else cls.open(path)

    def simulated(self) -> Medium:
        """A copy for a test write: it takes every command and keeps no audio."""
        return Medium(copy.deepcopy(self.state), MemoryStore(keep=False))

    def close(self) -> None:
        self._store.close()

    def let_go(self) -> None:
        """Leave the folder to other programs until `take_up`."""
        if self.path is not None:
            self._store.close()

    def lock(self, owner: str) -> None:
        """Keep the folder for `owner` alone; it is made, if that was still to come.

        raises  StorageFailed
        """
        self._store.reserve(self.state)
        self._store.set_owner(owner)

    def unlock(self) -> None:
        self._store.set_owner("")

    def take_up(self) -> bool:
        """Hold the folder again; whether the disc is another one than before.

        raises  DriveBusy, ImageError
        """
        if self.path is None or self._store.held:
            return False
        if isinstance(self._store, NewFolderStore) and not self._store.made and _is_nothing(self.path):
            return False  # it is still to be made
        before = self.state
        store = FolderStore.open(self.path)
        self._store, self.state = store, store.state
        self._recover()
        return self.state != before

    def _recover(self) -> None:
        """A track that was being written when the power went: the data tell how far it came."""
        track = self.state.open_track
        if track is not None:
            written = max(0, self._store.recorded_sectors() - track.start_lba)
            limit = self.state.last_lead_out_lba - RUN_OUT_SECTORS - track.start_lba
            track.written_sectors = track.sectors = min(written, limit)
        elif self._store.recorded_sectors() < self.state.end_lba and self._store.writable:
            self._store.resize(self.state.end_lba)  # run-out and padding that were not made any more

    # What is on it

    @property
    def write_protected(self) -> bool:
        return self.state.write_protected or not self._store.writable

    @property
    def status(self) -> DiscStatus:
        if not self.state.sessions:
            return DiscStatus.BLANK
        return DiscStatus.COMPLETE if self.state.finished else DiscStatus.APPENDABLE

    @property
    def atip(self) -> Atip:
        kind = BLANKS[self.state.medium, self.state.minutes]
        return Atip(
            lead_in_start=self.state.lead_in_start,
            last_lead_out=self.state.last_lead_out,
            rewritable=self.state.rewritable,
            sub_type=kind.sub_type,
            speed_codes=kind.speed_codes,
        )

    @property
    def next_track_number(self) -> int:
        return len(self.state.tracks) + 1

    @property
    def next_writable_lba(self) -> int:
        """Where the next WRITE must go.  raises  Refused 5/24/00 on a finished disc"""
        state = self.state
        if state.finished:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        if state.open_track:
            return state.open_track.start_lba + state.open_track.written_sectors
        if state.open_session:
            return state.open_session.tracks[-1].end_lba + TAO_GAP_SECTORS
        if state.sessions:
            return next_session_start(state.end_lba, len(state.sessions))
        return 0

    def disc_information(self) -> DiscInformation:
        state = self.state
        opened = state.open_session
        next_number = self.next_track_number
        if opened:
            session_status = SessionStatus.INCOMPLETE
            last = next_number - 1 if state.open_track else next_number
            tracks = (opened.tracks[0].number, last)
            sessions = len(state.sessions)
        elif state.finished:
            session_status = SessionStatus.COMPLETE
            tracks = (state.sessions[-1].tracks[0].number, next_number - 1)
            sessions = len(state.sessions)
        else:
            session_status = SessionStatus.EMPTY
            tracks = (next_number, next_number)
            sessions = len(state.sessions) + 1
        return DiscInformation(
            status=self.status,
            last_session_status=session_status,
            erasable=state.rewritable,
            first_track=1,
            sessions=sessions,
            first_track_of_last_session=tracks[0],
            last_track_of_last_session=tracks[1],
            disc_type=0x00 if state.sessions else 0xFF,
            last_session_lead_in=None if state.finished else self._lead_in_start(),
            last_lead_out=None if state.finished else state.last_lead_out,
        )

    def _lead_in_start(self) -> Msf:
        closed = self.state.closed_sessions
        if not closed:
            return self.state.lead_in_start
        lead_out = closed[-1].lead_out_lba or 0
        return Msf.from_lba(next_session_start(lead_out, len(closed)) - PREGAP_SECTORS - 4500)

    def track_information(self, number: int, track_mode: int) -> TrackInformation:
        """A track by number; the one after the last is the invisible track.

        track_mode  control nibble that page 05h gives a track not begun yet
        raises  Refused 5/24/00 where there is no such track
        """
        if 1 <= number < self.next_track_number:
            return self._existing_track(self.state.tracks[number - 1])
        if number != self.next_track_number:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        start = self.next_writable_lba
        free = max(0, self.state.last_lead_out_lba - start)
        session = len(self.state.closed_sessions) + 1
        return TrackInformation(number, session, track_mode, True, False, start, start, free, free)

    def _existing_track(self, track: RecordedTrack) -> TrackInformation:
        session = next(i for i, s in enumerate(self.state.sessions, 1) if track in s.tracks)
        writing = track.state is TrackState.INCOMPLETE
        last = self.state.last_lead_out_lba
        return TrackInformation(
            number=track.number,
            session=session,
            control=track.control,
            blank=False,
            damaged=track.state is TrackState.DAMAGED,
            start_lba=track.start_lba,
            next_writable_lba=self.next_writable_lba if writing else None,
            free_sectors=last - self.next_writable_lba if writing else 0,
            track_sectors=last - track.start_lba if writing else track.sectors,
            last_recorded_lba=track.start_lba + track.sectors - 1,
        )

    def track_at(self, lba: int) -> int:
        """Number of the track that holds this sector (its gap belongs to the one before), or the next."""
        for track in reversed(self.state.tracks):
            if lba >= track.start_lba:
                inside = lba < track.end_lba + RUN_OUT_SECTORS or track.state is TrackState.INCOMPLETE
                return track.number if inside else track.number + 1
        return 1

    def toc(self) -> Toc:
        """Of all closed sessions.  raises  Refused 5/24/00 where there is none"""
        closed = self.state.closed_sessions
        if not closed:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        return self.state.toc(closed)

    def lead_in_points(self, first_session: int) -> list[TocPoint]:
        """Every Q entry of the closed sessions' lead-ins, from this session on."""
        self.toc()
        points = []
        for number, session in enumerate(self.state.closed_sessions, 1):
            if number >= first_session:
                points += self._session_points(number, session)
        return points

    def _session_points(self, number: int, session: RecordedSession) -> list[TocPoint]:
        first, last = session.tracks[0], session.tracks[-1]
        lead_out = session.lead_out_lba or 0
        points = [
            TocPoint(number, 1, first.control, 0xA0, (first.number, 0, 0)),
            TocPoint(number, 1, last.control, 0xA1, (last.number, 0, 0)),
            TocPoint(number, 1, last.control, 0xA2, _msf(lead_out)),
        ]
        points += [TocPoint(number, 1, t.control, t.number, _msf(t.start_lba)) for t in session.tracks]
        another = not self.state.finished or number < len(self.state.sessions)
        if another or number > 1:
            following = _msf(next_session_start(lead_out, number) - PREGAP_SECTORS)
            limit = self.state.last_lead_out
            points.append(
                TocPoint(
                    *(number, 5, 0, 0xB0),
                    (limit.minute, limit.second, limit.frame),
                    following if another else (0xFF, 0xFF, 0xFF),
                    2 if number == 1 else 1,
                )
            )
        if number == 1:
            start = self.state.lead_in_start
            points.append(TocPoint(1, 5, 0, 0xC0, (start.minute, start.second, start.frame)))
        return points

    def pma_points(self) -> list[TocPoint]:
        """One entry for each track that was ended: its start, and where it stops."""
        return [
            TocPoint(0, 1, t.control, t.number, _msf(t.start_lba), _msf(t.end_lba))
            for t in self.state.ended_tracks
        ]

    def read(self, lba: int, sectors: int) -> bytes:
        """Audio as recorded; the run-out and the gaps read as silence.

        raises  Refused 5/21/00 where nothing is recorded
        """
        if lba < 0 or lba + sectors > self.state.end_lba:
            raise Refused(sense.ILLEGAL, 0x21, 0, max(lba, self.state.end_lba))
        return self._store.read(lba, sectors)

    # What changes it

    def announce(self, data_bytes: int) -> None:
        """raises  StorageFailed  where the host cannot keep a disc of so many bytes"""
        self._store.check_room(data_bytes)

    def calibrate(self) -> None:
        """The first thing that touches a disc.  raises  StorageFailed"""
        self._store.reserve(self.state)

    def begin_track(self, control: int) -> RecordedTrack:
        """raises  Refused 5/63/00 for the 100th track"""
        if self.next_track_number > MOST_TRACKS:
            raise Refused(sense.ILLEGAL, 0x63, 0, self.next_writable_lba)
        track = RecordedTrack(self.next_track_number, self.next_writable_lba, control=control)
        session = self.state.open_session
        if session is None:
            session = RecordedSession()
            self.state.sessions.append(session)
        session.tracks.append(track)
        try:
            self._store.resize(track.start_lba)
            self._store.save(self.state)
        except BaseException:
            session.tracks.remove(track)
            self.state.sessions = [s for s in self.state.sessions if s.tracks]
            raise
        return track

    def append(self, track: RecordedTrack, data: bytes | memoryview) -> None:
        """More sectors of the open track."""
        self._store.write(track.start_lba + track.written_sectors, data)
        track.written_sectors += len(data) // SECTOR_BYTES
        track.sectors = track.written_sectors

    def end_track(self, state: TrackState = TrackState.COMPLETE) -> None:
        """Run-out and PMA entry; a track shorter than 4 s is padded. Nothing happens if none is open."""
        track = self.state.open_track
        if track is None:
            return
        track.sectors = max(track.written_sectors, SHORTEST_TRACK_SECTORS)
        track.state = state
        try:
            self._store.save(self.state)
        except BaseException:
            track.sectors, track.state = track.written_sectors, TrackState.INCOMPLETE
            raise
        self._store.resize(track.end_lba + RUN_OUT_SECTORS)

    def end_session(self, next_allowed: bool) -> None:
        """Lead-in and lead-out. Nothing happens if the session is empty.

        raises  Refused 5/72/03 with a track still open
        """
        session = self.state.open_session
        if self.state.open_track:
            raise Refused(sense.ILLEGAL, 0x72, 0x03)
        if session is None:
            return
        session.lead_out_lba = session.tracks[-1].end_lba + RUN_OUT_SECTORS
        self.state.finished = not next_allowed
        try:
            self._store.save(self.state)
        except BaseException:
            session.lead_out_lba, self.state.finished = None, False
            raise

    def erase(self) -> None:
        """raises  Refused 5/30/06 for a CD-R, 7/27/00 for a protected disc"""
        if not self.state.rewritable:
            raise Refused(sense.ILLEGAL, 0x30, 0x06)
        if self.write_protected:
            raise Refused(sense.PROTECT, 0x27, 0)
        before = copy.deepcopy(self.state)
        self.state.sessions = []
        self.state.finished = False
        self.state.erase_count += 1
        try:
            self._store.save(self.state)
        except BaseException:
            self.state = before
            raise
        self._store.resize(0)


def _msf(lba: int) -> tuple[int, int, int]:
    msf = Msf.from_lba(lba)
    return msf.minute, msf.second, msf.frame
