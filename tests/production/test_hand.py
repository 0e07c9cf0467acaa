"""A hand in a process of its own, as its worker sees it: lines, the gate, and being left alone."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.production.hand import Task
from redbook.production.master import make_master
from redbook.recorders.names import open_drive
from redbook.virtual.rack import Rack, RackDrive
from tests.support.sound import noise, write_wav


class Hand:
    """The process, and what it has said."""

    def __init__(self, task: Task) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "redbook.production.hand"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.said: list[dict[str, Any]] = []
        self.say(**task.to_json())

    def say(self, **fields: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(fields) + "\n")
        self.process.stdin.flush()

    def until(self, event: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.said.append(json.loads(text))
            if self.said[-1]["event"] == event:
                return self.said[-1]
        raise AssertionError(f"it ended without {event!r}: {self.said}")

    def leave(self) -> int:
        """As if the worker had died; its exit code."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(60)


@pytest.fixture
def master(tmp_path: Path) -> Path:
    songs = [write_wav(tmp_path / f"{n}.wav", noise(588 * 310, n)) for n in range(3)]
    return make_master(songs, tmp_path / "m").folder


@pytest.fixture
def at(tmp_path: Path) -> RackDrive:
    """A recorder with a blank in it."""
    rack = Rack.new(tmp_path / "rack", drives=1, blanks=3)
    return loaded(rack)


def loaded(rack: Rack, *faults: str) -> RackDrive:
    blank = rack.take_blank(faults)
    assert blank is not None
    rack.drive("d1").put_in(blank)
    return rack.drive("d1")


Start = Callable[..., Hand]


@pytest.fixture
def start(master: Path) -> Iterator[Start]:
    hands: list[Hand] = []

    def begin(at: RackDrive, **more: Any) -> Hand:
        hands.append(Hand(Task(7, f"rack:{at.folder}", str(master), **more)))
        return hands[-1]

    yield begin
    for hand in hands:
        if hand.process.poll() is None:
            hand.process.kill()
            hand.process.wait()
        for pipe in (hand.process.stdin, hand.process.stdout):
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def disc_in(at: RackDrive) -> str:
    with open_drive(f"rack:{at.folder}") as drive:
        return redbook.disc_info(drive).disc.status.name


def test_it_asks_before_it_writes_and_tells_until_it_was_heard(
    start: Start, at: RackDrive, master: Path
) -> None:
    hand = start(at)
    assert hand.until("gate")["fence"] > 0
    assert at.in_use
    hand.say(go=True)
    hand.until("closing")
    hand.say(go=True)
    result = hand.until("result")
    assert result["state"] == "good"
    sums = [track["sha256"] for track in result["report"]["tracks"]]
    assert sums == [track["sha256"] for track in json.loads((master / "master.json").read_bytes())["tracks"]]
    assert not at.tray.is_open  # nobody has heard it yet
    hand.say(heard=True, eject=True)
    hand.until("end")
    assert hand.process.wait(60) == 0
    assert at.tray.is_open
    at.push_in()
    with open_drive(f"rack:{at.folder}") as drive:
        assert redbook.verify(master, drive).same


def test_a_gate_that_stays_shut_leaves_the_blank_as_it_is(start: Start, at: RackDrive) -> None:
    hand = start(at)
    hand.until("gate")
    hand.say(go=False, why="order 3 is paused")
    result = hand.until("result")
    assert (result["state"], result["reason"]) == ("unharmed", "order 3 is paused")
    hand.say(heard=True, eject=False)
    assert hand.process.wait(60) == 0
    assert disc_in(at) == "BLANK" and not at.tray.is_open


def test_left_alone_before_the_gate_it_burns_nothing(start: Start, at: RackDrive) -> None:
    hand = start(at)
    hand.until("gate")
    assert hand.leave() == 1
    assert disc_in(at) == "BLANK"


def test_left_alone_behind_the_gate_it_finishes_the_disc_and_leaves_the_tray_shut(
    start: Start, at: RackDrive, master: Path
) -> None:
    hand = start(at)
    hand.until("gate")
    hand.say(go=True)
    while hand.until("phase")["phase"] != "writing":
        pass
    assert hand.leave() == 1
    assert not at.tray.is_open
    with open_drive(f"rack:{at.folder}") as drive:
        assert redbook.verify(master, drive).same


def test_a_quick_check_says_checked_and_not_good(start: Start, at: RackDrive) -> None:
    hand = start(at, check="quick")
    hand.until("gate")
    hand.say(go=True)
    hand.until("closing")
    hand.say(go=True)
    assert hand.until("result")["state"] == "checked"
    assert {"event": "phase", "phase": "verifying", "track": 0} in hand.said
    hand.say(heard=True, eject=True)
    assert hand.process.wait(60) == 0


def test_a_burn_that_breaks_off_is_for_an_examination_to_decide(start: Start, tmp_path: Path) -> None:
    at = loaded(Rack.new(tmp_path / "bad", drives=1, blanks=1), "3/0C/00@lba:300")
    hand = start(at)
    hand.until("gate")
    hand.say(go=True)
    result = hand.until("result")
    assert result["state"] == "unclear"
    assert "LBA" in result["reason"] and "spoiled" in result["report"]["disc_now"]
    hand.say(heard=True, eject=False)
    assert hand.process.wait(60) == 0


def test_a_disc_that_is_not_blank_and_a_drive_that_is_taken_are_told(
    start: Start, at: RackDrive, master: Path
) -> None:
    with open_drive(f"rack:{at.folder}") as drive:
        hand = start(at)
        result = hand.until("result")
        assert result["state"] == "unharmed" and result["busy"]
        redbook.burn(master, drive)
    hand = start(at)
    result = hand.until("result")
    assert result["state"] == "unharmed" and "use a blank disc" in result["reason"]


def test_cancel_ends_it_in_good_order_and_ctrl_c_does_not_reach_it(start: Start, at: RackDrive) -> None:
    hand = start(at)
    hand.until("gate")
    hand.process.send_signal(signal.SIGINT)
    hand.say(cancel=True)
    hand.say(go=True)
    assert hand.until("result")["state"] == "unharmed"
    hand.say(heard=True)
    assert hand.process.wait(60) == 0
    assert disc_in(at) == "BLANK"


def test_a_task_that_is_none_is_said(master: Path) -> None:
    command = [sys.executable, "-m", "redbook.production.hand"]
    done = subprocess.run(command, input='{"drive": 1}\n', capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert json.loads(done.stdout)["state"] == "unharmed"
    assert subprocess.run(command, input="", capture_output=True, check=False).returncode == 1
