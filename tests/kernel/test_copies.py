"""Copies on two recorders of a real kernel: what its numbers of discs and its trays are to redbook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.recorders.names import open_drive
from tests.kernel.debian_kernel import Kernel
from tests.kernel.discs import Done, new_share
from tests.kernel.guest import Step, redbook_command, run_guest
from tests.kernel.target import target
from tests.support.sound import noise

PCM = [noise(588 * 400, 41), noise(588 * 350, 42)]
FILES = ("1.wav", "2.wav")
BOTH = ("--drives", "/dev/sr0,/dev/sr1")

STEPS = {
    "before": Step(redbook_command("drives", "--json"), seconds=300),
    "burn": Step(
        redbook_command("burn", *FILES, "--drive", "/dev/sr2", "--no-reload", "--yes", "--json"), seconds=400
    ),
    "burned": Step(redbook_command("drives", "--json")),
    "copies": Step(redbook_command("copies", *FILES, "--count", "2", *BOTH, "--json"), seconds=600),
    "after": Step(redbook_command("drives", "--json")),
    "report": Step(redbook_command("copies", "report", "1", "--json")),
    "eject": Step(redbook_command("eject", "--drive", "/dev/sr0")),
    "load": Step(redbook_command("eject", "--drive", "/dev/sr0", "--load")),
    "loaded": Step(redbook_command("drives", "--json")),
    "more": Step(
        redbook_command("copies", *FILES, "--count", "1", "--drives", "/dev/sr0", "--json"), seconds=200
    ),
    "kernel log": Step("dmesg", root=True),
}


@pytest.fixture(scope="module")
def done(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Done:
    work = tmp_path_factory.mktemp("copies")
    share = new_share(work, PCM)
    with target(work / "a.disc", work / "b.disc", work / "c.disc") as urls:
        return Done(share, run_guest(kernel, urls, share, STEPS))


def lines(done: Done, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.outcomes[name].stdout.splitlines()]


def numbers(done: Done, name: str) -> list[tuple[str, int]]:
    return [(drive["boot_id"], drive["disc_sequence"]) for drive in lines(done, name)[-1]["drives"][:3]]


def test_the_kernel_numbers_each_disc_and_gives_another_one_after_the_tray_was_open(done: Done) -> None:
    before, loaded = numbers(done, "before"), numbers(done, "loaded")
    assert len({boot for boot, _ in before + loaded}) == 1 and before[0][0]
    assert before[0][1] != before[1][1]
    assert loaded[0][1] not in {number for _, number in before}


def test_a_burn_does_not_change_the_number(done: Done) -> None:
    """So what a dead process left in a drive is known to be its own disc."""
    assert done.outcomes["burn"].code == 0, done.outcomes["burn"].text
    assert numbers(done, "burned")[2] == numbers(done, "before")[2]


def test_both_copies_are_good_and_their_trays_open(done: Done) -> None:
    outcome = done.outcomes["copies"]
    assert outcome.code == 0, outcome.text
    report = lines(done, "report")[-1]
    assert (report["good"], report["complete"]) == (2, True)
    assert sorted(blank["drive"] for blank in report["blanks"]) == ["/dev/sr0", "/dev/sr1"]
    after = lines(done, "after")[-1]["drives"][:2]
    assert [drive["medium"] for drive in after] == ["no disc", "no disc"]


def test_eject_and_load_move_the_tray(done: Done) -> None:
    assert done.outcomes["eject"].check().stdout.strip() == "/dev/sr0: the tray is open"
    assert "shut, with a disc in it" in done.outcomes["load"].check().stdout
    assert "complete" in lines(done, "loaded")[-1]["drives"][0]["medium"]


def test_a_finished_copy_in_the_tray_is_given_back_and_no_blank(done: Done) -> None:
    kinds = [(line["event"], line.get("why", "")) for line in lines(done, "more")]
    assert any(kind == "need_blank" and "inserted again" in why for kind, why in kinds), kinds


def test_the_discs_hold_what_was_sent(done: Done, tmp_path: Path) -> None:
    for name in ("a.disc", "b.disc"):
        with open_drive(f"virtual:{done.share.parent / name}", read_only=True) as drive:
            assert redbook.verify([done.share / file for file in FILES], drive).same
