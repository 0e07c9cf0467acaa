"""A CD-RW made blank again: how long that may take, and what is said where it goes wrong."""

from __future__ import annotations

from typing import Any

import pytest

import redbook
from redbook import errors
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.erase import erase, look
from redbook.engine.events import Event, Phase, PhaseStarted, Waiting
from redbook.engine.steps import Abandoned, Now, Pause, Shield
from redbook.errors import Cancelled, EraseFailed, Sense
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.control import PreventAllowMediumRemoval, StartStopUnit
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import DiscStatus, ReadDiscInformation
from redbook.mmc.write import Blank, BlankType
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import Recording, is_locked, status
from tests.support.drives import close_session, ready, write_track

AT_WORK = Reply(Status.CHECK_CONDITION, b"", sense.build(Sense(2, 4, 7)))
HOURS = 3600


def rewritable(closed: bool = True) -> Medium:
    """A CD-RW with a track on it."""
    medium = Medium.new("cd-rw")
    drive = ready(VirtualRecorder(medium))
    write_track(drive, 300)
    if closed:
        close_session(drive)
    return medium


class ErasesFor(VirtualRecorder):
    """Says that it is at work for so long after BLANK; it takes its time by this clock."""

    def __init__(self, medium: Medium, seconds: float, clock: ManualClock) -> None:
        super().__init__(medium)
        self.seconds, self.clock = seconds, clock
        self.done_at = 0.0

    def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
        if self.clock.now() < self.done_at and cdb[0] in (UnitReady.OPCODE, ReadDiscInformation.OPCODE):
            return AT_WORK
        reply = super().execute(cdb, *rest, **named)
        if cdb[0] == Blank.OPCODE:
            self.done_at = self.clock.now() + self.seconds
        return reply


def blank(recorder: Any, **how: Any) -> list[Event]:
    events: list[Event] = []
    how.setdefault("clock", ManualClock())
    redbook.blank(Drive(recorder), on_event=events.append, **how)
    return events


class Skips(ManualClock):
    """Goes on so fast that hours are few looks at the drive."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds * 100)


def test_a_drive_may_take_three_hours() -> None:
    """docs/sense.md: 2/04/07 is waited for three hours at blanking."""
    clock = Skips()
    recorder = ErasesFor(rewritable(), 3 * HOURS - 60, clock)
    events = blank(recorder, clock=clock, full=True)
    assert status(recorder)[0] is DiscStatus.BLANK
    waits = [event for event in events if isinstance(event, Waiting)]
    assert {(wait.what, wait.most_seconds) for wait in waits} == {("the drive to erase the disc", 3 * HOURS)}
    assert PhaseStarted(Phase.BLANKING) in events


def test_a_drive_that_takes_longer_is_left_to_it() -> None:
    clock = Skips()
    with pytest.raises(EraseFailed, match="goes on erasing"):
        blank(ErasesFor(rewritable(), 9 * HOURS, clock), clock=clock)
    assert 3 * HOURS <= clock.now() < 3 * HOURS + 60


@pytest.mark.parametrize(("full", "kind"), [(False, 1), (True, 0)])
def test_what_is_sent_is_what_was_asked_for_and_the_tray_is_unlocked(full: bool, kind: int) -> None:
    """BLANK, byte 1 (MMC-5 6.1): the type in bits 2-0, 0 all, 1 the least; bit 4 asks to answer at once."""
    log = Recording(VirtualRecorder(rewritable()))
    blank(log, full=full)
    (sent,) = (cdb for cdb in log.cdbs if cdb[0] == Blank.OPCODE)
    assert sent[1] == 0x10 | kind
    locks = [cdb[4] & 1 for cdb in log.cdbs if cdb[0] == PreventAllowMediumRemoval.OPCODE]
    at = log.opcodes().index(Blank.OPCODE)
    assert log.opcodes().index(PreventAllowMediumRemoval.OPCODE) < at
    assert (locks[0], locks[-1]) == (1, 0)
    assert StartStopUnit.OPCODE in log.opcodes()[:at], "a disc that stands still is started"
    assert not is_locked(log.inner)


def test_a_drive_that_does_not_answer_at_once_is_asked_to_answer_when_it_has_finished() -> None:
    log = Recording(VirtualRecorder(rewritable(), faults=[Fault(Sense(5, 0x24, 0), Blank)]))
    blank(log)
    assert [cdb[1] for cdb in log.cdbs if cdb[0] == Blank.OPCODE] == [0x11, 0x01]
    assert status(log.inner)[0] is DiscStatus.BLANK


@pytest.mark.parametrize(
    "answer", [Sense(5, 0x24, 0), Sense(5, 0x30, 0), Sense(7, 0x27, 0), Sense(5, 0x20, 0)]
)
def test_a_drive_that_does_not_take_the_command_has_erased_nothing(answer: Sense) -> None:
    recorder = VirtualRecorder(rewritable(), faults=[Fault(answer, Blank, times=None)])
    with pytest.raises(errors.SenseError) as caught:
        blank(recorder)
    assert not isinstance(caught.value, EraseFailed)
    assert status(recorder)[0] is DiscStatus.COMPLETE
    assert not is_locked(recorder)


class Fails(VirtualRecorder):
    """BLANK ends with this answer, after it was done or not; READ DISC INFORMATION then says that."""

    def __init__(self, medium: Medium, answer: Sense, done: bool, then: Sense | None = None) -> None:
        super().__init__(medium, faults=[Fault(answer, Blank, executed=done)])
        self.then = then

    def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
        if cdb[0] == Blank.OPCODE and self.then is not None:
            self.faults.append(Fault(self.then, ReadDiscInformation, times=None))
        return super().execute(cdb, *rest, **named)


@pytest.mark.parametrize("answer", [Sense(3, 0x51, 0), Sense(4, 0x44, 0)], ids=["erase failure", "hardware"])
@pytest.mark.parametrize(
    ("done", "then", "words"),
    [
        (False, None, "the disc is not blank; what was on it may be lost"),
        (True, None, "the drive calls the disc blank anyway"),
        (False, Sense(2, 0x3A, 0), "the drive goes on erasing on its own: leave it switched on"),
        (False, Sense(4, 0x44, 0), "the drive does not report its state"),
    ],
)
def test_what_became_of_a_disc_whose_erasing_failed_is_said(
    done: bool, then: Sense | None, words: str, answer: Sense
) -> None:
    recorder = Fails(rewritable(), answer, done, then)
    with pytest.raises(EraseFailed, match="could not be erased") as caught:
        blank(recorder)
    assert words in caught.value.disc_now
    assert caught.value.disc_now in str(caught.value)
    recorder.faults = []
    assert not is_locked(recorder)


def test_a_report_of_what_happened_before_does_not_hide_what_became_of_the_disc() -> None:
    recorder = Fails(rewritable(), Sense(3, 0x51, 0), False)
    recorder.faults.append(Fault(Sense(6, 0x28, 0), ReadDiscInformation, nth=2))
    with pytest.raises(EraseFailed, match="the disc is not blank"):
        blank(recorder)


def test_a_drive_that_reports_its_own_change_of_the_disc_has_blanked_it() -> None:
    """6/28 once BLANK was taken: drives say so of a disc that they have blanked."""
    recorder = Fails(rewritable(), Sense(0), True, None)

    class Reports(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            reply = recorder.execute(cdb, *rest, **named)
            if cdb[0] == Blank.OPCODE:
                recorder.faults.append(Fault(Sense(6, 0x28, 0), UnitReady))
            return reply

    blank(Reports(None))
    assert status(recorder)[0] is DiscStatus.BLANK


@pytest.mark.parametrize(
    ("full", "words"), [(False, r"try a full blank \(--full\), or another disc"), (True, "try another disc")]
)
def test_a_disc_that_is_not_blank_after_all_is_said_with_what_may_help(full: bool, words: str) -> None:
    class SaysGood(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            return Reply(Status.GOOD) if cdb[0] == Blank.OPCODE else super().execute(cdb, *rest, **named)

    with pytest.raises(redbook.MediumUnsuitable, match=f"but it is not blank; {words}"):
        blank(SaysGood(rewritable()), full=full)


@pytest.mark.parametrize("closed", [True, False])
def test_a_blank_that_was_taken_and_refused_is_not_sent_again(closed: bool) -> None:
    """The drive says that it is at work, and is blank then: the work was this."""
    recorder = VirtualRecorder(rewritable(closed), faults=[Fault(Sense(2, 4, 7), Blank, executed=True)])
    log = Recording(recorder)
    blank(log)
    assert log.opcodes().count(Blank.OPCODE) == 1


def test_a_blank_disc_is_blanked_only_by_a_blank_that_was_taken() -> None:
    """It was blank before: that it still is does not say that the command was taken."""
    recorder = VirtualRecorder(Medium.new("cd-rw"), faults=[Fault(Sense(2, 4, 7), Blank)])
    log = Recording(recorder)
    blank(log, full=True)
    assert log.opcodes().count(Blank.OPCODE) == 2


def test_whoever_looks_first_is_not_stopped_by_a_drive_that_was_reset() -> None:
    reset = Fault(Sense(6, 0x29, 0), ReadDiscInformation)
    recorder = ready(VirtualRecorder(rewritable(), faults=[reset]))
    assert Runner(recorder, emit=lambda _: None, clock=ManualClock()).run(look()).tracks == 1


def left_at(command: type[Command[Any]], instead: bool) -> Cancelled:
    """Who leaves at once when this command is sent: in its place, or right behind it."""
    recorder = ready(VirtualRecorder(rewritable()))
    procedure = erase(BlankType.MINIMAL)
    answer: Any = None
    leaving = False
    step: Any = next(procedure)
    try:
        while True:
            if leaving or (isinstance(step, command) and instead):
                step, leaving, command = procedure.throw(Abandoned()), False, Shield  # type: ignore[assignment]
                continue
            leaving = isinstance(step, command)
            if isinstance(step, Command):
                answer = recorder.run(step)
            else:
                answer = 0.0 if isinstance(step, Now | Pause) else None
            step = procedure.send(answer)
    except Cancelled as cancelled:
        return cancelled


@pytest.mark.parametrize(
    ("command", "instead", "words"),
    [
        (StartStopUnit, True, "nothing was erased"),
        (Blank, True, "nothing was erased"),
        (Blank, False, "the drive goes on erasing on its own"),
    ],
)
def test_who_leaves_at_once_is_told_whether_the_drive_erases(
    command: type[Command[Any]], instead: bool, words: str
) -> None:
    assert words in left_at(command, instead).disc_now
