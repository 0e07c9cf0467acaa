"""What is recorded on a disc, as values that can be stored.

The shapes are those of `disc.json`; `docs/disc-folder.md` describes the file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import asdict, dataclass, field
from enum import StrEnum, unique
from typing import Any, Self

from redbook.disc import MOST_TRACKS, RUN_OUT_SECTORS, Msf, Toc, TocTrack

FORMAT = "redbook-disc"
VERSION = 1


@unique
class TrackState(StrEnum):
    """incomplete: begun, not ended.  damaged: ended by a failure, its end unreadable."""

    INCOMPLETE = "incomplete"
    COMPLETE = "complete"
    DAMAGED = "damaged"


@dataclass(slots=True)
class RecordedTrack:
    """One track on the disc.

    start_lba        of the first sector that the host sent (index 1)
    written_sectors  sent by the host; of an incomplete track the data file knows how many
    sectors          with the padding that the drive added to a track shorter than 4 s
    control          Q control nibble
    """

    number: int
    start_lba: int
    written_sectors: int = 0
    sectors: int = 0
    control: int = 0
    state: TrackState = TrackState.INCOMPLETE

    @property
    def end_lba(self) -> int:
        """The first of the two run-out sectors."""
        return self.start_lba + self.sectors


@dataclass(slots=True)
class RecordedSession:
    """A session: its tracks, and where its lead-out starts once it is closed."""

    tracks: list[RecordedTrack] = field(default_factory=list)
    lead_out_lba: int | None = None


@dataclass(slots=True)
class DiscState:
    """A medium and everything recorded on it but the audio.

    medium          "cd-r" or "cd-rw"
    minutes         nominal playing time: 74, 80, 90
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
    def open_track(self) -> RecordedTrack | None:
        return next((t for t in self.tracks if t.state is TrackState.INCOMPLETE), None)

    @property
    def end_lba(self) -> int:
        """First sector behind what is recorded: the last lead-out's start, or the last track's end."""
        if not self.sessions:
            return 0
        last = self.sessions[-1]
        if last.lead_out_lba is not None:
            return last.lead_out_lba
        track = last.tracks[-1]
        return track.end_lba + (RUN_OUT_SECTORS if track.state is not TrackState.INCOMPLETE else 0)

    def toc(self, sessions: list[RecordedSession]) -> Toc:
        """The table of contents of these sessions; an open one ends where its lead-out would start."""
        numbered = [(self.sessions.index(session) + 1, session) for session in sessions]
        tracks = tuple(
            TocTrack(track.number, track.start_lba, track.control, number)
            for number, session in numbered
            for track in session.tracks
        )
        lead_out = sessions[-1].lead_out_lba
        return Toc(tracks, self.end_lba if lead_out is None else lead_out)

    def to_json(self) -> dict[str, Any]:
        data = {"format": FORMAT, "version": VERSION} | asdict(self)
        data["lead_in_start"] = str(self.lead_in_start)
        data["last_lead_out"] = str(self.last_lead_out)
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """raises  KeyError, TypeError, ValueError  where the data are no disc"""
        fields = {key: value for key, value in data.items() if key not in ("format", "version")}
        missing = {field.name for field in dataclasses.fields(cls)} - set(fields)
        if missing:
            raise ValueError(f"{', '.join(sorted(missing))} missing")
        for name in ("lead_in_start", "last_lead_out"):
            fields[name] = _time(fields[name])
        _check_types(data)
        fields["sessions"] = [
            RecordedSession(
                [
                    RecordedTrack(**track | {"state": TrackState(track["state"])})
                    for track in session["tracks"]
                ],
                session["lead_out_lba"],
            )
            for session in data["sessions"]
        ]
        state = cls(**fields)
        state.check()
        return state

    def check(self) -> None:
        """raises  ValueError  where the state is none that a disc can be in"""
        if self.medium not in ("cd-r", "cd-rw"):
            raise ValueError(f"medium {self.medium!r} is neither cd-r nor cd-rw")
        if self.minutes not in (74, 80, 90):
            raise ValueError(f"no medium has {self.minutes} minutes")
        if len(self.tracks) > MOST_TRACKS:
            raise ValueError(f"{len(self.tracks)} tracks")
        free_from = 0
        for index, track in enumerate(self.tracks, 1):
            if track.number != index:
                raise ValueError(f"track {track.number} where track {index} is due")
            if track.start_lba < free_from or not 0 <= track.written_sectors <= track.sectors:
                raise ValueError(f"track {track.number} lies where it cannot")
            if track.state is TrackState.INCOMPLETE and track is not self.tracks[-1]:
                raise ValueError(f"track {track.number} was never ended")
            free_from = track.end_lba + RUN_OUT_SECTORS
        for session in self.sessions[:-1]:
            if session.lead_out_lba is None:
                raise ValueError("an open session is followed by another")
        for session in self.sessions:
            if not session.tracks:
                raise ValueError("a session without tracks")
            if session.lead_out_lba is not None and session.lead_out_lba < session.tracks[-1].end_lba:
                raise ValueError("a lead-out inside its session")
        if self.finished and (self.open_session or not self.sessions):
            raise ValueError("finished, but not closed")
        if self.end_lba > self.last_lead_out_lba:
            raise ValueError("more is recorded than the medium holds")


def _time(text: str) -> Msf:
    minute, second, frame = (int(part) for part in text.split(":"))
    if not (0 <= minute <= 99 and 0 <= second <= 59 and 0 <= frame <= 74):
        raise ValueError(f"{text} is no time on a disc")
    return Msf(minute, second, frame)


def _check_types(data: dict[str, Any]) -> None:
    """JSON knows more kinds of value than a disc has: each field must be exactly of its own."""
    whole = [data["minutes"], data["erase_count"]]
    truths = [data["finished"], data["write_protected"]]
    for session in _list(data["sessions"]):
        if session["lead_out_lba"] is not None:
            whole.append(session["lead_out_lba"])
        for track in _list(session["tracks"]):
            whole += [
                track[name] for name in ("number", "start_lba", "written_sectors", "sectors", "control")
            ]
            if not 0 <= track["control"] <= 15:
                raise ValueError(f"control {track['control']}")
    for value in whole:
        if type(value) is not int or not 0 <= value < 1_000_000:
            raise ValueError(f"{value!r} where a number is due")
    for value in truths:
        if type(value) is not bool:
            raise ValueError(f"{value!r} where true or false is due")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} where a list is due")
    return value
