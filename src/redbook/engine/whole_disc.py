"""What session-at-once and raw writing have in common: a whole disc in one run, lost if it breaks off."""

from __future__ import annotations

from redbook.disc import minutes
from redbook.disc.layout import SessionLayout
from redbook.engine.close import CLOSE_SECONDS
from redbook.engine.events import Phase, PhaseStarted, TrackEnded
from redbook.engine.inspect import Abilities, DiscContents, is_virtual
from redbook.engine.one_track import synchronize
from redbook.engine.outcome import EXCHANGED, TEST_WRITE, Outcome, Settings, not_known
from redbook.engine.sending import check_time
from redbook.engine.steps import Commit, Now, Point, Procedure
from redbook.errors import (
    DiscNotBlank,
    DriveError,
    ImpossiblyFast,
    InvalidReply,
    NotCommitted,
    StillBusy,
)
from redbook.mmc.disc_info import DiscInformation, DiscStatus


def check_blank(abilities: Abilities, disc: DiscContents, instead: str = "") -> None:
    """Whether the disc is blank, as one that is written whole must be.

    instead  what can be done with a disc that is not

    raises   DiscNotBlank
    """
    if disc.status is not DiscStatus.BLANK:
        raise DiscNotBlank(
            f"the disc in {abilities.name} is not blank; session-at-once needs a blank disc: use one{instead}"
        )


def end_session(layout: SessionLayout, sectors: int, settings: Settings, outcome: Outcome) -> Procedure[None]:
    """The buffer written out; the lead-out follows or was among what was sent, and no CLOSE is sent.

    The drive may have ended the session with its last sector, so an objection to closing it comes too late
    here: all is finished first.

    sectors  all that were sent

    raises   SenseError, ImpossiblyFast, InvalidReply, NotCommitted
    """
    objection = None
    try:
        yield Commit(Point.CLOSE)
    except NotCommitted as error:
        objection = error
    yield PhaseStarted(Phase.CLOSING)
    since = yield Now()
    information: DiscInformation = yield from synchronize(Phase.CLOSING, CLOSE_SECONDS)
    if information.status is not DiscStatus.COMPLETE and not settings.test_write:
        information = yield from synchronize(Phase.CLOSING, CLOSE_SECONDS)
    seconds = outcome.seconds + (yield Now()) - since
    try:
        check_time(sectors, seconds, outcome, "the session")
    except ImpossiblyFast:
        if not (yield from is_virtual()):
            raise
        outcome.drive.real_time = False
    if settings.test_write:
        outcome.open_track = None
        return
    if information.status is not DiscStatus.COMPLETE:
        raise InvalidReply("the drive took the whole session, but the disc is not complete")
    outcome.open_track = None
    outcome.closed = True
    for track in layout.tracks:
        ended = TrackEnded(track.number, track.start_lba, track.sectors)
        outcome.ended.append(ended)
        yield ended
    if objection is not None:
        raise objection


def wind_down(outcome: Outcome) -> Procedure[None]:
    """The buffer is written out, so that the drive lets go; the disc is lost anyway."""
    if outcome.open_track is None:
        return
    try:
        yield PhaseStarted(Phase.ENDING_TRACK, outcome.open_track.number)
        yield from synchronize()
    except StillBusy as error:
        outcome.unknown = str(error)
    except DriveError:
        pass  # a session that broke off cannot be ended; what the disc is then is asked next


def disc_now(
    layout: SessionLayout, first_lba: int, end_lba: int, outcome: Outcome, settings: Settings
) -> str:
    """What is on the disc, in words.

    first_lba, end_lba  from where to where sectors are sent that outcome.sent counts
    """
    sectors = end_lba - first_lba
    where = _where_broken_off(layout, first_lba + outcome.sent)
    if settings.test_write:
        return TEST_WRITE
    if outcome.unknown:
        text = not_known(outcome.unknown)
        if (outcome.sent or outcome.lead_in_sent) and outcome.sent < sectors:
            text += f"; {where}, so treat the disc as spoiled"
        return text
    status = outcome.found.status if outcome.found is not None else None
    if outcome.exchanged and status is DiscStatus.COMPLETE:
        return EXCHANGED
    if outcome.closed or (status is DiscStatus.COMPLETE and outcome.found and outcome.found.toc):
        if outcome.sent < sectors:
            return (
                f"the disc is spoiled: {where}; the drive has closed it anyway, so players may play the disc "
                f"up to there; {_cure(outcome)}"
            )
        whole = "the session is closed, so players can play the disc"
        return f"{whole}; it is not known whether all of it is right"
    if status is DiscStatus.BLANK and not outcome.sent and not outcome.lead_in_sent:
        return "the disc is still blank"
    if status is DiscStatus.BLANK:
        other = "; it may be another disc, for the drive reported a change" if outcome.exchanged else ""
        return (
            f"the drive calls the disc blank, although the session was begun{other}. Take it out, put it "
            "in again, and look at it (`redbook info`) before you use it"
        )
    return (
        f"the disc is spoiled: {where}, so it has no table of contents, no "
        f"player can play it, and nothing can be added; {_cure(outcome)}"
    )


def _where_broken_off(layout: SessionLayout, reached_lba: int) -> str:
    reached = minutes(min(max(0, reached_lba), layout.lead_out_lba), down=True)
    return f"the session ended early, at {reached} of {minutes(layout.lead_out_lba)}"


def _cure(outcome: Outcome) -> str:
    return (
        "erase it (`redbook blank`) to use it again"
        if outcome.drive.rewritable
        else "it cannot be used any more"
    )
