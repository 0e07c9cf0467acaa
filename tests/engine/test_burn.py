"""The burn as a whole on a recorder that misbehaves: refusals, busy answers, cancels at every step."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

import pytest

from redbook import errors
from redbook.burning import looking
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES, Toc, TocTrack
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.events import Event, Notice, Phase, PhaseStarted, Progress, TrackEnded, TrackStarted
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.steps import Step
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import BurnFailed, Cancelled, Sense, TransportTimeout
from redbook.mmc import control, disc_info, identify, mode_pages, sense, write
from redbook.mmc.command import Command
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadDiscInformation,
    ReadToc,
    ReadTrackInformation,
    SessionStatus,
)
from redbook.mmc.identify import Configuration, GetConfiguration
from redbook.runner import cancel as cancelling
from redbook.runner.cancel import Cancel
from redbook.runner.job import Job
from redbook.runner.ring import Ring
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault, MediumSwapped
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import LENGTHS, TRACKS, Recording, contents, is_locked, run, status
from tests.support.drives import as_sent, close_session, loaded_again, ready, write_track
from tests.support.sound import noise
from tests.support.streams import BytesStream


def test_the_disc_holds_what_was_sent_where_it_belongs(recorder: VirtualRecorder) -> None:
    run(recorder)
    assert contents(recorder) == TRACKS
    toc = loaded_again(ready(recorder)).run(ReadToc())
    assert toc == Toc((TocTrack(1, 0), TocTrack(2, 552), TocTrack(3, 1054)), 1357)
    assert not is_locked(recorder)


def test_events_tell_the_story_in_order(recorder: VirtualRecorder) -> None:
    events = [e for e in run(recorder) if not isinstance(e, Progress)]
    expected: list[Event] = [PhaseStarted(Phase.PREPARING)]
    for number, start, sectors in ((1, 0, 400), (2, 552, 350), (3, 1054, 301)):
        expected += [
            PhaseStarted(Phase.WRITING, number),
            TrackStarted(number, start, sectors),
            PhaseStarted(Phase.ENDING_TRACK, number),
            TrackEnded(number, start, sectors),
        ]
    assert events == [*expected, PhaseStarted(Phase.CLOSING)]


def test_progress_ends_with_everything_sent(recorder: VirtualRecorder) -> None:
    last = [e for e in run(recorder) if isinstance(e, Progress)][-1]
    assert (last.track, last.track_sectors_done, last.sectors_done, last.sectors) == (3, 301, 1051, 1051)
    assert last.host_buffer_size > 0


def test_no_close_track_is_sent_and_every_write_is_contiguous(recorder: VirtualRecorder) -> None:
    """LG GH22LS30 answers CLOSE TRACK with an error."""
    log = Recording(recorder)
    run(log)
    closes = [cdb for cdb in log.cdbs if cdb[0] == 0x5B]
    assert [cdb[2] for cdb in closes] == [2]
    writes = [
        (int.from_bytes(c[2:6], "big"), int.from_bytes(c[7:9], "big")) for c in log.cdbs if c[0] == 0x2A
    ]
    assert max(count for _, count in writes) == 27
    position = {0: 0}
    for lba, count in writes:
        assert lba in position
        position = {lba + count: 0, lba + count + 152: 0}


def test_the_drive_s_buffer_is_not_asked_for_before_it_was_filled(recorder: VirtualRecorder) -> None:
    """Pioneer firmware of 2009 throws data away if asked earlier."""
    log = Recording(recorder)
    run(log, tracks=[noise(588 * 3000, 9)], clock=TickingClock())
    opcodes = log.opcodes()
    first_asked = opcodes.index(0x5C)
    sent = sum(int.from_bytes(c[7:9], "big") for c in log.cdbs[:first_asked] if c[0] == 0x2A)
    assert sent * SECTOR_BYTES > recorder.buffer.size_bytes


def test_the_drive_s_buffer_is_asked_for_once_a_second_at_most(recorder: VirtualRecorder) -> None:
    log, clock = Recording(recorder), TickingClock()
    run(log, tracks=[noise(588 * 3000, 9)], clock=clock)
    assert 1 < log.opcodes().count(0x5C) <= clock.now()


class TickingClock(ManualClock):
    """Moves a little with every look at it."""

    def now(self) -> float:
        self.sleep(0.05)
        return super().now()


def test_a_short_track_is_sent_with_silence(recorder: VirtualRecorder) -> None:
    pcm = noise(588 * 2, 4)
    run(recorder, tracks=[pcm])
    drive = ready(recorder)
    assert as_sent(recorder, 0, 300) == pcm + bytes(298 * SECTOR_BYTES)
    assert drive.run(ReadTrackInformation(1)).track_sectors == 300


def test_the_laser_is_calibrated_before_the_first_write(recorder: VirtualRecorder) -> None:
    log = Recording(recorder)
    run(log)
    opcodes = log.opcodes()
    assert opcodes.index(0x54) < opcodes.index(0x2A)


def test_leave_open_sends_no_close(recorder: VirtualRecorder) -> None:
    run(recorder, Settings(finalize=False))
    assert status(recorder) == (DiscStatus.APPENDABLE, SessionStatus.INCOMPLETE)


def test_tracks_are_added_behind_those_there(recorder: VirtualRecorder) -> None:
    run(recorder, Settings(finalize=False), tracks=TRACKS[:1])
    run(recorder, Settings(append=True), tracks=TRACKS[1:])
    assert contents(recorder) == TRACKS


def test_a_test_write_leaves_the_disc_blank_and_sends_no_opc(recorder: VirtualRecorder) -> None:
    log = Recording(recorder)
    run(log, Settings(test_write=True))
    assert 0x54 not in log.opcodes()
    assert status(recorder)[0] is DiscStatus.BLANK


@pytest.mark.parametrize(
    ("settings", "closed"),
    [(Settings(), True), (Settings(test_write=True), False), (Settings(finalize=False), False)],
)
def test_a_disc_counts_as_closed_once_it_really_is(
    settings: Settings, closed: bool, recorder: VirtualRecorder
) -> None:
    outcome = Outcome()
    run(recorder, settings, outcome=outcome)
    assert outcome.closed is closed


def test_a_disc_that_is_not_blank_is_left_alone(recorder: VirtualRecorder) -> None:
    drive, log = ready(recorder), Recording(recorder)
    write_track(drive, 300)
    with pytest.raises(errors.MediumUnsuitable, match="not blank"):
        run(log)
    close_session(drive)
    with pytest.raises(errors.MediumUnsuitable, match="complete"):
        run(log, Settings(append=True))
    assert not is_locked(recorder)
    assert 0x55 not in log.opcodes()  # no test write stands in page 05h that would have to be taken out
    assert not [cdb for cdb in log.cdbs if cdb[0] == 0x1B and cdb[4] & 2]  # and the tray stays shut


class ReadsOnly(Recording):
    """A drive that has no feature of writing CDs (002Dh, 002Eh, 0037h), and says so in page 2Ah as well."""

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        if cdb[0] == GetConfiguration.OPCODE:
            found = Configuration.from_bytes(reply.data)
            others = tuple(f for f in found.features if f.code not in (0x2D, 0x2E, 0x37))
            return Reply(0, Configuration(found.current_profile, others).to_bytes())
        if cdb[0] == 0x5A and cdb[2] == 0x2A:
            return Reply(0, reply.data[:11] + b"\0" + reply.data[12:])
        return reply


def test_a_drive_that_only_reads_is_no_recorder(recorder: VirtualRecorder) -> None:
    log = ReadsOnly(recorder)
    with pytest.raises(errors.NotARecorder, match="cannot write CDs; use a CD recorder"):
        run(log)
    assert not {0x55, 0x54, 0x2A} & set(log.opcodes())


def test_no_disc_and_open_tray_are_said() -> None:
    with pytest.raises(errors.NoMedium, match="insert a disc"):
        run(VirtualRecorder())
    with pytest.raises(errors.TrayOpen, match="close the tray"):
        run(VirtualRecorder(Medium.new(), tray_open=True))


def test_a_job_that_does_not_fit_is_refused_before_the_laser(recorder: VirtualRecorder) -> None:
    log = Recording(recorder)
    runner = Runner(Drive(log), emit=lambda e: None, clock=ManualClock())
    with pytest.raises(errors.PlanError):
        runner.run(burn(TrackAtOnce([359848]), Settings(), Outcome()))
    assert not {0x2A, 0x54, 0x35, 0x5B} & set(log.opcodes())


BUSY = Sense(2, 0x04, 0x08)
OPERATION = Sense(2, 0x04, 0x07, progress=0.5)

TOLERATED = {
    "buffer full": Fault(BUSY, write.Write10, nth=3, times=5),
    "buffer full, said as operation": Fault(OPERATION, write.Write10, nth=3, times=5),
    "busy at the first write": Fault(BUSY, write.Write10, times=300),
    "attention at start": Fault(Sense(6, 0x28, 0), control.TestUnitReady, times=3),
    "becoming ready": Fault(Sense(2, 0x04, 0x01), control.TestUnitReady, times=20),
    "not started": Fault(Sense(2, 0x04, 0x02), control.TestUnitReady),
    "no configuration": Fault(Sense(5, 0x20, 0), identify.GetConfiguration, times=None),
    "no atip": Fault(Sense(5, 0x24, 0), disc_info.ReadAtip, times=None),
    "no opc": Fault(Sense(5, 0x20, 0), control.SendOpcInformation),
    "Ricoh's write permit": Fault(Sense(6, 0x5A, 3), control.SendOpcInformation),
    "speed refused": Fault(Sense(5, 0x24, 0), control.SetCdSpeed),
    "no lock": Fault(Sense(5, 0x20, 0), control.PreventAllowMediumRemoval, times=None),
    "underrun protection refused": Fault(Sense(5, 0x26, 0), mode_pages.ModeSelect10),
    "ready while it works": Fault(OPERATION, disc_info.ReadDiscInformation, nth=4, times=6),
    "Immed refused by SYNC": Fault(Sense(5, 0x24, 0), write.SynchronizeCache),
    "Immed refused by CLOSE": Fault(Sense(5, 0x24, 0), write.CloseTrackSession),
    "busy at SYNC": Fault(BUSY, write.SynchronizeCache, executed=True),
    "still working at CLOSE (Sony)": Fault(OPERATION, write.CloseTrackSession, executed=True),
    "recovered error": Fault(Sense(1, 0x17, 0), write.Write10, nth=2, executed=True),
    "buffer unknown": Fault(Sense(5, 0x20, 0), write.ReadBufferCapacity, times=None),
    "insufficient time (Mitsumi)": Fault(Sense(6, 0x2E, 0), control.TestUnitReady, nth=6, times=3),
}


@pytest.mark.parametrize("name", TOLERATED)
def test_a_drive_s_habit_does_not_stop_the_burn(name: str) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[TOLERATED[name]])
    run(recorder)
    recorder.faults.clear()
    assert contents(recorder) == TRACKS
    assert not is_locked(recorder)


def test_busy_drive_is_sent_the_same_sectors_again(recorder: VirtualRecorder) -> None:
    log = Recording(recorder)
    recorder.faults = [Fault(BUSY, write.Write10, nth=3, times=4)]
    run(log)
    writes = [cdb for cdb in log.cdbs if cdb[0] == 0x2A]
    assert writes[2:7] == [writes[2]] * 5


def test_a_drive_that_stays_busy_is_given_up() -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(BUSY, write.Write10, nth=3, times=None)])
    clock = ManualClock()
    with pytest.raises(BurnFailed, match="buffer is full"):
        run(recorder, clock=clock)
    assert 60 < clock.now() < 600


FATAL = {
    "write error": (Sense(3, 0x0C, 0, 54), errors.WriteError),
    "wrong address": (Sense(5, 0x21, 2), errors.InvalidWriteAddress),
    "underrun": (Sense(3, 0x0C, 9), errors.LossOfStreaming),
    "hardware": (Sense(4, 0x44, 0), errors.HardwareError),
    "disc changed": (Sense(6, 0x28, 0), errors.MediumChanged),
    "reset": (Sense(6, 0x29, 0), errors.DeviceReset),
    "calibration": (Sense(3, 0x73, 3), errors.PowerCalibrationError),
    "protected": (Sense(7, 0x27, 0), errors.WriteProtected),
    "intervention": (Sense(2, 0x04, 3), errors.ManualIntervention),
}


@pytest.mark.parametrize("name", FATAL)
def test_an_error_in_a_write_ends_the_burn_with_what_is_on_the_disc(name: str) -> None:
    reason, kind = FATAL[name]
    fault = Fault(reason, write.Write10, lba=552 + 54)
    recorder = VirtualRecorder(Medium.new(), faults=[fault])
    with pytest.raises(BurnFailed) as caught:
        run(recorder)
    assert isinstance(caught.value.__cause__, kind)
    assert (caught.value.track, caught.value.lba) == (2, 552 + 54)
    assert "track" in caught.value.disc_now
    assert "session is open" in caught.value.disc_now
    tracks = [ready(recorder).run(ReadTrackInformation(n)) for n in (1, 2)]
    assert [t.next_writable_lba for t in tracks] == [None, None]  # both were ended
    assert not is_locked(recorder)


@pytest.mark.parametrize("command", [write.Write10, write.SynchronizeCache, write.CloseTrackSession])
def test_what_is_on_another_disc_is_not_told_of_the_one_that_was_written(command: type[Command[Any]]) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(MediumSwapped(), command, nth=2)])
    if command is write.CloseTrackSession:
        recorder.faults[0] = Fault(MediumSwapped(), command)
    with pytest.raises(BurnFailed) as caught:
        run(recorder)
    assert isinstance(caught.value.__cause__, errors.MediumChanged)
    assert "another disc" in caught.value.disc_now
    assert "blank" not in caught.value.disc_now


@pytest.mark.parametrize(
    ("number", "between_seconds", "key_after_seconds"),
    [(signal.SIGTERM, 0.3, 0.3), (signal.SIGINT, 0.01, 0.2)],
    ids=["timeout", "timeout -s INT"],
)
def test_one_wish_to_stop_that_comes_as_two_signals_is_one(
    monkeypatch: pytest.MonkeyPatch, number: int, between_seconds: float, key_after_seconds: float
) -> None:
    """GNU timeout 9.1 sends its signal to the process, and once more to its group."""
    now = 1000.0
    monkeypatch.setattr(cancelling.time, "monotonic", lambda: now)
    cancel = Cancel()
    cancel.on_signal(number, None)
    now += between_seconds
    cancel.on_signal(number, None)
    assert cancel.wanted
    assert not cancel.wanted_at_once
    now += key_after_seconds  # so a key can be pressed again, but not by a program
    cancel.on_signal(signal.SIGINT, None)
    assert cancel.wanted_at_once


def test_who_has_read_that_ctrl_c_is_obeyed_may_press_it_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cancelling.time, "monotonic", lambda: 1000.0)
    cancel = Cancel()
    cancel.on_signal(signal.SIGINT, None)
    assert cancel.acknowledged()
    cancel.on_signal(signal.SIGINT, None)
    assert cancel.wanted_at_once


def test_an_error_while_cleaning_up_does_not_hide_the_first() -> None:
    faults = [
        Fault(Sense(3, 0x0C, 0), write.Write10, lba=54),
        Fault(Sense(4, 0x44, 0), write.SynchronizeCache, times=None),
        Fault(Sense(4, 0x44, 0), control.PreventAllowMediumRemoval, nth=2, times=None),
    ]
    with pytest.raises(BurnFailed) as caught:
        run(VirtualRecorder(Medium.new(), faults=faults))
    assert isinstance(caught.value.__cause__, errors.WriteError)


@pytest.mark.parametrize("outcome", [errors.DriveGone("unplugged"), TransportTimeout("no answer")])
def test_no_answer_ends_the_burn(outcome: errors.TransportError) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(outcome, write.Write10, nth=5, times=None)])
    with pytest.raises(BurnFailed) as caught:
        run(recorder)
    assert caught.value.__cause__ is outcome


@pytest.mark.parametrize("reason", [Sense(3, 0x72, 1), Sense(3, 0x73, 4), Sense(4, 0x44, 0)])
def test_a_failed_close_is_a_failure(reason: Sense) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(reason, write.CloseTrackSession, times=None)])
    with pytest.raises(BurnFailed, match="after track 3"):
        run(recorder)


def test_a_refused_close_of_a_test_write_is_none() -> None:
    fault = Fault(Sense(5, 0x2C, 0), write.CloseTrackSession, times=None)
    run(VirtualRecorder(Medium.new(), faults=[fault]), Settings(test_write=True))


def test_an_unfinished_track_in_the_session_is_repaired_at_close() -> None:
    fault = Fault(Sense(5, 0x72, 3), write.CloseTrackSession)
    recorder = VirtualRecorder(Medium.new(), faults=[fault])
    run(recorder)
    assert contents(recorder) == TRACKS


def test_parameters_that_did_not_take_are_noticed() -> None:
    """A drive that says GOOD to MODE SELECT and keeps its own write type must not write."""
    recorder = VirtualRecorder(Medium.new())

    class Stubborn(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            reply = super().execute(cdb, data_out, length, timeout)
            if cdb[0] == 0x5A and cdb[2] == 0x05:
                data = bytearray(reply.data)
                data[8 + 4] = 8  # data block type
                return Reply(reply.status, bytes(data))
            return reply

    log = Stubborn(recorder)
    with pytest.raises(errors.InvalidReply, match="did not take"):
        run(log)
    assert 0x2A not in log.opcodes()


def test_a_next_address_elsewhere_stops_before_the_first_sector() -> None:
    recorder = VirtualRecorder(Medium.new())

    class Odd(Recording):
        asked = 0

        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            reply = super().execute(cdb, data_out, length, timeout)
            if cdb[0] == 0x52:
                self.asked += 1
                if self.asked > 1:
                    data = bytearray(reply.data)
                    data[12:16] = (5000).to_bytes(4, "big")
                    return Reply(reply.status, bytes(data))
            return reply

    log = Odd(recorder)
    with pytest.raises(errors.MediumUnsuitable, match="5000"):
        run(log)
    assert 0x2A not in log.opcodes()


def test_minus_150_on_a_blank_disc_means_0() -> None:
    """Pioneer BDR-205 and LITE-ON LTR-48125S."""
    recorder = VirtualRecorder(Medium.new())

    class Minus150(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            reply = super().execute(cdb, data_out, length, timeout)
            if cdb[0] == 0x52 and reply.data[8:16] == bytes(8):
                data = bytearray(reply.data)
                data[12:16] = (-150).to_bytes(4, "big", signed=True)
                return Reply(reply.status, bytes(data))
            return reply

    run(Minus150(recorder), tracks=TRACKS[:1])
    assert as_sent(recorder, 0, 400) == TRACKS[0]


def test_a_residue_is_lost_data() -> None:
    """A USB bridge said GOOD with 9216 of 32768 bytes delivered."""
    recorder = VirtualRecorder(Medium.new())

    class Leaky(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            reply = super().execute(cdb, data_out, length, timeout)
            return Reply(reply.status, reply.data, reply.sense, 23552) if cdb[0] == 0x2A else reply

    with pytest.raises(BurnFailed, match="loses data"):
        run(Leaky(recorder))


class CancelAt(Recording):
    """Cancels when the n-th command arrives."""

    def __init__(self, inner: VirtualRecorder, number: int, cancel: Cancel, at_once: bool = False) -> None:
        super().__init__(inner)
        self.number, self.cancel, self.at_once = number, cancel, at_once

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        if len(self.cdbs) == self.number:
            (self.cancel.at_once if self.at_once else self.cancel)()
        return reply


def count_commands() -> int:
    log = Recording(VirtualRecorder(Medium.new()))
    run(log)
    return len(log.cdbs)


@pytest.mark.parametrize("number", range(1, count_commands() + 1))
def test_a_cancel_at_any_command_leaves_disc_and_drive_sane(number: int) -> None:
    recorder = VirtualRecorder(Medium.new())
    cancel = Cancel()
    outcome = Outcome()
    try:
        run(CancelAt(recorder, number, cancel), cancel=cancel, outcome=outcome)
    except Cancelled as cancelled:
        assert cancelled.disc_now or not outcome.touched
    else:
        assert contents(recorder) == TRACKS  # it came too late
    assert not is_locked(recorder)
    drive = ready(recorder)
    info = drive.run(ReadDiscInformation())
    if not outcome.touched:
        assert info.status is DiscStatus.BLANK
        return
    if info.status is DiscStatus.APPENDABLE:
        track = drive.run(ReadTrackInformation())
        assert track.blank, "a track was left open"
        for number in range(1, track.number):
            found = drive.run(ReadTrackInformation(number))
            whole = TRACKS[number - 1]
            sectors = min(found.track_sectors, len(whole) // SECTOR_BYTES)
            data = as_sent(recorder, found.start_lba, sectors)
            kept = len(data.rstrip(b"\0"))
            assert data[:kept] == whole[:kept]
        recorder.faults.clear()
        run(recorder, Settings(append=True), tracks=TRACKS[:1])


def test_a_cancel_while_the_last_track_is_ended_leaves_the_session_open() -> None:
    """As while any other is: who stops is told that the track is ended, and nothing of a session closed."""
    recorder, log = VirtualRecorder(Medium.new()), Recording(VirtualRecorder(Medium.new()))
    run(log)
    flushes = [number for number, cdb in enumerate(log.cdbs, 1) if cdb[0] == write.SynchronizeCache.OPCODE]
    cancel = Cancel()
    with pytest.raises(Cancelled, match=r"holds track.* whole; its session is open"):
        run(CancelAt(recorder, flushes[len(TRACKS) - 1], cancel), cancel=cancel)
    drive = ready(recorder)
    assert drive.run(ReadDiscInformation()).status is DiscStatus.APPENDABLE
    assert drive.run(ReadTrackInformation(len(TRACKS))).track_sectors * SECTOR_BYTES == len(TRACKS[-1])


@pytest.mark.parametrize("number", range(20, count_commands() - 1, 7))
def test_leaving_at_once_unlocks_the_tray(number: int) -> None:
    recorder = VirtualRecorder(Medium.new())
    cancel = Cancel()
    log = CancelAt(recorder, number, cancel, at_once=True)
    with pytest.raises(Cancelled):
        run(log, cancel=cancel)
    assert len(log.cdbs) <= number + 2
    assert not is_locked(recorder)


def test_a_job_is_cancelled_from_another_thread_while_the_listener_sleeps() -> None:
    recorder = VirtualRecorder(Medium.new())
    cancel = Cancel()
    heard = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, TrackStarted):
            heard.set()

    def work(emit: Any) -> None:
        def step(event: Event) -> None:
            emit(event)
            if isinstance(event, TrackStarted):
                heard.wait(10)
                elsewhere = threading.Thread(target=cancel)
                elsewhere.start()
                elsewhere.join()

        streams = [BytesStream(pcm) for pcm in TRACKS]
        Runner(Drive(recorder), emit=step, cancel=cancel, streams=streams, total=1051).run(
            burn(TrackAtOnce(LENGTHS), Settings(), Outcome())
        )

    with pytest.raises(Cancelled):
        Job(work).run(listen, cancel)


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_a_listener_that_raises_does_not_cost_a_disc(
    kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    recorder = VirtualRecorder(Medium.new())

    def work(emit: Any) -> None:
        streams = [BytesStream(pcm) for pcm in TRACKS]
        Runner(Drive(recorder), emit=emit, streams=streams, total=1051).run(
            burn(TrackAtOnce(LENGTHS), Settings(), Outcome())
        )

    def listen(event: Event) -> None:
        raise kind("a mistake of the caller's")

    with caplog.at_level(logging.ERROR):
        Job(work).run(listen, Cancel())
    assert contents(recorder) == TRACKS
    assert "a mistake of the caller's" in caplog.text


def test_audio_that_ends_early_ends_the_burn() -> None:
    recorder = VirtualRecorder(Medium.new())

    class Short(BytesStream):
        @property
        def sectors(self) -> int:
            return super().sectors + 10

    runner = Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock(), streams=[Short(TRACKS[0])])
    with pytest.raises(BurnFailed, match="ended before its length"):
        runner.run(burn(TrackAtOnce([410]), Settings(), Outcome()))


def test_the_ring_is_bounded_and_keeps_order() -> None:
    pcm = noise(588 * 1000, 7)
    ring = Ring([BytesStream(pcm, most=1000), BytesStream(pcm[: 5 * SECTOR_BYTES])], size_bytes=200_000)
    assert ring.size_bytes <= 200_000
    ring.start()
    first = b""
    while chunk := ring.take():
        first += bytes(chunk)
    assert first == pcm
    assert bytes(ring.take()) == pcm[: 5 * SECTOR_BYTES]
    assert not ring.take()
    for _ in range(2):
        with pytest.raises(errors.AudioError, match="no audio for another track"):
            ring.take()
    ring.close()


def test_the_procedure_can_be_driven_by_hand() -> None:
    """No clock, no thread, no drive: what it yields first is a plain value."""
    procedure = burn(TrackAtOnce([300]), Settings(), Outcome())
    step: Step = next(procedure)
    assert step == PhaseStarted(Phase.PREPARING)
    while not isinstance(step, Command):
        step = procedure.send(0.0)
    assert step == control.TestUnitReady()
    broken = errors.HardwareError("broken", "TEST UNIT READY", Sense(4, 0x44, 0))
    seen = [procedure.throw(broken)]
    with pytest.raises(errors.HardwareError):
        while True:
            seen.append(procedure.send(None))
    assert control.PreventAllowMediumRemoval(False) in seen


def test_notices_are_events(recorder: VirtualRecorder) -> None:
    events = run(recorder, Settings(speed=13))
    notices = [e.text for e in events if isinstance(e, Notice)]
    assert notices == ["13x is not offered for this disc; 16x is the closest one offered"]


class FailingAt(CancelAt):
    """Cancels while the n-th command is on its way, which then fails."""

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        if len(self.cdbs) == self.number:
            return Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(4, 0x44, 0)))
        return reply


@pytest.mark.parametrize("number", range(3, count_commands() + 1))
def test_a_cancel_that_meets_an_error_leaves_disc_and_drive_sane(number: int) -> None:
    recorder = VirtualRecorder(Medium.new())
    cancel, outcome = Cancel(), Outcome()
    try:
        run(FailingAt(recorder, number, cancel), cancel=cancel, outcome=outcome)
    except (Cancelled, errors.DriveError) as error:
        assert getattr(error, "disc_now", None) or not outcome.touched
    assert not is_locked(recorder)
    info = ready(recorder).run(ReadDiscInformation())
    if info.status is DiscStatus.APPENDABLE:
        assert ready(recorder).run(ReadTrackInformation()).blank


def test_a_cancel_while_the_ring_fills_unlocks_the_tray() -> None:
    class Slow(BytesStream):
        def read_into(self, buffer: memoryview) -> int:
            cancel()
            released.wait(0.05)
            return super().read_into(buffer)

    recorder, cancel, released = VirtualRecorder(Medium.new()), Cancel(), threading.Event()
    runner = Runner(Drive(recorder), emit=lambda e: None, cancel=cancel, streams=[Slow(TRACKS[0], most=2352)])
    with pytest.raises(Cancelled, match="nothing was written"):
        runner.run(burn(TrackAtOnce([400]), Settings(), Outcome()))
    assert not is_locked(recorder)


def test_a_broken_burn_is_padded_by_the_host() -> None:
    """Not every drive pads a short track by itself."""
    recorder = VirtualRecorder(Medium.new())
    cancel = Cancel()
    log = Recording(recorder)

    class AfterFirstWrite(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            if cdb[0] == 0x2A:
                cancel()
            return log.execute(cdb, data_out, length, timeout)

    with pytest.raises(Cancelled, match=r"the first 0\.4 s of track 1"):
        run(AfterFirstWrite(recorder), cancel=cancel)
    assert sum(int.from_bytes(c[7:9], "big") for c in log.cdbs if c[0] == 0x2A) == 300


def test_a_close_that_did_nothing_is_no_success() -> None:
    class Liar(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            return Reply(Status.GOOD) if cdb[0] == 0x5B else super().execute(cdb, data_out, length, timeout)

    with pytest.raises(BurnFailed, match="not complete") as caught:
        run(Liar(VirtualRecorder(Medium.new())))
    assert "session is open" in caught.value.disc_now


def test_a_close_that_worked_and_complained_is_told_as_it_is() -> None:
    fault = Fault(Sense(3, 0x72, 2), write.CloseTrackSession, times=2, executed=True)
    with pytest.raises(BurnFailed) as caught:
        run(VirtualRecorder(Medium.new(), faults=[fault]))
    assert "session is closed" in caught.value.disc_now


def test_a_refused_first_write_leaves_the_disc_blank_and_says_so() -> None:
    fault = Fault(Sense(3, 0x73, 3), write.Write10, times=None)
    with pytest.raises(BurnFailed) as caught:
        run(VirtualRecorder(Medium.new(), faults=[fault]))
    assert caught.value.disc_now == "the disc is still blank"


def test_what_a_drive_that_has_left_holds_is_not_known() -> None:
    fault = Fault(errors.DriveGone("unplugged"), write.Write10, nth=5, times=None)
    with pytest.raises(BurnFailed) as caught:
        run(VirtualRecorder(Medium.new(), faults=[fault]))
    assert "not known" in caught.value.disc_now


MISSING_PAGES = [
    Fault(Sense(5, 0x24, 0), mode_pages.ModeSense10, nth=nth, times=times) for nth, times in ((1, 1), (4, 1))
]


@pytest.mark.parametrize("fault", MISSING_PAGES)
def test_a_drive_without_page_2a_burns_all_the_same(fault: Fault) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[fault])
    run(recorder)
    assert contents(recorder) == TRACKS


class ShortPage(Recording):
    """A drive one of whose mode pages breaks off after 4 bytes."""

    page: int

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        return Reply(reply.status, reply.data[:12]) if cdb[0] == 0x5A and cdb[2] == self.page else reply


def test_a_short_page_05h_is_an_invalid_reply_and_unlocks() -> None:
    recorder = VirtualRecorder(Medium.new())
    short = ShortPage(recorder)
    short.page = 0x05
    with pytest.raises(errors.InvalidReply, match="make no sense"):
        run(short)
    assert not is_locked(recorder)


def test_a_short_page_2ah_is_none() -> None:
    recorder = VirtualRecorder(Medium.new())
    short = ShortPage(recorder)
    short.page = 0x2A
    run(short)
    assert contents(recorder) == TRACKS


@pytest.mark.parametrize("reason", [Sense(6, 0x2A, 1), Sense(1, 0x17, 0, deferred=True)])
def test_an_answer_that_is_not_about_the_write_is_no_refusal_of_it(reason: Sense) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(reason, write.Write10, nth=4, times=2)])
    run(recorder)
    assert contents(recorder) == TRACKS


def test_a_busy_status_is_waited_through() -> None:
    recorder = VirtualRecorder(Medium.new())

    class Busy(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            self.cdbs.append(cdb)
            if cdb[0] == 0x2A and len(self.cdbs) % 3:
                return Reply(Status.BUSY)
            return self.inner.execute(cdb, data_out, length, timeout)

    run(Busy(recorder))
    assert contents(recorder) == TRACKS


def test_attentions_without_end_come_to_an_end() -> None:
    fault = Fault(Sense(6, 0x3F, 1), control.TestUnitReady, nth=5, times=None)
    clock = ManualClock()
    with pytest.raises(BurnFailed):
        run(VirtualRecorder(Medium.new(), faults=[fault]), clock=clock)
    assert 300 <= clock.now() < 600


def test_a_job_that_does_not_fit_leaves_an_unfinished_track_as_it_is(recorder: VirtualRecorder) -> None:
    drive = ready(recorder)
    drive.run(write.Write10(0, bytes(20 * SECTOR_BYTES)))
    recorder._mechanism.writing = None  # as after a power cut
    runner = Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock())
    with pytest.raises(errors.PlanError):
        runner.run(burn(TrackAtOnce([359_800]), Settings(append=True), Outcome()))
    assert drive.run(ReadTrackInformation(1)).next_writable_lba == 20
    run(recorder, Settings(append=True), tracks=TRACKS[:1])
    assert loaded_again(drive).run(ReadToc()) == Toc((TocTrack(1, 0), TocTrack(2, 452)), 854)


def test_a_blank_disc_takes_track_1_whatever_the_drive_makes_of_the_question() -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    recorder.faults = [Fault(Sense(5, 0x24, 0), ReadTrackInformation, times=None)]
    space = looking.disc_info(drive).disc.space
    assert space is not None
    assert (space.first_track, space.next_lba) == (1, 0)
