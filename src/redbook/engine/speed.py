"""Asking for a writing speed."""

from __future__ import annotations

from redbook.engine.steps import Procedure
from redbook.mmc.control import MAXIMUM_SPEED, SetCdSpeed

SPEED_UNIT_KB = 177  # drives round down to a speed they have, so n x 176.4 must be rounded up


def set_speed(speed: float | None, pure_cav: bool = False) -> Procedure[None]:
    """SET CD SPEED; what the drive makes of it is in page 2Ah afterwards.

    speed  multiple of 1x; None for as fast as the drive can

    raises  SenseError  if the drive does not take it
    """
    write_kb = MAXIMUM_SPEED if speed is None else min(MAXIMUM_SPEED, round(speed * SPEED_UNIT_KB))
    yield SetCdSpeed(write_kb=write_kb, pure_cav=pure_cav)
