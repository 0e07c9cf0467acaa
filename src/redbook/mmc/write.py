"""Commands that put something on the disc, end it or take it away."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import SECTOR_BYTES
from redbook.mmc.command import NoReply, Sized, need


@dataclass(frozen=True, slots=True)
class Write10(NoReply):
    """WRITE (10): hand whole sectors to the drive's buffer.  Source: MMC-5 6.44.

    lba       signed sector address; it must be the next writable one
    data_out  n x 2352 bytes, 16-bit little-endian stereo, in playing order
    """

    OPCODE: ClassVar[int] = 0x2A
    NAME: ClassVar[str] = "WRITE"
    LAYOUT: ClassVar[Struct] = Struct(">BxixHx")
    timeout: ClassVar[float] = 300.0

    lba: int
    data_out: bytes | memoryview = b""

    @property
    def sectors(self) -> int:
        return len(self.data_out) // SECTOR_BYTES

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.lba, len(self.data_out) // SECTOR_BYTES)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, lba, count = cls.LAYOUT.unpack(cdb)
        if len(data_out) != count * SECTOR_BYTES:
            raise ValueError(f"{count} sectors announced, {len(data_out)} bytes sent")
        return cls(lba, data_out)


@dataclass(frozen=True, slots=True)
class SynchronizeCache(NoReply):
    """SYNCHRONIZE CACHE: write out the buffer; ends a track written track-at-once.  Source: MMC-5 6.41."""

    OPCODE: ClassVar[int] = 0x35
    NAME: ClassVar[str] = "SYNCHRONIZE CACHE"
    timeout: ClassVar[float] = 600.0

    immediate: bool = False

    def to_cdb(self) -> bytes:
        return bytes((self.OPCODE, self.immediate << 1)) + bytes(8)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(bool(cdb[1] & 2))


@unique
class CloseFunction(IntEnum):
    """CLOSE TRACK/SESSION, byte 2 bits 2-0."""

    TRACK = 1
    SESSION = 2


@dataclass(frozen=True, slots=True)
class CloseTrackSession(NoReply):
    """CLOSE TRACK/SESSION: write a track's PMA entry, or the session's lead-in and lead-out.

    Source: MMC-5 6.3.  track is 0 for a session.
    """

    OPCODE: ClassVar[int] = 0x5B
    NAME: ClassVar[str] = "CLOSE TRACK/SESSION"
    LAYOUT: ClassVar[Struct] = Struct(">BBBxH4x")
    timeout: ClassVar[float] = 3600.0

    function: CloseFunction
    track: int = 0
    immediate: bool = False

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.immediate, self.function, self.track)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, immediate, function, track = cls.LAYOUT.unpack(cdb)
        return cls(CloseFunction(function & 7), track, bool(immediate & 1))


@unique
class BlankType(IntEnum):
    """BLANK, byte 1 bits 2-0."""

    ALL = 0
    MINIMAL = 1


@dataclass(frozen=True, slots=True)
class Blank(NoReply):
    """BLANK: erase a CD-RW.  Source: MMC-5 6.2."""

    OPCODE: ClassVar[int] = 0xA1
    NAME: ClassVar[str] = "BLANK"
    LAYOUT: ClassVar[Struct] = Struct(">BBi6x")
    timeout: ClassVar[float] = 9600.0

    blank_type: BlankType
    immediate: bool = False

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.immediate << 4 | self.blank_type, 0)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        flags = cdb[1]
        return cls(BlankType(flags & 7), bool(flags & 0x10))


@dataclass(frozen=True, slots=True)
class BufferCapacity:
    """The reply to READ BUFFER CAPACITY, in bytes."""

    LAYOUT: ClassVar[Struct] = Struct(">HxxII")

    size_bytes: int
    free_bytes: int

    def to_bytes(self) -> bytes:
        return self.LAYOUT.pack(10, self.size_bytes, self.free_bytes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        _, size, free = cls.LAYOUT.unpack_from(need(data, 12, "READ BUFFER CAPACITY"))
        return cls(size, free)


@dataclass(frozen=True, slots=True)
class ReadBufferCapacity(Sized[BufferCapacity]):
    """READ BUFFER CAPACITY.  Source: MMC-5 6.18.

    Never before the buffer was full once: Pioneer firmware of 2009 then throws data away.
    """

    OPCODE: ClassVar[int] = 0x5C
    NAME: ClassVar[str] = "READ BUFFER CAPACITY"
    LAYOUT: ClassVar[Struct] = Struct(">BB5xHx")
    timeout: ClassVar[float] = 15.0

    allocation_length: int = 12

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, 0, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, in_blocks, length = cls.LAYOUT.unpack(cdb)
        if in_blocks & 1:
            raise ValueError("the buffer is counted in bytes")
        return cls(length)

    def parse_reply(self, data: bytes) -> BufferCapacity:
        return BufferCapacity.from_bytes(data)
