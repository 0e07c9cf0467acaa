"""A cue sheet burned session-at-once by redbook on /dev/sr0 of a real kernel; others read it there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from redbook.disc import SECTOR_BYTES
from tests.kernel.debian_kernel import Kernel
from tests.kernel.discs import Done, new_share, reading
from tests.kernel.guest import Step, redbook_command, run_guest
from tests.kernel.target import target
from tests.support.sound import noise

pytestmark = pytest.mark.tools("cdparanoia", "cdrdao", "cd-info")

PCM = [noise(588 * 1500, 31)]
SR0 = ("--drive", "/dev/sr0")
SHEET = """\
CATALOG 4006381333931
TITLE "Made of Noise"
PERFORMER "The Dice"
FILE "1.wav" WAVE
  TRACK 01 AUDIO
    TITLE "First Throw"
    PERFORMER "Red Die"
    ISRC DEABC2500001
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Zweiter Würfel"
    PERFORMER "Blue Die"
    FLAGS DCP
    INDEX 00 00:06:00
    INDEX 01 00:07:00
  TRACK 03 AUDIO
    TITLE "Third Throw"
    PERFORMER "Red Die"
    INDEX 01 00:14:00
"""
STARTS, LEAD_OUT = (0, 525, 1050), 1500
TITLES = ["Made of Noise", "First Throw", "Zweiter Würfel", "Third Throw"]
STEPS = {
    "burn": Step(redbook_command("burn", "disc.cue", *SR0, "--yes", "--json")),
    "info": Step(redbook_command("info", *SR0, "--json")),
    "verify": Step(redbook_command("verify", "disc.cue", *SR0, "--json")),
    "cd-info": Step("cd-info --no-device-info --no-cddb -C /dev/sr0"),
    "read-toc": Step("cdrdao read-toc --device /dev/sr0 --driver generic-mmc:0x10 read.toc"),
    "cdparanoia": reading("burn", "/dev/sr0"),
    "kernel log": Step("dmesg", root=True),
}


@pytest.fixture(scope="module")
def done(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Done:
    work = tmp_path_factory.mktemp("cue-sheet")
    share = new_share(work, PCM)
    (share / "disc.cue").write_text(SHEET, encoding="utf-8")
    with target(work / "r.disc") as urls:
        return Done(share, run_guest(kernel, urls, share, STEPS))


def last(done: Done, name: str) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(done.outcomes[name].check().stdout.splitlines()[-1])
    return line


@pytest.mark.parametrize("name", ["burn", "verify"])
def test_the_disc_is_verified(name: str, done: Done) -> None:
    found = last(done, name)
    assert found["verified"]
    assert found["lead_out_lba"] == LEAD_OUT


def test_the_disc_is_gapless_and_bit_for_bit(done: Done) -> None:
    done.outcomes["cdparanoia"].check()
    ends = (*STARTS[1:], LEAD_OUT)
    assert done.tracks("burn") == [
        PCM[0][start * SECTOR_BYTES : end * SECTOR_BYTES] for start, end in zip(STARTS, ends, strict=True)
    ]


def test_cdrdao_reads_titles_codes_and_the_pregap(done: Done) -> None:
    done.outcomes["read-toc"].check()
    text = (done.share / "read.toc").read_text()
    titles = re.findall(r'TITLE "([^"]*)"', text)
    assert [title.replace(r"\374", "ü") for title in titles] == TITLES  # 374 is octal, ISO 8859-1
    assert re.findall(r'PERFORMER "([^"]*)"', text) == ["The Dice", "Red Die", "Blue Die", "Red Die"]
    assert re.findall(r'ISRC "(\w+)"', text) == ["DEABC2500001"]
    assert re.findall(r'CATALOG "(\d+)"', text) == ["4006381333931"]
    assert re.findall(r"^START (\S+)$", text, re.M) == ["00:01:00"]
    assert re.findall(r"^(NO COPY|COPY)$", text, re.M) == ["NO COPY", "COPY", "NO COPY"]


def test_cd_info_reads_the_tracks_and_the_titles(done: Done) -> None:
    text = done.outcomes["cd-info"].check().stdout
    rows = re.findall(r"^ *(\d+): [\d:]+ +(\d{6}) (?:audio|leadout)", text, re.MULTILINE)
    assert [int(lba) for _, lba in rows] == [*STARTS, LEAD_OUT]
    assert re.findall(r"^\tTITLE: (.*)$", text, re.M) == TITLES


def test_info_shows_the_same(done: Done) -> None:
    info = last(done, "info")
    assert info["mcn"] == "4006381333931"
    assert list(info["cd_text"][0]["texts"]["title"].values()) == TITLES
    assert [track["isrc"] for track in info["tracks"]] == ["DEABC2500001", None, None]
    assert [track["pregap_sectors"] for track in info["tracks"]][1:] == [75, 0]


def test_the_kernel_has_no_complaint(done: Done) -> None:
    log = done.outcomes["kernel log"].check().stdout
    assert not re.findall(
        r"^.*(?:\bsr\d|\d:0:\d:0).*(?:error|fail|timed? ?out|disagree).*$", log, re.M | re.I
    )
