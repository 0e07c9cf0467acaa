"""Commands that move and ready the drive: TEST UNIT READY, START STOP UNIT, speeds, calibration."""

from __future__ import annotations

from struct import Struct
from typing import ClassVar, Self

from redbook.errors import Sense
from redbook.mmc import sense
from redbook.mmc.command import NoReply, Sized
from redbook.records import dataclass

MAXIMUM_SPEED = 0xFFFF
"""SET CD SPEED: as fast as the drive can."""


@dataclass(frozen=True, slots=True)
class TestUnitReady(NoReply):
    """TEST UNIT READY: GOOD if a medium can be used.  Source: SPC-4 6.47."""

    __test__: ClassVar[bool] = False  # not a test case, whatever pytest thinks of the name
    OPCODE: ClassVar[int] = 0x00
    NAME: ClassVar[str] = "TEST UNIT READY"
    timeout: ClassVar[float] = 15.0

    def to_cdb(self) -> bytes:
        return bytes(6)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls()


@dataclass(frozen=True, slots=True)
class RequestSense(Sized[Sense]):
    """REQUEST SENSE: a pending unit attention, or the progress of an operation.  Source: SPC-4 6.39."""

    OPCODE: ClassVar[int] = 0x03
    NAME: ClassVar[str] = "REQUEST SENSE"
    timeout: ClassVar[float] = 15.0

    allocation_length: int = 18

    def to_cdb(self) -> bytes:
        return bytes((self.OPCODE, 0, 0, 0, self.allocation_length, 0))

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(cdb[4])

    def parse_reply(self, data: bytes) -> Sense:
        return sense.parse(data)


@dataclass(frozen=True, slots=True)
class StartStopUnit(NoReply):
    """START STOP UNIT: spin up or down, load or eject.  Source: SBC-3 5.25, MMC-5 6.38.

    start            spin up, or with `load_eject` pull the tray in; otherwise spin down or eject
    power_condition  0, or the power condition to change to; then the other two do not count
    """

    OPCODE: ClassVar[int] = 0x1B
    NAME: ClassVar[str] = "START STOP UNIT"
    timeout: ClassVar[float] = 120.0

    start: bool
    load_eject: bool = False
    immediate: bool = False
    power_condition: int = 0

    def to_cdb(self) -> bytes:
        action = self.power_condition << 4 | self.load_eject << 1 | self.start
        return bytes((self.OPCODE, self.immediate, 0, 0, action, 0))

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(bool(cdb[4] & 1), bool(cdb[4] & 2), bool(cdb[1] & 1), cdb[4] >> 4)


@dataclass(frozen=True, slots=True)
class PreventAllowMediumRemoval(NoReply):
    """PREVENT ALLOW MEDIUM REMOVAL: lock or unlock the tray.  Source: MMC-5 6.14."""

    OPCODE: ClassVar[int] = 0x1E
    NAME: ClassVar[str] = "PREVENT ALLOW MEDIUM REMOVAL"
    timeout: ClassVar[float] = 15.0

    prevent: bool

    def to_cdb(self) -> bytes:
        return bytes((self.OPCODE, 0, 0, 0, self.prevent, 0))

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(bool(cdb[4] & 1))


@dataclass(frozen=True, slots=True)
class SendOpcInformation(NoReply):
    """SEND OPC INFORMATION with DoOPC: calibrate the laser's power now.  Source: MMC-5 6.34.

    This uses up one of about 100 places in the disc's power calibration area.
    """

    OPCODE: ClassVar[int] = 0x54
    NAME: ClassVar[str] = "SEND OPC INFORMATION"
    LAYOUT: ClassVar[Struct] = Struct(">BB5xHx")
    timeout: ClassVar[float] = 200.0

    do_opc: bool = True

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.do_opc, 0)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(bool(cdb[1] & 1))


@dataclass(frozen=True, slots=True)
class SetCdSpeed(NoReply):
    """SET CD SPEED.  Source: MMC-3 6.1.34.

    read_kb, write_kb  speeds in units of 1000 bytes per second; MAXIMUM_SPEED for the fastest
    pure_cav           turn the disc at a constant rate, not in the way that the drive prefers
    """

    OPCODE: ClassVar[int] = 0xBB
    NAME: ClassVar[str] = "SET CD SPEED"
    LAYOUT: ClassVar[Struct] = Struct(">BBHH6x")

    read_kb: int = MAXIMUM_SPEED
    write_kb: int = MAXIMUM_SPEED
    pure_cav: bool = False

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.pure_cav, self.read_kb, self.write_kb)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, rotation, read_kb, write_kb = cls.LAYOUT.unpack(cdb)
        return cls(read_kb, write_kb, rotation & 3 == 1)
