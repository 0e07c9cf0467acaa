"""What is in a drive: the disc, what it says about itself, and the checksums of its audio."""

from __future__ import annotations

from redbook.burning.remembered import known_drive
from redbook.clock import Clock
from redbook.drive import Drive
from redbook.engine import inspect
from redbook.engine.extents import audio_extents
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.labels import DiscLabels, read_labels
from redbook.engine.steps import Procedure, R
from redbook.engine.waiting import resending
from redbook.errors import SenseError
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel


@dataclass(frozen=True, slots=True)
class DiscInfo:
    """A drive and the disc in it.

    labels  what the closed sessions say: CD-Text, MCN, ISRC, pregaps, indexes; empty if not requested
    offset_samples  by which this drive was found to read its own discs late (negative: early); None while
            unknown
    """

    drive: Abilities
    disc: DiscContents
    labels: DiscLabels = DiscLabels()
    offset_samples: int | None = None


def disc_info(
    drive: Drive,
    *,
    labels: bool = True,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> DiscInfo:
    """What the drive is and what is on its disc.

    labels  read CD-Text, MCN, ISRC, pregaps and indexes, too; a real drive takes some seconds for that

    raises  DriveError, Cancelled
    """
    return _disc_info(drive, labels, Caller.of(on_event, cancel, clock))


def _disc_info(drive: Drive, labels: bool, caller: Caller) -> DiscInfo:
    abilities, disc = caller.run(drive, inspect.inspect())
    _, known = known_drive(drive, caller)
    if not labels or disc.toc is None:
        return DiscInfo(abilities, disc, offset_samples=known.offset_samples)
    closed = {track.number for track in disc.toc.tracks}
    labelled = [track for track in disc.tracks if track.number in closed]
    tells_cd_text = abilities.capabilities is not None and abilities.capabilities.cd_text
    found = run_resending(drive, read_labels(labelled, disc.toc, tells_cd_text), caller)
    return DiscInfo(abilities, disc, found, known.offset_samples)


def run_resending(drive: Drive, reading: Procedure[R], caller: Caller) -> R:
    """Run a procedure. A command that the drive did not accept, for example because it was busy, is sent
    again.

    raises  what the procedure raises
    """
    return caller.run(drive, resending(reading, lambda: False))


def read_checksums(
    drive: Drive,
    *,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> dict[int, tuple[str, str, str]]:
    """Read every audio track of a disc: SHA-256, AccurateRip v1 and v2 in hexadecimal, by track number.

    SHA-256 is of the track's own sectors. AccurateRip's sums reach to the next track's start, the gap
    included, or to the lead-out of the track's session, as every ripper counts; a gap that cannot be read
    counts as silence. Data tracks are left out.

    raises  DriveError, Cancelled
    """
    from redbook.audio.checksum import TrackChecksums
    from redbook.engine.verify import read_track

    caller = Caller.of(on_event, cancel, clock)
    tracks = run_resending(drive, audio_extents(_disc_info(drive, False, caller).disc), caller)
    sums = {}
    for track in tracks:
        checksums = TrackChecksums(first=track.first, last=track.last)
        run_resending(drive, read_track(track.start_lba, track.own_sectors, checksums.update), caller)
        gap_sectors = track.sectors - track.own_sectors
        try:
            gap_lba = track.start_lba + track.own_sectors
            run_resending(drive, read_track(gap_lba, gap_sectors, checksums.update_gap), caller)
        except SenseError:  # of run-out and link blocks many drives make nothing
            checksums.fill_gap(gap_sectors)
        sums[track.number] = (checksums.sha256, checksums.accuraterip_v1, checksums.accuraterip_v2)
    return sums
