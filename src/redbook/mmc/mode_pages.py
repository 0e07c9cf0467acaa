"""MODE SENSE and MODE SELECT in both lengths, and the two mode pages that a burn needs: 05h and 2Ah."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.disc import SPEED_1X_BYTES_PER_SECOND
from redbook.mmc.command import NoReply, Sized, need
from redbook.records import dataclass

NOT_TOLD = 0xFFFF
HEADER_BYTES = 8
HEADER_BYTES_6 = 4


@unique
class PageControl(IntEnum):
    """Which values of a page MODE SENSE should return."""

    CURRENT = 0
    CHANGEABLE = 1
    DEFAULT = 2
    SAVED = 3


@dataclass(frozen=True, slots=True)
class ModeData:
    """The pages of a MODE SENSE reply or a MODE SELECT list, without header and block descriptors."""

    pages: bytes

    def page(self, code: int) -> bytes | None:
        """One whole page, with its first two bytes; None if it is not there."""
        return next((page for page in self._each() if page[0] & 0x3F == code), None)

    def codes(self) -> list[int]:
        """The codes of all pages, in their order."""
        return [page[0] & 0x3F for page in self._each()]

    def _each(self) -> Iterator[bytes]:
        position = 0
        while position + 2 <= len(self.pages):
            size = self.pages[position + 1] + 2
            yield self.pages[position : position + size]
            position += size

    def to_bytes(self) -> bytes:
        return Struct(">HB5x").pack(len(self.pages) + HEADER_BYTES - 2, 0) + self.pages

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Self:
        head = bytes(need(bytes(data[:HEADER_BYTES]), HEADER_BYTES, "mode parameter header"))
        descriptors = int.from_bytes(head[6:8], "big")
        return cls(bytes(data[HEADER_BYTES + descriptors :]))

    def to_bytes_6(self) -> bytes:
        """The pages after the header of the 6-byte commands, whose length field holds 255 at most."""
        return bytes((min(0xFF, len(self.pages) + HEADER_BYTES_6 - 1), 0, 0, 0)) + self.pages

    @classmethod
    def from_bytes_6(cls, data: bytes | memoryview) -> Self:
        head = bytes(need(bytes(data[:HEADER_BYTES_6]), HEADER_BYTES_6, "mode parameter header"))
        return cls(bytes(data[HEADER_BYTES_6 + head[3] :]))


@dataclass(frozen=True, slots=True)
class ModeSense10(Sized[ModeData]):
    """MODE SENSE (10).  Source: SPC-4 6.14.

    page     01h..3Eh, or 3Fh for all
    subpage  FFh for all; CDs have no others
    """

    OPCODE: ClassVar[int] = 0x5A
    NAME: ClassVar[str] = "MODE SENSE"
    LAYOUT: ClassVar[Struct] = Struct(">BBBB3xHx")

    page: int
    control: PageControl = PageControl.CURRENT
    allocation_length: int = 254
    subpage: int = 0

    def to_cdb(self) -> bytes:
        page = self.control << 6 | self.page
        return self.LAYOUT.pack(self.OPCODE, 8, page, self.subpage, self.allocation_length)

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, _, page, subpage, length = cls.LAYOUT.unpack(cdb)
        return cls(page & 0x3F, PageControl(page >> 6), length, subpage)

    def build_reply(self, pages: bytes) -> bytes:
        return ModeData(pages).to_bytes()

    def parse_reply(self, data: bytes) -> ModeData:
        return ModeData.from_bytes(data)


@dataclass(frozen=True, slots=True)
class ModeSense6(ModeSense10):
    """MODE SENSE (6), with the fields of MODE SENSE (10).  Source: SPC-4 6.13.

    Linux uses only this command to ask SCSI drives (not ATAPI and USB ones) for page 2Ah.
    """

    OPCODE: ClassVar[int] = 0x1A
    NAME: ClassVar[str] = "MODE SENSE (6)"
    LAYOUT: ClassVar[Struct] = Struct(">BBBBBx")

    def build_reply(self, pages: bytes) -> bytes:
        return ModeData(pages).to_bytes_6()

    def parse_reply(self, data: bytes) -> ModeData:
        return ModeData.from_bytes_6(data)


@dataclass(frozen=True, slots=True)
class ModeSelect10(NoReply):
    """MODE SELECT (10) with one or more whole pages.  Source: SPC-4 6.12.

    save  also keep them in the drive permanently
    """

    OPCODE: ClassVar[int] = 0x55
    NAME: ClassVar[str] = "MODE SELECT"
    LAYOUT: ClassVar[Struct] = Struct(">BB5xHx")

    pages: bytes
    save: bool = False

    @property
    def data_out(self) -> bytes:
        return bytes(HEADER_BYTES) + self.pages

    def to_cdb(self) -> bytes:
        return self.LAYOUT.pack(self.OPCODE, 0x10 | self.save, len(self.data_out))

    @classmethod
    def from_cdb(cls, cdb: bytes, data_out: bytes | memoryview) -> Self:
        _, flags, length = cls.LAYOUT.unpack(cdb)
        if length != len(data_out):
            raise ValueError(f"{length} bytes announced, {len(data_out)} sent")
        return cls(cls._pages(data_out) if length else b"", bool(flags & 1))

    @staticmethod
    def _pages(data_out: bytes | memoryview) -> bytes:
        return ModeData.from_bytes(data_out).pages


@dataclass(frozen=True, slots=True)
class ModeSelect6(ModeSelect10):
    """MODE SELECT (6), with the fields of MODE SELECT (10).  Source: SPC-4 6.11."""

    OPCODE: ClassVar[int] = 0x15
    NAME: ClassVar[str] = "MODE SELECT (6)"
    LAYOUT: ClassVar[Struct] = Struct(">BBxxBx")

    @property
    def data_out(self) -> bytes:
        return bytes(HEADER_BYTES_6) + self.pages

    @staticmethod
    def _pages(data_out: bytes | memoryview) -> bytes:
        return ModeData.from_bytes_6(data_out).pages


@unique
class WriteType(IntEnum):
    """Page 05h, byte 2 bits 3-0."""

    PACKET = 0
    TRACK_AT_ONCE = 1
    SESSION_AT_ONCE = 2
    RAW = 3


@unique
class MultiSession(IntEnum):
    """Page 05h, byte 3 bits 7-6: what closing the session says about the next one."""

    LAST = 0
    NEXT_ALLOWED = 3


@dataclass(frozen=True, slots=True)
class WriteParameters:
    """Mode page 05h.  Source: MMC-5 7.5.

    underrun_protection  BUFE
    track_mode           Q control nibble of the track
    data_block_type      0 = 2352 bytes of audio per sector
    audio_pause          sectors of pregap
    mcn, isrc            13 digits, 12 characters; empty for none
    tail                 sub-header and vendor bytes, kept as the drive has them
    """

    CODE: ClassVar[int] = 0x05
    FIXED_BYTES: ClassVar[int] = 48

    write_type: int = WriteType.TRACK_AT_ONCE
    test_write: bool = False
    underrun_protection: bool = True
    link_size_valid: bool = False
    multi_session: int = MultiSession.LAST
    fixed_packet: bool = False
    copy: bool = False
    track_mode: int = 0
    data_block_type: int = 0
    link_size: int = 0
    application_code: int = 0
    session_format: int = 0
    packet_size: int = 0
    audio_pause: int = 150
    mcn: str = ""
    isrc: str = ""
    tail: bytes = bytes(4)

    def to_page(self) -> bytes:
        page = bytearray(self.FIXED_BYTES)
        page[0] = self.CODE
        page[1] = self.FIXED_BYTES + len(self.tail) - 2
        page[2] = self.underrun_protection << 6 | self.link_size_valid << 5 | self.test_write << 4
        page[2] |= self.write_type
        page[3] = self.multi_session << 6 | self.fixed_packet << 5 | self.copy << 4 | self.track_mode
        page[4] = self.data_block_type
        page[5] = self.link_size
        page[7] = self.application_code
        page[8] = self.session_format
        page[10:14] = self.packet_size.to_bytes(4, "big")
        page[14:16] = self.audio_pause.to_bytes(2, "big")
        if self.mcn:
            page[16:30] = b"\x80" + self.mcn.encode("ascii").ljust(13, b"\0")
        if self.isrc:
            page[32:45] = b"\x80" + self.isrc.encode("ascii").ljust(12, b"\0")
        return bytes(page) + self.tail

    @classmethod
    def from_page(cls, page: bytes) -> Self:
        need(page, cls.FIXED_BYTES, "mode page 05h")
        return cls(
            write_type=page[2] & 0xF,
            test_write=bool(page[2] & 0x10),
            underrun_protection=bool(page[2] & 0x40),
            link_size_valid=bool(page[2] & 0x20),
            multi_session=page[3] >> 6,
            fixed_packet=bool(page[3] & 0x20),
            copy=bool(page[3] & 0x10),
            track_mode=page[3] & 0xF,
            data_block_type=page[4] & 0xF,
            link_size=page[5],
            application_code=page[7] & 0x3F,
            session_format=page[8],
            packet_size=int.from_bytes(page[10:14], "big"),
            audio_pause=int.from_bytes(page[14:16], "big"),
            mcn=page[17:30].decode("ascii", "replace") if page[16] & 0x80 else "",
            isrc=page[33:45].decode("ascii", "replace") if page[32] & 0x80 else "",
            tail=page[48:],
        )


@unique
class Loader(IntEnum):
    """Page 2Ah, byte 6 bits 7-5."""

    CADDY = 0
    TRAY = 1
    POP_UP = 2


@dataclass(frozen=True, slots=True)
class WriteSpeed:
    """A speed that a drive writes at, in units of 1000 bytes per second, and how it turns the disc."""

    kb: int
    pure_cav: bool = False

    @property
    def times(self) -> int:
        """Multiple of 1x; drives count 176 or 177 units for it."""
        return round(self.kb * 1000 / SPEED_1X_BYTES_PER_SECOND)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Mode page 2Ah: legacy, but every drive has it.  Source: MMC-3 5.5.10.

    cd_text       reads R-W, in the lead-in too
    accurate_stream  reads audio without jitter
    buffer_kib    size of the drive's write buffer; 0 if it is not stated
    speeds are in units of 1000 bytes per second; `write_speeds` is fastest first, empty on old drives
    pure_cav      how the disc is turned at the current writing speed
    """

    CODE: ClassVar[int] = 0x2A
    MOST_BUFFER_KIB: ClassVar[int] = 0x8000  # four times what any drive was sold with

    writes_cd_r: bool = True
    writes_cd_rw: bool = True
    test_write: bool = True
    underrun_protection: bool = True
    cd_text: bool = False
    c2_pointers: bool = False
    accurate_stream: bool = True
    loader: int = Loader.TRAY
    locked: bool = False
    buffer_kib: int = 0
    max_read_kb: int = 0
    read_kb: int = 0
    max_write_kb: int = 0
    write_kb: int = 0
    pure_cav: bool = False
    write_speeds: tuple[WriteSpeed, ...] = ()

    @property
    def write_speed(self) -> WriteSpeed:
        """The writing speed that the drive has chosen."""
        return WriteSpeed(self.write_kb, self.pure_cav)

    def to_page(self) -> bytes:
        page = bytearray(32)
        page[2] = 0x07
        page[3] = self.test_write << 2 | self.writes_cd_rw << 1 | self.writes_cd_r
        page[4] = self.underrun_protection << 7 | 0x71  # multi-session, mode 2 forms, audio play
        page[5] = 0x61 | self.accurate_stream << 1 | self.c2_pointers << 4  # CD-DA commands, ISRC, MCN
        page[5] |= self.cd_text << 2 | self.cd_text << 3  # R-W, de-interleaved and corrected
        page[7] = self.cd_text << 5
        page[6] = self.loader << 5 | 0x09 | self.locked << 1
        words = (
            (8, self.max_read_kb),
            (12, self.buffer_kib),
            (14, self.read_kb),
            (18, self.max_write_kb),
            (20, self.write_kb),
            (28, self.write_kb),
            (30, len(self.write_speeds)),
        )
        page[27] = self.pure_cav
        for offset, value in words:
            page[offset : offset + 2] = value.to_bytes(2, "big")
        for speed in self.write_speeds:
            page += bytes((0, speed.pure_cav)) + speed.kb.to_bytes(2, "big")
        page[0], page[1] = self.CODE, len(page) - 2
        return bytes(page)

    @classmethod
    def from_page(cls, page: bytes) -> Self:
        need(page, 20, "mode page 2Ah")

        def word(offset: int) -> int:
            return int.from_bytes(page[offset : offset + 2], "big")

        def speed(offset: int) -> int:
            """The speed at this offset; 0 if all bits are ones, as no drive is that fast."""
            return 0 if word(offset) == NOT_TOLD else word(offset)

        count = word(30) if len(page) >= 32 else 0
        offsets = range(32, min(len(page) - 3, 32 + 4 * count), 4)
        return cls(
            writes_cd_r=bool(page[3] & 1),
            writes_cd_rw=bool(page[3] & 2),
            test_write=bool(page[3] & 4),
            underrun_protection=bool(page[4] & 0x80),
            cd_text=bool(page[7] & 0x20),
            c2_pointers=bool(page[5] & 0x10),
            accurate_stream=bool(page[5] & 2),
            loader=page[6] >> 5,
            locked=bool(page[6] & 2),
            buffer_kib=word(12) if word(12) <= cls.MOST_BUFFER_KIB else 0,
            max_read_kb=speed(8),
            read_kb=speed(14),
            max_write_kb=speed(18),
            write_kb=speed(28) if len(page) >= 30 else speed(20),
            pure_cav=len(page) >= 28 and page[27] & 3 == 1,
            write_speeds=tuple(
                WriteSpeed(speed(i + 2), page[i + 1] & 3 == 1) for i in offsets if speed(i + 2)
            ),
        )
