"""A disc that was written raw from an image of the IMAPI2 API, as cdrdao finds it in the recorder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.imapi2.test_raw_writer import DISCS, RAW, Rig, created
from tests.support.clients import client

pytestmark = pytest.mark.tools("umockdev-run", "cdrdao")


def test_cdrdao_reads_it_in_the_recorder(tmp_path: Path) -> None:
    disc = DISCS["codes, flags and indexes"]()
    rig = Rig(medium=Medium.new_at(tmp_path / "my.disc"))
    with rig:
        rig.prepared_raw(RAW).WriteMedia(created(disc, RAW).CreateResultImage())
        rig.raw.ReleaseMedia()
        rig.drive.close()
    recorder = VirtualRecorder(Medium.open(tmp_path / "my.disc"))
    client(recorder, "cdrdao", "read-toc", "--device", "/dev/sr0", "--datafile", "x.bin", "read.toc")
    text = Path("read.toc").read_text()
    assert f'CATALOG "{disc.mcn}"' in text
    assert re.findall(r'ISRC "(\w+)"', text) == [song.isrc for song in disc.songs]
    assert re.findall(r"^(NO COPY|COPY)$", text, re.MULTILINE) == ["COPY", "NO COPY", "NO COPY"]
    assert re.findall(r"^(NO PRE|PRE)_EMPHASIS$", text, re.MULTILINE) == ["NO PRE", "PRE", "NO PRE"]
    tracks = [_sectors(part) for part in text.split("// Track ")[1:]]
    assert [begin + pregap for begin, pregap, _ in tracks] == disc.starts
    assert [indexes for _, _, indexes in tracks] == [list(song.indexes) for song in disc.songs]


def _sectors(text: str) -> tuple[int, int, list[int]]:
    """Of a track in cdrdao's own kind of file: its place in the data, its pregap, its later indexes."""

    def after(word: str) -> list[int]:
        times = re.findall(rf"^{word} (\d+):(\d+):(\d+)", text, re.MULTILINE)
        return [int(minutes) * 4500 + int(seconds) * 75 + int(frames) for minutes, seconds, frames in times]

    begin = after('FILE "x.bin"')
    return (begin[0] if begin else 0, sum(after("START")), after("INDEX"))
