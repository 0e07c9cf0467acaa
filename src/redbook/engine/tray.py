"""The tray: locked while a disc is written, unlocked whatever happens; moved by the drive itself."""

from __future__ import annotations

from contextlib import suppress

from redbook import errors
from redbook.engine.events import Notice
from redbook.engine.outcome import Outcome
from redbook.engine.steps import Abandoned, Pause, Procedure, R, Shield
from redbook.engine.waiting import POLL_SECONDS, WORKING, until_accepted, until_ready
from redbook.engine.write_parameters import clear_test_write
from redbook.errors import Cancelled, DriveError, MediumUnsuitable, SenseError, TransportTimeout
from redbook.mmc.control import PreventAllowMediumRemoval, StartStopUnit
from redbook.mmc.disc_info import DiscInformation, ReadDiscInformation

TRAY_SECONDS = 10.0
UNLOCK_ATTEMPTS = 5


def holding_tray(procedure: Procedure[R]) -> Procedure[R]:
    """A procedure that must not be stopped half way, during which the tray is locked."""
    yield Shield(True)
    yield from lock_tray()
    try:
        result = yield from procedure
    except (Abandoned, Cancelled):
        yield from unlock_tray_at_once()
        raise
    except Exception:
        yield from unlock_tray()
        raise
    yield from unlock_tray()
    return result


def release(test_write: bool) -> Procedure[None]:
    """Leave the drive as it was found: test bit off, tray unlocked. What fails here is only noted."""
    if test_write:
        try:
            yield from clear_test_write()
        except DriveError as error:
            yield Notice(f"the drive may still be set to test writes: {error}")
    yield from unlock_tray()


def reload() -> Procedure[None]:
    """Tray out, tray in: cures wrong beliefs of a drive.  The tray is not locked afterwards.

    raises  DriveError  also if the drive cannot close its tray
    """
    yield from unlock_tray()
    eject = StartStopUnit(start=False, load_eject=True)
    try:
        yield eject
    except errors.RemovalPrevented:
        yield PreventAllowMediumRemoval(False)
        yield eject
    try:
        yield StartStopUnit(start=True, load_eject=True)
    except errors.IllegalRequest as error:  # a tray without a motor, or a slot
        raise MediumUnsuitable("the tray cannot close itself; push it in, and try again") from error
    yield from until_ready()


def eject() -> Procedure[None]:
    """Open the tray.  raises  DriveError"""
    yield from unlock_tray()
    yield from until_accepted(StartStopUnit(start=False, load_eject=True), TRAY_SECONDS, POLL_SECONDS)


def load() -> Procedure[None]:
    """Close the tray, and wait for the drive to know the disc.  raises  NoMedium, DriveError"""
    yield from until_accepted(StartStopUnit(start=True, load_eject=True), TRAY_SECONDS, POLL_SECONDS)
    yield from until_ready()


def forget_test_write(outcome: Outcome) -> Procedure[None]:
    """After a test write: opening the tray cures a drive that now believes the disc is written."""
    try:
        information: DiscInformation = yield ReadDiscInformation()
        if outcome.drive.quirks.remembers_test_write or information.status is not outcome.drive.status_before:
            yield from reload()
    except DriveError as error:
        yield Notice(
            f"open and close the tray before the next burn: the drive may remember this one ({error})"
        )


def unlock_tray_at_once() -> Procedure[None]:
    """For a job that quits at once: requested once, without waiting."""
    with suppress(DriveError):
        yield PreventAllowMediumRemoval(False)


def unlock_tray() -> Procedure[None]:
    """A permanent failure is only noted; a busy drive is asked again."""
    for attempt in range(UNLOCK_ATTEMPTS):
        try:
            yield PreventAllowMediumRemoval(False)
            return
        except (errors.UnitAttention, errors.NotTaken, *WORKING, TransportTimeout) as error:
            if attempt == UNLOCK_ATTEMPTS - 1:
                yield _still_locked(error)
                return
        except DriveError as error:
            yield _still_locked(error)
            return
        yield Pause(POLL_SECONDS)


def _still_locked(error: DriveError) -> Notice:
    return Notice(f"the tray could not be unlocked: {error}; the next look at the drive tries again")


def lock_tray() -> Procedure[None]:
    """Lock the tray; if it cannot be locked, this is only reported.

    raises  MediumChanged, DeviceReset, if that ends the job
    """
    try:
        yield from until_accepted(PreventAllowMediumRemoval(True), TRAY_SECONDS, POLL_SECONDS)
    except (errors.MediumChanged, errors.DeviceReset):
        raise
    except (SenseError, errors.NotTaken) as error:
        yield Notice(f"the tray could not be locked, do not open it: {error}")
