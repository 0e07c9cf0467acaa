"""Session-at-once: order of commands, addresses, sessions one after the other, and what breaks off.

Expected values: MMC-5 4.4, 6.33 and its annex on cue sheets; the order of commands and the forms that
cdrecord, libburn and cdrdao were seen to send.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from redbook import errors
from redbook.drive import Drive
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadDiscInformation,
    ReadFullToc,
    ReadToc,
    ReadTrackInformation,
)
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.read import ReadCd
from redbook.mmc.write import Blank, BlankType, CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import (
    announce,
    choose_session_at_once,
    entry,
    lead_in,
    lead_out,
    one_track,
    sector,
    write_from,
    write_session,
)
from tests.support.drives import close_session, loaded_again, model, next_lba, ready, write_track

GOOD = one_track()
GAPLESS = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0) + entry(1, 2, 1, 0, 300) + lead_out(600)


def starts(drive: Drive) -> list[int]:
    return [track.start_lba for track in drive.run(ReadToc()).tracks]


class TestOrder:
    def test_a_cue_sheet_is_of_session_at_once_alone(self, drive: Drive) -> None:
        with pytest.raises(errors.CommandSequenceError):
            drive.run(SendCueSheet(GOOD))

    def test_no_write_before_the_cue_sheet(self, drive: Drive) -> None:
        choose_session_at_once(drive)
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Write10(-150, sector(-150)))

    def test_the_session_opens_with_the_first_write(self, drive: Drive) -> None:
        announce(drive, GOOD)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        drive.run(Write10(-150, sector(-150)))
        reply = drive.send(ReadDiscInformation().to_cdb(), data_in_length=34)
        assert reply.data[2] == 0x05

    def test_another_write_type_forgets_the_cue_sheet(self, drive: Drive) -> None:
        announce(drive, GOOD)
        drive.run(ModeSelect10(WriteParameters().to_page()))
        choose_session_at_once(drive)
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Write10(-150, sector(-150)))

    def test_an_open_tray_forgets_the_cue_sheet(self, drive: Drive) -> None:
        announce(drive, GOOD)
        loaded_again(drive)
        with pytest.raises(errors.CommandSequenceError):
            drive.run(Write10(-150, sector(-150)))

    def test_a_loss_of_power_forgets_it_also_where_session_at_once_is_the_default(self) -> None:
        recorder = VirtualRecorder(Medium.new(), model=model(page_05h={"write_type": 2}))
        announce(ready(recorder), GOOD)
        recorder.cut_power()
        with pytest.raises(errors.CommandSequenceError):
            ready(recorder).run(Write10(-150, sector(-150)))

    def test_a_new_cue_sheet_takes_the_place_of_the_old_one(self, drive: Drive) -> None:
        announce(drive, one_track(400))
        announce(drive, one_track(300))
        write_from(drive, -150, 300)
        drive.run(SynchronizeCache())
        assert drive.run(ReadToc()).lead_out_lba == 300

    def test_no_second_sheet_while_the_session_is_written(self, drive: Drive) -> None:
        announce(drive, GOOD)
        drive.run(Write10(-150, sector(-150)))
        with pytest.raises(errors.CommandSequenceError):
            drive.run(SendCueSheet(GOOD))
        with pytest.raises(errors.CommandSequenceError):
            drive.run(ModeSelect10(WriteParameters().to_page()))

    def test_a_write_at_the_wrong_place_leaves_the_sheet(self, drive: Drive) -> None:
        announce(drive, GOOD)
        for lba in (-151, -149, 0, 300):
            with pytest.raises(errors.InvalidWriteAddress) as caught:
                drive.run(Write10(lba, sector(0)))
            assert caught.value.sense.information == lba
        write_from(drive, -150, 300)

    def test_a_gap_or_a_repeat_within_the_run_is_refused(self, drive: Drive) -> None:
        announce(drive, GOOD)
        write_from(drive, -150, 10)
        for lba in (9, 11):
            with pytest.raises(errors.InvalidWriteAddress):
                drive.run(Write10(lba, sector(0)))

    def test_more_than_the_sheet_announced_is_refused(self, drive: Drive) -> None:
        announce(drive, GOOD)
        write_from(drive, -150, 299)
        with pytest.raises(errors.AddressOutOfRange):
            drive.run(Write10(299, sector(299) + sector(300)))
        drive.run(Write10(299, sector(299)))
        with pytest.raises((errors.InvalidWriteAddress, errors.CommandSequenceError)):
            drive.run(Write10(300, sector(300)))

    def test_synchronizing_too_early_is_the_end_of_the_session(self, drive: Drive) -> None:
        announce(drive, GOOD)
        write_from(drive, -150, 299)
        with pytest.raises(errors.LossOfStreaming):
            drive.run(SynchronizeCache())
        with pytest.raises(errors.InvalidField):
            drive.run(ReadToc())
        with pytest.raises(errors.IllegalRequest):
            drive.run(Write10(299, sector(299)))

    @pytest.mark.parametrize("command", [SynchronizeCache(), ReadDiscInformation(), ReadToc()])
    def test_no_close_is_needed(self, command: SynchronizeCache | ReadToc, drive: Drive) -> None:
        """By SYNCHRONIZE CACHE, or because the last sector has come."""
        announce(drive, GOOD)
        write_from(drive, -150, 300)
        drive.run(command)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.COMPLETE

    def test_a_close_after_it_does_no_harm(self, drive: Drive) -> None:
        announce(drive, GOOD)
        write_from(drive, -150, 300)
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        drive.run(SynchronizeCache())
        assert starts(drive) == [0]

    @pytest.mark.parametrize("way", ["button", "closed"])
    def test_a_session_that_came_whole_is_closed_whatever_follows(self, way: str, tmp_path: Path) -> None:
        recorder = VirtualRecorder(Medium.new_at(tmp_path / "w.disc"))
        drive = ready(recorder)
        announce(drive, GAPLESS)
        write_from(drive, -150, 600)
        if way == "button":
            recorder.press_eject()
        recorder.close()
        again = ready(VirtualRecorder(Medium.open(tmp_path / "w.disc")))
        assert starts(again) == [0, 300]


class TestAddresses:
    def test_the_next_writable_address_follows_the_write_type_at_once(self, drive: Drive) -> None:
        choose_session_at_once(drive)
        assert next_lba(drive) == -150
        drive.run(ModeSelect10(WriteParameters().to_page()))
        assert next_lba(drive) == 0

    def test_it_follows_the_run(self, drive: Drive) -> None:
        announce(drive, GOOD)
        assert next_lba(drive) == -150
        write_from(drive, -150, 40)
        assert next_lba(drive) == 40

    def test_no_run_out_lies_behind_the_tracks(self, drive: Drive) -> None:
        write_session(drive, GOOD, 300, multi_session=MultiSession.NEXT_ALLOWED)
        assert drive.run(ReadToc()).lead_out_lba == 300
        assert next_lba(drive) == 300 + 11400
        drive.run(ModeSelect10(WriteParameters().to_page()))
        assert next_lba(drive) == 300 + 11400

    @pytest.mark.parametrize(
        ("bits", "status"), [(0, DiscStatus.COMPLETE), (1, DiscStatus.COMPLETE), (3, DiscStatus.APPENDABLE)]
    )
    def test_the_multi_session_bits_say_whether_another_may_follow(
        self, bits: int, status: DiscStatus, drive: Drive
    ) -> None:
        write_session(drive, GOOD, 300, multi_session=bits)
        info = drive.run(ReadDiscInformation())
        assert info.status is status
        points = {point.point for point in drive.run(ReadFullToc()).points}
        assert (0xB0 in points) == (bits == 3)

    def test_a_session_is_appended_where_cdrdao_puts_it(self, drive: Drive) -> None:
        """It takes the next writable address under SAO, plus 150, for the start of its first track."""
        write_session(drive, GOOD, 300, multi_session=MultiSession.NEXT_ALLOWED)
        choose_session_at_once(drive)
        reply = drive.send(ReadTrackInformation().to_cdb(), data_in_length=36)
        assert reply.data[6] & 0xB0 == 0  # not reserved, no packets
        assert reply.data[6] & 0x40  # blank
        assert reply.data[7] & 1
        start = next_lba(drive) + 150
        assert start == 300 + 11400 + 150
        sheet = lead_in() + entry(1, 2, 0, 0, start - 150) + entry(1, 2, 1, 0, start) + lead_out(start + 300)
        write_session(drive, sheet, start + 300, start - 150)
        toc = drive.run(ReadToc())
        assert [(t.number, t.start_lba, t.session) for t in toc.tracks][1][:2] == (2, start)
        assert toc.lead_out_lba == start + 300
        assert drive.run(ReadDiscInformation()).sessions == 2
        assert drive.run(ReadCd(start, 1)) == sector(start)

    def test_an_appended_session_begins_nowhere_else(self, drive: Drive) -> None:
        write_session(drive, GOOD, 300, multi_session=MultiSession.NEXT_ALLOWED)
        start = 11700
        ok = lead_in() + entry(1, 2, 0, 0, start - 150) + entry(1, 2, 1, 0, start) + lead_out(start + 300)
        moved = [ok[:8] + entry(1, 2, 0, 0, lba) + ok[16:] for lba in (start - 151, start - 149, start - 1)]
        for sheet in (GOOD, *moved):
            choose_session_at_once(drive)
            with pytest.raises(errors.InvalidParameter):
                drive.run(SendCueSheet(sheet))
        announce(drive, ok)

    def test_sessions_of_both_kinds_follow_each_other(self, drive: Drive) -> None:
        write_session(drive, GOOD, 300, multi_session=MultiSession.NEXT_ALLOWED)
        drive.run(ModeSelect10(WriteParameters().to_page()))
        assert write_track(drive, 300) == 11700
        close_session(drive, MultiSession.NEXT_ALLOWED)
        assert drive.run(ReadToc()).lead_out_lba == 12002
        choose_session_at_once(drive)
        assert next_lba(drive) == 12002 + 6900

    def test_an_open_session_takes_no_cue_sheet(self, drive: Drive) -> None:
        write_track(drive, 300)
        choose_session_at_once(drive)
        with pytest.raises(errors.CommandSequenceError):
            drive.run(SendCueSheet(GOOD))

    def test_a_finished_disc_takes_none(self, drive: Drive) -> None:
        write_session(drive, GOOD, 300)
        with pytest.raises(errors.CommandSequenceError):
            drive.run(SendCueSheet(GOOD))


class TestTestWriting:
    def test_every_answer_is_the_same_and_nothing_stays(self, drive: Drive) -> None:
        choose_session_at_once(drive, test_write=True)
        drive.run(SendCueSheet(GOOD))
        write_from(drive, -150, 300)
        drive.run(SynchronizeCache())
        drive.run(CloseTrackSession(CloseFunction.SESSION))
        assert drive.run(ReadToc()).lead_out_lba == 300
        choose_session_at_once(drive)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        write_session(drive, GOOD, 300)
        assert drive.run(ReadCd(299, 1)) == sector(299)


class TestBrokenOff:
    def broken(self, medium: Medium) -> tuple[VirtualRecorder, Drive]:
        recorder = VirtualRecorder(medium)
        drive = ready(recorder)
        announce(drive, one_track(900))
        write_from(drive, -150, 450)
        recorder.cut_power()
        return recorder, ready(recorder)

    def test_after_a_power_cut_there_are_data_and_no_table_of_contents(self) -> None:
        _, drive = self.broken(Medium.new())
        reply = drive.send(ReadDiscInformation().to_cdb(), data_in_length=34)
        assert reply.data[2] == 0x05
        for command in (ReadToc(), ReadFullToc(), ReadTrackInformation()):
            with pytest.raises(errors.InvalidField):
                drive.run(command)
        assert drive.run(ReadCd(449, 1)) == sector(449)

    def test_nothing_can_be_added_or_closed(self) -> None:
        _, drive = self.broken(Medium.new())
        for lba in (450, 900, 1052):
            with pytest.raises(errors.IllegalRequest):
                drive.run(Write10(lba, sector(lba)))
        with pytest.raises(errors.SessionIncomplete):
            drive.run(CloseTrackSession(CloseFunction.SESSION))
        choose_session_at_once(drive)
        with pytest.raises(errors.CommandSequenceError):
            drive.run(SendCueSheet(GOOD))

    def test_a_cd_rw_can_be_blanked_and_used_again(self) -> None:
        _, drive = self.broken(Medium.new("cd-rw"))
        drive.run(Blank(BlankType.MINIMAL))
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        write_session(drive, GOOD, 300)
        assert starts(drive) == [0]

    @pytest.mark.parametrize("reached", [-150, -11, 0, 1, 450])
    def test_the_folder_opens_again_wherever_it_broke_off(self, reached: int, tmp_path: Path) -> None:
        recorder = VirtualRecorder(Medium.new_at(tmp_path / "b.disc"))
        drive = ready(recorder)
        announce(drive, one_track(900))
        drive.run(Write10(-150, sector(-150)))
        write_from(drive, -149, reached)
        recorder.close()  # as a killed process leaves it
        drive = ready(VirtualRecorder(Medium.open(tmp_path / "b.disc")))
        reply = drive.send(ReadDiscInformation().to_cdb(), data_in_length=34)
        assert reply.data[2] == 0x05
        with pytest.raises(errors.InvalidField):
            drive.run(ReadToc())

    def test_an_open_tray_loses_the_session(self, recorder: VirtualRecorder, drive: Drive) -> None:
        announce(drive, GOOD)
        write_from(drive, -150, 100)
        recorder.press_eject()
        recorder.push_in()
        drive = ready(recorder)
        with pytest.raises(errors.InvalidField):
            drive.run(ReadToc())
        with pytest.raises(errors.CommandSequenceError):
            choose_session_at_once(drive)
            drive.run(Write10(100, sector(100)))
