"""Red Book numbers, addresses, the table of contents, and the identifiers computed from it.

Everything here is arithmetic on the disc's layout; nothing knows a drive, a file or a sample's value.
Source of the numbers: IEC 60908 (CD-DA) and MMC-5.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Self

SAMPLE_RATE_HZ = 44_100
SAMPLE_BYTES = 4  # one stereo sample: two channels of 16 bit
SAMPLES_PER_SECTOR = 588
SECTOR_BYTES = SAMPLES_PER_SECTOR * SAMPLE_BYTES  # 2352
SECTORS_PER_SECOND = 75
SPEED_1X_BYTES_PER_SECOND = SECTOR_BYTES * SECTORS_PER_SECOND  # 176400

PREGAP_SECTORS = 150  # silence before a track, written by the drive
RUN_OUT_SECTORS = 2  # after each track written track-at-once, by the drive
TAO_GAP_SECTORS = RUN_OUT_SECTORS + PREGAP_SECTORS  # from the last sector sent to the next track's start
SHORTEST_TRACK_SECTORS = 300  # 4 s
MOST_TRACKS = 99
MOST_INDEXES = 99  # of a track, index 1 among them

MOST_OFFSET_SECTORS = 6
MOST_OFFSET_SAMPLES = MOST_OFFSET_SECTORS * SAMPLES_PER_SECTOR
"""How far beside its place a drive may read audio, to either side. AccurateRip's list of drives ends below
2000 samples; an offset of reading and one of writing add up."""

FIRST_LEAD_IN_MINUTE = 90  # an address from there on lies before the program
FIRST_LEAD_IN_LBA = -45_150  # 90:00:00
FIRST_TRACK_EARLIEST_LBA = (
    -PREGAP_SECTORS
)  # 00:00:00; a first track may begin before LBA 0 (a hidden one does)
LAST_LBA = (
    449_849  # 99:59:74, the last address that MSF has; IEC 60908 ends at 79:59:74, discs are sold beyond
)
SHORTEST_DISC_SECTORS = 4500  # a minute; the smallest disc sold (a business card) has three and more
FIRST_LEAD_OUT_SECTORS = 6750
LATER_LEAD_OUT_SECTORS = 2250
LATER_LEAD_IN_SECTORS = 4500

LEAD_OUT = 0xAA
"""The track number that stands for the lead-out in a table of contents."""


@dataclass(frozen=True, slots=True, order=True)
class Msf:
    """An address on a disc: minute 0..99, second 0..59, frame 0..74 (a frame of time is one sector).

    LBA 0 is 00:02:00. Minutes of 90 and more in an address lie in the first lead-in, before LBA -150
    (MMC-5 table 2, "LBA to MSF translation").
    """

    minute: int
    second: int
    frame: int

    @classmethod
    def from_lba(cls, lba: int) -> Self:
        return cls.from_sectors(lba + (PREGAP_SECTORS if lba >= -PREGAP_SECTORS else 450_150))

    @classmethod
    def from_sectors(cls, sectors: int) -> Self:
        """A duration or an absolute count of sectors, without the offset of 150."""
        return cls(sectors // 4500, sectors // 75 % 60, sectors % 75)

    @property
    def sectors(self) -> int:
        return (self.minute * 60 + self.second) * SECTORS_PER_SECOND + self.frame

    @property
    def lba(self) -> int:
        return self.sectors - (PREGAP_SECTORS if self.minute < FIRST_LEAD_IN_MINUTE else 450_150)

    def __str__(self) -> str:
        return f"{self.minute:02d}:{self.second:02d}:{self.frame:02d}"


def duration(sectors: int) -> str:
    """A length in sectors, or a place counted from LBA 0, as MM:SS:FF; what lies before LBA 0 has a minus."""
    return f"{'-' if sectors < 0 else ''}{Msf.from_sectors(abs(sectors))}"


def next_session_start(lead_out_lba: int, closed_sessions: int) -> int:
    """First possible track start of the session after `closed_sessions` closed ones.

    Source: ECMA-394 clause 20; measured 11400 and 6900 sectors behind the lead-out's start.
    """
    lead_out = FIRST_LEAD_OUT_SECTORS if closed_sessions == 1 else LATER_LEAD_OUT_SECTORS
    return lead_out_lba + lead_out + LATER_LEAD_IN_SECTORS + PREGAP_SECTORS


@dataclass(frozen=True, slots=True)
class TocTrack:
    """One track as the table of contents has it.

    number     1..99
    start_lba  of index 1
    control    Q control nibble: bit 0 pre-emphasis, 1 copy permitted, 2 data, 3 four channels
    session    1..
    """

    number: int
    start_lba: int
    control: int = 0
    session: int = 1

    @property
    def is_audio(self) -> bool:
        return not self.control & 4


@dataclass(frozen=True, slots=True)
class Toc:
    """A table of contents: the tracks in order and where the last lead-out starts."""

    tracks: tuple[TocTrack, ...]
    lead_out_lba: int

    def sectors(self, number: int) -> int:
        """From this track's start to the next one's (or the lead-out), gap included."""
        starts = [t.start_lba for t in self.tracks] + [self.lead_out_lba]
        index = next(i for i, t in enumerate(self.tracks) if t.number == number)
        return starts[index + 1] - starts[index]

    @property
    def musicbrainz_id(self) -> str:
        """Of the tracks up to the last audio one; empty where there is none.

        Behind that one, what follows is data in a second session: the first one ends 2 min 32 s before it.
        Source: https://musicbrainz.org/doc/Disc_ID_Calculation; libdiscid, src/toc.c
        """
        last = max((index for index, track in enumerate(self.tracks) if track.is_audio), default=-1)
        if last < 0:
            return ""
        tracks, data = self.tracks[: last + 1], self.tracks[last + 1 :]
        end = data[0].start_lba - next_session_start(0, 1) if data else self.lead_out_lba
        offsets = [0] * 100
        offsets[0] = end + PREGAP_SECTORS
        for track in tracks:
            offsets[track.number] = track.start_lba + PREGAP_SECTORS
        text = f"{tracks[0].number:02X}{tracks[-1].number:02X}"
        text += "".join(f"{offset:08X}" for offset in offsets)
        digest = hashlib.sha1(text.encode("ascii"), usedforsecurity=False).digest()
        return base64.b64encode(digest, b"._").decode("ascii").replace("=", "-")

    @property
    def freedb_id(self) -> str:
        """Eight hexadecimal digits, as freedb and gnudb use them.  Source: the freedb "DISCID HOWTO"."""
        seconds = [(t.start_lba + PREGAP_SECTORS) // SECTORS_PER_SECOND for t in self.tracks]
        digits = sum(int(digit) for second in seconds for digit in str(second))
        playing = (self.lead_out_lba + PREGAP_SECTORS) // SECTORS_PER_SECOND - seconds[0]
        return f"{digits % 255 << 24 | playing << 8 | len(self.tracks):08x}"

    @property
    def accuraterip_id(self) -> str:
        """`NNN-xxxxxxxx-xxxxxxxx-freedb`, the name of the disc's entry in the AccurateRip database.

        Data tracks are left out, but for the lead-out, which is the whole disc's; empty without audio.
        Source: whipper and morituri, image/table.py
        """
        audio = [t for t in self.tracks if t.is_audio]
        if not audio:
            return ""
        first = sum(t.start_lba for t in audio) + self.lead_out_lba
        second = sum(max(t.start_lba, 1) * t.number for t in audio)
        second += self.lead_out_lba * (len(audio) + 1)
        return f"{len(audio):03d}-{first & 0xFFFFFFFF:08x}-{second & 0xFFFFFFFF:08x}-{self.freedb_id}"
