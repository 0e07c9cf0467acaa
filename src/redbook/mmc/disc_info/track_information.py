"""READ TRACK INFORMATION: where a track is, and where the next one can begin."""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import FIRST_LEAD_IN_LBA, LAST_LBA, MOST_TRACKS, PREGAP_SECTORS
from redbook.mmc.command import Sized, need
from redbook.mmc.disc_info.fields import check_address, check_number, need_stated
from redbook.records import dataclass

INVISIBLE_TRACK = 0xFF
"""The number of the track where the next write goes."""


@dataclass(frozen=True, slots=True)
class TrackInformation:
    """The reply to READ TRACK INFORMATION.  Source: MMC-5 6.27.

    next_writable_lba, last_recorded_lba  None if the drive does not vouch for them
    data_mode  1 or 2 for a data track; 0 for audio, or if the drive does not say
    """

    LAYOUT: ClassVar[Struct] = Struct(">HBBxBBBiiIIIiBB2x")
    SHORTEST_BYTES: ClassVar[int] = 28
    NOT_BELIEVED: ClassVar[int] = 6
    """A length field up to this value means nothing: such drives send 36 bytes anyway (K3b)."""

    number: int
    session: int
    control: int
    blank: bool
    damaged: bool
    start_lba: int
    next_writable_lba: int | None
    free_sectors: int
    track_sectors: int
    last_recorded_lba: int | None = None
    data_mode: int = 0

    _DATA: ClassVar[int] = 4

    @property
    def is_audio(self) -> bool:
        return not self.control & self._DATA

    def to_bytes(self) -> bytes:
        return self.LAYOUT.pack(
            self.LAYOUT.size - 2,
            self.number & 0xFF,
            self.session & 0xFF,
            self.damaged << 5 | self.control,
            self.blank << 6 | (self.data_mode or 0x0F),
            (self.last_recorded_lba is not None) << 1 | (self.next_writable_lba is not None),
            self.start_lba,
            self.next_writable_lba or 0,
            self.free_sectors,
            0,
            self.track_sectors,
            self.last_recorded_lba or 0,
            self.number >> 8,
            self.session >> 8,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the reply to READ TRACK INFORMATION.  raises  ValueError  for what no track can have"""
        need(data, cls.SHORTEST_BYTES, ReadTrackInformation.NAME)
        length, n0, s0, mode, flags, valid, start, nwa, free, _, size, last, n1, s1 = cls.LAYOUT.unpack(
            data[: cls.LAYOUT.size].ljust(cls.LAYOUT.size, b"\0")
        )
        if length > cls.NOT_BELIEVED:
            need_stated(data, length, cls.SHORTEST_BYTES)
        found = cls(
            number=n1 << 8 | n0,
            session=s1 << 8 | s0,
            control=mode & 0xF,
            blank=bool(flags & 0x40),
            damaged=bool(mode & 0x20),
            start_lba=start,
            next_writable_lba=nwa if valid & 1 else None,
            free_sectors=free,
            track_sectors=size,
            last_recorded_lba=last if valid & 2 else None,
            data_mode=flags & 0xF if mode & cls._DATA and flags & 0xF in (1, 2) else 0,
        )
        found._check()
        return found

    def _check(self) -> None:
        """raises  ValueError  for values that no track of a CD can have"""
        # After the 99th, some drives still name a next track, which can never be written.
        check_number(self.number, "the track's number", MOST_TRACKS + self.blank)
        check_number(self.session, "the session's number")
        what = f"track {self.number}"
        check_address(self.start_lba, what)
        if self.next_writable_lba is not None:
            check_address(self.next_writable_lba, "the next sector to be written", FIRST_LEAD_IN_LBA)
        if self.blank or self.next_writable_lba is not None:
            return  # its length is not known yet, and drives give any number
        if self.track_sectors == 0 and not self.damaged:
            raise ValueError(f"{what} is said to have no sectors, but not to be blank")
        if self.start_lba + self.track_sectors > LAST_LBA + 1:
            raise ValueError(
                f"{what} is said to have {self.track_sectors} sectors from sector {self.start_lba} on; "
                f"a disc ends at {LAST_LBA}"
            )

    @property
    def free_sectors_or_none(self) -> int | None:
        """The free sectors for this track; None if no disc has so many, or if the drive does not say."""
        return self.free_sectors if 0 < self.free_sectors <= LAST_LBA + PREGAP_SECTORS else None


@unique
class TrackAddress(IntEnum):
    """How READ TRACK INFORMATION names the track."""

    LBA = 0
    TRACK = 1
    SESSION = 2


@dataclass(frozen=True, slots=True)
class ReadTrackInformation(Sized[TrackInformation]):
    """READ TRACK INFORMATION.  Source: MMC-5 6.27.

    address  an LBA, a track number (INVISIBLE_TRACK for the next one) or a session number, by `kind`
    """

    OPCODE: ClassVar[int] = 0x52
    NAME: ClassVar[str] = "READ TRACK INFORMATION"
    LAYOUT: ClassVar[Struct] = Struct(">BBixHx")
    timeout: ClassVar[float] = 240.0

    address: int = INVISIBLE_TRACK
    kind: TrackAddress = TrackAddress.TRACK
    allocation_length: int = 36

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.kind, self.address, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, kind, address, length = cls.LAYOUT.unpack(cdb)
        return cls(address, TrackAddress(kind & 3), length)

    def parse_reply(self, data: bytes) -> TrackInformation:
        found = TrackInformation.from_bytes(data)
        if self.kind is TrackAddress.TRACK and self.address not in (INVISIBLE_TRACK, found.number):
            raise ValueError(
                f"the question was about track {self.address}, but the answer is about track {found.number}"
            )
        return found
