"""A whole burn.

    prepare -> write -> end -> release

Three ways in: `burn` (all of it), `burn_prepared` and `add_track` (for a caller that keeps drive and session
over several jobs, as IMAPI2 does: whoever called `set_up` restores tray and speed).

What goes wrong comes as an exception in place of the answer to a step, and each kind of cancel comes once:

- `Cancelled` replaces the next step, which is not done; it never replaces one that is under way. While a
  Shield is up, none comes.
- `Abandoned` (a second cancel) comes through a Shield, too, and is no Exception: nothing is cleaned up.
- An error of the drive answers the command that it refused.

`_sanely` is where they end. It raises the Shield, has the method wind down what was begun, asks the drive
what the disc is now, and raises the first error with that; what goes wrong in the meantime is noted, never
raised over it. What it may say hangs on `outcome`: `touched` (something was sent that changes a disc: the
error speaks of the disc), `begun` (a disc that was changed since then ends the burn, where before that it is
looked at afresh), `unknown` (nothing that follows would be answered).
"""

from __future__ import annotations

from contextlib import suppress

from redbook.disc import (
    PREGAP_SECTORS,
    SECTOR_BYTES,
    TAO_GAP_SECTORS,
)
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.engine.calibration import calibrate
from redbook.engine.events import Notice, Phase
from redbook.engine.inspect import Abilities, contents, where_next
from redbook.engine.method import Method
from redbook.engine.one_track import (
    END_TRACK_SECONDS,
    end_open_track,
    place_track,
    write_track,
)
from redbook.engine.outcome import Outcome, Settings, broken_off, note_what_it_says
from redbook.engine.plan import lay_out
from redbook.engine.prepare import prepare, take_write_parameters
from redbook.engine.steps import Abandoned, Announce, Procedure, R, Shield
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.tray import forget_test_write, release, unlock_tray_at_once
from redbook.engine.waiting import pausing, resending, until_idle, until_ready
from redbook.errors import (
    Cancelled,
    DriveError,
    InvalidReply,
    MediumChanged,
    NotCommitted,
    RedbookError,
    SenseError,
    StillBusy,
)
from redbook.mmc.control import TestUnitReady
from redbook.mmc.disc_info import ReadTrackInformation, TrackInformation

_LEFT_AT_ONCE = "the drive was left as it was: the disc may be unusable, and the drive busy for a while"

SETTLE_SECONDS = 5


def burn(method: Method, settings: Settings, outcome: Outcome) -> Procedure[SessionLayout]:
    """Write what should be written, and make the disc playable; returns where everything is.

    method  how it is written, and what

    raises  Cancelled, BurnFailed   with `disc_now`, once anything was sent
            NotCommitted            where someone had to agree and did not
            what `prepare` raises   before that
    """
    try:
        burning = _burn(method, settings, outcome)
        return (yield from resending(burning, lambda: outcome.begun, outcome.doubt_page, outcome.note_change))
    except Abandoned as left:
        yield from unlock_tray_at_once()
        raise Cancelled(f"cancelled at once; {_LEFT_AT_ONCE}", _LEFT_AT_ONCE) from left


def _burn(method: Method, settings: Settings, outcome: Outcome) -> Procedure[SessionLayout]:
    def steps() -> Procedure[SessionLayout]:
        layout, space = yield from prepare(method, settings, outcome)
        layout = yield from method.write(layout, space, settings, outcome)
        yield Shield(True)  # from here on a cancel comes too late
        yield from method.end(layout, settings, outcome)
        return layout

    try:
        layout = yield from _sanely(steps(), method, settings, outcome)
    except Exception:
        yield from _leave(settings, outcome)
        raise
    yield from _leave(settings, outcome)
    return layout


def _leave(settings: Settings, outcome: Outcome) -> Procedure[None]:
    yield from release(settings.test_write)
    if settings.test_write and outcome.touched:
        yield from forget_test_write(outcome)


def burn_prepared(
    method: Method, abilities: Abilities, settings: Settings, outcome: Outcome
) -> Procedure[SessionLayout]:
    """As `burn`, on a drive that `set_up` has made ready: speed, tray and drive stay as they are.

    raises  MediumUnsuitable, PlanError, SenseError   nothing was written
            Cancelled, BurnFailed   with `disc_now`, once anything was sent
    """
    try:
        burning = _burn_prepared(method, abilities, settings, outcome)
        return (yield from resending(burning, lambda: outcome.begun, outcome.doubt_page, outcome.note_change))
    except Abandoned as left:
        raise Cancelled(f"cancelled at once; {_LEFT_AT_ONCE}", _LEFT_AT_ONCE) from left


def _burn_prepared(
    method: Method, abilities: Abilities, settings: Settings, outcome: Outcome
) -> Procedure[SessionLayout]:
    def steps() -> Procedure[SessionLayout]:
        yield from until_ready()
        outcome.drive.protection = yield from method.parameters(settings, abilities.underrun_protection)
        disc = yield from contents()
        space = method.space(abilities, disc)
        layout = method.place(space)
        yield Announce(layout.lead_out_lba * SECTOR_BYTES)
        yield from calibrate(outcome)
        yield from method.arm(layout, disc, settings, outcome)
        layout = yield from method.write(layout, space, settings, outcome)
        yield Shield(True)  # from here on a cancel comes too late
        yield from method.end(layout, settings, outcome)
        return layout

    return _sanely(steps(), method, settings, outcome)


def add_track(settings: Settings, audio_sectors: int, outcome: Outcome) -> Procedure[LaidTrack]:
    """One more track on a disc that `set_up` has made ready; drive and session stay as they are.

    outcome  of this track, `ended` holding the tracks before it

    raises  PlanError, SenseError   nothing was written
            Cancelled, BurnFailed   with `disc_now`, once anything was sent; the track was ended
    """
    try:
        adding = _add_track(settings, audio_sectors, outcome)
        return (yield from resending(adding, lambda: outcome.begun, outcome.doubt_page, outcome.note_change))
    except Abandoned as left:
        now = "the track was left as it was; it is ended with the session, or before the next track"
        raise Cancelled(f"cancelled at once; {now}", now) from left


def _add_track(settings: Settings, audio_sectors: int, outcome: Outcome) -> Procedure[LaidTrack]:
    def steps() -> Procedure[LaidTrack]:
        yield from until_ready()
        begun: TrackInformation = yield ReadTrackInformation()
        if not begun.blank:
            yield from end_open_track(begun)
        outcome.drive.protection = yield from take_write_parameters(settings, outcome.drive.protection)
        space = yield from where_next()
        layout = lay_out([audio_sectors], space)
        yield Announce(layout.lead_out_lba * SECTOR_BYTES)
        if not outcome.ended:
            yield from calibrate(outcome)
        track = layout.tracks[0]
        track = yield from place_track(track, None, track.end_lba, outcome, settings.test_write)
        yield from write_track(track, outcome)
        yield from _check_next(track, outcome)
        return track

    return _sanely(steps(), TrackAtOnce((audio_sectors,)), settings, outcome)


def _check_next(track: LaidTrack, outcome: Outcome) -> Procedure[None]:
    """Does the drive continue after the track?  One that lost sectors and said GOOD wants more of them first.

    raises  InvalidReply  if it does not; `outcome` then has what the drive has of the track
    """
    try:
        outcome.space = space = yield from where_next()
    except DriveError as error:
        yield Notice(f"the drive does not say where the next track goes: {error}")
        return
    if space.first_track > track.number and space.next_lba >= track.end_lba + PREGAP_SECTORS:
        return
    outcome.ended.pop()
    written = max(0, space.next_lba - TAO_GAP_SECTORS - track.start_lba)
    if space.first_track > track.number:
        outcome.cut_short = (track, written)
    raise InvalidReply(
        f"the drive took all {track.sectors} sectors of track {track.number}, and now says that it has "
        f"{written if space.first_track > track.number else 0} of them; try another drive or cable"
    )


def _sanely(steps: Procedure[R], method: Method, settings: Settings, outcome: Outcome) -> Procedure[R]:
    """Do these steps; whatever goes wrong in them, the drive is left in a sane state before the error
    continues.
    """
    try:
        return (yield from steps)
    except Exception as first:
        yield from _clean_up(first, method, outcome)
        if not _concerns_the_disc(first, outcome):
            raise
        raise _with_disc_now(first, method, outcome, settings) from first


def _clean_up(first: Exception, method: Method, outcome: Outcome) -> Procedure[None]:
    yield Shield(True)
    if outcome.touched:
        if isinstance(first, StillBusy):  # waited for long enough: nothing that follows would be heard
            outcome.unknown = str(first)
            return
        if isinstance(first, Cancelled):
            outcome.lba = None  # the WRITE that waited was not refused for good
        elif outcome.lba is not None and isinstance(first, SenseError):
            yield from _let_settle(outcome)
        yield from method.wind_down(outcome)
        if not outcome.unknown:
            yield from _look(outcome)


def _let_settle(outcome: Outcome) -> Procedure[None]:
    """After a refused WRITE: cdrecord gives the drive 5 s, then asks it, then flushes."""
    yield from pausing(SETTLE_SECONDS, "the drive to settle after an error")
    with suppress(DriveError):
        yield TestUnitReady()


def _concerns_the_disc(first: Exception, outcome: Outcome) -> bool:
    """Whether there is something to say about the disc, besides what went wrong."""
    return isinstance(first, Cancelled | NotCommitted) or (
        outcome.touched and isinstance(first, RedbookError | OSError)
    )


def _with_disc_now(first: Exception, method: Method, outcome: Outcome, settings: Settings) -> Exception:
    """The error, with what is on the disc now."""
    if not outcome.touched and isinstance(first, NotCommitted):
        return NotCommitted(f"{first}; nothing was written", first.reason, "nothing was written")
    if not outcome.touched:
        return Cancelled("cancelled; nothing was written", "nothing was written")
    note_what_it_says(first, outcome)
    return broken_off(first, outcome, method.disc_now(outcome, settings))


def _look(outcome: Outcome) -> Procedure[None]:
    """What the drive says is on the disc after all; this is reported instead of what was intended."""
    for _ in range(2):
        try:
            yield from until_idle(Phase.ENDING_TRACK, END_TRACK_SECONDS)
            outcome.found = yield from contents()
            outcome.unknown = ""
            return
        except MediumChanged as error:  # that is told once; the next look is at what is in the drive now
            outcome.unknown = str(error)
        except DriveError as error:
            outcome.unknown = str(error)
            return
