"""A program: what should be on a disc, in samples of its sources.

Files, a cue sheet, a TOC file, a master or another disc: each is read into this value, and nothing that uses
the value asks where it came from. A track is a list of segments, one for each index; a segment is a list of
pieces. All pieces of all tracks, one after the other, are the stream of samples on the disc from LBA 0 on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from redbook.audio.source import Source
from redbook.disc.cd_text import Texts
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of samples of one source, or silence.

    source  its place in the program's sources, from 0; None for silence
    first   its first sample in the source, at 44.1 kHz
    samples how many; None for all the rest, to the source's end
    """

    source: int | None
    first: int = 0
    samples: int | None = None

    @classmethod
    def silence(cls, samples: int) -> Piece:
        return cls(None, 0, samples)

    @property
    def is_silence(self) -> bool:
        return self.source is None


@dataclass(frozen=True, slots=True)
class Segment:
    """The audio between one index and the next.

    index  0 for a pregap, 1 where the track starts, 2 to 99
    line   of the sheet that it comes from; 0 if there is none
    """

    index: int
    pieces: tuple[Piece, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class ProgramTrack:
    """One track.

    segments         index 0 first, if it has a pregap of its own, then 1, 2 and so on; the two seconds
                     before LBA 0 that every disc has are not included
    joined           it begins with the sample after the last one of the previous track; else at the next
                     whole sector
    isrc             twelve characters, or empty
    pre_emphasis, copy_permitted, four_channels   flags of the sub-channel
    copy_alternates  SCMS: "copy of a protected original"
    line             of the sheet that it comes from; 0 if there is none
    """

    segments: tuple[Segment, ...]
    joined: bool = True
    isrc: str = ""
    pre_emphasis: bool = False
    copy_permitted: bool = False
    four_channels: bool = False
    copy_alternates: bool = False
    line: int = 0

    @property
    def pieces(self) -> Iterator[Piece]:
        for segment in self.segments:
            yield from segment.pieces

    @property
    def control(self) -> int:
        """The Q control nibble."""
        return self.pre_emphasis | self.copy_permitted << 1 | self.four_channels << 3


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know about how a sheet was read.

    file, line  the place that it is about; empty and 0 for none
    """

    text: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return where + self.text


@dataclass(frozen=True, slots=True)
class Program:
    """What should be on a disc.

    sources  every file that is used, once
    mcn      thirteen digits, or empty
    texts    CD-Text, one entry for each language; track 0 is the disc
    packs    CD-Text as it will be burned, byte for byte; then `texts` are the texts in it
    notes    how a sheet was read
    """

    sources: tuple[Source, ...]
    tracks: tuple[ProgramTrack, ...]
    mcn: str = ""
    texts: tuple[Texts, ...] = ()
    packs: bytes = b""
    notes: tuple[Note, ...] = field(default=())
