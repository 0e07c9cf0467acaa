"""READ TOC, format 4: the information in a blank disc's groove (ATIP)."""

from __future__ import annotations

from struct import Struct
from typing import ClassVar, Self

from redbook.disc import FIRST_LEAD_IN_MINUTE, PREGAP_SECTORS, Msf
from redbook.mmc.command import Sized, need
from redbook.mmc.disc_info.fields import (
    READ_TOC_OPCODE,
    end_or_none,
    is_msf,
    need_stated,
    toc_cdb,
    toc_fields,
)
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Atip:
    """The information in a blank disc's groove.  Source: MMC-5 6.26.6.

    lead_in_start, last_lead_out  None if they make no sense (zero, not in a lead-in, start after end)
    sub_type                      3 bits; with `rewritable` the CD-RW speed class
    speed_codes                   (lowest, highest) of additional information A1, None if absent
    ultra_speed_codes             the same from A2, which ultra speed CD-RW have
    """

    lead_in_start: Msf | None
    last_lead_out: Msf | None
    rewritable: bool = False
    sub_type: int = 0
    writing_power: int = 4
    reference_speed: int = 0
    unrestricted_use: bool = False
    speed_codes: tuple[int, int] | None = None
    ultra_speed_codes: tuple[int, int] | None = None

    def to_bytes(self) -> bytes:
        a1 = self.speed_codes is not None
        a2 = self.ultra_speed_codes is not None
        lowest, highest = self.speed_codes or (0, 0)
        head = bytes(
            (
                0x80 | self.writing_power << 4 | self.reference_speed,
                self.unrestricted_use << 6,
                0x80 | self.rewritable << 6 | self.sub_type << 3 | a1 << 2 | a2 << 1,
                0,
            )
        )
        times = b"".join(
            bytes((m.minute, m.second, m.frame, 0)) if m else bytes(4)
            for m in (self.lead_in_start, self.last_lead_out)
        )
        extra = bytes((lowest << 4 | highest, 0x24, 0x80, 0)) if a1 else bytes(4)
        low, high = self.ultra_speed_codes or (0, 0)
        ultra = bytes((low << 4 | high, 0, 0, 0))
        return Struct(">HH").pack(26, 0) + head + times + extra + ultra + bytes(4)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        need(data, 16, ReadAtip.NAME)
        length = int.from_bytes(data[:2], "big")
        need_stated(data, length, 16)
        data = data[: length + 2]
        bcd = data[8] >= 0x90  # from a Ricoh firmware; no binary minute is that high
        lead_in, lead_out = _atip_time(data[8:11], bcd), end_or_none(_atip_time(data[12:15], bcd))
        if lead_in and lead_out and lead_in.lba >= lead_out.sectors - PREGAP_SECTORS:
            lead_in = lead_out = None
        if lead_in and lead_in.minute < FIRST_LEAD_IN_MINUTE:
            lead_in = None
        a1 = len(data) >= 17 and data[6] & 4
        a2 = len(data) >= 21 and data[6] & 2
        return cls(
            lead_in_start=lead_in,
            last_lead_out=lead_out,
            rewritable=bool(data[6] & 0x40),
            sub_type=data[6] >> 3 & 7,
            writing_power=data[4] >> 4 & 7,
            reference_speed=data[4] & 7,
            unrestricted_use=bool(data[5] & 0x40),
            speed_codes=(data[16] >> 4 & 7, data[16] & 0xF) if a1 else None,
            ultra_speed_codes=(data[20] >> 4 & 7, data[20] & 0xF) if a2 else None,
        )


def _atip_time(three: bytes, bcd: bool) -> Msf | None:
    """A time; None for zeros and for times that do not exist."""
    if bcd:
        if any(byte >> 4 > 9 or byte & 0xF > 9 for byte in three):
            return None
        three = bytes((byte >> 4) * 10 + (byte & 0xF) for byte in three)
    return Msf(*three) if any(three) and is_msf(three) else None


@dataclass(frozen=True, slots=True)
class ReadAtip(Sized[Atip]):
    """READ TOC, format 4: ATIP.  Source: MMC-5 6.26.6."""

    OPCODE: ClassVar[int] = READ_TOC_OPCODE
    FORMAT: ClassVar[int] = 4
    NAME: ClassVar[str] = "READ ATIP"
    timeout: ClassVar[float] = 240.0

    allocation_length: int = 28

    def to_cdb(self) -> bytes:
        return toc_cdb(True, self.FORMAT, 0, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(toc_fields(cdb)[2])

    def parse_reply(self, data: bytes) -> Atip:
        return Atip.from_bytes(data)
