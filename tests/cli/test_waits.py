"""What somebody at a terminal sees of a drive that takes its time, and what Ctrl-C does then.

The drive is /dev/sr0, as a kernel shows it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.errors import Sense
from redbook.mmc.control import TestUnitReady as UnitReady
from redbook.mmc.disc_info import ReadTrackInformation
from redbook.mmc.write import Blank, CloseTrackSession, SynchronizeCache
from redbook.share.host import Host
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.cli.test_commands import REDBOOK, objects
from tests.support.drives import ready
from tests.support.sound import noise, write_wav
from tests.support.terminal import Terminal
from tests.unit.test_choosing import OfProfile

pytestmark = pytest.mark.tools("umockdev-run")

LOADING = Fault(Sense(2, 4, 1), UnitReady, times=None)


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDBOOK_SYSTEM_ROOT")
    write_wav(Path("a.wav"), noise(588 * 310))


def finished(medium: str = "cd-r") -> Medium:
    disc = Medium.new(medium)
    redbook.burn(["a.wav"], Drive(VirtualRecorder(disc)), clock=ManualClock())
    return disc


@contextmanager
def at_terminal(
    recorder: VirtualRecorder, *arguments: str, faults: Sequence[Fault] = ()
) -> Iterator[Terminal]:
    """faults: from when the kernel has found the drive"""
    with Host([recorder]) as host:
        recorder.faults = list(faults)
        with Terminal(*REDBOOK, *arguments, environment=host.environment()) as terminal:
            yield terminal


def piped(
    recorder: VirtualRecorder, *arguments: str, faults: Sequence[Fault] = ()
) -> subprocess.CompletedProcess[str]:
    with Host([recorder]) as host:
        recorder.faults = list(faults)
        return subprocess.run(
            [*REDBOOK, *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=host.environment(),
            timeout=200,
        )


COMMANDS = {
    "burn": ("burn", "a.wav"),
    "plan": ("plan", "a.wav"),
    "verify": ("verify", "a.wav"),
    "blank": ("blank",),
    "close": ("close",),
    "info": ("info",),
    "checksums": ("info", "--checksums"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_drive_that_looks_at_its_disc_is_waited_for_aloud_and_ctrl_c_ends_it(name: str) -> None:
    recorder = VirtualRecorder(Medium.new())
    with at_terminal(recorder, *COMMANDS[name], "--drive", "/dev/sr0", faults=[LOADING]) as terminal:
        terminal.until("waiting for the drive to become ready.* 0:0[1-9] \\(2:00 at most\\)")
        terminal.interrupt()
        assert terminal.end() == 130
    assert "cancelled; nothing was changed on the disc" in terminal.text


@pytest.mark.parametrize("name", ["burn", "blank", "info"])
def test_so_it_is_where_no_drive_is_named(name: str) -> None:
    recorder = VirtualRecorder(Medium.new())
    with at_terminal(recorder, *COMMANDS[name], faults=[LOADING]) as terminal:
        terminal.until(r"waiting for .* in /dev/sr0 \(not ready yet \(2/04/01\)\)")
        terminal.interrupt()
        assert terminal.end() == 130
    assert not Path("redbook.disc").exists()


WRONG = {
    "empty": (VirtualRecorder, "no disc"),
    "finished": (lambda: VirtualRecorder(finished()), "complete, 1 track"),
    "a DVD": (lambda: OfProfile(Medium.new()), "DVD-RW"),
}


@pytest.mark.parametrize(
    ("kind", "command"), [("empty", "burn"), ("finished", "burn"), ("finished", "plan"), ("a DVD", "burn")]
)
def test_nothing_goes_to_a_folder_while_there_is_a_recorder(kind: str, command: str) -> None:
    done = piped(WRONG[kind][0](), command, "a.wav")
    assert done.returncode == 5, done.stdout
    assert "/dev/sr0" in done.stderr
    assert WRONG[kind][1] in done.stderr
    assert not Path("redbook.disc").exists()


def test_at_a_terminal_a_disc_is_waited_for_until_one_is_put_in() -> None:
    recorder = VirtualRecorder()
    with at_terminal(recorder, "burn", "a.wav", "--yes") as terminal:
        terminal.until(r"waiting for a blank CD-R or CD-RW in /dev/sr0 \(no disc\)")
        recorder.insert(Medium.new())
        assert terminal.end() == 0
    assert "using the recorder /dev/sr0" in terminal.text


def test_a_loop_without_a_terminal_burns_one_disc_after_the_other_with_wait() -> None:
    """The recorder that is named has a finished disc; somebody changes it while nobody is at a terminal."""
    recorder = VirtualRecorder(finished())
    with Host([recorder]) as host:
        words = ("burn", "a.wav", "--drive", "/dev/sr0", "--wait", "--eject", "--no-verify")
        with subprocess.Popen(
            [*REDBOOK, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=host.environment(),
        ) as process:
            assert process.stderr is not None
            said = ""
            while (
                "waiting for a blank CD-R or CD-RW in /dev/sr0 (CD-R 80 min, complete, 1 track)" not in said
            ):
                said += process.stderr.readline()
            recorder.press_eject()
            recorder.insert(Medium.new())
            said += process.stderr.read()
        assert process.returncode == 0, said
    assert "Writing track 1" in said


def test_ctrl_c_is_acknowledged_also_with_q() -> None:
    arguments = ("burn", "a.wav", "--drive", "/dev/sr0", "-y", "-q", "--mode", "tao")
    recorder = Busy(Medium.new())
    with at_terminal(recorder, *arguments) as terminal:
        while not recorder.at_work:
            time.sleep(0.05)
        terminal.interrupt()
        terminal.until("Stopping: .*closing cannot be interrupted.* Press Ctrl-C again to quit immediately")
        terminal.interrupt()
        assert terminal.end() == 130


def test_json_has_the_waits_and_the_error() -> None:
    fault = Fault(Sense(2, 4, 1), UnitReady, times=5)
    done = piped(VirtualRecorder(Medium.new()), "info", "--drive", "/dev/sr0", "--json", faults=[fault])
    *waits, last = objects(done.stdout)
    assert last["event"] == "info"
    assert [wait["event"] for wait in waits] == ["waiting"] * len(waits)
    assert waits[0]["most_seconds"] == 120


class Busy(VirtualRecorder):
    """Is at work for ever after one command, as its 2/04/07 says."""

    after = CloseTrackSession.OPCODE

    def __init__(self, *rest: Any, **named: Any) -> None:
        super().__init__(*rest, **named)
        self.at_work = False

    def serve(self, initiator: Any, cdb: bytes, *rest: Any) -> Reply:
        reply = super().serve(initiator, cdb, *rest)
        if self.at_work and cdb[0] not in (0x03, 0x12):
            return Reply(Status.CHECK_CONDITION, b"", bytes((0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 7)))
        self.at_work = self.at_work or cdb[0] == self.after
        return reply


class Ending(Busy):
    """At work for ever on the session that it was sent at once."""

    after = SynchronizeCache.OPCODE


@pytest.mark.parametrize(("recorder", "mode"), [(Busy, "tao"), (Ending, "sao")])
def test_ctrl_c_while_a_session_closes_is_acknowledged_with_the_price_of_the_next(
    recorder: type[Busy], mode: str
) -> None:
    arguments = ("burn", "a.wav", "--drive", "/dev/sr0", "-y", "--mode", mode)
    with at_terminal(recorder(Medium.new()), *arguments) as terminal:
        terminal.until("waiting for the drive to close the session")
        terminal.interrupt()
        terminal.until("Stopping: .*closing cannot be interrupted.* Press Ctrl-C again to quit immediately")
        terminal.until("the drive goes on closing the session on its own")
        terminal.interrupt()
        assert terminal.end() == 130
    assert "cancelled at once; the drive was left as it was" in " ".join(terminal.text.split())


class Erasing(Busy):
    after = Blank.OPCODE


def test_ctrl_c_while_a_disc_is_erased_is_acknowledged_with_the_price_of_the_next() -> None:
    with at_terminal(Erasing(finished("cd-rw")), "blank", "--drive", "/dev/sr0", "-y") as terminal:
        terminal.until("waiting for the drive to erase the disc: 0:0[1-9]")
        terminal.interrupt()
        terminal.until("erasing cannot be interrupted.* then the drive goes on erasing on its own")
        terminal.interrupt()
        assert terminal.end() == 130
    flat = " ".join(terminal.text.split())
    assert "cancelled at once; the drive goes on erasing on its own: leave it switched on" in flat


# What `blank` asks, and what it refuses


def begun() -> Medium:
    disc = Medium.new("cd-rw")
    recorder = VirtualRecorder(disc)
    redbook.burn(["a.wav"], Drive(recorder), finalize=False, clock=ManualClock())
    return disc


def open_track() -> Medium:
    """No whole track is on it."""
    from redbook.mmc.write import Write10

    disc = Medium.new("cd-rw")
    ready(VirtualRecorder(disc)).run(Write10(0, bytes(2352 * 20)))
    return disc


@pytest.mark.parametrize(
    ("disc", "faults", "says"),
    [
        (finished, (), "with 1 track"),
        (begun, (), "with 1 track"),
        (open_track, (), "with 1 track"),
        (finished, (Fault(Sense(5, 0x24, 0), ReadTrackInformation, times=None),), "with 1 track"),
        (finished, (Fault(Sense(3, 0x11, 0), ReadTrackInformation, times=None),), "with 1 track"),
    ],
)
def test_blank_asks_unless_the_disc_says_that_it_is_blank(disc: Any, faults: Any, says: str) -> None:
    medium = disc("cd-rw") if disc is finished else disc()
    with at_terminal(VirtualRecorder(medium), "blank", "--drive", "/dev/sr0", faults=faults) as terminal:
        terminal.until(rf"Erase the CD-RW in /dev/sr0, {says}.*\? \[y/N\]")
        terminal.type("n\n")
        assert terminal.end() == 130
    assert medium.state.tracks or medium.state.open_track


def test_blank_does_not_ask_about_a_blank_disc() -> None:
    with at_terminal(VirtualRecorder(Medium.new("cd-rw")), "blank", "--drive", "/dev/sr0") as terminal:
        assert terminal.end() == 0
    assert "[y/N]" not in terminal.text


@pytest.mark.parametrize("profile", [0x0012, 0x0013, 0x0014, 0x001A, 0x0043, 0x0009, 0x0008, 0x0000, 0xFFFF])
def test_blank_sends_nothing_that_erases_to_anything_but_a_cd_rw(profile: int) -> None:
    sent = []

    class Listening(OfProfile):
        def serve(self, initiator: Any, cdb: bytes, *rest: Any) -> Reply:
            sent.append(cdb[0])
            return super().serve(initiator, cdb, *rest)

    recorder = Listening(finished("cd-rw"))
    recorder.profile = profile
    with pytest.raises(redbook.MediumUnsuitable, match="only a CD-RW can be blanked"):
        redbook.blank(Drive(recorder))
    assert sent
    assert Blank.OPCODE not in sent
    assert recorder.disc is not None
    assert len(recorder.disc.state.tracks) == 1


def test_doctor_does_not_ask_for_a_disc_while_the_drive_is_looking_at_one() -> None:
    done = piped(VirtualRecorder(Medium.new()), "doctor", "--drive", "/dev/sr0", faults=[LOADING])
    text = " ".join(done.stdout.split())
    assert done.returncode == 5
    assert "still looking at its disc" in text
    assert "insert" not in text
