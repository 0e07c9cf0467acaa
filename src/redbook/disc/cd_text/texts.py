"""What CD-Text says in one language."""

from __future__ import annotations

from dataclasses import field

from redbook.disc.cd_text.languages import GENRE_NOT_DEFINED, GENRES, LANGUAGES
from redbook.disc.cd_text.packs import PackType, Sizes
from redbook.records import dataclass


@dataclass(slots=True)
class Texts:
    """One block of CD-Text: what it says in one language.

    language_code  of EBU Tech 3264; 09h is English, 0 if the language is not given
    by_type        the texts by pack type, then by track number; track 0 is the disc
    genre_code     of the disc, see `languages.GENRES`; 0 for none. The text of GENRE adds to it
    copyright      0, or 3 if the texts may not be copied
    character_set  0 ISO 8859-1, 1 ASCII, 80h MS-JIS and so on, as it was read or is requested; None leaves
                   it to the encoder
    damaged        texts that are on the disc but could not be read, as (pack type, track)
    sizes          what the block says about its own size; None if nothing of that can be read
    """

    language_code: int = 0
    by_type: dict[PackType, dict[int, str]] = field(default_factory=dict)
    genre_code: int = 0
    copyright: int = 0
    character_set: int | None = field(default=None, compare=False)
    damaged: frozenset[tuple[PackType, int]] = frozenset()
    sizes: Sizes | None = field(default=None, compare=False, repr=False)

    @property
    def language(self) -> str:
        return LANGUAGES.get(self.language_code, f"language {self.language_code:02X}h")

    @property
    def genre(self) -> str:
        """The genre's name, and the text that adds to it; empty for none."""
        words = self.text(PackType.GENRE)
        if self.genre_code <= GENRE_NOT_DEFINED:
            return words
        name = GENRES.get(self.genre_code, f"genre {self.genre_code}")
        return f"{name} ({words})" if words else name

    @property
    def is_empty(self) -> bool:
        return not self.genre_code and not any(any(texts.values()) for texts in self.by_type.values())

    @property
    def damaged_names(self) -> list[str]:
        """The damaged texts, in words: "title of track 3"."""
        return [name_of(kind, track) for kind, track in sorted(self.damaged)]

    def text(self, kind: PackType, track: int = 0) -> str:
        """One text; track 0 is the disc. Empty if there is none."""
        return self.by_type.get(kind, {}).get(track, "")


def name_of(kind: PackType, track: int) -> str:
    """Which text: "title of track 3", "performer of the disc"."""
    return f"{_NAMES.get(kind, kind.name.lower())} of {f'track {track}' if track else 'the disc'}"


_NAMES = {
    PackType.DISC_ID: "catalogue text",
    PackType.CLOSED_INFO: "closed information",
    PackType.CODE: "code (UPC/EAN or ISRC)",
}


def printable(text: str) -> str:
    """A text in one line, without characters that control a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
