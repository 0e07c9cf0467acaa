"""Blanking a CD-RW."""

from __future__ import annotations

from contextlib import suppress

from redbook import errors
from redbook.engine.events import Phase, PhaseStarted
from redbook.engine.glance import KINDS
from redbook.engine.inspect import Abilities, identify, is_cd
from redbook.engine.steps import Abandoned, Procedure
from redbook.engine.tray import holding_tray
from redbook.engine.waiting import NOT_YET, resending, until_begun, until_idle, until_ready
from redbook.errors import (
    Cancelled,
    DriveError,
    EraseFailed,
    InvalidReply,
    MediumUnsuitable,
    SenseError,
    StillBusy,
)
from redbook.mmc.command import Command
from redbook.mmc.control import StartStopUnit
from redbook.mmc.disc_info import (
    Atip,
    DiscInformation,
    DiscStatus,
    ReadAtip,
    ReadDiscInformation,
    ReadTrackInformation,
    TrackInformation,
)
from redbook.mmc.identify import Profile
from redbook.mmc.write import Blank, BlankType
from redbook.records import dataclass

LONGEST_BLANK_SECONDS = 3 * 3600.0
GOES_ON = (
    "the drive goes on erasing on its own: leave it switched on and closed until it has finished; until then "
    "the disc can be neither played nor written to"
)
_NOT_BEGUN = (errors.IllegalRequest, errors.IncompatibleMedium, errors.WriteProtected, *NOT_YET)
"""Refusals of BLANK itself: what is on the disc is still there."""


@dataclass(slots=True)
class _Erasure:
    """begun    whether the drive may have begun to erase
    guarded  from inspecting the disc until BLANK is accepted: then another disc, or a drive that was reset,
             ends the job
    """

    begun: bool = False
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Erasable:
    """A CD-RW that can be blanked.

    drive   the name of the drive's model
    tracks  how many are on it, a begun one included; 0 if the drive does not say
    """

    drive: str
    is_blank: bool
    tracks: int

    @property
    def would_be_lost(self) -> str:
        """What is on the disc, in words."""
        if self.is_blank:
            return "nothing"
        return f"{self.tracks} track{'' if self.tracks == 1 else 's'}" if self.tracks else "whatever is on it"


def look() -> Procedure[Erasable]:
    """Whether there is something to erase.  raises  as `erase`, before anything is changed"""
    return (yield from resending(_look(), lambda: False))


def _look() -> Procedure[Erasable]:
    yield from until_ready()
    abilities = yield from identify()
    information: DiscInformation = yield ReadDiscInformation(of_cd=is_cd(abilities.profile))
    atip: Atip | None = None
    if abilities.profile is None:
        with suppress(SenseError, InvalidReply):
            atip = yield ReadAtip()
    check_erasable(abilities, information, atip)
    if information.status is DiscStatus.BLANK:
        return Erasable(abilities.name, True, 0)
    return Erasable(abilities.name, False, (yield from _count_tracks(information)))


def _count_tracks(information: DiscInformation) -> Procedure[int]:
    """How many are on it; 0 if the drive does not say."""
    last = information.last_track_of_last_session
    count = max(0, last - information.first_track + 1)
    if information.status is DiscStatus.APPENDABLE:  # the one that could be written next is counted, too
        try:
            track: TrackInformation = yield ReadTrackInformation(last)
        except (SenseError, InvalidReply):
            return 0
        count -= track.blank
    return count


def erase(
    blank_type: BlankType, longest_seconds: float = LONGEST_BLANK_SECONDS
) -> Procedure[DiscInformation]:
    """Make a CD-RW blank again.

    raises  MediumUnsuitable  for a disc that is not a CD-RW, cannot be erased, or is not the one that was
                              inspected; nothing was changed
            EraseFailed       if it was begun and went wrong; StillBusy is the cause where it takes longer
                              than `longest_seconds`
            Cancelled         with `disc_now`
            SenseError        before it was begun; nothing was changed
    """
    erasure = _Erasure()
    erasing = _look_and_erase(blank_type, longest_seconds, erasure)
    return (yield from resending(erasing, lambda: erasure.guarded))


def check_erasable(abilities: Abilities, information: DiscInformation, atip: Atip | None) -> None:
    """BLANK is for CD-RW alone: DVD-RW and DVD-RAM know it, too, and would lose what is on them.

    atip  counts if the drive reports no profile: no DVD has an ATIP

    raises  MediumUnsuitable  for anything else
    """
    is_cd_rw = abilities.profile == Profile.CD_RW
    if abilities.profile is None:
        is_cd_rw = atip is not None and atip.rewritable
    if not is_cd_rw:
        kind = KINDS.get(abilities.profile or 0, "disc of an unknown kind")
        raise MediumUnsuitable(
            f"the disc in {abilities.name} is not a CD-RW ({kind}); only a CD-RW can be blanked: insert one"
        )
    if not information.erasable:
        raise MediumUnsuitable(
            f"the disc in {abilities.name} cannot be erased; only a CD-RW can be blanked: insert one"
        )


def _look_and_erase(
    blank_type: BlankType, longest_seconds: float, erasure: _Erasure
) -> Procedure[DiscInformation]:
    found = yield from _look()
    erasure.guarded = True
    yield PhaseStarted(Phase.BLANKING)
    try:
        erasing = _erase(blank_type, longest_seconds, erasure, found)
        information: DiscInformation = yield from holding_tray(erasing)
    except Abandoned as left:
        now = GOES_ON if erasure.begun else "nothing was erased"
        raise Cancelled(f"cancelled at once; {now}", now) from left
    except DriveError as first:
        if not erasure.begun:
            if isinstance(first, errors.MediumChanged):
                raise MediumUnsuitable(
                    f"the drive says that the disc was changed before it could be blanked ({first}); "
                    "nothing was erased: look at the disc with `redbook info`, then try again"
                ) from first
            raise
        erasure.guarded = False
        now = yield from _what_became(first)
        raise EraseFailed(f"the disc could not be erased: {first}\n{now}", now) from first
    if information.status is not DiscStatus.BLANK:
        again = (
            "a full blank (--full), or another disc" if blank_type is BlankType.MINIMAL else "another disc"
        )
        raise MediumUnsuitable(
            f"{found.drive} reported that the disc was blanked, but it is not blank; try {again}"
        )
    return information


def _erase(
    blank_type: BlankType, longest_seconds: float, erasure: _Erasure, found: Erasable
) -> Procedure[DiscInformation]:
    yield StartStopUnit(start=True)

    def send(command: Command[None]) -> Procedure[None]:
        before, erasure.begun = erasure.begun, True
        try:
            yield command
        except Abandoned:  # thrown in place of the command
            erasure.begun = before
            raise
        except (*_NOT_BEGUN, errors.MediumChanged):
            erasure.begun = False
            raise

    def blanked(now: DiscInformation) -> Procedure[bool]:
        yield from ()
        return now.status is DiscStatus.BLANK and not found.is_blank

    forms = Blank(blank_type, immediate=True), Blank(blank_type)
    yield from until_begun(forms, Phase.BLANKING, longest_seconds, begun=blanked, send=send)
    erasure.guarded = False  # drives report 6/28 once they have blanked a disc
    return (yield from until_idle(Phase.BLANKING, longest_seconds))


def _what_became(first: DriveError) -> Procedure[str]:
    """What is known about the disc after erasing failed."""
    if isinstance(first, StillBusy):
        return GOES_ON
    try:
        information: DiscInformation = yield ReadDiscInformation()
    except errors.NotReady:
        return GOES_ON
    except DriveError as error:
        return f"what was on the disc may be lost, and the drive does not report its state ({error})"
    if information.status is DiscStatus.BLANK:
        return "the drive calls the disc blank anyway"
    return "the disc is not blank; what was on it may be lost, and it must be blanked before it is used"
