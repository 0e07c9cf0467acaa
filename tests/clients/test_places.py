"""What other programs find of the places on a disc: indexes, pregaps, track numbers, the next session."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from redbook.drive import Drive
from redbook.mmc.mode_pages import MultiSession
from redbook.mmc.read import ReadCd
from redbook.virtual.recorder import VirtualRecorder
from tests.support.at_once import entry, isrc, lead_in, lead_out, mcn, write_session
from tests.support.clients import client
from tests.support.drives import close_session, ready, write_track
from tests.support.sound import noise, write_wav

pytestmark = pytest.mark.tools("umockdev-run")

MCN, ISRC = "4006381333931", "DEABC2500001"
STEPS = range(300, 900, 7)
"""Indexes that fall on each place of the cycle in which MCN and ISRC stand in Q."""


@pytest.mark.tools("cdrdao")
def test_cdrdao_sees_every_index_to_the_sector(drive: Drive, recorder: VirtualRecorder) -> None:
    sheet = mcn(MCN) + lead_in() + isrc(1, ISRC) + entry(1, 1, 0, 0, -150) + entry(1, 1, 1, 0, 0)
    for index, lba in enumerate(STEPS, 2):
        sheet += entry(1, 1, index, 0, lba)
    sheet += entry(1, 2, 0, 0, 1200) + entry(1, 2, 1, 0, 1271) + lead_out(1700)
    write_session(drive, sheet, 1700)
    client(recorder, "cdrdao", "read-toc", "--device", "/dev/sr0", "read.toc")
    text = Path("read.toc").read_text()
    found = [
        int(m) * 4500 + int(s) * 75 + int(f)
        for m, s, f in re.findall(r"^INDEX (\d+):(\d+):(\d+)", text, re.M)
    ]
    assert found == list(STEPS)
    assert re.findall(r"^START (\S+)", text, re.M) == ["00:00:71"]
    assert f'CATALOG "{MCN}"' in text
    assert f'ISRC "{ISRC}"' in text


@pytest.mark.tools("cd-info", "wodim")
def test_tracks_that_do_not_begin_with_1(drive: Drive, recorder: VirtualRecorder) -> None:
    sheet = (
        lead_in() + entry(1, 42, 0, 0, -150) + entry(1, 42, 1, 0, 0) + entry(1, 43, 1, 0, 500) + lead_out(900)
    )
    write_session(drive, sheet, 900)
    text = client(recorder, "cd-info", "--no-cddb", "--no-device-info", "/dev/sr0")
    assert re.findall(r"^ *(\d+): [\d:]+ +(\d{6}) (\w+)", text, re.M) == [
        ("42", "000000", "audio"),
        ("43", "000500", "audio"),
        ("170", "000900", "leadout"),
    ]
    text = client(recorder, "wodim", "-s", "dev=/dev/sr0", "-toc")
    assert "first: 42 last 43" in text


@pytest.mark.tools("wodim")
def test_wodim_burns_pregaps_without_a_sector(recorder: VirtualRecorder) -> None:
    pcm = [noise(588 * 400, 1), noise(588 * 350, 2)]
    files = [write_wav(Path(f"{n}.wav"), data) for n, data in enumerate(pcm)]
    wodim = ("wodim", "-s", "gracetime=0", "dev=/dev/sr0", "-dao", "defpregap=0", "-audio")
    client(recorder, *wodim, *files)
    drive = ready(recorder)
    assert drive.run(ReadCd(0, 400)) + drive.run(ReadCd(400, 350)) == pcm[0] + pcm[1]


@pytest.mark.tools("wodim", "cdrskin")
@pytest.mark.parametrize("program", ["wodim", "cdrskin"])
def test_programs_tell_the_same_place_of_the_next_session(
    program: str, drive: Drive, recorder: VirtualRecorder
) -> None:
    write_track(drive, 600)
    close_session(drive, MultiSession.NEXT_ALLOWED)
    text = client(recorder, program, "dev=/dev/sr0", "-msinfo")
    assert text.split()[-1] == f"0,{602 + 6750 + 4500 + 150}"


@pytest.mark.tools("wodim", "cdrdao", "cd-info")
def test_sessions_by_cdrdao_and_wodim_in_turn(recorder: VirtualRecorder) -> None:
    pcm = [noise(588 * 400, 1), noise(588 * 350, 2), noise(588 * 300, 3)]
    for number, data in enumerate(pcm, 1):
        write_wav(Path(f"{number}.wav"), data)
        Path(f"{number}.toc").write_text(f'CD_DA\nTRACK AUDIO\nFILE "{number}.wav" 0\n')
    cdrdao = (
        "cdrdao",
        "write",
        "-n",
        "--force",
        "--multi",
        "--driver",
        "generic-mmc",
        "--device",
        "/dev/sr0",
    )
    client(recorder, *cdrdao, "1.toc")
    client(recorder, "wodim", "-s", "gracetime=0", "dev=/dev/sr0", "-tao", "-multi", "-audio", "2.wav")
    client(recorder, *cdrdao, "3.toc")
    drive = ready(recorder)
    assert recorder.disc is not None
    starts = [track.start_lba for track in recorder.disc.state.tracks]
    second = 400 + 11400
    assert starts == [
        0,
        second,
        second + 352 + 6900 + 150,
    ]  # cdrdao puts a pregap of its own behind the address
    for start, data in zip(starts, pcm, strict=True):
        assert drive.run(ReadCd(start, len(data) // 2352)) == data
