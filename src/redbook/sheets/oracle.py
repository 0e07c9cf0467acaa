"""What a sheet says about the disc that it was made from, to choose between ways to read it.

REM DISCID (freedb) and REM ACCURATERIPID are computed from where a disc's tracks begin, so they show which of
two readings is the right one. Many sheets have the ones of another pressing, which decide nothing.
"""

from __future__ import annotations

from redbook.disc import Toc
from redbook.records import dataclass
from redbook.sheets.options import Notebook


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Each with its line; None if the sheet has none."""

    freedb: tuple[str, int] | None
    accuraterip: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Reading:
    """toc: the table of contents that results; None if a length is not known"""

    toc: Toc | None


def decide(identifiers: Identifiers, readings: list[Reading], notes: Notebook) -> tuple[int, str, bool]:
    """Which reading fits, why (in words), and whether that is proven; the first if nothing decides.

    AccurateRip's identifier counts sectors and comes first; freedb's counts seconds, and may fit both.
    """
    left = list(range(len(readings)))
    why = ""
    for name, identifier, of in (
        ("REM ACCURATERIPID", identifiers.accuraterip, _accuraterip),
        ("REM DISCID", identifiers.freedb, _freedb),
    ):
        if identifier is None:
            continue
        stated, line = identifier
        tocs = [(place, reading.toc) for place, reading in enumerate(readings) if reading.toc is not None]
        if len(tocs) < len(readings):
            if len(readings) > 1:
                notes.note(f"{name} could not be used: the length of a file is not known yet", line)
            continue
        fitting = [place for place, toc in tocs if of(toc) == stated]
        if not fitting:
            found = of(tocs[0][1])
            notes.note(
                f"{name} {stated} is not that of this disc, which is {found}; it may be of another pressing",
                line,
            )
        elif [place for place in fitting if place in left] and len(fitting) < len(readings):
            left = [place for place in left if place in fitting]
            why = why or f"{name} {stated} fits that only"
    proven = len(readings) > 1 and len(left) == 1
    return left[0], why, proven


def _accuraterip(toc: Toc) -> str:
    return toc.accuraterip_id.partition("-")[2]


def _freedb(toc: Toc) -> str:
    return toc.freedb_id
