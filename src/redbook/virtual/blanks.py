"""The kinds of blank discs, and what the groove of each says."""

from __future__ import annotations

from typing import NamedTuple

from redbook.disc import Msf
from redbook.image.base import DiscState


class Blank(NamedTuple):
    """What the groove of a blank says.

    Plausible values, not those of a real product: virtual-disc times in the ranges of real discs.
    reach: where its groove really ends, if that is after the last lead-out that it gives.
    speed_codes: lowest and highest test speed of a CD-RW, in the code of its sub-type.
    """

    lead_in_start: Msf
    last_lead_out: Msf
    sub_type: int = 0
    speed_codes: tuple[int, int] | None = None
    reach: Msf | None = None


BLANKS: dict[tuple[str, int], Blank] = {
    ("cd-r", 74): Blank(Msf(97, 24, 1), Msf(74, 43, 0)),
    ("cd-r", 80): Blank(Msf(97, 34, 23), Msf(79, 59, 74)),
    ("cd-r", 90): Blank(Msf(97, 31, 4), Msf(89, 59, 74)),
    ("cd-r", 99): Blank(Msf(97, 31, 4), Msf(79, 59, 74), reach=Msf(98, 59, 74)),  # as most that are sold
    ("cd-rw", 74): Blank(Msf(97, 34, 23), Msf(74, 12, 0), 0, (1, 2)),  # 2x to 4x
    ("cd-rw", 80): Blank(Msf(97, 34, 23), Msf(79, 59, 74), 1, (2, 4)),  # high speed, 4x to 10x
    ("cd-rw", 90): Blank(Msf(97, 34, 23), Msf(89, 59, 74), 1, (2, 4)),
}


def blank_state(medium: str = "cd-r", minutes: int = 80, write_protected: bool = False) -> DiscState:
    """A disc fresh from the spindle.

    raises  ValueError  for a kind of disc that does not exist
    """
    kind = BLANKS.get((medium, minutes))
    if kind is None:
        known = ", ".join(f"{name} {length}" for name, length in BLANKS)
        raise ValueError(f"no {medium} of {minutes} minutes; there are {known}")
    return DiscState(medium, minutes, kind.lead_in_start, kind.last_lead_out, write_protected=write_protected)
