"""Texts to packs that players can read, and what is lost on the way.

There are never more packs than a block holds. A kind of text that one track has is there for the disc and for
every track, if necessary empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from redbook.disc import MOST_TRACKS
from redbook.disc.cd_text.block import Block
from redbook.disc.cd_text.changes import Change, ChangeKind
from redbook.disc.cd_text.characters import has_kana
from redbook.disc.cd_text.languages import ENGLISH, JAPANESE
from redbook.disc.cd_text.packs import (
    ALWAYS_ASCII,
    ASCII,
    BLOCKS,
    CHARACTER_SETS,
    ISO_8859_1,
    MS_JIS,
    PACK_TEXT_BYTES,
    SIZE_PACKS,
    PackType,
    Sizes,
    sealed,
)
from redbook.disc.cd_text.texts import Texts, name_of
from redbook.records import dataclass

_WRITABLE = (ISO_8859_1, ASCII, MS_JIS)


@dataclass(frozen=True, slots=True)
class Encoded:
    """packs: empty if there is nothing to say; texts: what they say; changes: in the order of the texts"""

    packs: bytes
    texts: tuple[Texts, ...]
    changes: tuple[Change, ...]

    @property
    def losses(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.is_loss)


def encode(
    texts: Sequence[Texts],
    first_track: int,
    last_track: int,
    *,
    transliterate: bool = False,
    repeats: bool = False,
) -> Encoded:
    """A block for each language, in their order.

    A language without a name is English. Japanese texts that came alone get a block of English before their
    own, as far as ISO 8859-1 has their characters, because most players read only the first block.

    first_track, last_track  of the disc
    transliterate            write Cyrillic and Greek in Latin letters if they cannot be written otherwise
    repeats                  write a text that is the same as the previous track's as a TAB, as libburn does;
                             else only if there is little room, as cdrdao, and maybe players, show the TAB

    raises  ValueError  for impossible numbers of tracks, genres or character sets
    """
    if not 1 <= first_track <= last_track <= MOST_TRACKS:
        raise ValueError(f"there are no tracks {first_track} to {last_track} on a disc")
    filled = [each for each in texts if not each.is_empty]
    changes: list[Change] = []
    blocks: list[Block] = []
    for each in filled:
        if len(blocks) == BLOCKS:
            text = f"the texts in {each.language} are left out: a disc has {BLOCKS} languages at most"
            changes.append(Change(ChangeKind.LEFT_OUT, None, None, BLOCKS, text))
            continue
        for block in _blocks_of(each, first_track, last_track, transliterate, alone=len(filled) == 1):
            block.repeats = repeats
            block.shorten()
            if block.kinds:
                changes += (replace(change, block=len(blocks)) for change in block.changes)
                blocks.append(block)
            else:
                changes += block.changes
    if len(blocks) > 1:
        changes = [_with_language(change, blocks) for change in changes]
    return Encoded(_joined(blocks), tuple(block.texts() for block in blocks), tuple(changes))


def _with_language(change: Change, blocks: Sequence[Block]) -> Change:
    if change.block >= len(blocks):
        return change
    return replace(change, text=f"{blocks[change.block].language}: {change.text}")


def _joined(blocks: Sequence[Block]) -> bytes:
    """All packs; the size information of each block is about all blocks."""
    bodies = [block.bodies(number) for number, block in enumerate(blocks)]
    last = tuple(len(own) + SIZE_PACKS - 1 for own in bodies)
    languages = tuple(block.language_code for block in blocks)
    out = bytearray()
    for number, (block, own) in enumerate(zip(blocks, bodies, strict=True)):
        counts = [sum(body[0] == kind for body in own) for kind in range(0x80, 0x8F)]
        sizes = Sizes(
            block.character_set,
            block.first_track,
            block.last_track,
            block.copyright,
            (*counts, SIZE_PACKS),
            (*last, *[0] * (BLOCKS - len(last))),
            (*languages, *[0] * (BLOCKS - len(languages))),
        ).to_bytes()
        own += [
            bytes((PackType.SIZES, part, len(own) + part, number << 4))
            + sizes[part * PACK_TEXT_BYTES : (part + 1) * PACK_TEXT_BYTES]
            for part in range(SIZE_PACKS)
        ]
        out += b"".join(map(sealed, own))
    return bytes(out)


def _blocks_of(
    texts: Texts, first_track: int, last_track: int, transliterate: bool, *, alone: bool
) -> Iterator[Block]:
    def block(character_set: int, language: int) -> Block:
        made = Block(character_set, language, first_track, last_track, transliterate)
        made.fill(texts)
        return made

    asked = texts.character_set
    if asked is not None and asked not in _WRITABLE:
        name = CHARACTER_SETS.get(asked, f"{asked:02X}h")
        raise ValueError(f"CD-Text is written in ISO 8859-1, ASCII or MS-JIS, not in {name}")
    language = texts.language_code or ENGLISH
    latin = block(ISO_8859_1 if asked is None else asked, language)
    replaced = any(change.why is ChangeKind.REPLACED for change in latin.changes)
    if asked is not None or not replaced or not _is_japanese(texts):
        yield latin
        return
    japanese = block(MS_JIS, JAPANESE)
    if any(change.why is ChangeKind.REPLACED for change in japanese.changes):
        yield latin
        return
    if alone:
        first = block(ISO_8859_1, ENGLISH if language == JAPANESE else language)
        first.changes = [_told_elsewhere(change) for change in first.changes]
        yield first
        japanese.drop(ALWAYS_ASCII | {PackType.CLOSED_INFO})
    yield japanese


def _is_japanese(texts: Texts) -> bool:
    every_text = (text for found in texts.by_type.values() for text in found.values())
    return texts.language_code == JAPANESE or any(map(has_kana, every_text))


def _told_elsewhere(change: Change) -> Change:
    if change.why is not ChangeKind.REPLACED or change.kind in ALWAYS_ASCII or change.kind is None:
        return change
    text = f"{name_of(change.kind, change.track or 0)}: what ISO 8859-1 lacks is only in the Japanese texts"
    return replace(change, why=ChangeKind.ELSEWHERE, text=text)
