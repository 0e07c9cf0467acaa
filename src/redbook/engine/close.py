"""A session closed: at the end of a burn, or one that was left open."""

from __future__ import annotations

from redbook import errors
from redbook.engine.events import Notice, Phase, PhaseStarted
from redbook.engine.inspect import (
    DiscContents,
    contents,
    identify,
)
from redbook.engine.one_track import END_TRACK_SECONDS, close_track, end_open_track, synchronize
from redbook.engine.spoiled import spoiled_in_words
from redbook.engine.steps import Abandoned, Procedure, Shield
from redbook.engine.tray import holding_tray, release, unlock_tray_at_once
from redbook.engine.waiting import (
    resending,
    until_begun,
    until_idle,
    until_ready,
)
from redbook.engine.write_parameters import (
    read_write_parameters,
    select_track_at_once,
)
from redbook.errors import (
    Cancelled,
    CloseFailed,
    DriveError,
    InvalidReply,
    MediumUnsuitable,
    SenseError,
    StillBusy,
)
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadDiscInformation, SessionStatus
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.write import CloseFunction, CloseTrackSession
from redbook.records import dataclass

CLOSE_SECONDS = 3600.0
LAST_TRACK = 0xFF  # of CLOSE TRACK: the one that is not ended
INCOMPLETE_TRACK = 0x03  # ASCQ of 5/72


GOES_ON = (
    "the drive goes on closing the session on its own: leave it switched on and closed until it has "
    "finished, then look at the disc again"
)


def close_session(next_session: MultiSession, test_write: bool) -> Procedure[None]:
    """Lead-in and lead-out; afterwards a player can play the disc.

    next_session takes effect through page 05h, so that page must be right when CLOSE is sent.
    """
    now = yield from read_write_parameters()
    if now.multi_session != next_session or now.test_write != test_write:
        yield from select_track_at_once(
            test_write=test_write, underrun_protection=now.underrun_protection, next_session=next_session
        )
    try:
        yield from _close()
    except errors.FixationError as error:
        yield Notice(f"the session could not be closed; trying once more: {error}")
        yield from until_idle(Phase.CLOSING, CLOSE_SECONDS)
        yield from _close()
    except errors.SessionIncomplete as error:
        if error.sense.ascq != INCOMPLETE_TRACK:
            raise
        yield from synchronize()
        yield from close_track(LAST_TRACK, Phase.CLOSING)
        yield from _close()
    except SenseError:
        if not test_write:
            raise
        # Drives refuse to close a session that is not there (libburn, cdrecord ignore it too).
    if test_write:
        return
    information: DiscInformation = yield ReadDiscInformation()
    if information.last_session_status is SessionStatus.INCOMPLETE or (
        next_session is MultiSession.LAST and information.status is not DiscStatus.COMPLETE
    ):
        raise InvalidReply("the drive reported that it closed the session, but the disc is not complete")


def _close() -> Procedure[None]:
    forms = (
        CloseTrackSession(CloseFunction.SESSION, immediate=True),
        CloseTrackSession(CloseFunction.SESSION),
    )
    yield from until_begun(forms, Phase.CLOSING, CLOSE_SECONDS, begun=_is_closed)
    yield from until_idle(Phase.CLOSING, CLOSE_SECONDS)


def _is_closed(now: DiscInformation) -> Procedure[bool]:
    yield from ()
    return now.last_session_status is not SessionStatus.INCOMPLETE


def end_session(next_session: MultiSession, tracks_were_added: bool) -> Procedure[bool]:
    """Close the session that tracks were added to, if any was, and unlock the tray whatever happens.

    A drive that does not know about the added tracks is told to close anyway, and is asked again.

    Returns whether there was something to close.  raises  SenseError, InvalidReply
    """
    closing = _end_session(next_session, tracks_were_added)
    return (yield from resending(closing, lambda: tracks_were_added))


def _end_session(next_session: MultiSession, tracks_were_added: bool) -> Procedure[bool]:
    yield Shield(True)
    yield PhaseStarted(Phase.CLOSING)
    try:
        # The last track may still be on its way to the disc, after a burn that was left at once.
        information = yield from until_idle(Phase.CLOSING, END_TRACK_SECONDS)
        begun = tracks_were_added or information.last_session_status is SessionStatus.INCOMPLETE
        if begun:
            yield from close_session(next_session, test_write=False)
    except Abandoned:
        yield from unlock_tray_at_once()
        raise
    except Exception:
        yield from release(test_write=False)
        raise
    yield from release(test_write=False)
    return begun


def finalize() -> Procedure[DiscContents]:
    """Close a session that was left open.

    raises  MediumUnsuitable  if none is open, or the disc was changed meanwhile; nothing was changed on it
            SenseError        before anything was changed
            CloseFailed       if it was begun and went wrong
            Cancelled         with `disc_now`
    """
    closing = _Closing()
    return (yield from resending(_look_and_finalize(closing), lambda: closing.looked))


@dataclass(slots=True)
class _Closing:
    """looked whether the disc to be closed is known: if it changes after that, the job ends
    begun   whether anything was sent that changes it
    """

    looked: bool = False
    begun: bool = False


def _look_and_finalize(closing: _Closing) -> Procedure[DiscContents]:
    yield PhaseStarted(Phase.PREPARING)
    yield from until_ready()
    abilities = yield from identify()
    yield from select_track_at_once(
        test_write=False, underrun_protection=True, next_session=MultiSession.LAST
    )
    disc = yield from contents()
    closing.looked = True
    if disc.information.last_session_status is not SessionStatus.INCOMPLETE:
        raise MediumUnsuitable(
            f"no session is open on the disc in {abilities.name}; there is nothing to close"
        )
    if disc.spoiled:
        raise MediumUnsuitable(spoiled_in_words(disc.information, abilities.name))
    try:
        return (yield from holding_tray(_finalize(disc, closing)))
    except errors.MediumChanged as error:
        if closing.begun:
            raise
        raise MediumUnsuitable(
            f"the drive says that the disc was changed before its session could be closed ({error}); "
            "nothing was closed: look at the disc with `redbook info`, then try again"
        ) from error


def _finalize(disc: DiscContents, closing: _Closing) -> Procedure[DiscContents]:
    yield PhaseStarted(Phase.CLOSING)
    closing.begun = True
    try:
        if disc.open_track is not None:
            yield from end_open_track(disc.open_track)
        yield from close_session(MultiSession.LAST, test_write=False)
    except Abandoned as left:
        now = GOES_ON
        raise Cancelled(f"cancelled at once; {now}", now) from left
    except DriveError as first:
        closing.looked = False
        now = yield from _what_became(first, disc)
        raise CloseFailed(f"the session could not be closed: {first}\n{now}", now) from first
    closing.looked = False
    return (yield from contents())


def _what_became(first: DriveError, before: DiscContents) -> Procedure[str]:
    """What is known about the disc after closing failed: the drive is asked again."""
    if isinstance(first, StillBusy):
        return GOES_ON
    try:
        yield from until_idle(Phase.CLOSING, END_TRACK_SECONDS)
        now = yield from contents()
    except StillBusy:
        return GOES_ON
    except DriveError as error:
        return f"the state of the disc is not known, because the drive does not report it ({error})"
    if not _may_be_the_same(before, now):
        return (
            "the disc in the drive now seems to be another one, and it is not known whether the previous one "
            "was closed: put that one back, and look at it with `redbook info`"
        )
    return state_in_words(now)


def _may_be_the_same(before: DiscContents, now: DiscContents) -> bool:
    """Whether every complete track from before is still there."""
    there = {(track.number, track.start_lba) for track in now.tracks}
    return all((track.number, track.start_lba) in there for track in before.tracks)


def state_in_words(disc: DiscContents) -> str:
    """What is on a disc whose session should have been closed, and what can be done with it."""
    if disc.status is DiscStatus.BLANK:
        return "the drive calls the disc blank"
    count = len(disc.tracks)
    holds = f"the disc holds {count} whole track{'' if count == 1 else 's'}"
    if disc.open_track is not None:
        holds += f" and the unfinished track {disc.open_track.number}"
    if disc.status is DiscStatus.COMPLETE:
        return f"{holds}; its session is closed anyway, so players can play it"
    return (
        f"{holds}; its session is open, so players cannot play it until it is closed: try `redbook close` "
        "again, or another drive"
    )
