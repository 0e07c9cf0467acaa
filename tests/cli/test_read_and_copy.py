"""`redbook read` and `redbook copy`, as a user meets them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from tests.support.album import burn_album
from tests.support.sound import noise, write_wav


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


@pytest.mark.usefixtures("exact_recorder")
def test_ctrl_c_keeps_what_was_read_and_the_same_goes_on() -> None:
    """The recorder takes the time of a real one; the signal comes when a part is kept."""
    pcm = noise(588 * 9500, 5)
    write_wav(Path("long.wav"), pcm)
    assert redbook("burn", "long.wav", "--drive", "virtual:a.disc", "--no-verify").returncode == 0
    command = [sys.executable, "-m", "redbook", "read", "--drive", "virtual:a.disc", "-o", "kept here"]
    paced = [*command, "--format", "wav", "--json", "--pace", "52x"]
    state = Path("kept here/.reading.json")
    with subprocess.Popen(paced, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reading:
        assert reading.stdout is not None and reading.stderr is not None
        for line in reading.stdout:
            said = json.loads(line)
            if said["event"] == "progress" and json.loads(state.read_text())["reached"] != [0]:
                reading.send_signal(signal.SIGINT)
                break
        last = json.loads(list(reading.stdout)[-1])
        assert "Traceback" not in reading.stderr.read()
    assert reading.returncode == 130
    assert last["error"] == "Cancelled"
    kept = int(re.search(r"(\d+) of 9500 sectors are kept in kept here", last["message"])[1])  # type: ignore[index]
    assert 0 < kept < 9500
    done = subprocess.run([*command, "--format", "wav", "--json"], capture_output=True, text=True, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["continued"]
    assert report["whole"]
    with wave.open("kept here/01.wav") as file:
        assert file.readframes(file.getnframes()) == pcm
    assert not list(Path("kept here").glob(".*"))
