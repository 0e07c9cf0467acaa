"""Where the next track may go and how far: what the drive says, compared with what else it says.

A wrong value here costs a disc, so each is compared with a second one where the drive has one.
docs/replies.md says what is compared with what.
"""

from __future__ import annotations

from collections.abc import Sequence

from redbook.disc import PREGAP_SECTORS, SHORTEST_DISC_SECTORS, SHORTEST_TRACK_SECTORS, TAO_GAP_SECTORS, Msf
from redbook.engine.plan import Space
from redbook.engine.steps import Procedure
from redbook.errors import Contradiction, IllegalRequest, SenseError
from redbook.mmc.disc_info import (
    Atip,
    DiscInformation,
    DiscStatus,
    ReadTrackInformation,
    TrackInformation,
)

AGREEING_SECTORS = SHORTEST_DISC_SECTORS
"""Two statements on how far the disc goes that differ by no more than this agree: drives include run-out,
pregap and a reserve for the lead-out, or they do not."""


def find_space(
    information: DiscInformation, atip: Atip | None, recorded: Sequence[TrackInformation] | None = None
) -> Procedure[Space | None]:
    """Where the next track starts; always asked, never computed (MMC-5 6.27: depends on page 05h).

    recorded  the ended tracks on the disc, all of them; None if that is not known

    raises  Contradiction  where the drive says two things that cannot both be true
            InvalidReply
    """
    blank = information.status is DiscStatus.BLANK
    try:
        track: TrackInformation = yield ReadTrackInformation()
    except IllegalRequest:
        limit = information.last_lead_out or (atip.last_lead_out if atip else None)
        # A blank disc takes a first track, whatever the drive makes of the question.
        return Space(1, 0, _as_lba(limit)) if blank and limit else None
    except SenseError:
        return None
    if track.next_writable_lba is None:
        return None
    start = track.next_writable_lba
    number = track.number
    if blank:  # Pioneer BDR-205, LITE-ON LTR-48125S: -150 on a blank disc in any mode
        start = max(start, track.start_lba, 0)
        _check_blank(track, start)
    else:
        _check_appendable(track, start, recorded)
        if not track.blank:  # begun and never ended: it will be, and the next one comes after it
            number += 1
            start = max(start, track.start_lba + SHORTEST_TRACK_SECTORS) + TAO_GAP_SECTORS
    return Space(number, start, _last_lead_out(information, atip, track, max(track.next_writable_lba, 0)))


def _as_lba(limit: Msf) -> int:
    """Also beyond minute 90, which means the lead-in for `Msf.lba`."""
    return limit.sectors - PREGAP_SECTORS


def _check_blank(track: TrackInformation, start: int) -> None:
    """raises  Contradiction  if what the drive says about the next track does not fit a blank disc"""
    if track.number != 1 or start > 0:
        raise _contradiction(
            "the drive calls the disc blank, and says that the next track on it will be number "
            f"{track.number}, at sector {start}"
        )


def _check_appendable(
    track: TrackInformation, start: int, recorded: Sequence[TrackInformation] | None
) -> None:
    """raises  Contradiction  if the next track does not follow the existing ones"""
    if start < 0:
        raise _contradiction(
            f"the drive says that the next sector to be written is {start}, and that the disc is not blank"
        )
    if not recorded:
        return
    last = recorded[-1]
    if track.number != last.number + 1:
        raise _contradiction(
            f"the drive says that the last track on the disc is number {last.number}, and the next one "
            f"{track.number}"
        )
    end = last.start_lba + last.track_sectors
    if start < end:
        raise _contradiction(
            f"the drive says that track {last.number} reaches to sector {end - 1}, and that sector {start} "
            "is to be written next"
        )


def _last_lead_out(
    information: DiscInformation, atip: Atip | None, track: TrackInformation, start: int
) -> int:
    """The last possible start of the lead-out: the shortest counts if they differ by much.

    start  from where the drive counts the free sectors

    raises  Contradiction  if nothing states it
    """
    ends = [
        _as_lba(limit) for limit in (information.last_lead_out, atip.last_lead_out if atip else None) if limit
    ]
    free = track.free_sectors_or_none
    if free is not None:
        ends.append(start + free)
    if not ends:
        raise _contradiction(
            "the drive says that a track can be written, but not how much room there is for it"
        )
    return ends[0] if ends[0] - min(ends) <= AGREEING_SECTORS else min(ends)


def _contradiction(what: str) -> Contradiction:
    return Contradiction(
        f"{what}; nothing was written: take the disc out and put it in again; if that does not help, use "
        "another disc"
    )
