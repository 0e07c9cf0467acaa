"""Packs of 18 bytes, and how they are arranged in a lead-in's R-W.

      0     1      2         3                                   4..15   16..17
    type  track  sequence  double byte | block | characters    text    CRC
                            bit 7        6..4    3..0

The track is the one whose text the first byte belongs to (0: the disc). The sequence counts from 0 in each
block. The characters are the number of that text's characters in earlier packs, 15 for more. The packs of
type 8Fh, three in a block, state its size and the languages of all blocks.

Source: MMC-5 annex J; Sony's CD-Text mode 4 packs as cdrecord, libburn and cdrdao write and read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum, unique
from math import gcd
from typing import Self

from redbook.disc.sub_channel import RAW_BYTES, crc
from redbook.records import dataclass

PACK_BYTES = 18
BODY_BYTES = 16
PACK_TEXT_BYTES = 12
PACKS_PER_SECTOR = 4
BLOCKS = 8
SIZE_PACKS = 3
GENRE_CODE_BYTES = 2
"""The code before a genre's words; its bytes do not count as characters."""

MOST_TEXT_PACKS = 253
"""The most in a block, besides the three that state its size: sequence numbers end at 255."""

ISO_8859_1, ASCII, MS_JIS, KOREAN, MANDARIN = 0x00, 0x01, 0x80, 0x81, 0x82
"""Character sets, as the size information names them."""

CHARACTER_SETS = {
    ISO_8859_1: "iso8859-1",
    ASCII: "ascii",
    MS_JIS: "cp932",
    KOREAN: "cp949",
    MANDARIN: "gbk",
}


@unique
class PackType(IntEnum):
    """The first byte of a pack."""

    TITLE = 0x80
    PERFORMER = 0x81
    SONGWRITER = 0x82
    COMPOSER = 0x83
    ARRANGER = 0x84
    MESSAGE = 0x85
    DISC_ID = 0x86
    GENRE = 0x87
    TOC = 0x88
    SECOND_TOC = 0x89
    CLOSED_INFO = 0x8D
    CODE = 0x8E
    SIZES = 0x8F


TEXTS = (
    PackType.TITLE,
    PackType.PERFORMER,
    PackType.SONGWRITER,
    PackType.COMPOSER,
    PackType.ARRANGER,
    PackType.MESSAGE,
    PackType.DISC_ID,
    PackType.GENRE,
    PackType.CLOSED_INFO,
    PackType.CODE,
)
"""The types with words in them, in the order of their packs."""

OF_DISC_ONLY = frozenset((PackType.DISC_ID, PackType.GENRE, PackType.CLOSED_INFO))
"""Tracks have none of these."""

ALWAYS_ASCII = frozenset((PackType.DISC_ID, PackType.GENRE, PackType.CODE))
"""These are ASCII, whatever the character set of their block."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a block's three packs of type 8Fh say.

    character_set   0 ISO 8859-1, 1 ASCII, 80h MS-JIS, 81h Korean, 82h Mandarin
    first_track, last_track   of the disc
    copyright       0, or 3 if the texts may not be copied
    packs           how many of each type, 80h to 8Fh
    last_sequences  the last sequence number of each block; 0 for a missing block
    languages       the language code of each block
    """

    character_set: int
    first_track: int
    last_track: int
    copyright: int
    packs: tuple[int, ...]
    last_sequences: tuple[int, ...]
    languages: tuple[int, ...]

    def count_of(self, kind: int) -> int:
        """How many packs of this type the block has.  kind: 80h to 8Fh"""
        return self.packs[kind & 0x0F]

    def to_bytes(self) -> bytes:
        """Make the 36 bytes."""
        head = (self.character_set, self.first_track, self.last_track, self.copyright)
        return bytes((*head, *self.packs, *self.last_sequences, *self.languages))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the 36 bytes."""
        character_set, first, last, copying = data[:4]
        packs, sequences, languages = tuple(data[4:20]), tuple(data[20:28]), tuple(data[28:36])
        return cls(character_set, first, last, copying, packs, sequences, languages)


def to_symbols(packs: bytes) -> bytes:
    """24 bytes of six bits for each pack, most significant bits first."""
    out = bytearray()
    for i in range(0, len(packs) - 2, 3):
        word = int.from_bytes(packs[i : i + 3], "big")
        out += bytes((word >> 18, word >> 12 & 0x3F, word >> 6 & 0x3F, word & 0x3F))
    return bytes(out)


def from_symbols(symbols: bytes) -> bytes:
    """18 bytes for each 24; bits 7 and 6 (P and Q) do not matter."""
    out = bytearray()
    for i in range(0, len(symbols) - 3, 4):
        a, b, c, d = symbols[i : i + 4]
        word = (a & 0x3F) << 18 | (b & 0x3F) << 12 | (c & 0x3F) << 6 | (d & 0x3F)
        out += word.to_bytes(3, "big")
    return bytes(out)


def sealed(body: bytes) -> bytes:
    """A pack: these 16 bytes and their CRC."""
    return body + crc(body).to_bytes(2, "big")


def checksum_of(pack: bytes) -> int:
    """The CRC that a pack's last two bytes should hold."""
    return crc(pack[:BODY_BYTES])


def is_sound(pack: bytes) -> bool:
    """Whether a pack is whole and its checksum is right."""
    return len(pack) == PACK_BYTES and checksum_of(pack) == int.from_bytes(pack[BODY_BYTES:], "big")


def each_pack(packs: bytes) -> Iterator[bytes]:
    """The packs one by one, 18 bytes each; an incomplete one at the end is left out."""
    for i in range(0, len(packs) - PACK_BYTES + 1, PACK_BYTES):
        yield packs[i : i + PACK_BYTES]


def with_checksums(packs: bytes) -> bytes:
    """The same packs; if not a single one has a CRC (it is 0000 in all of them), each gets one."""
    if any(any(pack[BODY_BYTES:]) for pack in each_pack(packs)):
        return packs
    return b"".join(sealed(pack[:BODY_BYTES]) for pack in each_pack(packs))


class Collector:
    """Picks the packs out of a lead-in, where they are repeated until it ends.

    Each block numbers its packs from 0 to 255; the first sound copy of each counts. A pack without a sound
    copy is kept anyway: drives return packs as they are, so the disc was made with a wrong checksum. There
    are at most 8 blocks, so this holds 72 kB at most.
    """

    def __init__(self) -> None:
        self._packs: dict[tuple[int, int], bytes] = {}
        self._unsound: dict[tuple[int, int], bytes] = {}

    def take(self, symbols: bytes) -> None:
        """Take one or more sectors of 96 symbols each."""
        for pack in each_pack(from_symbols(symbols)):
            if pack[0] & 0x80:
                kept = self._packs if is_sound(pack) else self._unsound
                kept.setdefault((pack[3] >> 4 & 7, pack[2]), pack)

    @property
    def packs(self) -> bytes:
        """All that came, block by block and in their order."""
        packs = self._unsound | self._packs
        return b"".join(packs[key] for key in sorted(packs))


class LeadIn:
    """R-W of a lead-in: the packs, again and again, even across the border of two sectors.

    Drives cannot read packs that are there only once. One round is kept, after which a pack begins at a
    sector again: at most four times the packs, 200 kB.
    """

    def __init__(self, packs: bytes) -> None:
        """raises  ValueError  if the packs are not whole, or if there are none"""
        if not packs or len(packs) % PACK_BYTES:
            raise ValueError(f"{len(packs)} bytes are not a whole number of packs of {PACK_BYTES}")
        count = len(packs) // PACK_BYTES
        self._round = to_symbols(packs) * (PACKS_PER_SECTOR // gcd(count, PACKS_PER_SECTOR))

    def sectors(self, first: int, count: int) -> bytes:
        """96 bytes each, P and Q zero.  first: counted from the lead-in's start"""
        start = first * RAW_BYTES % len(self._round)
        wanted = count * RAW_BYTES
        times = (start + wanted) // len(self._round) + 1
        return (self._round * times)[start : start + wanted]
