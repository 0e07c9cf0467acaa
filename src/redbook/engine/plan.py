"""Tracks asked for, and the space there is, to a checked layout of sectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redbook.disc import (
    MOST_TRACKS,
    RUN_OUT_SECTORS,
    SHORTEST_TRACK_SECTORS,
    TAO_GAP_SECTORS,
    duration,
)
from redbook.errors import PlanError


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
        """Whether the shortest track there is would fit."""
        return self.first_track <= MOST_TRACKS and self.free_sectors >= SHORTEST_TRACK_SECTORS


@dataclass(frozen=True, slots=True)
class PlannedTrack:
    """One track as it will lie on the disc.

    audio_sectors  what the source has, the last one padded
    sectors        what is sent: at least 300
    """

    number: int
    start_lba: int
    audio_sectors: int
    sectors: int

    @property
    def end_lba(self) -> int:
        return self.start_lba + self.sectors


@dataclass(frozen=True, slots=True)
class Layout:
    """All tracks of a job on the disc it was planned for."""

    tracks: tuple[PlannedTrack, ...]
    space: Space

    @property
    def sectors(self) -> int:
        """To be sent, without gaps."""
        return sum(track.sectors for track in self.tracks)

    @property
    def lead_out_lba(self) -> int:
        return self.tracks[-1].end_lba + RUN_OUT_SECTORS

    @property
    def free_sectors_after(self) -> int:
        return self.space.last_lead_out_lba - self.lead_out_lba


def lay_out(audio_sectors: Sequence[int], space: Space) -> Layout:
    """Place tracks of these lengths one after the other, as track-at-once does.

    Between two tracks lie 2 sectors of run-out and 150 of pregap; the drive writes both.

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
        track = PlannedTrack(number, lba, audio, max(audio, SHORTEST_TRACK_SECTORS))
        tracks.append(track)
        lba = track.end_lba + TAO_GAP_SECTORS
    layout = Layout(tuple(tracks), space)
    if layout.free_sectors_after < 0:
        over = -layout.free_sectors_after
        raise PlanError(
            f"it does not fit: {duration(layout.lead_out_lba - space.next_lba)} are needed with the gaps, "
            f"{duration(max(0, space.last_lead_out_lba - space.next_lba))} are free on this disc; "
            f"that is {over} sector{'s' if over > 1 else ''} ({duration(over)}) too much: "
            "leave out a track, or use a longer disc"
        )
    return layout
