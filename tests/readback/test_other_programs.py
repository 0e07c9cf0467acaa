"""What other programs read from a disc that was burned track-at-once: libcdio's tools and cdrdao.

The calls are those that were found to work: cd-paranoia with -c, because it guesses the byte order from
the signal otherwise; cdrdao in the disc's folder, because it looks for FILE in the current one.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from redbook import burn, open_drive
from redbook.burning.jobs import BurnReport
from tests.support.sound import encode, noise, tool, write_wav

# Sectors: longer than, exactly, and shorter than 4 s; one no whole number of sectors.
LENGTHS = [588 * 600, 588 * 300, 588 * 100, 588 * 450 + 17]
PCM = [noise(samples, seed) for seed, samples in enumerate(LENGTHS, 1)]


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BurnReport]:
    folder = tmp_path_factory.mktemp("readback")
    files = []
    for number, pcm in enumerate(PCM):
        wav = write_wav(folder / f"{number}.wav", pcm)
        files.append(encode(wav, folder / f"{number}.flac") if number % 2 else wav)
    with open_drive(f"virtual:{folder / 'my.disc'}") as drive:
        return folder / "my.disc", burn(files, drive, mode="tao")


pytestmark = pytest.mark.tools("cd-info", "cd-paranoia", "cdrdao", "ffmpeg")


def test_cd_info_sees_the_same_tracks_and_disc_id(disc: tuple[Path, BurnReport]) -> None:
    path, report = disc
    text = tool("cd-info", "--no-device-info", "-c", path / "disc.cue").decode("latin-1")
    rows = re.findall(r"^ *(\d+): [\d:]+ +(\d{6}) (audio|leadout)", text, re.MULTILINE)
    expected = [(str(t.number), f"{t.start_lba:06d}", "audio") for t in report.tracks]
    assert rows == [*expected, ("170", f"{report.toc.lead_out_lba:06d}", "leadout")]


def test_cddb_id_is_that_of_libcdio(disc: tuple[Path, BurnReport]) -> None:
    """cd-info computes the freedb id where it was built with that; else the table above stands for it."""
    path, report = disc
    text = tool("cd-info", "-c", path / "disc.cue").decode("latin-1")
    found = re.search(r"CDDB disc ID: ([0-9a-f]{8})", text)
    if found:
        assert found[1] == report.toc.freedb_id


def test_cd_paranoia_extracts_the_sources_at_their_places(
    disc: tuple[Path, BurnReport], tmp_path: Path
) -> None:
    path, report = disc
    for track, pcm in zip(report.tracks, PCM, strict=True):
        span = f"{track.number}[.0]-{track.number}[.{track.sectors - 1}]"
        tool("cd-paranoia", "-q", "-c", "-Z", "-d", path / "disc.cue", "-r", span, tmp_path / "t.raw")
        found = (tmp_path / "t.raw").read_bytes()
        assert found[: len(pcm)] == pcm
        assert found[len(pcm) :] == bytes(track.sectors * 2352 - len(pcm))


def test_the_gaps_are_silent_and_where_they_belong(disc: tuple[Path, BurnReport], tmp_path: Path) -> None:
    path, report = disc
    tool("cd-paranoia", "-q", "-c", "-Z", "-d", path / "disc.cue", "-r", "1-", tmp_path / "all.raw")
    whole = (tmp_path / "all.raw").read_bytes()
    assert len(whole) == report.toc.lead_out_lba * 2352
    for before, after in zip(report.tracks, report.tracks[1:], strict=False):
        assert after.start_lba == before.start_lba + before.sectors + 152
        gap = whole[(before.start_lba + before.sectors) * 2352 : after.start_lba * 2352]
        assert gap == bytes(152 * 2352)


@pytest.mark.parametrize("sheet", ["disc.cue", "disc.toc"])
def test_cdrdao_reads_both_sheets(sheet: str, disc: tuple[Path, BurnReport]) -> None:
    path, report = disc
    done = subprocess.run(["cdrdao", "show-toc", sheet], cwd=path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = done.stdout + done.stderr
    starts = [int(start) for start in re.findall(r"START +[\d:]+\( *(\d+)\)", text)]
    assert starts == [track.start_lba for track in report.tracks]
    ends = [int(end) for end in re.findall(r"END +[\d:]+\( *(\d+)\)", text)]
    assert ends[-1] == report.toc.lead_out_lba
    assert re.findall(r"PREGAP +[\d:]+\( *(\d+)\)", text) == ["150"] * 3


@pytest.mark.parametrize("sheet", ["disc.cue", "disc.toc"])
def test_cdrdao_reads_all_the_audio(sheet: str, disc: tuple[Path, BurnReport]) -> None:
    path, report = disc
    done = subprocess.run(["cdrdao", "read-test", sheet], cwd=path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"Read {report.toc.lead_out_lba} blocks" in done.stdout + done.stderr


def test_cdrdao_and_libcdio_read_the_same_samples(disc: tuple[Path, BurnReport], tmp_path: Path) -> None:
    """The TOC file says SWAP: without it cdrdao would read noise."""
    path, _ = disc
    text = (path / "disc.toc").read_text()
    assert text.count('FILE "disc.bin" SWAP') == len(PCM)


def test_99_tracks_are_read(tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "a.wav", noise(588 * 300))
    with open_drive("virtual:99.disc") as drive:
        report = burn([wav] * 99, drive, mode="tao")
    text = tool("cd-info", "--no-device-info", "-c", "99.disc/disc.cue").decode("latin-1")
    assert f" 99: {'':0}" in text
    assert f"{report.tracks[98].start_lba:06d}" in text
    done = subprocess.run(["cdrdao", "show-toc", "disc.toc"], cwd="99.disc", capture_output=True, text=True)
    assert done.returncode == 0
