"""Programs that read: one disc, burned by wodim, before each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.sound import noise, write_wav

PCM = (noise(588 * 600, 1), noise(588 * 450, 2))
GAP, RUN_OUT = bytes(152 * 2352), bytes(2 * 2352)
WHOLE = PCM[0] + GAP + PCM[1] + RUN_OUT

pytestmark = pytest.mark.tools("umockdev-run", "wodim")


@pytest.fixture(scope="module")
def burned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualRecorder]:
    """Two tracks, at 0 and at 752; lead-out at 1204."""
    folder = tmp_path_factory.mktemp("ripping")
    files = [write_wav(folder / f"{number}.wav", pcm) for number, pcm in enumerate(PCM, 1)]
    recorder = VirtualRecorder(Medium.at(folder / "a.disc"))
    client(recorder, "wodim", "-s", "gracetime=0", "dev=/dev/sr0", "-tao", "-audio", *files)
    yield recorder
    recorder.close()


@pytest.mark.tools("icedax")
@pytest.mark.parametrize("options", [(), ("-paranoia",)], ids=["plain", "paranoia"])
def test_icedax_reads_all_tracks(options: tuple[str, ...], burned: VirtualRecorder) -> None:
    client(burned, "icedax", "dev=/dev/sr0", *options, "-q", "-H", "-B", "-O", "raw", "-E", "little", "track")
    ripped = Path("track_01.raw").read_bytes() + Path("track_02.raw").read_bytes()
    assert ripped == WHOLE


@pytest.mark.tools("icedax")
def test_icedax_shows_the_table_of_contents(burned: VirtualRecorder) -> None:
    text = client(burned, "icedax", "dev=/dev/sr0", "-J", "-g", "-H", "-v", "toc")
    assert re.findall(r"^T(\d+): +(\d+) +[\d:.]+ audio", text, re.MULTILINE) == [("01", "0"), ("02", "752")]
    assert re.search(r"^Leadout: +1204$", text, re.MULTILINE)


@pytest.mark.tools("cd-paranoia")
def test_cd_paranoia_reads_all_tracks(burned: VirtualRecorder) -> None:
    client(burned, "cd-paranoia", "-q", "-c", "-d", "/dev/sr0", "-r", "1-", "all.raw")
    assert Path("all.raw").read_bytes() == WHOLE


@pytest.mark.tools("cdparanoia")
def test_cdparanoia_reads_all_tracks(burned: VirtualRecorder) -> None:
    """It asks for its buffer's size by a dup() of its file."""
    client(burned, "cdparanoia", "-q", "-r", "1-", "all.raw")
    assert Path("all.raw").read_bytes() == WHOLE


@pytest.mark.tools("cdparanoia")
def test_cdparanoia_shows_the_table_of_contents(burned: VirtualRecorder) -> None:
    text = client(burned, "cdparanoia", "-Q")
    assert re.search(r"^ +1\. +752 \[00:10\.02\] +0 ", text, re.MULTILINE)
    assert re.search(r"^ +2\. +452 \[00:06\.02\] +752 ", text, re.MULTILINE)
    assert re.search(r"^TOTAL +1204 ", text, re.MULTILINE)


@pytest.mark.tools("cd-read")
def test_cd_read_reads_sectors(burned: VirtualRecorder) -> None:
    client(burned, "cd-read", "-m", "audio", "-s", "100", "-e", "109", "-i", "/dev/sr0", "-o", "ten.raw")
    assert Path("ten.raw").read_bytes() == WHOLE[100 * 2352 : 110 * 2352]


@pytest.mark.tools("cdrdao")
def test_cdrdao_reads_the_table_of_contents(burned: VirtualRecorder) -> None:
    """With the gap as it finds it in Q: 150 sectors of index 0 before track 2."""
    client(burned, "cdrdao", "read-toc", "--device", "/dev/sr0", "--datafile", "x.bin", "read.toc")
    lines = Path("read.toc").read_text().split("\n")
    assert [line for line in lines if line.startswith(("FILE", "START", "SILENCE"))] == [
        'FILE "x.bin" 0 00:08:02',
        'FILE "x.bin" 00:08:02 00:08:02',
        "START 00:02:00",
    ]


@pytest.mark.tools("cdrdao")
@pytest.mark.parametrize("driver", ["generic-mmc", "generic-mmc-raw"])
def test_cdrdao_reads_the_disc(driver: str, burned: VirtualRecorder) -> None:
    """Its data files are big-endian."""
    command = (
        "cdrdao",
        "read-cd",
        "--driver",
        driver,
        "--device",
        "/dev/sr0",
        "--datafile",
        "x.bin",
        "x.toc",
    )
    client(burned, *command)
    data = bytearray(Path("x.bin").read_bytes())
    data[0::2], data[1::2] = data[1::2], data[0::2]
    assert data == WHOLE


@pytest.mark.tools("cd-info")
def test_cd_info_knows_drive_and_disc(burned: VirtualRecorder) -> None:
    text = client(burned, "cd-info", "--no-cddb", "/dev/sr0")
    assert re.search(r"Vendor +: REDBOOK", text)
    assert re.search(r"Model +: VIRTUAL CD-RW", text)
    assert re.search(r"Can write CD-RW +: Yes", text)
    assert "Disc mode is listed as: CD-DA" in text


@pytest.mark.tools("mmc-tool")
def test_mmc_tool_knows_the_drive(burned: VirtualRecorder) -> None:
    assert "VIRTUAL CD-RW" in client(burned, "mmc-tool", "-i", "/dev/sr0")


@pytest.mark.tools("wodim", "cdrskin")
@pytest.mark.parametrize("command", ["wodim --devices", "wodim -scanbus", "cdrskin --devices"])
def test_programs_find_the_drive_by_themselves(command: str, burned: VirtualRecorder) -> None:
    text = client(burned, *command.split(), check=False)
    assert re.search(r"'REDBOOK *' +'VIRTUAL CD-RW *'", text)
