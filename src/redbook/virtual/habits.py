"""The habits of a recorder that are a choice of one from several."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class LeadInTime(StrEnum):
    """What a cue sheet's lead-in entry may say: 00:00:00, the true start from the ATIP, or either."""

    ANY = "any"
    ZERO = "zero"
    TRUE = "true"


@unique
class AtipAnswer(StrEnum):
    """How it answers READ ATIP: as the disc has it, with times of zero, or not at all."""

    TRUE = "true"
    ZERO = "zero"
    REFUSED = "refused"


@unique
class IsrcControl(StrEnum):
    """Whether ISRC entries of a cue sheet carry the control nibble of their track."""

    ANY = "any"
    WITH = "with"
    WITHOUT = "without"


@unique
class CdTextBlockType(StrEnum):
    """Which data block type page 05h must have for a session with CD-Text.

    cdrtools and libburn send 0, cdrdao 3; psysonic found drives for each.
    """

    ANY = "any"
    ZERO = "0"
    THREE = "3"


@unique
class CdTextAnswer(StrEnum):
    """When it answers READ TOC format 5: always, for a disc only once it was loaded again, or never."""

    ALWAYS = "always"
    AFTER_RELOAD = "after-reload"
    NEVER = "never"


@unique
class IsrcAnswer(StrEnum):
    """What READ SUB-CHANNEL reports as a track's ISRC.

    TRUE   the track's own
    STALE  first the code of the previously requested track, then its own
    LATE   always the code of the track before it on the disc
    """

    TRUE = "true"
    STALE = "stale"
    LATE = "late"


@unique
class Immed(StrEnum):
    """What it does with the Immed bit: answer at once, take the full time anyway, or refuse it."""

    TAKEN = "taken"
    IGNORED = "ignored"
    REFUSED = "refused"
