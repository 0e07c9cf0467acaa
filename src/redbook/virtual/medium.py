"""A disc in the virtual recorder: what may be recorded on it next, and what that changes.

The states of a recordable medium (blank, track open, session open, appendable, writing a later session,
complete; spoiled, where a session that had to be written at once was not) are not stored as such: they follow
from `DiscState`.

Only one thread may touch it at a time. It has no lock; the recorder that it is in holds its own for each
command and each move of a hand. A folder is locked against other processes by its store, from `open` or
`take_up` to `close` or `let_go`.

What is on the disk when the process dies: audio goes to the store as it arrives, the state only when a track
or session begins and ends. A state never mentions a track whose audio is missing. Padding and run-out are
silence, and are made after the state that counts them: `_recover` makes up for them, and measures a track
that was open and how far a session written at once had come. In the process it is the reverse: what a block
under `_changing` did is undone if the state cannot be stored, by restoring a copy. A `RecordedTrack` from
before is then no longer part of the disc.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path

from redbook.disc import (
    MOST_TRACKS,
    PREGAP_SECTORS,
    RUN_OUT_SECTORS,
    SECTOR_BYTES,
    TAO_GAP_SECTORS,
    Toc,
    next_session_start,
)
from redbook.disc.layout import LaidTrack
from redbook.disc.padding import padded
from redbook.image.base import DiscState, HowWritten, RecordedSession, RecordedTrack, TrackState
from redbook.image.folder import FolderStore
from redbook.image.new_folder import NewFolderStore
from redbook.image.state_file import cannot_be_opened
from redbook.image.store import MemoryStore, Store
from redbook.image.view import FolderView
from redbook.mmc import sense
from redbook.mmc.disc_info import (
    Atip,
    DiscStatus,
)
from redbook.virtual.blanks import BLANKS, blank_state
from redbook.virtual.displacement import WriteShift
from redbook.virtual.refused import Refused
from redbook.virtual.simulation import Simulation

NO_MODE = -1
"""The data mode of sectors that are in no track."""


def in_words(medium: Medium) -> str:
    """What it is, and what is on it: "CD-R 80 min, complete, 3 tracks"."""
    spoiled = medium.state.broken_session is not None
    status = "spoiled" if spoiled else medium.status.name.lower()
    words = f"{medium.state.medium.upper()} {medium.state.minutes} min, {status}"
    if spoiled:
        return words
    if medium.state.tracks:
        count = len(medium.state.tracks)
        words += f", {count} track{'s' if count > 1 else ''}"
    return words


def _is_nothing(path: Path) -> bool:
    """Whether a new disc may be made there: an empty folder counts as none."""
    return not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir()))


def _is_new(path: Path) -> bool:
    """The same.  raises  ImageError"""
    try:
        new = _is_nothing(path)
        path.exists()  # a name that no file can have, a folder closed to us
    except OSError as error:
        raise cannot_be_opened(path, error) from error
    return new


class Medium:
    """One disc. Every change goes to the store before the caller is told.

    at_once_lba  the next sector of a session that is being written at once or raw; None while none is
    in_use       for a disc opened only for reading: whether another program has it open to change it
    """

    def __init__(self, state: DiscState, store: Store | None = None, path: Path | None = None) -> None:
        self.state = state
        self.at_once_lba: int | None = None
        self.in_use = False
        self._store = store if store is not None else MemoryStore()
        self._shift = WriteShift(0)
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Medium:
        """The disc in this folder, held until `close`.  raises  DriveBusy, ImageError"""
        store = FolderStore.open(path)
        medium = cls(store.state, store, path)
        medium._recover()
        return medium

    @classmethod
    def look(cls, path: Path) -> Medium:
        """The disc in this folder as it is now, or a new one if there is nothing yet, for reading only.
        Nothing

        is written there and nothing is locked; whatever would change it is refused.  raises  ImageError
        """
        if _is_new(path):
            return cls(blank_state(), NewFolderStore(path, make=False), path)
        view = FolderView.look(path)
        medium = cls(view.state, view, path)
        medium.in_use = view.in_use
        medium._recover(mend=False)
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
        """The disc in this folder, or a new one if there is nothing yet.  raises  DriveBusy, ImageError"""
        return cls.new_at(path) if _is_new(path) else cls.open(path)

    def simulated(self) -> Medium:
        """A copy for a test write: it accepts every command and keeps no audio; what was there before can be
        read.
        """
        return Medium(copy.deepcopy(self.state), Simulation(self._store))

    def close(self) -> None:
        self._store.close()

    def let_go(self) -> None:
        """Leave the folder to other programs until `take_up`."""
        self._store.close()

    def lock(self, owner: str) -> None:
        """Reserve the folder for `owner`; it is created if it does not exist yet.

        raises  StorageFailed
        """
        self._store.reserve(self.state)
        self._store.set_owner(owner)

    def unlock(self) -> None:
        self._store.set_owner("")

    def take_up(self) -> bool:
        """Hold the folder again; returns whether the disc is a different one than before.

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

    def _recover(self, mend: bool = True) -> None:
        """A track that was being written when the power went: the data show how far it came."""
        track = self.state.open_track
        if track is not None:
            written = max(0, self._store.recorded_sectors() - track.start_lba)
            limit = self.state.last_lead_out_lba - RUN_OUT_SECTORS - track.start_lba
            track.written_sectors = track.sectors = min(written, limit)
        elif self.state.broken_session is not None:
            self._measure(self.state.broken_session)
        elif mend and self._store.recorded_sectors() < self.state.end_lba and self._store.writable:
            self._store.resize(self.state.end_lba)  # run-out and padding that were not made any more

    def _measure(self, session: RecordedSession) -> None:
        """How much of each track of a session written at once has come, by the length of the data."""
        end = self._store.recorded_sectors()
        for track in session.tracks:
            track.written_sectors = min(track.sectors, max(0, end - track.start_lba))

    # What is on it

    @property
    def write_protected(self) -> bool:
        return self.state.write_protected or not self._store.writable

    def reach_lba(self, overburn_sectors: int) -> int:
        """The latest lead-out, in a recorder that goes this far beyond what the ATIP says."""
        kind = BLANKS.get((self.state.medium, self.state.minutes))
        ends = [self.state.last_lead_out_lba + overburn_sectors]
        if kind is not None and kind.reach is not None:
            ends.append(kind.reach.program_lba)
        return max(ends)

    @property
    def status(self) -> DiscStatus:
        if not self.state.sessions:
            return DiscStatus.BLANK
        return DiscStatus.COMPLETE if self.state.finished else DiscStatus.APPENDABLE

    @property
    def atip(self) -> Atip | None:
        """None for a pressed disc, which has no groove to say anything."""
        if self.state.pressed:
            return None
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
        """After the existing ones; on a blank disc 1, but a sheet or a lead-in may give another."""
        return self.state.tracks[-1].number + 1 if self.state.tracks else 1

    def track(self, number: int) -> RecordedTrack | None:
        """The track of this number; None if there is none."""
        return next((track for track in self.state.tracks if track.number == number), None)

    @property
    def track_being_written(self) -> int | None:
        """Number of the track that more is being, or can be, written to."""
        if self.state.open_track is not None:
            return self.state.open_track.number
        if self.at_once_lba is None:
            return None
        tracks = self.state.sessions[-1].tracks
        reached = [t.number for t in tracks if t.pregap_lba <= self.at_once_lba]
        return max(reached, default=tracks[0].number)

    @property
    def next_writable_lba(self) -> int:
        """Where the next WRITE must go.  raises  Refused 5/24/00 on a finished disc"""
        state = self.state
        if self.at_once_lba is not None:
            return self.at_once_lba
        if state.finished or state.broken_session is not None:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        if state.open_track:
            return state.open_track.start_lba + state.open_track.written_sectors
        if state.open_session:
            return state.open_session.tracks[-1].end_lba + TAO_GAP_SECTORS
        if state.sessions:
            return next_session_start(state.end_lba, len(state.sessions))
        return 0

    def toc(self) -> Toc:
        """Of all closed sessions.  raises  Refused 5/24/00  if there is none"""
        closed = self.state.closed_sessions
        if not closed:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        return self.state.toc(closed)

    def cd_text(self) -> bytes:
        """The packs in the first lead-in that has some.  raises  Refused 5/24/00  if none has"""
        packs = next((session.cd_text for session in self.state.closed_sessions if session.cd_text), None)
        if packs is None:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        return bytes.fromhex("".join(packs))

    def read(self, lba: int, sectors: int) -> bytes:
        """Audio as recorded; the run-out and the gaps read as silence.

        lba  from -150, the first sector of the first pregap, on

        raises  Refused 5/21/00 where nothing is recorded
        """
        self.check_readable(lba, sectors)
        return self._store.read(lba, sectors)

    def check_readable(self, lba: int, sectors: int) -> None:
        """Check that these sectors are recorded; -150 is the first that can be.

        raises  Refused 5/21/00 where nothing is recorded
        """
        end = self.state.end_lba
        if lba < -PREGAP_SECTORS or lba + sectors > end or not end:
            raise Refused(sense.ILLEGAL, 0x21, 0, max(lba, end))

    def data_mode(self, lba: int) -> int:
        """The mode of the track that this sector or its pregap belongs to; 0 for audio, NO_MODE in the
        lead-out of data.
        """
        for session in reversed(self.state.sessions):
            for track in reversed(session.tracks):
                if track.pregap_lba <= lba:
                    ended = session.lead_out_lba is not None and lba >= session.lead_out_lba
                    return NO_MODE if ended and track.is_data else track.data_mode
        return self.state.tracks[0].data_mode if self.state.tracks else 0

    def first_of_another_kind(self, lba: int, end_lba: int, kinds: Container[int]) -> int | None:
        """The first sector whose data mode is none of these."""
        borders = [track.pregap_lba for track in self.state.tracks]
        borders += [session.lead_out_lba for session in self.state.sessions if session.lead_out_lba]
        while lba < end_lba:
            if self.data_mode(lba) not in kinds:
                return lba
            lba = min((border for border in borders if border > lba), default=end_lba)
        return None

    def read_sub_channel(self, lba: int, sectors: int) -> bytes:
        """96 symbols per sector, as a program wrote them; zeros where none did."""
        return self._store.read_sub_channel(lba, sectors)

    # What changes it

    def be_written_by(self, offset_samples: int) -> None:
        """From the next track or session on, audio is written this many samples late; negative for early."""
        self._shift = WriteShift(offset_samples)

    def _put(self, lba: int, data: bytes | memoryview) -> None:
        for at, sectors in self._shift.feed(lba, data):
            if at < -PREGAP_SECTORS:  # moved into the lead-in, where nobody reads it
                sectors = sectors[(-PREGAP_SECTORS - at) * SECTOR_BYTES :]
                at = -PREGAP_SECTORS
            self._store.write(at, sectors)

    def _settle(self) -> None:
        """Nothing more follows: what was shifted out of its last sector is recorded after it."""
        for at, sectors in self._shift.finish():
            self._store.write(at, sectors)

    def announce(self, data_bytes: int) -> None:
        """Check that the host has room for a disc of this many bytes in all.

        raises  StorageFailed  if it has not
        """
        self._store.check_room(data_bytes)

    def calibrate(self) -> None:
        """The first thing that touches a disc.  raises  StorageFailed"""
        self._store.reserve(self.state)

    @contextmanager
    def _changing(self) -> Iterator[DiscState]:
        """The state is stored when the block ends, or is restored to what it was."""
        before = copy.deepcopy(self.state)
        try:
            yield self.state
            self._store.save(self.state)
        except BaseException:
            self.state = before
            raise

    def begin_track(
        self, control: int, *, isrc: str = "", mcn: str = "", copy_alternates: bool = False
    ) -> RecordedTrack:
        """Begin a track at the next writable address, and a session if none is open.

        raises  Refused 5/63/00 for the 100th track
        """
        if self.next_track_number > MOST_TRACKS:
            raise Refused(sense.ILLEGAL, 0x63, 0, self.next_writable_lba)
        laid = LaidTrack(
            self.next_track_number,
            self.next_writable_lba,
            0,
            PREGAP_SECTORS,
            control=control,
            isrc=isrc,
            copy_alternates=copy_alternates,
        )
        track = RecordedTrack(laid)
        with self._changing() as state:
            session = state.open_session
            if session is None:
                session = RecordedSession()
                state.sessions.append(session)
            session.tracks.append(track)
            session.mcn = mcn or session.mcn
            self._store.resize(track.start_lba)
        return track

    def append(self, track: RecordedTrack, data: bytes | memoryview) -> None:
        """More sectors of the open track."""
        self._put(track.start_lba + track.written_sectors, data)
        track.written_sectors += len(data) // SECTOR_BYTES
        track.sectors = track.written_sectors

    def forget(self, track: RecordedTrack, sectors: int) -> None:
        """The last sectors of the open track, this many, never reached the disc."""
        self._shift.drop()
        track.written_sectors = track.sectors = max(0, track.written_sectors - sectors)
        self._store.resize(track.end_lba)

    def end_track(self, state: TrackState = TrackState.COMPLETE) -> None:
        """Run-out and PMA entry; nothing happens if no track is open.

        A track shorter than 4 s is padded (`disc.padding`).
        """
        if self.state.open_track is None:
            return
        self._settle()
        with self._changing() as changed:
            track = changed.open_track
            assert track is not None
            track.sectors = padded(track.written_sectors)
            track.state = state
        self._store.resize(self.state.end_lba)

    def end_session(self, next_allowed: bool) -> None:
        """Lead-in and lead-out. Nothing happens if the session is empty.

        raises  Refused 5/72/03 with a track still open, or a session that was not written completely
        """
        if self.state.open_track or self.state.broken_session:
            raise Refused(sense.ILLEGAL, 0x72, 0x03)
        if self.state.open_session is None:
            return
        with self._changing() as state:
            session = state.sessions[-1]
            session.lead_out_lba = session.tracks[-1].end_lba + session.run_out_sectors
            state.finished = not next_allowed

    def begin_at_once(self, session: RecordedSession, first_lba: int) -> None:
        """A session that is announced as a whole, with its tracks INCOMPLETE; until `end_at_once` it is
        broken.

        first_lba  of the first sector that will be sent
        """
        with self._changing() as state:
            state.sessions.append(session)
            self._store.resize(max(0, session.tracks[0].pregap_lba))
        self.at_once_lba = first_lba

    def put_at_once(self, lba: int, data: bytes | memoryview, symbols: bytes = b"") -> None:
        """Sectors of that session, and their sub-channel if it was sent with them."""
        self._put(lba, data)
        if symbols:
            self._store.write_sub_channel(lba, symbols)

    def end_at_once(self, session: RecordedSession, *, next_allowed: bool) -> None:
        """It is now as `session` says; its lead-out has been written."""
        lead_out = session.lead_out_lba
        assert lead_out is not None
        self.at_once_lba = None
        self._settle()
        self._store.resize(lead_out)
        with self._changing() as state:
            state.sessions[-1] = session
            for track in session.tracks:
                track.state = TrackState.COMPLETE
                track.written_sectors = track.sectors
            state.finished = not next_allowed

    def leave_at_once(self, lost_sectors: int = 0) -> None:
        """It ends here, and cannot be continued; the last sectors, this many, never reached the disc."""
        if self.at_once_lba is not None:
            self._settle()
            if lost_sectors:
                reached = max(0, self.at_once_lba - lost_sectors)
                self._store.resize(min(self._store.recorded_sectors(), reached))
            self.at_once_lba = None
            self._measure(self.state.sessions[-1])

    def erase(self) -> None:
        """Erase the whole disc: it is blank afterwards.

        raises  Refused 5/30/06 for a CD-R, 7/27/00 for a protected disc
        """
        self._check_erasable()
        with self._changing() as state:
            state.sessions = []
            state.finished = False
            state.erase_count += 1
        self._store.resize(0)

    def unclose(self) -> None:
        """Remove lead-in and lead-out of the last session.  raises

        Refused 5/24/00  if it is not closed, or was written at once: nothing could be added
        """
        self._check_erasable()
        sessions = self.state.sessions
        if not sessions or self.state.open_session or sessions[-1].written is not HowWritten.TRACK_AT_ONCE:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        with self._changing() as state:
            state.sessions[-1].lead_out_lba = None
            state.finished = False

    def erase_last_session(self) -> None:
        """Erase the last session, open or closed.

        raises  Refused 5/24/00 where there is none, 5/30/06 for a CD-R, 7/27/00 for a protected disc
        """
        self._check_erasable()
        if not self.state.sessions:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        with self._changing() as state:
            del state.sessions[-1]
            state.finished = False
        self._store.resize(self.state.end_lba)

    def _check_erasable(self) -> None:
        if not self.state.rewritable:
            raise Refused(sense.ILLEGAL, 0x30, 0x06)
        if self.write_protected:
            raise Refused(sense.PROTECT, 0x27, 0)
