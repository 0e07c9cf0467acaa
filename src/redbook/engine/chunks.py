"""Audio on its way to a drive or from it: sectors, and how many of them one command carries."""

from __future__ import annotations

from array import array
from typing import Protocol

from redbook.disc import SECTOR_BYTES
from redbook.transport.base import BULK_SECTORS, COMMAND_SECTORS

CHUNK_SECTORS = COMMAND_SECTORS[0]
CHUNK_BYTES = CHUNK_SECTORS * SECTOR_BYTES

SMALLER_CHUNKS = COMMAND_SECTORS[1:]
"""Numbers of sectors to try if a drive refuses more."""


def chunk_sectors(most_bytes: int | None, real_time: bool = True) -> int:
    """Sectors in a chunk, so that it fits into one command of this many bytes; None if that is not known.

    real_time  False for a recorder that is only a program, which may get larger ones
    """
    most = CHUNK_SECTORS if real_time or most_bytes is None else BULK_SECTORS
    return most if most_bytes is None else max(1, min(most, most_bytes // SECTOR_BYTES))


class SentAudio(Protocol):
    """The audio of a disc's tracks, as it was sent."""

    def differing(self, place: int, first: int, data: bytes | bytearray) -> list[int]:
        """Numbers of the sectors of `data` that are not as they were sent; as `steps.Compare` has them."""
        ...

    def sector_sums(self, place: int) -> array[int]:
        """The CRC-32 of each sector of a track; as `steps.SentSums` has them."""
        ...


class SectorStream(Protocol):
    """The audio of one track, read once from the start.

    sectors  how many there are
    """

    @property
    def sectors(self) -> int: ...

    def read_into(self, buffer: memoryview) -> int:
        """Fill as much of the buffer as there is; returns bytes, 0 at the end."""
        ...
