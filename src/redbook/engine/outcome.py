"""How to burn, what a burn has done so far, and how both are reported."""

from __future__ import annotations

from dataclasses import field

from redbook.disc import PREGAP_SECTORS, SECTORS_PER_SECOND, Msf
from redbook.disc.layout import LaidTrack
from redbook.engine.events import TrackEnded
from redbook.engine.inspect import DiscContents
from redbook.engine.plan import Space
from redbook.engine.speed import Speeds
from redbook.errors import (
    BurnFailed,
    Cancelled,
    DeviceReset,
    DriveGone,
    EndOfUserArea,
    LossOfStreaming,
    MediumChanged,
    MediumError,
    NoMedium,
    NotCommitted,
    SenseError,
)
from redbook.mmc.disc_info import DiscStatus
from redbook.quirks import Quirks
from redbook.records import dataclass

SHORTEST_MEASURED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How to burn.

    speed                multiple of 1x, MAX_SPEED for as fast as the drive can; None for the one that is
                         recommended for audio on this disc
    test_write           laser off: everything but the burning
    finalize             close the session when the last track is done; else leave it open
    append               add to a disc that has tracks already
    pure_cav             turn the disc at a constant rate, if the drive offers that
    underrun_protection  let the drive pause the laser when data are late
    real_time            the transport leads to a device: a burn that is too fast did not happen
    """

    speed: float | None = None
    test_write: bool = False
    finalize: bool = True
    append: bool = False
    pure_cav: bool = False
    underrun_protection: bool = True
    real_time: bool = False


@dataclass(slots=True)
class Pace:
    """How fast a drive takes sectors, without those that only fill its buffer."""

    sectors: int = 0
    seconds: float = 0.0

    def add(self, sectors: int, seconds: float) -> None:
        self.sectors += sectors
        self.seconds += seconds

    @property
    def speed(self) -> float | None:
        """Multiple of 1x; None if too little was written to say."""
        if self.sectors <= 0 or self.seconds < SHORTEST_MEASURED_SECONDS:
            return None
        return self.sectors / SECTORS_PER_SECOND / self.seconds


@dataclass(slots=True)
class DriveInUse:
    """What a burn has learned about its drive, and set.

    buffer_bytes   of the drive; 0 if it does not say
    protection     whether the laser pauses when data are late
    speed          multiple of 1x that it has chosen; None if it does not say
    speeds, quirks what it offers for the disc, and what is known about the model
    real_time      whether a burn that is too fast did not happen
    status_before  of the disc
    rewritable     whether the disc can be erased
    page_in_doubt  another program has changed the write parameters, perhaps
    pace           how fast it has really been
    """

    buffer_bytes: int = 0
    protection: bool = True
    speed: float | None = None
    speeds: Speeds = field(default_factory=Speeds)
    quirks: Quirks = field(default_factory=Quirks)
    real_time: bool = False
    status_before: DiscStatus | None = None
    page_in_doubt: bool = False
    pace: Pace = field(default_factory=Pace)
    rewritable: bool = False


@dataclass(slots=True)
class Outcome:
    """What a burn has done so far; filled in as it goes.

    ended      whole tracks
    sent       sectors of the track that is open now
    cut_short  a track that was ended before all of it was sent, and how many sectors were
    touched    whether a WRITE was sent
    space      where the drive wants the track after the last one; None if it did not say
    found      what the drive said about the disc after a burn that broke off; unknown: why it said nothing
    full       whether the drive has refused more for lack of room
    changed    whether the drive said, once the burn had begun, that its disc may have been changed
    exchanged  whether the disc was taken out, and another one is now in the drive

    drive      that is used; the same for all tracks of a disc

    Of a session written at once:
    cue_sheet_form the name of the form in which the drive took the cue sheet
    lead_in_start  of the disc, as the drive says it
    lead_in_sent   whether a WRITE into the lead-in was accepted
    seconds        from the first WRITE to the last
    """

    drive: DriveInUse = field(default_factory=DriveInUse)
    ended: list[TrackEnded] = field(default_factory=list)
    open_track: LaidTrack | None = None
    cut_short: tuple[LaidTrack, int] | None = None
    sent: int = 0
    touched: bool = False
    closed: bool = False
    found: DiscContents | None = None
    unknown: str = ""
    full: bool = False
    changed: bool = False
    exchanged: bool = False
    lba: int | None = None
    space: Space | None = None
    cue_sheet_form: str = ""
    lead_in_start: Msf | None = None
    lead_in_sent: bool = False
    seconds: float = 0.0

    def next_track(self, ended: list[TrackEnded]) -> Outcome:
        """The outcome of one more track with the same drive, after those that have ended."""
        return Outcome(self.drive, ended)

    def doubt_page(self) -> None:
        self.drive.page_in_doubt = True

    def note_change(self) -> None:
        """The drive says that its disc may have been changed: that matters once something is on it."""
        self.changed = self.changed or self.begun

    @property
    def begun(self) -> bool:
        """Whether anything of this job may be on the disc.

        From then on a disc that has changed, or a drive that was reset, ends the burn; before that the disc
        is inspected again.
        """
        return self.touched or bool(self.ended)


def note_what_it_says(first: Exception, outcome: Outcome) -> None:
    """Put into `outcome` what the first error itself says about the disc: that it is full, or another one."""
    outcome.full = _is_full(first)
    if (outcome.changed or isinstance(first, MediumChanged | NoMedium)) and not _is_the_same_disc(outcome):
        outcome.exchanged = True


def broken_off(first: Exception, outcome: Outcome, now: str) -> Exception:
    """The error of a burn that broke off.  now: what is on the disc, in words"""
    if isinstance(first, Cancelled):
        return Cancelled(f"cancelled; {now}", now)
    if isinstance(first, NotCommitted):
        return NotCommitted(f"{first}\n{now}", first.reason, now)
    why = f"{first}{advice_for(first, outcome)}"
    track = outcome.open_track or (outcome.cut_short[0] if outcome.cut_short else None)
    if track is None:
        number = outcome.ended[-1].number if outcome.ended else 0
        return BurnFailed(f"the burn failed after track {number}: {why}\n{now}", now, number)
    where = f"in track {track.number}"
    if outcome.lba is not None:
        where = f"{_place_in_words(outcome.lba, track)} (LBA {outcome.lba})"
    return BurnFailed(f"the burn failed {where}: {why}\n{now}", now, track.number, outcome.lba)


def _place_in_words(lba: int, track: LaidTrack) -> str:
    if lba < -PREGAP_SECTORS:
        return "in the lead-in"
    if lba < track.start_lba:
        return f"in the pregap of track {track.number}"
    return f"at sector {lba - track.start_lba} of track {track.number}"


_FULL = ((3, 0x73, 0x02), (3, 0x73, 0x05))
"""Its power calibration area, its list of tracks: no speed frees space there."""


def _is_full(error: Exception) -> bool:
    """Whether the disc accepts no more, whatever is free."""
    if isinstance(error, EndOfUserArea):
        return True
    if not isinstance(error, SenseError):
        return False
    return (error.sense.key, error.sense.asc, error.sense.ascq) in _FULL


def _is_the_same_disc(outcome: Outcome) -> bool:
    """Whether the last track that was written is the last one on the disc that is in the drive now."""
    if outcome.found is None:
        return True  # it is not known, which is told
    ours = outcome.cut_short[0] if outcome.cut_short else outcome.open_track
    number = ours.number if ours else outcome.ended[-1].number if outcome.ended else 0
    start_lba = ours.start_lba if ours else outcome.ended[-1].start_lba if outcome.ended else 0
    there = [*outcome.found.tracks, outcome.found.open_track]
    return any(t is not None and (t.number, t.start_lba) == (number, start_lba) for t in there)


def advice_for(first: Exception, outcome: Outcome) -> str:
    """What to try next, besides what the error itself says; on a separate line."""
    if isinstance(first, LossOfStreaming) or (isinstance(first, MediumError) and not _is_full(first)):
        gentler = outcome.drive.speeds.gentler(outcome.drive.speed)
        if gentler is not None:
            return f"\ntry the next disc at {gentler}x (--speed {gentler})"
    if isinstance(first, DeviceReset | DriveGone) and not outcome.sent and not outcome.ended:
        return (
            "\na drive powered by its USB port can lose power when the laser switches to write power: try "
            "another port, a hub with its own power, or a cable with two plugs"
        )
    return ""


EXCHANGED = (
    "the disc in the drive now does not hold what was written; it seems to be another disc, and it is not "
    "known what is on the previous one: put that one back, and look at it with `redbook info`"
)

TEST_WRITE = "it was a test write: the disc is as it was before"


def not_known(why: str) -> str:
    """The words for a disc about which the drive reports nothing.  why: what it answered"""
    return f"it is not known what is on the disc, because the drive does not report it ({why})"


def disc_now(outcome: Outcome, settings: Settings) -> str:
    """What is on the disc, in words: as the drive says if it was asked, otherwise as it was written."""
    if settings.test_write:
        return TEST_WRITE
    if outcome.exchanged:
        return EXCHANGED
    if outcome.unknown:
        return not_known(outcome.unknown)
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
        what = f"the first {sent / SECTORS_PER_SECOND:.1f} s of" if sent else "perhaps nothing of"
        parts.append(f"{what} track {track.number}")
    unfinished = outcome.found.open_track if outcome.found else None
    if unfinished is not None:
        parts.append(f"the unfinished track {unfinished.number}")
    holds = " and ".join(parts) if parts else "nothing new"
    closed = outcome.closed if outcome.found is None else outcome.found.status is DiscStatus.COMPLETE
    state = "its session is closed, so players can play it"
    if not closed:
        room = None if outcome.found is None else outcome.found.space
        full = outcome.full or (outcome.found is not None and (room is None or not room.holds_a_track))
        more = "and no more tracks can be added" if full else "and tracks can be added (--append)"
        state = f"its session is open, so players cannot play it until it is closed (`redbook close`), {more}"
    return f"the disc now holds {holds}; {state}"
