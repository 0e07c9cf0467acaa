"""How to burn, what a burn has done so far, and how both are told."""

from __future__ import annotations

from dataclasses import dataclass, field

from redbook.disc import SECTORS_PER_SECOND
from redbook.engine.events import TrackEnded
from redbook.engine.inspect import DiscContents
from redbook.engine.plan import PlannedTrack, Space
from redbook.errors import BurnFailed, Cancelled
from redbook.mmc.disc_info import DiscStatus


@dataclass(frozen=True, slots=True)
class Settings:
    """How to burn.

    speed                multiple of 1x; None for as fast as the drive can
    test_write           laser off: everything but the burning
    finalize             close the session when the last track is done; else leave it open
    append               add to a disc that has tracks already
    pure_cav             turn the disc at a constant rate, if the drive offers that
    underrun_protection  let the drive pause the laser when data are late
    """

    speed: float | None = None
    test_write: bool = False
    finalize: bool = True
    append: bool = False
    pure_cav: bool = False
    underrun_protection: bool = True


@dataclass(slots=True)
class Outcome:
    """What a burn has done so far; filled in as it goes.

    ended      whole tracks
    sent       sectors of the track that is open now
    cut_short  a track that was ended before all of it was sent, and how many sectors were
    touched    whether a WRITE was sent
    space      where the drive wants the track after the last one; None where it did not say
    found      what the drive said of the disc after a burn that broke off; unknown: why it said nothing
    """

    ended: list[TrackEnded] = field(default_factory=list)
    open_track: PlannedTrack | None = None
    cut_short: tuple[PlannedTrack, int] | None = None
    sent: int = 0
    touched: bool = False
    closed: bool = False
    buffer_bytes: int = 0
    found: DiscContents | None = None
    unknown: str = ""
    protection: bool = True
    speed: float | None = None
    lba: int | None = None
    space: Space | None = None


def broken_off(first: Exception, outcome: Outcome, settings: Settings) -> Exception:
    now = disc_now(outcome, settings)
    if isinstance(first, Cancelled):
        return Cancelled(f"cancelled; {now}", now)
    track = outcome.open_track or (outcome.cut_short[0] if outcome.cut_short else None)
    if track is None:
        number = outcome.ended[-1].number if outcome.ended else 0
        return BurnFailed(f"the burn broke off after track {number}: {first}\n{now}", now, number)
    where = f"in track {track.number}"
    if outcome.lba is not None:
        where = f"at sector {outcome.lba - track.start_lba} of track {track.number} (LBA {outcome.lba})"
    return BurnFailed(f"the burn broke off {where}: {first}\n{now}", now, track.number, outcome.lba)


def disc_now(outcome: Outcome, settings: Settings) -> str:
    """What is on the disc, in words: as the drive says where it was asked, else as it was written."""
    if settings.test_write:
        return "it was a test write: the disc is as it was before"
    if outcome.unknown:
        return f"what is on the disc is not known, for the drive does not say ({outcome.unknown})"
    there = None if outcome.found is None else {track.number for track in outcome.found.tracks}
    if outcome.found is not None and outcome.found.status is DiscStatus.BLANK:
        return "the disc is still blank"
    parts = []
    numbers = [track.number for track in outcome.ended if there is None or track.number in there]
    if numbers:
        span = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        parts.append(f"track{'s' if len(numbers) > 1 else ''} {span} whole")
    if outcome.cut_short is not None and (there is None or outcome.cut_short[0].number in there):
        track, sent = outcome.cut_short
        parts.append(f"the first {sent / SECTORS_PER_SECOND:.1f} s of track {track.number}")
    unfinished = outcome.found.open_track if outcome.found else None
    if unfinished is not None:
        parts.append(f"the begun and not ended track {unfinished.number}")
    holds = " and ".join(parts) if parts else "nothing new"
    closed = outcome.closed if outcome.found is None else outcome.found.status is DiscStatus.COMPLETE
    state = (
        "its session is closed, so players can play it"
        if closed
        else "its session is open, so players cannot play it, and tracks can be added"
    )
    return f"the disc now holds {holds}; {state}"
