"""What is recorded on a disc, as values; `state_json` stores them."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum, unique
from itertools import pairwise
from typing import Self

from redbook.disc import (
    FIRST_LEAD_IN_MINUTE,
    LAST_LBA,
    MOST_TRACKS,
    PREGAP_SECTORS,
    RUN_OUT_SECTORS,
    Msf,
    Toc,
    TocTrack,
    next_session_start,
)
from redbook.disc.cd_text import PACK_BYTES, Texts, parse
from redbook.disc.layout import LaidTrack, Pregap, Rule, SessionLayout
from redbook.records import dataclass

DATA_BIT = 4
"""Of a Q control nibble."""


_LET_PASS = (Rule.SHORT_TRACK, Rule.FIRST_PREGAP)
"""Some recorders write short tracks, and what was not ended has no length yet; a raw track 1 may begin at 0
with no pregap of its own in Q. Where a first pregap can be follows from what was there before."""


@unique
class TrackState(StrEnum):
    """incomplete: begun, not ended.  damaged: ended by a failure, its end unreadable."""

    INCOMPLETE = "incomplete"
    COMPLETE = "complete"
    DAMAGED = "damaged"


@unique
class HowWritten(StrEnum):
    """track-at-once: with 2 sectors of run-out after each track.  raw: the host made the sub-channel."""

    TRACK_AT_ONCE = "track-at-once"
    SESSION_AT_ONCE = "session-at-once"
    RAW = "raw"


@dataclass(slots=True)
class RecordedTrack:
    """One track on the disc.

    laid             where it is and what it is; of an incomplete track as far as that is known. Who made
                     its pregap no disc tells: it counts as sent
    written_sectors  sent by the host; of an incomplete track the data file knows how many. `sectors` has the
                     padding, too, that the drive added to a track shorter than 4 s
    data_mode        0 for audio; 1 or 2 (XA, form 1) for data, whose sectors are stored with sync, header and
                     parity, not scrambled
    """

    laid: LaidTrack
    written_sectors: int = 0
    state: TrackState = TrackState.INCOMPLETE
    data_mode: int = 0

    @property
    def number(self) -> int:
        return self.laid.number

    @property
    def start_lba(self) -> int:
        return self.laid.start_lba

    @property
    def sectors(self) -> int:
        return self.laid.sectors

    @sectors.setter
    def sectors(self, sectors: int) -> None:
        self.laid = replace(self.laid, sectors=sectors)

    @property
    def control(self) -> int:
        return self.laid.control

    @property
    def pregap_sectors(self) -> int:
        return self.laid.pregap_sectors

    @property
    def pregap_lba(self) -> int:
        return self.laid.pregap_lba

    @property
    def indexes(self) -> tuple[int, ...]:
        return self.laid.indexes

    @property
    def isrc(self) -> str:
        return self.laid.isrc

    @property
    def copy_alternates(self) -> bool:
        return self.laid.copy_alternates

    @property
    def toc_control(self) -> int:
        return self.laid.toc_control

    @property
    def end_lba(self) -> int:
        """The first of the two run-out sectors."""
        return self.laid.end_lba

    @property
    def is_data(self) -> bool:
        return self.data_mode != 0

    def index_at(self, lba: int) -> int:
        """Which index of the track this sector is in."""
        return self.laid.index_at(lba)


@dataclass(slots=True)
class RecordedSession:
    """A session: its tracks, and where its lead-out starts once it is closed.

    written  how; a session written at once or raw that is not closed is broken: it can't be gone on with
    mcn      thirteen digits, or empty
    cd_text  the packs of its lead-in, 18 bytes each, as hexadecimal digits
    """

    tracks: list[RecordedTrack] = field(default_factory=list)
    lead_out_lba: int | None = None
    written: HowWritten = HowWritten.TRACK_AT_ONCE
    mcn: str = ""
    cd_text: list[str] = field(default_factory=list)

    def layout(self, number: int = 1) -> SessionLayout:
        """As what it is: while it is open its lead-out is where it would begin.

        number  which session of the disc it is
        """
        end = self.tracks[-1].end_lba + self.run_out_sectors
        return SessionLayout(
            tuple(track.laid for track in self.tracks),
            end if self.lead_out_lba is None else self.lead_out_lba,
            self.mcn,
            bytes.fromhex("".join(self.cd_text)),
            number,
        )

    @classmethod
    def begun(cls, layout: SessionLayout, written: HowWritten) -> Self:
        """Announced, and not written yet: tracks that are incomplete, neither lead-out nor CD-Text."""
        tracks = [RecordedTrack(replace(track, pregap=Pregap.SENT)) for track in layout.tracks]
        return cls(tracks, written=written, mcn=layout.mcn)

    @property
    def all_texts(self) -> list[Texts]:
        """What the CD-Text says, one entry for each language."""
        return parse(bytes.fromhex("".join(self.cd_text)))

    @property
    def texts(self) -> Texts:
        """In the first language; empty if there is none."""
        return next(iter(self.all_texts), Texts())

    @property
    def run_out_sectors(self) -> int:
        """Behind each of its tracks."""
        return RUN_OUT_SECTORS if self.written is HowWritten.TRACK_AT_ONCE else 0


@dataclass(slots=True)
class DiscState:
    """A medium and everything recorded on it but the audio.

    medium          "cd-r", "cd-rw", or "cd-rom" for a pressed disc
    minutes         nominal playing time: 74, 80, 90, 99
    lead_in_start, last_lead_out  from the ATIP, as MM:SS:FF
    finished        the last session was closed without allowing another
    erase_count     how often a CD-RW was blanked
    """

    medium: str
    minutes: int
    lead_in_start: Msf
    last_lead_out: Msf
    sessions: list[RecordedSession] = field(default_factory=list)
    finished: bool = False
    write_protected: bool = False
    erase_count: int = 0

    @property
    def rewritable(self) -> bool:
        return self.medium == "cd-rw"

    @property
    def pressed(self) -> bool:
        return self.medium == "cd-rom"

    @property
    def last_lead_out_lba(self) -> int:
        return self.last_lead_out.sectors - 150

    @property
    def tracks(self) -> list[RecordedTrack]:
        return [track for session in self.sessions for track in session.tracks]

    @property
    def ended_tracks(self) -> list[RecordedTrack]:
        return [track for track in self.tracks if track.state is not TrackState.INCOMPLETE]

    @property
    def closed_sessions(self) -> list[RecordedSession]:
        return [session for session in self.sessions if session.lead_out_lba is not None]

    @property
    def open_session(self) -> RecordedSession | None:
        """The session that has tracks and is not closed."""
        return next((s for s in self.sessions if s.lead_out_lba is None), None)

    @property
    def broken_session(self) -> RecordedSession | None:
        """A session that had to be written at once and was not, or still is being written."""
        opened = self.open_session
        return opened if opened is not None and opened.written is not HowWritten.TRACK_AT_ONCE else None

    @property
    def open_track(self) -> RecordedTrack | None:
        """The one track that more can be written to."""
        if self.broken_session is not None:
            return None
        return next((t for t in self.tracks if t.state is TrackState.INCOMPLETE), None)

    @property
    def end_lba(self) -> int:
        """First sector after what is recorded: the last lead-out's start, or the last track's end."""
        if not self.sessions:
            return 0
        last = self.sessions[-1]
        if last.lead_out_lba is not None:
            return last.lead_out_lba
        if self.broken_session is not None:
            before = max((session.lead_out_lba or 0 for session in self.sessions), default=0)
            return max(
                (t.start_lba + t.written_sectors for t in last.tracks if t.written_sectors), default=before
            )
        track = last.tracks[-1]
        return track.end_lba + (RUN_OUT_SECTORS if track.state is not TrackState.INCOMPLETE else 0)

    @property
    def recorded_end_lba(self) -> int:
        """First sector after the last track that was ended, its run-out included."""
        ended = [(t, session) for session in self.sessions for t in session.tracks if t in self.ended_tracks]
        return max((t.end_lba + session.run_out_sectors for t, session in ended), default=0)

    def toc(self, sessions: list[RecordedSession]) -> Toc:
        """The table of contents of these sessions; an open one ends where its lead-out would start."""
        numbered = [(self.sessions.index(session) + 1, session) for session in sessions]
        tracks = tuple(
            TocTrack(track.number, track.start_lba, track.toc_control, number)
            for number, session in numbered
            for track in session.tracks
        )
        lead_out = sessions[-1].lead_out_lba
        return Toc(tracks, self.end_lba if lead_out is None else lead_out)

    def check(self) -> None:
        """Check that a disc can be in this state.  raises  ValueError  if none can"""
        if self.medium not in ("cd-r", "cd-rw", "cd-rom"):
            raise ValueError(f"medium {self.medium!r} is neither cd-r nor cd-rw nor cd-rom")
        if self.pressed and not self.finished:
            raise ValueError("a pressed disc that is not finished")
        if self.minutes not in (74, 80, 90, 99) or (self.rewritable and self.minutes == 99):
            raise ValueError(f"a {self.medium} cannot have {self.minutes} minutes")
        if len(self.tracks) > MOST_TRACKS:
            raise ValueError(f"{len(self.tracks)} tracks")
        if (
            self.lead_in_start.minute < FIRST_LEAD_IN_MINUTE
            or self.last_lead_out.minute >= FIRST_LEAD_IN_MINUTE
        ):
            raise ValueError(f"a lead-in at {self.lead_in_start}, a last lead-out at {self.last_lead_out}")
        self._check_sessions()
        self._check_tracks()
        if self.finished and (self.open_session or not self.sessions):
            raise ValueError("finished, but not closed")
        if self.end_lba > LAST_LBA:  # what is after the ATIP's last lead-out was overburned
            raise ValueError("more is recorded than a disc can hold")

    def _check_sessions(self) -> None:
        for session in self.sessions[:-1]:
            if session.lead_out_lba is None:
                raise ValueError("an open session is followed by another")
        for session in self.sessions:
            if not session.tracks:
                raise ValueError("a session without tracks")
            if session.lead_out_lba is not None:
                self._check_closed(session)
            for pack in session.cd_text:
                if len(bytes.fromhex(pack)) != PACK_BYTES:
                    raise ValueError(f"{pack} is not a CD-Text pack")
            for breach in session.layout().breaches():
                if breach.rule not in _LET_PASS:
                    raise ValueError(breach.text)
        for number, (session, following) in enumerate(pairwise(self.sessions), 1):
            first = next_session_start(session.lead_out_lba or 0, number) - PREGAP_SECTORS
            if following.tracks[0].pregap_lba < first:
                raise ValueError(f"session {number + 1} begins before sector {first}")

    @staticmethod
    def _check_closed(session: RecordedSession) -> None:
        for track in session.tracks:
            if track.state is TrackState.INCOMPLETE:
                raise ValueError(f"track {track.number} was never ended, but its session closed")

    def _check_tracks(self) -> None:
        free_from = -PREGAP_SECTORS
        number = self.tracks[0].number - 1 if self.tracks else 0
        if self.tracks and not 0 <= number <= MOST_TRACKS - len(self.tracks):
            raise ValueError(f"{len(self.tracks)} tracks from number {number + 1} on")
        for session in self.sessions:
            at_once = session.written is not HowWritten.TRACK_AT_ONCE
            for track in session.tracks:
                number += 1
                if track.number != number:
                    raise ValueError(f"track {track.number} where track {number} is expected")
                if not 0 <= track.written_sectors <= track.sectors or track.start_lba < max(free_from, 0):
                    raise ValueError(f"track {track.number} is in an impossible place")
                if track.pregap_lba < free_from:
                    raise ValueError(f"the pregap of track {track.number} is in an impossible place")
                if track.data_mode not in (0, 1, 2) or track.is_data != bool(track.control & DATA_BIT):
                    raise ValueError(
                        f"track {track.number}: data mode {track.data_mode}, control {track.control}"
                    )
                if track.state is TrackState.INCOMPLETE and track is not self.tracks[-1] and not at_once:
                    raise ValueError(f"track {track.number} was never ended")
                free_from = track.end_lba + session.run_out_sectors
