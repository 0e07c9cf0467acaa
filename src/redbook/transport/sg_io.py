"""SCSI commands through Linux: SG_IO, version 3, on /dev/srN and /dev/sgN.

Source: the kernel's include/scsi/sg.h, drivers/scsi/scsi_ioctl.c (behind srN) and drivers/scsi/sg.c.
"""

from __future__ import annotations

import ctypes
import errno
import math
import mmap
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from redbook.clock import Clock, SystemClock
from redbook.disc import SECTOR_BYTES
from redbook.errors import (
    IGNORE_RESIDUE,
    DriveClosed,
    DriveError,
    DriveGone,
    TransferTooLarge,
    TransportError,
    TransportTimeout,
)
from redbook.mmc import sense
from redbook.mmc.control import RequestSense, TestUnitReady
from redbook.mmc.decode import name_of
from redbook.mmc.identify import Inquiry
from redbook.mmc.read import ReadCd
from redbook.transport.base import COMMAND_SECTORS, Reply, Status
from redbook.transport.kernel import Kernel, Linux, Node
from redbook.transport.sg_errors import call_failed, check_driver_status, check_host_status, timed_out
from redbook.transport.sg_open import largest_transfer, open_node

SG_IO = 0x2285
INTERFACE = ord("S")
NO_DATA, TO_DEVICE, FROM_DEVICE = -1, -2, -3
SENSE_BYTES = 64
LONGEST_CDB_BYTES = 16
MOST_MILLISECONDS = 0xFFFFFFFF
MOST_INTERRUPTIONS = 100

READ_CD_MSF = 0xB9

TRANSFERS = tuple(sectors * SECTOR_BYTES for sectors in COMMAND_SECTORS)
"""The steps for the number of bytes in one command."""

_SECTORS_AS_ASKED = (ReadCd.OPCODE, READ_CD_MSF)
"""Commands that return everything that was asked for; for others, the residue says how long the reply is."""

_HARMLESS_TWICE = (TestUnitReady.OPCODE, Inquiry.OPCODE)
_TOO_LARGE = (errno.EIO, errno.EINVAL, errno.ENOMEM)


class Header(ctypes.Structure):
    """struct sg_io_hdr."""

    _fields_ = (
        ("interface_id", ctypes.c_int),
        ("dxfer_direction", ctypes.c_int),
        ("cmd_len", ctypes.c_ubyte),
        ("mx_sb_len", ctypes.c_ubyte),
        ("iovec_count", ctypes.c_ushort),
        ("dxfer_len", ctypes.c_uint),
        ("dxferp", ctypes.c_void_p),
        ("cmdp", ctypes.c_void_p),
        ("sbp", ctypes.c_void_p),
        ("timeout", ctypes.c_uint),  # milliseconds
        ("flags", ctypes.c_uint),
        ("pack_id", ctypes.c_int),
        ("usr_ptr", ctypes.c_void_p),
        ("status", ctypes.c_ubyte),
        ("masked_status", ctypes.c_ubyte),
        ("msg_status", ctypes.c_ubyte),
        ("sb_len_wr", ctypes.c_ubyte),
        ("host_status", ctypes.c_ushort),
        ("driver_status", ctypes.c_ushort),
        ("resid", ctypes.c_int),
        ("duration", ctypes.c_uint),  # milliseconds
        ("info", ctypes.c_uint),
    )


class SgIo:
    """A Transport to one device node.  Safe to use from several threads; one command at a time.

    The result is judged in this order: the call's own error, host status, SCSI status with its sense, driver
    status, residue.
    """

    real_time = True

    def __init__(self, node: Node, fd: int, kernel: Kernel, *, ignore_residue: bool = False) -> None:
        self._node = node
        self._fd: int | None = fd
        self._kernel = kernel
        self._ignore_residue = ignore_residue
        self._mutex = threading.Lock()
        self._header = Header()
        self._cdb = ctypes.create_string_buffer(LONGEST_CDB_BYTES)
        self._sense = ctypes.create_string_buffer(SENSE_BYTES)
        self._buffer = _pages(TRANSFERS[0])
        self._carried = 0  # the longest transfer that the kernel has taken so far
        self._most_bytes = _whole_sectors(largest_transfer(node, fd, kernel, TRANSFERS[0]))

    @classmethod
    def open(cls, path: str, clock: Clock | None = None, kernel: Kernel | None = None) -> Self:
        """Open a node, or a link to one, for this program alone.

        raises  DriveNotFound, DriveGone  there is no drive behind this name
                DrivePermission           this user may not use it
                DriveBusy                 another program has it, or its disc is mounted
                TransportError            the system answers anything else
        """
        kernel = kernel or Linux()
        node, fd = open_node(path, clock or SystemClock(), kernel)
        try:
            return cls(node, fd, kernel, ignore_residue=os.environ.get(IGNORE_RESIDUE) == "1")
        except BaseException:
            kernel.close(fd)
            raise

    @property
    def most_bytes(self) -> int:
        """How many bytes one command carries; less, once the system has refused to send so much."""
        return self._most_bytes

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        with self._mutex:
            reply = self._send(cdb, data_out, data_in_length, timeout)
            if reply.status == Status.CHECK_CONDITION and not any(reply.sense):
                return Reply(reply.status, b"", self._ask_for_sense(), reply.residue)
            return reply

    def announce(self, data_bytes: int) -> None:
        pass

    def close(self) -> None:
        with self._mutex:
            if self._fd is not None:
                self._kernel.close(self._fd)
                self._fd = None

    def _ask_for_sense(self) -> bytes:
        """Ask for the sense, for bridges that do not return it.  Empty if there is still none."""
        ask = RequestSense()
        try:
            reply = self._send(ask.to_cdb(), b"", ask.data_in_length, ask.timeout)
            reason = sense.parse(reply.data)
        except (DriveGone, TransportTimeout):
            raise
        except (DriveError, ValueError):
            return b""
        # "No sense" after a refusal only says that the reason is lost, and would be taken for success.
        return reply.data if reason.key != sense.NO_SENSE else b""

    def _send(self, cdb: bytes, data_out: bytes | memoryview, data_in_length: int, timeout: float) -> Reply:
        what = f"{self._node.path}: {name_of(cdb)}"
        if self._fd is None:
            raise DriveClosed(f"{what}: this program has closed the drive")
        if not 0 < len(cdb) <= LONGEST_CDB_BYTES:
            raise TransportError(f"{what}: a command has 1 to {LONGEST_CDB_BYTES} bytes, not {len(cdb)}")
        length = memoryview(data_out).nbytes
        direction, address, kept = NO_DATA, 0, None
        if length:
            direction, (address, kept) = TO_DEVICE, self._point_at(data_out, length)
        elif data_in_length:
            direction, length = FROM_DEVICE, data_in_length
            address, kept = self._room_for(length)
            ctypes.memset(address, 0, length)  # an earlier reply must not be taken for this one
        self._fill_header(cdb, direction, address, length, timeout)
        number = self._call(self._fd, cdb)
        if number:
            raise self._failed(what, number, length, timeout)
        self._carried = max(self._carried, length)
        return self._judge(what, cdb, direction, kept, length, timeout)

    def _fill_header(self, cdb: bytes, direction: int, address: int, length: int, timeout: float) -> None:
        header = self._header
        ctypes.memset(ctypes.addressof(header), 0, ctypes.sizeof(header))
        ctypes.memset(self._sense, 0, SENSE_BYTES)
        ctypes.memmove(self._cdb, cdb, len(cdb))
        header.interface_id = INTERFACE
        header.dxfer_direction = direction
        header.cmd_len = len(cdb)
        header.mx_sb_len = SENSE_BYTES
        header.dxfer_len = length
        header.dxferp = address
        header.cmdp = ctypes.addressof(self._cdb)
        header.sbp = ctypes.addressof(self._sense)
        header.timeout = min(max(1, math.ceil(timeout * 1000)), MOST_MILLISECONDS)

    def _call(self, fd: int, cdb: bytes) -> int:
        """Call the ioctl; returns 0 or the number of its error.

        srN does not react to signals while it waits, so an interruption means that nothing was sent. sgN
        sends first, and a signal ends the wait: the command may not be sent again, or a WRITE would come
        twice.
        """
        address = ctypes.addressof(self._header)
        if self._node.is_block:
            number = self._kernel.ioctl(fd, SG_IO, address)
        else:
            with _no_signals():
                number = self._kernel.ioctl(fd, SG_IO, address)
        if self._node.is_block or cdb[0] in _HARMLESS_TWICE:
            attempts = MOST_INTERRUPTIONS
            while number == errno.EINTR and attempts:
                attempts -= 1
                number = self._kernel.ioctl(fd, SG_IO, address)
        return number

    def _failed(self, what: str, number: int, length: int, timeout: float) -> Exception:
        """The error for a command that the kernel did not send."""
        smaller = [step for step in TRANSFERS if step < length]
        if number in _TOO_LARGE and smaller and length > self._carried:
            self._most_bytes = min(self._most_bytes, smaller[0])
            return TransferTooLarge(
                f"{what}: the system does not send {length} bytes in one command "
                f"({errno.errorcode[number]}); it may send {self._most_bytes}",
                self._most_bytes,
            )
        return call_failed(what, number, timeout)

    def _judge(self, what: str, cdb: bytes, direction: int, kept: Any, length: int, timeout: float) -> Reply:
        header = self._header
        check_host_status(what, header.host_status, timeout)
        reason = self._sense.raw[: min(header.sb_len_wr, SENSE_BYTES)]
        refused = header.status == Status.CHECK_CONDITION
        if refused and reason[:4] == sense.LIBATA_ABORTED:
            raise timed_out(what, timeout)
        if not refused:
            check_driver_status(what, header.driver_status, timeout)
        residue = min(max(0, header.resid), length)
        data = b""
        if direction == FROM_DEVICE and (header.status == Status.GOOD or _only_recovered(reason)):
            if self._ignore_residue and cdb[0] in _SECTORS_AS_ASKED:
                residue = 0
            data = kept[: length - residue]
        elif direction == TO_DEVICE and self._ignore_residue:
            residue = 0
        return Reply(header.status, data, reason if refused else b"", residue)

    def _point_at(self, data: bytes | memoryview, length: int) -> tuple[int, Any]:
        """The address of these bytes, without a copy if possible, and an object that keeps them there."""
        if isinstance(data, bytes):
            return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0, data
        try:
            anchor = ctypes.c_char.from_buffer(data)
        except (TypeError, ValueError, BufferError):  # the data are read-only, or in pieces
            address, pages = self._room_for(length)
            pages[:length] = memoryview(data).tobytes()
            return address, pages
        return ctypes.addressof(anchor), anchor

    def _room_for(self, length: int) -> tuple[int, mmap.mmap]:
        """A page-aligned buffer; the same pages each time, unless more is wanted than is worth keeping."""
        pages = self._buffer if length <= len(self._buffer) else _pages(length)
        return ctypes.addressof(ctypes.c_char.from_buffer(pages)), pages


def _pages(length: int) -> mmap.mmap:
    return mmap.mmap(-1, -(-length // mmap.PAGESIZE) * mmap.PAGESIZE)


def _whole_sectors(limit: int) -> int:
    """The transfer size to start with, if the system says that one command can carry this much."""
    for step in TRANSFERS:
        if step <= limit:
            return step
    return max(1, limit // SECTOR_BYTES) * SECTOR_BYTES


def _only_recovered(reason: bytes) -> bool:
    """Whether this sense only reports something about data that came anyway."""
    try:
        return bool(reason) and sense.parse(reason).key in (sense.NO_SENSE, sense.RECOVERED)
    except ValueError:
        return False


@contextmanager
def _no_signals() -> Iterator[None]:
    """In this block, signals to this thread wait, or another thread of the program gets them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
