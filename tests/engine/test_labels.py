"""What `info` finds on a disc beside its table of contents; the disc was written by session-at-once."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import pytest

import redbook
from redbook.disc import cd_text
from redbook.disc.layout import Item, LaidTrack, SessionLayout
from redbook.drive import Drive
from redbook.engine.labels import DiscLabels
from redbook.errors import Sense
from redbook.mmc.disc_info import ReadCdText, ReadFullToc, TrackInformation
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.read import ReadCd
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.virtual.faults import BadSpot, Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import (
    announce,
    entry,
    isrc,
    lead_in,
    lead_out,
    mcn,
    write_from,
    write_session,
)
from tests.support.drives import close_session, loaded_again, model, ready, write_track

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
        LaidTrack(1, 75, 1000, 225, indexes=(375, 376, 1074), control=2, isrc=ISRC_1),
        LaidTrack(2, 1075, 400, control=1),
        LaidTrack(3, 1625, 510, 150, indexes=(2075,), isrc=ISRC_3),
        LaidTrack(4, 2136, 2000, 1),
    )
    assert labels.untold == frozenset()
    (session,) = labels.sessions
    assert (session.lead_out_lba, session.first_lba, session.cd_text) == (4136, -150, b"")


def test_a_pregap_that_the_drive_counts_to_the_track_before_is_not_of_that(full: Drive) -> None:
    inner = full.run

    def run(command: object) -> object:
        reply = inner(command)  # type: ignore[arg-type]
        if isinstance(reply, TrackInformation) and reply.number == 2:
            return replace(reply, track_sectors=400 + 150)
        return reply

    full.run = run  # type: ignore[method-assign, assignment]
    assert [track.sectors for track in redbook.disc_info(full).labels.tracks] == [1000, 400, 510, 2000]


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
    assert info.labels.untold == {
        (Item.CD_TEXT, 0),
        (Item.MCN, 0),
        *((item, number) for item in (Item.ISRC, Item.INDEXES) for number in (1, 2, 3, 4)),
        *((Item.PREGAPS, number) for number in (2, 3, 4)),  # that of track 1 follows from where it starts
    }
    assert [info.labels.pregap_sectors(number) for number in (1, 2, 3, 4)] == [225, None, None, None]
    assert [(track.isrc, track.indexes) for track in info.labels.tracks] == [("", ())] * 4
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
    assert (Item.INDEXES, 1) in labels.untold


MEANT = SessionLayout(
    (
        LaidTrack(1, 75, 1000, 225, indexes=(375, 376, 1074), control=2, isrc=ISRC_1),
        LaidTrack(2, 1075, 400, control=1),
        LaidTrack(3, 1625, 510, 150, indexes=(2075,), isrc=ISRC_3),
        LaidTrack(4, 2136, 2000, 1),
    ),
    4136,
    MCN,
)
"""What SHEET says, entry by entry."""


class TestAgainstWhatWasMeant:
    def told(self, sheet: bytes = SHEET, **habits: object) -> DiscLabels:
        drive = ready(VirtualRecorder(Medium.new(), model=model(**habits)))
        write_session(drive, sheet, 4136)
        return redbook.disc_info(loaded_again(drive)).labels

    @pytest.mark.parametrize("answer", ["true", "stale", "late"])
    def test_a_disc_as_it_was_meant_has_no_difference_however_late_its_codes_come(self, answer: str) -> None:
        told = self.told(isrc_answer=answer)
        assert MEANT.differences(told.sessions[0], told.untold) == []
        assert not any(item is Item.ISRC for item, _ in told.untold)

    def test_a_code_of_another_track_is_a_difference(self) -> None:
        other = SHEET.replace(isrc(3, ISRC_3), isrc(3, "DEABC2500009"))
        told = self.told(other)
        (wrong,) = MEANT.differences(told.sessions[0], told.untold)
        assert (wrong.item, wrong.track, wrong.meant, wrong.found) == (
            Item.ISRC,
            3,
            ISRC_3,
            "DEABC2500009",
        )

    def test_a_copy_bit_that_comes_and_goes_is_none_in_the_table_of_contents(self) -> None:
        """SCMS: byte 4, bit 7 of each entry of the track (MMC-5 table 520)."""
        alternating = b"".join(
            entry[:4] + b"\x80" + entry[5:] if entry[:2] == b"\x21\x01" else entry
            for entry in (SHEET[at : at + 8] for at in range(0, len(SHEET), 8))
        )
        told = self.told(alternating)
        first = replace(MEANT.tracks[0], copy_alternates=True)
        meant = replace(MEANT, tracks=(first, *MEANT.tracks[1:]))
        assert meant.differences(told.sessions[0], told.untold) == []
        assert [wrong.track for wrong in MEANT.differences(told.sessions[0], told.untold)] == [1]

    @pytest.mark.parametrize(("reads", "told_of"), [("always", True), ("never", False)])
    def test_no_cd_text_is_told_only_by_a_drive_that_reads_some(self, reads: str, told_of: bool) -> None:
        """Page 2Ah byte 7 bit 5: reads R-W in the lead-in."""
        assert ((Item.CD_TEXT, 0) not in self.told(reads_cd_text=reads).untold) is told_of

    def test_packs_are_those_of_the_lead_in(self) -> None:
        packs = cd_text.sealed(bytes((0x80, 0, 0, 0)) + b"A Title\0\0\0\0\0")
        drive = ready(VirtualRecorder(Medium.new(), model=model()))
        announce(drive, SHEET.replace(lead_in(), lead_in(0x41)))
        symbols = cd_text.to_symbols(packs)
        for lba in range(-11077, -150):
            drive.run(Write10(lba, (symbols * 4)[:96], 96))
        write_from(drive, -150, 4136)
        drive.run(SynchronizeCache())
        told = redbook.disc_info(loaded_again(drive)).labels
        assert told.sessions[0].cd_text == packs
        assert replace(MEANT, cd_text=packs).differences(told.sessions[0], told.untold) == []


@pytest.mark.parametrize("full_toc", [True, False])
def test_each_session_has_its_lead_out(full_toc: bool) -> None:
    recorder = VirtualRecorder(Medium.new(), model=model())
    drive = ready(recorder)
    write_track(drive, 400)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    second = write_track(drive, 300)
    close_session(drive)
    if not full_toc:
        recorder.faults.append(Fault(Sense(5, 0x24, 0), ReadFullToc, times=None))
    told = redbook.disc_info(loaded_again(drive)).labels
    assert [(s.number, s.tracks[0].number, s.tracks[0].start_lba) for s in told.sessions] == [
        (1, 1, 0),
        (2, 2, second),
    ]
    assert told.sessions[1].lead_out_lba == second + 302
    assert ((Item.LEAD_OUT, 0) in told.untold) is not full_toc
    assert told.sessions[0].lead_out_lba == (402 if full_toc else 400)


def test_a_drive_that_never_says_the_same_twice_is_not_believed(full: Drive) -> None:
    codes = cycle((ISRC_1, ISRC_3, "FR1230400099"))
    inner = full.run

    def run(command: object) -> object:
        reply = inner(command)  # type: ignore[arg-type]
        if isinstance(command, ReadSubChannel) and command.format is SubChannelFormat.ISRC:
            return replace(reply, code=next(codes))  # type: ignore[type-var]
        if isinstance(command, ReadCd) and command.sectors > 1:
            return bytes(len(reply))  # type: ignore[arg-type]
        return reply

    full.run = run  # type: ignore[method-assign, assignment]
    labels = redbook.disc_info(full).labels
    assert [track.isrc for track in labels.tracks] == [""] * 4
    assert {(Item.ISRC, number) for number in (1, 2, 3, 4)} <= labels.untold
