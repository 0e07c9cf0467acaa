"""Habits of recorders with sessions written at once: what makes a program send another sheet, or give up.

Expected values: MMC-5 6.33 (5/26/00, and the byte that is wrong) and 4.4; what cdrtools, libburn, cdrdao and
psysonic do about drives that refuse their sheets. CD-Text and the two ways to send it: psysonic on LG
WH10LS30 (2352 bytes in the page, times of zero) and the drives that it was tested with first.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook import errors
from redbook.disc import cd_text
from redbook.drive import Drive
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.disc_info import DiscStatus, ReadCdText, ReadDiscInformation, ReadToc
from redbook.mmc.identify import GetConfiguration
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10, WriteParameters
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import (
    announce,
    choose_session_at_once,
    entry,
    isrc,
    lead_in,
    lead_out,
    one_track,
    sector,
    write_from,
    write_session,
)
from tests.support.drives import loaded_again, model, ready

T1 = entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0)
GAPLESS = lead_in() + T1 + entry(1, 2, 1, 0, 300) + lead_out(600)
WITH_CD_TEXT = lead_in(0x41) + one_track()[8:]
LEFT_TO_THE_DRIVE = lead_in() + entry(1, 1, 0, 1, -150) + entry(1, 1, 1, 0, 0) + lead_out(300)
CODES = "DEABC2500001", "FR1230400099"
PACKS = cd_text.sealed(bytes((0x80, 0, 0, 0)) + b"A Title\0\0\0\0\0")


def of(**habits: object) -> Drive:
    return ready(VirtualRecorder(Medium.new(), model=model(**habits)))


def refused_at(drive: Drive, sheet: bytes) -> int | None:
    """5/26/00, and the disc as blank as it was: the byte that the drive names."""
    choose_session_at_once(drive)
    with pytest.raises(errors.InvalidParameter) as caught:
        drive.run(SendCueSheet(sheet))
    assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
    return caught.value.sense.field_offset


def taken(drive: Drive, sheet: bytes) -> None:
    choose_session_at_once(drive)
    drive.run(SendCueSheet(sheet))


def pregap_of_track_2(sectors: int) -> bytes:
    second = entry(1, 2, 0, 0, 300) + entry(1, 2, 1, 0, 300 + sectors)
    return lead_in() + T1 + second + lead_out(900)


class TestPregaps:
    def test_one_that_needs_pregaps_names_the_track_without_index_0(self) -> None:
        drive = of(needs_pregaps=True)
        assert refused_at(drive, GAPLESS) == 26  # the index of track 2's only entry
        assert refused_at(drive, pregap_of_track_2(0)) == 37  # its time: no sector before index 1
        taken(drive, pregap_of_track_2(1))
        taken(of(), GAPLESS)

    def test_a_pregap_of_more_than_the_longest_is_refused(self) -> None:
        drive = of(longest_pregap_sectors=225)
        assert refused_at(drive, pregap_of_track_2(226)) == 37
        taken(drive, pregap_of_track_2(225))
        taken(of(), pregap_of_track_2(226))

    def test_also_that_of_track_1_where_hidden_audio_lies(self) -> None:
        drive = of(longest_pregap_sectors=225)
        hidden = (
            lead_in()
            + entry(1, 1, 0, 0, -150)
            + entry(1, 1, 1, 0, 76)
            + entry(1, 2, 1, 0, 600)
            + lead_out(900)
        )
        assert refused_at(drive, hidden) == 21
        taken(of(), hidden)

    def test_one_may_refuse_the_first_write_behind_the_silence_that_it_offered_to_make(self) -> None:
        drive = of(starts_after_silence=False)
        announce(drive, LEFT_TO_THE_DRIVE)
        with pytest.raises(errors.InvalidWriteAddress) as caught:
            drive.run(Write10(0, sector(0)))
        assert (caught.value.sense.key, caught.value.sense.asc, caught.value.sense.ascq) == (5, 0x21, 0x02)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        write_session(drive, one_track(), 300)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE

    def test_also_where_the_host_has_sent_the_lead_in(self) -> None:
        drive = of(starts_after_silence=False)
        announce(drive, lead_in(0x41) + LEFT_TO_THE_DRIVE[8:])
        start = -11077  # 97:34:23
        for lba in range(start, -150, 660):
            drive.run(Write10(lba, bytes(min(660, -150 - lba) * 96), 96))
        with pytest.raises(errors.InvalidWriteAddress):
            drive.run(Write10(0, sector(0)))

    def test_others_take_it(self) -> None:
        drive = of()
        write_session(drive, LEFT_TO_THE_DRIVE, 300, first_lba=0)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE


def test_a_disc_that_is_opened_again_is_the_same_whoever_made_its_first_pregap(tmp_path: Path) -> None:
    medium = Medium.new_at(tmp_path / "p.disc")
    write_session(ready(VirtualRecorder(medium, model=model())), LEFT_TO_THE_DRIVE, 300, first_lba=0)
    before = medium.state
    medium.close()
    assert Medium.open(tmp_path / "p.disc").state == before


def test_a_track_with_a_field_that_none_has_is_no_disc(tmp_path: Path) -> None:
    medium = Medium.new_at(tmp_path / "f.disc")
    write_session(ready(VirtualRecorder(medium, model=model())), one_track(), 300)
    medium.close()
    file = tmp_path / "f.disc" / "disc.json"
    file.write_text(file.read_text().replace('"isrc"', '"colour": 1, "isrc"'))
    with pytest.raises(errors.ImageError, match="colour"):
        Medium.open(tmp_path / "f.disc")


class TestShortTracks:
    SHORT = lead_in() + T1 + entry(1, 2, 1, 0, 299) + lead_out(600)

    def test_most_refuse_one_of_less_than_4_s(self) -> None:
        assert refused_at(of(), self.SHORT) == 29

    def test_some_take_it_and_the_disc_keeps_it(self, tmp_path: Path) -> None:
        recorder = VirtualRecorder(Medium.new_at(tmp_path / "s.disc"), model=model(short_tracks=True))
        write_session(ready(recorder), self.SHORT, 600)
        recorder.close()
        again = ready(VirtualRecorder(Medium.open(tmp_path / "s.disc")))
        assert [track.start_lba for track in again.run(ReadToc()).tracks] == [0, 299]


class TestRefusals:
    def test_one_refuses_every_sheet(self) -> None:
        drive = of(takes_cue_sheets=False)
        for sheet in (GAPLESS, one_track(), WITH_CD_TEXT, pregap_of_track_2(150)):
            assert refused_at(drive, sheet) == 0
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Write10(-150, sector(-150)))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK

    def test_one_forgets_the_page_with_the_refused_sheet(self) -> None:
        drive = of(needs_pregaps=True, forgets_page=True)
        assert refused_at(drive, GAPLESS) == 26
        page = drive.run(ModeSense10(0x05)).page(0x05)
        assert page is not None
        assert page[2] & 0x0F == 1  # track-at-once, the factory default
        with pytest.raises(errors.CommandSequenceError):
            drive.run(SendCueSheet(pregap_of_track_2(1)))
        with pytest.raises(errors.InvalidWriteAddress):
            drive.run(Write10(-150, sector(-150)))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        write_session(drive, pregap_of_track_2(1), 900)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE

    def test_a_sheet_that_is_taken_leaves_the_page(self) -> None:
        drive = of(forgets_page=True)
        write_session(drive, GAPLESS, 600)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE

    def test_others_keep_the_page_and_take_the_next_sheet_as_it_is(self) -> None:
        drive = of(needs_pregaps=True)
        assert refused_at(drive, GAPLESS) == 26
        drive.run(SendCueSheet(pregap_of_track_2(1)))

    @pytest.mark.parametrize(
        ("types", "flags"), [(["track-at-once"], None), (["track-at-once", "raw"], 0x08)]
    )
    def test_one_without_session_at_once_says_so(self, types: list[str], flags: int | None) -> None:
        """Feature 002Eh: bit 5 is SAO, bit 3 raw."""
        drive = of(write_types=types)
        found = {f.code: f.data for f in drive.run(GetConfiguration()).features}
        assert (0x2E in found) == (flags is not None)
        if flags is not None:
            assert found[0x2E][0] & 0x28 == flags
        with pytest.raises(errors.InvalidParameter):
            choose_session_at_once(drive)


def lead_in_of(drive: Drive) -> None:
    """The whole lead-in of a session, as a program sends it: 97:34:23 is LBA -11077."""
    symbols = cd_text.to_symbols(PACKS)
    stream = symbols * (11077 * 96 // len(symbols) + 1)
    for lba in range(-11077, -150, 600):
        count = min(600, -150 - lba)
        drive.run(Write10(lba, stream[(lba + 11077) * 96 :][: count * 96], 96))


def burn_with_cd_text(drive: Drive, data_block_type: int = 0) -> None:
    drive.run(ModeSelect10(WriteParameters(write_type=2, data_block_type=data_block_type).to_page()))
    drive.run(SendCueSheet(WITH_CD_TEXT))
    lead_in_of(drive)
    write_from(drive, -150, 300)
    drive.run(SynchronizeCache())


class TestCdText:
    def test_one_refuses_it_in_the_lead_in(self) -> None:
        drive = of(writes_cd_text=False, write_types=["track-at-once", "session-at-once"])
        assert refused_at(drive, WITH_CD_TEXT) == 3  # the data form of the lead-in
        taken(drive, one_track())
        mastering = next(f for f in drive.run(GetConfiguration()).features if f.code == 0x2E)
        assert mastering.data[0] & 0x21 == 0x20  # SAO, no R-W

    def test_one_refuses_the_page_with_block_type_3(self) -> None:
        drive = of(cd_text_block_type="0")
        with pytest.raises(errors.InvalidParameter):
            drive.run(ModeSelect10(WriteParameters(write_type=2, data_block_type=3).to_page()))
        burn_with_cd_text(drive)
        drive.run(ModeSelect10(WriteParameters(write_type=3, data_block_type=3).to_page()))  # raw is another

    def test_one_wants_block_type_3_for_it(self) -> None:
        drive = of(cd_text_block_type="3")
        choose_session_at_once(drive)
        with pytest.raises(errors.InvalidParameter):
            drive.run(SendCueSheet(WITH_CD_TEXT))
        drive.run(SendCueSheet(one_track()))
        drive.run(SendCueSheet(one_track(form=0x40)))  # R to W of a track is no CD-Text
        burn_with_cd_text(drive, data_block_type=3)

    def test_one_wants_it_with_the_true_time_alone(self) -> None:
        """97:34:23 of the ATIP."""
        drive = of(cd_text_block_type="3", lead_in_time="true")
        drive.run(ModeSelect10(WriteParameters(write_type=2, data_block_type=3).to_page()))
        with pytest.raises(errors.InvalidParameter):
            drive.run(SendCueSheet(WITH_CD_TEXT))
        drive.run(SendCueSheet(bytes.fromhex("01 00 00 41 00 61 22 17") + one_track()[8:]))

    def test_one_tells_it_when_the_disc_was_loaded_again(self) -> None:
        drive = of(reads_cd_text="after-reload")
        burn_with_cd_text(drive)
        for _ in range(2):
            with pytest.raises(errors.InvalidField):
                drive.run(ReadCdText())
        assert drive.run(ReadToc()).lead_out_lba == 300
        assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE
        assert loaded_again(drive).run(ReadCdText()) == PACKS

    def test_one_never_tells_it_and_says_so(self) -> None:
        """Feature 001Eh, bit 0; page 2Ah byte 5 bit 2, R-W."""
        drive = of(reads_cd_text="never")
        burn_with_cd_text(drive)
        with pytest.raises(errors.InvalidField):
            loaded_again(drive).run(ReadCdText())
        assert next(f for f in drive.run(GetConfiguration()).features if f.code == 0x1E).data[0] & 1 == 0
        page = drive.run(ModeSense10(0x2A)).page(0x2A)
        assert page is not None
        assert page[5] & 0x04 == 0

    def test_the_default_tells_it_at_once(self) -> None:
        drive = of()
        burn_with_cd_text(drive)
        assert drive.run(ReadCdText()) == PACKS


class TestIsrc:
    def burned(self, **habits: object) -> Drive:
        drive = of(**habits)
        second = entry(1, 2, 1, 0, 300)
        sheet = lead_in() + isrc(1, CODES[0]) + T1 + isrc(2, CODES[1]) + second + lead_out(600)
        write_session(drive, sheet, 600)
        return drive

    def codes(self, drive: Drive, *tracks: int) -> list[str]:
        return [drive.run(ReadSubChannel(SubChannelFormat.ISRC, track)).code for track in tracks]

    def test_one_tells_the_code_of_the_track_before(self) -> None:
        assert self.codes(self.burned(isrc_answer="late"), 1, 2, 2) == ["", CODES[0], CODES[0]]

    def test_one_tells_the_code_that_was_asked_for_before_and_then_the_right_one(self) -> None:
        drive = self.burned(isrc_answer="stale")
        assert self.codes(drive, 1, 2, 2, 1, 1) == [CODES[0], CODES[0], CODES[1], CODES[1], CODES[0]]
        loaded_again(drive)
        assert self.codes(drive, 2) == [CODES[1]]

    def test_others_tell_the_track_s_own(self) -> None:
        assert self.codes(self.burned(), 1, 2, 1) == [CODES[0], CODES[1], CODES[0]]
