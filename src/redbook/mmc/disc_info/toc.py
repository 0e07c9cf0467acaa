"""READ TOC, formats 0 and 1: the tracks and sessions that are complete."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import LEAD_OUT, Msf, Toc, TocTrack
from redbook.mmc.command import Sized, need
from redbook.mmc.disc_info.fields import READ_TOC_OPCODE, msf_bytes, toc_cdb, toc_fields


@dataclass(frozen=True, slots=True)
class ReadToc(Sized[Toc]):
    """READ TOC, format 0: the tracks of all complete sessions.  Source: MMC-5 6.26.2.

    first_track  list from this one on; AAh lists the lead-out alone
    """

    OPCODE: ClassVar[int] = READ_TOC_OPCODE
    FORMAT: ClassVar[int] = 0
    NAME: ClassVar[str] = "READ TOC"
    timeout: ClassVar[float] = 240.0

    msf: bool = False
    first_track: int = 0
    allocation_length: int = 804

    def to_cdb(self) -> bytes:
        return toc_cdb(self.msf, self.FORMAT, self.first_track, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(*toc_fields(cdb))

    def build_reply(self, toc: Toc) -> bytes:
        points = [(track.number, track.control, track.start_lba) for track in toc.tracks]
        points.append((LEAD_OUT, toc.tracks[-1].control, toc.lead_out_lba))
        body = b"".join(
            bytes((0, 0x10 | control, number, 0)) + self._address(lba)
            for number, control, lba in points
            if number >= self.first_track
        )
        return Struct(">HBB").pack(len(body) + 2, toc.tracks[0].number, toc.tracks[-1].number) + body

    def _address(self, lba: int) -> bytes:
        return msf_bytes(Msf.from_lba(lba)) if self.msf else (lba & 0xFFFFFFFF).to_bytes(4, "big")

    def parse_reply(self, data: bytes) -> Toc:
        length, _, _ = Struct(">HBB").unpack_from(need(data, 4, self.NAME))
        tracks = []
        lead_out = None
        for position in range(4, min(len(data), length + 2) - 7, 8):
            _, control, number, four = Struct(">BBBx4s").unpack_from(data, position)
            lba = Msf(*four[1:4]).lba if self.msf else int.from_bytes(four, "big", signed=True)
            if number == LEAD_OUT:
                lead_out = lba
            else:
                tracks.append(TocTrack(number, lba, control & 0xF))
        if lead_out is None:
            raise ValueError("READ TOC: the lead-out is missing")
        return Toc(tuple(tracks), lead_out)


@dataclass(frozen=True, slots=True)
class SessionInformation:
    """The reply to READ TOC format 1: the complete sessions and where the last one's first track starts."""

    first_session: int
    last_session: int
    first_track_of_last_session: int
    start_lba: int
    control: int = 0


@dataclass(frozen=True, slots=True)
class ReadSessionInformation(Sized[SessionInformation]):
    """READ TOC, format 1.  Source: MMC-5 6.26.3."""

    OPCODE: ClassVar[int] = READ_TOC_OPCODE
    FORMAT: ClassVar[int] = 1
    NAME: ClassVar[str] = "READ TOC (session information)"
    timeout: ClassVar[float] = 240.0

    msf: bool = False
    allocation_length: int = 12

    def to_cdb(self) -> bytes:
        return toc_cdb(self.msf, self.FORMAT, 0, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        msf, _, length = toc_fields(cdb)
        return cls(msf, length)

    def build_reply(self, info: SessionInformation) -> bytes:
        address = (
            msf_bytes(Msf.from_lba(info.start_lba))
            if self.msf
            else (info.start_lba & 0xFFFFFFFF).to_bytes(4, "big")
        )
        head = Struct(">HBBxBBx").pack(
            10, info.first_session, info.last_session, 0x10 | info.control, info.first_track_of_last_session
        )
        return head + address

    def parse_reply(self, data: bytes) -> SessionInformation:
        _, first, last, control, track, four = Struct(">HBBxBBx4s").unpack_from(need(data, 12, self.NAME))
        lba = Msf(*four[1:4]).lba if self.msf else int.from_bytes(four, "big", signed=True)
        return SessionInformation(first, last, track, lba, control & 0xF)
