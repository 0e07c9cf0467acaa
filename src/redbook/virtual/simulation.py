"""Where a test write goes: nowhere. Beneath it is what the disc really holds."""

from __future__ import annotations

from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES
from redbook.disc.sub_channel import RAW_BYTES
from redbook.image.store import MemoryStore, Store


class Simulation(MemoryStore):
    """real  the disc's own store; nothing of it is changed"""

    def __init__(self, real: Store) -> None:
        super().__init__(keep=False)
        self._real = real
        self._real_end = self._sectors = real.recorded_sectors()

    def read(self, lba: int, sectors: int) -> bytes:
        there = self._still_there(lba, sectors)
        return self._real.read(lba, there) + bytes(SECTOR_BYTES * (sectors - there))

    def read_sub_channel(self, lba: int, sectors: int) -> bytes:
        there = self._still_there(lba, sectors)
        return self._real.read_sub_channel(lba, there) + bytes(RAW_BYTES * (sectors - there))

    def resize(self, sectors: int) -> None:
        super().resize(sectors)
        self._real_end = min(self._real_end, sectors) if sectors else -PREGAP_SECTORS

    def _still_there(self, lba: int, sectors: int) -> int:
        return max(0, min(sectors, self._real_end - lba))
