"""READ and SEND DISC STRUCTURE: for DVDs; a CD drive or a CD has none."""

from __future__ import annotations

from struct import Struct
from typing import ClassVar, Self

from redbook.mmc.command import NoReply, Sized, need
from redbook.records import dataclass

HEADER_BYTES = 4


@dataclass(frozen=True, slots=True)
class ReadDiscStructure(Sized[bytes]):
    """READ DISC STRUCTURE; the reply without its header.  Source: MMC-5 6.23.

    structure  format code, 00h..FFh
    agid       authentication grant, 0..3
    """

    OPCODE: ClassVar[int] = 0xAD
    NAME: ClassVar[str] = "READ DISC STRUCTURE"
    LAYOUT: ClassVar[Struct] = Struct(">BxIBBHBx")

    structure: int
    address: int = 0
    layer: int = 0
    agid: int = 0
    allocation_length: int = 0xFFFC

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(
            self.OPCODE, self.address, self.layer, self.structure, self.allocation_length, self.agid << 6
        )

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, address, layer, structure, length, agid = cls.LAYOUT.unpack(cdb)
        return cls(structure, address, layer, agid >> 6, length)

    def parse_reply(self, data: bytes) -> bytes:
        length = int.from_bytes(need(data, HEADER_BYTES, self.NAME)[:2], "big")
        return data[HEADER_BYTES : length + 2]


@dataclass(frozen=True, slots=True)
class SendDiscStructure(NoReply):
    """SEND DISC STRUCTURE.  Source: MMC-5 6.36.

    structure  format code, 00h..FFh
    body       what follows the header
    """

    OPCODE: ClassVar[int] = 0xBF
    NAME: ClassVar[str] = "SEND DISC STRUCTURE"
    LAYOUT: ClassVar[Struct] = Struct(">B6xBHxx")

    structure: int
    body: bytes

    @property
    def data_out(self) -> bytes:
        return (len(self.body) + HEADER_BYTES - 2).to_bytes(2, "big") + bytes(2) + self.body

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, self.structure, len(self.data_out))

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, structure, length = cls.LAYOUT.unpack(cdb)
        if length != len(data_out):
            raise ValueError(f"{length} bytes announced, {len(data_out)} sent")
        return cls(structure, bytes(data_out[HEADER_BYTES:]))
