"""The recorder, state by state.

Addresses and bytes: the worked example of track-at-once (600, 450, then 300 sectors in a second session)
and the tables of disc states that MMC-5 6.22 and 6.27 give.
"""

from __future__ import annotations

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES, Msf, Toc, TocTrack
from redbook.drive import Drive
from redbook.errors import Sense
from redbook.mmc import sense
from redbook.mmc.control import (
    PreventAllowMediumRemoval,
    RequestSense,
    SendOpcInformation,
    SetCdSpeed,
    StartStopUnit,
    TestUnitReady,
)
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadAtip,
    ReadDiscInformation,
    ReadFullToc,
    ReadPma,
    ReadSessionInformation,
    ReadToc,
    ReadTrackInformation,
    SessionStatus,
    TrackAddress,
)
from redbook.mmc.identify import FeatureCode, GetConfiguration, Inquiry, Profile
from redbook.mmc.mode_pages import (
    Capabilities,
    ModeSelect10,
    ModeSense10,
    MultiSession,
    PageControl,
    WriteParameters,
)
from redbook.mmc.read import ReadCd
from redbook.mmc.write import (
    Blank,
    BlankType,
    CloseFunction,
    CloseTrackSession,
    ReadBufferCapacity,
    SynchronizeCache,
    Write10,
)
from redbook.transport.base import Status
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, next_lba, ready, write_track

SECTOR = b"\x11" * SECTOR_BYTES


def select(drive: Drive, page: WriteParameters) -> None:
    drive.run(ModeSelect10(page.to_page()))


def recorder_with(medium: str = "cd-r", minutes: int = 80) -> tuple[VirtualRecorder, Drive]:
    recorder = VirtualRecorder(Medium.new(medium, minutes))
    return recorder, ready(recorder)


class TestBlank:
    def test_disc_information_says_blank_and_where_it_ends(self, drive: Drive) -> None:
        info = drive.run(ReadDiscInformation())
        assert (info.status, info.last_session_status) == (DiscStatus.BLANK, SessionStatus.EMPTY)
        assert (info.sessions, info.first_track, info.last_track_of_last_session) == (1, 1, 1)
        assert info.last_session_lead_in == Msf(97, 34, 23)
        assert info.last_lead_out == Msf(79, 59, 74)
        assert info.disc_type == 0xFF

    def test_the_invisible_track_starts_at_0_and_has_all_the_room(self, drive: Drive) -> None:
        track = drive.run(ReadTrackInformation())
        assert (track.number, track.session, track.blank) == (1, 1, True)
        assert (track.start_lba, track.next_writable_lba, track.free_sectors) == (0, 0, 359849)

    @pytest.mark.parametrize(
        "command", [ReadToc(), ReadSessionInformation(), ReadFullToc(), ReadTrackInformation(2)]
    )
    def test_there_is_no_toc(self, drive: Drive, command: ReadToc) -> None:
        with pytest.raises(errors.InvalidField):
            drive.run(command)

    def test_the_pma_is_empty(self, drive: Drive) -> None:
        assert drive.run(ReadPma()).points == ()

    def test_nothing_can_be_read(self, drive: Drive) -> None:
        with pytest.raises(errors.AddressOutOfRange):
            drive.run(ReadCd(0, 1))

    @pytest.mark.parametrize(
        ("medium", "minutes", "last"),
        [
            ("cd-r", 74, 336075),
            ("cd-r", 80, 359849),
            ("cd-r", 90, 404849),
            ("cd-rw", 74, 333750),
            ("cd-rw", 80, 359849),
            ("cd-rw", 90, 404849),
        ],
    )
    def test_each_blank_says_its_room_in_its_atip(self, medium: str, minutes: int, last: int) -> None:
        _, drive = recorder_with(medium, minutes)
        atip = drive.run(ReadAtip())
        assert atip.last_lead_out is not None
        assert atip.last_lead_out.sectors - 150 == last
        assert atip.rewritable == (medium == "cd-rw")
        assert drive.run(ReadTrackInformation()).free_sectors == last
        profile = drive.run(GetConfiguration()).current_profile
        assert profile == (Profile.CD_RW if medium == "cd-rw" else Profile.CD_R)


class TestTrackAtOnce:
    def test_the_worked_example_address_by_address(self, drive: Drive) -> None:
        select(drive, WriteParameters(multi_session=MultiSession.NEXT_ALLOWED))
        assert write_track(drive, 600) == 0
        assert next_lba(drive) == 752
        assert write_track(drive, 450, 0x22) == 752
        assert next_lba(drive) == 1354
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert drive.run(ReadToc()) == Toc((TocTrack(1, 0), TocTrack(2, 752)), 1204)
        assert next_lba(drive) == 12604
        assert write_track(drive, 300, 0x33) == 12604
        close_session(drive)
        toc = drive.run(ReadToc())
        assert toc.tracks[2].start_lba == 12604
        assert toc.lead_out_lba == 12906
        info = drive.run(ReadDiscInformation())
        assert (info.status, info.sessions) == (DiscStatus.COMPLETE, 2)

    def test_a_track_being_written_shows_how_far_it_is(self, drive: Drive) -> None:
        drive.run(Write10(0, SECTOR * 20))
        track = drive.run(ReadTrackInformation())
        assert (track.number, track.blank, track.start_lba) == (1, False, 0)
        assert (track.next_writable_lba, track.last_recorded_lba) == (20, 19)
        info = drive.run(ReadDiscInformation())
        assert (info.status, info.last_session_status) == (DiscStatus.APPENDABLE, SessionStatus.INCOMPLETE)
        assert info.last_track_of_last_session == 1

    def test_an_ended_track_is_in_the_pma_and_not_in_a_toc(self, drive: Drive) -> None:
        write_track(drive, 600)
        (point,) = drive.run(ReadPma()).points
        assert point.point == 1
        assert (point.address, point.running) == ((0, 2, 0), (0, 10, 0))
        with pytest.raises(errors.InvalidField):
            drive.run(ReadToc())
        info = drive.run(ReadDiscInformation())
        assert info.last_track_of_last_session == 2  # the invisible one

    def test_the_medium_holds_what_was_sent_then_silence(self, drive: Drive) -> None:
        write_track(drive, 300, 0x55)
        write_track(drive, 300, 0x66)
        close_session(drive)
        assert drive.run(ReadCd(299, 1)) == b"\x55" * SECTOR_BYTES
        assert drive.run(ReadCd(300, 27)) == bytes(27 * SECTOR_BYTES)
        assert drive.run(ReadCd(452, 1)) == b"\x66" * SECTOR_BYTES
        assert drive.run(ReadCd(752, 2)) == bytes(2 * SECTOR_BYTES)  # run-out
        with pytest.raises(errors.AddressOutOfRange):
            drive.run(ReadCd(753, 2))

    def test_a_short_track_is_padded_to_4_s(self, drive: Drive) -> None:
        write_track(drive, 10)
        assert next_lba(drive) == 300 + 152
        close_session(drive)
        assert drive.run(ReadToc()).lead_out_lba == 302
        assert drive.run(ReadTrackInformation(1)).track_sectors == 300

    @pytest.mark.parametrize("lba", [-150, -1, 1, 752, 359849])
    def test_a_write_elsewhere_is_refused_with_the_address(self, drive: Drive, lba: int) -> None:
        with pytest.raises(errors.InvalidWriteAddress) as caught:
            drive.run(Write10(lba, SECTOR))
        assert caught.value.sense.information == lba
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK

    def test_a_gap_within_a_track_is_refused(self, drive: Drive) -> None:
        drive.run(Write10(0, SECTOR))
        with pytest.raises(errors.InvalidWriteAddress):
            drive.run(Write10(2, SECTOR))
        drive.run(Write10(1, SECTOR))

    def test_the_last_two_sectors_are_for_the_run_out(self) -> None:
        _, drive = recorder_with("cd-rw", 74)
        room = 333750
        done = 0
        while done < room - 2:
            count = min(27, room - 2 - done)
            drive.run(Write10(done, bytes(count * SECTOR_BYTES)))
            done += count
        with pytest.raises(errors.EndOfUserArea):
            drive.run(Write10(done, SECTOR))
        drive.run(SynchronizeCache())
        close_session(drive)
        assert drive.run(ReadToc()).lead_out_lba == room

    def test_the_100th_track_is_refused(self, drive: Drive) -> None:
        for _ in range(99):
            write_track(drive, 1)
        with pytest.raises(errors.EndOfUserArea):
            drive.run(Write10(next_lba(drive), SECTOR))
        close_session(drive)
        assert len(drive.run(ReadToc()).tracks) == 99

    def test_synchronizing_with_nothing_open_does_nothing(self, drive: Drive) -> None:
        drive.run(SynchronizeCache())
        drive.run(CloseTrackSession(CloseFunction.TRACK, 1))
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK

    def test_closing_over_an_open_track_is_refused(self, drive: Drive) -> None:
        drive.run(Write10(0, SECTOR))
        with pytest.raises(errors.SessionIncomplete):
            drive.run(CloseTrackSession(CloseFunction.SESSION))

    def test_close_track_ends_a_track_too(self, drive: Drive) -> None:
        drive.run(Write10(0, SECTOR * 27))
        drive.run(CloseTrackSession(CloseFunction.TRACK, 1))
        assert next_lba(drive) == 452

    def test_nothing_more_goes_on_a_finished_disc(self, drive: Drive) -> None:
        write_track(drive, 300)
        close_session(drive)
        with pytest.raises(errors.InvalidField):
            drive.run(ReadTrackInformation())
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(Write10(452, SECTOR))
        info = drive.run(ReadDiscInformation())
        assert info.last_lead_out is None
        assert info.last_session_lead_in is None
        feature = drive.run(GetConfiguration()).feature(FeatureCode.CD_TRACK_AT_ONCE)
        assert feature is not None
        assert not feature.current

    def test_parameters_do_not_change_within_a_track(self, drive: Drive) -> None:
        drive.run(Write10(0, SECTOR))
        with pytest.raises(errors.CommandSequenceError):
            select(drive, WriteParameters(track_mode=2))

    def test_data_modes_are_refused_at_the_first_write(self, drive: Drive) -> None:
        select(drive, WriteParameters(track_mode=4, data_block_type=8))  # wodim selects it while probing
        with pytest.raises(errors.IllegalModeForTrack):
            drive.run(Write10(0, SECTOR))

    def test_tracks_are_found_by_any_kind_of_address(self, drive: Drive) -> None:
        write_track(drive, 600)
        write_track(drive, 300)
        for lba, number in ((0, 1), (599, 1), (601, 1), (752, 2), (1051, 2), (5000, 3)):
            assert drive.run(ReadTrackInformation(lba, TrackAddress.LBA)).number == number
        assert drive.run(ReadTrackInformation(1, TrackAddress.SESSION)).number == 1

    def test_the_full_toc_has_every_lead_in_entry(self, drive: Drive) -> None:
        write_track(drive, 600)
        close_session(drive, MultiSession.NEXT_ALLOWED)
        points = {p.point: p for p in drive.run(ReadFullToc()).points}
        assert points[0xA0].address == (1, 0, 0)
        assert points[0xA1].address == (1, 0, 0)
        assert points[0xA2].address == (0, 10, 2)
        assert points[1].address == (0, 2, 0)
        following = Msf.from_lba(602 + 11400 - 150)
        assert points[0xB0].running == (following.minute, following.second, following.frame)
        assert points[0xC0].address == (97, 34, 23)
        assert drive.run(ReadSessionInformation()).start_lba == 0


class TestTray:
    def test_power_on_is_told_once(self, recorder: VirtualRecorder) -> None:
        drive = Drive(recorder)
        drive.run(Inquiry())
        with pytest.raises(errors.DeviceReset):
            drive.run(TestUnitReady())
        drive.run(TestUnitReady())

    def test_a_new_medium_is_told_once(self, recorder: VirtualRecorder, drive: Drive) -> None:
        recorder.insert(Medium.new("cd-rw"))
        with pytest.raises(errors.MediumChanged):
            drive.run(ReadDiscInformation())
        assert drive.run(ReadDiscInformation()).erasable

    def test_request_sense_takes_the_attention(self, recorder: VirtualRecorder) -> None:
        drive = Drive(recorder)
        assert drive.run(RequestSense()).asc == 0x29
        drive.run(TestUnitReady())

    def test_no_disc_is_not_an_open_tray(self) -> None:
        drive = ready_without_disc()
        with pytest.raises(errors.NoMedium) as caught:
            drive.run(TestUnitReady())
        assert type(caught.value) is errors.NoMedium
        assert drive.run(GetConfiguration()).current_profile == Profile.NONE
        drive.run(ModeSense10(0x2A))

    @pytest.mark.parametrize(("opened", "qualifier"), [(False, 1), (True, 2)])
    def test_what_needs_a_disc_says_whether_the_tray_is_open(self, opened: bool, qualifier: int) -> None:
        """2/3A/01 tray closed, 2/3A/02 tray open (MMC-5 annex F)."""
        drive = ready_without_disc()
        if opened:
            drive.run(StartStopUnit(load_eject=True, start=False))
        for command in (TestUnitReady(), ReadToc(), ReadCd(0, 1)):
            with pytest.raises(errors.NoMedium) as caught:
                drive.run(command)  # type: ignore[arg-type]
            assert (caught.value.sense.asc, caught.value.sense.ascq) == (0x3A, qualifier)

    def test_eject_and_load(self, drive: Drive) -> None:
        drive.run(StartStopUnit(start=False, load_eject=True))
        with pytest.raises(errors.TrayOpen):
            drive.run(TestUnitReady())
        drive.run(StartStopUnit(start=True, load_eject=True))
        with pytest.raises(errors.MediumChanged):
            drive.run(TestUnitReady())
        drive.run(TestUnitReady())

    def test_a_locked_tray_does_not_open(self, drive: Drive) -> None:
        drive.run(PreventAllowMediumRemoval(True))
        with pytest.raises(errors.RemovalPrevented):
            drive.run(StartStopUnit(start=False, load_eject=True))
        drive.run(PreventAllowMediumRemoval(False))
        drive.run(StartStopUnit(start=False, load_eject=True))

    def test_an_unplugged_drive_does_not_answer(self, recorder: VirtualRecorder, drive: Drive) -> None:
        recorder.unplug()
        with pytest.raises(errors.DriveGone):
            drive.run(TestUnitReady())


def ready_without_disc() -> Drive:
    drive = Drive(VirtualRecorder())
    with pytest.raises(errors.DeviceReset):
        drive.run(TestUnitReady())
    return drive


class TestBlanking:
    @pytest.mark.parametrize("kind", [BlankType.ALL, BlankType.MINIMAL])
    def test_a_cd_rw_is_blank_again(self, kind: BlankType) -> None:
        _, drive = recorder_with("cd-rw")
        write_track(drive, 300)
        close_session(drive)
        drive.run(Blank(kind))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        assert next_lba(drive) == 0
        with pytest.raises(errors.AddressOutOfRange):
            drive.run(ReadCd(0, 1))
        write_track(drive, 300, 0x77)
        assert drive.run(ReadCd(0, 1)) == b"\x77" * SECTOR_BYTES

    def test_a_cd_r_cannot_be_erased(self, drive: Drive) -> None:
        write_track(drive, 300)
        with pytest.raises(errors.CannotErase):
            drive.run(Blank(BlankType.MINIMAL))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.APPENDABLE

    def test_a_protected_disc_takes_nothing(self) -> None:
        drive = ready(VirtualRecorder(Medium.new("cd-rw", write_protected=True)))
        for command in (Write10(0, SECTOR), Blank(BlankType.ALL), SendOpcInformation()):
            with pytest.raises(errors.WriteProtected):
                drive.run(command)


class TestTestWrite:
    def test_answers_as_if_and_leaves_no_trace(self, drive: Drive) -> None:
        select(drive, WriteParameters(test_write=True))
        write_track(drive, 600)
        assert next_lba(drive) == 752
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE
        select(drive, WriteParameters())
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        assert next_lba(drive) == 0

    def test_is_forgotten_when_the_tray_opens(self, drive: Drive) -> None:
        select(drive, WriteParameters(test_write=True))
        write_track(drive, 600)
        drive.run(StartStopUnit(start=False, load_eject=True))
        drive.run(StartStopUnit(start=True, load_eject=True))
        with pytest.raises(errors.MediumChanged):
            drive.run(TestUnitReady())
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK


class TestModePages:
    @pytest.mark.parametrize(
        "page",
        [
            WriteParameters(write_type=0),
            WriteParameters(write_type=3),  # raw without sub-channel
            WriteParameters(write_type=4),
            WriteParameters(data_block_type=5),
            WriteParameters(link_size_valid=True),
            WriteParameters(fixed_packet=True),
            WriteParameters(multi_session=2),
            WriteParameters(session_format=0x55),
        ],
    )
    def test_what_cannot_be_done_is_refused(self, drive: Drive, page: WriteParameters) -> None:
        with pytest.raises(errors.InvalidParameter):
            select(drive, page)

    @pytest.mark.parametrize("session_format", range(0x22))
    def test_the_formats_of_a_session_are_those_of_audio_cd_i_and_xa(
        self, session_format: int, drive: Drive
    ) -> None:
        """00h, 10h and 20h (MMC-5 7.5, table of session formats)."""
        page = WriteParameters(session_format=session_format)
        if session_format in (0x00, 0x10, 0x20):
            select(drive, page)
            return
        with pytest.raises(errors.InvalidParameter):
            select(drive, page)

    def test_other_pages_are_refused(self, drive: Drive) -> None:
        with pytest.raises(errors.InvalidField):
            drive.run(ModeSense10(0x30))
        with pytest.raises(errors.InvalidParameter):
            drive.run(ModeSelect10(bytes.fromhex("30 02 00 00")))
        with pytest.raises(errors.InvalidParameter):
            drive.run(ModeSelect10(bytes.fromhex("0d 02 00 00")))
        with pytest.raises(errors.InvalidParameter):
            drive.run(ModeSelect10(WriteParameters().to_page()[:20]))

    def test_saved_pages_are_not_supported(self, drive: Drive) -> None:
        with pytest.raises(errors.SavingNotSupported):
            drive.run(ModeSense10(0x05, PageControl.SAVED))

    def test_the_changeable_mask_is_all_ones(self, drive: Drive) -> None:
        page = drive.run(ModeSense10(0x05, PageControl.CHANGEABLE)).page(0x05)
        assert page == b"\x05\x32" + b"\xff" * 50

    @pytest.mark.parametrize(("asked", "got"), [(1416, 8), (0xFFFF, 52), (1, 4), (4000, 16)])
    def test_speed_is_the_next_lower_one_it_has(self, drive: Drive, asked: int, got: int) -> None:
        drive.run(SetCdSpeed(write_kb=asked))
        page = drive.run(ModeSense10(0x2A)).page(0x2A)
        assert page is not None
        assert Capabilities.from_page(page).write_kb == int(got * 176.4)


class TestTime:
    """With a speed, by a clock that only moves when told to."""

    def paced(self, clock: ManualClock, speed: float = 8) -> tuple[VirtualRecorder, Drive]:
        recorder = VirtualRecorder(Medium.new("cd-rw"), speed=speed, clock=clock)
        return recorder, ready(recorder)

    def test_a_full_buffer_takes_nothing_until_it_has_drained(self, clock: ManualClock) -> None:
        _, drive = self.paced(clock)
        written = 0
        with pytest.raises(errors.LongWriteInProgress):
            for written in range(0, 27 * 100, 27):
                drive.run(Write10(written, SECTOR * 27))
        size = drive.run(ReadBufferCapacity()).size_bytes
        assert size - 27 * SECTOR_BYTES < written * SECTOR_BYTES <= size
        assert next_lba(drive) == written
        clock.sleep((150 + 27) / (75 * 8))  # the drive writes the pregap first
        drive.run(Write10(written, SECTOR * 27))

    def test_an_empty_buffer_with_protection_is_only_a_pause(self, clock: ManualClock) -> None:
        recorder, drive = self.paced(clock)
        for lba in range(0, 27 * 20, 27):
            drive.run(Write10(lba, SECTOR * 27))
        clock.sleep(60)
        drive.run(Write10(540, SECTOR * 27))
        assert recorder.buffer.underruns == 1
        drive.run(SynchronizeCache())

    def test_an_empty_buffer_without_protection_ends_the_track(self, clock: ManualClock) -> None:
        _, drive = self.paced(clock)
        select(drive, WriteParameters(underrun_protection=False))
        for lba in range(0, 27 * 20, 27):
            drive.run(Write10(lba, SECTOR * 27))
        clock.sleep(60)
        with pytest.raises(errors.LossOfStreaming):
            drive.run(Write10(540, SECTOR * 27))
        assert drive.run(ReadTrackInformation(1)).damaged

    def test_closing_with_immed_reports_progress(self, clock: ManualClock) -> None:
        _, drive = self.paced(clock)
        drive.run(Write10(0, SECTOR * 27))
        drive.run(SynchronizeCache())
        drive.run(CloseTrackSession(CloseFunction.SESSION, immediate=True))
        clock.sleep(240 / 8 / 2)  # half of what lead-in and lead-out take at 8x
        with pytest.raises(errors.OperationInProgress) as caught:
            drive.run(TestUnitReady())
        assert caught.value.sense.progress is not None
        assert 0.4 < caught.value.sense.progress <= 1.0
        clock.sleep(60)
        drive.run(TestUnitReady())

    def test_without_immed_the_command_lasts(self, clock: ManualClock) -> None:
        _, drive = self.paced(clock)
        before = clock.now()
        drive.run(Blank(BlankType.MINIMAL))
        assert clock.now() - before == pytest.approx(40, abs=1)


def test_no_answer_is_longer_than_asked_for(recorder: VirtualRecorder) -> None:
    ready(recorder)
    reply = recorder.execute(ReadDiscInformation(allocation_length=4).to_cdb(), data_in_length=4)
    assert reply.status == Status.GOOD
    assert reply.data.hex() == "00200001"  # the length field is that of the whole answer


def test_reserved_things_are_refused_by_name(recorder: VirtualRecorder) -> None:
    ready(recorder)
    for cdb, expected in (("d8" + "00" * 11, Sense(5, 0x20, 0)), ("43 00 07" + "00" * 7, Sense(5, 0x24, 0))):
        reply = recorder.execute(bytes.fromhex(cdb), data_in_length=100)
        found = sense.parse(reply.sense)
        assert (found.key, found.asc, found.ascq) == (expected.key, expected.asc, expected.ascq)
