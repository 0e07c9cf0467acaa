"""Red Book numbers and addresses.  Source: IEC 60908 (CD-DA) and MMC-5."""

from __future__ import annotations

import dataclasses
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
"""How far out of place a drive may read audio, in either direction. In AccurateRip's list of drives all are
below 2000 samples; the offsets of reading and writing add up."""

FIRST_LEAD_IN_MINUTE = 90  # addresses from there on are before the program
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


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Msf:
    """An address on a disc: minute 0..99, second 0..59, frame 0..74 (a frame of time is one sector).

    LBA 0 is 00:02:00. Minutes of 90 and more in an address are in the first lead-in, before LBA -150
    (MMC-5 table 2, "LBA to MSF translation").
    """

    minute: int
    second: int
    frame: int

    @classmethod
    def from_lba(cls, lba: int) -> Self:
        """The address of a sector.

        LBA 0 is 00:02:00. Below LBA -150 is the lead-in, whose addresses end at 99:59:74.
        """
        return cls.from_sectors(lba + (PREGAP_SECTORS if lba >= -PREGAP_SECTORS else 450_150))

    @classmethod
    def from_sectors(cls, sectors: int) -> Self:
        """A duration, or an absolute number of sectors, without the offset of 150."""
        return cls(sectors // 4500, sectors // 75 % 60, sectors % 75)

    @property
    def sectors(self) -> int:
        """Sectors from 00:00:00 on."""
        return (self.minute * 60 + self.second) * SECTORS_PER_SECOND + self.frame

    @property
    def lba(self) -> int:
        """The LBA of this address; from minute 90 on, it is in the lead-in, below -150."""
        return self.sectors - (PREGAP_SECTORS if self.minute < FIRST_LEAD_IN_MINUTE else 450_150)

    @property
    def program_lba(self) -> int:
        """The LBA of an address in the program area or at its end, even for minute 90 and more."""
        return self.sectors - PREGAP_SECTORS

    def __str__(self) -> str:
        return f"{self.minute:02d}:{self.second:02d}:{self.frame:02d}"


def duration(sectors: int) -> str:
    """A length in sectors, or a place counted from LBA 0, as MM:SS:FF; with a minus before LBA 0."""
    return f"{'-' if sectors < 0 else ''}{Msf.from_sectors(abs(sectors))}"


def minutes(sectors: int, *, down: bool = False) -> str:
    """The same for people, m:ss, to the nearest second; down: only whole seconds."""
    whole = (abs(sectors) + (0 if down else SECTORS_PER_SECOND // 2)) // SECTORS_PER_SECOND
    return f"{'-' if sectors < 0 and whole else ''}{whole // 60}:{whole % 60:02d}"


def next_session_start(lead_out_lba: int, closed_sessions: int) -> int:
    """The first possible start of a track in the session after `closed_sessions` closed ones.

    Source: ECMA-394 clause 20; 11400 and 6900 sectors after the lead-out's start were measured.
    """
    lead_out = FIRST_LEAD_OUT_SECTORS if closed_sessions == 1 else LATER_LEAD_OUT_SECTORS
    return lead_out_lba + lead_out + LATER_LEAD_IN_SECTORS + PREGAP_SECTORS
