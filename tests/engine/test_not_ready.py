"""A drive that is not ready for a command, at any command of any job: it is waited for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook import errors
from redbook.burning.looking import read_checksums
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.close import end_session
from redbook.engine.events import Event, Notice
from redbook.errors import CloseFailed, Sense
from redbook.mmc.command import Command
from redbook.mmc.control import PreventAllowMediumRemoval, StartStopUnit
from redbook.mmc.disc_info import DiscStatus, ReadTrackInformation, SessionStatus
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.write import Blank, CloseTrackSession, SynchronizeCache, Write10
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault, MediumSwapped, Vanished
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import Recording, is_locked, status
from tests.support.drives import ready, write_track
from tests.support.sound import noise, write_wav

BUSY = Reply(Status.BUSY, b"", b"")
WAITS = [
    *(Sense(2, 4, ascq) for ascq in (0, 1, 4, 7, 8, 9)),
    Sense(2, 0x3E, 0),
    Sense(6, 0x2E, 0),
    BUSY,
]
"""Answers that mean: wait, and send it again.  Source: MMC-5 annex F, SAM-5 5.3 (BUSY)."""

Call = Callable[..., Any]
JOBS: dict[str, tuple[str, str, Call]] = {
    "burn": ("cd-r", "blank", lambda drive, **how: redbook.burn(["a.wav"], drive, verify=False, **how)),
    "append": (
        "cd-r",
        "open",
        lambda drive, **how: redbook.burn(["b.wav"], drive, append=True, verify=False, **how),
    ),
    "blank": ("cd-rw", "closed", lambda drive, **how: redbook.blank(drive, **how)),
    "close": ("cd-r", "open", lambda drive, **how: redbook.close_disc(drive, **how)),
    "info": ("cd-r", "closed", lambda drive, **how: redbook.disc_info(drive, **how)),
    "verify": ("cd-r", "closed", lambda drive, **how: redbook.verify(["a.wav"], drive, **how)),
    "checksums": ("cd-r", "closed", lambda drive, **how: read_checksums(drive, **how)),
}


@pytest.fixture(autouse=True)
def _songs() -> None:
    write_wav(Path("a.wav"), noise(588 * 310))
    write_wav(Path("b.wav"), noise(588 * 320, 2))


def disc(kind: str, state: str) -> Medium:
    medium = Medium.new(kind)
    if state != "blank":
        drive = Drive(VirtualRecorder(medium))
        redbook.burn(["a.wav"], drive, clock=ManualClock(), finalize=state == "closed", verify=False)
    return medium


@cache
def places(job: str) -> tuple[tuple[int, int], ...]:
    """Of each kind of command that a job sends: its opcode, and the first and the last time it is sent."""
    kind, state, call = JOBS[job]
    log = Recording(VirtualRecorder(disc(kind, state)))
    call(Drive(log), clock=ManualClock())
    sent = log.opcodes()
    found = {(code, sent.index(code) + 1) for code in sent}
    return tuple(sorted(found | {(code, len(sent) - sent[::-1].index(code)) for code in sent}))


@pytest.mark.slow
@pytest.mark.parametrize("answer", [Sense(2, 4, 1), BUSY], ids=["becoming ready", "busy"])
@pytest.mark.parametrize("job", JOBS)
def test_no_command_is_too_early_for_a_drive(job: str, answer: Sense | Reply) -> None:
    """Each kind of command, the first time and the last time that it is sent, in turn with either answer."""
    kind, state, call = JOBS[job]
    for opcode, place in places(job)[answer is BUSY :: 2]:
        recorder = VirtualRecorder(disc(kind, state), faults=[Fault(answer, nth=place, times=3)])
        events: list[Event] = []
        try:
            call(Drive(recorder), clock=ManualClock(), on_event=events.append)
        except errors.RedbookError as error:
            raise AssertionError(f"command {place} of {job}, {opcode:02X}h: {error}") from error
        notices = [event.text for event in events if isinstance(event, Notice)]
        assert not notices, f"command {place} of {job}, {opcode:02X}h"
        assert not is_locked(recorder)


def blanked(faults: list[Fault], **how: Any) -> VirtualRecorder:
    recorder = VirtualRecorder(disc("cd-rw", "closed"), faults=faults)
    redbook.blank(Drive(recorder), clock=ManualClock(), **how)
    assert status(recorder)[0] is DiscStatus.BLANK
    return recorder


def closed(faults: list[Fault]) -> VirtualRecorder:
    recorder = VirtualRecorder(disc("cd-r", "open"), faults=faults)
    redbook.close_disc(Drive(recorder), clock=ManualClock())
    assert status(recorder)[0] is DiscStatus.COMPLETE
    return recorder


def burned(faults: list[Fault], mode: str = "tao") -> VirtualRecorder:
    recorder = VirtualRecorder(Medium.new(), faults=faults)
    redbook.burn(["a.wav", "b.wav"], Drive(recorder), mode=mode, clock=ManualClock())
    assert status(recorder)[0] is DiscStatus.COMPLETE
    return recorder


Job = Callable[[list[Fault]], VirtualRecorder]
LONG: list[tuple[type[Command[Any]], Job]] = [
    (Blank, blanked),
    (Blank, lambda faults: blanked(faults, full=True)),
    (CloseTrackSession, closed),
    (CloseTrackSession, burned),
    (SynchronizeCache, burned),
    (SynchronizeCache, lambda faults: burned(faults, "sao")),
]


@pytest.mark.slow
@pytest.mark.parametrize("answer", WAITS, ids=str)
@pytest.mark.parametrize("executed", [False, True])
@pytest.mark.parametrize(("command", "job"), LONG)
def test_what_takes_long_is_begun_when_the_drive_is_ready_for_it(
    command: type[Command[Any]], job: Job, executed: bool, answer: Sense | Reply
) -> None:
    """Also where it has taken the command, and says so (executed)."""
    fault = Fault(answer, command, times=1 if executed else 4, executed=executed)
    recorder = job([fault])
    assert fault.struck == (1 if executed else 4)
    if executed and command is not SynchronizeCache:
        assert fault._seen == 1, "what was taken is not sent again"
    assert not is_locked(recorder)


@pytest.mark.parametrize("answer", WAITS, ids=str)
def test_a_track_that_was_never_ended_is_ended_when_the_drive_is_ready_for_it(answer: Sense | Reply) -> None:
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    drive.run(Write10(0, bytes(2352 * 300)))
    fault = Fault(answer, CloseTrackSession, times=3)
    recorder.faults = [fault]
    redbook.close_disc(Drive(recorder), clock=ManualClock())
    assert fault.struck == 3
    assert status(recorder)[0] is DiscStatus.COMPLETE


def test_a_drive_that_does_not_tell_of_its_track_is_told_to_end_it_again() -> None:
    medium = Medium.new()
    ready(VirtualRecorder(medium)).run(Write10(0, bytes(2352 * 300)))
    log = Recording(VirtualRecorder(medium))

    class Silent(VirtualRecorder):
        """Knows no READ TRACK INFORMATION between the first CLOSE and the second."""

        closes = 0

        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            self.closes += cdb[0] == CloseTrackSession.OPCODE
            self.faults[1:] = [Fault(Sense(5, 0x24, 0), ReadTrackInformation)] * (self.closes == 1)
            return super().execute(cdb, *rest, **named)

    log.inner = Silent(medium, faults=[Fault(Sense(2, 4, 1), CloseTrackSession)])
    redbook.close_disc(Drive(log), clock=ManualClock())
    assert status(log.inner)[0] is DiscStatus.COMPLETE
    assert log.opcodes().count(CloseTrackSession.OPCODE) == 3  # two for the track, one for the session


@pytest.mark.parametrize("answer", [Sense(2, 4, 1), Sense(2, 4, 4), BUSY], ids=str)
def test_a_blank_that_the_drive_never_takes_has_erased_nothing(answer: Sense | Reply) -> None:
    recorder = VirtualRecorder(disc("cd-rw", "closed"), faults=[Fault(answer, Blank, times=None)])
    clock = ManualClock()
    with pytest.raises((errors.NotReady, errors.NotTaken), match="BLANK"):
        redbook.blank(Drive(recorder), clock=clock)
    assert 60 <= clock.now() < 70
    assert status(recorder)[0] is DiscStatus.COMPLETE
    assert not is_locked(recorder)


@pytest.mark.parametrize("at", [PreventAllowMediumRemoval, StartStopUnit, Blank])
def test_a_disc_that_comes_after_the_look_is_not_blanked(at: type[Command[Any]]) -> None:
    recorder = VirtualRecorder(disc("cd-rw", "closed"), faults=[Fault(Sense(6, 0x28, 0), at)])
    log = Recording(recorder)
    with pytest.raises(redbook.MediumUnsuitable, match="nothing was erased"):
        redbook.blank(Drive(log), clock=ManualClock())
    assert log.opcodes().count(Blank.OPCODE) == (at is Blank)
    assert status(recorder)[0] is DiscStatus.COMPLETE


# Closing that goes wrong


@pytest.mark.parametrize(
    "answer", [Sense(3, 0x72, 0), Sense(4, 0x44, 0), Sense(5, 0x2C, 0), Sense(5, 0x24, 0)], ids=str
)
def test_a_failed_close_says_what_is_on_the_disc(answer: Sense) -> None:
    recorder = VirtualRecorder(disc("cd-r", "open"), faults=[Fault(answer, CloseTrackSession, times=None)])
    with pytest.raises(CloseFailed, match="could not be closed") as caught:
        redbook.close_disc(Drive(recorder), clock=ManualClock())
    assert "holds 1 whole track; its session is open" in caught.value.disc_now
    assert caught.value.disc_now in str(caught.value)
    assert not is_locked(recorder)


def test_a_close_that_worked_and_complained_says_that_it_worked() -> None:
    fault = Fault(Sense(4, 0x44, 0), CloseTrackSession, executed=True)
    recorder = VirtualRecorder(disc("cd-r", "open"), faults=[fault])
    with pytest.raises(CloseFailed, match="closed anyway"):
        redbook.close_disc(Drive(recorder), clock=ManualClock())


def test_a_drive_that_left_while_it_closed_leaves_the_disc_unknown() -> None:
    recorder = VirtualRecorder(disc("cd-r", "open"), faults=[Fault(Vanished(), CloseTrackSession)])
    with pytest.raises(CloseFailed, match="is not known"):
        redbook.close_disc(Drive(recorder), clock=ManualClock())


def test_a_drive_that_never_ends_closing_goes_on() -> None:
    faults = [Fault(Sense(2, 4, 7), nth=1, times=None)]
    recorder = VirtualRecorder(disc("cd-r", "open"))

    class Endless(VirtualRecorder):
        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            if cdb[0] == CloseTrackSession.OPCODE:
                recorder.faults = faults
            return recorder.execute(cdb, *rest, **named)

    with pytest.raises(CloseFailed, match="goes on closing"):
        redbook.close_disc(Drive(Endless(None)), clock=ManualClock())


@pytest.mark.parametrize("times", [1, 2])
def test_a_disc_that_is_swapped_while_it_is_closed_is_not_told_of_as_the_other(times: int) -> None:
    recorder = VirtualRecorder(
        disc("cd-r", "open"), faults=[Fault(MediumSwapped(), CloseTrackSession, times=times)]
    )
    log = Recording(recorder)
    with pytest.raises(CloseFailed, match="seems to be another one") as caught:
        redbook.close_disc(Drive(log), clock=ManualClock())
    assert "blank" not in caught.value.disc_now
    assert log.opcodes().count(CloseTrackSession.OPCODE) == 1


def test_a_disc_that_comes_after_the_look_is_not_closed() -> None:
    fault = Fault(Sense(6, 0x28, 0), PreventAllowMediumRemoval)
    log = Recording(VirtualRecorder(disc("cd-r", "open"), faults=[fault]))
    with pytest.raises(redbook.MediumUnsuitable, match="nothing was closed"):
        redbook.close_disc(Drive(log), clock=ManualClock())
    assert CloseTrackSession.OPCODE not in log.opcodes()


def test_a_disc_that_is_swapped_after_a_failed_write_is_not_told_of_as_the_other() -> None:
    """The first error is of the disc; that it was changed comes out while the drive settles."""

    class Swapped(VirtualRecorder):
        failed = False

        def execute(self, cdb: bytes, *rest: Any, **named: Any) -> Reply:
            if self.failed and cdb[0] == 0:
                self.failed = False
                self.insert(Medium.new())
            reply = super().execute(cdb, *rest, **named)
            if cdb[0] == Write10.OPCODE and reply.status != Status.GOOD:
                self.failed = True
            return reply

    recorder = Swapped(Medium.new(), faults=[Fault(Sense(3, 0x0C, 0), Write10, nth=15)])
    with pytest.raises(redbook.BurnFailed) as caught:
        redbook.burn(["a.wav", "b.wav"], Drive(recorder), clock=ManualClock())
    assert isinstance(caught.value.__cause__, errors.WriteError)
    assert "may be another disc" in caught.value.disc_now
    assert "still blank" not in caught.value.disc_now


def test_the_session_of_an_imapi2_disc_is_closed_when_the_drive_is_ready_for_it() -> None:
    recorder = VirtualRecorder(Medium.new())
    write_track(ready(recorder), 300)
    recorder.faults = [Fault(Sense(2, 4, 1), CloseTrackSession, times=3)]
    runner = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock())
    assert runner.run(end_session(MultiSession.LAST, tracks_were_added=True))
    assert status(recorder) == (DiscStatus.COMPLETE, SessionStatus.COMPLETE)
