"""Whether the tracks fit on the disc, and where it is full if they do not."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.disc import RUN_OUT_SECTORS, TAO_GAP_SECTORS, minutes
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.padding import padded
from redbook.engine.plan import Space, check_fits, lay_out
from redbook.errors import PlanError, printable


def lay_out_named(
    names: Sequence[str], sectors: Sequence[int], space: Space, *, stated: bool = False
) -> SessionLayout:
    """Lay out tracks as `lay_out` does, with a better error if they are too long.

    The error has a table of the tracks, and shows where the disc is full.

    names    what each track is from, for the table
    sectors  the length of each track
    stated   the lengths are what the files state, and 0 if one states none

    raises  PlanError
    """
    try:
        return lay_out(sectors, space)
    except PlanError as error:
        places = _places(sectors, space.first_track, space.next_lba, TAO_GAP_SECTORS)
        raise _with_table(error, names, sectors, places, space, RUN_OUT_SECTORS, stated) from error


def check_row(names: Sequence[str], sectors: Sequence[int], space: Space) -> None:
    """Check that tracks without gaps between them fit, by the lengths that their files state.

    names    what each track is from, for the error
    sectors  the length of each track; 0 if a file states none

    raises  PlanError  as `lay_out_named`
    """
    places = _places(sectors, space.first_track, 0, 0)
    try:
        check_fits(sum(sectors), space)
    except PlanError as error:
        raise _with_table(error, names, sectors, places, space, 0, stated=True) from error


def check_session(names: Sequence[str], layout: SessionLayout, space: Space) -> None:
    """Check that a session fits.  names: what each track is from  raises  PlanError  as `lay_out_named`"""
    try:
        check_fits(layout.lead_out_lba, space)
    except PlanError as error:
        sectors = [track.sectors for track in layout.tracks]
        raise _with_table(error, names, sectors, layout.tracks, space, 0, stated=False) from error


def _places(sectors: Sequence[int], first: int, lba: int, gap: int) -> list[LaidTrack]:
    places = []
    for number, length in enumerate(sectors, first):
        places.append(LaidTrack(number, lba, padded(length)))
        lba = places[-1].end_lba + gap
    return places


def _with_table(
    error: PlanError,
    names: Sequence[str],
    sectors: Sequence[int],
    places: Sequence[LaidTrack],
    space: Space,
    run_out: int,
    stated: bool,
) -> PlanError:
    last_end_lba = space.last_lead_out_lba - run_out
    lines = [f"going by the lengths stated in the files, {error}" if stated else str(error)]
    lines.append(" #     start    length  track")
    full = False
    for name, audio, place in zip(names, sectors, places, strict=False):
        length = "unknown" if stated and not audio else minutes(audio)
        lines.append(f"{place.number:>2}  {minutes(place.start_lba):>8}  {length:>8}  {printable(name)}")
        if place.end_lba > last_end_lba and not full:
            full = True
            there = max(0, last_end_lba - place.start_lba)
            where = f"{minutes(there, down=True)} into this track" if there else "before this track"
            lines.append(f"    ^^^^^^^^ the disc is full here, {where}")
    if space.first_track == 1 and len(sectors) > 1:
        lines.append("--split burns it to several discs")
    return PlanError("\n".join(lines))
