"""READ TOC, format 5: the CD-Text of a lead-in.

`engine.labels` asks a drive for it, and `disc.cd_text.decode` understands the packs.
"""

from __future__ import annotations

from struct import Struct
from typing import ClassVar, Self

from redbook.mmc.command import Sized, need
from redbook.mmc.disc_info.fields import READ_TOC_OPCODE, need_stated, toc_cdb, toc_fields
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class ReadCdText(Sized[bytes]):
    """READ TOC, format 5: the CD-Text packs of the lead-in, 18 bytes each.  Source: MMC-5 6.26.7."""

    OPCODE: ClassVar[int] = READ_TOC_OPCODE
    FORMAT: ClassVar[int] = 5
    NAME: ClassVar[str] = "READ CD-TEXT"
    timeout: ClassVar[float] = 240.0

    allocation_length: int = 0xFFFE

    def to_cdb(self) -> bytes:
        return toc_cdb(False, self.FORMAT, 0, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        return cls(toc_fields(cdb)[2])

    def build_reply(self, packs: bytes) -> bytes:
        """Make the reply. The length field holds 65535 at most, which is more than eight full blocks need."""
        return Struct(">HH").pack(len(packs) + 2, 0) + packs

    def parse_reply(self, data: bytes) -> bytes:
        length = int.from_bytes(need(data, 4, self.NAME)[:2], "big")
        need_stated(data, length, 4)
        return bytes(data[4 : length + 2])
