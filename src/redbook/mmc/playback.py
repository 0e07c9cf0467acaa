"""Playing a disc through the drive, and reading the sub-channel at the laser's position.

These commands are old but still in use: cdrdao finds indexes by playing one sector, and players ask for the
position.
"""

from __future__ import annotations

from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import Msf
from redbook.mmc.command import Command, NoReply, Sized, need
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class PlayAudio10(NoReply):
    """PLAY AUDIO (10).  Source: MMC-3 6.1.14.

    lba      first sector; -1 for the laser's position
    sectors  how many; 0 only moves the laser there
    """

    OPCODE: ClassVar[int] = 0x45
    NAME: ClassVar[str] = "PLAY AUDIO"
    LAYOUT: ClassVar[Struct] = Struct(">BxixHx")

    lba: int
    sectors: int

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.lba, self.sectors)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, lba, sectors = cls.LAYOUT.unpack(cdb)
        return cls(lba, sectors)


@dataclass(frozen=True, slots=True)
class PlayAudio12(PlayAudio10):
    """PLAY AUDIO (12), with the fields of PLAY AUDIO (10).  Source: MMC-3 6.1.15."""

    OPCODE: ClassVar[int] = 0xA5
    NAME: ClassVar[str] = "PLAY AUDIO (12)"
    LAYOUT: ClassVar[Struct] = Struct(">BxiIxx")


@dataclass(frozen=True, slots=True)
class PlayAudioMsf(NoReply):
    """PLAY AUDIO MSF.  Source: MMC-3 6.1.16.

    start  first sector; None (FF:FF:FF) for the laser's position
    end    first sector that is not played
    """

    OPCODE: ClassVar[int] = 0x47
    NAME: ClassVar[str] = "PLAY AUDIO MSF"
    HERE: ClassVar[bytes] = b"\xff\xff\xff"

    start: Msf | None
    end: Msf

    def to_cdb(self) -> bytes:
        return bytes((self.OPCODE, 0, 0)) + _three(self.start) + _three(self.end) + b"\0"

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        start = None if cdb[3:6] == cls.HERE else Msf(*cdb[3:6])
        return cls(start, Msf(*cdb[6:9]))


def _three(msf: Msf | None) -> bytes:
    return PlayAudioMsf.HERE if msf is None else bytes((msf.minute, msf.second, msf.frame))


@dataclass(frozen=True, slots=True)
class PauseResume(NoReply):
    """PAUSE/RESUME.  Source: MMC-3 6.1.13."""

    OPCODE: ClassVar[int] = 0x4B
    NAME: ClassVar[str] = "PAUSE/RESUME"

    resume: bool

    def to_cdb(self) -> bytes:
        return bytes((self.OPCODE, 0, 0, 0, 0, 0, 0, 0, self.resume, 0))

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(bool(cdb[8] & 1))


@dataclass(frozen=True, slots=True)
class StopPlayScan(NoReply):
    """STOP PLAY/SCAN.  Source: MMC-3 6.1.42."""

    OPCODE: ClassVar[int] = 0x4E
    NAME: ClassVar[str] = "STOP PLAY/SCAN"

    def to_cdb(self) -> bytes:
        return bytes((self.OPCODE,)) + bytes(9)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls()


@dataclass(frozen=True, slots=True)
class Seek10(NoReply):
    """SEEK (10): move the laser to a sector.  Source: MMC-5 6.32."""

    OPCODE: ClassVar[int] = 0x2B
    NAME: ClassVar[str] = "SEEK"
    LAYOUT: ClassVar[Struct] = Struct(">Bxi4x")

    lba: int

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.lba)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(cls.LAYOUT.unpack(cdb)[1])


@unique
class AudioStatus(IntEnum):
    """READ SUB-CHANNEL, byte 1.  Source: MMC-3 table 227."""

    NOT_SUPPORTED = 0x00
    PLAYING = 0x11
    PAUSED = 0x12
    COMPLETED = 0x13
    STOPPED_BY_ERROR = 0x14
    NONE = 0x15


@unique
class SubChannelFormat(IntEnum):
    """READ SUB-CHANNEL, CDB byte 3."""

    NONE = 0
    POSITION = 1
    MCN = 2
    ISRC = 3


@dataclass(frozen=True, slots=True)
class Position:
    """Where the laser is: format 1 of READ SUB-CHANNEL.

    lba           absolute
    relative_lba  from the track's index 1; negative in its pregap
    """

    adr: int
    control: int
    track: int
    index: int
    lba: int
    relative_lba: int


@dataclass(frozen=True, slots=True)
class SubChannelData:
    """The reply to READ SUB-CHANNEL.

    position  format 1
    code      formats 2 and 3: the MCN (13 digits) or the track's ISRC (12 characters); empty if there is none
    track     format 3: the track with this ISRC
    """

    audio_status: AudioStatus
    position: Position | None = None
    code: str = ""
    track: int = 0


@dataclass(frozen=True, slots=True)
class ReadSubChannel(Sized[SubChannelData]):
    """READ SUB-CHANNEL.  Source: MMC-3 6.1.23.

    msf    addresses of the position as MM:SS:FF
    subq   False asks for the four header bytes only
    track  the one whose ISRC is asked for
    """

    OPCODE: ClassVar[int] = 0x42
    NAME: ClassVar[str] = "READ SUB-CHANNEL"
    LAYOUT: ClassVar[Struct] = Struct(">BBBB2xBHx")
    CODE_BYTES: ClassVar[int] = 15

    format: SubChannelFormat = SubChannelFormat.POSITION
    track: int = 0
    msf: bool = False
    subq: bool = True
    allocation_length: int = 24

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(
            self.OPCODE, self.msf << 1, self.subq << 6, self.format, self.track, self.allocation_length
        )

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, msf, subq, kind, track, length = cls.LAYOUT.unpack(cdb)
        wanted = bool(subq & 0x40)
        return cls(SubChannelFormat(kind if wanted else 0), track, bool(msf & 2), wanted, length)

    def build_reply(self, data: SubChannelData) -> bytes:
        body = b""
        if self.subq and data.position is not None:
            where = data.position
            body = bytes((1, where.adr << 4 | where.control, where.track, where.index))
            body += self._address(where.lba, 150) + self._address(where.relative_lba, 0)
        elif self.subq:
            track = data.track if self.format is SubChannelFormat.ISRC else 0
            code = bytes((bool(data.code) << 7,)) + data.code.encode("ascii").ljust(self.CODE_BYTES, b"\0")
            body = bytes((self.format, 0, track, 0)) + code
        return Struct(">xBH").pack(data.audio_status, len(body)) + body

    def _address(self, lba: int, offset: int) -> bytes:
        if not self.msf:
            return (lba & 0xFFFFFFFF).to_bytes(4, "big")
        msf = Msf.from_sectors(abs(lba + offset))
        return bytes((0, msf.minute, msf.second, msf.frame))

    def parse_reply(self, data: bytes) -> SubChannelData:
        status, length = Struct(">xBH").unpack_from(need(data, 4, self.NAME))
        known = AudioStatus(status)
        if not length:
            return SubChannelData(known)
        kind = need(data, 5, self.NAME)[4]
        if kind != self.format:
            raise ValueError(f"the question was for format {self.format}, but the answer has format {kind}")
        if kind == SubChannelFormat.POSITION:
            _, mode, track, index, lba, relative = Struct(">BBBB4s4s").unpack_from(
                need(data, 16, self.NAME), 4
            )
            where = Position(mode >> 4, mode & 0xF, track, index, self._lba(lba, 150), self._lba(relative, 0))
            return SubChannelData(known, where)
        need(data, 24, self.NAME)
        if length < 20:
            raise ValueError(f"it states that {length} bytes follow, but 20 were expected")
        size = 13 if kind == SubChannelFormat.MCN else 12
        code = data[9 : 9 + size].decode("ascii", "replace") if data[8] & 0x80 else ""
        return SubChannelData(known, None, code, data[6])

    def _lba(self, four: bytes, offset: int) -> int:
        if not self.msf:
            return int.from_bytes(four, "big", signed=True)
        return Msf(*four[1:4]).sectors - offset


@dataclass(frozen=True, slots=True)
class MechanismStatus(Command[bytes]):
    """MECHANISM STATUS: only the header, as for a drive without a changer.  Source: MMC-5 6.11."""

    OPCODE: ClassVar[int] = 0xBD
    NAME: ClassVar[str] = "MECHANISM STATUS"
    LAYOUT: ClassVar[Struct] = Struct(">B7xHxx")

    allocation_length: int = 8

    @property
    def data_in_length(self) -> int:
        return self.allocation_length

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(cls.LAYOUT.unpack(cdb)[1])

    def parse_reply(self, data: bytes) -> bytes:
        return need(data, 8, self.NAME)
