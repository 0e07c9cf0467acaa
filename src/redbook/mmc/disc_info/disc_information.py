"""READ DISC INFORMATION: what state the disc is in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import Msf
from redbook.mmc.command import Sized, need
from redbook.mmc.disc_info.fields import msf_bytes, msf_or_none


@unique
class DiscStatus(IntEnum):
    """READ DISC INFORMATION, byte 2 bits 1-0."""

    BLANK = 0
    APPENDABLE = 1
    COMPLETE = 2
    OTHER = 3


@unique
class SessionStatus(IntEnum):
    """State of the last session: byte 2 bits 3-2."""

    EMPTY = 0
    INCOMPLETE = 1
    DAMAGED = 2
    COMPLETE = 3


@dataclass(frozen=True, slots=True)
class DiscInformation:
    """The reply to READ DISC INFORMATION.  Source: MMC-5 6.22.

    last_session_lead_in, last_lead_out  None where the drive says FF:FF:FF (complete or unknown)
    disc_type                            00h CD-DA/CD-ROM, 10h CD-I, 20h XA, FFh undefined
    """

    LAYOUT: ClassVar[Struct] = Struct(">H10B4s4s4s8sBB")

    status: DiscStatus
    last_session_status: SessionStatus
    erasable: bool
    first_track: int
    sessions: int
    first_track_of_last_session: int
    last_track_of_last_session: int
    unrestricted_use: bool = False
    disc_type: int = 0xFF
    last_session_lead_in: Msf | None = None
    last_lead_out: Msf | None = None

    def to_bytes(self) -> bytes:
        state = self.erasable << 4 | self.last_session_status << 2 | self.status
        numbers = (self.sessions, self.first_track_of_last_session, self.last_track_of_last_session)
        low, high = [n & 0xFF for n in numbers], [n >> 8 for n in numbers]
        return self.LAYOUT.pack(
            self.LAYOUT.size - 2,
            *(state, self.first_track, *low, self.unrestricted_use << 5, self.disc_type, *high),
            bytes(4),
            msf_bytes(self.last_session_lead_in),
            msf_bytes(self.last_lead_out),
            bytes(8),
            0,
            0,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        need(data, 24, "READ DISC INFORMATION")
        _, state, first, s0, f0, l0, flags, kind, s1, f1, l1, _, lead_in, lead_out, *_ = cls.LAYOUT.unpack(
            data[: cls.LAYOUT.size].ljust(cls.LAYOUT.size, b"\0")
        )
        return cls(
            status=DiscStatus(state & 3),
            last_session_status=SessionStatus(state >> 2 & 3),
            erasable=bool(state & 0x10),
            first_track=first,
            sessions=s1 << 8 | s0,
            first_track_of_last_session=f1 << 8 | f0,
            last_track_of_last_session=l1 << 8 | l0,
            unrestricted_use=bool(flags & 0x20),
            disc_type=kind,
            last_session_lead_in=msf_or_none(lead_in),
            last_lead_out=msf_or_none(lead_out),
        )


@dataclass(frozen=True, slots=True)
class ReadDiscInformation(Sized[DiscInformation]):
    """READ DISC INFORMATION, standard data.  Source: MMC-5 6.22."""

    OPCODE: ClassVar[int] = 0x51
    NAME: ClassVar[str] = "READ DISC INFORMATION"
    LAYOUT: ClassVar[Struct] = Struct(">BB5xHx")
    timeout: ClassVar[float] = 240.0

    allocation_length: int = 34

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, 0, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, data_type, length = cls.LAYOUT.unpack(cdb)
        if data_type & 7:
            raise ValueError("only standard disc information is known")
        return cls(length)

    def parse_reply(self, data: bytes) -> DiscInformation:
        return DiscInformation.from_bytes(data)
