"""What a user wants for a disc besides its sources: how tracks are joined, pauses, texts, codes, loudness."""

from __future__ import annotations

import math
import os
from dataclasses import field
from enum import StrEnum, unique
from typing import TypeAlias

from redbook.records import dataclass

SourceName: TypeAlias = str | os.PathLike[str]
"""A file, a folder, a playlist or a sheet, as a user names it."""

LONGEST_PAUSE_SECONDS = 60.0

DEFAULT_TARGET_LUFS = -18.0
"""The reference of ReplayGain 2."""

LOWEST_TARGET_LUFS, HIGHEST_TARGET_LUFS = -40.0, -5.0

TRUE_PEAK_LIMIT_DBTP = -1.0
"""Nothing is raised so far that its true peak exceeds this, and what exceeds it is lowered.  EBU R 128"""


@unique
class Join(StrEnum):
    """How a track that is a whole file follows the previous one.

    AUTO  the files of one album are joined, others are not
    JOIN  it begins with the very next sample
    PAD   it begins at a whole sector, after up to 13 ms of silence
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


@unique
class Loudness(StrEnum):
    """OFF: nothing is touched.  ALBUM: one gain for all tracks.  TRACK: one for each that is not joined."""

    OFF = "off"
    ALBUM = "album"
    TRACK = "track"


@unique
class Mode(StrEnum):
    """How a disc is written.

    AUTO  session-at-once for a blank disc that will be closed, else track-at-once
    SAO   session-at-once: exact, gapless, with titles; in one go
    TAO   track-at-once: two seconds of silence between tracks; tracks can be added later
    """

    AUTO = "auto"
    SAO = "sao"
    TAO = "tao"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a disc should be like; the defaults are what a sheet says, or what an album needs.

    join           how files follow each other
    pause_seconds  silence before every track except the first, in addition to a sheet's pauses; None and 0
                   add none
    pad_short_tracks  pad tracks shorter than 4 s with silence, even between other tracks
    cd_text        whether titles are written on the disc
    texts_file     a file of CD-Text packs, or a Sony text sheet (.v07t, .txt); None for none
    texts          of the disc, by their CD-Text name ("title", "performer", ...)
    mcn            catalogue number; None for what a sheet or the tags say, empty for none
    with_codes     whether ISRC and catalogue number are written
    tag_texts      whether titles are taken from the tags of sound files, if no other source has any
    transliterate  write Cyrillic and Greek in Latin letters, which most players can show
    strict         a note about a sheet or its texts becomes an error
    keep_going     use what can be read of a damaged file of CD-Text packs
    loudness       whether, and how, tracks are raised or lowered to `target_lufs`; then 16-bit sources are no
                   longer burned bit for bit
    target_lufs    integrated loudness (ITU-R BS.1770), -40 to -5
    """

    join: Join = Join.AUTO
    pause_seconds: float | None = None
    pad_short_tracks: bool = False
    cd_text: CdText = CdText.AUTO
    texts: dict[str, str] = field(default_factory=dict)
    texts_file: str | os.PathLike[str] | None = None
    mcn: str | None = None
    with_codes: bool = True
    tag_texts: bool = True
    transliterate: bool = False
    strict: bool = False
    keep_going: bool = False
    loudness: Loudness = Loudness.OFF
    target_lufs: float = DEFAULT_TARGET_LUFS

    def __post_init__(self) -> None:
        """raises  ValueError"""
        pause = self.pause_seconds
        if pause is not None and not (math.isfinite(pause) and 0 <= pause <= LONGEST_PAUSE_SECONDS):
            raise ValueError(
                f"a pause must be 0 to {LONGEST_PAUSE_SECONDS:g} seconds, not {pause!r}; write a longer one "
                "in a sheet"
            )
        if not LOWEST_TARGET_LUFS <= self.target_lufs <= HIGHEST_TARGET_LUFS:  # this also catches NaN
            raise ValueError(
                f"a loudness must be between {LOWEST_TARGET_LUFS:g} and {HIGHEST_TARGET_LUFS:g} LUFS, not "
                f" {self.target_lufs!r}"
            )

    @property
    def are_plain(self) -> bool:
        """Whether nothing was requested that only session-at-once can write."""
        return (
            self.join is Join.AUTO
            and self.pause_seconds is None
            and self.cd_text is not CdText.REQUIRE
            and not self.texts
            and self.texts_file is None
            and not self.mcn
        )


DEFAULTS = Wishes()
