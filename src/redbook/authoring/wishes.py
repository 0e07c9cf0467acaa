"""What somebody wants of a disc beside its sources: how tracks are joined, pauses, texts, codes."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TypeAlias

SourceName: TypeAlias = str | os.PathLike[str]
"""A file, a folder, a playlist or a sheet, as a user names it."""

LONGEST_PAUSE_SECONDS = 60.0


@unique
class Join(StrEnum):
    """How a track that is a file follows on the one before.

    AUTO  the files of one album are joined, others are not
    JOIN  it begins with the very next sample
    PAD   it begins at a whole sector, with up to 13 ms of silence before
    """

    AUTO = "auto"
    JOIN = "join"
    PAD = "pad"


@unique
class CdText(StrEnum):
    """AUTO: what is known is written.  REQUIRE: there must be some.  NONE: none is written."""

    AUTO = "auto"
    REQUIRE = "require"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted of a disc; the defaults are what a sheet says, or an album needs.

    join           how files follow each other
    pause_seconds  of silence before every track but the first, beside the pauses that a sheet has; None and 0
                   for no more
    pad_short_tracks  fill up tracks shorter than 4 s with silence, even between other tracks
    cd_text        whether titles are written on the disc
    texts_file     a file of CD-Text packs, or a Sony sheet of texts (.v07t, .txt); None for none
    texts          of the disc, by their CD-Text name ("title", "performer", ...)
    mcn            catalogue number; None for what a sheet or the tags say, empty for none
    with_codes     whether ISRC and catalogue number are written
    transliterate  write Cyrillic and Greek in Latin letters, which most players can show
    strict         what would be a note on a sheet or a text is an error
    """

    join: Join = Join.AUTO
    pause_seconds: float | None = None
    pad_short_tracks: bool = False
    cd_text: CdText = CdText.AUTO
    texts: dict[str, str] = field(default_factory=dict)
    texts_file: str | os.PathLike[str] | None = None
    mcn: str | None = None
    with_codes: bool = True
    transliterate: bool = False
    strict: bool = False

    def __post_init__(self) -> None:
        """raises  ValueError"""
        pause = self.pause_seconds
        if pause is not None and not (math.isfinite(pause) and 0 <= pause <= LONGEST_PAUSE_SECONDS):
            raise ValueError(
                f"a pause lasts 0 to {LONGEST_PAUSE_SECONDS:g} seconds, and not {pause!r}; a longer one is "
                "written in a sheet"
            )

    @property
    def are_plain(self) -> bool:
        """Whether nothing was asked for that only session-at-once can write."""
        return (
            self.join is Join.AUTO
            and self.pause_seconds is None
            and self.cd_text is not CdText.REQUIRE
            and not self.texts
            and self.texts_file is None
            and not self.mcn
        )


DEFAULTS = Wishes()
