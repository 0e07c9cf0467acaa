"""The kernel's messages about devices that come, go and change, and a way to wait for one.

Source: Linux, lib/kobject_uevent.c; group 1 of NETLINK_KOBJECT_UEVENT can be received without privileges. The
messages do not reach other network namespaces (most containers), so nothing may depend on them: they only end
a wait early.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from redbook.clock import Clock
from redbook.system.readable import readable

if TYPE_CHECKING:
    import socket

NETLINK_KOBJECT_UEVENT = 15
KERNEL_GROUP = 1
MESSAGE_BYTES = 8192
OF_INTEREST = (b"SUBSYSTEM=block", b"SUBSYSTEM=scsi")


class Waiter(Protocol):
    """Lets time pass until there may be something new."""

    def wait(self, seconds: float) -> None: ...

    def wake(self) -> None:
        """End a wait now; from any thread."""
        ...

    def close(self) -> None:
        """End every wait, now and later; from any thread, and any number of times."""
        ...


class ClockWaiter:
    """Lets the clock's time pass, and receives nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def wait(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def wake(self) -> None:
        pass

    def close(self) -> None:
        pass


class UeventWaiter:
    """Waits until the kernel reports something about a block or SCSI device, or the time is over.

    Any thread may close or wake it at any time, and so may a signal handler. Nothing is ever written to a
    closed descriptor, because its number may belong to another file by then; and none is closed while in use.
    """

    def __init__(self) -> None:
        self._woken, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._socket: socket.socket | None = None
        self._lock = threading.RLock()  # a signal may come while it is held
        self._users = 0
        self._ended = self._released = False
        with contextlib.suppress(OSError):  # where this is not allowed, the time has to do
            import socket

            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_KOBJECT_UEVENT)
            self._socket.setblocking(False)
            self._socket.bind((0, KERNEL_GROUP))

    def wait(self, seconds: float) -> None:
        """Wait, for at most this many seconds; returns at once when it is closed."""
        with self._used() as usable:
            if usable:
                self._listen(time.monotonic() + seconds)

    def _listen(self, end: float) -> None:
        files = [self._woken]
        if self._socket is not None:
            files.append(self._socket.fileno())
        heard = False
        while not heard:
            ready = readable(files, end - time.monotonic())
            heard = not ready or self._woken in ready or self._drain()

    def _drain(self) -> bool:
        """Read everything that is there; returns whether any of it matters."""
        matters = False
        while self._socket is not None:
            try:
                message = self._socket.recv(MESSAGE_BYTES)
            except BlockingIOError:
                break
            except OSError:  # there were more messages than it could hold: look at everything
                return True
            matters = matters or any(word in message for word in OF_INTEREST)
        return matters

    def wake(self) -> None:
        with self._used() as usable:
            if usable:
                with contextlib.suppress(OSError):
                    os.write(self._wake, b".")

    def close(self) -> None:
        """End every wait; the descriptors are closed when the last wait has ended."""
        self.wake()
        with self._lock:
            self._ended = True
            self._release_if_unused()

    @contextlib.contextmanager
    def _used(self) -> Iterator[bool]:
        """Whether it is open; in this block it stays open."""
        with self._lock:
            self._users += 1
        try:
            yield not self._ended
        finally:
            with self._lock:
                self._users -= 1
                self._release_if_unused()

    def _release_if_unused(self) -> None:
        if self._users or not self._ended or self._released:
            return
        self._released = True
        if self._socket is not None:
            self._socket.close()
        for end in (self._woken, self._wake):
            os.close(end)
