"""READ TOC, formats 2 and 3: the entries of lead-ins and of the PMA, as they are on the disc."""

from __future__ import annotations

from struct import Struct
from typing import ClassVar, Self

from redbook.disc import MOST_TRACKS
from redbook.mmc.command import Sized, need
from redbook.mmc.disc_info.fields import READ_TOC_OPCODE, check_number, need_stated, toc_cdb, toc_fields
from redbook.records import dataclass

FIRST_POINT_OF_NO_TRACK = 0xA0


@dataclass(frozen=True, slots=True)
class TocPoint:
    """One entry of a lead-in or PMA, as its Q sub-channel holds it.  Source: MMC-5 table 486.

    point    01h..63h a track, A0h first track, A1h last track, A2h lead-out, B0h, C0h mode 5
    address  PMIN:PSEC:PFRAME; for A0h and A1h, the minute is a track number
    running  MIN:SEC:FRAME
    """

    session: int
    adr: int
    control: int
    point: int
    address: tuple[int, int, int]
    running: tuple[int, int, int] = (0, 0, 0)
    zero: int = 0


@dataclass(frozen=True, slots=True)
class RawToc:
    """The reply to READ TOC formats 2 (lead-in) and 3 (PMA)."""

    ENTRY: ClassVar[Struct] = Struct(">BBxB3sB3s")

    first: int
    last: int
    points: tuple[TocPoint, ...]

    def to_bytes(self) -> bytes:
        body = b"".join(
            self.ENTRY.pack(
                p.session, p.adr << 4 | p.control, p.point, bytes(p.running), p.zero, bytes(p.address)
            )
            for p in self.points
        )
        return Struct(">HBB").pack(len(body) + 2, self.first, self.last) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        length, first, last = Struct(">HBB").unpack_from(need(data, 4, "READ TOC"))
        need_stated(data, length, 4)
        points = []
        for position in range(4, min(len(data), length + 2) - 10, 11):
            session, mode, point, running, zero, address = cls.ENTRY.unpack_from(data, position)
            if not (1 <= point <= MOST_TRACKS or point >= FIRST_POINT_OF_NO_TRACK):
                raise ValueError(
                    f"an entry is said to belong to track {point}; a disc has tracks 1 to {MOST_TRACKS}"
                )
            check_number(session, "an entry's session", least=0)  # 0 in a PMA
            points.append(
                TocPoint(session, mode >> 4, mode & 0xF, point, _triple(address), _triple(running), zero)
            )
        return cls(first, last, tuple(points))


def _triple(three: bytes) -> tuple[int, int, int]:
    return three[0], three[1], three[2]


@dataclass(frozen=True, slots=True)
class ReadFullToc(Sized[RawToc]):
    """READ TOC, format 2: every entry of every lead-in, from session `session` on.  Source: MMC-5 6.26.4."""

    OPCODE: ClassVar[int] = READ_TOC_OPCODE
    FORMAT: ClassVar[int] = 2
    NAME: ClassVar[str] = "READ TOC (full)"
    timeout: ClassVar[float] = 240.0

    session: int = 0
    allocation_length: int = 4 + 11 * 400

    def to_cdb(self) -> bytes:
        return toc_cdb(True, self.FORMAT, self.session, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, session, length = toc_fields(cdb)
        return cls(session, length)

    def parse_reply(self, data: bytes) -> RawToc:
        return RawToc.from_bytes(data)


@dataclass(frozen=True, slots=True)
class ReadPma(Sized[RawToc]):
    """READ TOC, format 3: the program memory area, a recorder's notes on an open session."""

    OPCODE: ClassVar[int] = READ_TOC_OPCODE
    FORMAT: ClassVar[int] = 3
    NAME: ClassVar[str] = "READ PMA"
    timeout: ClassVar[float] = 240.0

    allocation_length: int = 4 + 11 * 100

    def to_cdb(self) -> bytes:
        return toc_cdb(True, self.FORMAT, 0, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(toc_fields(cdb)[2])

    def parse_reply(self, data: bytes) -> RawToc:
        return RawToc.from_bytes(data)
