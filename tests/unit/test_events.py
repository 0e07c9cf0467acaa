"""What a host hears of the tray: events, unit attentions, locks; each initiator for itself.

Source: MMC-5 6.7 (events), SAM-4 5.14 (unit attentions), MMC-5 6.14 (locks); what Linux makes of them:
drivers/scsi/sr.c, sr_ioctl.c.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.mmc.capacity import ReadCapacity
from redbook.mmc.command import Command
from redbook.mmc.control import (
    PreventAllowMediumRemoval,
    RequestSense,
    SendOpcInformation,
    SetCdSpeed,
    StartStopUnit,
    TestUnitReady,
)
from redbook.mmc.disc_info import ReadDiscInformation, ReadToc, ReadTrackInformation
from redbook.mmc.events import GetEventStatusNotification, MediaEvent, MediaStatus
from redbook.mmc.identify import GetConfiguration, Inquiry
from redbook.mmc.mode_pages import ModeSelect10, ModeSense6, ModeSense10, WriteParameters
from redbook.mmc.performance import GetPerformance
from redbook.mmc.playback import MechanismStatus, ReadSubChannel, Seek10
from redbook.mmc.read import Read10, ReadCd
from redbook.mmc.write import (
    Blank,
    BlankType,
    CloseFunction,
    CloseTrackSession,
    ReadBufferCapacity,
    SynchronizeCache,
    Write10,
)
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import announce, one_track, write_from
from tests.support.drives import ready, write_track

SECTOR = bytes(SECTOR_BYTES)
EJECT, LOAD = StartStopUnit(False, load_eject=True), StartStopUnit(True, load_eject=True)


def event(drive: Drive) -> tuple[MediaEvent, MediaStatus]:
    answer = drive.run(GetEventStatusNotification())
    return answer.media_event, answer.media_status


def attentions(drive: Drive) -> list[str]:
    """All that TEST UNIT READY says before GOOD."""
    found = []
    for _ in range(5):
        try:
            drive.run(TestUnitReady())
        except errors.UnitAttention as error:
            found.append(str(error.sense))
        else:
            return found
    raise AssertionError(found)


PRESENT, OPEN, NONE = MediaStatus.PRESENT, MediaStatus.TRAY_OPEN, MediaStatus(0)


class TestEvents:
    def test_each_is_told_once(self, recorder: VirtualRecorder, drive: Drive) -> None:
        assert event(drive) == (MediaEvent.NO_CHANGE, PRESENT)
        drive.run(EJECT)
        assert event(drive) == (MediaEvent.MEDIA_REMOVAL, OPEN)
        assert event(drive) == (MediaEvent.NO_CHANGE, OPEN)
        drive.run(LOAD)
        assert event(drive) == (MediaEvent.NEW_MEDIA, PRESENT)
        assert event(drive) == (MediaEvent.NO_CHANGE, PRESENT)

    def test_by_a_persons_hands_too(self, recorder: VirtualRecorder, drive: Drive) -> None:
        recorder.remove()
        assert event(drive) == (MediaEvent.MEDIA_REMOVAL, OPEN)
        recorder.push_in()
        assert event(drive) == (MediaEvent.NO_CHANGE, NONE)
        recorder.insert(Medium.new())
        assert event(drive) == (MediaEvent.NEW_MEDIA, PRESENT)

    def test_eight_bytes_of_the_media_class(self, recorder: VirtualRecorder, drive: Drive) -> None:
        recorder.insert(Medium.new())
        reply = drive.send(bytes.fromhex("4a 01 00 00 10 00 00 00 08 00"), data_in_length=8)
        assert reply.data.hex(" ") == "00 06 04 10 02 02 00 00"
        assert drive.send(bytes.fromhex("4a 01 00 00 10 00 00 00 04 00"), data_in_length=4).data.hex() == (
            "00060410"
        )

    def test_of_a_class_that_it_does_not_tell_there_is_no_event(
        self, recorder: VirtualRecorder, drive: Drive
    ) -> None:
        recorder.insert(Medium.new())
        reply = drive.send(bytes.fromhex("4a 01 00 00 40 00 00 00 08 00"), data_in_length=8)
        assert reply.data.hex(" ") == "00 02 80 10"
        assert event(drive)[0] is MediaEvent.NEW_MEDIA  # and it is still there for who asks

    def test_to_be_told_later_is_refused(self, drive: Drive) -> None:
        with pytest.raises(errors.InvalidField):
            drive.run(GetEventStatusNotification(polled=False))

    def test_a_change_raises_an_event_and_an_attention_and_neither_eats_the_other(
        self, recorder: VirtualRecorder, drive: Drive
    ) -> None:
        """Else Linux finds that the two disagree, and ignores the events from then on."""
        recorder.insert(Medium.new())
        assert event(drive)[0] is MediaEvent.NEW_MEDIA
        assert attentions(drive) == ["6/28/00"]
        recorder.insert(Medium.new())
        assert attentions(drive) == ["6/28/00"]
        assert event(drive)[0] is MediaEvent.NEW_MEDIA

    def test_the_events_are_told_without_a_disc_and_while_busy(self, clock: ManualClock) -> None:
        recorder = VirtualRecorder(None, tray_open=True)
        assert event(Drive(recorder)) == (MediaEvent.NO_CHANGE, OPEN)
        drive = ready(VirtualRecorder(Medium.new("cd-rw"), speed=4, clock=clock))
        drive.run(Blank(BlankType.MINIMAL, immediate=True))
        assert event(drive) == (MediaEvent.NO_CHANGE, PRESENT)


class TestAttentions:
    @pytest.mark.parametrize(
        "command",
        [Inquiry(), GetConfiguration(), GetEventStatusNotification()],
        ids=lambda command: type(command).__name__,
    )
    def test_some_commands_are_done_and_leave_it_pending(
        self, command: Command[object], recorder: VirtualRecorder
    ) -> None:
        drive = Drive(recorder)
        drive.run(command)
        assert attentions(drive) == ["6/29/00"]

    @pytest.mark.parametrize(
        "command",
        [TestUnitReady(), ModeSense10(0x2A), ReadCapacity(), ReadDiscInformation(), Write10(0, SECTOR)],
        ids=lambda command: type(command).__name__,
    )
    def test_others_are_refused_by_it_and_take_it(
        self, command: Command[object], recorder: VirtualRecorder
    ) -> None:
        drive = Drive(recorder)
        with pytest.raises(errors.DeviceReset):
            drive.run(command)
        drive.run(command)

    def test_request_sense_returns_and_takes_it(self, recorder: VirtualRecorder) -> None:
        drive = Drive(recorder)
        assert str(drive.run(RequestSense())) == "6/29/00"
        assert str(drive.run(RequestSense())) == "0/00/00"
        assert attentions(drive) == []

    def test_each_initiator_hears_of_power_and_of_a_new_disc(self, recorder: VirtualRecorder) -> None:
        first, second = Drive(recorder), Drive(recorder.new_initiator())
        assert attentions(first) == ["6/29/00"]
        assert attentions(second) == ["6/29/00"]
        recorder.insert(Medium.new())
        recorder.insert(Medium.new())
        assert attentions(first) == ["6/28/00"]
        assert attentions(first) == []
        assert attentions(second) == ["6/28/00"]

    def test_one_that_comes_later_hears_of_power_alone(self, recorder: VirtualRecorder) -> None:
        recorder.insert(Medium.new())
        assert attentions(Drive(recorder.new_initiator())) == ["6/29/00"]

    def test_a_reset_is_told_to_all(self, recorder: VirtualRecorder) -> None:
        drives = [ready(recorder), ready(recorder.new_initiator())]  # type: ignore[arg-type]
        recorder.reset()
        assert [attentions(drive) for drive in drives] == [["6/29/00"]] * 2


class TestLoading:
    def test_no_disc_then_becoming_ready_then_a_new_medium_then_good(self, clock: ManualClock) -> None:
        recorder = VirtualRecorder(Medium.new(), speed=8, clock=clock, tray_open=True)
        drive = Drive(recorder)
        assert str(drive.run(RequestSense())) == "6/29/00"
        with pytest.raises(errors.TrayOpen):
            drive.run(TestUnitReady())
        drive.run(LOAD)
        for command in (TestUnitReady(), ReadDiscInformation(), ReadCapacity(), Write10(0, SECTOR)):
            with pytest.raises(errors.BecomingReady) as caught:
                drive.run(command)  # type: ignore[arg-type]
            assert str(caught.value.sense) == "2/04/01"
        drive.run(ModeSense10(0x2A))  # takes no attention: there is none yet
        assert str(drive.run(RequestSense())) == "2/04/01"
        clock.sleep(30)
        assert attentions(drive) == ["6/28/00"]

    def test_a_tray_that_loads_can_be_opened(self, clock: ManualClock) -> None:
        recorder = VirtualRecorder(Medium.new(), speed=8, clock=clock, tray_open=True)
        drive = Drive(recorder)
        drive.run(RequestSense())
        for open_it in (lambda: drive.run(EJECT), recorder.press_eject, recorder.remove):
            drive.run(LOAD)
            open_it()
            with pytest.raises(errors.TrayOpen):
                while True:
                    try:
                        drive.run(TestUnitReady())
                        break
                    except errors.MediumChanged:
                        continue

    def test_loading_a_closed_tray_changes_nothing(self, drive: Drive) -> None:
        drive.run(LOAD)
        assert attentions(drive) == []
        assert event(drive) == (MediaEvent.NO_CHANGE, PRESENT)

    @pytest.mark.parametrize("byte_4", [0x00, 0x01, 0x10, 0x20, 0x30, 0x50, 0x70])
    def test_spinning_up_and_down_and_power_conditions_are_good(self, byte_4: int, drive: Drive) -> None:
        reply = drive.send(bytes((0x1B, 0, 0, 0, byte_4, 0)))
        assert reply.status == 0
        assert attentions(drive) == []


class TestWithoutADisc:
    REFUSED: tuple[Command[object], ...] = (
        TestUnitReady(),
        ReadToc(),
        ReadDiscInformation(),
        ReadTrackInformation(),
        ReadSubChannel(),
        ReadCd(0, 1),
        Read10(0, 1),
        Seek10(0),
        Write10(0, SECTOR),
        SendOpcInformation(),
        SynchronizeCache(),
        CloseTrackSession(CloseFunction.SESSION),
        Blank(BlankType.ALL),
        ReadBufferCapacity(),
    )
    DONE: tuple[Command[object], ...] = (
        Inquiry(),
        ModeSense10(0x05),
        ModeSense6(0x2A),
        ModeSelect10(WriteParameters().to_page()),
        StartStopUnit(True),
        PreventAllowMediumRemoval(True),
        PreventAllowMediumRemoval(False),
        SetCdSpeed(write_kb=1412),
        GetConfiguration(),
        GetEventStatusNotification(),
        GetPerformance(most=5),
        MechanismStatus(),
        ReadCapacity(),
    )

    @pytest.mark.parametrize("tray_open", [False, True])
    def test_what_needs_one_is_refused_by_where_it_is_not(self, tray_open: bool) -> None:
        drive = Drive(VirtualRecorder(None, tray_open=tray_open))
        drive.run(RequestSense())
        for command in self.REFUSED:
            with pytest.raises(errors.NoMedium) as caught:
                drive.run(command)
            assert str(caught.value.sense) == ("2/3A/02" if tray_open else "2/3A/01")

    def test_all_else_is_done(self) -> None:
        drive = Drive(VirtualRecorder(None))
        drive.run(RequestSense())
        for command in self.DONE:
            drive.run(command)


class TestLocks:
    def test_a_locked_tray_does_not_open(self, drive: Drive) -> None:
        for _ in range(2):  # locking twice is good
            drive.run(PreventAllowMediumRemoval(True))
        with pytest.raises(errors.RemovalPrevented) as caught:
            drive.run(EJECT)
        assert str(caught.value.sense) == "5/53/02"
        page = drive.run(ModeSense10(0x2A)).page(0x2A)
        assert page is not None
        assert page[6] & 2
        drive.run(PreventAllowMediumRemoval(False))
        drive.run(EJECT)

    def test_the_locks_of_two_initiators_are_two(self, recorder: VirtualRecorder) -> None:
        one = recorder.new_initiator()
        first, second = ready(recorder), ready(one)  # type: ignore[arg-type]
        first.run(PreventAllowMediumRemoval(True))
        second.run(PreventAllowMediumRemoval(True))
        first.run(PreventAllowMediumRemoval(False))
        with pytest.raises(errors.RemovalPrevented):
            first.run(EJECT)
        one.close()  # the end of its session takes its lock along
        first.run(EJECT)

    @pytest.mark.parametrize("how", ["reset", "cut_power"])
    def test_a_reset_unlocks(self, how: str, recorder: VirtualRecorder, drive: Drive) -> None:
        drive.run(PreventAllowMediumRemoval(True))
        getattr(recorder, how)()
        ready(recorder).run(EJECT)

    def test_the_button_of_a_locked_tray_asks(self, recorder: VirtualRecorder, drive: Drive) -> None:
        drive.run(PreventAllowMediumRemoval(True))
        recorder.press_eject()
        assert event(drive) == (MediaEvent.EJECT_REQUEST, PRESENT)
        assert attentions(drive) == []
        drive.run(PreventAllowMediumRemoval(False))
        recorder.press_eject()
        assert event(drive) == (MediaEvent.MEDIA_REMOVAL, OPEN)


class TestOpeningInTheMiddle:
    def test_a_track_is_ended_first(self, recorder: VirtualRecorder, drive: Drive) -> None:
        drive.run(Write10(0, SECTOR * 350))
        drive.run(EJECT)
        drive.run(LOAD)
        track = ready(recorder).run(ReadTrackInformation(1))
        assert (track.track_sectors, track.damaged) == (350, False)

    @pytest.mark.parametrize("way", ["command", "button"])
    @pytest.mark.parametrize("what", ["closing", "whole session", "blanking"])
    def test_not_while_it_closes_or_blanks(self, what: str, way: str, clock: ManualClock) -> None:
        recorder = VirtualRecorder(Medium.new("cd-rw"), speed=8, clock=clock)
        drive = ready(recorder)
        start: dict[str, Callable[[], object]] = {
            "closing": lambda: drive.run(CloseTrackSession(CloseFunction.SESSION, immediate=True)),
            "whole session": lambda: write_from(drive, -150, 300),
            "blanking": lambda: drive.run(Blank(BlankType.MINIMAL, immediate=True)),
        }
        if what == "closing":
            write_track(drive, 300)
        if what == "whole session":
            announce(drive, one_track())
        start[what]()
        if way == "command":
            with pytest.raises(errors.OperationInProgress):
                drive.run(EJECT)
        else:
            recorder.press_eject()
        assert not recorder.tray_open
        clock.sleep(120)
        if what != "blanking":
            assert drive.run(ReadToc()).tracks[0].start_lba == 0
        recorder.press_eject()
        assert recorder.tray_open
