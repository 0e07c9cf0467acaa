"""What keeps a medium's sectors and its state; and a store in memory."""

from __future__ import annotations

from typing import Protocol

from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES
from redbook.disc.sub_channel import RAW_BYTES
from redbook.image.base import DiscState
from redbook.image.sector_file import SectorMemory


class Store(Protocol):
    """Where a medium keeps its sectors and its state.

    Addresses go from -150, the first sector of the first pregap, on.
    """

    def read(self, lba: int, sectors: int) -> bytes:
        """Sectors as they were written; never written ones are silence."""
        ...

    def write(self, lba: int, data: bytes | memoryview) -> None:
        """Store whole sectors of 2352 bytes from this address on.  raises  StorageFailed"""
        ...

    def read_sub_channel(self, lba: int, sectors: int) -> bytes:
        """96 symbols a sector as they were written; zeros where none were."""
        ...

    def write_sub_channel(self, lba: int, symbols: bytes | memoryview) -> None:
        """Store the sub-channel of whole sectors, 96 symbols each, from this address on.

        raises  StorageFailed
        """
        ...

    def resize(self, sectors: int) -> None:
        """Forget what is after this many sectors, sub-channel too, or add silence up to there."""
        ...

    def recorded_sectors(self) -> int:
        """Where the data end."""
        ...

    def save(self, state: DiscState) -> None: ...

    def check_room(self, data_bytes: int) -> None:
        """Check that the host has room for a disc of this many bytes in all.

        raises  StorageFailed  if it has not, or if nothing can be stored at all
        """
        ...

    def reserve(self, state: DiscState) -> None:
        """Make sure that something can be stored, before anything is.  raises  StorageFailed"""
        ...

    @property
    def writable(self) -> bool: ...

    @property
    def held(self) -> bool:
        """Whether nobody else can use it now."""
        ...

    def set_owner(self, name: str) -> None:
        """Leave word who holds it; an empty name takes it away."""
        ...

    def close(self) -> None: ...


class MemoryStore:
    """A disc that is gone with the process.  keep=False counts the sectors and drops them."""

    def __init__(self, keep: bool = True) -> None:
        self._sectors = 0
        self._keep = keep
        self._data = SectorMemory(SECTOR_BYTES)
        self._pregap = SectorMemory(SECTOR_BYTES, -PREGAP_SECTORS)
        self._sub_channel = SectorMemory(RAW_BYTES, -PREGAP_SECTORS)

    def read(self, lba: int, sectors: int) -> bytes:
        if lba >= 0:
            return self._data.read(lba, sectors)
        before = min(sectors, -lba)
        return self._pregap.read(lba, before) + self._data.read(0, sectors - before)

    def write(self, lba: int, data: bytes | memoryview) -> None:
        end = lba + len(data) // SECTOR_BYTES
        self._sectors = max(self._sectors, end)
        if self._keep:
            before = min(len(data), max(0, -lba) * SECTOR_BYTES)
            if before:
                self._pregap.write(lba, data[:before])
                lba, data = 0, data[before:]
            self._data.write(lba, data)

    def read_sub_channel(self, lba: int, sectors: int) -> bytes:
        return self._sub_channel.read(lba, sectors)

    def write_sub_channel(self, lba: int, symbols: bytes | memoryview) -> None:
        if self._keep:
            self._sub_channel.write(lba, symbols)

    def resize(self, sectors: int) -> None:
        self._sectors = sectors
        if not self._keep:
            return
        self._data.resize(sectors)
        self._sub_channel.shorten(sectors)
        if not sectors:
            self._pregap.resize(-PREGAP_SECTORS)
            self._sub_channel.resize(-PREGAP_SECTORS)

    def recorded_sectors(self) -> int:
        return self._sectors

    def save(self, state: DiscState) -> None:
        pass

    def check_room(self, data_bytes: int) -> None:
        pass

    def reserve(self, state: DiscState) -> None:
        pass

    @property
    def writable(self) -> bool:
        return True

    @property
    def held(self) -> bool:
        return True

    def set_owner(self, name: str) -> None:
        pass

    def close(self) -> None:
        pass
