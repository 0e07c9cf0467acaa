"""CD-Text: packs of 18 bytes in the lead-in's R-W, and what they say.

Source: MMC-5 annex J; Sony's CD-Text mode 4 packs as cdrecord, libburn and cdrdao write and read them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, unique

from redbook.disc import MOST_TRACKS
from redbook.disc.sub_channel import crc

PACK_BYTES = 18
BLOCKS = 8


@unique
class PackType(IntEnum):
    """First byte of a pack."""

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
    PackType.CODE,
)
"""Those that are strings, one for the disc and one for each track."""

CHARACTER_SETS = {0x00: "iso8859-1", 0x01: "ascii", 0x80: "shift_jis"}
LANGUAGES = {
    0x08: "German",
    0x09: "English",
    0x0A: "Spanish",
    0x0F: "French",
    0x15: "Italian",
    0x69: "Japanese",
}


def to_symbols(packs: bytes) -> bytes:
    """24 bytes of six bits for each pack, most significant first."""
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


def is_sound(pack: bytes) -> bool:
    return len(pack) == PACK_BYTES and crc(pack[:16]) == int.from_bytes(pack[16:], "big")


def each_pack(packs: bytes) -> Iterator[bytes]:
    for i in range(0, len(packs) - PACK_BYTES + 1, PACK_BYTES):
        yield packs[i : i + PACK_BYTES]


class Collector:
    """Picks the packs out of a lead-in, where they are repeated until it ends.

    Each block numbers its packs from 0 to 255; the first sound copy of each counts. At most 8 blocks, so
    it holds 36 kB at most.
    """

    def __init__(self) -> None:
        self._packs: dict[tuple[int, int], bytes] = {}

    def take(self, symbols: bytes) -> None:
        """One or more sectors of 96 symbols each."""
        for pack in each_pack(from_symbols(symbols)):
            if pack[0] & 0x80 and is_sound(pack):
                self._packs.setdefault((pack[3] >> 4 & 7, pack[2]), pack)

    @property
    def packs(self) -> bytes:
        """All that came, block by block and in their order."""
        return b"".join(self._packs[key] for key in sorted(self._packs))


@dataclass(slots=True)
class Texts:
    """One block of CD-Text: what it says in one language.

    language_code  of EBU Tech 3258 annex 1; 09h is English
    by_type  pack type to track number to text; track 0 is the disc
    """

    language_code: int = 0
    by_type: dict[PackType, dict[int, str]] = field(default_factory=dict)

    @property
    def language(self) -> str:
        return LANGUAGES.get(self.language_code, f"language {self.language_code:02X}h")

    def text(self, kind: PackType, track: int = 0) -> str:
        return self.by_type.get(kind, {}).get(track, "")


def parse(packs: bytes) -> list[Texts]:
    """What the packs say, a block each; packs whose CRC is wrong are left out."""
    blocks: dict[int, list[bytes]] = defaultdict(list)
    for pack in each_pack(packs):
        if is_sound(pack):
            blocks[pack[3] >> 4 & 7].append(pack)
    sizes = _sizes(blocks)
    languages = next((body[28:36] for body in sizes.values()), bytes(BLOCKS))
    return [
        _texts(found, sizes.get(number, bytes(36)), languages[number])
        for number, found in sorted(blocks.items())
    ]


def _sizes(blocks: dict[int, list[bytes]]) -> dict[int, bytes]:
    """The 36 bytes of size information of each block that has them."""
    found = {}
    for number, packs in blocks.items():
        body = b"".join(pack[4:16] for pack in packs if pack[0] == PackType.SIZES)
        if len(body) >= 36:
            found[number] = body[:36]
    return found


def _texts(packs: list[bytes], sizes: bytes, language: int) -> Texts:
    texts = Texts(language)
    encoding = CHARACTER_SETS.get(sizes[0], "iso8859-1")
    for kind in TEXTS:
        of_kind = [pack for pack in packs if pack[0] == kind]
        if of_kind:
            texts.by_type[kind] = _strings(of_kind, encoding)
    return texts


def _strings(packs: list[bytes], encoding: str) -> dict[int, str]:
    """Texts one after the other, each ended by a zero, from the track that the first pack names on."""
    width = 2 if packs[0][3] & 0x80 else 1
    body = b"".join(pack[4:16] for pack in packs)
    found: dict[int, str] = {}
    track, start = packs[0][1] & 0x7F, 0
    for end in range(0, len(body) - width + 1, width):
        if any(body[end : end + width]):
            continue
        raw = body[start:end]
        text = found.get(track - 1, "") if raw in (b"\t", b"\t\t") else raw.decode(encoding, "replace")
        if text and track <= MOST_TRACKS:
            found[track] = text
        track, start = track + 1, end + width
    return found


def printable(text: str) -> str:
    """In one line, without what would tell a terminal what to do."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
