"""What happens to texts on their way to packs."""

from __future__ import annotations

from enum import StrEnum, unique

from redbook.disc.cd_text.packs import PackType
from redbook.records import dataclass


@unique
class ChangeKind(StrEnum):
    """Why a text is not on the disc as it was given.

    FOLDED      a mark or letter is written with plainer ones
    REPEATED    texts that are equal to the one before are written as repeats
    BLANKED     control characters and line ends became spaces
    ELSEWHERE   what this language's character set lacks is in the block of another one
    REPLACED    characters became question marks
    SHORTENED   it is cut
    LEFT_OUT    it is not there
    """

    FOLDED = "folded"
    REPEATED = "repeated"
    BLANKED = "blanked"
    ELSEWHERE = "elsewhere"
    REPLACED = "replaced"
    SHORTENED = "shortened"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a text.

    kind, track  which one; None for all of a block, or all tracks and the disc
    block        of which language, from 0, as they are on the disc
    text         the whole in a sentence
    """

    why: ChangeKind
    kind: PackType | None
    track: int | None
    block: int
    text: str

    @property
    def is_loss(self) -> bool:
        """Whether something is gone that nobody can read from the disc."""
        return self.why in (ChangeKind.REPLACED, ChangeKind.SHORTENED, ChangeKind.LEFT_OUT)

    def __str__(self) -> str:
        return self.text
