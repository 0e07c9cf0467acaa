"""Writing speeds: asked for, and what the drive makes of it."""

from __future__ import annotations

from redbook.engine.inspect import read_capabilities
from redbook.engine.steps import Procedure
from redbook.mmc.control import MAXIMUM_SPEED, SetCdSpeed
from redbook.mmc.mode_pages import Capabilities

SPEED_UNIT_KB = 177  # drives round down to a speed they have, so n x 176.4 must be rounded up


def set_speed(speed: float | None, pure_cav: bool = False) -> Procedure[Capabilities | None]:
    """SET CD SPEED, and page 2Ah as it is afterwards: what the drive will really do.

    speed  multiple of 1x; None for as fast as the drive can

    raises  SenseError  if the drive does not take it
    """
    write_kb = MAXIMUM_SPEED if speed is None else min(MAXIMUM_SPEED, round(speed * SPEED_UNIT_KB))
    yield SetCdSpeed(write_kb=write_kb, pure_cav=pure_cav)
    return (yield from read_capabilities())
