"""`redbook copies` in real processes: orders, Ctrl-C, being killed, going on, and the account."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.production.home import Home
from redbook.production.values import Blank, Place, new_fence
from redbook.recorders.names import open_drive
from redbook.virtual.rack import Rack
from tests.support.sound import noise, write_wav

PATIENCE_SECONDS = 90.0


class Shop:
    """A folder with a rack, songs, and the account of copies."""

    def __init__(self, folder: Path, *, drives: int = 2, blanks: int = 12, pace: float | None = None) -> None:
        self.folder = folder
        self.rack = Rack.new(folder / "my rack", drives=drives, blanks=blanks, pace=pace)
        self.songs = [write_wav(folder / f"{n}.wav", noise(588 * 310, n)) for n in range(2)]
        self.env = os.environ | {"REDBOOK_COPIES": str(folder / "account"), "REDBOOK_MODEL": "redbook"}
        self._stop = threading.Event()
        self._robot: threading.Thread | None = None

    def command(self, *args: object) -> list[str]:
        return [sys.executable, "-m", "redbook", *map(str, args)]

    def run(self, *args: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*args),
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.env,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def begin(self, *args: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*args),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.env,
        )

    def json(self, *args: object) -> dict[str, Any]:
        done = self.run(*args, "--json")
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def robot(self) -> None:
        """A blank into each tray that is open or empty."""

        def tend() -> None:
            while not self._stop.wait(0.05):
                for at in self.rack.drives():
                    tray = at.tray
                    if at.in_use or not (tray.is_open or tray.disc is None):
                        continue
                    blank = self.rack.take_blank()
                    if blank is not None:
                        at.put_in(blank)

        self._robot = threading.Thread(target=tend, daemon=True)
        self._robot.start()

    def close(self) -> None:
        self._stop.set()
        if self._robot is not None:
            self._robot.join()

    def good_discs(self) -> int:
        """Counted by reading them, without the account."""
        found = 0
        for disc in self.rack.discs():
            with open_drive(f"virtual:{disc}", read_only=True) as drive:
                try:
                    found += redbook.verify(self.songs, drive).same
                except redbook.RedbookError:
                    continue
        return found


Open = Callable[..., Shop]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Open]:
    made: list[Shop] = []

    def opened(**more: Any) -> Shop:
        made.append(Shop(tmp_path / "a shop", **more))
        return made[-1]

    yield opened
    for one in made:
        one.close()


def until_says(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"it ended without {text!r}")


def test_the_discs_are_there_the_account_says_so_and_the_exit_code_is_0(shop: Open) -> None:
    here = shop()
    here.robot()
    done = here.run("copies", *here.songs, "--count", 3, "--drives", "my rack", "--name", "Sermon", "--bell")
    assert done.returncode == 0, done.stderr
    assert "order 1: 3 of 3 good" in done.stdout
    assert "Take the disc out of d1: copy" in done.stderr
    assert here.good_discs() == 3
    assert [one["state"] for one in here.json("copies", "list")["orders"]] == ["done"]
    shown = here.json("copies", "show", 1)
    assert [step["what"] for step in shown["history"]] == ["made", "done"]
    assert [step["to"] for step in shown["blanks"][0]["history"]] == [
        "claimed",
        "writing",
        "closing",
        "verifying",
        "good",
    ]
    rows = list(csv.DictReader(here.run("copies", "report", 1, "--csv").stdout.splitlines()))
    assert sorted((row["copy"], row["state"], row["title"]) for row in rows) == [
        (str(n), "good", "Sermon") for n in (1, 2, 3)
    ]


def test_as_json_each_event_is_a_line_and_the_report_is_the_last(shop: Open) -> None:
    here = shop(drives=1)
    here.robot()
    done = here.run(
        "copies", here.songs[0], "--count", 1, "--drives", "my rack", "--check", "quick", "--json"
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [line["event"] for line in lines]
    for kind in ("source_read", "copy_claimed", "copy_state", "copy_progress", "take_disc", "order"):
        assert kind in kinds, kinds
    assert kinds[-1] == "copies"
    assert (lines[-1]["checked"], lines[-1]["good"], lines[-1]["complete"]) == (1, 0, True)
    assert done.returncode == 0


@pytest.mark.slow
def test_a_sheet_is_copied_with_everything_on_it(shop: Open) -> None:
    here = shop(drives=1)
    here.robot()
    sheet = here.folder / "album.cue"
    sheet.write_text(
        'TITLE "Whole"\nFILE "0.wav" WAVE\nTRACK 01 AUDIO\nTITLE "One"\n'
        "ISRC DEA621500001\nINDEX 01 00:00:00\n"
    )
    assert here.run("copies", sheet, "--count", 1, "--drives", "my rack").returncode == 0
    with open_drive(f"virtual:{here.rack.discs()[0]}", read_only=True) as drive:
        told = redbook.disc_info(drive).labels
        assert redbook.verify(sheet, drive).same
    assert told.tracks[0].isrc == "DEA621500001"
    assert told.texts[0].text(redbook.PackType.TITLE, 1) == "One"


@pytest.mark.slow
@pytest.mark.parametrize("second", [False, True], ids=["once", "twice"])
def test_ctrl_c_finishes_what_is_under_way_and_twice_ends_it(shop: Open, second: bool) -> None:
    here = shop(drives=1, pace=8)
    here.robot()
    process = here.begin("copies", *here.songs, "--count", 5, "--drives", "my rack")
    until_says(process, "writing copy 1")
    process.send_signal(signal.SIGINT)
    until_says(process, "Stopping: discs under way are finished")
    if second:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, err
    assert "redbook copies resume 1" in " ".join(out.split())
    shown = here.json("copies", "show", 1)
    assert shown["state"] == "paused"
    (blank,) = shown["blanks"]
    if not second:
        assert blank["state"] == "good" and here.good_discs() == 1
    elif blank["state"] != "spoiled":  # it was written already: whoever goes on reads it
        assert (blank["state"], here.good_discs()) in (("closing", 1), ("verifying", 1), ("good", 1))


@pytest.mark.slow
def test_it_goes_on_after_it_was_killed_and_no_disc_is_made_twice(shop: Open) -> None:
    here = shop(drives=2, pace=16)
    here.robot()
    process = here.begin("copies", *here.songs, "--count", 3, "--drives", "my rack")
    until_says(process, "writing copy 1")
    process.kill()
    process.communicate()
    assert here.json("copies", "list")["orders"][0]["state"] == "open"
    done = here.run("copies", "resume", 1)
    assert done.returncode == 0, done.stderr
    report = here.json("copies", "report", 1)
    assert (report["good"], report["complete"]) == (3, True)
    assert here.good_discs() == 3
    assert here.run("copies", "resume", 1).returncode == 0  # it is done: nothing is burned
    assert here.good_discs() == 3


@pytest.mark.slow
def test_what_is_short_of_the_order_ends_with_5_and_says_how_to_go_on(shop: Open) -> None:
    here = shop(drives=1)
    at = here.rack.drive("d1")

    def put(*faults: str) -> None:
        blank = here.rack.take_blank(faults)
        assert blank is not None
        at.put_in(blank)

    put("3/0C/00@lba:200")
    process = here.begin("copies", *here.songs, "--count", 1, "--drives", "my rack")
    until_says(process, "is spoiled")
    put("3/0C/00@lba:200")
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 5, err
    assert "is no longer used" in err and "redbook copies resume 1" in " ".join(out.split())
    put()
    assert here.run("copies", "resume", 1).returncode == 0


@pytest.mark.slow
def test_nothing_is_ordered_of_what_cannot_be_burned(shop: Open) -> None:
    here = shop()
    (here.folder / "broken.wav").write_bytes(b"RIFF")
    for args, code in (
        (("copies", "broken.wav", "--count", 2, "--drives", "my rack"), 3),
        (("copies", *here.songs, "--count", 0, "--drives", "my rack"), 2),
        (("copies", *here.songs, "--drives", "my rack"), 2),
        (("copies", *here.songs, "--count", 2, "--drives", "nowhere"), 5),
        (("copies", *here.songs, "--count", 2, "--drives", "virtual:x.disc"), 5),
        (("copies", "show", 7), 5),
    ):
        done = here.run(*args)
        assert done.returncode == code, (args, done.stderr)
        assert "Traceback" not in done.stderr
    assert here.json("copies", "list")["orders"] == []
    leftovers = here.folder / "account" / "masters"
    assert not leftovers.exists() or not list(leftovers.iterdir())


@pytest.mark.slow
def test_pausing_cancelling_and_resolving_from_elsewhere(shop: Open) -> None:
    here = shop(drives=1, pace=8)
    here.robot()
    process = here.begin("copies", *here.songs, "--count", 3, "--drives", "my rack")
    until_says(process, "writing copy 1")
    second = here.run("copies", "resume", 1)
    assert second.returncode == 5 and "another process" in second.stderr
    assert "order 1 is paused: 0 of 3 made; 1 under way" in here.run("copies", "pause", 1).stdout
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 5, err
    assert here.good_discs() == 1
    assert "is cancelled" in here.run("copies", "cancel", 1).stdout
    assert here.run("copies", "resume", 1).returncode == 5
    assert here.run("copies", "resolve", 1, "spoiled").returncode == 5  # it is good, and not unknown
    assert here.run("copies", "resolve", 9, "good").returncode == 5


@pytest.mark.slow
def test_a_disc_is_recognised(shop: Open) -> None:
    here = shop(drives=1)
    first = here.rack.drive("d1")
    blank = here.rack.take_blank()
    assert blank is not None
    first.put_in(blank)
    assert here.run("copies", *here.songs, "--count", 1, "--drives", "my rack").returncode == 0
    first.push_in()
    name = f"rack:{first.folder}"
    told = here.run("examine", "--drive", name)
    assert told.returncode == 0 and "was not compared" in told.stdout  # the order is done, its audio gone
    other = here.rack.take_blank()
    assert other is not None
    first.put_in(other)
    assert "the disc is blank" in here.run("examine", "--drive", name).stderr


@pytest.mark.slow
def test_an_order_goes_on_without_a_recorder_that_is_gone_and_what_was_in_it_is_unknown(shop: Open) -> None:
    here = shop(drives=2)
    process = here.begin("copies", *here.songs, "--count", 2, "--drives", "my rack")
    until_says(process, "Put a blank disc into d2")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    home = Home(here.folder / "account")
    gone = here.rack.drive("d1").folder
    with home.ledger() as ledger:
        ledger.resume(1)
        claim = ledger.claim(Blank(Place("", f"rack:{gone}"), "before/rack:d1#1"))
        assert claim is not None
        ledger.gate(claim.attempt, claim.fence, new_fence())
    gone.rename(here.folder / "broken")
    here.robot()
    done = here.run("copies", "resume", 1)
    assert done.returncode == 5, done.stderr
    assert "d1 is no longer there: the order continues without it" in " ".join(done.stderr.split())
    shown = here.json("copies", "report", 1)
    assert (shown["good"], shown["unknown"], shown["under_way"]) == (1, 1, 0)
    here.rack.drive("d2").folder.rename(here.folder / "broken, too")
    done = here.run("copies", "resume", 1)
    assert "none of the order's recorders is there" in " ".join(done.stderr.split())
    assert here.run("copies", "resolve", 1, "lost").returncode == 0
    other = Rack.new(here.folder / "another", drives=1, blanks=1)
    blank = other.take_blank()
    assert blank is not None
    other.drive("d1").put_in(blank)
    assert here.run("copies", "resume", 1, "--drives", "another").returncode == 0
