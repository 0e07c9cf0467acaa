"""Closing a session: how long it may take, what is tried again, and what is said where it goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

import redbook
from redbook import errors
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.close import end_session
from redbook.engine.events import Event, Notice, Phase, PhaseStarted, Waiting, Working
from redbook.engine.steps import Abandoned, Shield
from redbook.engine.write_parameters import select_track_at_once
from redbook.errors import CloseFailed, Sense
from redbook.mmc import sense
from redbook.mmc.control import PreventAllowMediumRemoval
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import (
    DiscStatus,
    ReadDiscInformation,
    ReadTrackInformation,
    SessionStatus,
)
from redbook.mmc.mode_pages import ModeSelect10, MultiSession
from redbook.mmc.write import CloseTrackSession, Write10
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import Recording, is_locked, status
from tests.support.drives import ready, write_track

CLOSE = CloseTrackSession.OPCODE
AT_WORK = Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(2, 4, 7)))


def with_open_session(sectors: int = 300) -> Medium:
    medium = Medium.new()
    write_track(ready(VirtualRecorder(medium)), sectors)
    return medium


class ClosesFor(VirtualRecorder):
    """Says that it is at work for so long after it was told to close; it takes its time by this clock."""

    def __init__(self, medium: Medium, seconds: float, clock: ManualClock) -> None:
        super().__init__(medium)
        self.seconds, self.clock = seconds, clock
        self.done_at = 0.0

    def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
        if self.clock.now() < self.done_at and cdb[0] in (UnitReady.OPCODE, ReadDiscInformation.OPCODE):
            return AT_WORK
        reply = super().execute(cdb, *rest, **named)
        if cdb[0] == CLOSE:
            self.done_at = self.clock.now() + self.seconds
        return reply


def test_a_drive_may_take_an_hour_to_close() -> None:
    """docs/sense.md: 2/04/07 is waited for an hour at closing."""
    clock, events = ManualClock(), list[Event]()
    recorder = ClosesFor(with_open_session(), 3590, clock)
    redbook.close_disc(Drive(recorder), clock=clock, on_event=events.append)
    assert status(recorder)[0] is DiscStatus.COMPLETE
    waits = [event for event in events if isinstance(event, Waiting)]
    assert {(wait.what, wait.most_seconds) for wait in waits} == {("the drive to close the session", 3600)}
    assert {event.phase for event in events if isinstance(event, Working)} == {Phase.CLOSING}


def test_a_drive_that_closes_for_more_than_an_hour_is_left_to_it() -> None:
    clock = ManualClock()
    with pytest.raises(CloseFailed, match="goes on closing") as caught:
        redbook.close_disc(Drive(ClosesFor(with_open_session(), 7200, clock)), clock=clock)
    assert "leave it switched on" in caught.value.disc_now
    assert 3600 <= clock.now() < 3610


def test_a_lead_out_that_cannot_be_written_is_tried_once_more_when_the_drive_has_finished() -> None:
    """3/72/00, then the drive is at work for a while."""
    log = Recording(VirtualRecorder(with_open_session()))
    answers: list[tuple[int, int]] = []

    class AtWork(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            reply = log.inner.execute(cdb, *rest, **named)
            if cdb[0] == CLOSE and not any(opcode == CLOSE for opcode, _ in answers):
                log.inner.faults.append(Fault(Sense(2, 4, 7), UnitReady, times=3))
            answers.append((cdb[0], reply.status))
            return reply

    log.inner.faults.append(Fault(Sense(3, 0x72, 0), CloseTrackSession))
    events: list[Event] = []
    redbook.close_disc(Drive(AtWork(None)), clock=ManualClock(), on_event=events.append)
    first, second = (place for place, (opcode, _) in enumerate(answers) if opcode == CLOSE)
    looks = [reply for opcode, reply in answers[first:second] if opcode == UnitReady.OPCODE]
    assert looks == [*[Status.CHECK_CONDITION] * 3, Status.GOOD]
    (notice,) = (event.text for event in events if isinstance(event, Notice))
    assert "could not be closed; trying once more: " in notice
    assert status(log.inner)[0] is DiscStatus.COMPLETE


@pytest.mark.parametrize("answer", [Sense(5, 0x72, 1), Sense(5, 0x72, 2), Sense(5, 0x72, 4)], ids=str)
def test_only_a_track_that_is_not_ended_is_ended_and_the_session_closed_again(answer: Sense) -> None:
    """Of 5/72 it is 03h alone that says so (MMC-5 annex F: session fixation error, incomplete track)."""
    recorder = VirtualRecorder(with_open_session(), faults=[Fault(answer, CloseTrackSession, times=None)])
    log = Recording(recorder)
    with pytest.raises(CloseFailed):
        redbook.close_disc(Drive(log), clock=ManualClock())
    assert log.opcodes().count(CLOSE) == 1


def test_a_track_that_is_not_ended_is_ended_before_the_session_is_closed_again() -> None:
    recorder = VirtualRecorder(with_open_session(), faults=[Fault(Sense(5, 0x72, 3), CloseTrackSession)])
    log = Recording(recorder)
    redbook.close_disc(Drive(log), clock=ManualClock())
    closes = [cdb for cdb in log.cdbs if cdb[0] == CLOSE]
    # Close function in byte 2: 2 a session, 1 a track; the track's number in bytes 4 and 5 (MMC-5 6.3).
    assert [(cdb[2], cdb[5]) for cdb in closes] == [(2, 0), (1, 0xFF), (2, 0)]
    assert status(recorder)[0] is DiscStatus.COMPLETE


# A session that a program holds open over several jobs


def end(
    recorder: Any, next_session: MultiSession = MultiSession.LAST, added: bool = True
) -> tuple[bool, list[Event]]:
    events: list[Event] = []
    runner = Runner(Drive(recorder), emit=events.append, clock=ManualClock())
    return runner.run(end_session(next_session, added)), events


@pytest.mark.parametrize(
    ("page", "asked", "expected"),
    [
        (MultiSession.NEXT_ALLOWED, MultiSession.LAST, DiscStatus.COMPLETE),
        (MultiSession.LAST, MultiSession.NEXT_ALLOWED, DiscStatus.APPENDABLE),
        (MultiSession.LAST, MultiSession.LAST, DiscStatus.COMPLETE),
    ],
)
def test_whether_more_can_be_added_is_as_it_was_asked_for_whatever_the_drive_was_set_to(
    page: MultiSession, asked: MultiSession, expected: DiscStatus
) -> None:
    """Page 05h says so when CLOSE comes (MMC-5, multi-session field), and others may have set it."""
    recorder = VirtualRecorder(with_open_session())
    ready(recorder)
    runner = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock())
    runner.run(select_track_at_once(test_write=False, underrun_protection=True, next_session=page))
    log = Recording(recorder)
    assert end(log, asked)[0]
    assert status(recorder) == (
        expected,
        SessionStatus.COMPLETE if expected is DiscStatus.COMPLETE else SessionStatus.EMPTY,
    )
    assert (ModeSelect10.OPCODE in log.opcodes()) is (page is not asked)


def test_the_end_of_a_session_is_told_and_the_tray_unlocked() -> None:
    recorder = VirtualRecorder(with_open_session())
    ready(recorder).run(PreventAllowMediumRemoval(True))
    closed, events = end(recorder)
    assert closed
    assert PhaseStarted(Phase.CLOSING) in events
    assert not is_locked(recorder)


@pytest.mark.parametrize("is_open", [True, False])
def test_one_that_was_open_is_closed_though_nothing_was_added(is_open: bool) -> None:
    recorder = VirtualRecorder(with_open_session() if is_open else Medium.new())
    log = Recording(recorder)
    closed, _ = end(log, added=False)
    assert closed is is_open
    assert (CLOSE in log.opcodes()) is is_open
    assert (status(recorder)[0] is DiscStatus.COMPLETE) is is_open


def test_a_session_that_cannot_be_closed_is_an_error_and_the_tray_is_unlocked() -> None:
    recorder = VirtualRecorder(
        with_open_session(), faults=[Fault(Sense(4, 0x44, 0), CloseTrackSession, times=None)]
    )
    ready(recorder).run(PreventAllowMediumRemoval(True))
    log = Recording(recorder)
    with pytest.raises(errors.SenseError):
        end(log)
    assert not is_locked(recorder)
    assert ModeSelect10.OPCODE not in log.opcodes(), "no test bit was set, so none is cleared"


def test_no_cancel_comes_between_while_a_session_is_closed() -> None:
    """From the first step on: what was begun on the disc is brought to its end."""
    assert next(end_session(MultiSession.LAST, True)) == Shield(True)


def test_who_leaves_at_once_while_a_session_is_closed_finds_the_tray_unlocked() -> None:
    """The drive goes on by itself; it is told to unlock, and nothing else."""
    ending = end_session(MultiSession.LAST, True)
    step = next(ending)
    while not isinstance(step, UnitReady):
        step = ending.send(0.0)
    assert ending.throw(Abandoned()) == PreventAllowMediumRemoval(False)
    with pytest.raises(Abandoned):
        ending.send(None)


class SaysGood(VirtualRecorder):
    """Says that it has closed the session, and has not."""

    def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
        return Reply(Status.GOOD) if cdb[0] == CLOSE else super().execute(cdb, *rest, **named)


@pytest.mark.parametrize("asked", [MultiSession.LAST, MultiSession.NEXT_ALLOWED])
def test_a_session_that_is_open_still_was_not_closed_whatever_the_drive_says(asked: MultiSession) -> None:
    recorder = SaysGood(with_open_session())
    ready(recorder)
    with pytest.raises(errors.InvalidReply, match="not complete"):
        end(recorder, asked)


# A disc that is closed by itself


def test_a_disc_whose_drive_complains_once_it_is_closed_is_not_said_to_be_as_it_was() -> None:
    """6/28 for ever, from CLOSE on: whether it is still that disc is not known, but CLOSE was sent."""

    class Complains(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            if cdb[0] == CLOSE:
                self.faults.append(Fault(Sense(6, 0x28, 0), ReadTrackInformation, times=None))
            return super().execute(cdb, *rest, **named)

    with pytest.raises(errors.DriveError) as caught:
        redbook.close_disc(Drive(Complains(with_open_session())), clock=ManualClock())
    assert "nothing was closed" not in str(caught.value)
    assert not isinstance(caught.value, redbook.MediumUnsuitable)


def test_a_drive_that_reports_its_own_change_of_the_disc_has_closed_it() -> None:
    """6/28 once, when the disc is looked at again: drives say so of a disc that they have closed."""

    class Reports(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            if cdb[0] == CLOSE:
                self.faults.append(Fault(Sense(6, 0x28, 0), ReadTrackInformation))
            return super().execute(cdb, *rest, **named)

    closed = redbook.close_disc(Drive(Reports(with_open_session())), clock=ManualClock())
    assert closed is not None


def test_a_disc_is_looked_at_before_it_is_closed_and_both_is_told() -> None:
    events: list[Event] = []
    recorder = VirtualRecorder(with_open_session())
    redbook.close_disc(Drive(recorder), on_event=events.append, clock=ManualClock())
    phases = [event.phase for event in events if isinstance(event, PhaseStarted)]
    assert phases == [Phase.PREPARING, Phase.CLOSING]


def test_nothing_open_is_nothing_to_close() -> None:
    log = Recording(VirtualRecorder(Medium.new()))
    with pytest.raises(redbook.MediumUnsuitable, match="no session is open"):
        redbook.close_disc(Drive(log), clock=ManualClock())
    assert CLOSE not in log.opcodes()


def unfinished(whole: int) -> Medium:
    """So many whole tracks, and one that was begun and never ended."""
    medium = Medium.new()
    drive = ready(VirtualRecorder(medium))
    for _ in range(whole):
        write_track(drive, 300)
    lba = drive.run(ReadTrackInformation()).next_writable_lba
    assert lba is not None
    drive.run(Write10(lba, bytes(2352 * 27)))
    return medium


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        (0, "the disc holds 0 whole tracks and the unfinished track 1; its session is open"),
        (1, "the disc holds 1 whole track and the unfinished track 2; its session is open"),
        (2, "the disc holds 2 whole tracks and the unfinished track 3; its session is open"),
    ],
)
def test_what_is_on_a_disc_that_could_not_be_closed_is_said(whole: int, words: str) -> None:
    faults = [Fault(Sense(4, 0x44, 0), CloseTrackSession, times=None)]
    with pytest.raises(CloseFailed) as caught:
        redbook.close_disc(Drive(VirtualRecorder(unfinished(whole), faults=faults)), clock=ManualClock())
    assert caught.value.disc_now.startswith(words)
    assert "players cannot play it until it is closed" in caught.value.disc_now


def test_a_disc_that_was_exchanged_for_one_with_other_tracks_is_not_told_of_as_the_first() -> None:
    other = Medium.new()
    drive = ready(VirtualRecorder(other))
    write_track(drive, 300)
    write_track(drive, 310)
    mine = Medium.new()
    drive = ready(VirtualRecorder(mine))
    write_track(drive, 300)
    write_track(drive, 320)
    write_track(drive, 330)

    class Swapped(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            if cdb[0] == CLOSE:
                self.insert(other)
                return Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(4, 0x44, 0)))
            return super().execute(cdb, *rest, **named)

    with pytest.raises(CloseFailed, match="seems to be another one") as caught:
        redbook.close_disc(Drive(Swapped(mine)), clock=ManualClock())
    assert "whole track" not in caught.value.disc_now
