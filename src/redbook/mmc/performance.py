"""GET PERFORMANCE and SET STREAMING: how fast the drive reads and writes the disc in it."""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import SPEED_1X_BYTES_PER_SECOND
from redbook.mmc.command import Command, NoReply, need
from redbook.records import dataclass

HEADER_BYTES = 8
DESCRIPTOR_BYTES = 16
LONGEST_REPLY_BYTES = 2048
"""Some Panasonic drives announce huge lengths that change from call to call (K3b)."""


@unique
class PerformanceType(IntEnum):
    """CDB byte 10.  Source: MMC-5 table 152."""

    PERFORMANCE = 0
    WRITE_SPEED = 3


@dataclass(frozen=True, slots=True)
class WriteSpeedDescriptor:
    """One writing speed for the disc in the drive.  Source: MMC-5 table 160.

    end_lba            last sector that it holds for
    read_kb, write_kb  units of 1000 bytes per second
    pure_cav           the disc turns at a constant rate
    exact              the drive can keep it up over the whole disc
    """

    LAYOUT: ClassVar[Struct] = Struct(">BxxxiII")

    end_lba: int
    read_kb: int
    write_kb: int
    pure_cav: bool = False
    exact: bool = False

    @property
    def times(self) -> int:
        """Multiple of 1x; drives count 176 or 177 units for it."""
        return round(self.write_kb * 1000 / SPEED_1X_BYTES_PER_SECOND)

    def to_bytes(self) -> bytes:
        flags = self.pure_cav << 3 | self.exact << 1
        return self.LAYOUT.pack(flags, self.end_lba, self.read_kb, self.write_kb)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        flags, end, read_kb, write_kb = cls.LAYOUT.unpack(data)
        return cls(end, read_kb, write_kb, flags >> 3 & 3 == 1, bool(flags & 2))


@dataclass(frozen=True, slots=True)
class NominalPerformance:
    """Speed at both ends of a range of sectors.  Source: MMC-5 table 156.

    start_kb, end_kb  units of 1000 bytes per second
    """

    LAYOUT: ClassVar[Struct] = Struct(">iIiI")

    start_lba: int
    start_kb: int
    end_lba: int
    end_kb: int

    def to_bytes(self) -> bytes:
        return self.LAYOUT.pack(self.start_lba, self.start_kb, self.end_lba, self.end_kb)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        return cls(*cls.LAYOUT.unpack(data))


@dataclass(frozen=True, slots=True)
class Performance:
    """The reply to GET PERFORMANCE.

    total        how many descriptors the drive has, even if fewer were asked for
    descriptors  those that came
    """

    total: int
    descriptors: tuple[WriteSpeedDescriptor, ...] | tuple[NominalPerformance, ...] = ()
    writing: bool = False

    def to_bytes(self) -> bytes:
        head = Struct(">IBxxx").pack(4 + DESCRIPTOR_BYTES * self.total, self.writing << 1)
        return head + b"".join(descriptor.to_bytes() for descriptor in self.descriptors)

    @property
    def write_speeds(self) -> tuple[WriteSpeedDescriptor, ...]:
        """The writing speeds; empty in a reply of another type."""
        return tuple(d for d in self.descriptors if isinstance(d, WriteSpeedDescriptor))


@dataclass(frozen=True, slots=True)
class GetPerformance(Command[Performance]):
    """GET PERFORMANCE.  Source: MMC-5 6.8.  Send it only if feature 0107h has WSPD.

    most       descriptors that may come; drives that are asked for none list only one, so ask for one
               first, then for as many as there are (libburn)
    data_type  byte 1: bits 4-3 tolerance (10b), bit 2 writing instead of reading, bits 1-0 exceptions
    """

    OPCODE: ClassVar[int] = 0xAC
    NAME: ClassVar[str] = "GET PERFORMANCE"
    LAYOUT: ClassVar[Struct] = Struct(">BBixxHBx")
    WRITING: ClassVar[int] = 0x04
    NOMINAL_TOLERANCE: ClassVar[int] = 0x10

    kind: PerformanceType = PerformanceType.WRITE_SPEED
    most: int = 1
    data_type: int = 0
    start_lba: int = 0

    @property
    def data_in_length(self) -> int:
        return HEADER_BYTES + DESCRIPTOR_BYTES * self.most

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.data_type, self.start_lba, self.most, self.kind)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, data_type, start, most, kind = cls.LAYOUT.unpack(cdb)
        return cls(PerformanceType(kind), most, data_type, start)

    def parse_reply(self, data: bytes) -> Performance:
        length, flags = Struct(">IBxxx").unpack_from(need(data, HEADER_BYTES, self.NAME))
        if length < HEADER_BYTES - 4:
            raise ValueError(f"it states that {length} bytes follow, but {HEADER_BYTES - 4} were expected")
        total = (length - 4) // DESCRIPTOR_BYTES
        end = min(len(data), length + 4)
        parts = [
            data[position : position + DESCRIPTOR_BYTES]
            for position in range(HEADER_BYTES, end - DESCRIPTOR_BYTES + 1, DESCRIPTOR_BYTES)
        ]
        if self.kind is PerformanceType.WRITE_SPEED:
            return Performance(total, tuple(map(WriteSpeedDescriptor.from_bytes, parts)))
        return Performance(total, tuple(map(NominalPerformance.from_bytes, parts)), bool(flags & 2))


@dataclass(frozen=True, slots=True)
class SetStreaming(NoReply):
    """SET STREAMING with a performance descriptor.  Source: MMC-5 6.39.

    descriptor  28 bytes; it is for DVD and BD, on a CD use SET CD SPEED
    """

    OPCODE: ClassVar[int] = 0xB6
    NAME: ClassVar[str] = "SET STREAMING"
    LAYOUT: ClassVar[Struct] = Struct(">B8xHx")
    SPEEDS: ClassVar[Struct] = Struct(">4xiiIIII")

    descriptor: bytes

    @property
    def data_out(self) -> bytes:
        return self.descriptor

    @property
    def write_kb(self) -> int:
        """In units of 1000 bytes per second.  raises  ValueError  for a descriptor that makes no sense"""
        if len(self.descriptor) < self.SPEEDS.size:
            raise ValueError(f"a performance descriptor of {len(self.descriptor)} bytes")
        *_, size, milliseconds = self.SPEEDS.unpack_from(self.descriptor)
        if not milliseconds:
            raise ValueError("a speed in zero time")
        return int(size * 1000 // milliseconds)

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, len(self.descriptor))

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, length = cls.LAYOUT.unpack(cdb)
        if length != len(data_out):
            raise ValueError(f"{length} bytes announced, {len(data_out)} sent")
        return cls(bytes(data_out))
