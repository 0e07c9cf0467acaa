"""A quick look at what was written: does the drive say of it what it should? No audio is read."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.disc import RUN_OUT_SECTORS
from redbook.engine.events import TrackEnded
from redbook.engine.steps import Procedure
from redbook.errors import VerificationFailed
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    ReadToc,
    ReadTrackInformation,
    TrackInformation,
)


def check_track(track: TrackEnded) -> Procedure[None]:
    """raises  VerificationFailed  if the drive knows the track otherwise than it was written; SenseError"""
    found: TrackInformation = yield ReadTrackInformation(track.number)
    wrong = []
    if found.number != track.number or found.start_lba != track.start_lba:
        wrong.append(f"track {found.number} starts at sector {found.start_lba}, not at {track.start_lba}")
    # Drives count the run-out in, or not.
    if not track.sectors <= found.track_sectors <= track.sectors + RUN_OUT_SECTORS:
        wrong.append(f"it has {found.track_sectors} sectors instead of {track.sectors}")
    if found.blank:
        wrong.append("it is blank")
    if found.damaged:
        wrong.append("it is damaged")
    if wrong:
        raise VerificationFailed(f"the drive says of track {track.number}: {', '.join(wrong)}")


def check_disc(tracks: Sequence[TrackEnded], finalized: bool) -> Procedure[None]:
    """raises  VerificationFailed  if table of contents or status are not what they should be; SenseError"""
    information: DiscInformation = yield ReadDiscInformation()
    wrong = []
    wanted = DiscStatus.COMPLETE if finalized else DiscStatus.APPENDABLE
    if information.status is not wanted:
        wrong.append(f"the disc is {information.status.name.lower()}, not {wanted.name.lower()}")
    toc = yield ReadToc()
    found = [(track.number, track.start_lba) for track in toc.tracks]
    if found != [(track.number, track.start_lba) for track in tracks]:
        wrong.append(
            f"its table of contents has {len(found)} tracks, not the {len(tracks)} that were written"
        )
    end = tracks[-1].start_lba + tracks[-1].sectors
    if not end <= toc.lead_out_lba <= end + RUN_OUT_SECTORS:
        wrong.append(f"its lead-out starts at sector {toc.lead_out_lba}, the last track ends at {end}")
    if wrong:
        raise VerificationFailed(f"the drive says: {', '.join(wrong)}")
