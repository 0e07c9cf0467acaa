"""A quick look at what was written: does the drive report what it should? No audio is read."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.disc import RUN_OUT_SECTORS
from redbook.disc.layout import LaidTrack
from redbook.engine.events import TrackEnded
from redbook.engine.steps import Procedure
from redbook.engine.toc_check import read_and_check_toc
from redbook.errors import VerificationFailed
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    ReadTrackInformation,
    TrackInformation,
)


def check_track(track: TrackEnded) -> Procedure[None]:
    """Ask the drive where the track just written is, and how long it is.

    raises  VerificationFailed  if the drive reports the track differently from how it was written; SenseError
    """
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
    """Ask the drive for the table of contents and the state of a disc that was just written.

    raises  VerificationFailed  if they are not what they should be; SenseError
    """
    information: DiscInformation = yield ReadDiscInformation()
    wrong = []
    wanted = DiscStatus.COMPLETE if finalized else DiscStatus.APPENDABLE
    if information.status is not wanted:
        wrong.append(f"the disc is {information.status.name.lower()}, not {wanted.name.lower()}")
    places = [LaidTrack(t.number, t.start_lba, t.sectors) for t in tracks]
    wrong += (yield from read_and_check_toc(places, placed=True)).wrong
    if wrong:
        raise VerificationFailed(f"the drive says: {', '.join(wrong)}")
