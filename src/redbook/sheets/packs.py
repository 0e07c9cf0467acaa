"""Files of CD-Text packs: .cdt, CDTEXT.BIN, cdtext.dat. They are burned as they are.

A file holds packs alone; or packs and a zero, as Sony's tool, Exact Audio Copy and ImgBurn write them; or the
four bytes that precede them in READ TOC's reply and the packs, as cdrdao and others dump them.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from redbook.disc.cd_text import (
    BLOCKS,
    PACK_BYTES,
    PackType,
    Texts,
    checksum_of,
    each_pack,
    is_sound,
    parse,
    with_checksums,
)
from redbook.records import dataclass
from redbook.sheets.options import Notebook
from redbook.sheets.reading import read_bytes

HEADER_BYTES = 4
MOST_FILE_BYTES = BLOCKS * 256 * PACK_BYTES + HEADER_BYTES + 1


class PacksWrong(ValueError):
    """The bytes are not packs that can be burned; the message says what is wrong, and where."""


class PacksDamaged(PacksWrong):
    """The packs have wrong checksums.  whole: the texts that can be read anyway"""

    def __init__(self, text: str, packs: bytes) -> None:
        super().__init__(text)
        self.whole = tuple(one for one in parse(packs) if not one.is_empty)

    @property
    def rest(self) -> str:
        """What can be used, and what is lost, in words."""
        lost = [name for texts in self.whole for name in texts.damaged_names]
        if not self.whole:
            return "no text in it can be read"
        return f"the texts that can be read are used; lost: {', '.join(lost) or 'what has no name left'}"


@dataclass(frozen=True, slots=True)
class Packs:
    """packs    18 bytes each; empty if they are damaged, and their texts will be packed again
    odd      what is unusual, in words; it is burned as it is
    rescued  texts of damaged packs
    """

    packs: bytes
    odd: tuple[str, ...] = ()
    rescued: tuple[Texts, ...] = ()

    @property
    def texts(self) -> tuple[Texts, ...]:
        return self.rescued or tuple(parse(self.packs))


def read_packs_file(path: Path, first_track: int, last_track: int, notes: Notebook) -> Packs:
    """A file's packs for a disc with these tracks; notes say what is odd about them.

    raises  SheetError  for a file that cannot be read, damaged packs, and packs of a disc with other tracks
    """
    data = read_bytes(path, MOST_FILE_BYTES, notes)
    try:
        packs = packs_in(data)
        check_tracks(packs.packs, first_track, last_track)
    except PacksDamaged as error:
        notes.wrong(str(error), error.rest, "make the file again, or leave it out")
        return Packs(b"", rescued=error.whole)
    except PacksWrong as error:
        raise notes.error(f"{error}; make the file again, or leave it out") from error
    for text in packs.odd:
        notes.note(text)
    return packs


def packs_in(data: bytes) -> Packs:
    """The CD-Text packs in the bytes of a file, with computed checksums where it has none.

    raises  PacksWrong    for what is not CD-Text
            PacksDamaged  for wrong checksums
    """
    bare = _bare(data)
    odd = []
    packs = list(each_pack(bare))
    for number, pack in enumerate(packs):
        if not 0x80 <= pack[0] <= 0x8F:
            raise PacksWrong(f"{_where(number)} begins with {pack[0]:02X}h, but CD-Text has 80h to 8Fh")
    whole = with_checksums(bare)
    if whole != bare:
        odd.append("its packs have no checksums; they are computed")
    wrong = [number for number, pack in enumerate(each_pack(whole)) if not is_sound(pack)]
    if wrong:
        pack = packs[wrong[0]]
        many = f" ({len(wrong)} packs are damaged)" if len(wrong) > 1 else ""
        raise PacksDamaged(
            f"the checksum of {_where(wrong[0])} is {pack[16:].hex().upper()}, and "
            f"{checksum_of(pack):04X} would be right{many}: the file is damaged",
            whole,
        )
    return Packs(whole, (*odd, *_oddities(whole)))


def _where(number: int) -> str:
    return f"pack {number + 1}, from byte {number * PACK_BYTES} of the packs on,"


def _bare(data: bytes) -> bytes:
    """The packs, without what is before and after them.  raises  PacksWrong"""
    if not data:
        raise PacksWrong("it is empty")
    if len(data) > MOST_FILE_BYTES:
        raise PacksWrong(f"it is larger than {BLOCKS} languages of CD-Text can be ({MOST_FILE_BYTES} bytes)")
    promised = int.from_bytes(data[:2], "big") + 2
    if not data[0] & 0x80 and not any(data[2:HEADER_BYTES]) and (promised - HEADER_BYTES) % PACK_BYTES == 0:
        if promised > len(data):
            raise PacksWrong(
                f"its header promises {promised} bytes, but {len(data)} are there: it was cut short"
            )
        if not any(data[promised:]) and len(data) - promised <= 1 and promised > HEADER_BYTES:
            return data[HEADER_BYTES:promised]
    over = len(data) % PACK_BYTES
    if over == 1 and not data[-1] and len(data) > 1:
        return data[:-1]
    if over:
        raise PacksWrong(f"its {len(data)} bytes are not a whole number of packs of {PACK_BYTES} bytes")
    return data


def _oddities(packs: bytes) -> list[str]:
    """What readers may stumble over."""
    blocks: dict[int, list[bytes]] = defaultdict(list)
    for pack in each_pack(packs):
        blocks[pack[3] >> 4 & 7].append(pack)
    odd = []
    for number, texts in zip(sorted(blocks), parse(packs), strict=True):
        own = blocks[number]
        which = f"language {number + 1}: " if len(blocks) > 1 else ""
        if [pack[2] for pack in own] != list(range(len(own))):
            odd.append(f"{which}its packs are not numbered consecutively from 0")
        if texts.sizes is None:
            odd.append(f"{which}the packs that give its size are missing; many players then show nothing")
            continue
        counts = [sum(pack[0] == kind for pack in own) for kind in range(0x80, 0x90)]
        if counts != list(texts.sizes.packs):
            odd.append(f"{which}it announces packs that differ from those it has")
    if sorted(blocks) != list(range(len(blocks))):
        odd.append("its languages are not numbered from 0")
    return odd


def check_tracks(packs: bytes, first_track: int, last_track: int) -> None:
    """Check that the packs belong to a disc with these tracks, as far as they say so.

    raises  PacksWrong  if they say that they belong to a disc with other tracks
    """
    for pack in each_pack(packs):
        if pack[0] == PackType.SIZES and pack[1] == 0 and (pack[5], pack[6]) != (first_track, last_track):
            here = f"{first_track} to {last_track}"
            raise PacksWrong(
                f"it belongs to a disc with tracks {pack[5]} to {pack[6]}, but this one has {here}"
            )
