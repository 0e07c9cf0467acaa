"""What `info` finds on a disc beside its table of contents; the disc was written by session-at-once."""

from __future__ import annotations

import pytest

import redbook
from redbook.drive import Drive
from redbook.engine.labels import TrackLabels
from redbook.errors import Sense
from redbook.mmc.disc_info import ReadCdText
from redbook.mmc.playback import ReadSubChannel
from redbook.mmc.read import ReadCd
from redbook.virtual.faults import BadSpot, Fault
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import entry, isrc, lead_in, lead_out, mcn, write_session
from tests.support.drives import close_session, loaded_again, write_track

ISRC_1, ISRC_3, MCN = "DEABC2500001", "DEABC2500003", "4006381333931"
SHEET = (
    mcn(MCN)
    + lead_in()
    + isrc(1, ISRC_1, control=2)
    + entry(0x21, 1, 0, 0, -150)
    + entry(0x21, 1, 1, 0, 75)  # a hidden track of a second before it
    + entry(0x21, 1, 2, 0, 375)
    + entry(0x21, 1, 3, 0, 376)
    + entry(0x21, 1, 4, 0, 1074)  # its last sector
    + entry(0x11, 2, 1, 0, 1075)  # without a pregap
    + isrc(3, ISRC_3)
    + entry(0x01, 3, 0, 0, 1475)
    + entry(0x01, 3, 1, 0, 1625)
    + entry(0x01, 3, 2, 0, 2075)
    + entry(0x01, 4, 0, 0, 2135)  # a pregap of one sector
    + entry(0x01, 4, 1, 0, 2136)
    + lead_out(4136)
)


@pytest.fixture
def full(drive: Drive) -> Drive:
    write_session(drive, SHEET, 4136)
    return loaded_again(drive)


def test_codes_pregaps_and_indexes_are_those_of_the_cue_sheet(full: Drive) -> None:
    labels = redbook.disc_info(full).labels
    assert labels.mcn == MCN
    assert labels.tracks == (
        TrackLabels(1, ISRC_1, 225, (375, 376, 1074)),
        TrackLabels(2, "", 0, ()),
        TrackLabels(3, ISRC_3, 150, (2075,)),
        TrackLabels(4, "", 1, ()),
    )


def test_a_disc_without_indexes_costs_few_reads(drive: Drive, recorder: VirtualRecorder) -> None:
    """A real drive needs a tenth of a second for each seek."""
    for _ in range(5):
        write_track(drive, 300)
    close_session(drive)
    loaded_again(drive)
    reads = Fault(Sense(0), ReadCd, nth=1_000_000)  # counts them, and never strikes
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


def with_places(*lbas: int) -> bytes:
    """Track 1 with indexes there, then track 2 behind a pregap; MCN and ISRC in Q."""
    sheet = mcn(MCN) + lead_in() + isrc(1, ISRC_1) + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0)
    for index, lba in enumerate(lbas[:-1], 2):
        sheet += entry(1, 1, index, 0, lba)
    return sheet + entry(1, 2, 0, 0, lbas[-1]) + entry(1, 2, 1, 0, 800) + lead_out(1200)


@pytest.mark.parametrize("shift", range(100))
def test_places_are_exact_wherever_mcn_and_isrc_stand(shift: int, drive: Drive) -> None:
    """A sector in a hundred has the MCN, another the ISRC, in place of the place."""
    places = (300 + shift, 301 + shift, 450 + shift, 600 + shift)
    write_session(drive, with_places(*places), 1200)
    loaded_again(drive)
    labels = redbook.disc_info(drive).labels
    assert labels.tracks[0].indexes == places[:-1]
    assert labels.tracks[1].pregap_sectors == 800 - places[-1]


@pytest.mark.parametrize("skew", [-2, -1, 1, 2])
def test_a_drive_whose_q_is_that_of_a_sector_close_by(skew: int, drive: Drive) -> None:
    """Q says of which sector it is."""
    write_session(drive, with_places(333, 555), 1200)
    loaded_again(drive)
    inner = drive.run

    def run(command: object) -> object:
        if isinstance(command, ReadCd) and command.lba + skew < 1200:
            command = ReadCd(command.lba + skew, command.sectors, selection=command.selection)
        return inner(command)  # type: ignore[arg-type]

    drive.run = run  # type: ignore[method-assign, assignment]
    labels = redbook.disc_info(drive).labels
    assert labels.tracks[0].indexes == (333,)
    assert labels.tracks[1].pregap_sectors == 800 - 555


def test_a_place_that_cannot_be_read_is_not_guessed(drive: Drive, recorder: VirtualRecorder) -> None:
    write_session(drive, with_places(333, 555), 1200)
    loaded_again(drive)
    recorder.bad_spots.append(BadSpot(10, 540))
    labels = redbook.disc_info(drive).labels
    assert labels.tracks[0].indexes == ()
