"""Packs to texts, even if some are lost or damaged.

Texts run on from pack to pack, so a lost pack would move all the following texts to other tracks. Sequence
numbers show that one is missing. Then reading starts again from what the next pack says about itself: its
track, and how much of that track's text is before it. A text that is not whole is left out, and listed as
damaged.
`engine.labels` asks a drive for the packs (READ TOC format 5, `mmc.disc_info.cd_text`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import field
from itertools import pairwise

from redbook.disc import MOST_TRACKS
from redbook.disc.cd_text.languages import JAPANESE
from redbook.disc.cd_text.packs import (
    ASCII,
    BLOCKS,
    CHARACTER_SETS,
    GENRE_CODE_BYTES,
    ISO_8859_1,
    MS_JIS,
    OF_DISC_ONLY,
    PACK_TEXT_BYTES,
    SIZE_PACKS,
    TEXTS,
    PackType,
    Sizes,
    each_pack,
    is_sound,
    with_checksums,
)
from redbook.disc.cd_text.texts import Texts
from redbook.records import dataclass

_MOST_COUNTED = 15
"""The most characters in earlier packs that four bits can count."""


def parse(packs: bytes, first_track: int | None = None) -> list[Texts]:
    """The texts in the packs, for each block; packs with a wrong CRC are left out.

    If packs are there more than once, the longest run without a fault counts, and the others fill its gaps.
    If not a single pack has a CRC, none is required.

    first_track  of the disc, if the caller knows it; else the packs say it
    """
    blocks = {number: _merged(runs) for number, runs in sorted(_runs(with_checksums(packs)).items())}
    sizes = {number: _SizeBytes.of(found) for number, found in blocks.items()}
    languages = [_first_known(each.at(28 + n) for each in sizes.values()) for n in range(BLOCKS)]
    firsts = [each.at(1) for each in sizes.values()] + [_first_by_packs(found) for found in blocks.values()]
    first = first_track or next((first for first in firsts if first and 1 <= first <= MOST_TRACKS), 1)
    return [_Block(found, sizes[number], languages[number], first).read() for number, found in blocks.items()]


def _runs(packs: bytes) -> dict[int, list[list[bytes]]]:
    """For each block, the runs of packs without a fault, with ascending sequence numbers."""
    runs: dict[int, list[list[bytes]]] = defaultdict(list)
    expected: tuple[int, int] | None = None
    for pack in each_pack(packs):
        if not pack[0] & 0x80 or not is_sound(pack):
            expected = None
            continue
        block = pack[3] >> 4 & 7
        if (block, pack[2]) != expected:
            runs[block].append([])
        runs[block][-1].append(pack)
        expected = block, pack[2] + 1
    return runs


def _merged(runs: list[list[bytes]]) -> list[bytes]:
    """One set of packs: the longest run, and what others add to it if they do not contradict it."""
    merged: dict[tuple[int, int], bytes] = {}
    for run in sorted(runs, key=len, reverse=True):
        keyed = {(pack[0], pack[2]): pack for pack in run}
        if all(merged.get(key, pack) == pack for key, pack in keyed.items()):
            merged.update(keyed)
    return [merged[key] for key in sorted(merged)]


def _first_by_packs(packs: list[bytes]) -> int | None:
    """The disc's first track, from what a pack says after one that begins with the disc's text."""
    for before, pack in pairwise(packs):
        kind, track = pack[0], pack[1] & 0x7F
        if kind in TEXTS and kind == before[0] and pack[2] == before[2] + 1 and track and not before[1]:
            width = 2 if before[3] & 0x80 else 1
            characters = [before[at : at + width] for at in range(4, 16, width)]
            ended = characters.count(bytes(width))
            if ended:
                return track - ended + 1
    return None


def _first_known(values: Iterable[int | None]) -> int:
    return next((value for value in values if value is not None), 0)


@dataclass(frozen=True, slots=True)
class _SizeBytes:
    """The 36 bytes of size information, as far as its three packs are there."""

    parts: dict[int, bytes]

    @classmethod
    def of(cls, packs: list[bytes]) -> _SizeBytes:
        return cls({pack[1]: pack[4:16] for pack in packs if pack[0] == PackType.SIZES})

    def at(self, place: int) -> int | None:
        part = self.parts.get(place // PACK_TEXT_BYTES)
        return None if part is None else part[place % PACK_TEXT_BYTES]

    def count_of(self, kind: PackType) -> int | None:
        return self.at(4 + (kind & 0x0F))

    def whole(self) -> Sizes | None:
        if any(number not in self.parts for number in range(SIZE_PACKS)):
            return None
        return Sizes.from_bytes(b"".join(self.parts[number] for number in range(SIZE_PACKS)))


class _Block:
    """The packs of one language, sorted by type and sequence number."""

    def __init__(self, packs: list[bytes], sizes: _SizeBytes, language: int, first: int) -> None:
        self._packs = packs
        self._sizes = sizes
        self._language = language
        self._sequences = {pack[2] for pack in packs}
        self._first, last = first, sizes.at(2) or 0
        named = max((pack[1] & 0x7F for pack in packs if pack[0] != PackType.SIZES), default=0)
        self._last = min(MOST_TRACKS, last if last >= self._first else max(named, self._first))

    def read(self) -> Texts:
        texts = Texts(
            self._language,
            copyright=self._sizes.at(3) or 0,
            character_set=self._sizes.at(0),
            sizes=self._sizes.whole(),
        )
        damaged: set[tuple[PackType, int]] = set()
        for kind in TEXTS:
            of_kind = [pack for pack in self._packs if pack[0] == kind]
            lost = not of_kind and bool(self._sizes.count_of(kind))
            if of_kind:
                strings = self._strings(kind, of_kind)
                if kind is PackType.GENRE and not of_kind[0][3] & 0x0F:
                    texts.genre_code = int.from_bytes(of_kind[0][4:6], "big")
                found = {track: self._decoded(raw, of_kind[0]) for track, raw in strings.found.items() if raw}
                strings.damaged |= {track for track, text in found.items() if text is None}
                good = {track: text for track, text in sorted(found.items()) if text}
                if good:
                    texts.by_type[kind] = good
                damaged |= {(kind, track) for track in strings.damaged}
            elif lost:
                damaged |= {(kind, track) for track in self._tracks_of(kind)}
        texts.damaged = frozenset(damaged)
        return texts

    def _tracks_of(self, kind: PackType) -> Sequence[int]:
        return (0,) if kind in OF_DISC_ONLY else (0, *range(self._first, self._last + 1))

    def _decoded(self, raw: bytes, pack: bytes) -> str | None:
        """The text in these bytes; None if nobody can say what they mean."""
        known = self._sizes.at(0)
        if pack[3] & 0x80 and known in (None, ISO_8859_1, ASCII):
            known = MS_JIS
        if known is None and self._sizes.parts and not raw.isascii():
            return None
        if known is None:
            known = MS_JIS if self._language == JAPANESE else ISO_8859_1
        encoding = CHARACTER_SETS.get(known, "iso8859-1")
        return raw.decode("iso8859-1" if encoding == "ascii" else encoding, "replace")

    def _strings(self, kind: PackType, packs: list[bytes]) -> _Strings:
        """The texts one after the other, starting with the track that the first pack names."""
        tracks = self._tracks_of(kind)
        strings = _Strings(2 if packs[0][3] & 0x80 else 1, tracks)
        before: int | None = None
        for pack in packs:
            sequence = pack[2]
            if before is None:
                missing = bool(sequence) and sequence - 1 not in self._sequences
                strings.begin(pack, missing)
            else:
                strings.go_on(pack, missing=sequence != before + 1)
            coded = kind is PackType.GENRE and before is None and not pack[3] & 0x0F
            skipped = GENRE_CODE_BYTES if coded else 0
            strings.take(pack[4 + skipped : 16])
            before = sequence
        strings.end(missing=self._ends_early(kind, packs))
        return strings

    def _ends_early(self, kind: PackType, packs: list[bytes]) -> bool:
        """Whether packs of this type may have been lost after the last one that is there."""
        count = self._sizes.count_of(kind)
        if count is not None:
            return count > len(packs)
        last = packs[-1][2]
        return last + 1 not in self._sequences and any(other > last for other in self._sequences)


@dataclass(slots=True)
class _Strings:
    """The texts of one type, as they come.

    width    bytes of a character, and of the zeros that end a text
    tracks   those that can have a text, in their order: 0, then those of the disc
    """

    width: int
    tracks: Sequence[int]
    found: dict[int, bytes] = field(default_factory=dict)
    damaged: set[int] = field(default_factory=set)
    _track: int = 0
    _begun: bytes = b""
    _skipping: bool = False
    _position_untold: bool = False

    def begin(self, pack: bytes, missing: bool) -> None:
        """Begin with the first pack of the type."""
        track, counted = pack[1] & 0x7F, pack[3] & 0x0F
        self._track = track
        if missing and (track or counted):
            self._track = self.tracks[0]
            self._start_again(track, counted)

    def go_on(self, pack: bytes, missing: bool) -> None:
        track, counted = pack[1] & 0x7F, pack[3] & 0x0F
        here = len(self._begun) // self.width
        fits = track == self._track and counted == min(here, _MOST_COUNTED)
        if missing and not (fits and counted < _MOST_COUNTED):
            self._start_again(track, counted)
        elif not missing and not fits:
            self._position_untold |= bool(here) and not counted
            if not here and not counted and track > max(self.found, default=-1):
                self._track = track  # each text has its own packs, filled up with zeros

    def _start_again(self, track: int, counted: int) -> None:
        """Start again after a loss, from what a pack says about itself."""
        begun_before = bool(counted) or self._position_untold
        if track < self._track:  # the pack does not say where it belongs, so the rest has no place
            self._lose(self._track, MOST_TRACKS)
            track = MOST_TRACKS + 1
        else:
            self._lose(self._track, track - 1)
        if begun_before and track <= MOST_TRACKS:
            self._lose(track, track)
        self._track, self._begun, self._skipping = track, b"", begun_before

    def _lose(self, first: int, last: int) -> None:
        self.damaged |= {track for track in self.tracks if first <= track <= last}

    def take(self, body: bytes) -> None:
        for at in range(0, len(body) - self.width + 1, self.width):
            character = body[at : at + self.width]
            if any(character):
                if not self._skipping:
                    self._begun += character
                continue
            if not self._skipping:
                self._finish()
            self._begun, self._skipping = b"", False
            self._track = self._after(self._track)

    def _after(self, track: int) -> int:
        return self.tracks[1] if not track and len(self.tracks) > 1 else track + 1

    def _finish(self) -> None:
        text = self._begun
        if text in (b"\t", b"\t\t"):
            before = self._track - 1 if self._track > self._after(0) else 0
            if before in self.damaged:
                self._lose(self._track, self._track)
                return
            text = self.found.get(before, b"")
        if text and self._track <= MOST_TRACKS:
            self.found[self._track] = text

    def end(self, missing: bool) -> None:
        if missing:
            self._lose(self._track, MOST_TRACKS)
        elif self._begun and not self._skipping:
            self._finish()
        self.found = {track: text for track, text in self.found.items() if track not in self.damaged}
