"""A DDP set, burned, as cdrdao, cd-info and cd-paranoia read the disc."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.read_back import CD_INFO, PARANOIA, READ_TOC, by_cd_info, by_cdrdao, programs

MAKER = Path(__file__).parents[1] / "vectors" / "ddp" / "make_ddp.py"

pytestmark = pytest.mark.tools("umockdev-run", "cdrdao", "cd-info", "cd-paranoia")


@pytest.mark.parametrize("which", ["with-pause", "without-pause"])
def test_three_programs_read_what_the_set_says(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, str(MAKER), "."], check=True)
    said = json.loads(Path("expected.json").read_text())
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), clock=clock)
    assert redbook.burn(which, Drive(recorder), clock=clock).verified
    cd_info, read_toc, _ = programs(recorder, CD_INFO, READ_TOC, PARANOIA)
    texts = {(track, name): text for name, row in said["cd_text"].items() for track, text in enumerate(row)}
    found = by_cdrdao(read_toc, Path("read.toc"))
    assert (found.lead_out_lba, found.mcn) == (said["lead_out_lba"], said["mcn"])
    assert found.texts == texts
    for track, due in zip(found.tracks, said["tracks"], strict=True):
        assert (track.start_lba, track.index0_lba) == (due["start_lba"], due["index0_lba"])
        assert (track.indexes, track.isrc, track.flags) == (
            due["more_indexes_lba"],
            due["isrc"],
            due["flags"],
        )
    seen = by_cd_info(cd_info)
    assert [track.start_lba for track in seen.tracks] == [due["start_lba"] for due in said["tracks"]]
    assert [track.isrc for track in seen.tracks] == [due["isrc"] for due in said["tracks"]]
    assert (seen.lead_out_lba, seen.mcn, seen.texts) == (said["lead_out_lba"], said["mcn"], texts)
    assert hashlib.sha1(Path("disc.raw").read_bytes()).hexdigest() == said["program_sha1"]
