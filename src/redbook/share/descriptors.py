"""Calls that the preload library does not see: those on copies of a descriptor (dup), and umount().

The library knows a device by the number that open() returned. A call on a copy reaches the kernel, which has
an empty file there. So the kernel shows such calls to redbook first (seccomp user notification): ioctls with
the numbers of CD drives, and read() of standard input, which dd turns into a copy of its device. All other
calls, and those that the library answers, run as usual and at full speed. umount() is refused: a program
that compares fstat() with the mounts (growisofs) takes the node for any file system without a device.

Source: seccomp(2), seccomp_unotify(2), <linux/seccomp.h>, <linux/filter.h>
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import platform
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from redbook.share.ioctls import NAMES
from redbook.share.umockdev import Answerer, CallFailed, OpenFile

_log = logging.getLogger(__name__)


class _Machine(NamedTuple):
    """Numbers of system calls.  audit: how a filter knows the machine (<linux/audit.h>)"""

    audit: int
    ioctl: int
    read: int
    umount: int
    seccomp: int


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 16, 0, 166, 317),
    "aarch64": _Machine(0xC00000B7, 29, 63, 39, 277),
}

_INSTRUCTION = Struct("=HBBI")
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ASK, _REFUSE = 0x7FFF0000, 0x7FC00000, 0x00050000 | errno.EPERM
_CALL_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_LEAST_READ_BYTES = 512
"""dd's smallest block. A shell reads its script byte by byte, which must not become slow."""

_NOTICE = Struct("=QIIiIQ6Q")
_VERDICT = Struct("=QqiI")
_RECEIVE, _SEND, _IS_VALID = 0xC0502100, 0xC0182101, 0x40082102
_GO_ON = 1

STARTED, UNFILTERED = 0, 1
"""What launch.py reports; UNFILTERED is followed by an errno."""


def filter_for(machine: _Machine, requests: Iterable[int]) -> bytes:
    """Instructions in the kernel's filter language, which select the calls to show to redbook."""

    def when(number: int, verdict: int) -> list[tuple[int, int, int, int]]:
        return [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, verdict)]

    read = [
        (_LOAD, 0, 0, _ARGUMENTS_AT),
        (_IF_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _ARGUMENTS_AT + 16),
        (_IF_AT_LEAST, 0, 1, _LEAST_READ_BYTES),
        (_RETURN, 0, 0, _ASK),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _CALL_AT),
        *when(machine.umount, _REFUSE),
        (_IF_EQUAL, 0, len(read), machine.read),
        *read,
        (_IF_EQUAL, 1, 0, machine.ioctl),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _ARGUMENTS_AT + 8),
    ]
    for number in sorted(set(requests)):
        code += when(number, _ASK)
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(_INSTRUCTION.pack(*line) for line in code)


class _ProcessMemory:
    """The memory of a process that waits in a call."""

    def __init__(self, descriptor: int) -> None:
        self._fd = descriptor
        self._writes: list[tuple[int, bytes]] = []

    def read(self, address: int, length: int) -> bytes:
        data = bytearray(length)
        self.read_into([(address, memoryview(data))])
        return bytes(data)

    def read_into(self, parts: Iterable[tuple[int, memoryview]]) -> None:
        for address, view in parts:
            try:
                if os.preadv(self._fd, [view], address) != len(view):
                    raise CallFailed(errno.EFAULT)
            except (OSError, OverflowError) as error:
                raise CallFailed(errno.EFAULT) from error

    def write(self, address: int, data: bytes | memoryview) -> None:
        if len(data):
            self._writes.append((address, bytes(data)))

    def store(self) -> None:
        """raises  CallFailed EFAULT"""
        for address, data in self._writes:
            try:
                os.pwrite(self._fd, data, address)
            except (OSError, OverflowError) as error:
                raise CallFailed(errno.EFAULT) from error


class Copies:
    """Answers calls on copies of descriptors, for programs that were started by `command`.

    folder  of the tree that the programs see
    find    finds the open file that a process has a copy of, by the node's name and the process

    launched  the processes whose copies are followed, and those of their children
    """

    def __init__(self, folder: Path, find: Callable[[str, int], Answerer]) -> None:
        self._folder = folder
        self._find = find
        self._machine = _MACHINES.get(platform.machine())
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._stop, self._stopped = os.pipe()
        self.launched: set[int] = set()
        if self._machine is None:
            return
        (folder / "filter").write_bytes(filter_for(self._machine, NAMES))
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(folder / "launched"))
        self._listener.listen()
        self._begin(self._accept)

    def command(self, command: Sequence[str]) -> list[str]:
        """The command that runs `command` with its copies followed; unchanged if they cannot be followed."""
        if self._machine is None:
            return list(command)
        launch = Path(__file__).with_name("launch.py")
        where = [str(self._folder / name) for name in ("launched", "filter")]
        return [sys.executable, "-I", "-S", str(launch), *where, str(self._machine.seccomp), "--", *command]

    def follows(self, process: int) -> bool:
        """Whether copies are followed for this process or the program that started it."""
        while process > 1 and process not in self.launched:
            try:
                text = Path(f"/proc/{process}/stat").read_text()
            except OSError:
                return False
            process = int(text.rpartition(")")[2].split()[1])
        return process in self.launched

    def close(self) -> None:
        os.close(self._stopped)
        for thread in self._threads:
            thread.join()
        if self._listener is not None:
            self._listener.close()
        os.close(self._stop)

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="redbook-copies", daemon=True)
        self._threads = [*(other for other in self._threads if other.is_alive()), thread]
        thread.start()

    def _wait_for(self, *descriptors: int) -> list[tuple[int, int]]:
        """Wait for descriptors that can be read or have ended; empty when redbook ends."""
        poll = select.poll()
        for descriptor in (self._stop, *descriptors):
            poll.register(descriptor, select.POLLIN)
        events = poll.poll()
        return [] if any(descriptor == self._stop for descriptor, _ in events) else events

    def _accept(self) -> None:
        assert self._listener is not None
        while self._wait_for(self._listener.fileno()):
            connection, _ = self._listener.accept()
            self._begin(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        """Serve one program: its start, then its calls until the last of its processes is gone."""
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        process = int.from_bytes(credentials[:4], sys.byteorder)
        asking = -1
        with connection:
            while self._wait_for(connection.fileno()):
                message, found, _, _ = socket.recv_fds(connection, 2, 1)
                if not message:  # launch.py has become the program
                    break
                if message[0] == STARTED and found:
                    (asking,) = found
                    self.launched.add(process)
                    with contextlib.suppress(OSError):
                        connection.send(b"\0")  # only now does launch.py become the program
                elif message[0] == UNFILTERED:
                    _log.info("copies of descriptors are not followed: %s", os.strerror(message[1]))
        while asking >= 0 and (events := self._wait_for(asking)):
            if not events[0][1] & select.POLLIN:  # no process is left
                break
            self._answer(asking)
        if asking >= 0:
            os.close(asking)
            self.launched.discard(process)  # another process may soon have its number

    def _answer(self, descriptor: int) -> None:
        """Answer one call."""
        buffer = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(descriptor, _RECEIVE, buffer)
        except OSError:  # a signal has ended the call, or the process
            return
        number, thread, _, call, _, _, *arguments = _NOTICE.unpack(buffer)
        verdict = _VERDICT.pack(number, 0, 0, _GO_ON)
        node = self._node(thread, arguments[0])
        if node:
            result, failed = self._result(descriptor, number, thread, call, arguments, node)
            verdict = _VERDICT.pack(number, result, -failed, 0)
        with contextlib.suppress(OSError):
            fcntl.ioctl(descriptor, _SEND, verdict)

    def _node(self, thread: int, descriptor: int) -> str:
        """The name of the device that this descriptor belongs to, if it is one of ours; else empty."""
        try:
            target = Path(f"/proc/{thread}/fd/{descriptor & 0xFFFFFFFF}").readlink()
        except OSError:
            return ""
        return target.name if target.parent == self._folder / "dev" else ""

    def _result(
        self, descriptor: int, number: int, thread: int, call: int, arguments: list[int], node: str
    ) -> tuple[int, int]:
        """The call's return value, and errno."""
        assert self._machine is not None
        try:
            memory_fd = os.open(f"/proc/{thread}/mem", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return 0, errno.EIO
        try:
            fcntl.ioctl(descriptor, _IS_VALID, number.to_bytes(8, sys.byteorder))  # it is still that process
            memory = _ProcessMemory(memory_fd)

            def work(file: OpenFile) -> int:
                if call == self._machine.read:  # type: ignore[union-attr]
                    return file.read(memory, arguments[1], arguments[2])
                return file.ioctl(memory, arguments[1], arguments[2])

            result, failed = self._find(node, _process_of(thread)).answer(work)
            memory.store()
        except CallFailed as error:
            return 0, error.errno
        except OSError:
            return 0, errno.EIO
        else:
            return (0, failed) if failed else (result, 0)
        finally:
            os.close(memory_fd)


def _process_of(thread: int) -> int:
    try:
        lines = Path(f"/proc/{thread}/status").read_text().splitlines()
    except OSError:
        return thread
    return next((int(line.split()[1]) for line in lines if line.startswith("Tgid:")), thread)
