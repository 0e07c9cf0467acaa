"""What can be made to go wrong, from Python and as a text; each outcome is seen at the host's end."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.errors import DriveGone, Sense, TransportTimeout
from redbook.mmc.control import SendOpcInformation, TestUnitReady
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation, ReadToc, ReadTrackInformation
from redbook.mmc.identify import Inquiry
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10, WriteParameters
from redbook.mmc.read import C2, ReadCd, ReadCdMsf, Selection
from redbook.mmc.write import CloseFunction, CloseTrackSession, SynchronizeCache, Write10
from redbook.transport.base import Reply, Status
from redbook.virtual import faults
from redbook.virtual.faults import BadSpot, Fault, command_name, parse
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import announce, one_track, sector, write_from, write_session
from tests.support.drives import close_session, ready, write_track

SECTOR = b"\x11" * SECTOR_BYTES


def with_fault(*found: Fault | BadSpot | str, kind: str = "cd-r") -> Drive:
    """A drive whose power-on attention is gone before the fault can strike."""
    recorder = VirtualRecorder(Medium.new(kind))
    drive = ready(recorder)
    for fault in (parse(f) if isinstance(f, str) else f for f in found):
        if isinstance(fault, BadSpot):
            recorder.bad_spots.append(fault)
        else:
            recorder.faults.append(fault)
    return drive


class TestSense:
    def test_at_the_nth_command(self) -> None:
        drive = with_fault("3/0c/00@write:3")
        drive.run(Write10(0, SECTOR))
        drive.run(TestUnitReady())
        drive.run(Write10(1, SECTOR))
        with pytest.raises(errors.WriteError):
            drive.run(Write10(2, SECTOR))
        drive.run(Write10(2, SECTOR))  # once, and nothing was taken

    def test_so_many_times_in_a_row(self) -> None:
        drive = with_fault("2/04/08@write:2x3")
        drive.run(Write10(0, SECTOR))
        for _ in range(3):
            with pytest.raises(errors.LongWriteInProgress):
                drive.run(Write10(1, SECTOR))
        drive.run(Write10(1, SECTOR))

    def test_from_then_on(self) -> None:
        drive = with_fault("4/44/00@write:2xall")
        drive.run(Write10(0, SECTOR))
        for _ in range(20):
            with pytest.raises(errors.HardwareError):
                drive.run(Write10(1, SECTOR))

    def test_at_an_address_of_a_write_or_a_read(self) -> None:
        drive = with_fault("3/0c/00@lba:30")
        drive.run(Write10(0, SECTOR * 27))
        with pytest.raises(errors.WriteError):
            drive.run(Write10(27, SECTOR * 27))
        drive.run(Write10(27, SECTOR * 300))
        drive.run(SynchronizeCache())
        fault = Fault(Sense(3, 0x11, 5), lba=150)
        drive = with_fault(fault)
        fault.nth = 2  # the WRITE is the first to match
        write_track(drive, 300)
        drive.run(ReadCd(0, 150))
        with pytest.raises(errors.ReadError):
            drive.run(ReadCd(0, 151))

    def test_at_any_command_where_none_is_named(self) -> None:
        drive = with_fault("6/29/00")
        with pytest.raises(errors.DeviceReset):
            drive.run(Inquiry())
        drive.run(Inquiry())

    def test_also_after_the_command_was_done(self) -> None:
        drive = with_fault(Fault(Sense(3, 0x0C, 0), Write10, executed=True))
        with pytest.raises(errors.WriteError):
            drive.run(Write10(0, SECTOR))
        assert drive.run(ReadTrackInformation()).next_writable_lba == 1

    def test_a_deferred_one_arrives_as_such(self) -> None:
        drive = with_fault(Fault(Sense(3, 0x0C, 0, information=7, deferred=True), Write10))
        reply = drive.send(Write10(0, SECTOR).to_cdb(), SECTOR)
        assert reply.sense[0] & 0x7F == 0x71
        assert int.from_bytes(reply.sense[3:7], "big") == 7


class TestNoAnswer:
    def test_a_timeout(self) -> None:
        drive = with_fault("timeout@synchronize-cache")
        drive.run(TestUnitReady())
        with pytest.raises(TransportTimeout):
            drive.run(SynchronizeCache())
        drive.run(SynchronizeCache())

    def test_a_drive_that_vanishes_does_not_answer_any_more(self) -> None:
        drive = with_fault("gone@write:2")
        drive.run(Write10(0, SECTOR))
        for command in [Write10(1, SECTOR), *[TestUnitReady()] * 10]:
            with pytest.raises(DriveGone):
                drive.run(command)  # type: ignore[arg-type]

    def test_it_is_back_after_so_many_commands_as_if_just_switched_on(self) -> None:
        drive = with_fault("gone:3@write:2")
        drive.run(ModeSelect10(WriteParameters(audio_pause=149).to_page()))
        drive.run(Write10(0, SECTOR))
        for command in [Write10(1, SECTOR), *[TestUnitReady()] * 3]:
            with pytest.raises(DriveGone):
                drive.run(command)  # type: ignore[arg-type]
        with pytest.raises(errors.DeviceReset):
            drive.run(TestUnitReady())
        page = drive.run(ModeSense10(0x05)).page(0x05)
        assert page is not None
        assert page[14:16] == b"\0\x96"
        assert drive.run(ReadTrackInformation()).next_writable_lba == 1

    def test_any_error_stands_for_no_answer(self) -> None:
        drive = with_fault(Fault(DriveGone("the cable"), Write10))
        for _ in range(2):
            with pytest.raises(DriveGone):
                drive.run(Write10(0, SECTOR))


class TestReplies:
    def test_a_short_one(self) -> None:
        drive = with_fault("short:10@read-disc-information")
        reply = drive.send(ReadDiscInformation().to_cdb(), data_in_length=34)
        assert (len(reply.data), reply.residue, reply.status) == (10, 24, Status.GOOD)
        drive = with_fault("short:10@read-disc-information")
        with pytest.raises(errors.InvalidReply):
            drive.run(ReadDiscInformation())

    def test_one_that_contradicts_itself(self) -> None:
        drive = with_fault("garbled@read-disc-information")
        reply = drive.send(ReadDiscInformation().to_cdb(), data_in_length=34)
        assert reply.data[:2] == b"\xff\xff"
        assert len(reply.data) == 34

    def test_any_reply_at_all(self) -> None:
        drive = with_fault(Fault(Reply(Status.CHECK_CONDITION, b"", b"", 0), TestUnitReady))
        with pytest.raises(errors.InvalidReply):
            drive.run(TestUnitReady())

    def test_bytes_of_a_write_that_are_lost_and_called_good(self) -> None:
        """9216 of 32768 bytes were delivered, the rest of the burn was garbage (USB bridges)."""
        drive = with_fault("lost:2352@write:2")
        drive.run(Write10(0, SECTOR * 2))
        reply = drive.send(Write10(2, SECTOR * 2).to_cdb(), SECTOR * 2)
        assert (reply.status, reply.residue) == (Status.GOOD, 2352)
        drive.run(Write10(4, SECTOR * 296))
        drive.run(SynchronizeCache())
        close_session(drive)
        assert drive.run(ReadCd(2, 1)) == SECTOR
        assert drive.run(ReadCd(3, 1)) == bytes(SECTOR_BYTES)
        with pytest.raises(errors.TransportError, match="loses data"):
            with_fault("lost:1").run(Write10(0, SECTOR))


class TestDiscs:
    def test_a_swap(self) -> None:
        drive = with_fault("swap@write:2", kind="cd-rw")
        drive.run(Write10(0, SECTOR))
        with pytest.raises(errors.MediumChanged):
            drive.run(Write10(1, SECTOR))
        info = drive.run(ReadDiscInformation())
        assert (info.status, info.erasable) == (DiscStatus.BLANK, True)

    def test_a_failed_fixation_leaves_the_session_open(self) -> None:
        drive = with_fault("fixation")
        write_track(drive, 300)  # its SYNCHRONIZE CACHE writes no lead-out
        with pytest.raises(errors.FixationError):
            close_session(drive)
        with pytest.raises(errors.InvalidField):
            drive.run(ReadToc())
        assert drive.run(ReadTrackInformation()).next_writable_lba == 452

    def test_of_a_session_written_at_once_it_is_the_end(self) -> None:
        drive = with_fault("fixation")
        announce(drive, one_track())
        write_from(drive, -150, 300)
        with pytest.raises(errors.FixationError):
            drive.run(SynchronizeCache())
        with pytest.raises(errors.InvalidField):
            drive.run(ReadToc())
        assert drive.send(ReadDiscInformation().to_cdb(), data_in_length=34).data[2] == 0x05

    def test_calibrating_fails(self) -> None:
        drive = with_fault("opc")
        with pytest.raises(errors.PowerCalibrationError):
            drive.run(SendOpcInformation())
        drive.run(SendOpcInformation())

    def test_a_spot_that_cannot_be_read(self) -> None:
        drive = with_fault("unreadable@lba:100-102")
        write_track(drive, 300)
        close_session(drive)
        drive.run(ReadCd(73, 27))
        for lba, count, first in ((98, 27, 100), (101, 1, 101), (102, 5, 102)):
            with pytest.raises(errors.ReadError) as caught:
                drive.run(ReadCd(lba, count))
            assert caught.value.sense.information == first
        drive.run(ReadCd(103, 27))

    def test_a_spot_with_c2_errors_is_read_all_the_same(self) -> None:
        drive = with_fault("c2@lba:100")
        write_track(drive, 300)
        close_session(drive)
        data = drive.run(ReadCd(99, 3, selection=Selection(c2=C2.POINTERS)))
        flags = [data[n * 2646 + 2352 : (n + 1) * 2646] for n in range(3)]
        assert [any(each) for each in flags] == [False, True, False]
        assert data[2646 : 2646 + 2352] == SECTOR

    def test_a_spot_that_cannot_be_written(self) -> None:
        drive = with_fault("unwritable@lba:100-101")
        drive.run(Write10(0, SECTOR * 100))
        for _ in range(3):
            with pytest.raises(errors.WriteError) as caught:
                drive.run(Write10(100, SECTOR * 27))
            assert caught.value.sense.information == 100
        drive.run(SynchronizeCache())
        assert drive.run(ReadTrackInformation(1)).track_sectors == 300


class TestPowerCut:
    """What had not left the buffer is lost; what was begun is neither ended nor closed."""

    def cut(self, recorder: VirtualRecorder, drive: Drive) -> Drive:
        recorder.faults.append(Fault(faults.PowerCut(), TestUnitReady))
        with pytest.raises(DriveGone):
            drive.run(TestUnitReady())
        with pytest.raises(errors.DeviceReset):
            drive.run(TestUnitReady())
        return drive

    def test_a_track_goes_on_at_what_reached_the_disc(self, clock: ManualClock, tmp_path: Path) -> None:
        recorder = VirtualRecorder(Medium.new_at(tmp_path / "p.disc"), speed=4, clock=clock)
        drive = ready(recorder)
        drive.run(Write10(0, b"".join(map(sector, range(800)))))
        clock.sleep(0.5 + 1 + 0.001)  # the pregap, 300 sectors, and a part of one
        self.cut(recorder, drive)
        info = drive.run(ReadTrackInformation())
        assert (info.start_lba, info.next_writable_lba, info.blank) == (0, 300, False)
        recorder.close()
        drive = ready(VirtualRecorder(Medium.open(tmp_path / "p.disc")))
        assert drive.run(ReadTrackInformation()).next_writable_lba == 300
        write = b"".join(map(sector, range(300, 400)))
        drive.run(Write10(300, write))
        drive.run(SynchronizeCache())
        close_session(drive)
        assert drive.run(ReadToc()).lead_out_lba == 402
        assert drive.run(ReadCd(299, 2)) == sector(299) + sector(300)

    def test_the_host_may_close_what_was_left_open(self) -> None:
        recorder = VirtualRecorder(Medium.new())
        drive = ready(recorder)
        drive.run(Write10(0, SECTOR * 100))
        self.cut(recorder, drive)
        with pytest.raises(errors.SessionIncomplete):
            drive.run(CloseTrackSession(CloseFunction.SESSION))
        drive.run(CloseTrackSession(CloseFunction.TRACK, 1))
        close_session(drive)
        assert drive.run(ReadToc()).lead_out_lba == 302  # padded to 4 s

    @pytest.mark.parametrize("where", ["in memory", "in a folder"])
    def test_a_session_written_at_once_is_data_without_a_table(
        self, where: str, clock: ManualClock, tmp_path: Path
    ) -> None:
        medium = Medium.new() if where == "in memory" else Medium.new_at(tmp_path / "s.disc")
        recorder = VirtualRecorder(medium, speed=4, clock=clock)
        drive = ready(recorder)
        drive.run(ModeSelect10(WriteParameters(write_type=2).to_page()))
        drive.run(SendCueSheet(one_track(3000)))
        drive.run(Write10(-150, b"".join(map(sector, range(-150, 650)))))
        clock.sleep(150 / 4 + (150 + 300) / 300 + 0.001)
        self.cut(recorder, drive)
        assert drive.send(ReadDiscInformation().to_cdb(), data_in_length=34).data[2] == 0x05
        assert drive.run(ReadCd(299, 1)) == sector(299)
        with pytest.raises(errors.AddressOutOfRange):
            drive.run(ReadCd(300, 1))

    def test_parameters_locks_and_the_test_write_are_forgotten(self) -> None:
        recorder = VirtualRecorder(Medium.new())
        drive = ready(recorder)
        drive.run(ModeSelect10(WriteParameters(test_write=True, track_mode=1).to_page()))
        drive.run(Write10(0, SECTOR))
        self.cut(recorder, drive)
        assert drive.run(ReadDiscInformation()).status is DiscStatus.BLANK
        page = drive.run(ModeSense10(0x05)).page(0x05)
        assert page is not None
        assert (page[2], page[3]) == (0x41, 0)


SEEN = {
    "3/0C/00": Fault(Sense(3, 0x0C, 0)),
    "2/04/08": Fault(Sense(2, 4, 8)),
    "gone": Fault(faults.Vanished()),
    "short:3": Fault(faults.Shortened(3)),
    "garbled": Fault(faults.Garbled()),
    "lost:3": Fault(faults.Lost(3), Write10),
    "moved:-12": Fault(faults.Displaced(-12), (ReadCd, ReadCdMsf)),
    "power": Fault(faults.PowerCut()),
    "swap": Fault(faults.MediumSwapped()),
    "fixation": Fault(faults.FixationFailed(), (SynchronizeCache, CloseTrackSession)),
    "opc": Fault(faults.CALIBRATION_FAILED, SendOpcInformation),
    "unreadable@lba:1-2": BadSpot(1, 2, readable=False),
    "c2@lba:-3": BadSpot(-3, -3, readable=True),
    "unwritable@lba:5": BadSpot(5, 5, readable=True, writable=False),
}


class TestReadings:
    @pytest.mark.parametrize(("lost", "left"), [(1, 4703), (2352, 2352), (4704, 0), (9999, 0)])
    def test_bytes_of_a_reading_that_are_lost_are_the_last_and_said_as_residue(
        self, lost: int, left: int
    ) -> None:
        recorder = VirtualRecorder(Medium.new())
        drive = ready(recorder)
        write_session(drive, one_track(), 300)
        recorder.faults.append(Fault(faults.Lost(lost), ReadCd))
        reply = recorder.execute(ReadCd(10, 2).to_cdb(), data_in_length=4704)
        assert (reply.status, reply.residue) == (Status.GOOD, 4704 - left)
        assert reply.data == (sector(10) + sector(11))[:left]

    @pytest.mark.parametrize("samples", [12, -12, 588, -600])
    def test_audio_that_is_moved_comes_late_once(self, samples: int) -> None:
        recorder = VirtualRecorder(Medium.new())
        drive = ready(recorder)
        write_session(drive, one_track(), 300)
        recorder.faults.append(parse(f"moved:{samples}"))
        around = b"".join(sector(lba) for lba in range(95, 106))
        begin = 5 * SECTOR_BYTES - 4 * samples
        assert drive.run(ReadCd(100, 1)) == around[begin : begin + SECTOR_BYTES]
        assert drive.run(ReadCd(100, 1)) == sector(100)

    def test_a_reply_garbled_in_its_middle_keeps_its_length(self) -> None:
        recorder = VirtualRecorder(Medium.new())
        ready(recorder)
        whole = recorder.execute(Inquiry().to_cdb(), data_in_length=36).data
        for offset, data in ((4, b"\xee\xee"), (35, b"\xee\xee"), (50, b"\xee")):
            recorder.faults.append(Fault(faults.Garbled(data, offset), Inquiry))
            reply = recorder.execute(Inquiry().to_cdb(), data_in_length=36)
            expected = bytearray(whole)
            for at in range(offset, min(36, offset + len(data))):
                expected[at] = 0xEE
            assert (reply.data, reply.residue) == (bytes(expected), 0)

    def test_a_short_reply_says_what_is_missing(self) -> None:
        recorder = VirtualRecorder(Medium.new(), faults=[Fault(faults.Shortened(5), Inquiry)])
        reply = recorder.execute(Inquiry().to_cdb(), data_in_length=36)
        assert (len(reply.data), reply.residue) == (5, 31)


def test_a_drive_that_is_plugged_in_again_answers_as_if_just_switched_on() -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    drive.run(ModeSelect10(WriteParameters(write_type=2).to_page()))
    recorder.unplug()
    for _ in range(3):
        with pytest.raises(DriveGone):
            drive.run(TestUnitReady())
    recorder.plug_in()
    with pytest.raises(errors.DeviceReset):
        drive.run(TestUnitReady())
    drive.run(TestUnitReady())
    page = drive.run(ModeSense10(0x05)).page(0x05)
    assert page is not None and page[2] & 0xF == 1


@pytest.mark.parametrize(
    ("sense", "low_byte"),
    [
        (faults.NO_SUCH_MODE_PAGE, 0x01),
        (faults.INVALID_MODE_PARAMETERS, 0x08),
        (faults.NO_SUCH_FEATURE, 0x0A),
        (faults.FEATURE_IS_NOT_CURRENT, 0x0B),
        (faults.NO_GET_CONFIGURATION, 0x0C),
        (faults.NO_DISC_STRUCTURE, 0x0E),
        (faults.SPEED_MISMATCH, 0x0F),
    ],
)
def test_a_code_of_this_maker_s_own_ends_as_imapi2_s_code_does(sense: Sense, low_byte: int) -> None:
    """E_IMAPI_RECORDER_... are 0xC0AA02xx (imapi2error.h); a maker's own codes begin at 80h (SPC-4)."""
    said = VirtualRecorder(faults=[Fault(sense)]).execute(Inquiry().to_cdb(), data_in_length=36).sense
    assert (said[2] & 0xF, said[13]) == (5, low_byte)
    assert 0x80 <= said[12] < 0xFF


class TestTexts:
    @pytest.mark.parametrize("text", SEEN)
    def test_each_text_is_its_fault(self, text: str) -> None:
        assert parse(text) == SEEN[text]
        assert parse(f" {text.upper()} ") == SEEN[text]

    def test_every_word_of_the_syntax_is_tried_here(self) -> None:
        said = {
            word.strip()
            for line in faults.SYNTAX.splitlines()[1:]
            for word in re.split(r"\(|  +", line.strip())[0].replace(" ...", "").split(",")
        }
        words = {re.split(r"[:@\[]", word)[0] for word in said}
        tried = {re.split(r"[:@]", text)[0] for text in SEEN} | {"timeout"}
        assert words == tried
        assert isinstance(parse("timeout"), Fault)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "WHAT"),
            ("explode", "explode"),
            ("3/0c", "WHAT"),
            ("3/0c/00@fly", "no command is called fly"),
            ("3/0c/00@write:0", "counted from 1"),
            ("3/0c/00@lba", "which sector"),
            ("3/0c/00@lba:5-9", "last sector"),
            ("3/0c/00@write:5-9", "last sector"),
            ("3/0c/00x0", "never strike"),
            ("3/0c/00:5", "no number"),
            ("timeout:5", "no number"),
            ("power:1", "no number"),
            ("short", "how many bytes"),
            ("lost", "how many bytes"),
            ("moved", "by how many samples"),
            ("moved:0", "by how many samples"),
            ("short:-1", "0 or more"),
            ("x" * 201, "is not a fault"),
            ("unreadable", "unreadable@lba:FIRST-LAST"),
            ("c2@write:3", "c2@lba:FIRST-LAST"),
            ("c2@lba:5x3", "c2@lba:FIRST-LAST"),
            ("unwritable:3@lba:5", "no number"),
            ("unreadable@lba:9-5", "ends before it begins"),
            ("unreadable@lba", "unreadable@lba:FIRST-LAST"),
            ("unreadable@lba:5x2", "unreadable@lba:FIRST-LAST"),
            ("unreadable@write:5", "unreadable@lba:FIRST-LAST"),
        ],
    )
    def test_a_wrong_text_says_what_to_write(self, text: str, says: str) -> None:
        with pytest.raises(ValueError, match=re.escape(says)):
            parse(text)

    def test_a_command_is_named_as_the_standard_does_in_lower_case(self) -> None:
        assert command_name(ReadDiscInformation) == "read-disc-information"
        named = parse("timeout@mode-sense")
        assert isinstance(named, Fault)
        assert named.command is ModeSense10


class TestWhatNeverHappened:
    """A test that waits for a fault in vain passes for the wrong reason."""

    def test_a_fault_is_left_until_it_strikes(self) -> None:
        fault = Fault(Sense(3, 0x0C, 0), Write10, nth=3)
        recorder = VirtualRecorder(Medium.new(), faults=[fault])
        drive = ready(recorder)
        assert (recorder.faults_left, fault.shortfall) == ([fault], "no command that it waits for arrived")
        for number in range(2):
            drive.run(Write10(number * 27, bytes(27 * 2352)))
        assert fault.shortfall == "only 2 of the 3 commands that it waits for arrived"
        with pytest.raises(errors.WriteError):
            drive.run(Write10(54, bytes(27 * 2352)))
        assert (recorder.faults_left, fault.shortfall, fault.struck) == ([], "", 1)

    def test_a_fault_at_a_sector(self) -> None:
        fault = parse("3/11/05@lba:1000")
        recorder = VirtualRecorder(Medium.new(), faults=[fault])
        write_track(ready(recorder), 300)
        assert recorder.faults_left == [fault]
        assert fault.shortfall == "no command that it waits for covered sector 1000"

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("unreadable@lba:5-6", "nothing was read from sector 5 to 6"),
            ("c2@lba:5-6", "nothing was read with C2 pointers from sector 5 to 6"),
            ("unwritable@lba:5000-5001", "nothing was written from sector 5000 to 5001"),
        ],
    )
    def test_a_damaged_spot(self, text: str, why: str) -> None:
        spot = parse(text)
        recorder = VirtualRecorder(Medium.new(), faults=[spot])
        drive = ready(recorder)
        write_track(drive, 300)
        drive.run(ReadCd(0, 5))
        assert (recorder.faults_left, spot.shortfall) == ([spot], why)

    @pytest.mark.parametrize("text", ["unreadable@lba:5-6", "c2@lba:5-6", "unwritable@lba:5-6"])
    def test_a_damaged_spot_that_was_met(self, text: str) -> None:
        recorder = VirtualRecorder(Medium.new(), faults=[parse(text)])
        drive = ready(recorder)
        with contextlib.suppress(errors.DriveError):
            write_track(drive, 300)
            drive.run(ReadCd(0, 10, selection=Selection(c2=C2.POINTERS)))
        assert recorder.faults_left == []

    def test_closing_that_fails_counts_when_something_is_closed(self) -> None:
        recorder = VirtualRecorder(Medium.new(), faults=[parse("fixation")])
        drive = ready(recorder)
        close_session(drive)  # of a blank disc: nothing is to be closed
        write_track(drive, 300)  # SYNCHRONIZE CACHE ends the track, and closes nothing
        drive.run(CloseTrackSession(CloseFunction.TRACK, 1))
        assert len(recorder.faults_left) == 1
