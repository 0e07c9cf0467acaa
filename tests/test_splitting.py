"""What is too long for one disc, burned on several: by the Python API, and at a prompt."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.cli import several
from redbook.cli.several import Several, burn_all, report_name
from redbook.disc import SECTOR_BYTES, Msf
from redbook.drive import Drive
from redbook.image.store import MemoryStore
from redbook.virtual.blanks import blank_state
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support import warm
from tests.support.drives import as_sent
from tests.support.sound import noise, write_wav

S = 588


def short_disc() -> Medium:
    """It holds 20 s."""
    return Medium(replace(blank_state(), last_lead_out=Msf(0, 22, 0)), MemoryStore())


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    """Four of 7 s, no whole number of sectors."""
    return [write_wav(tmp_path / f"{n}.wav", noise(S * 525 - 100, n)) for n in range(1, 5)]


def whole(recorder: VirtualRecorder, sectors: int) -> bytes:
    return as_sent(recorder, 0, sectors)


def test_each_disc_is_burned_and_verified(songs: list[Path]) -> None:
    programs = redbook.split(songs, Drive(VirtualRecorder(short_disc())))
    assert [len(program.tracks) for program in programs] == [2, 2]
    for number, program in enumerate(programs):
        recorder = VirtualRecorder(short_disc())
        assert redbook.burn(program, Drive(recorder)).verified
        padded = [noise(S * 525 - 100, 2 * number + n) + bytes(400) for n in (1, 2)]
        assert whole(recorder, 1050) == b"".join(padded)


def test_what_is_joined_is_cut_only_where_it_must_be_and_the_plan_says_so(songs: list[Path]) -> None:
    wishes = redbook.Wishes(join=redbook.Join.JOIN)
    programs = redbook.split(songs, Drive(VirtualRecorder(short_disc())), wishes=wishes)
    assert [len(program.tracks) for program in programs] == [2, 2]
    drive = Drive(VirtualRecorder(short_disc()))
    notes = [redbook.plan(program, drive, wishes=wishes).notes for program in programs]
    assert not any("join" in note for note in notes[0])
    assert any(
        "tracks 2 and 3 are joined, and the joined tracks together are longer than a disc" in note
        for note in notes[1]
    )


def test_pauses_are_counted_and_every_disc_has_its_own(songs: list[Path]) -> None:
    disc = Medium(replace(blank_state(), last_lead_out=Msf(0, 23, 0)), MemoryStore())  # 21 s
    drive = Drive(VirtualRecorder(disc))
    assert [len(one.tracks) for one in redbook.split(songs, drive)] == [3, 1]
    wishes = redbook.Wishes(pause_seconds=1)
    programs = redbook.split(songs, drive, wishes=wishes)
    assert [len(one.tracks) for one in programs] == [2, 2]
    for program in programs:
        first, second = redbook.plan(program, drive, wishes=wishes).layout.tracks
        assert (first.start_lba, second.pregap_sectors) == (0, 75)


def test_track_at_once_has_gaps(songs: list[Path]) -> None:
    disc = Medium(replace(blank_state(), last_lead_out=Msf(0, 24, 0)), MemoryStore())  # 22 s
    drive = Drive(VirtualRecorder(disc))
    assert [len(one.tracks) for one in redbook.split(songs, drive, mode="tao")] == [2, 2]
    assert [len(one.tracks) for one in redbook.split(songs, drive)] == [3, 1]


def test_the_length_of_another_rate_is_the_one_that_it_will_have(tmp_path: Path) -> None:
    songs = [write_wav(tmp_path / f"{n}.wav", noise(48_000 * 7, n), rate=48_000) for n in range(4)]
    programs = redbook.split(songs, Drive(VirtualRecorder(short_disc())))
    assert [redbook.burn(one, Drive(VirtualRecorder(short_disc()))).verified for one in programs] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (redbook.Wishes(texts_file="a.cdt"), "a CD-Text file belongs to one disc"),
        (redbook.Wishes(loudness=redbook.Loudness.ALBUM), "--loudness album is for a single disc"),
    ],
)
def test_what_is_of_one_disc_cannot_be_split(wishes: redbook.Wishes, said: str, songs: list[Path]) -> None:
    with pytest.raises(redbook.PlanError, match=said):
        redbook.split(songs, Drive(VirtualRecorder(short_disc())), wishes=wishes)


class Told:
    """A renderer that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)

    def event(self, happened: Any) -> None:
        self.said.append(str(happened))


@contextmanager
def _always(drive: Drive) -> Iterator[Drive]:
    yield drive


def test_the_discs_of_one_recorder_are_changed(songs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = VirtualRecorder(short_disc())
    drive, told, burned = Drive(recorder, "/dev/sr7"), Told(), []
    monkeypatch.setattr(several, "opened", lambda *_: _always(drive))

    def burn(sources: Any, onto: Drive, report: Path | None) -> None:
        assert redbook.burn(sources, onto).verified
        burned.append((recorder.disc, report))

    def change() -> None:
        while not recorder.tray_open:
            time.sleep(0.01)
        recorder.insert(short_disc())

    hand = threading.Thread(target=change, daemon=True)
    hand.start()
    asked = Several(tuple(map(str, songs)), "auto", {})
    burn_all(
        asked, told, redbook.Cancel(), lambda *of: report_name(Path("a b.json"), *of), burn, changes=True
    )
    hand.join()
    assert [report for _, report in burned] == [Path("a b-1.json"), Path("a b-2.json")]
    assert burned[0][0] is not burned[1][0]
    assert "take the disc out of /dev/sr7, and put a blank one in: disc 2 of 2" in told.said


def test_a_failure_tells_how_to_go_on(songs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    told, count = Told(), 0
    monkeypatch.setattr(
        several, "opened", lambda *_: _always(Drive(VirtualRecorder(short_disc()), "virtual:"))
    )

    def burn(sources: Any, onto: Drive, report: Path | None) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise redbook.BurnFailed("it broke off")

    with pytest.raises(redbook.BurnFailed):
        burn_all(
            Several(tuple(map(str, songs)), "auto", {}),
            told,
            redbook.Cancel(),
            lambda *_: None,
            burn,
            changes=True,
        )
    assert "disc 1 is done, of 2; the same command with --first-disc 2 continues" in told.said


def lengthy(path: Path, minutes: int) -> str:
    """Silence that takes no room."""
    write_wav(path, b"")
    data = minutes * 60 * 176_400
    with path.open("r+b") as file:
        for place, size in ((4, data + 36), (40, data)):
            file.seek(place)
            file.write(size.to_bytes(4, "little"))
        file.truncate(44 + data)
    return path.name


@pytest.mark.slow
def test_a_playlist_of_95_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table with the mark, then two discs."""
    monkeypatch.chdir(tmp_path)
    names = [lengthy(Path(f"{n:02d} song.wav"), 19) for n in range(1, 6)]
    Path("list.m3u").write_text("\n".join(names))
    command = ("list.m3u", "--drive", "virtual:my.disc")
    refused = warm.run("burn", *command)
    assert refused.returncode == 4
    lines = refused.stderr.splitlines()
    mark = next(place for place, line in enumerate(lines) if "^^^^^^^^ the disc is full here" in line)
    assert lines[mark - 1].split() == ["5", "76:00", "19:00", "05", "song.wav"]
    assert lines[mark].endswith("3:57 into this track")
    assert lines[-1] == "--split burns it to several discs"
    said = [json.loads(line) for line in warm.run("plan", *command, "--split", "--json").stdout.splitlines()]
    plans = [one for one in said if one["event"] != "notice"]
    assert [one["event"] for one in plans] == ["disc_of_several", "plan", "disc_of_several", "plan"]
    assert (plans[2]["first_track"], plans[2]["last_track"]) == (5, 5)
    line = [sys.executable, "-m", "redbook", "burn", *command, "--split", "--report", "a.txt"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)  # it writes a gigabyte
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("Done:")] == [
        "Done: 4 tracks on virtual:my.disc, read back: identical; the session is closed",
        "Done: 1 track on virtual:my-2.disc, read back: identical; the session is closed",
    ]
    assert "Disc 2 of 2: track 5" in done.stderr
    assert sorted(path.name for path in Path().glob("a*.txt")) == ["a-1.txt", "a-2.txt"]
    assert (Path("my-2.disc") / "disc.bin").stat().st_size == 19 * 60 * 75 * SECTOR_BYTES


@pytest.mark.parametrize(
    "words",
    [
        ("burn", "a.wav", "--split", "--append"),
        ("burn", "a.wav", "--split", "--leave-open"),
        ("plan", "a.wav", "--split", "--append"),
        ("burn", "a.wav", "--first-disc", "2"),
        ("burn", "a.wav", "--next-drive", "virtual:b.disc"),
    ],
)
def test_options_that_cannot_go_together_are_wrong_usage(words: tuple[str, ...]) -> None:
    assert warm.run(*words).returncode == 2
