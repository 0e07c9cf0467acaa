"""The tray, moved by the drive: out with `eject`, in with `load`."""

from __future__ import annotations

from redbook import errors
from redbook.clock import Clock
from redbook.drive import Drive
from redbook.engine import tray
from redbook.engine.waiting import resending
from redbook.errors import DriveBusy, MediumUnsuitable
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel


def eject(
    drive: Drive,
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> None:
    """Open the tray, even if a program that died has left it locked.  An open tray stays open.

    raises  DriveBusy    another program, or another computer, keeps the tray locked
            DriveError, Cancelled
    """
    try:
        Caller.of(on_event, cancel, clock).run(drive, resending(tray.eject(), lambda: False))
    except errors.RemovalPrevented as error:
        raise _locked(drive, error) from error


def _locked(drive: Drive, error: errors.RemovalPrevented) -> DriveBusy:
    return DriveBusy(
        f"the tray of {drive.name} is locked by another program ({error.sense}): end that program, or "
        "unmount the disc, and try again"
    )


def load(
    drive: Drive,
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> bool:
    """Close the tray, and wait until the drive knows what is in it.  Returns whether there is a disc.

    raises  MediumUnsuitable  the tray has no motor, or the drive has a slot: close it by hand
            DriveBusy         another program, or another computer, keeps the tray locked
            DriveError, Cancelled
    """
    try:
        Caller.of(on_event, cancel, clock).run(drive, resending(tray.load(), lambda: False))
    except errors.NoMedium:
        return False
    except errors.RemovalPrevented as error:
        raise _locked(drive, error) from error
    except errors.IllegalRequest as error:
        raise MediumUnsuitable(
            f"the tray of {drive.name} cannot close itself; push it in ({error.sense})"
        ) from error
    return True
