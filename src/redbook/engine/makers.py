"""Who made a blank disc: the lead-in's start in the ATIP names the maker.

Source: the table in cdrecord's diskid.c, as the facts on ATIP give it; seconds and tens of frames are the
maker's, the last digit tells the kind of dye. A maker that sells to other brands is still the one that is
named.
"""

from __future__ import annotations

from redbook.disc import Msf
from redbook.mmc.disc_info import Atip

MAKERS: dict[tuple[int, int, int], str] = {
    (97, 15, 0): "TDK",
    (97, 15, 1): "Ritek",
    (97, 17, 0): "Moser Baer",
    (97, 22, 1): "Seantram",
    (97, 24, 0): "Taiyo Yuden",
    (97, 24, 1): "Sony",
    (97, 26, 4): "Fuji",
    (97, 26, 6): "CMC",
    (97, 27, 2): "Princo",
    (97, 27, 3): "Pioneer",
    (97, 27, 5): "Mitsui",
    (97, 27, 6): "Ricoh",
    (97, 31, 0): "Ritek",
    (97, 32, 0): "TDK",
    (97, 32, 1): "Prodisc",
    (97, 34, 2): "Mitsubishi",
}
"""Minute, second and tens of frames of the lead-in's start."""

LONG_STRATEGY_DIGITS = range(5)
"""The frame's last digit: cyanine and AZO; from 5 on phthalocyanine."""


def maker(lead_in_start: Msf | None) -> str:
    """Empty where the table has none."""
    if lead_in_start is None:
        return ""
    return MAKERS.get((lead_in_start.minute, lead_in_start.second, lead_in_start.frame // 10), "")


def dye(atip: Atip) -> str:
    """What the disc says about its recording layer; empty for a CD-RW, or if it says nothing."""
    if atip.rewritable or atip.lead_in_start is None:
        return ""
    if atip.lead_in_start.frame % 10 in LONG_STRATEGY_DIGITS:
        return "long strategy (cyanine, AZO)"
    return "short strategy (phthalocyanine)"
