"""No wait is silent or deaf: what is told while a drive is not ready, and how a cancel reaches it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

import redbook
from redbook import errors
from redbook.burning.looking import read_checksums
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.events import Event, Phase, PhaseStarted, Stopping, TrackStarted, Waiting
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.waiting import Patience
from redbook.errors import BurnFailed, EraseFailed, Sense, StillBusy
from redbook.mmc.command import Command
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import ReadDiscInformation
from redbook.mmc.write import Blank, CloseTrackSession, SynchronizeCache, Write10
from redbook.runner.runner import Runner
from redbook.runner.under_way import UnderWay
from redbook.runner.urgency import Urgency
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import LENGTHS, TRACKS, Recording, run
from tests.support.sound import noise, write_wav
from tests.support.streams import BytesStream

LOADING = Sense(2, 4, 1)


@pytest.fixture(autouse=True)
def _songs() -> None:
    from pathlib import Path

    write_wav(Path("a.wav"), noise(588 * 310))


def burnt(medium: str = "cd-rw") -> Medium:
    """A finished disc with a.wav on it."""
    disc = Medium.new(medium)
    recorder = VirtualRecorder(disc)
    redbook.burn(["a.wav"], Drive(recorder), clock=ManualClock())
    return disc


Call = Callable[..., object]
CALLS: dict[str, tuple[Call, bool]] = {
    "burn": (lambda drive, **how: redbook.burn(["a.wav"], drive, **how), False),
    "plan": (lambda drive, **how: redbook.plan(["a.wav"], drive, **how), False),
    "verify": (lambda drive, **how: redbook.verify(["a.wav"], drive, **how), True),
    "blank": (lambda drive, **how: redbook.blank(drive, **how), True),
    "close": (lambda drive, **how: redbook.close_disc(drive, **how), True),
    "info": (lambda drive, **how: redbook.disc_info(drive, **how), True),
    "checksums": (lambda drive, **how: read_checksums(drive, **how), True),
}
"""Each function of the Python API, and whether it wants a disc with a track on it."""


def recorder_for(burned: bool, *faults: Fault) -> VirtualRecorder:
    return VirtualRecorder(burnt() if burned else Medium.new(), faults=faults)


@pytest.mark.parametrize("name", CALLS)
def test_a_drive_that_looks_at_its_disc_is_told_of_each_second(name: str) -> None:
    call, burned = CALLS[name]
    recorder = recorder_for(burned, Fault(LOADING, UnitReady, times=60))
    clock, events = ManualClock(), list[Event]()
    if name == "close":
        with pytest.raises(redbook.MediumUnsuitable):  # it is closed
            call(Drive(recorder), on_event=events.append, clock=clock)
    else:
        call(Drive(recorder), on_event=events.append, clock=clock)
    waits = [event for event in events if isinstance(event, Waiting)]
    assert 28 <= len(waits) <= 31
    assert "become ready" in waits[0].what
    assert [round(wait.seconds) for wait in waits[:3]] == [1, 2, 3]
    assert waits[0].most_seconds == 120


@pytest.mark.parametrize("name", CALLS)
def test_a_cancel_ends_the_wait_for_a_drive_that_looks_at_its_disc(name: str) -> None:
    call, burned = CALLS[name]
    recorder = recorder_for(burned, Fault(LOADING, UnitReady, times=None))
    clock, cancel = HeldClock(3.0), redbook.Cancel()

    def listen(event: Event) -> None:
        if isinstance(event, Waiting):
            cancel()
            clock.go_on.set()

    with pytest.raises(redbook.Cancelled, match="nothing was"):
        call(Drive(recorder), on_event=listen, clock=clock, cancel=cancel)
    assert clock.now() < 4


@pytest.mark.parametrize("name", CALLS)
def test_a_drive_that_never_becomes_ready_is_given_up(name: str) -> None:
    call, burned = CALLS[name]
    recorder = recorder_for(burned, Fault(LOADING, UnitReady, times=None))
    clock = ManualClock()
    with pytest.raises(StillBusy, match="after 120 s"):
        call(Drive(recorder), clock=clock)
    assert 120 <= clock.now() < 125


class HeldClock(ManualClock):
    """Stands still at some time, so that the listener's thread can come after."""

    def __init__(self, at: float) -> None:
        super().__init__()
        self._at = at
        self.go_on = threading.Event()

    def sleep(self, seconds: float) -> None:
        if self.now() >= self._at:
            assert self.go_on.wait(60)
        super().sleep(seconds)


class Held:
    """A transport that holds one kind of command until it is let go."""

    def __init__(self, inner: VirtualRecorder, command: type[Command[Any]]) -> None:
        self.inner, self.opcode = inner, command.OPCODE
        self.go_on = threading.Event()

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        if cdb[0] == self.opcode:
            assert self.go_on.wait(60)
        return self.inner.execute(cdb, data_out, data_in_length, timeout)

    def announce(self, data_bytes: int) -> None:
        self.inner.announce(data_bytes)

    def close(self) -> None:
        self.inner.close()


@pytest.mark.parametrize("name", CALLS)
def test_a_command_that_is_not_answered_is_told_and_so_is_a_cancel_meanwhile(name: str) -> None:
    """The working thread can say nothing then; the caller's own does."""
    call, burned = CALLS[name]
    held = Held(recorder_for(burned), ReadDiscInformation)
    events, cancel = list[Event](), redbook.Cancel()

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, Waiting):
            cancel()
        elif isinstance(event, Stopping):
            held.go_on.set()  # it would hang without being told

    with pytest.raises(redbook.Cancelled):
        call(Drive(held), on_event=listen, cancel=cancel)
    (stopping,) = (event for event in events if isinstance(event, Stopping))
    (first, *_) = (event for event in events if isinstance(event, Waiting))
    assert first.what == "the drive to answer READ DISC INFORMATION"
    assert first.seconds >= 1
    assert "nothing is lost" in stopping.price


def stopped(at: Phase, medium: Medium, **how: Any) -> Stopping:
    """What is told of a cancel in some phase of a burn; the drive answers nothing until it was told."""
    cancel, events, told = redbook.Cancel(), list[Event](), threading.Event()

    class Waits(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            if cancel.under_way.phase is at:
                assert told.wait(60)
            return super().execute(cdb, *rest, **named)

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, PhaseStarted) and event.phase is at:
            cancel()
        if isinstance(event, Stopping):
            told.set()

    drive = Drive(Waits(medium))
    try:
        if "blank" in how:
            redbook.blank(drive, on_event=listen, cancel=cancel, clock=ManualClock())
        else:
            redbook.burn(["a.wav"], drive, on_event=listen, cancel=cancel, clock=ManualClock(), **how)
    except redbook.Cancelled:
        pass
    (stopping,) = (event for event in events if isinstance(event, Stopping))
    return stopping


@pytest.mark.parametrize(
    ("at", "doing", "price", "how"),
    [
        (Phase.PREPARING, "nothing was written", "nothing is lost", {}),
        (Phase.CLOSING, "closing cannot be interrupted", "goes on closing", {}),
        (Phase.VERIFYING, "drive has answered", "only read", {}),
        (Phase.BLANKING, "erasing cannot be interrupted", "goes on erasing", {"blank": True}),
        (Phase.CLOSING, "test write", "disc stays as it is", {"simulate": True}),
    ],
)
def test_what_stopping_costs_is_told_for_what_is_going_on(
    at: Phase, doing: str, price: str, how: dict[str, Any]
) -> None:
    stopping = stopped(at, burnt() if "blank" in how else Medium.new(), **how)
    assert doing in stopping.doing
    assert price in stopping.price
    assert not stopping.at_once


@pytest.mark.parametrize(
    ("mode", "doing", "price"),
    [
        ("tao", "ending the track", "cut off"),
        ("sao", "a session-at-once recording cannot be ended early, so the disc is lost", "may be busy"),
    ],
)
def test_stopping_in_a_track_ends_it_and_leaving_breaks_it_off(mode: str, doing: str, price: str) -> None:
    """Cancelled while a WRITE is under way: the caller's thread tells both, the drive being silent."""
    recorder = VirtualRecorder(Medium.new())
    held, cancel, told = Held(recorder, Write10), redbook.Cancel(), list[Stopping]()

    def listen(event: Event) -> None:
        if isinstance(event, Waiting) and not cancel.wanted:
            cancel()
        if isinstance(event, Stopping):
            told.append(event)
            if event.at_once:
                held.go_on.set()
            else:
                cancel.at_once()

    with pytest.raises(redbook.Cancelled, match="at once"):
        redbook.burn(["a.wav"], Drive(held), mode=mode, on_event=listen, cancel=cancel)
    first, second = told
    assert (first.doing, first.at_once, second.at_once) == (doing, False, True)
    assert price in first.price
    assert not recorder.tray_locked


def test_a_cancel_that_is_told_late_does_not_promise_to_end_a_session_written_at_once() -> None:
    """The drive's thread may be past the writing by the time that the caller's thread tells of it."""
    under_way = UnderWay(phase=Phase.ENDING_TRACK, track_begun=True, whole_session=True)
    assert "cannot be ended early" in under_way.stopping(False).doing


def test_a_track_is_called_begun_before_its_first_write_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past every cancel, but not sent yet: while the system is asked for priority, say."""
    cancel, told = redbook.Cancel(), list[Stopping | None]()

    def slow(urgency: Urgency) -> str:
        cancel()
        told.append(cancel.acknowledged())
        return ""

    monkeypatch.setattr(Urgency, "begin", slow)
    with pytest.raises(redbook.Cancelled):
        run(VirtualRecorder(Medium.new()), cancel=cancel, tracks=TRACKS[:1])
    assert told[0] is not None
    assert told[0].doing == "ending the track"
    assert "cut off" in told[0].price


class CancelsSoonAfter(ManualClock):
    """Cancels when it is asked for the time the n-th time after a track was said to begin."""

    def __init__(self, track: int, nth: int, cancel: redbook.Cancel) -> None:
        super().__init__()
        self.track, self.left, self.cancel = track, nth, cancel
        self.begun = False

    def hear(self, event: Event) -> None:
        self.begun = self.begun or (isinstance(event, TrackStarted) and event.number == self.track)

    def now(self) -> float:
        if self.begun:
            self.left -= 1
            if self.left == 0:
                self.cancel()
        return super().now()


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("track", [1, 2])
def test_a_cancel_before_the_first_write_of_a_track_leaves_no_track(track: int, nth: int) -> None:
    """The third time is asked for right before the WRITE."""
    cancel, told = redbook.Cancel(), list[Stopping | None]()
    clock = CancelsSoonAfter(track, nth, cancel)
    log = Recording(VirtualRecorder(Medium.new()))
    writes: list[int] = []

    def hear(event: Event) -> None:
        clock.hear(event)
        if isinstance(event, TrackStarted):
            writes.append(log.opcodes().count(Write10.OPCODE))

    streams = [BytesStream(pcm) for pcm in TRACKS]
    runner = Runner(Drive(log), emit=hear, cancel=cancel, clock=clock, streams=streams, total=sum(LENGTHS))
    with pytest.raises(redbook.Cancelled) as caught:
        runner.run(burn(TrackAtOnce(LENGTHS), Settings(), Outcome()))
    told.append(cancel.acknowledged())
    assert told[0] is not None
    assert "before the next track" in told[0].doing
    assert log.opcodes().count(Write10.OPCODE) == writes[-1], "silence was written for a track not begun"
    expected = "nothing was written|still blank" if track == 1 else "now holds track 1 whole; its session"
    assert re.search(expected, caught.value.disc_now)


def test_a_second_job_does_not_tell_of_the_same_cancel_again() -> None:
    cancel, told = redbook.Cancel(), list[Event]()
    cancel()

    def listen(event: Event) -> None:
        if isinstance(event, Stopping):
            told.append(event)

    for _ in range(2):
        with pytest.raises(redbook.Cancelled):
            redbook.disc_info(Drive(VirtualRecorder(Medium.new())), on_event=listen, cancel=cancel)
    assert len(told) <= 1


def test_a_flush_that_never_ends_is_waited_for_once() -> None:
    """After SYNCHRONIZE CACHE the drive says 2/04/08 for ever."""

    class Stuck(VirtualRecorder):
        stuck = False

        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            reply = super().execute(cdb, *rest, **named)
            self.stuck = self.stuck or cdb[0] == SynchronizeCache.OPCODE
            if self.stuck and cdb[0] in (UnitReady.OPCODE, ReadDiscInformation.OPCODE):
                return Reply(
                    Status.CHECK_CONDITION, b"", bytes((0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 8))
                )
            return reply

    clock = ManualClock()
    with pytest.raises(BurnFailed, match="is not known") as caught:
        run(Stuck(Medium.new()), clock=clock, tracks=TRACKS[:1])
    assert isinstance(caught.value.__cause__, StillBusy)
    assert 300 <= clock.now() < 330


def test_a_write_that_is_refused_for_long_is_told() -> None:
    events: list[Event] = []
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(Sense(2, 4, 8), Write10, nth=2, times=200)])
    redbook.burn(["a.wav"], Drive(recorder), on_event=events.append, clock=ManualClock(), verify=False)
    waits = [event for event in events if isinstance(event, Waiting)]
    assert waits
    assert "buffer" in waits[0].what


@pytest.mark.parametrize("codes", [(0x3A, 0), (0x3A, 1)])
def test_a_drive_that_has_not_found_its_disc_yet_is_given_time(codes: tuple[int, int]) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(Sense(2, *codes), UnitReady, times=16)])
    assert redbook.disc_info(Drive(recorder), clock=ManualClock()).disc.status.name == "BLANK"


def test_an_open_tray_is_told_at_once() -> None:
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(Sense(2, 0x3A, 2), UnitReady, times=None)])
    with pytest.raises(redbook.SenseError, match="close the tray"):
        redbook.disc_info(Drive(recorder), clock=clock)
    assert clock.now() == 0


# Blanking that does not end well


def test_a_blank_that_never_ends_says_that_the_drive_goes_on() -> None:
    recorder = VirtualRecorder(burnt(), faults=[])

    class Endless(VirtualRecorder):
        erasing = False

        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            self.erasing = self.erasing or cdb[0] == Blank.OPCODE
            if self.erasing:
                return Reply(
                    Status.CHECK_CONDITION, b"", bytes((0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 7))
                )
            return super().execute(cdb, *rest, **named)

    del recorder
    clock = ManualClock()
    with pytest.raises(EraseFailed, match="goes on erasing") as caught:
        redbook.blank(Drive(Endless(burnt())), clock=clock)
    assert "switched on" in caught.value.disc_now
    assert clock.now() < 3 * 3600 + 100


def test_a_blank_that_is_left_at_once_says_that_the_drive_goes_on() -> None:
    recorder, cancel = VirtualRecorder(burnt()), redbook.Cancel()

    def listen(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase is Phase.BLANKING:
            cancel()
        if isinstance(event, Stopping) and not event.at_once:
            cancel.at_once()
        if isinstance(event, Stopping) and event.at_once:
            held.go_on.set()

    held = Held(recorder, Blank)
    with pytest.raises(redbook.Cancelled, match="goes on erasing") as caught:
        redbook.blank(Drive(held), on_event=listen, cancel=cancel)
    assert "goes on erasing" in caught.value.disc_now


def test_a_blank_that_is_refused_changes_nothing_and_says_nothing_of_loss() -> None:
    recorder = VirtualRecorder(burnt(), faults=[Fault(Sense(5, 0x30, 6), Blank, times=None)])
    with pytest.raises(redbook.SenseError, match="cannot be erased"):
        redbook.blank(Drive(recorder))
    assert len(redbook.disc_info(Drive(recorder)).disc.tracks) == 1


def test_closing_that_is_left_at_once_says_that_the_drive_goes_on() -> None:
    recorder = VirtualRecorder(Medium.new())
    redbook.burn(["a.wav"], Drive(recorder), finalize=False, clock=ManualClock())
    held, cancel = Held(recorder, CloseTrackSession), redbook.Cancel()

    def listen(event: Event) -> None:
        if isinstance(event, PhaseStarted) and event.phase is Phase.CLOSING:
            cancel()
        if isinstance(event, Stopping) and not event.at_once:
            cancel.at_once()
        if isinstance(event, Stopping) and event.at_once:
            held.go_on.set()

    with pytest.raises(redbook.Cancelled, match="goes on closing"):
        redbook.close_disc(Drive(held), on_event=listen, cancel=cancel)


def test_a_refusal_without_a_cause_is_waited_for_5_s_each_time_and_not_5_s_in_all() -> None:
    """A cause that was named in between begins the five seconds anew."""
    unexplained = errors.Unexplained("not ready", "TEST UNIT READY", Sense(2, 4, 0))
    explained = errors.BecomingReady("looking at its disc", "TEST UNIT READY", LOADING)
    patience = Patience(0.0, 120.0)
    assert not patience.is_over(0.0, unexplained)
    assert not patience.is_over(4.0, explained)
    assert not patience.is_over(6.0, unexplained)
    assert not patience.is_over(11.0, unexplained)
    assert patience.is_over(11.5, unexplained)
