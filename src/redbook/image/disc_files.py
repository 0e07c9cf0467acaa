"""The files of one folder, each reached from the folder's own descriptor and no further.

A disc may come from anyone: copied, unpacked, or lying in a folder that others write to. So no link inside
it is ever followed, nothing is opened that is no regular file (a FIFO would never answer, a device may do
something), and a file that has a second name elsewhere is not written into. New contents are made under a
name that nobody can foresee and then take the old one's place.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from pathlib import Path

from redbook import host

_LEFT_BEHIND = re.compile(r"\.disc\.(json|cue|toc|owner)(\.[0-9a-f]{16})?\.new")

_SECOND_NAME = "has a second name (a hard link), and that file would change, too"
_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotAFile(OSError):
    """There is something of that name, and it is not a regular file of this folder alone."""


class DiscFiles:
    """Every access to the files of one folder.  Close it.

    Names are plain: no path, no link. Every method raises OSError; NotAFile for what is no regular file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._pid = os.getpid()

    @property
    def fd(self) -> int:
        if self._fd is None:
            raise OSError(errno.EBADF, "it was closed", str(self.path))
        return self._fd

    @property
    def closed(self) -> bool:
        return self._fd is None

    # Who has the folder

    def lock(self) -> None:
        """Keep the folder for this process until `close`, or its end.  raises  BlockingIOError"""
        host.lock(self.fd)

    def is_locked(self) -> bool:
        """Whether someone has locked it."""
        return host.is_locked(self.fd)

    def close(self) -> None:
        if self._fd is None:
            return
        if os.getpid() == self._pid:  # a forked child may have the folder open, too
            host.unlock(self._fd)
        os.close(self._fd)
        self._fd = None

    # Single files

    def check(self, name: str) -> bool:
        """Whether there is a regular file of this name.  raises  NotAFile  for anything else"""
        return self._found(name) is not None

    def size(self, name: str) -> int:
        """In bytes; 0 if there is none."""
        found = self._found(name)
        return 0 if found is None else found.st_size

    def is_still(self, name: str, fd: int) -> bool:
        """Whether a name stands for the file that was opened as `fd`."""
        found = self._found(name)
        return found is not None and os.path.samestat(found, os.fstat(fd))

    def _found(self, name: str) -> os.stat_result | None:
        try:
            found = os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        self._refuse(name, found)
        return found

    def open(self, name: str, *, write: bool = False) -> int:
        """A descriptor of the file, which is made if it is to be written and not there.

        raises  NotAFile, also for writing into a file that has a second name
        """
        flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        if not self.check(name) and write:
            flags |= os.O_CREAT | os.O_EXCL
        fd = os.open(name, flags | (os.O_RDWR if write else os.O_RDONLY), 0o666, dir_fd=self.fd)
        try:
            found = os.fstat(fd)  # it may be another one by now
            self._refuse(name, found)
            if write and found.st_nlink > 1:
                raise self._no_file(name, _SECOND_NAME)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def read(self, name: str, most_bytes: int) -> bytes:
        """All of a file; EFBIG where that is more than `most_bytes`."""
        fd = self.open(name)
        with os.fdopen(fd, "rb") as file:
            data = file.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise OSError(errno.EFBIG, f"more than {most_bytes} bytes", str(self.path / name))
        return data

    def replace(self, name: str, data: bytes) -> None:
        """Put new contents in place of a file, at one moment; or make it."""
        self.check(name)
        new = f".{name}.{secrets.token_hex(8)}.new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(new, flags, 0o666, dir_fd=self.fd)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
            os.replace(new, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(new, dir_fd=self.fd)
            raise

    def remove(self, name: str) -> None:
        """Take the file away, if there is one."""
        if self.check(name):
            os.unlink(name, dir_fd=self.fd)

    def clear_up(self) -> None:
        """Remove what a process left behind that died while it replaced a file. Only while it is locked."""
        for name in os.listdir(self.fd):  # noqa: PTH208 - of a descriptor
            if _LEFT_BEHIND.fullmatch(name):
                with contextlib.suppress(OSError):
                    self.remove(name)

    def hindrance(self, *names: str) -> str:
        """Why this process cannot change the folder and those of these files that exist; empty if it can."""
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=self.fd):
            return "its folder is read-only; change its permissions"
        for name in names:
            found = self._found(name)
            if found is not None and not os.access(name, os.W_OK, dir_fd=self.fd):
                return f"its {name} is read-only; change its permissions"
            if found is not None and found.st_nlink > 1:
                return f"its {name} {_SECOND_NAME}; copy the disc (cp -r)"
        return ""

    def _refuse(self, name: str, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            kind = next((text for is_one, text in _KINDS if is_one(found.st_mode)), "something else")
            raise self._no_file(name, f"is {kind}, not a regular file")

    def _no_file(self, name: str, why: str) -> NotAFile:
        return NotAFile(errno.EINVAL, f"{name} {why}", str(self.path / name))
