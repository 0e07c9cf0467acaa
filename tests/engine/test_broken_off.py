"""A burn that breaks off: what is done for the disc then, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.steps import Point
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import BurnFailed, Cancelled, NotCommitted, Sense
from redbook.mmc import sense
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.write import SynchronizeCache, Write10
from redbook.runner.cancel import Cancel
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import LENGTHS, TRACKS, Recording, contents, run
from tests.support.streams import BytesStream

BUSY = Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(2, 4, 8)))


class SwappedLater(VirtualRecorder):
    """Refuses one WRITE; so many commands later somebody has put a blank disc in its place."""

    def __init__(self, commands: int) -> None:
        super().__init__(Medium.new(), faults=[Fault(Sense(3, 0x0C, 0), Write10, nth=20)])
        self.left = commands
        self.failed = False

    def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
        if self.failed:
            self.left -= 1
            if self.left == 0:
                self.insert(Medium.new())
        reply = super().execute(cdb, *rest, **named)
        self.failed = self.failed or (cdb[0] == Write10.OPCODE and reply.status != Status.GOOD)
        return reply


@pytest.mark.parametrize("commands", range(1, 17))
def test_a_blank_disc_that_comes_after_the_error_is_never_taken_for_the_one_that_was_written(
    commands: int,
) -> None:
    recorder = SwappedLater(commands)
    with pytest.raises(BurnFailed) as caught:
        run(recorder)
    assert "blank" not in caught.value.disc_now
    if "now holds" in caught.value.disc_now:
        assert "track 1 whole" in caught.value.disc_now


class ReportsAChange(VirtualRecorder):
    """Refuses one WRITE; of the looks at its disc that follow the first so many say 6/28."""

    def __init__(self, looks: int) -> None:
        super().__init__(Medium.new(), faults=[Fault(Sense(3, 0x0C, 0), Write10, nth=20)])
        self.looks = looks
        self.ended = False

    def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
        if self.ended and self.looks and cdb[0] == 0x52 and cdb[1] == 1 and cdb[5] == 1:
            self.looks -= 1
            return Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(6, 0x28, 0)))
        reply = super().execute(cdb, *rest, **named)
        failed = cdb[0] == Write10.OPCODE and reply.status != Status.GOOD
        self.ended = self.ended or failed
        return reply


def test_a_disc_that_is_said_to_be_changed_is_looked_at_once_more() -> None:
    """It holds what was written: that is said then."""
    with pytest.raises(BurnFailed) as caught:
        run(ReportsAChange(1))
    assert "the disc now holds track 1 whole" in caught.value.disc_now


def test_a_disc_that_is_said_to_be_changed_at_each_look_is_not_known() -> None:
    with pytest.raises(BurnFailed) as caught:
        run(ReportsAChange(9))
    assert "it is not known what is on the disc" in caught.value.disc_now
    assert "6/28/00" in caught.value.disc_now


def test_a_track_whose_write_waits_for_a_full_buffer_is_padded_when_it_is_cancelled() -> None:
    """That WRITE was not refused for good: silence up to 300 sectors can be sent (Red Book: 4 s)."""
    cancel = Cancel()
    log = Recording(VirtualRecorder(Medium.new()))

    class Full(VirtualRecorder):
        writes = 0

        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            self.writes += cdb[0] == Write10.OPCODE
            if cdb[0] == Write10.OPCODE and 4 <= self.writes <= 6:
                if self.writes == 6:
                    cancel()
                return BUSY
            return log.execute(cdb, *rest, **named)

    with pytest.raises(Cancelled, match=r"the first 1\.1 s of track 1"):
        run(Full(None), cancel=cancel)
    written = sum(int.from_bytes(cdb[7:9], "big") for cdb in log.cdbs if cdb[0] == Write10.OPCODE)
    assert written == 300


def test_after_a_refused_write_the_drive_is_given_time_and_no_more_is_sent() -> None:
    """cdrecord gives it 5 s, then asks it, then has it flush its buffer."""
    log = Recording(VirtualRecorder(Medium.new(), faults=[Fault(Sense(3, 0x0C, 0), Write10, nth=5)]))
    clock = ManualClock()
    with pytest.raises(BurnFailed):
        run(log, clock=clock)
    codes = log.opcodes()
    last = len(codes) - 1 - codes[::-1].index(Write10.OPCODE)
    assert codes.count(Write10.OPCODE) == 5
    assert codes[last + 1 : last + 3] == [UnitReady.OPCODE, SynchronizeCache.OPCODE]
    assert clock.now() >= 5


def test_no_time_is_given_where_no_write_was_refused() -> None:
    """An error at the end of a track: the drive has been waited for already."""
    fault = Fault(Sense(4, 0x44, 0), SynchronizeCache, times=None)
    clock = ManualClock()
    with pytest.raises(BurnFailed):
        run(VirtualRecorder(Medium.new(), faults=[fault]), clock=clock)
    assert clock.now() < 5


class Objection(Exception):
    """What whoever has a say raises."""


@pytest.mark.parametrize(
    ("at", "words", "whole"),
    [
        (Point.WRITE, "nothing was written", 0),
        (Point.CLOSE, "the disc now holds tracks 1 to 3 whole; its session is open", 3),
    ],
)
def test_who_objects_is_told_what_is_on_the_disc(at: Point, words: str, whole: int) -> None:
    objection = Objection("another disc has that number")

    def ask(point: Point) -> None:
        if point is at:
            raise objection

    recorder = VirtualRecorder(Medium.new())
    runner = Runner(
        Drive(recorder),
        emit=lambda event: None,
        clock=ManualClock(),
        streams=[BytesStream(pcm) for pcm in TRACKS],
        total=sum(LENGTHS),
        commit=ask,
    )
    with pytest.raises(NotCommitted, match="another disc has that number") as caught:
        runner.run(burn(TrackAtOnce(LENGTHS), Settings(), Outcome()))
    assert words in caught.value.disc_now
    assert words in str(caught.value)
    assert caught.value.reason is objection
    assert contents(recorder) == []
    assert recorder.disc is not None
    assert len(recorder.disc.state.sessions[-1].tracks if recorder.disc.state.sessions else []) == whole
