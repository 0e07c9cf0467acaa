"""Where writing ends: the last sector of a disc, what blanking takes away, and writing that is only a test.

Source: MMC-5 4.4 (the run-out is part of a track), 6.2 (BLANK), 6.33 (SEND CUE SHEET), 6.44 (WRITE).
"""

from __future__ import annotations

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES, Msf
from redbook.drive import Drive
from redbook.mmc.control import SendOpcInformation
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadDiscInformation,
    ReadFullToc,
    ReadToc,
    ReadTrackInformation,
)
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.read import ReadCd, Selection, SubChannel
from redbook.mmc.write import Blank, BlankType, CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.prepared import Audio, Data, Session, prepare
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import announce, entry, lead_in, lead_out, one_track, sector, write_from
from tests.support.drives import close_session, model, next_lba, ready, write_track
from tests.support.recorder_bench import small_blank

SECTOR = b"\x11" * SECTOR_BYTES


def small(medium: str = "cd-r") -> Drive:
    """A disc of 20 s: its last possible lead-out lies at LBA 1500."""
    return ready(VirtualRecorder(small_blank(medium, Msf(0, 22, 0))))


def select(drive: Drive, **what: object) -> None:
    drive.run(ModeSelect10(WriteParameters(**what).to_page()))  # type: ignore[arg-type]


class TestTheLastSector:
    def test_a_track_may_fill_the_disc_up_to_its_run_out(self) -> None:
        drive = small()
        drive.run(Write10(0, SECTOR * 1498))
        with pytest.raises(errors.EndOfUserArea):
            drive.run(Write10(1498, SECTOR))
        drive.run(SynchronizeCache())
        close_session(drive)
        assert drive.run(ReadToc()).lead_out_lba == 1500

    def test_one_write_that_is_too_long_takes_nothing(self) -> None:
        drive = small()
        with pytest.raises(errors.EndOfUserArea):
            drive.run(Write10(0, SECTOR * 1499))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK

    @pytest.mark.parametrize(("start", "fits"), [(1198, True), (1199, False)])
    def test_a_short_track_counts_as_the_4_s_that_it_is_made(self, start: int, fits: bool) -> None:
        drive = small()
        drive.run(Write10(0, SECTOR * (start - 152)))
        drive.run(SynchronizeCache())
        assert next_lba(drive) == start
        if fits:
            drive.run(Write10(start, SECTOR))
            drive.run(SynchronizeCache())
            close_session(drive)
            assert drive.run(ReadToc()).lead_out_lba == 1500
            return
        with pytest.raises(errors.EndOfUserArea):
            drive.run(Write10(start, SECTOR))
        assert next_lba(drive) == start

    @pytest.mark.parametrize(("end", "fits"), [(1500, True), (1501, False)])
    def test_a_session_written_at_once_may_end_where_the_disc_does(self, end: int, fits: bool) -> None:
        drive = small()
        if not fits:
            with pytest.raises(errors.InvalidParameter):
                announce(drive, one_track(end))
            return
        announce(drive, one_track(end))
        write_from(drive, -150, end)
        drive.run(SynchronizeCache())
        assert drive.run(ReadToc()).lead_out_lba == end

    @pytest.mark.parametrize(
        ("overburn", "minute", "second", "frame", "fits"),
        [(0, 98, 59, 74, True), (0, 99, 0, 0, False), (150, 98, 59, 74, True), (100_000, 99, 59, 0, True)],
    )
    def test_a_disc_of_99_minutes_goes_on_behind_what_its_groove_says(
        self, overburn: int, minute: int, second: int, frame: int, fits: bool
    ) -> None:
        """It names 79:59:74, and its groove ends at 98:59:74 or as far as the drive goes."""
        recorder = VirtualRecorder(Medium.new("cd-r", 99), model=model(overburn_sectors=overburn))
        drive = ready(recorder)
        end = (minute * 60 + second) * 75 + frame - 150
        select(drive, write_type=2)
        if fits:
            drive.run(SendCueSheet(one_track(end)))
            return
        with pytest.raises(errors.InvalidParameter):
            drive.run(SendCueSheet(one_track(end)))

    def test_a_write_of_nothing_changes_nothing(self, drive: Drive) -> None:
        drive.run(Write10(0, b""))
        drive.run(Write10(77, b""))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        assert next_lba(drive) == 0


class TestDataTracks:
    @pytest.mark.parametrize(
        ("track_mode", "block_type", "taken"),
        [(0, 0, True), (2, 0, True), (4, 0, False), (6, 0, False), (0, 8, False), (5, 8, False)],
    )
    def test_no_track_of_data_is_written_whichever_field_says_so(
        self, track_mode: int, block_type: int, taken: bool, drive: Drive
    ) -> None:
        """Bit 2 of the track mode is that of data, block types from 8 on are sectors of data (MMC-5 7.5)."""
        select(drive, track_mode=track_mode, data_block_type=block_type)
        if taken:
            drive.run(Write10(0, SECTOR))
            return
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(Write10(0, SECTOR))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK


class TestCueSheetsInBetween:
    def sheet_is_out_of_order(self, drive: Drive, sheet: bytes) -> None:
        with pytest.raises(errors.CommandSequenceError):
            drive.run(SendCueSheet(sheet))

    def test_none_is_taken_while_a_session_is_being_written(self, drive: Drive) -> None:
        announce(drive, one_track(300))
        write_from(drive, -150, 100)
        self.sheet_is_out_of_order(drive, one_track(400))
        write_from(drive, 100, 300)
        drive.run(SynchronizeCache())
        assert drive.run(ReadToc()).lead_out_lba == 300

    def test_none_is_taken_for_track_at_once(self, drive: Drive) -> None:
        self.sheet_is_out_of_order(drive, one_track(300))

    def test_none_is_taken_on_a_finished_disc_or_behind_an_open_session(self, drive: Drive) -> None:
        write_track(drive, 300)
        select(drive, write_type=2)
        self.sheet_is_out_of_order(drive, one_track(300))
        close_session(drive)
        select(drive, write_type=2)
        self.sheet_is_out_of_order(drive, one_track(300))

    def test_what_was_announced_is_void_under_another_write_type(self, drive: Drive) -> None:
        announce(drive, one_track(300))
        select(drive, write_type=1)
        select(drive, write_type=2)
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Write10(-150, sector(-150)))

    def test_what_was_announced_outlives_other_fields_of_the_page(self, drive: Drive) -> None:
        announce(drive, one_track(300))
        select(drive, write_type=2, multi_session=MultiSession.NEXT_ALLOWED)
        write_from(drive, -150, 300)
        drive.run(SynchronizeCache())
        assert drive.run(ReadDiscInformation()).status is DiscStatus.APPENDABLE


class TestSessionsThatAreWhole:
    """The lead-out follows the last sector by itself; SYNCHRONIZE CACHE waits for it (MMC-5 6.41)."""

    @pytest.fixture
    def whole(self, clock: ManualClock) -> Drive:
        drive = ready(VirtualRecorder(Medium.new(), speed=8, clock=clock))
        announce(drive, one_track(300))
        write_from(drive, -150, 300)
        return drive

    def test_synchronizing_lasts_until_the_lead_out_is_written(
        self, whole: Drive, clock: ManualClock
    ) -> None:
        whole.run(SynchronizeCache())
        assert clock.now() > (150 + 90) / 8  # lead-in and lead-out take so long at 1x
        assert whole.run(ReadToc()).lead_out_lba == 300

    def test_so_does_closing(self, whole: Drive, clock: ManualClock) -> None:
        whole.run(CloseTrackSession(CloseFunction.SESSION))
        assert clock.now() > (150 + 90) / 8
        assert whole.run(ReadToc()).lead_out_lba == 300

    def test_any_other_command_finds_the_drive_at_it(self, whole: Drive, clock: ManualClock) -> None:
        with pytest.raises(errors.OperationInProgress):
            whole.run(ReadDiscInformation())
        clock.sleep(60)
        assert whole.run(ReadToc()).lead_out_lba == 300


class TestBlanking:
    def appendable(self, sessions: int, *, finish: bool) -> Drive:
        drive = ready(VirtualRecorder(Medium.new("cd-rw")))
        for number in range(1, sessions + 1):
            last = finish and number == sessions
            select(drive, multi_session=MultiSession.LAST if last else MultiSession.NEXT_ALLOWED)
            write_track(drive, 300, number)
            drive.run(CloseTrackSession(CloseFunction.SESSION))
        return drive

    @pytest.mark.parametrize("finish", [True, False])
    def test_a_session_that_is_opened_again_keeps_its_tracks_and_takes_more(self, finish: bool) -> None:
        drive = self.appendable(2, finish=finish)
        drive.run(Blank(BlankType.UNCLOSE))
        info = drive.run(ReadDiscInformation())
        assert (info.status, info.sessions) == (DiscStatus.APPENDABLE, 2)
        assert len(drive.run(ReadToc()).tracks) == 1  # that of the first session
        start = next_lba(drive)
        assert start == 302 + 11_400 + 300 + 152  # two sectors of run-out, 150 of pregap
        write_track(drive, 300, 3)
        close_session(drive)
        points = [(p.session, p.point) for p in drive.run(ReadFullToc()).points if p.point < 100]
        assert points == [(1, 1), (2, 2), (2, 3)]
        assert drive.run(ReadCd(302 + 11_400, 1)) == b"\x02" * SECTOR_BYTES

    @pytest.mark.parametrize("finish", [True, False])
    def test_the_only_session_is_opened_again(self, finish: bool) -> None:
        drive = self.appendable(1, finish=finish)
        drive.run(Blank(BlankType.UNCLOSE))
        with pytest.raises(errors.InvalidField):
            drive.run(ReadToc())
        assert next_lba(drive) == 452
        close_session(drive)
        assert drive.run(ReadToc()).lead_out_lba == 302

    def test_there_must_be_one_that_is_closed_and_was_written_track_at_once(self) -> None:
        drive = ready(VirtualRecorder(Medium.new("cd-rw")))
        with pytest.raises(errors.InvalidField):
            drive.run(Blank(BlankType.UNCLOSE))
        write_track(drive, 300)
        with pytest.raises(errors.InvalidField):
            drive.run(Blank(BlankType.UNCLOSE))
        drive.run(Blank(BlankType.ALL))
        announce(drive, one_track(300), MultiSession.NEXT_ALLOWED)
        write_from(drive, -150, 300)
        drive.run(SynchronizeCache())
        with pytest.raises(errors.InvalidField):
            drive.run(Blank(BlankType.UNCLOSE))
        assert drive.run(ReadToc()).lead_out_lba == 300

    @pytest.mark.parametrize("finish", [True, False])
    def test_the_last_session_alone_is_erased(self, finish: bool) -> None:
        drive = self.appendable(2, finish=finish)
        drive.run(Blank(BlankType.SESSION))
        info = drive.run(ReadDiscInformation())
        assert (info.status, info.sessions) == (DiscStatus.APPENDABLE, 2)
        assert drive.run(ReadToc()).lead_out_lba == 302
        assert next_lba(drive) == 302 + 11_400
        with pytest.raises(errors.AddressOutOfRange):
            drive.run(ReadCd(302 + 11_400, 1))
        write_track(drive, 300, 7)
        assert drive.run(ReadCd(302 + 11_400, 1)) == b"\x07" * SECTOR_BYTES
        drive.run(Blank(BlankType.SESSION))
        drive.run(Blank(BlankType.SESSION))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        with pytest.raises(errors.InvalidField):
            drive.run(Blank(BlankType.SESSION))

    @pytest.mark.parametrize("kind", [BlankType.TRACK, BlankType.UNRESERVE, BlankType.TRACK_TAIL])
    def test_other_kinds_are_refused(self, kind: BlankType) -> None:
        drive = self.appendable(1, finish=False)
        with pytest.raises(errors.InvalidField):
            drive.run(Blank(kind))
        assert drive.run(ReadToc()).lead_out_lba == 302

    @pytest.mark.parametrize("kind", list(BlankType))
    def test_a_cd_r_is_never_blanked(self, kind: BlankType, drive: Drive) -> None:
        write_track(drive, 300)
        close_session(drive)
        with pytest.raises(errors.CannotErase):
            drive.run(Blank(kind))
        assert drive.run(ReadToc()).lead_out_lba == 302

    def test_how_often_a_disc_was_blanked_is_counted(self) -> None:
        recorder = VirtualRecorder(Medium.new("cd-rw"))
        drive = ready(recorder)
        for times in (1, 2):
            write_track(drive, 300)
            drive.run(Blank(BlankType.MINIMAL))
            assert recorder.disc is not None
            assert recorder.disc.state.erase_count == times

    def test_not_while_something_is_being_written(self) -> None:
        drive = ready(VirtualRecorder(Medium.new("cd-rw")))
        drive.run(Write10(0, SECTOR))
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Blank(BlankType.MINIMAL))
        drive.run(Write10(1, SECTOR))

    def test_what_was_announced_is_void_on_a_disc_that_was_blanked(self) -> None:
        drive = ready(VirtualRecorder(Medium.new("cd-rw")))
        announce(drive, one_track(300))
        drive.run(Blank(BlankType.MINIMAL))
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Write10(-150, sector(-150)))

    @pytest.mark.parametrize(
        ("kind", "seconds"),
        [(BlankType.ALL, 74 * 60 / 4), (BlankType.MINIMAL, 40), (BlankType.SESSION, 40)],
    )
    def test_all_of_it_takes_as_long_as_writing_it_the_rest_forty_seconds(
        self, kind: BlankType, seconds: float, clock: ManualClock
    ) -> None:
        medium = prepare([Session([Audio(SECTOR * 300)])], "cd-rw")
        medium.state.minutes = 74
        drive = ready(VirtualRecorder(medium, speed=4, clock=clock))
        before = clock.now()
        drive.run(Blank(kind))
        assert clock.now() - before == pytest.approx(seconds)


class TestOnlyATest:
    def test_one_track_follows_another_and_the_disc_stays_blank(self, drive: Drive) -> None:
        select(drive, test_write=True)
        assert write_track(drive, 600) == 0
        assert write_track(drive, 450) == 752
        drive.run(SendOpcInformation())
        assert next_lba(drive) == 1354
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert [track.start_lba for track in drive.run(ReadToc()).tracks] == [0, 752]
        select(drive)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK

    def test_what_is_on_the_disc_can_be_read_meanwhile_and_the_rest_is_silence(self, drive: Drive) -> None:
        """The sub-channel, too; two sectors before the end of what is there, two behind it."""
        sheet = lead_in() + entry(1, 1, 0, 0x40, -150) + entry(1, 1, 1, 0x40, 0) + lead_out(300)
        announce(drive, sheet, MultiSession.NEXT_ALLOWED)
        symbols = bytes(n % 64 for n in range(96))
        for lba in range(-150, 300):
            drive.run(Write10(lba, sector(lba) + symbols, 2448))
        drive.run(SynchronizeCache())
        select(drive, test_write=True)
        assert write_track(drive, 300) == 300 + 11_400
        close_session_in_test(drive)
        assert drive.run(ReadCd(298, 4)) == sector(298) + sector(299) + bytes(2 * SECTOR_BYTES)
        with_sub = Selection(sub_channel=SubChannel.CORRECTED_R_TO_W)
        data = drive.run(ReadCd(298, 4, selection=with_sub))
        parts = [data[at : at + 2448] for at in range(0, len(data), 2448)]
        assert [part[:SECTOR_BYTES] for part in parts[:2]] == [sector(298), sector(299)]
        assert [part[SECTOR_BYTES:] for part in parts] == [symbols] * 2 + [bytes(96)] * 2
        assert drive.run(ReadCd(299, 1, selection=with_sub)) == sector(299) + symbols
        assert drive.run(ReadCd(300 + 11_400, 1)) == bytes(SECTOR_BYTES)
        assert drive.run(ReadCd(-150, 1)) == sector(-150)

    def test_calibrating_in_the_middle_of_a_track_disturbs_nothing(self, drive: Drive) -> None:
        select(drive, test_write=True)
        drive.run(Write10(0, SECTOR * 300))
        drive.run(SendOpcInformation())
        drive.run(Write10(300, SECTOR * 100))
        assert next_lba(drive) == 400
        drive.run(SynchronizeCache())
        assert next_lba(drive) == 552

    def test_blanking_in_a_test_leaves_the_disc_as_it_is(self) -> None:
        drive = ready(VirtualRecorder(prepare([Session([Audio(SECTOR * 300)])], "cd-rw")))
        select(drive, test_write=True)
        drive.run(Blank(BlankType.ALL))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        write_track(drive, 600)
        close_session_in_test(drive)
        assert drive.run(ReadCd(0, 1)) == bytes(SECTOR_BYTES)
        select(drive)
        assert drive.run(ReadCd(0, 1)) == SECTOR
        assert drive.run(ReadToc()).lead_out_lba == 300


def close_session_in_test(drive: Drive) -> None:
    select(drive, test_write=True)
    drive.run(CloseTrackSession(CloseFunction.SESSION))


class TestReadingNothing:
    """READ CD that selects nothing of a sector moves the laser, and brings no data (MMC-5 6.20)."""

    NOTHING = Selection(main_channel=0)

    @pytest.mark.parametrize("lba", [-5000, -150, 0, 400_000])
    def test_it_is_good_on_any_disc(self, lba: int, drive: Drive) -> None:
        assert drive.run(ReadCd(lba, 1, selection=self.NOTHING)) == b""
        write_track(drive, 300)
        close_session(drive)
        assert drive.run(ReadCd(lba, 1, selection=self.NOTHING)) == b""

    @pytest.mark.parametrize("lba", [-5000, -150, 0])
    def test_before_the_first_track_is_what_the_first_track_is(self, lba: int) -> None:
        drive = ready(VirtualRecorder(prepare([Session([Data(bytes(2048 * 300))])])))
        assert drive.run(ReadCd(lba, 1, ReadCd.MODE_1, self.NOTHING)) == b""
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(ReadCd(lba, 1, ReadCd.CD_DA, self.NOTHING))


def test_a_track_that_the_tray_s_button_ended_has_its_run_out(
    recorder: VirtualRecorder, drive: Drive
) -> None:
    """A track can be ended anywhere: it is whole, and the next one begins behind its gap."""
    drive.run(Write10(0, SECTOR * 400))
    recorder.press_eject()
    recorder.push_in()
    drive = ready(recorder)
    track = drive.run(ReadTrackInformation(1))
    assert (track.damaged, track.track_sectors) == (False, 400)
    assert next_lba(drive) == 552
