"""What is on a disc, as values that a test can compare."""

from __future__ import annotations

import hashlib
from dataclasses import field

from redbook.disc.cd_text import PackType, parse
from redbook.image.base import RecordedTrack, TrackState
from redbook.records import dataclass
from redbook.virtual.medium import Medium


@dataclass(frozen=True, slots=True)
class BurnedTrack:
    """One track that was ended.

    number          1 to 99
    start_lba       where its index 1 is: sectors, 75 to the second; 0 is the first one after the pregap
    sectors         its length, 2352 bytes each
    pregap_sectors  from its index 0 to its index 1
    isrc            twelve characters, or empty
    title, performer  from CD-Text in its first language, or empty
    complete        False for a track whose end could not be written; one that was cut short and then ended in
                    good order is complete, and shorter than it was meant to be
    pcm             its samples as they are on the disc: 16-bit little-endian stereo; empty for data
    """

    number: int
    start_lba: int
    sectors: int
    pregap_sectors: int
    isrc: str
    title: str
    performer: str
    complete: bool
    pcm: bytes = field(repr=False)

    @property
    def seconds(self) -> float:
        return self.sectors / 75

    @property
    def sha256(self) -> str:
        """Of `pcm`, as hexadecimal digits."""
        return hashlib.sha256(self.pcm).hexdigest()


@dataclass(frozen=True, slots=True)
class BurnedDisc:
    """A disc as it is at one moment.

    status     "blank", "appendable" or "complete"
    sessions   how many were begun
    tracks     those that were ended, in their order
    mcn        catalogue number of the first session: thirteen digits, or empty
    title, performer  of the disc, from CD-Text in its first language, or empty
    erased     how often a CD-RW was blanked
    """

    status: str
    sessions: int
    tracks: tuple[BurnedTrack, ...]
    mcn: str
    title: str
    performer: str
    erased: int

    @classmethod
    def of(cls, medium: Medium) -> BurnedDisc:
        """What is on this disc."""
        state = medium.state
        texts: dict[tuple[PackType, int], str] = {}
        for session in state.sessions:
            for found in parse(bytes.fromhex("".join(session.cd_text)), session.tracks[0].number)[:1]:
                for kind in (PackType.TITLE, PackType.PERFORMER):
                    for number in (0, *(track.number for track in session.tracks)):
                        texts.setdefault((kind, number), found.text(kind, number))
        return cls(
            medium.status.name.lower(),
            len(state.sessions),
            tuple(_track(medium, track, texts) for track in state.ended_tracks),
            state.sessions[0].mcn if state.sessions else "",
            texts.get((PackType.TITLE, 0), ""),
            texts.get((PackType.PERFORMER, 0), ""),
            state.erase_count,
        )


def _track(medium: Medium, track: RecordedTrack, texts: dict[tuple[PackType, int], str]) -> BurnedTrack:
    readable = not track.is_data and track.end_lba <= medium.state.end_lba
    return BurnedTrack(
        track.number,
        track.start_lba,
        track.sectors,
        track.laid.pregap_sectors,
        track.laid.isrc,
        texts.get((PackType.TITLE, track.number), ""),
        texts.get((PackType.PERFORMER, track.number), ""),
        track.state is TrackState.COMPLETE,
        medium.read(track.start_lba, track.sectors) if readable else b"",
    )
