"""Discs that were brought to a loudness, ripped by cd-paranoia and measured by ffmpeg."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import redbook
from redbook.drive import Drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.sound import attacks, encode, noise, write_wav

pytestmark = pytest.mark.tools("umockdev-run", "cd-paranoia", "ffmpeg")

RATE = 44_100
FFMPEG = ("ffmpeg", "-nostdin", "-hide_banner", "-f", "s16le", "-ar", str(RATE), "-ac", "2", "-i", "-")


def measured(pcm: bytes) -> tuple[float, float]:
    """Integrated loudness in LUFS, and true peak as a factor of full scale."""
    told = subprocess.run(
        [*FFMPEG, "-af", "ebur128=metadata=1:peak=true,ametadata=print:file=-", "-f", "null", "-"],
        input=pcm + bytes(RATE * 2),  # half a second, for its last peak
        check=True,
        capture_output=True,
    ).stdout.decode()
    peak = max(float(found) for found in re.findall(r"r128\.true_peaks_ch\d=([\d.]+)", told))
    summary = subprocess.run(
        [*FFMPEG, "-af", "ebur128", "-f", "null", "-"],
        input=pcm,
        check=True,
        capture_output=True,
    ).stderr.decode()
    (loudness,) = re.findall(r"I: +(-?[\d.]+) LUFS", summary[summary.rindex("Summary:") :])
    return float(loudness), peak


def sources(folder: Path) -> list[Path]:
    """A loud one, a quiet one, one that clips when it is decoded, and clicks in near silence."""
    quiet = np.frombuffer(attacks(), "<i2") // 25
    clicks = np.frombuffer(noise(RATE * 6, 3), "<i2").reshape(-1, 2) // 400
    clicks[::RATE] = 15_000
    hot = write_wav(folder / "hot.wav", noise(RATE * 6, 4))
    return [
        write_wav(folder / "1 loud.wav", attacks()),
        write_wav(folder / "2 quiet.wav", quiet.astype("<i2").tobytes()),
        encode(hot, folder / "3 hot.mp3", "-b:a", "128k"),
        write_wav(folder / "4 clicks.wav", clicks.astype("<i2").tobytes()),
    ]


@pytest.mark.parametrize("mode", ["track", "album"])
def test_ffmpeg_measures_on_the_disc_what_the_plan_says(mode: str, tmp_path: Path) -> None:
    recorder = VirtualRecorder(Medium.new())
    wishes = redbook.Wishes(loudness=redbook.Loudness(mode), target_lufs=-16.0, pause_seconds=1)
    report = redbook.burn([str(path) for path in sources(tmp_path)], Drive(recorder), wishes=wishes)
    assert report.verified
    assert report.levels is not None
    client(recorder, "cd-paranoia", "-q", "-d", "/dev/sr0", "-r", "1-", "all.raw")
    ripped = Path("all.raw").read_bytes()
    tracks = [
        ripped[track.start_lba * 2352 : (track.start_lba + track.sectors) * 2352] for track in report.tracks
    ]
    if mode == "album":
        (group,) = report.levels.groups
        loudness, peak = measured(ripped)
        assert loudness == pytest.approx(-16.0, abs=0.1)
        assert group.loudness_lufs == pytest.approx(loudness, abs=0.1)
        assert peak <= 10 ** (-1 / 20)
    else:
        assert [report.levels.is_held_back(group) for group in report.levels.groups] == [False] * 3 + [True]
    for number, pcm in enumerate(tracks, 1):
        loudness, peak = measured(pcm)
        assert report.levels.tracks_lufs[number] == pytest.approx(loudness, abs=0.1)
        assert peak <= 10 ** (-1 / 20)
        if mode == "track" and number < 4:
            assert loudness == pytest.approx(-16.0, abs=0.1)
