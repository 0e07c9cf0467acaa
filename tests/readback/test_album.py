"""One recording, cut into five files of odd lengths, is one piece of music again on the disc."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import redbook
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support import warm
from tests.support.read_back import CD_INFO, PARANOIA, by_cd_info, programs
from tests.support.sound import attacks, lsb_apart, noise, reference, tool, wav_values, write_wav

pytestmark = pytest.mark.tools("umockdev-run", "cd-info", "cd-paranoia", "flac", "lame", "mpg123", "ffmpeg")

S = 588
LENGTHS = (352_901, 294_199, 264_937, 217_777, 401_303)
"""Stereo samples; none is a whole number of sectors."""

CUTS = [0, *accumulate(LENGTHS)]
FLOORS = [cut // S for cut in CUTS[:-1]]
EARLY = [cut % S for cut in CUTS[1:-1]]


def cut(pcm: bytes, folder: Path) -> list[Path]:
    return [
        write_wav(folder / f"{number} song.wav", pcm[4 * begin : 4 * end])
        for number, (begin, end) in enumerate(pairwise(CUTS), 1)
    ]


def flac(wav: Path) -> Path:
    target = wav.with_suffix(".flac")
    tool("flac", "-s", "-0", "--tag=ALBUM=Live", "-o", target, wav)
    return target


def alac(wav: Path) -> Path:
    return by_ffmpeg(wav, "-c:a", "alac")


def aac(wav: Path) -> Path:
    return by_ffmpeg(wav, "-c:a", "aac", "-b:a", "128k")


def by_ffmpeg(wav: Path, *options: str) -> Path:
    target = wav.with_suffix(".m4a")
    tool("ffmpeg", "-nostdin", "-v", "error", "-i", wav, "-metadata", "album=Live", *options, target)
    return target


def mp3(wav: Path) -> Path:
    target = wav.with_suffix(".mp3")
    tool("lame", "--quiet", "-b", "128", "--tl", "Live", wav, target)
    return target


def burned(files: list[Path]) -> tuple[list[int], bytes]:
    """Where cd-info finds the tracks, and what cd-paranoia reads from LBA 0 on."""
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), model="redbook", clock=clock)
    assert redbook.burn(files, Drive(recorder), clock=clock).verified
    cd_info, _ = programs(recorder, CD_INFO, PARANOIA)
    return [track.start_lba for track in by_cd_info(cd_info).tracks], Path("disc.raw").read_bytes()


@pytest.mark.parametrize("encode", [flac, alac])
def test_lossless_files_are_the_recording_again(encode: Callable[[Path], Path], tmp_path: Path) -> None:
    """Zeros pad the last sector, and nothing else."""
    pcm = noise(CUTS[-1])
    starts, disc = burned([encode(wav) for wav in cut(pcm, tmp_path)])
    assert starts == FLOORS
    assert disc == pcm + bytes(4 * (-CUTS[-1] % S))


def by_mpg123(file: Path, folder: Path) -> Any:
    return reference(file, folder)


def by_ffmpeg_itself(file: Path, folder: Path) -> Any:
    options = ("-f", "wav", "-c:a", "pcm_f32le", "-")
    return wav_values(tool("ffmpeg", "-nostdin", "-v", "error", "-i", file, *options))


@pytest.mark.parametrize(("encode", "decode"), [(mp3, by_mpg123), (aac, by_ffmpeg_itself)])
def test_files_that_lost_something_follow_each_other_as_their_own_programs_decode_them(
    encode: Callable[[Path], Path], decode: Callable[[Path, Path], Any], tmp_path: Path
) -> None:
    """To two steps of 16 bit: one of rounding and dither, one of decoders.

    Each piece is as long as before it was encoded. ffmpeg leaves what fills the last frame of an M4A file,
    though the file says where the music ends.
    """
    files = [encode(wav) for wav in cut(attacks(CUTS[-1]), tmp_path)]
    pieces = [decode(file, tmp_path)[:length] for file, length in zip(files, LENGTHS, strict=True)]
    assert [len(piece) for piece in pieces] == list(LENGTHS)
    starts, disc = burned(files)
    assert starts == FLOORS
    found = np.frombuffer(disc, "<i2").reshape(-1, 2) / 32768
    assert len(found) == -(-CUTS[-1] // S) * S
    assert lsb_apart(found[: CUTS[-1]], np.concatenate(pieces)) <= 2
    assert not found[CUTS[-1] :].any()


def test_the_plan_says_how_far_each_mark_lies_before_its_song(tmp_path: Path) -> None:
    files = [str(flac(wav)) for wav in cut(noise(CUTS[-1]), tmp_path)]
    shown = warm.run("plan", *files, "--drive", "virtual:my.disc", hurried=True)
    assert shown.returncode == 0, shown.stderr
    text = " ".join(shown.stdout.split())
    for early in EARLY:
        assert f"starts {early / 44.1:.1f} ms before its first sample" in text
    made = json.loads(
        warm.run("plan", *files, "--drive", "virtual:my.disc", "--json").stdout.splitlines()[-1]
    )
    assert [track["mark_early_samples"] for track in made["tracks"]] == [0, *EARLY]
    assert [track["start_lba"] for track in made["tracks"]] == FLOORS
    assert [track["joined"] for track in made["tracks"]] == [False, True, True, True, True]
