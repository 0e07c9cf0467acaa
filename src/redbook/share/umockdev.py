"""Device nodes that exist only for one program, with Debian's umockdev preload library.

The library redirects what a program opens below /dev, /sys and /proc to a folder, and sends each ioctl on a
device of that folder through a socket. This module is the other end: it serves the nodes and knows nothing
about CD drives.

A message is three native longs. The program sends its call (IOCTL, READ, WRITE) and then obeys the answers:
send a piece of its memory, store one, take the result. Source: umockdev, src/libumockdev-preload.c
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from enum import IntEnum, unique
from pathlib import Path
from struct import Struct
from typing import Protocol

LIBRARY = "libumockdev-preload.so.0"

_MESSAGE = Struct("=QQQ")
_MASK = (1 << 64) - 1
_LONGEST_SOCKET_PATH = 107  # sockaddr_un, without its closing zero
_WAITING_OPENS = 64
_A_MOMENT_SECONDS = 0.001
_LONGEST_OPEN_SECONDS = 10.0
_ONE_SEND_BYTES = 90_000
"""The library reads a message's header with a single recv. So the header must not be spread over two of the
kernel's buffers, as it may be in a send of more than about 100 kB."""

_log = logging.getLogger(__name__)


@unique
class Call(IntEnum):
    """What the program did."""

    IOCTL = 1
    READ = 7
    WRITE = 8


@unique
class Answer(IntEnum):
    """What the program should do."""

    DONE = 3
    READ_MEMORY = 5
    WRITE_MEMORY = 6


class CallFailed(Exception):
    """The program's call returns -1 with this errno."""

    def __init__(self, number: int) -> None:
        super().__init__(f"{errno.errorcode.get(number, number)}: {os.strerror(number)}")
        self.errno = number


class Memory(Protocol):
    """The memory of a program that waits for the result of its call.

    An address that is not the program's ends the program, because its library cannot return EFAULT.
    """

    def read(self, address: int, length: int) -> bytes: ...

    def read_into(self, parts: Iterable[tuple[int, memoryview]]) -> None:
        """Fill each part from its address, all in one go."""
        ...

    def write(self, address: int, data: bytes | memoryview) -> None:
        """Store these bytes when the call returns."""
        ...


class OpenFile(Protocol):
    """One open() of a node. Each method's result is what the program's call returns.

    raises  CallFailed
    """

    def ioctl(self, memory: Memory, request: int, argument: int) -> int: ...
    def read(self, memory: Memory, address: int, length: int) -> int: ...
    def write(self, memory: Memory, address: int, length: int) -> int: ...
    def close(self) -> None: ...


class ProgramGone(Exception):
    """The program has closed its file, or died."""


class SocketMemory:
    """The memory of the program at the other end of a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._answer: list[bytes | memoryview] = []

    def read(self, address: int, length: int) -> bytes:
        data = bytearray(length)
        self.read_into([(address, memoryview(data))])
        return bytes(data)

    def read_into(self, parts: Iterable[tuple[int, memoryview]]) -> None:
        parts = [(address, view) for address, view in parts if len(view)]
        requests = (_MESSAGE.pack(Answer.READ_MEMORY, address, len(view)) for address, view in parts)
        self._send(b"".join(requests))
        for _, view in parts:
            self._fill(view)

    def write(self, address: int, data: bytes | memoryview) -> None:
        if len(data):
            self._answer += (_MESSAGE.pack(Answer.WRITE_MEMORY, address, len(data)), data)

    def call(self, buffer: memoryview) -> tuple[int, int, int]:
        """The program's next call, and its two arguments.  raises  ProgramGone"""
        self._fill(buffer)
        number, first, second = _MESSAGE.unpack(buffer)
        return number, first, second

    def answer(self, result: int, number: int) -> None:
        """Store what was to be written, and let the call return."""
        pieces, self._answer = [*self._answer, _MESSAGE.pack(Answer.DONE, result & _MASK, number)], []
        if sum(map(len, pieces)) <= _ONE_SEND_BYTES:
            self._send(b"".join(pieces))
            return
        for piece in pieces:
            self._send(piece)

    def _send(self, data: bytes | memoryview) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ProgramGone from error

    def _fill(self, view: memoryview) -> None:
        while len(view):
            try:
                count = self._socket.recv_into(view, 0, socket.MSG_WAITALL)
            except OSError as error:
                raise ProgramGone from error
            if not count:
                raise ProgramGone
            view = view[count:]


class Answerer:
    """An open file of one or several processes; it takes one call at a time."""

    def __init__(self, name: str, file: OpenFile) -> None:
        self.name = name
        self._file = file
        self._lock = threading.Lock()

    def answer(self, work: Callable[[OpenFile], int]) -> tuple[int, int]:
        """The call's return value, and errno.  raises  ProgramGone"""
        try:
            with self._lock:
                return work(self._file), 0
        except CallFailed as failed:
            return -1, failed.errno
        except ProgramGone:
            raise
        except Exception:  # noqa: BLE001  # a defect of ours: the program needs some answer
            _log.exception("%s: a call could not be answered; the program is told EIO", self.name)
            return -1, errno.EIO


class _Connection(threading.Thread):
    """Serves one open() to its end.

    process  the one that called open()
    begun    set as soon as `answerer` is there
    """

    def __init__(
        self,
        connection: socket.socket,
        name: str,
        opened: Callable[[], OpenFile],
        called: Callable[[_Connection], None],
    ) -> None:
        super().__init__(name=f"redbook-{name}", daemon=True)
        self._socket = connection
        self.node = name
        self._open = opened
        self._called = called
        self.answerer: Answerer | None = None
        self.begun = threading.Event()
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.process = int.from_bytes(credentials[:4], sys.byteorder)

    def run(self) -> None:
        memory = SocketMemory(self._socket)
        try:
            file = self._open()
            self.answerer = Answerer(self.node, file)
        finally:
            self.begun.set()
        try:
            with contextlib.suppress(ProgramGone):  # it closed or died, which concerns no other program
                buffer = memoryview(bytearray(_MESSAGE.size))
                while True:
                    call = memory.call(buffer)
                    self._called(self)
                    memory.answer(*self._result_of(self.answerer, memory, *call))
        finally:
            self.answerer = None
            file.close()
            self._socket.close()

    def _result_of(
        self, answerer: Answerer, memory: SocketMemory, call: int, first: int, second: int
    ) -> tuple[int, int]:
        """The call's return value, and errno."""
        if call == Call.IOCTL:
            return answerer.answer(lambda file: file.ioctl(memory, first, second))
        if call == Call.READ:
            return answerer.answer(lambda file: file.read(memory, first, second))
        if call == Call.WRITE:
            return answerer.answer(lambda file: file.write(memory, first, second))
        _log.warning("%s: a program sent %#x, which is not a call; it is disconnected", self.node, call)
        raise ProgramGone

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class Tree:
    """The folder that a program sees instead of /dev, /sys and, for the files that it has, /proc.

    Use it as a context manager: at the end all of it is gone, whatever the program left open.

    called  called before each call is answered, with the process and the node
    """

    def __init__(self) -> None:
        self.root = _short_folder()
        self._listeners: dict[str, socket.socket] = {}
        self._acceptors: list[threading.Thread] = []
        self._connections: list[_Connection] = []
        self._openers: dict[str, Callable[[], OpenFile]] = {}
        self._others: dict[str, Answerer] = {}
        self._lock = threading.Lock()
        self._closed = False
        self.called: Callable[[int, str], None] = lambda process, node: None
        for name in ("dev/.node", "ioctl/dev", "sys/bus", "sys/class", "sys/devices", "sys/kernel", "proc"):
            (self.root / name).mkdir(parents=True)

    def environment(self) -> dict[str, str]:
        """The variables that make a program see the tree, to be added to its environment."""
        before = os.environ.get("LD_PRELOAD", "")
        return {"UMOCKDEV_DIR": str(self.root), "LD_PRELOAD": f"{LIBRARY}:{before}".rstrip(":")}

    def file(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link to another path of the tree."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(self.root / target, place.parent))

    def node(
        self, name: str, device: tuple[int, int], opened: Callable[[], OpenFile], *, block: bool
    ) -> None:
        """Make a device /dev/NAME.

        device  major and minor number
        opened  called for each open(); may be called from several threads
        """
        place = self.root / "dev" / name
        place.touch()
        place.chmod(0o1660 if block else 0o660)  # the library shows the sticky bit as "block device"
        self._number(name, device)
        self._openers[name] = opened
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listeners[name] = listener
        listener.bind(str(self.root / "ioctl/dev" / name))
        listener.listen(_WAITING_OPENS)
        thread = threading.Thread(
            target=self._accept, args=(listener, name), name=f"redbook-{name}-opens", daemon=True
        )
        self._acceptors.append(thread)
        thread.start()

    def alias(self, name: str, node: str, device: tuple[int, int]) -> None:
        """Make a symbolic link /dev/NAME to a node."""
        self.link(f"dev/{name}", f"dev/{node}")
        self.link(f"ioctl/dev/{name}", f"ioctl/dev/{node}")
        self._number(name, device)

    def _number(self, name: str, device: tuple[int, int]) -> None:
        (self.root / "dev/.node" / name).symlink_to(f"{device[0]}:{device[1]}")

    def _accept(self, listener: socket.socket, name: str) -> None:
        while True:
            _has_somebody(listener)
            with self._lock:  # a program that waits is either in the socket's queue or in the connections
                if self._closed:
                    return
                self._let_in(name)

    def _let_in(self, name: str) -> None:
        """Let in every program that waits for this node; the lock is held."""
        while not self._closed and _has_somebody(self._listeners[name], 0):
            connection, _ = self._listeners[name].accept()
            self._connections = [c for c in self._connections if c.is_alive()]
            serving = _Connection(connection, name, self._openers[name], self._call_of)
            self._connections.append(serving)
            serving.start()

    def _connections_of(self, node: str, process: int) -> list[_Connection]:
        """The connections of a process to this node.

        open() returns before redbook notices it, so programs that have just opened the node are let in first.
        """
        with self._lock:
            self._let_in(node)
            mine = [c for c in self._connections if (c.node, c.process) == (node, process)]
        for connection in mine:
            connection.begun.wait(_LONGEST_OPEN_SECONDS)
        return mine

    def _call_of(self, connection: _Connection) -> None:
        self.called(connection.process, connection.node)

    def opens(self, process: int, node: str) -> int:
        """How often a process has a node open, as far as the library knows."""
        mine = self._connections_of(node, process)
        return sum(connection.answerer is not None for connection in mine)

    def file_of(self, node: str, process: int) -> Answerer:
        """The open file of a process for this node, the last if there are several; else a new one."""
        for connection in reversed(self._connections_of(node, process)):
            if (answerer := connection.answerer) is not None:
                return answerer
        with self._lock:
            if node not in self._others:
                self._others[node] = Answerer(node, self._openers[node]())
            return self._others[node]

    def still_open(self, patience_seconds: float) -> bool:
        """Whether a program still has a node open; one that is just ending gets this much time."""
        until = time.monotonic() + patience_seconds
        listeners = self._listeners.values()
        while any(_has_somebody(listener, 0) for listener in listeners) and time.monotonic() < until:
            time.sleep(_A_MOMENT_SECONDS)
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.join(patience_seconds)
        return any(connection.is_alive() for connection in connections)

    def close(self) -> None:
        """Hang up on every program and remove the folder."""
        with self._lock:
            self._closed = True
        for listener in self._listeners.values():
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for programs
        for acceptor in self._acceptors:
            acceptor.join()
        for listener in self._listeners.values():
            listener.close()
        for connection in self._connections:
            connection.hang_up()
        for connection in self._connections:
            connection.join()
        try:
            shutil.rmtree(self.root)
        except OSError as error:
            _log.warning("the temporary folder %s could not be removed: %s", self.root, error.strerror)

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _has_somebody(listener: socket.socket, timeout_ms: int | None = None) -> bool:
    """Wait, no longer than this, until a program wants to be let in or the socket is closed; whether so."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return bool(poll.poll(timeout_ms))


def _short_folder() -> Path:
    """Make a folder with a short path, so that names of sockets in it fit into a socket address."""
    longest = _LONGEST_SOCKET_PATH - len("/ioctl//dev/scd100")
    folder = tempfile.mkdtemp(prefix="redbook-")
    if len(os.fsencode(folder)) > longest:
        os.rmdir(folder)  # noqa: PTH106
        folder = tempfile.mkdtemp(prefix="redbook-", dir="/tmp")
    return Path(folder)
