"""`redbook read` and `redbook copy`, as a user meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.album import burn_album


def redbook(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "redbook", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ)


@pytest.mark.usefixtures("exact_recorder")
def test_a_disc_is_read_burned_and_copied() -> None:
    burn_album(Path("a.disc"))
    done = redbook("read", "--drive", "virtual:a.disc", "-o", "my album", "--json")
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    report = json.loads((Path("my album") / "report.json").read_text())
    assert {key: last[key] for key in report} == report
    assert last["whole"] is True
    assert redbook("burn", "my album/disc.cue", "--drive", "virtual:b.disc").returncode == 0
    copied = redbook("copy", "--from", "virtual:a.disc", "--to", "virtual:c.disc", "--json")
    assert copied.returncode == 0, copied.stderr
    end = json.loads(copied.stdout.splitlines()[-1])
    assert (end["verified"], end["read"]["whole"], end["read"]["folder"]) == (True, True, None)
    assert redbook("burn", "virtual:a.disc", "--drive", "virtual:d.disc").returncode == 0
    audio = [(Path(f"{name}.disc") / "disc.bin").read_bytes() for name in "abcd"]
    assert len(set(audio)) == 1


def test_what_is_refused_has_its_exit_code() -> None:
    burn_album(Path("a.disc"))
    Path("full").mkdir()
    (Path("full") / "notes.txt").write_text("mine")
    refused = redbook("read", "--drive", "virtual:a.disc", "-o", "full")
    assert refused.returncode == 4
    assert "full holds other files (notes.txt)" in refused.stderr
    assert redbook("read", "--drive", "virtual:a.disc", "-o", "x", "--offset", "9999").returncode == 2
    assert redbook("read", "--drive", "virtual:none.disc", "-o", "x").returncode == 5
    alone = redbook("copy", "--from", "virtual:a.disc", "--to", "virtual:./a.disc")
    assert alone.returncode == 2
    assert "a virtual recorder has one disc" in alone.stderr
    assert not Path("x").exists()
