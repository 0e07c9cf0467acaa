"""PLAY AUDIO and what it leaves: the position, told by READ SUB-CHANNEL, at 1x by an injected clock.

Source: MMC-3 6.1.13 to 6.1.16, 6.1.23, 6.1.42 and table 227.
"""

from __future__ import annotations

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES, Msf
from redbook.drive import Drive
from redbook.mmc.control import StartStopUnit, TestUnitReady
from redbook.mmc.playback import (
    AudioStatus,
    PauseResume,
    PlayAudio10,
    PlayAudio12,
    PlayAudioMsf,
    Position,
    ReadSubChannel,
    Seek10,
    StopPlayScan,
)
from redbook.mmc.read import ReadCd
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import entry, lead_in, lead_out, write_session
from tests.support.drives import ready

END = 1500
PLAYING, PAUSED, DONE, NONE = (
    AudioStatus.PLAYING,
    AudioStatus.PAUSED,
    AudioStatus.COMPLETED,
    AudioStatus.NONE,
)


@pytest.fixture
def drive(clock: ManualClock) -> Drive:
    """Track 1 from 0, with index 2 at 300; track 2 from 750, 150 sectors of pregap before it."""
    drive = ready(VirtualRecorder(Medium.new(), clock=clock))
    sheet = lead_in() + entry(0x21, 1, 0, 0, -150) + entry(0x21, 1, 1, 0, 0) + entry(0x21, 1, 2, 0, 300)
    sheet += entry(1, 2, 0, 0, 600) + entry(1, 2, 1, 0, 750) + lead_out(END)
    write_session(drive, sheet, END)
    return drive


def status(drive: Drive) -> AudioStatus:
    return drive.run(ReadSubChannel()).audio_status


def place(drive: Drive) -> Position:
    position = drive.run(ReadSubChannel()).position
    assert position is not None
    return position


def raw(drive: Drive, text: str, length: int = 100) -> str:
    return drive.send(bytes.fromhex(text), data_in_length=length).data.hex(" ")


class TestPlaying:
    def test_the_laser_moves_at_75_sectors_a_second(self, drive: Drive, clock: ManualClock) -> None:
        drive.run(PlayAudio10(100, 600))
        assert (status(drive), place(drive).lba) == (PLAYING, 100)
        clock.sleep(2)
        assert place(drive).lba == 250
        clock.sleep(4)
        assert (status(drive), place(drive).lba) == (PLAYING, 550)

    def test_the_end_is_told_once(self, drive: Drive, clock: ManualClock) -> None:
        drive.run(PlayAudio10(100, 75))
        clock.sleep(1.01)
        assert status(drive) is DONE
        assert status(drive) is NONE
        assert place(drive).lba == 174

    @pytest.mark.parametrize(
        "command",
        [
            PlayAudio10(400, 100),
            PlayAudio12(400, 100),
            PlayAudioMsf(Msf.from_lba(400), Msf.from_lba(500)),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_each_form_plays_the_same(
        self, command: PlayAudio10 | PlayAudioMsf, drive: Drive, clock: ManualClock
    ) -> None:
        drive.run(command)
        assert (status(drive), place(drive).lba) == (PLAYING, 400)
        clock.sleep(1.4)
        assert status(drive) is DONE

    def test_from_where_the_laser_is(self, drive: Drive, clock: ManualClock) -> None:
        drive.run(Seek10(300))
        assert raw(drive, "45 00 ff ff ff ff 00 00 4b 00") == ""
        assert place(drive).lba == 300
        drive.run(Seek10(600))
        assert raw(drive, "47 00 00 ff ff ff 00 0b 00 00") == ""
        assert place(drive).lba == 600

    def test_no_sectors_only_move_there(self, drive: Drive) -> None:
        drive.run(PlayAudio10(700, 0))
        assert (status(drive), place(drive).lba) == (NONE, 700)

    @pytest.mark.parametrize(("lba", "sectors"), [(END, 1), (END - 1, 2), (10**6, 1), (-2, 1)])
    def test_what_is_not_there_is_refused(self, lba: int, sectors: int, drive: Drive) -> None:
        with pytest.raises(errors.AddressOutOfRange):
            drive.run(PlayAudio10(lba, sectors))
        assert status(drive) is NONE

    def test_times_that_go_backwards_are_refused(self, drive: Drive) -> None:
        with pytest.raises(errors.InvalidField):
            drive.run(PlayAudioMsf(Msf.from_lba(500), Msf.from_lba(499)))

    def test_times_that_are_the_same_only_move_there(self, drive: Drive) -> None:
        """A start equal to the end is no error, and nothing is played (MMC-3 6.1.15)."""
        drive.run(PlayAudioMsf(Msf.from_lba(500), Msf.from_lba(500)))
        assert (status(drive), place(drive).lba) == (NONE, 500)

    def test_a_blank_plays_nothing(self, clock: ManualClock) -> None:
        blank = ready(VirtualRecorder(Medium.new(), clock=clock))
        for command in (PlayAudio10(0, 1), Seek10(0)):
            with pytest.raises(errors.IllegalRequest):
                blank.run(command)
        assert status(blank) is NONE


class TestPausing:
    def test_it_stands_still_and_goes_on(self, drive: Drive, clock: ManualClock) -> None:
        drive.run(PlayAudio10(0, 600))
        clock.sleep(1)
        drive.run(PauseResume(resume=False))
        clock.sleep(100)
        assert (status(drive), place(drive).lba) == (PAUSED, 75)
        drive.run(PauseResume(resume=True))
        clock.sleep(1)
        assert (status(drive), place(drive).lba) == (PLAYING, 150)
        clock.sleep(6.1)
        assert status(drive) is DONE

    def test_twice_is_no_error(self, drive: Drive) -> None:
        drive.run(PlayAudio10(0, 600))
        for resume in (False, False, True, True):
            drive.run(PauseResume(resume))

    def test_nothing_to_pause_is_out_of_order(self, drive: Drive) -> None:
        for resume in (False, True):
            with pytest.raises(errors.CommandSequenceError):
                drive.run(PauseResume(resume))

    @pytest.mark.parametrize(
        "command",
        [StopPlayScan(), Seek10(100), ReadCd(0, 1), StartStopUnit(False)],
        ids=lambda command: type(command).__name__,
    )
    def test_what_stops_it(self, command: StopPlayScan | ReadCd, drive: Drive, clock: ManualClock) -> None:
        drive.run(PlayAudio10(0, 600))
        clock.sleep(1)
        drive.run(command)
        assert status(drive) is NONE
        assert place(drive).lba == (100 if isinstance(command, Seek10) else 75)

    @pytest.mark.parametrize("command", [TestUnitReady(), ReadSubChannel()], ids=["TUR", "SUB-CHANNEL"])
    def test_what_does_not(
        self, command: TestUnitReady | ReadSubChannel, drive: Drive, clock: ManualClock
    ) -> None:
        drive.run(PlayAudio10(0, 600))
        drive.run(command)
        clock.sleep(1)
        assert status(drive) is PLAYING


class TestPosition:
    @pytest.mark.parametrize(
        ("lba", "track", "index", "relative", "control"),
        [(0, 1, 1, 0, 2), (299, 1, 1, 299, 2), (300, 1, 2, 300, 2), (600, 2, 0, -150, 0), (750, 2, 1, 0, 0)],
    )
    def test_track_index_and_both_addresses(
        self, lba: int, track: int, index: int, relative: int, control: int, drive: Drive
    ) -> None:
        drive.run(Seek10(lba))
        assert place(drive) == Position(1, control, track, index, lba, relative)

    def test_the_answer_byte_by_byte_in_binary(self, drive: Drive) -> None:
        drive.run(PlayAudio10(760, 100))
        expected = "00 11 00 0c 01 10 02 01 00 00 02 f8 00 00 00 0a"
        assert raw(drive, "42 00 40 01 00 00 00 00 10 00") == expected
        expected = "00 11 00 0c 01 10 02 01 00 00 0c 0a 00 00 00 0a"
        assert raw(drive, "42 02 40 01 00 00 00 00 10 00") == expected

    def test_a_time_in_a_pregap_is_what_is_left_of_it(self, drive: Drive) -> None:
        drive.run(Seek10(601))
        assert raw(drive, "42 02 40 01 00 00 00 00 10 00")[-11:] == "00 00 01 4a"  # 149 sectors

    def test_without_the_sub_channel_the_header_alone(self, drive: Drive) -> None:
        assert raw(drive, "42 00 00 01 00 00 00 00 10 00") == "00 15 00 00"

    def test_playing_one_sector_finds_its_index_as_cdrdao_does(
        self, drive: Drive, clock: ManualClock
    ) -> None:
        found = []
        for lba in (0, 299, 300, 599, 600, 749, 750):
            drive.run(PlayAudio10(lba, 1))
            position = place(drive)
            found.append((position.track, position.index))
            clock.sleep(0.1)
        assert found == [(1, 1), (1, 1), (1, 2), (1, 2), (2, 0), (2, 0), (2, 1)]

    def test_a_new_disc_begins_anew(self, clock: ManualClock) -> None:
        recorder = VirtualRecorder(Medium.new(), clock=clock)
        drive = ready(recorder)
        sheet = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0) + lead_out(600)
        write_session(drive, sheet, 600)
        drive.run(PlayAudio10(100, 400))
        recorder.insert(Medium.new())
        drive = ready(recorder)
        assert status(drive) is NONE
        assert len(drive.send(ReadSubChannel().to_cdb(), data_in_length=24).data) == 16


@pytest.mark.parametrize("way", ["button", "command"])
def test_a_tray_that_opens_stops_it_and_the_disc_begins_anew(way: str, clock: ManualClock) -> None:
    recorder = VirtualRecorder(Medium.new(), clock=clock)
    drive = ready(recorder)
    sheet = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0) + lead_out(600)
    write_session(drive, sheet, 600)
    drive.run(PlayAudio10(100, 400))
    clock.sleep(1)
    if way == "button":
        recorder.press_eject()
    else:
        drive.run(StartStopUnit(start=False, load_eject=True))
    recorder.push_in()
    drive = ready(recorder)
    assert (status(drive), place(drive).lba) == (NONE, 0)
    with pytest.raises(errors.CommandSequenceError):
        drive.run(PauseResume(resume=True))


def test_a_write_stops_it_too(clock: ManualClock) -> None:
    from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
    from redbook.mmc.write import Write10

    drive = ready(VirtualRecorder(Medium.new(), clock=clock))
    sheet = lead_in() + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0) + lead_out(600)
    write_session(drive, sheet, 600, multi_session=MultiSession.NEXT_ALLOWED)
    drive.run(PlayAudio10(0, 600))
    drive.run(ModeSelect10(WriteParameters().to_page()))
    assert status(drive) is PLAYING
    drive.run(Write10(12000, bytes(SECTOR_BYTES)))
    assert status(drive) is NONE
