"""Writing speeds: which ones this drive and disc offer, which one suits, and requesting one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from redbook import errors
from redbook.engine.steps import Procedure
from redbook.errors import InvalidReply, SenseError
from redbook.mmc.control import MAXIMUM_SPEED, SetCdSpeed
from redbook.mmc.disc_info import Atip
from redbook.mmc.mode_pages import Capabilities
from redbook.mmc.performance import (
    DESCRIPTOR_BYTES,
    HEADER_BYTES,
    LONGEST_REPLY_BYTES,
    GetPerformance,
    Performance,
)
from redbook.records import dataclass

SPEED_UNIT_KB = 177  # drives round down to a speed they have, so n x 176.4 must be rounded up
MOST_DESCRIPTORS = (LONGEST_REPLY_BYTES - HEADER_BYTES) // DESCRIPTOR_BYTES
MAX_SPEED = math.inf
"""As fast as the drive can, where a multiple of 1x is asked for."""

FASTEST_CD = 72
"""More than any CD recorder ever offered; a multiple of 1x."""

GENTLE, BEST, BRISK = 8, 16, 24
"""Multiples of 1x between which audio is best written, and the one aimed at."""

_SPEED_CODES = {1: 2, 2: 4, 3: 6, 4: 8}
_HIGH_SPEED_CODES = {**_SPEED_CODES, 4: 10}
_ULTRA_SPEED_CODES = {1: 2, 2: 4, 3: 8, 6: 16, 8: 24, 9: 32, 10: 40, 11: 48}
_HIGH_SPEED = 1  # CD-RW sub-type
"""What the codes in an ATIP mean, as multiples of 1x.  Source: cdrecord."""


@dataclass(frozen=True, slots=True)
class Speeds:
    """The writing speeds for the disc in a drive.

    offered      multiples of 1x, fastest first; empty if nothing states them
    source       what states them
    recommended  the one that suits audio on this disc; None if none is known
    reason       why that one, in words
    """

    offered: tuple[int, ...] = ()
    source: str = ""
    recommended: int | None = None
    reason: str = ""

    def closest(self, wanted: float) -> int | None:
        """The offered speed nearest to this one, the lower of two; None if none is known."""
        return min(self.offered, key=lambda speed: (abs(speed - wanted), speed), default=None)

    def gentler(self, speed: float | None) -> int | None:
        """The one to try after an error at this speed: the recommended one, or, at that or below, the next
        lower one. None if there is none, or none is known.

        speed  multiple of 1x; None if it is not known, but fast
        """
        best = self.recommended
        return best if best is not None and (speed is None or speed > best) else self.below(speed)

    def below(self, speed: float | None) -> int | None:
        """The next lower one; None if there is none, or none is known."""
        lower = [one for one in self.offered if speed is None or one < speed]
        if speed is None:
            lower = lower[1:]
        return lower[0] if lower else None


def read_speeds(
    lists_speeds: bool, capabilities: Capabilities | None, atip: Atip | None
) -> Procedure[Speeds]:
    """What drive and disc say about writing speeds; best effort.

    lists_speeds  whether the drive knows GET PERFORMANCE's list (feature 0107h, WSPD)
    """
    found = (yield from _by_performance()) if lists_speeds else ()
    source = "GET PERFORMANCE"
    if not found and capabilities is not None:
        kb = [speed.times for speed in capabilities.write_speeds]
        kb = kb or [round(one / SPEED_UNIT_KB) for one in (capabilities.max_write_kb, capabilities.write_kb)]
        found, source = _sorted(kb), "mode page 2Ah"
    limits = rewritable_limits(atip)
    if limits and found:
        shared = tuple(speed for speed in found if limits[0] <= speed <= limits[1])
        found = shared or found  # what the drive says it does is believed before the disc
    elif limits:
        found, source = _sorted(limits), "the disc (ATIP)"
    return _with_advice(found, source, bool(atip and atip.rewritable))


def believable(speed: int) -> int | None:
    """A multiple of 1x that a drive reports; None if no CD recorder has it, or for 0."""
    return speed if 0 < speed <= FASTEST_CD else None


def _sorted(speeds: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted({speed for speed in speeds if believable(speed)}, reverse=True))


def _by_performance() -> Procedure[tuple[int, ...]]:
    """One descriptor first: asked for none, some drives list only one (libburn).

    A Panasonic announces huge lengths, different each time: at most 2048 bytes are requested.
    """
    try:
        some: Performance = yield GetPerformance(most=1)
        if some.total > 1:
            some = yield GetPerformance(most=min(some.total, MOST_DESCRIPTORS))
    except (SenseError, InvalidReply):
        return ()
    return _sorted([descriptor.times for descriptor in some.write_speeds])


def rewritable_limits(atip: Atip | None) -> tuple[int, int] | None:
    """Slowest and fastest speed that a CD-RW is made for; for a CD-R the ATIP does not say."""
    if atip is None or not atip.rewritable:
        return None
    codes, table = atip.speed_codes, _SPEED_CODES
    if atip.sub_type == _HIGH_SPEED:
        table = _HIGH_SPEED_CODES
    elif atip.sub_type > _HIGH_SPEED:
        codes, table = atip.ultra_speed_codes, _ULTRA_SPEED_CODES
    if codes is None or codes[1] not in table:
        return None
    return table.get(codes[0], 1), table[codes[1]]


def _with_advice(offered: tuple[int, ...], source: str, rewritable: bool) -> Speeds:
    if not offered:
        return Speeds()
    if rewritable:
        best = offered[(len(offered) - 1) // 2]
        reason = "the middle speed that both drive and disc support"
        if len(offered) == 1:
            reason = "the only speed that both drive and disc support"
        return Speeds(offered, source, best, reason)
    middle = [speed for speed in offered if GENTLE <= speed <= BRISK]
    best = min(middle or offered, key=lambda speed: (abs(speed - BEST), speed))
    if not middle:
        reason = f"the closest to {BEST}x that is offered"
    elif best <= BEST:
        reason = "the fastest speed most drives hold constant; very low speeds can fail on high-speed discs"
    else:
        reason = "the lowest of the speeds that today's discs are made for"
    return Speeds(offered, source, best, reason)


def set_speed(speed: float | None, pure_cav: bool = False) -> Procedure[None]:
    """SET CD SPEED; what the drive makes of it is in page 2Ah afterwards.

    A speed that a drive refuses as too slow is raised step by step, as cdrecord does.

    speed  multiple of 1x; None or MAX_SPEED for as fast as the drive can

    raises  SenseError  if the drive accepts none
    """
    write_kb = MAXIMUM_SPEED
    if speed is not None:
        write_kb = round(min(float(MAXIMUM_SPEED), speed * SPEED_UNIT_KB))
    refused: SenseError | None = None
    while write_kb <= MAXIMUM_SPEED:
        try:
            yield SetCdSpeed(write_kb=write_kb, pure_cav=pure_cav)
            return
        except errors.InvalidField as error:
            refused = refused or error
            if write_kb > FASTEST_CD * SPEED_UNIT_KB:
                break
        write_kb += SPEED_UNIT_KB
    assert refused is not None  # it was sent once at least
    raise refused
