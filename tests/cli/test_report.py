"""The report of a burn: kept whatever came out, and enough to compare a disc with."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from redbook.cli.app import cli
from tests.cli.test_commands import objects, redbook
from tests.support import warm
from tests.support.sound import noise, write_wav

DRIVE = ["--drive", "virtual:my.disc"]


@pytest.fixture(autouse=True)
def _songs() -> None:
    for number in (1, 2):
        write_wav(Path(f"{number}.wav"), noise(588 * 300 + number * 100, number))


def burn(*options: str, code: int = 0) -> None:
    redbook("burn", "1.wav", "2.wav", *DRIVE, *options, code=code)


@pytest.mark.parametrize("mode", ["sao", "tao"])
def test_a_disc_is_compared_when_the_masters_are_gone(mode: str) -> None:
    burn("--report", "r.json", "--mode", mode)
    for number in (1, 2):
        Path(f"{number}.wav").unlink()
    done = redbook("verify", "--report", "r.json", *DRIVE)
    assert "is what the report says" in done.stdout
    (last,) = objects(redbook("verify", "-q", "--report", "r.json", *DRIVE, "--json").stdout)
    assert last["verified"] is True
    assert {"table of contents": "same", "audio": "same"}.items() <= {
        check["promise"]: check["verdict"] for check in last["checks"]
    }.items()
    with Path("my.disc/disc.bin").open("r+b") as disc:
        disc.seek(500 * 2352)
        before = disc.read(1)
        disc.seek(500 * 2352)
        disc.write(bytes([before[0] ^ 1]))
    done = redbook("verify", "--report", "r.json", *DRIVE, code=6)
    assert "track 2 differs" in done.stderr


@pytest.mark.usefixtures("exact_recorder")
def test_the_report_says_what_was_burned() -> None:
    burn("--report", "r.json", "--mcn", "4006381333931")
    kept = json.loads(Path("r.json").read_text())
    data = Path("my.disc/disc.bin").read_bytes()
    for track in kept["tracks"]:
        audio = data[track["start_lba"] * 2352 :][: track["sectors"] * 2352]
        assert track["sha256"] == hashlib.sha256(audio).hexdigest()
    assert kept["recorder"]["serial"] == "RB000001"
    assert (kept["verification"], kept["mcn"]) == ("identical", "4006381333931")


def test_a_text_is_for_people_and_says_that_the_ids_are_the_new_discs() -> None:
    burn("--report", "r.txt", "--no-verify")
    text = Path("r.txt").read_text()
    assert "read back     not read back" in text
    assert "These IDs are of the new disc" in text
    assert "ending in .json" in redbook("verify", "--report", "r.txt", *DRIVE, code=3).stderr


def test_a_report_that_cannot_be_kept_costs_no_disc() -> None:
    Path("r.json").write_text("mine")
    for path in ("r.json", "nowhere/r.json"):
        burn("--report", path, code=4)
    assert not Path("my.disc").exists()
    assert Path("r.json").read_text() == "mine"


def test_of_a_burn_that_failed_there_is_none() -> None:
    burn("--report", "r.json", "--fault", "3/0C/00@write:3", code=5)
    assert not Path("r.json").exists()


@pytest.mark.parametrize("damage", ["{", "[]", '{"report": 1}', '{"report": 2}', "\udcff"])
def test_what_is_no_report_is_told(damage: str) -> None:
    burn()
    Path("r.json").write_text(damage, errors="surrogateescape")
    redbook("verify", "--report", "r.json", *DRIVE, code=3)
    redbook("verify", "--report", "r.json", "1.wav", *DRIVE, code=2)
    redbook("verify", *DRIVE, code=2)


@pytest.mark.parametrize("option", [("--join", "pad"), ("--dither-seed", "3"), ("--loudness", "track")])
def test_a_report_and_options_of_files_do_not_go_together(option: tuple[str, str]) -> None:
    done = warm.run("verify", "--report", "a.json", "--drive", "virtual:a.disc", *option)
    assert done.returncode == 2
    assert f"{option[0]} says how FILES were burned; the report knows that: leave it out" in done.stderr


@pytest.mark.parametrize("spoiled", [False, True])
def test_a_report_without_room_is_told_beside_what_the_burn_came_to(
    spoiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("redbook.cli.report_file.os.fsync", full)
    faults = ["--fault", "unreadable@lba:100"] if spoiled else []
    done = CliRunner().invoke(cli, ["burn", "1.wav", "2.wav", *DRIVE, "--report", "r.json", *faults])
    assert done.exit_code == (6 if spoiled else 1), done.output
    said = " ".join(done.output.split())
    assert ("is not the same as the sources" if spoiled else "Done: 2 tracks") in said
    assert "the report could not be written to r.json (No space left on device), and is lost" in said
    assert not Path("r.json").exists()
