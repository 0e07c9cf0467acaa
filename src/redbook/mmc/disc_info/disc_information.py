"""READ DISC INFORMATION: the state of the disc."""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import MOST_TRACKS, Msf
from redbook.mmc.command import Sized, need
from redbook.mmc.disc_info.fields import check_number, end_or_none, msf_bytes, msf_or_none, need_stated
from redbook.records import dataclass


@unique
class DiscStatus(IntEnum):
    """READ DISC INFORMATION, byte 2 bits 1-0."""

    BLANK = 0
    APPENDABLE = 1
    COMPLETE = 2
    OTHER = 3


@unique
class SessionStatus(IntEnum):
    """The state of the last session: byte 2 bits 3-2."""

    EMPTY = 0
    INCOMPLETE = 1
    DAMAGED = 2
    COMPLETE = 3


@dataclass(frozen=True, slots=True)
class DiscInformation:
    """The reply to READ DISC INFORMATION.  Source: MMC-5 6.22.

    last_session_lead_in, last_lead_out  None if the drive says FF:FF:FF (complete or unknown), or nonsense
    disc_type                            00h CD-DA/CD-ROM, 10h CD-I, 20h XA, FFh undefined
    """

    LAYOUT: ClassVar[Struct] = Struct(">H10B4s4s4s8sBB")
    SHORTEST_BYTES: ClassVar[int] = 24

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
    def from_bytes(cls, data: bytes, of_cd: bool = True) -> Self:
        """Parse the reply to READ DISC INFORMATION.

        of_cd  check it against the limits of a CD; other discs have thousands of tracks

        raises  ValueError  for impossible values
        """
        need(data, cls.SHORTEST_BYTES, ReadDiscInformation.NAME)
        length, state, first, s0, f0, l0, flags, kind, s1, f1, l1, _, lead_in, lead_out, *_ = (
            cls.LAYOUT.unpack(data[: cls.LAYOUT.size].ljust(cls.LAYOUT.size, b"\0"))
        )
        need_stated(data, length, cls.SHORTEST_BYTES)
        found = cls(
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
            last_lead_out=end_or_none(msf_or_none(lead_out)),
        )
        if of_cd:
            found._check()
        return found

    def _check(self) -> None:
        """raises  ValueError  for values that no CD can have"""
        if self.status is DiscStatus.BLANK:
            self._check_blank()
            return
        check_number(self.first_track, "the first track's number")
        check_number(self.sessions, "the number of sessions")
        empty = self.last_session_status is SessionStatus.EMPTY
        # If a further track can follow, drives count it, too, even after the 99th.
        most = MOST_TRACKS + (empty or self.last_session_status is SessionStatus.INCOMPLETE)
        check_number(
            self.first_track_of_last_session, "the last session's first track", most, self.first_track
        )
        least = self.first_track_of_last_session - empty
        check_number(self.last_track_of_last_session, "the last session's last track", most, least)

    def _check_blank(self) -> None:
        """A burn relies on the word "blank", so everything else must agree with it.  raises  ValueError"""
        wrong = []
        if self.last_session_status is not SessionStatus.EMPTY:
            wrong.append(f"its session is {self.last_session_status.name.lower()}")
        if self.sessions > 1:
            wrong.append(f"it has {self.sessions} sessions")
        for name, number in (
            ("its first track", self.first_track),
            ("its last session's first track", self.first_track_of_last_session),
            ("its last track", self.last_track_of_last_session),
        ):
            if number > 1:
                wrong.append(f"{name} is number {number}")
        if wrong:
            raise ValueError(f"the disc is said to be blank, but {' and '.join(wrong)}")


@dataclass(frozen=True, slots=True)
class ReadDiscInformation(Sized[DiscInformation]):
    """READ DISC INFORMATION, standard data.  Source: MMC-5 6.22.

    of_cd  whether the drive calls the disc a CD, whose numbers have limits; it does not change the command
    """

    OPCODE: ClassVar[int] = 0x51
    NAME: ClassVar[str] = "READ DISC INFORMATION"
    LAYOUT: ClassVar[Struct] = Struct(">BB5xHx")
    timeout: ClassVar[float] = 240.0

    allocation_length: int = 34
    of_cd: bool = True

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, 0, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, data_type, length = cls.LAYOUT.unpack(cdb)
        if data_type & 7:
            raise ValueError("only standard disc information is supported")
        return cls(length)

    def parse_reply(self, data: bytes) -> DiscInformation:
        return DiscInformation.from_bytes(data, self.of_cd)
