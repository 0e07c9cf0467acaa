"""Setting the laser's power: SEND OPC, and one more try at a lower speed where that fails."""

from __future__ import annotations

from redbook import errors
from redbook.engine.events import Notice, Phase
from redbook.engine.outcome import Outcome
from redbook.engine.speed import set_speed
from redbook.engine.steps import Procedure
from redbook.engine.waiting import RICOH_WRITE_PERMIT, WORKING, code, until_idle
from redbook.errors import PowerCalibrationError, SenseError
from redbook.mmc.control import SendOpcInformation
from redbook.mmc.disc_info import ReadTrackInformation, TrackInformation

OPC_SECONDS = 200.0
CALIBRATION_FAILED = (3, 0x73, 0x03)
_NO_SUCH_THING = (
    errors.UnknownCommand,
    errors.InvalidField,
    errors.InvalidParameter,
    errors.CommandSequenceError,
)
"""Modern drives calibrate on their own at the first WRITE, so these are not a failure (cdrecord)."""


def calibrate(outcome: Outcome) -> Procedure[None]:
    """Have the drive set its laser for this disc, more slowly if it cannot at first.

    raises  SenseError  if the drive cannot do it at two speeds
    """
    try:
        yield from _calibrate()
    except PowerCalibrationError as error:
        if not (yield from slow_down(error, outcome)):
            raise
        yield from _calibrate()


def _calibrate() -> Procedure[None]:
    try:
        yield SendOpcInformation()
    except _NO_SUCH_THING:
        return
    except WORKING:
        yield from until_idle(Phase.PREPARING, OPC_SECONDS)
    except errors.UnitAttention as error:
        if code(error) != RICOH_WRITE_PERMIT:
            raise


def slow_down(error: PowerCalibrationError, outcome: Outcome) -> Procedure[bool]:
    """Whether it makes sense to try once more, at the next lower speed, which is then set.

    Often it is disc and speed that do not match (seen on Optiarc AD-7280S).
    """
    lower = outcome.drive.speeds.gentler(outcome.drive.speed)
    if code(error) != CALIBRATION_FAILED or lower is None:
        return False
    yield Notice(f"the laser power could not be calibrated; trying once more at {lower}x ({error.sense})")
    try:
        yield from set_speed(lower)
    except SenseError:
        return False
    outcome.drive.speed = lower
    return True


def may_write_again(error: PowerCalibrationError, lba: int, outcome: Outcome) -> Procedure[bool]:
    """Whether the first WRITE of a burn, which failed for this, may be sent once more at a lower speed.

    Only where nothing was written, and the drive still wants that sector next.
    """
    if outcome.sent or outcome.ended or not (yield from slow_down(error, outcome)):
        return False
    information: TrackInformation = yield ReadTrackInformation()
    wanted = information.next_writable_lba
    return wanted is not None and max(0, wanted) == lba
