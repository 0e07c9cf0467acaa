"""READ TRACK INFORMATION: where a track lies, and where the next one may go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.mmc.command import Sized, need

INVISIBLE_TRACK = 0xFF
"""READ TRACK INFORMATION: the track where the next write goes."""


@dataclass(frozen=True, slots=True)
class TrackInformation:
    """The reply to READ TRACK INFORMATION.  Source: MMC-5 6.27.

    next_writable_lba, last_recorded_lba  None where the drive does not vouch for them
    """

    LAYOUT: ClassVar[Struct] = Struct(">HBBxBBBiiIIIiBB2x")

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

    def to_bytes(self) -> bytes:
        return self.LAYOUT.pack(
            self.LAYOUT.size - 2,
            self.number & 0xFF,
            self.session & 0xFF,
            self.damaged << 5 | self.control,
            self.blank << 6 | 0x0F,
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
        need(data, 28, "READ TRACK INFORMATION")
        _, n0, s0, mode, flags, valid, start, nwa, free, _, size, last, n1, s1 = cls.LAYOUT.unpack(
            data[: cls.LAYOUT.size].ljust(cls.LAYOUT.size, b"\0")
        )
        return cls(
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
        )


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
        return TrackInformation.from_bytes(data)
