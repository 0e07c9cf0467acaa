"""Audio for the engine, without files."""

from __future__ import annotations

from dataclasses import dataclass, field

from redbook.disc import SECTOR_BYTES


@dataclass
class BytesStream:
    """A SectorStream over bytes.  most: how many one read gives, to try short reads."""

    pcm: bytes
    most: int = 1 << 30
    _position: int = field(default=0, init=False)

    @property
    def sectors(self) -> int:
        return len(self.pcm) // SECTOR_BYTES

    def read_into(self, buffer: memoryview) -> int:
        part = self.pcm[self._position : self._position + min(len(buffer), self.most)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)
