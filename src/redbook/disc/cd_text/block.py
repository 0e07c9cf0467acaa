"""One language on its way to packs: what its character set can express, what fits, and the packs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from redbook.disc.cd_text.changes import Change, ChangeKind
from redbook.disc.cd_text.characters import NAMES, Fitted, fit
from redbook.disc.cd_text.languages import GENRE_NOT_DEFINED, genre_code
from redbook.disc.cd_text.packs import (
    ALWAYS_ASCII,
    ASCII,
    GENRE_CODE_BYTES,
    MOST_TEXT_PACKS,
    MS_JIS,
    OF_DISC_ONLY,
    PACK_TEXT_BYTES,
    TEXTS,
    PackType,
)
from redbook.disc.cd_text.texts import Texts, name_of
from redbook.errors import printable
from redbook.records import dataclass

_MOST_COUNTED = 15
_REPEATING = frozenset(TEXTS) - OF_DISC_ONLY - {PackType.CODE}
_LEAST_NEEDED = (
    *(PackType.MESSAGE, PackType.ARRANGER, PackType.COMPOSER, PackType.SONGWRITER, PackType.DISC_ID),
    *(PackType.CLOSED_INFO, PackType.CODE, PackType.GENRE),
)
"""What is left out first if there is too much; the codes are in the sub-channel, too."""

_LONGEST_TEXT_BYTES = 252
"""If a text has 254 bytes or more, libcdio, and every program that uses it, reads none of a disc's texts
(measured, 2.1.0)."""

_ROOM = f"the texts of a language have room for {MOST_TEXT_PACKS * PACK_TEXT_BYTES} bytes"


@dataclass(slots=True)
class Block:
    """One language on its way to packs: the texts of each kind in order, the disc's first."""

    character_set: int
    language_code: int
    first_track: int
    last_track: int
    transliterate: bool
    repeats: bool = False
    copyright: int = 0
    genre_code: int = 0
    kinds: dict[PackType, list[str]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    @property
    def language(self) -> str:
        return Texts(self.language_code).language

    @property
    def tracks(self) -> list[int]:
        return [0, *range(self.first_track, self.last_track + 1)]

    def texts(self) -> Texts:
        """What a reader will find."""
        found = {
            kind: {track: text for track, text in zip(self.tracks, texts, strict=False) if text}
            for kind, texts in self.kinds.items()
        }
        return Texts(
            self.language_code,
            {kind: texts for kind, texts in found.items() if texts},
            self.genre_code,
            self.copyright,
            self.character_set,
        )

    def fill(self, texts: Texts) -> None:
        self.copyright = 3 if texts.copyright else 0
        self.genre_code = texts.genre_code
        if not 0 <= self.genre_code <= 0xFFFF:
            raise ValueError(f"{self.genre_code} is not the code of a genre")
        for kind in sorted(texts.by_type):
            given = {track: text for track, text in sorted(texts.by_type[kind].items()) if text}
            if kind not in TEXTS:
                if given:
                    self._tell(ChangeKind.LEFT_OUT, kind, None, f"packs of type {kind:02X}h are not texts")
                continue
            found = {track: self._fitted(kind, track, text) for track, text in self._placed(kind, given)}
            if kind is PackType.GENRE:
                found = self._genre(found.get(0, ""))
            if any(found.values()) or kind is PackType.GENRE:
                tracks = [0] if kind in OF_DISC_ONLY else self.tracks
                self.kinds[kind] = [found.get(track, "") for track in tracks]
        if self.genre_code:
            self.kinds.setdefault(PackType.GENRE, [""])
        else:
            self.kinds.pop(PackType.GENRE, None)

    def _placed(self, kind: PackType, given: dict[int, str]) -> Iterable[tuple[int, str]]:
        """The given texts, without those that have no place on the disc."""
        for track, text in given.items():
            if track and kind in OF_DISC_ONLY:
                why = f"{name_of(kind, track)} is left out: only the disc has one"
            elif track not in self.tracks:
                why = f"{name_of(kind, track)} is left out: there is no such track on the disc"
            else:
                yield track, text
                continue
            self._tell(ChangeKind.LEFT_OUT, kind, track, why)

    def _genre(self, text: str) -> dict[int, str]:
        """A word in the list of genres becomes its code; another one is kept, with the code "not defined"."""
        if text and not self.genre_code:
            self.genre_code = genre_code(text) or GENRE_NOT_DEFINED
            if self.genre_code != GENRE_NOT_DEFINED:
                text = ""
        return {0: text}

    def _set_of(self, kind: PackType) -> int:
        if kind in ALWAYS_ASCII or (kind is PackType.CLOSED_INFO and self.character_set == MS_JIS):
            return ASCII
        return self.character_set

    def _fitted(self, kind: PackType, track: int, text: str) -> str:
        character_set = self._set_of(kind)
        fitted: Fitted = fit(text, character_set, transliterate=self.transliterate)
        name = name_of(kind, track)
        if fitted.blanked:
            self._tell(ChangeKind.BLANKED, kind, track, f"{name}: control characters are written as spaces")
        if fitted.instead:
            pairs = ", ".join(
                f"{printable(one)} as {other}" if other else f"{printable(one)} not"
                for one, other in fitted.instead.items()
            )
            self._tell(ChangeKind.FOLDED, kind, track, f"{name}: written in plainer letters ({pairs})")
        if fitted.replaced:
            missing = " ".join(map(printable, dict.fromkeys(fitted.replaced)))
            why = f"{name}: {NAMES[character_set]} has no {missing}; burned as ?"
            self._tell(ChangeKind.REPLACED, kind, track, why)
        most = _LONGEST_TEXT_BYTES // self._width_of(kind)
        if len(fitted.text) > most:
            why = f"{name} is cut to {most} of {len(fitted.text)} characters: some readers accept no more"
            self._tell(ChangeKind.SHORTENED, kind, track, why)
        return fitted.text[:most]

    def _tell(self, why: ChangeKind, kind: PackType | None, track: int | None, text: str) -> None:
        self.changes.append(Change(why, kind, track, 0, text))

    def drop(self, kinds: Iterable[PackType]) -> None:
        """Drop kinds silently, because they are in another block."""
        for kind in kinds:
            self.kinds.pop(kind, None)
            self.changes = [change for change in self.changes if change.kind is not kind]
        self.genre_code = 0

    def shorten(self) -> None:
        """Leave out or cut texts until the rest fits: the least needed first, then the longest. Note each."""
        if not self._fits() and not self.repeats:
            self.repeats = True
            why = f"texts equal to those of the track before are written as repeats: {_ROOM}"
            self._tell(ChangeKind.REPEATED, None, None, why)
        for kind in _LEAST_NEEDED:
            if self._fits():
                return
            texts = self.kinds.get(kind, [])
            if not any(texts):
                continue
            if kind is PackType.GENRE:
                self.kinds[kind] = [""]
            else:
                del self.kinds[kind]
            what = f"{name_of(kind, 0)}" if kind in OF_DISC_ONLY else f"{kind.name.lower()} of all tracks"
            self._tell(ChangeKind.LEFT_OUT, kind, None, f"{what} is left out: {_ROOM}")
        if not self._fits():
            self._leave_out_the_disc_s_performer()
        if not self._fits():
            self._cut()

    def _leave_out_the_disc_s_performer(self) -> None:
        performers = self.kinds.get(PackType.PERFORMER, [""])
        same = [at for at in range(1, len(performers)) if performers[at] == performers[0] != ""]
        for at in same:
            performers[at] = ""
        if same:
            why = f"performer of {len(same)} tracks is left out, because it is the disc's: {_ROOM}"
            self._tell(ChangeKind.LEFT_OUT, PackType.PERFORMER, None, why)

    def _cut(self) -> None:
        """Cut the longest titles and performers to the one length at which all texts fit."""
        whole = {kind: list(texts) for kind, texts in self.kinds.items() if kind in _REPEATING}
        low, high = 0, max((len(text) for texts in whole.values() for text in texts), default=0)
        while low < high:
            middle = (low + high + 1) // 2
            self._cut_to(whole, middle)
            low, high = (middle, high) if self._fits() else (low, middle - 1)
        self._cut_to(whole, low)
        for kind, texts in whole.items():
            for track, text in zip(self.tracks, texts, strict=True):
                if len(text) > low:
                    why = f"{name_of(kind, track)} is cut to {low} of {len(text)} characters: {_ROOM}"
                    self._tell(ChangeKind.SHORTENED, kind, track, why)

    def _cut_to(self, whole: dict[PackType, list[str]], length: int) -> None:
        for kind, texts in whole.items():
            self.kinds[kind] = [text if len(text) <= length else text[:length].rstrip() for text in texts]

    def _fits(self) -> bool:
        return (
            sum(-(-len(self._strings(kind)[0]) // PACK_TEXT_BYTES) for kind in self.kinds) <= MOST_TEXT_PACKS
        )

    def _width_of(self, kind: PackType) -> int:
        return 2 if self._set_of(kind) == MS_JIS else 1

    def _strings(self, kind: PackType) -> tuple[bytes, list[int]]:
        """The texts of a kind, one after the other, and where each begins."""
        width = self._width_of(kind)
        encoding = "cp932" if width == 2 else "iso8859-1"
        body, begins = bytearray(), []
        before = ""
        for place, text in enumerate(self.kinds[kind]):
            begins.append(len(body))
            if kind is PackType.GENRE:
                body += self.genre_code.to_bytes(GENRE_CODE_BYTES, "big")
            same = place > 1 and text and text == before
            repeats = self.repeats and same and kind in _REPEATING
            body += b"\t" * width if repeats else text.encode(encoding)
            body += bytes(width)
            before = text
        return bytes(body), begins

    def bodies(self, number: int) -> list[bytes]:
        """The 16 bytes of each pack of texts, without the sizes."""
        packs: list[bytes] = []
        for kind in sorted(self.kinds):
            body, begins = self._strings(kind)
            width = self._width_of(kind)
            place = 0
            for at in range(0, len(body), PACK_TEXT_BYTES):
                while place + 1 < len(begins) and begins[place + 1] <= at:
                    place += 1
                before = (at - begins[place]) // width
                if kind is PackType.GENRE:
                    before = max(0, before - GENRE_CODE_BYTES)
                before = min(before, _MOST_COUNTED)
                how = (0x80 if width == 2 else 0) | number << 4 | before
                head = bytes((kind, self.tracks[place], len(packs), how))
                packs.append(head + body[at : at + PACK_TEXT_BYTES].ljust(PACK_TEXT_BYTES, b"\0"))
        return packs
