"""What `info` finds on a disc beside its table of contents; the disc was written by session-at-once."""

from __future__ import annotations

import pytest

import redbook
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.labels import TrackLabels
from redbook.errors import Sense
from redbook.mmc.disc_info import ReadCdText
from redbook.mmc.playback import ReadSubChannel
from redbook.mmc.read import ReadCd
from redbook.virtual.faults import Fault
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, write_track
from tests.support.sessions import Wanted, burn_at_once

TRACKS = (
    Wanted(1000, 150 + 75, (300, 301, 999), "DEABC2500001", control=2),
    Wanted(400, 0, (), "", control=1),
    Wanted(510, 150, (450,), "DEABC2500003"),
    Wanted(2000, 1),
)
SECTORS = sum(t.sectors + t.pregap_sectors for t in TRACKS)


@pytest.fixture
def full(drive: Drive) -> Drive:
    burn_at_once(drive, TRACKS, bytes(SECTORS * SECTOR_BYTES), mcn="4006381333931")
    return drive


def test_codes_pregaps_and_indexes_are_those_of_the_cue_sheet(full: Drive) -> None:
    labels = redbook.disc_info(full).labels
    assert labels.mcn == "4006381333931"
    assert labels.tracks == (
        TrackLabels(1, "DEABC2500001", 225, (75 + 300, 75 + 301, 75 + 999)),
        TrackLabels(2, "", 0, ()),
        TrackLabels(3, "DEABC2500003", 150, (75 + 1000 + 400 + 150 + 450,)),
        TrackLabels(4, "", 1, ()),
    )


def test_a_disc_without_indexes_costs_few_reads(drive: Drive, recorder: VirtualRecorder) -> None:
    """A real drive needs a tenth of a second for each seek."""
    for _ in range(5):
        write_track(drive, 300)
    close_session(drive)
    reads = Fault(Sense(0), ReadCd, times=0)
    recorder.faults.append(reads)
    labels = redbook.disc_info(drive).labels
    assert [track.pregap_sectors for track in labels.tracks] == [150] * 5
    assert reads._seen <= 5 * 4


def test_a_drive_that_cannot_tell_is_no_failure(full: Drive, recorder: VirtualRecorder) -> None:
    for command in (ReadCdText, ReadSubChannel, ReadCd):
        recorder.faults.append(Fault(Sense(5, 0x20, 0), command, times=None))
    info = redbook.disc_info(full)
    assert info.labels.mcn == ""
    assert info.labels.of(1) == TrackLabels(1, "", 225)
    assert info.labels.of(3) == TrackLabels(3)
    assert len(info.disc.tracks) == 4


def test_labels_are_not_read_where_they_are_not_asked_for(full: Drive, recorder: VirtualRecorder) -> None:
    recorder.faults.append(Fault(Sense(3, 0x11, 0), ReadCd, times=None))
    reads = recorder.faults[-1]
    assert redbook.disc_info(full, labels=False).labels.tracks == ()
    assert reads._seen == 0
