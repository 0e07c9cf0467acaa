"""Discs made elsewhere, for tests: audio and data, one session or several, pressed or burned.

The recorder itself writes only audio; what other discs hold besides is made here.

    medium = prepare([Session([Data(image), Audio(pcm)])])                       # mixed mode
    medium = prepare([Session([Audio(pcm)]), Session([Data(image, mode=2)])])    # CD-Extra

Source: ECMA-130 clause 20 (pauses), ECMA-394 (sessions of a recordable disc), the Blue Book's two sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from redbook.disc import (
    PREGAP_SECTORS,
    SECTOR_BYTES,
    Msf,
    data_sector,
    next_session_start,
)
from redbook.disc.layout import LaidTrack
from redbook.disc.padding import padded
from redbook.image.base import DATA_BIT, DiscState, HowWritten, RecordedSession, RecordedTrack, TrackState
from redbook.image.folder import FolderStore
from redbook.image.store import MemoryStore, Store
from redbook.records import dataclass
from redbook.virtual.blanks import blank_state
from redbook.virtual.medium import Medium

POSTGAP_SECTORS = 150
"""After data that audio follows in the same session, as empty data."""

_PRESSED_LEAD_IN = Msf(97, 30, 0)


@dataclass(frozen=True, slots=True)
class Audio:
    """A track of 16-bit 44.1 kHz stereo PCM, padded with silence to a whole sector and to 4 s.

    control  0, or bits 0 (pre-emphasis), 1 (copy permitted) and 3 (four channels)
    """

    pcm: bytes
    control: int = 0


@dataclass(frozen=True, slots=True)
class Data:
    """A track of sectors of 2048 bytes, padded with zeros to a whole sector and to 4 s.

    image  what they hold, from the track's start; such as an ISO 9660 image as it is
    mode   1, or 2 for CD-ROM XA form 1
    """

    image: bytes
    mode: int = data_sector.MODE_1


@dataclass(frozen=True, slots=True)
class Session:
    tracks: Sequence[Audio | Data]


def prepare(
    sessions: Sequence[Session],
    medium: str = "cd-rom",
    *,
    finished: bool = True,
    first_track: int = 1,
    path: Path | None = None,
) -> Medium:
    """A disc with these sessions on it; before each track is a pregap of 2 s.

    medium    "cd-rom" for a pressed disc, "cd-r", "cd-rw"
    finished  False: another session may follow; not for a pressed disc
    path      where its folder is made; in memory without one

    raises  ValueError  for an impossible disc
    """
    if not sessions or not all(session.tracks for session in sessions):
        raise ValueError("a disc must have a session, and a session must have a track")
    state = _state_of(medium)
    parts: list[tuple[RecordedTrack, Audio | Data]] = []
    start, number = 0, first_track
    for session in sessions:
        tracks: list[RecordedTrack] = []
        for index, content in enumerate(session.tracks):
            later = session.tracks[index + 1 :]
            track = _track(number, start, content, later[0] if later else None)
            tracks.append(track)
            parts.append((track, content))
            start = track.end_lba + PREGAP_SECTORS
            number += 1
        recorded = RecordedSession(tracks, tracks[-1].end_lba, HowWritten.SESSION_AT_ONCE)
        state.sessions.append(recorded)
        start = next_session_start(tracks[-1].end_lba, len(state.sessions))
    state.finished = finished
    state.check()
    return _stored(state, parts, path)


def _state_of(medium: str) -> DiscState:
    if medium == "cd-rom":
        return DiscState(medium, 80, _PRESSED_LEAD_IN, blank_state().last_lead_out)
    return blank_state(medium)


def _track(
    number: int, start_lba: int, content: Audio | Data, following: Audio | Data | None
) -> RecordedTrack:
    """Laid out; data that audio follows have a postgap of the same kind of data."""
    if isinstance(content, Audio):
        if content.control & DATA_BIT:
            raise ValueError(f"control {content.control} is not a control of audio")
        mode, control, length = 0, content.control, -(-len(content.pcm) // SECTOR_BYTES)
    else:
        if content.mode not in (data_sector.MODE_1, data_sector.MODE_2):
            raise ValueError(f"data of mode {content.mode}; 1 and 2 are known")
        mode, control = content.mode, DATA_BIT
        length = -(-len(content.image) // data_sector.USER_BYTES)
    sectors = padded(length)
    if mode and isinstance(following, Audio):
        sectors += POSTGAP_SECTORS
    laid = LaidTrack(number, start_lba, sectors, PREGAP_SECTORS, control=control)
    return RecordedTrack(laid, sectors, TrackState.COMPLETE, mode)


def _stored(state: DiscState, parts: list[tuple[RecordedTrack, Audio | Data]], path: Path | None) -> Medium:
    store: Store = MemoryStore()
    if path is not None:
        FolderStore.create(path, blank_state())
        store = FolderStore.open(path)
    for track, content in parts:
        for lba in range(track.pregap_lba, track.end_lba):
            sector = _sector(content, lba, lba - track.start_lba)
            if any(sector):
                store.write(lba, sector)
    store.resize(state.end_lba)
    store.save(state)
    return Medium(state, store, path)


def _sector(content: Audio | Data, lba: int, place: int) -> bytes:
    """place  of the sector in its track; negative in the pregap"""
    if isinstance(content, Audio):
        pcm = content.pcm[place * SECTOR_BYTES : (place + 1) * SECTOR_BYTES] if place >= 0 else b""
        return pcm.ljust(SECTOR_BYTES, b"\0")
    size = data_sector.USER_BYTES
    user = content.image[place * size : (place + 1) * size] if place >= 0 else b""
    return data_sector.build(lba, user, content.mode)
