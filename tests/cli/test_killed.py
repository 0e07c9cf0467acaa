"""Killing the process at any moment leaves a disc in a state that a real one could be in."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from redbook.burning.jobs import burn
from redbook.burning.looking import disc_info
from redbook.image.base import TrackState
from redbook.image.state_json import from_json
from redbook.mmc.disc_info import DiscStatus
from redbook.recorders.names import open_drive
from tests.support import warm
from tests.support.sound import noise, write_wav

TRACKS = [noise(588 * 400, n) for n in range(1, 6)]
DRIVE = ["--drive", "virtual:k.disc"]
BURN = ["burn", *[f"{n}.wav" for n in range(5)], *DRIVE, "--mode", "tao"]


@pytest.fixture
def sources(tmp_path: Path) -> None:
    for number, pcm in enumerate(TRACKS):
        write_wav(tmp_path / f"{number}.wav", pcm)


def kill_at(process: warm.Copy, reached_bytes: int) -> None:
    """As soon as so much of the disc is there; at once if the process is quicker than the look."""
    while not process.ended:
        try:
            if Path("k.disc/disc.bin").stat().st_size >= reached_bytes:
                break
        except FileNotFoundError:
            continue
    process.kill()
    process.wait()


@pytest.mark.slow
@pytest.mark.usefixtures("exact_recorder")
def test_killing_at_50_random_moments_leaves_a_disc_that_opens(sources: None) -> None:
    """Moments are places on the disc, not seconds: how long anything takes is the machine's affair."""
    rng = random.Random(20261122)
    whole = sum(map(len, TRACKS))
    states = set()
    for round_number in range(50):
        remove_disc()
        with warm.Copy(*BURN) as process:
            kill_at(process, rng.randrange(whole))
        if Path("k.disc").exists():
            states.add(check_disc(append=round_number % 5 == 0))
    assert len(states) >= 2, states


def remove_disc() -> None:
    shutil.rmtree("k.disc", ignore_errors=True)


def check_disc(append: bool) -> str:
    """raises  if the disc does not open, or holds what was never sent"""
    info = warm.run("info", *DRIVE, "--json")
    assert info.returncode == 0, info.stderr
    state = from_json(json.loads(Path("k.disc/disc.json").read_text()))
    size = Path("k.disc/disc.bin").stat().st_size if Path("k.disc/disc.bin").exists() else 0
    data = Path("k.disc/disc.bin").read_bytes() if size else b""
    for track in state.tracks:
        start = track.start_lba * 2352
        length = track.written_sectors * 2352 if track.state is TrackState.COMPLETE else size - start
        sent = TRACKS[track.number - 1]
        found = data[start : start + length]
        assert found[: len(sent)] == sent[: len(found)]
    with open_drive("virtual:k.disc") as drive:
        contents = disc_info(drive).disc
        if append and contents.status is not DiscStatus.COMPLETE:
            report = burn(["0.wav"], drive, append=True)
            assert report.verified
    return f"{contents.status.name} {contents.open_track is not None}"


def crash(after: int) -> None:
    """Burn in a child that dies at its n-th change of the disc's folder."""
    code = f"""
count = 0
def dying(function):
    def call(*arguments, **options):
        global count
        count += 1
        if count == {after}:
            os._exit(9)
        return function(*arguments, **options)
    return call
for name in ("pwrite", "ftruncate", "rename", "replace", "mkdir"):
    setattr(os, name, dying(getattr(os, name)))
import redbook
with redbook.open_drive("virtual:k.disc") as drive:
    redbook.burn(["0.wav", "1.wav"], drive)
"""
    warm.run(code=code)


@pytest.mark.parametrize("after", range(1, 45, 2))
def test_dying_at_any_change_of_the_folder_leaves_a_disc_that_opens(after: int, sources: None) -> None:
    crash(after)
    if Path("k.disc").exists():
        check_disc(append=True)


def test_what_a_crash_left_of_sheets_is_made_anew(sources: None) -> None:
    with open_drive("virtual:k.disc") as drive:
        burn(["0.wav"], drive)
    for name in ("disc.cue", "disc.toc"):
        before = (Path("k.disc") / name).read_text()
        (Path("k.disc") / name).write_text("half a")
        with open_drive("virtual:k.disc") as drive:
            disc_info(drive)
        assert (Path("k.disc") / name).read_text() == before
    assert not Path("k.disc/.disc.json.new").exists()
