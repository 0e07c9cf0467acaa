"""Everything that access to a device needs from Linux. Tests replace it with their own kernel."""

from __future__ import annotations

import ctypes
import os
import stat
from pathlib import Path
from typing import Protocol

from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A device node: the path after its links, and what it is."""

    path: str
    is_block: bool
    is_character: bool
    major: int
    minor: int


class Kernel(Protocol):
    """The system calls that `sg_io` needs, and no more."""

    def node(self, path: str) -> Node:
        """What a path leads to, with its links followed.  raises  OSError  if there is nothing"""
        ...

    def open(self, path: str, flags: int) -> int:
        """Open a device node; returns the file descriptor.  flags: as for `os.open`.  raises  OSError"""
        ...

    def close(self, fd: int) -> None: ...

    def ioctl(self, fd: int, request: int, address: int) -> int:
        """0, or the number of the error."""
        ...

    def read_text(self, path: str) -> str:
        """A file of /proc or /sys; empty if there is none."""
        ...

    def names(self, path: str) -> list[str]:
        """The names in a folder of /sys; nothing if there is no such folder."""
        ...


class Linux:
    """The kernel that this program runs on."""

    def __init__(self) -> None:
        # Not fcntl.ioctl: sg_io decides what to do after a signal, and other threads can run in the meantime.
        self._ioctl = ctypes.CDLL(None, use_errno=True).ioctl
        self._ioctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p)
        self._ioctl.restype = ctypes.c_int

    def node(self, path: str) -> Node:
        real = os.path.realpath(path)
        found = Path(real).stat()
        return Node(
            real,
            stat.S_ISBLK(found.st_mode),
            stat.S_ISCHR(found.st_mode),
            os.major(found.st_rdev),
            os.minor(found.st_rdev),
        )

    def open(self, path: str, flags: int) -> int:
        return os.open(path, flags)

    def close(self, fd: int) -> None:
        os.close(fd)

    def ioctl(self, fd: int, request: int, address: int) -> int:
        return 0 if self._ioctl(fd, request, address) >= 0 else ctypes.get_errno()

    def read_text(self, path: str) -> str:
        try:
            return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""

    def names(self, path: str) -> list[str]:
        try:
            return sorted(entry.name for entry in Path(path).iterdir())
        except OSError:
            return []
