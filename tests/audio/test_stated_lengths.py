"""What the files state of their lengths: what cannot fit is refused before anything is decoded."""

from __future__ import annotations

from pathlib import Path

import pytest

import redbook
from redbook.audio.sectors import Spool, prepare, stated_sectors
from redbook.audio.source import expand
from redbook.drive import Drive
from redbook.engine.events import Event, SourceRead
from redbook.errors import AudioError, PlanError
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import encode, noise, write_wav

SAMPLES = 44_100 * 20
FORMATS = {
    "wav": [],
    "aiff": [],
    "caf": [],
    "flac": [],
    "wv": [],
    "tta": [],
    "mp3": [],
    "m4a": ["-c:a", "aac"],
    "alac.m4a": ["-c:a", "alac"],
    "48.flac": ["-ar", "48000"],
    "22.mp3": ["-ar", "22050"],
    "flac.mka": ["-c:a", "flac"],
}
SILENT = {"ogg": [], "opus": [], "mka": ["-c:a", "libvorbis"], "aac": [], "ac3": []}
"""These state nothing in front."""


def stated_and_true(path: Path) -> tuple[int, int]:
    sources = expand([str(path)]).sources
    with Spool(keep=False) as spool:
        (track,) = prepare(sources, spool)
    return stated_sectors(sources)[0], track.sectors


@pytest.mark.slow
@pytest.mark.tools("ffmpeg")
@pytest.mark.parametrize("kind", [*FORMATS, *SILENT])
def test_no_file_states_more_than_it_has_and_most_state_nearly_all(kind: str, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "source.wav", noise(SAMPLES))
    path = encode(wav, tmp_path / f"a.{kind}", *(FORMATS | SILENT)[kind])
    stated, true = stated_and_true(path)
    assert stated <= true
    assert stated == 0 if kind in SILENT else stated >= true * 0.93


def test_what_cannot_be_used_states_nothing(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound\n" * 100)
    assert stated_sectors(expand([str(tmp_path / "text.wav")]).sources) == [0]


def long_ones(count: int, minutes: int) -> list[str]:
    for number in range(count):
        with Path(f"side {number}\n.raw").open("wb") as file:
            file.truncate(minutes * 60 * 176_400)
    return [f"raw:side {number}\n.raw" for number in range(count)]


@pytest.mark.parametrize(("mode", "third"), [("tao", "60:04"), ("sao", "60:00")])  # gaps of 152 sectors
def test_a_box_of_three_discs_is_refused_before_it_is_decoded(mode: str, third: str) -> None:
    events: list[Event] = []
    drive = Drive(VirtualRecorder(Medium.new()))
    with pytest.raises(PlanError) as caught:
        redbook.plan(long_ones(6, 30), drive, mode=mode, on_event=events.append)
    assert not any(isinstance(event, SourceRead) for event in events)
    head, title, *rows = str(caught.value).split("\n")
    assert head.startswith("going by the lengths stated in the files, it does not fit")
    assert title.split() == ["#", "start", "length", "track"]
    assert rows[2].split()[:3] == ["3", third, "30:00"]
    assert "side 2\\n.raw" in rows[2]
    assert "the disc is full here, 19:5" in rows[3]  # of 79:57:74
    assert rows[-1] == "--split burns it to several discs"
    assert len(rows) == 8


@pytest.mark.tools("ffmpeg")
def test_what_lies_about_its_length_is_refused_for_that(tmp_path: Path) -> None:
    """A FLAC that states 90 minutes and has 20 seconds is refused when it is read, too."""
    wav = write_wav(tmp_path / "source.wav", noise(SAMPLES))
    path = encode(wav, tmp_path / "liar.flac")
    data = bytearray(path.read_bytes())
    packed = int.from_bytes(data[18:26], "big")
    data[18:26] = (packed >> 36 << 36 | 90 * 60 * 44_100).to_bytes(8, "big")
    path.write_bytes(data)
    with pytest.raises(AudioError, match="states"), Spool(keep=False) as spool:
        prepare(expand([str(path)]).sources, spool)
    with pytest.raises(PlanError, match="lengths stated in the files"):
        redbook.plan([path], Drive(VirtualRecorder(Medium.new())))


@pytest.mark.slow
@pytest.mark.tools("ffmpeg")
@pytest.mark.parametrize(("mode", "silent_ones"), [("tao", 5), ("sao", 20)])
def test_what_is_too_long_only_when_decoded_has_the_table_too(
    mode: str, silent_ones: int, tmp_path: Path
) -> None:
    wav = write_wav(tmp_path / "source.wav", noise(SAMPLES))
    silent = encode(wav, tmp_path / "a.opus")
    with pytest.raises(PlanError) as caught:
        names = [*long_ones(1, 73), *[silent] * silent_ones]
        redbook.plan(names, Drive(VirtualRecorder(Medium.new(minutes=74))), mode=mode)
    assert "stated in the files" not in str(caught.value)
    assert "the disc is full here" in str(caught.value)
