"""What a sheet says, before it is interpreted."""

from __future__ import annotations

from dataclasses import field

from redbook.disc.cd_text import PackType
from redbook.records import dataclass

RAW_TYPES = {"BINARY": "little", "MOTOROLA": "big"}
"""Types of files that have no header, and the order of their bytes."""

SOUND_TYPES = frozenset(
    (
        *("WAVE", "WAV", "MP3", "AIFF", "AIF", "FLAC", "APE", "WV", "WAVPACK", "OGG", "OPUS", "M4A"),
        *("AAC", "ALAC", "TTA", "TAK", "MPC", "WMA", "SHN"),
    )
)
"""Types that occur. None is believed: a file's content says what it is."""


@dataclass(slots=True)
class SheetFile:
    """A FILE line.  kind: its last word in upper case; empty if it has none"""

    name: str
    kind: str = ""
    line: int = 0


@dataclass(slots=True)
class Mark:
    """An INDEX line.

    file     place of the file in the sheet, from 0
    at       samples from the file's start
    written  the time as the sheet has it
    silence  samples of silence that are inserted before it
    """

    index: int
    file: int
    at: int
    written: str = ""
    line: int = 0
    silence: int = 0


@dataclass(slots=True)
class SheetTrack:
    """A TRACK line and what follows.

    mode     AUDIO, or the kind of data
    file     place of the file in which it begins; -1 for none
    silence  samples of a PREGAP that no INDEX has followed yet
    postgap  samples of silence after it
    """

    number: int
    mode: str = "AUDIO"
    line: int = 0
    session: int = 1
    file: int = -1
    marks: list[Mark] = field(default_factory=list)
    silence: int = 0
    silence_line: int = 0
    postgap: int = 0
    flags: set[str] = field(default_factory=set)
    isrc: str = ""
    texts: dict[PackType, str] = field(default_factory=dict)

    @property
    def is_audio(self) -> bool:
        return self.mode == "AUDIO"


@dataclass(slots=True)
class Sheet:
    """What a sheet says.

    texts            of the disc
    packs_file       the name after CDTEXTFILE, and its line
    packs_sum        SHA-256 of the packs in that file, stated by whoever read them from a disc; else empty
    freedb_id, accuraterip_id   after REM DISCID and REM ACCURATERIPID, in lower case, and the line
    lead_out         where the audio ended when the sheet was made, in samples; 0 if it does not say
    """

    files: list[SheetFile] = field(default_factory=list)
    tracks: list[SheetTrack] = field(default_factory=list)
    mcn: str = ""
    texts: dict[PackType, str] = field(default_factory=dict)
    packs_file: tuple[str, int] | None = None
    packs_sum: str = ""
    freedb_id: tuple[str, int] | None = None
    accuraterip_id: tuple[str, int] | None = None
    lead_out: int = 0
    lead_out_line: int = 0
