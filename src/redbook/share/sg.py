"""A SCSI device as Linux presents it: SG_IO, and the other ioctls of its sg driver.

Source: Linux 6.1, drivers/scsi/scsi_ioctl.c and sg.c
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from typing import Any

from redbook.clock import Clock, SystemClock
from redbook.drive import Drive
from redbook.errors import DriveClosed, DriveGone, RedbookError, TransportTimeout
from redbook.log import TRAFFIC
from redbook.mmc.command import Command
from redbook.mmc.control import PreventAllowMediumRemoval, StartStopUnit, TestUnitReady
from redbook.mmc.decode import decode
from redbook.records import dataclass
from redbook.share.ioctls import (
    COMMAND_LENGTHS,
    ID_LUN,
    INT,
    NAMES,
    REQUEST,
    SCSI_ID,
    SEGMENT,
    Block,
    Direction,
    HostStatus,
    Sg,
    SgIoHeader,
)
from redbook.share.umockdev import CallFailed, Memory
from redbook.transport.base import LogicalUnit

MAX_TRANSFER_BYTES = 512 * 1024
"""Above this the kernel answers EIO; the limit of SATA and of most USB bridges is 120 kB to 512 kB."""

CD_DEVICE = 5
SR_VERSION, SG_VERSION = 30527, 30536
TABLE_SIZE = 128
TICKS_PER_SECOND = 100  # USER_HZ

_DEFAULT_TIMEOUT_SECONDS, _SHORTEST_TIMEOUT_SECONDS = 60.0, 7.0
_DEFAULT_RESERVED_BYTES = 32 * 1024
_LONGEST_CDB = 32
_MOST_SEGMENTS = 1024  # UIO_MAXIOV
_RETRIES, _INTERNAL_TIMEOUT_MS, _UNIT_ATTENTION = 5, 10_000, 6
_MOST_OLD_BYTES, _OLD_SENSE_BYTES = 4096, 16  # PAGE_SIZE, OMAX_SB_LEN
_CDB_LENGTHS = (6, 10, 10, 12, 16, 12, 10, 10)  # by the opcode's group

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to a command.  residue is in bytes."""

    status: int = 0
    data: bytes | memoryview = b""
    sense: bytes = b""
    residue: int = 0
    host: HostStatus = HostStatus.OK


class ScsiDevice:
    """One recorder as the kernel knows it: one initiator, shared by all that have it open.

    number   of the host adapter, and of /dev/srN and /dev/sgN
    problem  called with what the program cannot know: why the recorder failed on our side
    """

    def __init__(
        self,
        unit: LogicalUnit,
        number: int = 0,
        clock: Clock | None = None,
        problem: Callable[[str], None] | None = None,
    ) -> None:
        self.unit = unit
        self.number = number
        self.clock = clock or SystemClock()
        self.drive = Drive(unit.new_initiator(), f"sr{number}")
        self.gone = False
        self._problem = problem or _log.error

    def perform(
        self, cdb: bytes, data_out: bytes | memoryview, data_in_length: int, timeout: float
    ) -> Outcome:
        """Send one command.  timeout  in seconds"""
        length = len(data_out) or data_in_length
        name = _name(cdb, data_out) if _log.isEnabledFor(TRAFFIC) else ""
        try:
            reply = self.drive.send(cdb, data_out, data_in_length, timeout, name=name)
        except TransportTimeout:
            return Outcome(residue=length, host=HostStatus.TIME_OUT)
        except (DriveGone, DriveClosed):
            self.gone = True
            return Outcome(residue=length, host=HostStatus.NO_CONNECT)
        except RedbookError as error:
            self._problem(str(error))
            return Outcome(residue=length, host=HostStatus.ERROR)
        self.gone = False
        return Outcome(reply.status, reply.data, reply.sense, reply.residue)

    def close(self) -> None:
        self.drive.close()


def _name(cdb: bytes, data_out: bytes | memoryview) -> str:
    try:
        return decode(cdb, data_out).NAME
    except ValueError:
        return f"opcode {cdb[0]:02X}h" if cdb else "no command"


class SgFile:
    """One open() of /dev/sgN.  The block device does all of this, too."""

    VERSION = SG_VERSION
    NODE = "sg"

    def __init__(self, device: ScsiDevice) -> None:
        self.device = device
        self._lost = False
        self._was_gone = device.gone
        self._timeout_ticks = int(_DEFAULT_TIMEOUT_SECONDS) * TICKS_PER_SECOND
        self._reserved_bytes = _DEFAULT_RESERVED_BYTES
        self._flags: dict[int, bool] = {}
        self._cdb = memoryview(bytearray(_LONGEST_CDB))
        self._header = memoryview(bytearray(SgIoHeader.SIZE))
        self._buffer = memoryview(b"")
        self._calls: dict[int, Callable[[Memory, int], int]] = {
            Sg.IO: self._sg_io,
            Sg.GET_VERSION_NUM: lambda memory, at: _put_int(memory, at, self.VERSION),
            Sg.SET_TIMEOUT: self._set_timeout,
            Sg.GET_TIMEOUT: lambda memory, at: self._timeout_ticks,
            Sg.SET_RESERVED_SIZE: self._set_reserved_size,
            Sg.GET_RESERVED_SIZE: lambda memory, at: _put_int(memory, at, self._reserved_bytes),
            Sg.EMULATED_HOST: lambda memory, at: _put_int(memory, at, 1),
            Sg.GET_IDLUN: self._get_id_lun,
            Sg.GET_BUS_NUMBER: lambda memory, at: _put_int(memory, at, self.device.number),
            Sg.PROBE_HOST: self._probe_host,
            Sg.SCSI_RESET: self._scsi_reset,
            Sg.GET_PCI: self._get_pci,
            Sg.SEND_COMMAND: self._send_command,
            Sg.TEST_UNIT_READY: lambda memory, at: self._simply(TestUnitReady()),
            Sg.START_UNIT: lambda memory, at: self._simply(StartStopUnit(True)),
            Sg.STOP_UNIT: lambda memory, at: self._simply(StartStopUnit(False)),
            Sg.DOORLOCK: lambda memory, at: self._simply(PreventAllowMediumRemoval(True)),
            Sg.DOORUNLOCK: lambda memory, at: self._simply(PreventAllowMediumRemoval(False)),
            **self._calls_of_this_node(),
        }

    def _calls_of_this_node(self) -> dict[int, Callable[[Memory, int], int]]:
        return {
            Sg.GET_SCSI_ID: self._get_scsi_id,
            Sg.GET_SG_TABLESIZE: lambda memory, at: _put_int(memory, at, TABLE_SIZE),
            Sg.NEXT_CMD_LEN: lambda memory, at: 0,
            **self._kept(Sg.SET_COMMAND_Q, Sg.GET_COMMAND_Q),
            **self._kept(Sg.SET_FORCE_LOW_DMA, Sg.GET_LOW_DMA),
            **self._kept(Sg.SET_KEEP_ORPHAN, Sg.GET_KEEP_ORPHAN),
            Sg.SET_FORCE_PACK_ID: _taken,
            Sg.GET_PACK_ID: lambda memory, at: _put_int(memory, at, -1),  # no answer is waiting
            Sg.GET_NUM_WAITING: lambda memory, at: _put_int(memory, at, 0),
            Sg.GET_ACCESS_COUNT: lambda memory, at: _put_int(memory, at, 1),
            Sg.GET_REQUEST_TABLE: self._get_request_table,
            Sg.SET_DEBUG: _taken,
            Block.GET_MAX_SECTORS: lambda memory, at: _put_int(memory, at, MAX_TRANSFER_BYTES),
        }

    def _kept(self, setting: int, getting: int) -> dict[int, Callable[[Memory, int], int]]:
        """The two calls for a flag that is remembered, but does nothing here."""

        def store(memory: Memory, address: int) -> int:
            self._flags[getting] = bool(_get_int(memory, address))
            return 0

        return {
            setting: store,
            getting: lambda memory, at: _put_int(memory, at, self._flags.get(getting, False)),
        }

    def ioctl(self, memory: Memory, request: int, argument: int) -> int:
        request &= 0xFFFFFFFF
        if self._lost:
            raise CallFailed(errno.ENODEV)
        try:
            known = self._calls.get(request)
            if known is None:
                raise CallFailed(errno.ENOTTY)
            result = known(memory, argument)
        except CallFailed as failed:
            self._note(request, failed)
            raise
        if request != Sg.IO:
            self._note(request, result)
        return result

    def _note(self, request: int, what: object) -> None:
        if _log.isEnabledFor(TRAFFIC):
            name = NAMES.get(request, f"{request:#x}")
            _log.log(TRAFFIC, "%s%d ioctl %s: %s", self.NODE, self.device.number, name, what)

    def read(self, memory: Memory, address: int, length: int) -> int:
        """Fetch the answer to a write(); there never is one."""
        raise CallFailed(errno.EAGAIN)

    def write(self, memory: Memory, address: int, length: int) -> int:
        """sg's old way of sending commands; no program that was tried needed it."""
        raise CallFailed(errno.ENOSYS)

    def close(self) -> None:
        pass

    # SG_IO

    def _sg_io(self, memory: Memory, address: int) -> int:
        memory.read_into([(address, self._header)])
        header = SgIoHeader.from_bytes(self._header)
        self._check(header)
        cdb = self._cdb[: header.cdb_length]
        segments = self._segments(memory, header)
        length = sum(size for _, size in segments)
        wanted = [(header.cdb_address, cdb)]
        sending = header.direction == Direction.TO_DEVICE
        if sending:
            buffer = self._room(length)
            wanted += _over(segments, buffer)
        memory.read_into(wanted)
        outcome, duration_ms = self._execute(
            bytes(cdb), buffer if sending else b"", 0 if sending else length, header.timeout_ms
        )
        if not sending:
            for at, part in _over(segments, memoryview(outcome.data)):
                memory.write(at, part)
        sense = outcome.sense[: header.max_sense_length] if header.sense_address else b""
        memory.write(header.sense_address, sense)
        memory.write(
            address + SgIoHeader.RESULT_OFFSET,
            SgIoHeader.result(outcome.status, len(sense), outcome.host, outcome.residue, duration_ms),
        )
        return 0

    @staticmethod
    def _check(header: SgIoHeader) -> None:
        if header.interface != ord("S") or header.cdb_length > _LONGEST_CDB:
            raise CallFailed(errno.EINVAL)
        if header.segment_count > _MOST_SEGMENTS:
            raise CallFailed(errno.EINVAL)
        if header.length > MAX_TRANSFER_BYTES:
            raise CallFailed(errno.EIO)
        if header.length and header.direction not in (
            Direction.TO_DEVICE,
            Direction.FROM_DEVICE,
            Direction.BOTH,
        ):
            raise CallFailed(errno.EINVAL)
        if not header.cdb_address or (header.length and not header.data_address):
            raise CallFailed(errno.EFAULT)

    @staticmethod
    def _segments(memory: Memory, header: SgIoHeader) -> list[tuple[int, int]]:
        """Where the data are: address and length of each piece, `header.length` at most in all."""
        if not header.segment_count:
            return [(header.data_address, header.length)]
        table = memory.read(header.data_address, SEGMENT.size * header.segment_count)
        segments, left = [], header.length
        for at, size in SEGMENT.iter_unpack(table):
            segments.append((at, min(size, left)))
            left -= min(size, left)
        return segments

    def _room(self, length: int) -> memoryview:
        """A buffer of this length, which is used again and again."""
        if len(self._buffer) < length:
            self._buffer = memoryview(bytearray(length))
        return self._buffer[:length]

    def _execute(
        self, cdb: bytes, data_out: bytes | memoryview, data_in_length: int, timeout_ms: int
    ) -> tuple[Outcome, int]:
        """The outcome, and how long it took.  raises  CallFailed  ENXIO if the device is gone"""
        clock = self.device.clock
        start = clock.now()
        seconds = timeout_ms / 1000 or _DEFAULT_TIMEOUT_SECONDS
        outcome = self.device.perform(cdb, data_out, data_in_length, max(seconds, _SHORTEST_TIMEOUT_SECONDS))
        if outcome.host is HostStatus.NO_CONNECT:
            self._lost = True
            if self._was_gone:
                raise CallFailed(errno.ENXIO)
        return outcome, round((clock.now() - start) * 1000)

    # The rest

    def _set_timeout(self, memory: Memory, address: int) -> int:
        self._timeout_ticks = _get_int(memory, address)
        return 0

    def _set_reserved_size(self, memory: Memory, address: int) -> int:
        wanted = _get_int(memory, address)
        if wanted < 0:
            raise CallFailed(errno.EINVAL)
        self._reserved_bytes = min(wanted, MAX_TRANSFER_BYTES)
        return 0

    def _get_id_lun(self, memory: Memory, address: int) -> int:
        """Target and LUN 0, channel 0, host number in the highest byte."""
        memory.write(address, ID_LUN.pack((self.device.number & 0xFF) << 24, self.device.number))
        return 0

    def _get_scsi_id(self, memory: Memory, address: int) -> int:
        memory.write(address, SCSI_ID.pack(self.device.number, 0, 0, 0, CD_DEVICE, 1, 1))
        return 0

    def _probe_host(self, memory: Memory, address: int) -> int:
        """Return 1, and store the adapter's name, cut to the length that the program gives in its place."""
        length = _get_int(memory, address)
        if length > 0:
            memory.write(address, b"redbook\0"[:length])
        return 1

    def _simply(self, command: Command[Any]) -> int:
        """Send the kernel's own command, again after a unit attention.  Source: ioctl_internal_command"""
        for _ in range(_RETRIES):
            outcome, _ = self._execute(command.to_cdb(), b"", 0, _INTERNAL_TIMEOUT_MS)
            if not (outcome.status and len(outcome.sense) > 2 and outcome.sense[2] & 0xF == _UNIT_ATTENTION):
                break
        return _errno_or_status(outcome)

    def _get_pci(self, memory: Memory, address: int) -> int:
        """The adapter's name, as in sysfs.  Source: scsi_ioctl_get_pci"""
        memory.write(address, f"{self.device.number}:0".encode().ljust(20, b"\0"))
        return 0

    def _send_command(self, memory: Memory, address: int) -> int:
        """The oldest way of sending a command: data come in place of the CDB.  Source: sg_scsi_ioctl"""
        in_length, out_length = COMMAND_LENGTHS.unpack(memory.read(address, COMMAND_LENGTHS.size))
        if max(in_length, out_length) > _MOST_OLD_BYTES:
            raise CallFailed(errno.EINVAL)
        data_at = address + COMMAND_LENGTHS.size
        length = _CDB_LENGTHS[memory.read(data_at, 1)[0] >> 5]
        cdb = memory.read(data_at, length)
        data_out = memory.read(data_at + length, in_length) if in_length else b""
        outcome, _ = self._execute(cdb, data_out, 0 if in_length else out_length, 0)
        memory.write(
            data_at, outcome.sense[:_OLD_SENSE_BYTES] if outcome.sense else outcome.data[:out_length]
        )
        if outcome.host:
            raise CallFailed(errno.EIO)
        return outcome.status

    def _get_request_table(self, memory: Memory, address: int) -> int:
        """Sixteen entries, none in use."""
        memory.write(address, bytes(REQUEST.size * 16))
        return 0

    def _scsi_reset(self, memory: Memory, address: int) -> int:
        """Reset the unit: device, bus and host resets are the same, SG_SCSI_RESET_NOTHING (0) only asks."""
        if _get_int(memory, address) > 0:
            self.device.unit.reset()
        return 0


def _errno_or_status(outcome: Outcome) -> int:
    """What a call returns if the kernel's own command failed."""
    if outcome.host:
        raise CallFailed(errno.EIO)
    return outcome.status


def _taken(memory: Memory, address: int) -> int:
    """Take a number that changes nothing here."""
    _get_int(memory, address)
    return 0


def _get_int(memory: Memory, address: int) -> int:
    value: int = INT.unpack(memory.read(address, INT.size))[0]
    return value


def _put_int(memory: Memory, address: int, value: int) -> int:
    memory.write(address, INT.pack(value))
    return 0


def _over(segments: list[tuple[int, int]], data: memoryview) -> list[tuple[int, memoryview]]:
    """Each part of the data with the address where it belongs."""
    parts, start = [], 0
    for address, size in segments:
        parts.append((address, data[start : start + size]))
        start += size
    return parts
