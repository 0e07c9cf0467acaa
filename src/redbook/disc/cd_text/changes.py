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
    ELSEWHERE   what this language's character set lacks is in the block of another language
    REPLACED    characters became question marks
    SHORTENED   the text is cut
    LEFT_OUT    the text is not on the disc
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
    """What happened to a text.

    kind, track  which text; None for all of a block, or for all tracks and the disc
    block        of which language, counted from 0 in their order on the disc
    text         everything in one sentence
    """

    why: ChangeKind
    kind: PackType | None
    track: int | None
    block: int
    text: str

    @property
    def is_loss(self) -> bool:
        """Whether something is lost, so that nobody can read it from the disc."""
        return self.why in (ChangeKind.REPLACED, ChangeKind.SHORTENED, ChangeKind.LEFT_OUT)

    def __str__(self) -> str:
        return self.text
