"""From requested tracks and available space to a checked layout of sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from redbook.disc import (
    LAST_LBA,
    MOST_TRACKS,
    PREGAP_SECTORS,
    RUN_OUT_SECTORS,
    SECTORS_PER_SECOND,
    SHORTEST_TRACK_SECTORS,
    TAO_GAP_SECTORS,
    minutes,
)
from redbook.disc.layout import LaidTrack, Pregap, SessionLayout, behind_run_out
from redbook.disc.padding import padded
from redbook.errors import PlanError
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Space:
    """Where the next track may start and how far the disc goes.

    first_track       number of the next track
    next_lba          next writable address
    last_lead_out_lba last possible start of the lead-out
    """

    first_track: int
    next_lba: int
    last_lead_out_lba: int

    @property
    def free_sectors(self) -> int:
        """For one track: what is left for its audio."""
        return max(0, self.last_lead_out_lba - self.next_lba - RUN_OUT_SECTORS)

    @property
    def holds_a_track(self) -> bool:
        """Whether the shortest possible track would fit."""
        return self.first_track <= MOST_TRACKS and self.free_sectors >= SHORTEST_TRACK_SECTORS


def lay_out(audio_sectors: Sequence[int], space: Space) -> SessionLayout:
    """Place tracks of these lengths one after the other, as track-at-once does.

    A track shorter than 4 s is padded (`disc.padding`). Between two tracks are 2 sectors of run-out and
    150 of pregap; the drive writes both.

    raises  PlanError  for no track, more than 99, or too little space
    source  MMC-5 4.2.3.6; the addresses measured on real discs
    """
    if not audio_sectors:
        raise PlanError("nothing to burn: no track was given")
    last_number = space.first_track + len(audio_sectors) - 1
    if last_number > MOST_TRACKS:
        there = f", and {space.first_track - 1} are on the disc already" if space.first_track > 1 else ""
        raise PlanError(
            f"{len(audio_sectors)} tracks were given{there}; a CD holds at most {MOST_TRACKS}: "
            f"leave out {last_number - MOST_TRACKS}, or use a second disc"
        )
    tracks = []
    lba = space.next_lba
    for number, audio in enumerate(audio_sectors, space.first_track):
        tracks.append(LaidTrack(number, lba, padded(audio), PREGAP_SECTORS, Pregap.BY_DRIVE))
        lba = tracks[-1].end_lba + TAO_GAP_SECTORS
    layout = SessionLayout(tuple(tracks), behind_run_out(tracks[-1]))
    check_fits(layout.lead_out_lba, space)
    return layout


def _in_words(sectors: int) -> str:
    """Sectors, and as time if they are a second."""
    plain = f"{sectors} sector{'' if sectors == 1 else 's'}"
    return plain if sectors < SECTORS_PER_SECOND else f"{minutes(sectors)} ({plain})"


def overburned(space: Space) -> Space:
    """The same up to the last address that a CD can have, whatever the disc says."""
    return replace(space, last_lead_out_lba=LAST_LBA)


def check_fits(lead_out_lba: int, space: Space) -> None:
    """Whether a layout with this lead-out fits on the disc.

    raises  PlanError  where the lead-out would begin too late
    """
    if lead_out_lba > LAST_LBA:
        raise PlanError(
            f"it does not fit: {minutes(lead_out_lba)} are needed, and no CD has more than 99:59:74; leave "
            "something out, or use several discs"
        )
    if lead_out_lba > space.last_lead_out_lba:
        over = lead_out_lba - space.last_lead_out_lba
        raise PlanError(
            f"it does not fit: {minutes(lead_out_lba - space.next_lba)} are needed, including pauses, but "
            f"{minutes(max(0, space.last_lead_out_lba - space.next_lba), down=True)} are free on this disc; "
            f"that is {_in_words(over)} too much: "
            "leave out a track, or use a longer disc"
        )
