"""Commands that write to the disc, finish it or erase it."""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import SECTOR_BYTES
from redbook.mmc.command import NoReply, Sized, need
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Write10(NoReply):
    """WRITE (10): hand whole sectors to the drive's buffer.  Source: MMC-5 6.44.

    lba           signed sector address; it must be the next writable one
    data_out      n sectors; audio is 16-bit little-endian stereo in playing order
    sector_bytes  2352 for audio; 2368 or 2448 with sub-channel, 96 in a lead-in that carries CD-Text
    """

    OPCODE: ClassVar[int] = 0x2A
    NAME: ClassVar[str] = "WRITE"
    LAYOUT: ClassVar[Struct] = Struct(">BxixHx")
    timeout: ClassVar[float] = 300.0

    lba: int
    data_out: bytes | memoryview = b""
    sector_bytes: int = SECTOR_BYTES

    @property
    def sectors(self) -> int:
        return len(self.data_out) // self.sector_bytes

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.lba, self.sectors)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, lba, count = cls.LAYOUT.unpack(cdb)
        return cls(lba, data_out, _sector_bytes(count, len(data_out)))


def _sector_bytes(sectors: int, data_bytes: int) -> int:
    """The length of each sector that was sent.  raises  ValueError  if they are not all of one length"""
    if not sectors and not data_bytes:
        return SECTOR_BYTES
    if not sectors or not data_bytes or data_bytes % sectors:
        raise ValueError(f"{sectors} sectors announced, {data_bytes} bytes sent")
    return data_bytes // sectors


@dataclass(frozen=True, slots=True)
class Write12(Write10):
    """WRITE (12), with the fields of WRITE (10).  Source: MMC-5 6.45."""

    OPCODE: ClassVar[int] = 0xAA
    NAME: ClassVar[str] = "WRITE (12)"
    LAYOUT: ClassVar[Struct] = Struct(">BxiIxx")


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

    NOTHING = 0
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
    TRACK = 2
    UNRESERVE = 3
    TRACK_TAIL = 4
    UNCLOSE = 5
    SESSION = 6


@dataclass(frozen=True, slots=True)
class Blank(NoReply):
    """BLANK: erase a CD-RW.  Source: MMC-5 6.2.

    start  where the track begins, for the types that erase one track
    """

    OPCODE: ClassVar[int] = 0xA1
    NAME: ClassVar[str] = "BLANK"
    LAYOUT: ClassVar[Struct] = Struct(">BBi6x")
    timeout: ClassVar[float] = 9600.0

    blank_type: BlankType
    immediate: bool = False
    start: int = 0

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.immediate << 4 | self.blank_type, self.start)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, flags, start = cls.LAYOUT.unpack(cdb)
        return cls(BlankType(flags & 7), bool(flags & 0x10), start)


@dataclass(frozen=True, slots=True)
class BufferCapacity:
    """The reply to READ BUFFER CAPACITY.

    in_blocks  whether it was sent in units of 2048 bytes
    """

    LAYOUT: ClassVar[Struct] = Struct(">HxBII")
    BLOCK_BYTES: ClassVar[int] = 2048
    MOST_BYTES: ClassVar[int] = 1 << 28  # many times more than any drive was sold with

    size_bytes: int
    free_bytes: int
    in_blocks: bool = False

    def to_bytes(self) -> bytes:
        unit = self.BLOCK_BYTES if self.in_blocks else 1
        return self.LAYOUT.pack(10, self.in_blocks, self.size_bytes // unit, self.free_bytes // unit)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the reply to READ BUFFER CAPACITY.

        raises  ValueError  for a buffer that no drive has, or one with more free bytes than its size
        """
        length, flags, size, free = cls.LAYOUT.unpack_from(need(data, 12, ReadBufferCapacity.NAME))
        unit = cls.BLOCK_BYTES if flags & 1 else 1
        if length < cls.LAYOUT.size - 2:
            raise ValueError(f"it states that it has {length + 2} bytes, but {cls.LAYOUT.size} were expected")
        if not 0 < size * unit <= cls.MOST_BYTES or free > size:
            raise ValueError(f"{free * unit} bytes are said to be free in a buffer of {size * unit}")
        return cls(size * unit, free * unit, bool(flags & 1))


@dataclass(frozen=True, slots=True)
class ReadBufferCapacity(Sized[BufferCapacity]):
    """READ BUFFER CAPACITY.  Source: MMC-5 6.18.

    Never send it before the buffer has been full once: Pioneer firmware of 2009 would throw data away.
    """

    OPCODE: ClassVar[int] = 0x5C
    NAME: ClassVar[str] = "READ BUFFER CAPACITY"
    LAYOUT: ClassVar[Struct] = Struct(">BB5xHx")
    timeout: ClassVar[float] = 15.0

    allocation_length: int = 12
    in_blocks: bool = False

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.in_blocks, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, in_blocks, length = cls.LAYOUT.unpack(cdb)
        return cls(length, bool(in_blocks & 1))

    def parse_reply(self, data: bytes) -> BufferCapacity:
        return BufferCapacity.from_bytes(data)
