"""A kernel with a drive behind it, for the one seam of `sg_io`: it reads and writes the caller's memory.

The layout of `struct sg_io_hdr` is written down here a second time, as offsets of a 64-bit Linux.
Source: <scsi/sg.h>; gcc's offsetof of each field.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct

from redbook.transport.base import Transport
from redbook.transport.kernel import Node

SG_IO = 0x2285
IN = Struct("<iiBBHIQQQIIi4xQ")
OUT = Struct("<BBBBHHiII")
OUT_OFFSET = 64
SIZE = 88
assert IN.size == OUT_OFFSET

SR0 = Node("/dev/sr0", True, False, 11, 0)
SG1 = Node("/dev/sg1", False, True, 21, 1)


@dataclass
class Answer:
    """What the ioctl answers in place of the drive; None leaves it as the drive gave it."""

    error: int = 0
    status: int | None = None
    host: int = 0
    driver: int | None = None
    sense: bytes | None = None
    data: bytes | None = None
    residue: int | None = None


@dataclass
class Request:
    """What a header asked for."""

    cdb: bytes
    direction: int
    address: int
    length: int
    timeout_ms: int


@dataclass
class FakeKernel:
    """Nodes, files of /proc and /sys, and a drive.

    answers     asked before the drive, with each request; None for the drive's own answer
    busy_opens  how many opens fail with EBUSY
    largest     bytes in one command; more is refused with `too_large`
    """

    drive: Transport | None = None
    nodes: dict[str, Node] = field(default_factory=lambda: {"/dev/sr0": SR0, "/dev/sg1": SG1})
    files: dict[str, str] = field(default_factory=dict)
    answers: Callable[[Request], Answer | None] = lambda request: None
    open_error: int = 0
    busy_opens: int = 0
    largest: int = 1 << 30
    too_large: int = errno.EIO
    version: int = 30536
    reserved: int = 1 << 20
    opened: list[tuple[str, int]] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def node(self, path: str) -> Node:
        if path not in self.nodes:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self.nodes[path]

    def open(self, path: str, flags: int) -> int:
        self.opened.append((path, flags))
        if self.busy_opens:
            self.busy_opens -= 1
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        if self.open_error:
            raise OSError(self.open_error, os.strerror(self.open_error))
        return 99

    def close(self, fd: int) -> None:
        self.closed.append(fd)

    def read_text(self, path: str) -> str:
        return self.files.get(path, "")

    def names(self, path: str) -> list[str]:
        below = (name.removeprefix(path + "/") for name in self.files if name.startswith(path + "/"))
        return sorted({name.split("/")[0] for name in below})

    def ioctl(self, fd: int, request: int, address: int) -> int:
        assert fd == 99
        if request == SG_IO:
            return self._sg_io(address)
        value = ctypes.c_int.from_address(address)
        if request == 0x2282:  # SG_GET_VERSION_NUM
            value.value = self.version
            return 0 if self.version else errno.ENOTTY
        if request == 0x2275:  # SG_SET_RESERVED_SIZE
            self.reserved = min(self.reserved, value.value)
            return 0
        if request == 0x2272:  # SG_GET_RESERVED_SIZE
            value.value = self.reserved
            return 0
        return errno.ENOTTY

    def _sg_io(self, address: int) -> int:
        (interface, direction, cdb_length, sense_room, segments, length, data, cdb, sense, timeout, *_) = (
            IN.unpack(ctypes.string_at(address, IN.size))
        )
        assert interface == 0x53 and not segments
        asked = Request(ctypes.string_at(cdb, cdb_length), direction, data, length, timeout)
        self.requests.append(asked)
        if length > self.largest:
            return self.too_large
        answer = self.answers(asked)
        if answer is None:
            answer = self._ask_drive(asked)
        if answer.error:
            return answer.error
        if answer.data:
            ctypes.memmove(data, answer.data, len(answer.data))
        brought = (answer.sense or b"")[:sense_room]
        if brought:
            ctypes.memmove(sense, brought, len(brought))
        status = answer.status or 0
        driver = answer.driver if answer.driver is not None else (8 if brought else 0)
        residue = answer.residue if answer.residue is not None else 0
        result = OUT.pack(
            status, status >> 1 & 0x1F, 0, len(brought), answer.host, driver, residue, 1, bool(status)
        )
        ctypes.memmove(address + OUT_OFFSET, result, len(result))
        return 0

    def _ask_drive(self, asked: Request) -> Answer:
        assert self.drive is not None
        data_out = ctypes.string_at(asked.address, asked.length) if asked.direction == -2 else b""
        room = asked.length if asked.direction == -3 else 0
        reply = self.drive.execute(asked.cdb, data_out, room, asked.timeout_ms / 1000)
        return Answer(status=reply.status, sense=reply.sense, data=reply.data, residue=reply.residue)
