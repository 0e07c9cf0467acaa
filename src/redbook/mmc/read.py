"""Reading back: READ CD."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import SECTOR_BYTES
from redbook.mmc.command import Command


@dataclass(frozen=True, slots=True)
class ReadCd(Command[bytes]):
    """READ CD: the 2352 bytes of each audio sector.  Source: MMC-5 6.20.

    lba      of the first sector
    sectors  how many
    Asks for sector type CD-DA and user data; for CD-DA every selection of main channel data that has
    user data in it gives the same 2352 bytes (MMC-5 table 355).
    """

    OPCODE: ClassVar[int] = 0xBE
    NAME: ClassVar[str] = "READ CD"
    LAYOUT: ClassVar[Struct] = Struct(">BBi3sBBx")
    ANY_TYPE: ClassVar[int] = 0
    CD_DA: ClassVar[int] = 1
    USER_DATA: ClassVar[int] = 0x10
    timeout: ClassVar[float] = 60.0

    lba: int
    sectors: int
    sector_type: int = CD_DA
    main_channel: int = USER_DATA

    @property
    def data_in_length(self) -> int:
        return self.sectors * SECTOR_BYTES

    def to_cdb(self) -> bytes:
        count = self.sectors.to_bytes(3, "big")
        return self.LAYOUT.pack(self.OPCODE, self.sector_type << 2, self.lba, count, self.main_channel, 0)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, kind, lba, count, main, sub_channel = cls.LAYOUT.unpack(cdb)
        if sub_channel & 7:
            raise ValueError("no sub-channel data are kept")
        if main & 6:
            raise ValueError("no C2 pointers are kept")
        if not main & 0x10 and main:
            raise ValueError("no headers are kept")
        return cls(lba, int.from_bytes(count, "big"), kind >> 2 & 7, main)

    def parse_reply(self, data: bytes) -> bytes:
        if len(data) != self.data_in_length:
            raise ValueError(f"READ CD: {len(data)} bytes for {self.sectors} sectors")
        return data
