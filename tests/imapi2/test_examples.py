"""The examples run, on the recorder that stands in, as often as one likes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import redbook
from redbook.mmc.disc_info import DiscStatus, ReadToc
from redbook.mmc.playback import ReadSubChannel, SubChannelFormat
from redbook.mmc.read import ReadCd
from redbook.recorders.discs import discs, insert_disc
from tests.support import warm
from tests.support.sound import noise, write_wav

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "imapi2"


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def run(name: str, *arguments: str) -> str:
    code = f"import runpy; runpy.run_path({str(EXAMPLES / name)!r}, run_name='__main__')"
    done = warm.run(*arguments, code=code, hurried=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_list_recorders() -> None:
    for _ in range(2):
        output = run("list_recorders.py")
        assert output.startswith("1 recorder\nREDBOOK TYPICAL CD-RW")
        assert "holds a CD-R, blank" in output
        assert "52x" in output


def test_list_recorders_while_another_program_has_one() -> None:
    from redbook.imapi2 import STAND_IN, MsftDiscRecorder2

    with MsftDiscRecorder2() as recorder:
        recorder.InitializeDiscRecorder(STAND_IN)
        recorder.AcquireExclusiveAccess(True, "this test")
        assert "in use by this test" in run("list_recorders.py")


@pytest.mark.parametrize("leave_open", [False, True])
def test_burn_and_leave_open(leave_open: bool, tmp_path: Path) -> None:
    pcm = [noise(588 * 310, 1), noise(588 * 400, 2)]
    files = [str(write_wav(tmp_path / f"song {n}.wav", data)) for n, data in enumerate(pcm)]
    for number in (1, 2):
        output = run("burn.py", *(["--leave-open"] if leave_open else []), *files)
        assert "2 tracks burned" in output
        assert "read back and compared" in output
        with redbook.open_drive(discs()[number - 1].name) as drive:
            info = redbook.disc_info(drive).disc
            assert info.status is (DiscStatus.APPENDABLE if leave_open else DiscStatus.COMPLETE)
            assert redbook.verify(files, drive).same


@pytest.mark.slow
def test_gapless(tmp_path: Path) -> None:
    """A piece of sound in two files is on the disc as the one it was; both codes are there."""
    pcm = noise(588 * 900, 3)
    parts = [pcm[: 2352 * 410], pcm[2352 * 410 :]]
    files = [str(write_wav(tmp_path / f"part {n}.wav", data)) for n, data in enumerate(parts)]
    for number in (1, 2):
        output = run("gapless.py", "--mcn", "4006381333931", f"{files[0]}=DE-ABC-25-00001", files[1])
        assert "track 2 from sector 410 on, ISRC none\n2 tracks burned, read back and compared" in output
        assert "100 %, lead-out" in output
        with redbook.open_drive(discs()[number - 1].name) as drive:
            redbook.disc_info(drive)  # what the drive has to tell of being switched on is told by then
            toc = drive.run(ReadToc())
            assert [track.start_lba for track in toc.tracks] == [0, 410]
            assert drive.run(ReadSubChannel(SubChannelFormat.MCN)).code == "4006381333931"
            assert drive.run(ReadSubChannel(SubChannelFormat.ISRC, 1)).code == "DEABC2500001"
            assert drive.run(ReadSubChannel(SubChannelFormat.ISRC, 2)).code == ""
            read = b"".join(drive.run(ReadCd(lba, 25)) for lba in range(0, 900, 25))
            assert pcm[16_000:-16_000] in read  # the drive has an offset of some samples


def test_burn_says_what_is_wrong() -> None:
    done = subprocess.run([sys.executable, str(EXAMPLES / "burn.py")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "usage: burn.py [--leave-open] FILE ...\n")


def test_ask_about_the_disc(tmp_path: Path) -> None:
    song = str(write_wav(tmp_path / "song.wav", noise(588 * 310, 1)))
    for _ in range(2):
        lines = run("ask_about_the_disc.py", song).splitlines()
        assert lines[:2] == ["the disc is blank", "79:57 of audio fit, from sector 0 on"]
        assert lines[2].startswith("at 52x, 48x")
        assert lines[3:] == ["tracks burned: 1", "the disc is finished"]


def test_cancel() -> None:
    for _ in range(2):
        output = run("cancel.py")
        assert "E_IMAPI_REQUEST_CANCELLED" in output
        assert "1 track(s)" in output


def test_erase() -> None:
    insert_disc("cd-rw", 74)
    for _ in range(2):
        assert "blank: True" in run("erase.py")


def test_erase_on_a_disc_of_one_s_own(tmp_path: Path) -> None:
    redbook.create_disc(tmp_path / "my rw.disc", "cd-rw")
    assert "blank: True" in run("erase.py", f"virtual:{tmp_path}/my rw.disc")
