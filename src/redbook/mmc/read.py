"""Reading a disc: READ CD and related commands."""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import SECTOR_BYTES, Msf
from redbook.mmc.capacity import DATA_SECTOR_BYTES
from redbook.mmc.command import Command, Sized, need
from redbook.records import dataclass


@unique
class C2(IntEnum):
    """READ CD, byte 9 bits 2-1: one bit for each byte of the sector, set if it could not be corrected."""

    NONE = 0
    POINTERS = 1
    POINTERS_AND_BLOCK_ERROR = 2


@unique
class SubChannel(IntEnum):
    """READ CD, byte 10 bits 2-0."""

    NONE = 0
    RAW = 1
    Q = 2
    CORRECTED_R_TO_W = 4


C2_BYTES = {C2.NONE: 0, C2.POINTERS: 294, C2.POINTERS_AND_BLOCK_ERROR: 296}
SUB_CHANNEL_BYTES = {
    SubChannel.NONE: 0,
    SubChannel.RAW: 96,
    SubChannel.Q: 16,
    SubChannel.CORRECTED_R_TO_W: 96,
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What READ CD should return for each sector, in this order on the wire.

    main_channel  bits 7-3 of byte 9: sync, headers (2), user data, EDC/ECC. For CD-DA, every selection with
                  user data gives the same 2352 bytes, and every other one gives none (MMC-5 table 355).
    """

    USER_DATA: ClassVar[int] = 0x10

    main_channel: int = USER_DATA
    c2: C2 = C2.NONE
    sub_channel: SubChannel = SubChannel.NONE

    @property
    def main_bytes(self) -> int:
        return SECTOR_BYTES if self.main_channel & self.USER_DATA else 0

    @property
    def sector_bytes(self) -> int:
        return self.main_bytes + C2_BYTES[self.c2] + SUB_CHANNEL_BYTES[self.sub_channel]

    def to_bytes(self) -> bytes:
        return bytes((self.main_channel | self.c2 << 1, self.sub_channel))

    @classmethod
    def from_bytes(cls, two: bytes) -> Self:
        """Parse bytes 9 and 10 of the CDB of a READ CD.

        raises  ValueError  for C2 or sub-channel bits that are not defined
        """
        return cls(two[0] & 0xF8, C2(two[0] >> 1 & 3), SubChannel(two[1] & 7))


@dataclass(frozen=True, slots=True)
class ReadCd(Command[bytes]):
    """READ CD.  Source: MMC-5 6.20.

    lba      of the first sector
    sectors  how many
    """

    OPCODE: ClassVar[int] = 0xBE
    NAME: ClassVar[str] = "READ CD"
    LAYOUT: ClassVar[Struct] = Struct(">BBi3s2sx")
    ANY_TYPE: ClassVar[int] = 0
    CD_DA: ClassVar[int] = 1
    MODE_1: ClassVar[int] = 2
    MODE_2: ClassVar[int] = 3
    MODE_2_FORM_1: ClassVar[int] = 4
    MODE_2_FORM_2: ClassVar[int] = 5
    timeout: ClassVar[float] = 60.0

    lba: int
    sectors: int
    sector_type: int = CD_DA
    selection: Selection = Selection()

    @property
    def data_in_length(self) -> int:
        return self.sectors * self.selection.sector_bytes

    def to_cdb(self) -> bytes:
        count = self.sectors.to_bytes(3, "big")
        return self.LAYOUT.pack(
            self.OPCODE, self.sector_type << 2, self.lba, count, self.selection.to_bytes()
        )

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, kind, lba, count, selection = cls.LAYOUT.unpack(cdb)
        return cls(lba, int.from_bytes(count, "big"), kind >> 2 & 7, Selection.from_bytes(selection))

    def parse_reply(self, data: bytes) -> bytes:
        if len(data) != self.data_in_length:
            raise ValueError(f"{self.NAME}: {len(data)} bytes for {self.sectors} sectors")
        return data


@dataclass(frozen=True, slots=True)
class ReadCdMsf(Command[bytes]):
    """READ CD MSF.  Source: MMC-5 6.21.

    start, end  the first sector, and the first one that is not read
    """

    OPCODE: ClassVar[int] = 0xB9
    NAME: ClassVar[str] = "READ CD MSF"
    LAYOUT: ClassVar[Struct] = Struct(">BBx3s3s2sx")
    timeout: ClassVar[float] = 60.0

    start: Msf
    end: Msf
    sector_type: int = ReadCd.CD_DA
    selection: Selection = Selection()

    @property
    def data_in_length(self) -> int:
        return max(0, self.end.sectors - self.start.sectors) * self.selection.sector_bytes

    def to_cdb(self) -> bytes:
        start, end = (bytes((m.minute, m.second, m.frame)) for m in (self.start, self.end))
        return self.LAYOUT.pack(self.OPCODE, self.sector_type << 2, start, end, self.selection.to_bytes())

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, kind, start, end, selection = cls.LAYOUT.unpack(cdb)
        first, behind = Msf(*start), Msf(*end)
        if behind.sectors < first.sectors:
            raise ValueError("it ends before it starts")
        return cls(first, behind, kind >> 2 & 7, Selection.from_bytes(selection))

    def parse_reply(self, data: bytes) -> bytes:
        return need(data, self.data_in_length, self.NAME)


@dataclass(frozen=True, slots=True)
class Read10(Command[bytes]):
    """READ (10): sectors of 2048 bytes, only from data tracks.  Source: MMC-5 6.15."""

    OPCODE: ClassVar[int] = 0x28
    NAME: ClassVar[str] = "READ"
    LAYOUT: ClassVar[Struct] = Struct(">BxixHx")
    timeout: ClassVar[float] = 60.0

    lba: int
    sectors: int

    @property
    def data_in_length(self) -> int:
        return self.sectors * DATA_SECTOR_BYTES

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.lba, self.sectors)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, lba, sectors = cls.LAYOUT.unpack(cdb)
        return cls(lba, sectors)

    def parse_reply(self, data: bytes) -> bytes:
        return need(data, self.data_in_length, self.NAME)


@dataclass(frozen=True, slots=True)
class Read12(Read10):
    """READ (12), with the fields of READ (10).  Source: MMC-5 6.16."""

    OPCODE: ClassVar[int] = 0xA8
    NAME: ClassVar[str] = "READ (12)"
    LAYOUT: ClassVar[Struct] = Struct(">BxiIxx")


@dataclass(frozen=True, slots=True)
class ReadHeader(Sized[bytes]):
    """READ HEADER: data mode and address of a data sector.  Source: MMC-3 6.1.18."""

    OPCODE: ClassVar[int] = 0x44
    NAME: ClassVar[str] = "READ HEADER"
    LAYOUT: ClassVar[Struct] = Struct(">BBixHx")

    lba: int
    msf: bool = False
    allocation_length: int = 8

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.msf << 1, self.lba, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, msf, lba, length = cls.LAYOUT.unpack(cdb)
        return cls(lba, bool(msf & 2), length)

    def parse_reply(self, data: bytes) -> bytes:
        return need(data, 8, self.NAME)
