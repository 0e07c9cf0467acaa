"""READ TOC, formats 0 and 1: the tracks and sessions that are complete.

Formats 2 and 3 are in `raw_toc`, 4 in `atip`, 5 in `cd_text`; the CDB of all formats is in `fields`.
"""

from __future__ import annotations

from itertools import pairwise
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import LAST_LBA, LEAD_OUT, MOST_TRACKS, Msf, Toc, TocTrack
from redbook.mmc.command import Sized, need
from redbook.mmc.disc_info.fields import (
    READ_TOC_OPCODE,
    address,
    check_address,
    check_number,
    is_msf,
    msf_bytes,
    need_stated,
    toc_cdb,
    toc_fields,
)
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class ReadToc(Sized[Toc]):
    """READ TOC, format 0: the tracks of all complete sessions.  Source: MMC-5 6.26.2.

    first_track  list from this one on; AAh lists only the lead-out
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
        length, first, last = Struct(">HBB").unpack_from(need(data, 4, self.NAME))
        need_stated(data, length, 4)
        tracks: list[TocTrack] = []
        lead_out: bytes | None = None
        for position in range(4, min(len(data), length + 2) - 7, 8):
            _, control, number, four = Struct(">BBBx4s").unpack_from(data, position)
            if number == LEAD_OUT:
                lead_out = four
                continue
            name = f"track {check_number(number, 'the number of a track')}"
            lba = check_address(address(four, self.msf, name), name)
            tracks.append(TocTrack(number, lba, control & 0xF))
        if lead_out is None:
            raise ValueError("it has no lead-out")
        tracks.sort(key=lambda track: track.number)  # the order of the list need not be right
        self._check(tracks, first, last)
        end = check_address(self._lead_out(lead_out), "the lead-out")
        if tracks and end <= tracks[-1].start_lba:
            raise ValueError(
                f"the lead-out is said to be at sector {end}, but the last track after it, at "
                f"{tracks[-1].start_lba}"
            )
        return Toc(tuple(tracks), end)

    def _check(self, tracks: list[TocTrack], first: int, last: int) -> None:
        """raises  ValueError  if tracks are missing, listed twice, or out of order"""
        if self.first_track == LEAD_OUT and not tracks:
            return
        check_number(first, "the first track's number")
        check_number(last, "the last track's number", MOST_TRACKS, first)
        numbers = [track.number for track in tracks]
        due = list(range(max(first, self.first_track), last + 1))
        if numbers != due:
            listed = ", ".join(map(str, numbers)) or "none"
            raise ValueError(f"it says that it lists tracks {first} to {last}, but lists these: {listed}")
        for before, track in pairwise(tracks):
            if track.start_lba <= before.start_lba:
                raise ValueError(
                    f"track {track.number} is said to be at sector {track.start_lba}, but track "
                    f"{before.number}, which comes first, at {before.start_lba}"
                )

    def _lead_out(self, four: bytes) -> int:
        """The lead-out's address; some drives give this one in MSF, whatever they are asked for.

        If both forms are possible, it is read in the form that was asked for.
        """
        lba = address(four, self.msf, "the lead-out")
        if lba > LAST_LBA and not four[0] and is_msf(four[1:4]):
            return Msf(*four[1:4]).program_lba
        return lba


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
        length, first, last, control, track, four = Struct(">HBBxBBx4s").unpack_from(
            need(data, 12, self.NAME)
        )
        need_stated(data, length, 12)
        check_number(first, "the first session's number")
        check_number(last, "the last session's number", MOST_TRACKS, first)
        name = f"track {check_number(track, 'the number of a track')}"
        lba = check_address(address(four, self.msf, name), name)
        return SessionInformation(first, last, track, lba, control & 0xF)
