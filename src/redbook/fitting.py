"""Whether the tracks fit on the disc, and where it is full if they do not."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.disc import RUN_OUT_SECTORS, SHORTEST_TRACK_SECTORS, TAO_GAP_SECTORS, duration
from redbook.disc.layout import SessionLayout
from redbook.engine.plan import Space, lay_out
from redbook.errors import PlanError, printable


def lay_out_named(
    names: Sequence[str], sectors: Sequence[int], space: Space, *, stated: bool = False
) -> SessionLayout:
    """As `lay_out`; where the tracks are too long, with a table of them and the place where it is full.

    stated  the lengths are what the files state, and 0 where one states none

    raises  PlanError
    """
    try:
        return lay_out(sectors, space)
    except PlanError as error:
        by = "by the lengths that the files state themselves, " if stated else ""
        raise PlanError("\n".join([f"{by}{error}", *_table(names, sectors, space, stated)])) from error


def _table(names: Sequence[str], sectors: Sequence[int], space: Space, stated: bool) -> list[str]:
    last_end_lba = space.last_lead_out_lba - RUN_OUT_SECTORS
    lines = [" #     start    length  track"]
    lba, full = space.next_lba, False
    for number, (name, audio) in enumerate(zip(names, sectors, strict=True), space.first_track):
        length = "unknown" if stated and not audio else duration(audio)
        lines.append(f"{number:>2}  {duration(lba):>8}  {length:>8}  {printable(name)}")
        end = lba + max(audio, SHORTEST_TRACK_SECTORS)
        if end > last_end_lba and not full:
            full = True
            there = max(0, last_end_lba - lba)
            where = f"{duration(there)} into this track" if there else "before this track"
            lines.append(f"    ^^^^^^^^ the disc is full here, {where}")
        lba = end + TAO_GAP_SECTORS
    return lines
