"""A file of records, one for each sector, and the same in memory."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from redbook.image.disc_files import DiscFiles


class SectorFile:
    """Records of equal length, the first for sector `first_lba`. Opened when first used; sparse.

    Every method raises OSError.
    """

    def __init__(self, files: DiscFiles, name: str, record_bytes: int, first_lba: int = 0) -> None:
        self._files = files
        self.name = name
        self.record_bytes = record_bytes
        self.first_lba = first_lba
        self._fd: int | None = None
        self._writable = False

    @property
    def path(self) -> Path:
        return self._files.path / self.name

    def exists(self) -> bool:
        return self._fd is not None or self._files.check(self.name)

    def read(self, lba: int, sectors: int) -> bytes:
        """What was never written is zero."""
        wanted = sectors * self.record_bytes
        if not self.exists():
            return bytes(wanted)
        position = (lba - self.first_lba) * self.record_bytes
        fd = self._open(write=False)
        data = os.pread(fd, wanted, position)
        while len(data) < wanted:
            more = os.pread(fd, wanted - len(data), position + len(data))
            if not more:
                break
            data += more
        return data if len(data) == wanted else data.ljust(wanted, b"\0")

    def write(self, lba: int, data: bytes | memoryview) -> None:
        position = (lba - self.first_lba) * self.record_bytes
        fd = self._open(write=True)
        written = os.pwrite(fd, data, position)
        while written < len(data):
            written += os.pwrite(fd, memoryview(data)[written:], position + written)

    def resize(self, end_lba: int) -> None:
        """Forget what is from this sector on, or add zeros up to there."""
        length = max(0, end_lba - self.first_lba) * self.record_bytes
        if length or self.exists():
            os.ftruncate(self._open(write=True), length)

    def shorten(self, end_lba: int) -> None:
        """Forget what is from this sector on."""
        if self.exists() and self.end_lba() > end_lba:
            self.resize(end_lba)

    def end_lba(self) -> int:
        """The first sector that there is no whole record of."""
        length = self._files.size(self.name) if self._fd is None else os.fstat(self._fd).st_size
        return self.first_lba + length // self.record_bytes

    def check_in_place(self) -> None:
        """Check that the file that was written to is still the one of that name.

        raises  OSError  if it was deleted or replaced
        """
        if self._fd is not None and not self._files.is_still(self.name, self._fd):
            raise OSError(
                errno.ESTALE, f"{self.name} was deleted or replaced in the meantime", str(self.path)
            )

    def remove(self) -> None:
        self.close()
        self._files.remove(self.name)

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self, *, write: bool) -> int:
        if self._fd is not None and (self._writable or not write):
            return self._fd
        self.close()
        self._fd = self._files.open(self.name, write=write)
        self._writable = write
        return self._fd


class SectorMemory:
    """The same, gone with the process.

    Memory that was used once is kept when the records are forgotten: fresh pages cost more than copying.
    """

    def __init__(self, record_bytes: int, first_lba: int = 0) -> None:
        self.record_bytes = record_bytes
        self.first_lba = first_lba
        self._memory = bytearray()
        self._length = 0  # what is after is left over from records that were forgotten

    def read(self, lba: int, sectors: int) -> bytes:
        start = (lba - self.first_lba) * self.record_bytes
        wanted = sectors * self.record_bytes
        end = min(start + wanted, self._length)
        data = bytes(memoryview(self._memory)[start:end])
        return data if len(data) == wanted else data.ljust(wanted, b"\0")

    def write(self, lba: int, data: bytes | memoryview) -> None:
        start = (lba - self.first_lba) * self.record_bytes
        if start > self._length:
            self._grow(start)
        end = start + len(data)
        if end > len(self._memory):
            self._memory.extend(bytes(end - len(self._memory)))
        with memoryview(self._memory) as memory:
            memory[start:end] = data
        self._length = max(self._length, end)

    def resize(self, end_lba: int) -> None:
        length = max(0, end_lba - self.first_lba) * self.record_bytes
        if length > self._length:
            self._grow(length)
        self._length = length

    def shorten(self, end_lba: int) -> None:
        if self.end_lba() > end_lba:
            self.resize(end_lba)

    def end_lba(self) -> int:
        return self.first_lba + self._length // self.record_bytes

    def _grow(self, length: int) -> None:
        """Zeros up to there."""
        old = min(length, len(self._memory))
        self._memory[self._length : old] = bytes(old - self._length)
        self._memory.extend(bytes(length - old))
        self._length = length
