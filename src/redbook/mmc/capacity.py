"""How much can be read: READ CAPACITY and READ FORMAT CAPACITIES, which kernels ask for."""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.mmc.command import Command, Sized, need
from redbook.records import dataclass

DATA_SECTOR_BYTES = 2048
"""What READ CAPACITY says about any CD, even an audio disc."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """The reply to READ CAPACITY.  last_lba is 0 if nothing is recorded."""

    LAYOUT: ClassVar[Struct] = Struct(">II")

    last_lba: int
    sector_bytes: int = DATA_SECTOR_BYTES

    def to_bytes(self) -> bytes:
        return self.LAYOUT.pack(self.last_lba, self.sector_bytes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        return cls(*cls.LAYOUT.unpack_from(need(data, 8, "READ CAPACITY")))


@dataclass(frozen=True, slots=True)
class ReadCapacity(Command[Capacity]):
    """READ CAPACITY (10).  Source: MMC-5 6.19."""

    OPCODE: ClassVar[int] = 0x25
    NAME: ClassVar[str] = "READ CAPACITY"

    @property
    def data_in_length(self) -> int:
        return Capacity.LAYOUT.size

    def to_cdb(self) -> bytes:
        return bytes((self.OPCODE,)) + bytes(9)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls()

    def parse_reply(self, data: bytes) -> Capacity:
        return Capacity.from_bytes(data)


@unique
class FormatDescriptorType(IntEnum):
    """Byte 4 of the current/maximum capacity descriptor.  Source: MMC-5 table 476."""

    UNFORMATTED = 1
    FORMATTED = 2
    NO_MEDIA = 3


@dataclass(frozen=True, slots=True)
class FormatCapacities:
    """The reply to READ FORMAT CAPACITIES: only the current/maximum descriptor, as a CD has no other."""

    LAYOUT: ClassVar[Struct] = Struct(">xxxBII")

    sectors: int
    kind: FormatDescriptorType

    def to_bytes(self) -> bytes:
        return self.LAYOUT.pack(8, self.sectors, self.kind << 24 | DATA_SECTOR_BYTES)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        _, sectors, word = cls.LAYOUT.unpack_from(need(data, 12, "READ FORMAT CAPACITIES"))
        return cls(sectors, FormatDescriptorType(word >> 24 & 3))


@dataclass(frozen=True, slots=True)
class ReadFormatCapacities(Sized[FormatCapacities]):
    """READ FORMAT CAPACITIES.  Source: MMC-5 6.24."""

    OPCODE: ClassVar[int] = 0x23
    NAME: ClassVar[str] = "READ FORMAT CAPACITIES"
    LAYOUT: ClassVar[Struct] = Struct(">B6xHx")

    allocation_length: int = 12

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(cls.LAYOUT.unpack(cdb)[1])

    def parse_reply(self, data: bytes) -> FormatCapacities:
        return FormatCapacities.from_bytes(data)
