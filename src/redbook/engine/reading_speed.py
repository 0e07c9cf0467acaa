"""The speed at which a drive reads: requested when it changes, and restored at the end."""

from __future__ import annotations

import contextlib

from redbook.engine.steps import Abandoned, Procedure, R, Shield
from redbook.engine.waiting import despite_attention, resending
from redbook.errors import DriveError, SenseError
from redbook.mmc.control import MAXIMUM_SPEED, SetCdSpeed
from redbook.mmc.mode_pages import Capabilities
from redbook.records import dataclass

_KB_OF_1X = 177  # drives round down to a speed that they have


def check_read_speed(speed: float | None) -> None:
    """Check a multiple of 1x that a caller asks for; None for the drive's own.  raises  ValueError"""
    if speed is not None and not speed > 0:
        raise ValueError(
            f"read_speed must be a multiple of 1x greater than 0, MAX_SPEED or None, not {speed!r}"
        )


@dataclass(slots=True)
class ReadingSpeed:
    """Of one drive, in units of 1000 bytes per second.

    found_kb  before anything was requested; MAXIMUM_SPEED if the drive does not say or was at its fastest
    write_kb  the speed of writing, which the same command sets
    asked_kb  last requested; None if there is nothing to restore
    """

    found_kb: int = MAXIMUM_SPEED
    write_kb: int = MAXIMUM_SPEED
    asked_kb: int | None = None

    def note(self, capabilities: Capabilities | None) -> None:
        """What the drive says about its speeds before they are changed."""
        if capabilities is None:
            return
        self.write_kb = capabilities.write_kb or MAXIMUM_SPEED
        if self.asked_kb is None and 0 < capabilities.read_kb < capabilities.max_read_kb:
            self.found_kb = capabilities.read_kb

    def ask_for(self, times: float) -> Procedure[None]:
        """A drive that keeps its own speed is not a failure.

        times  multiple of 1x; MAX_SPEED for as fast as the drive can
        """
        read_kb = round(min(float(MAXIMUM_SPEED), times * _KB_OF_1X))
        if read_kb == self.asked_kb:
            return
        self.asked_kb = read_kb
        with contextlib.suppress(SenseError):
            yield SetCdSpeed(read_kb, self.write_kb)

    def give_back(self) -> Procedure[None]:
        """Requested once, apart from reports of earlier events: whatever the drive says, the job is over."""
        if self.asked_kb is None:
            return
        self.asked_kb = None
        with contextlib.suppress(DriveError):
            yield from despite_attention(SetCdSpeed(self.found_kb, self.write_kb))


def at_its_own_speed_again(procedure: Procedure[R], speed: ReadingSpeed) -> Procedure[R]:
    """A procedure that changes the speed; however it ends, the drive afterwards has its own speed."""
    try:
        result = yield from procedure
    except Abandoned:
        yield from speed.give_back()
        raise
    except Exception:
        yield Shield(True)
        yield from speed.give_back()
        raise
    yield Shield(True)
    yield from resending(speed.give_back(), lambda: False)
    yield Shield(False)
    return result
