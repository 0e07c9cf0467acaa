"""The recorder that stands in where there is no real one, and its spindle of blanks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from redbook.cli.app import cli
from redbook.imapi2 import (
    STAND_IN,
    MsftDiscFormat2Erase,
    MsftDiscFormat2TrackAtOnce,
    MsftDiscMaster2,
    MsftDiscRecorder2,
    com_error,
)
from redbook.recorders.discs import discs, insert_disc
from redbook.virtual.spindle import Spindle
from tests.support.imapi import Rig, track

BURN = """
from redbook.imapi2 import *
master = MsftDiscMaster2()
recorder = MsftDiscRecorder2()
recorder.InitializeDiscRecorder(master.Item(0))
writer = MsftDiscFormat2TrackAtOnce()
writer.Recorder, writer.ClientName = recorder, "script"
writer.PrepareMedia()
writer.AddAudioTrack(b"\\1" * 4)
writer.ReleaseMedia()
"""


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data home"))
    return tmp_path / "data home" / "redbook" / "discs"


def recorder() -> MsftDiscRecorder2:
    found = MsftDiscRecorder2()
    found.InitializeDiscRecorder(STAND_IN)
    return found


def burn(drive: MsftDiscRecorder2, leave_open: bool = False) -> None:
    writer = MsftDiscFormat2TrackAtOnce()
    writer.Recorder, writer.ClientName = drive, "test"
    writer.DoNotFinalizeMedia = leave_open
    writer.PrepareMedia()
    writer.AddAudioTrack(track(300))
    writer.ReleaseMedia()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_it_is_listed_only_where_there_is_no_other() -> None:
    assert list(MsftDiscMaster2()) == [STAND_IN]
    with Rig() as rig:
        assert list(MsftDiscMaster2()) == [rig.unique_id]
    assert list(MsftDiscMaster2()) == [STAND_IN]


def test_looking_at_it_leaves_nothing_behind(data_home: Path) -> None:
    found = recorder()
    assert found.CurrentProfiles == (9,)
    assert MsftDiscFormat2TrackAtOnce().IsCurrentMediaSupported(found)
    assert names(data_home) == []


def test_every_script_can_be_run_twice_and_the_discs_are_kept(data_home: Path) -> None:
    for _ in range(3):
        subprocess.run([sys.executable, "-c", BURN], check=True)
    assert names(data_home) == ["disc-0001.disc", "disc-0002.disc", "disc-0003.disc"]


def test_a_finished_disc_stays_until_it_is_ejected_then_a_blank_one_is_in(data_home: Path) -> None:
    drive = recorder()
    burn(drive)
    with pytest.raises(com_error) as error:
        burn(drive)
    assert error.value.name == "E_IMAPI_DF2TAO_MEDIA_IS_NOT_BLANK"
    drive.EjectMedia()
    drive.CloseTray()
    burn(drive)
    assert names(data_home) == ["disc-0001.disc", "disc-0002.disc"]


def test_a_blank_disc_that_is_ejected_comes_back(data_home: Path) -> None:
    drive = recorder()
    for _ in range(3):
        drive.EjectMedia()
        drive.CloseTray()
    burn(drive)
    assert names(data_home) == ["disc-0001.disc"]


def test_a_disc_left_open_is_replaced_like_a_finished_one(data_home: Path) -> None:
    drive = recorder()
    burn(drive, leave_open=True)
    drive.EjectMedia()
    drive.CloseTray()
    burn(drive)
    assert names(data_home) == ["disc-0001.disc", "disc-0002.disc"]


def test_a_cd_rw_stays_until_another_disc_is_put_in(data_home: Path) -> None:
    insert_disc("cd-rw", 74)
    drive = recorder()
    burn(drive)
    drive.EjectMedia()
    drive.CloseTray()
    eraser = MsftDiscFormat2Erase()
    eraser.Recorder, eraser.ClientName = drive, "test"
    eraser.EraseMedia()
    burn(drive)
    assert names(data_home) == ["disc-0001.disc"]
    insert_disc()
    burn(drive)
    assert [d.loaded for d in discs()] == [False, False]
    assert names(data_home) == ["disc-0001.disc", "disc-0002.disc"]


def test_a_program_does_not_take_the_disc_that_another_one_writes() -> None:
    drive = recorder()
    writer = MsftDiscFormat2TrackAtOnce()
    writer.Recorder, writer.ClientName = drive, "the first"
    writer.PrepareMedia()
    done = subprocess.run([sys.executable, "-c", BURN], capture_output=True, text=True)
    assert "E_IMAPI_RECORDER_LOCKED" in done.stderr
    assert "the first" in done.stderr
    writer.AddAudioTrack(track(300))
    writer.ReleaseMedia()


def test_a_disc_folder_that_cannot_be_read_is_passed_over(data_home: Path) -> None:
    burn(recorder())
    (data_home / "disc-0001.disc" / "disc.json").write_text("rubbish")
    assert Spindle(data_home).current().name == "disc-0002.disc"
    (entry,) = discs()
    assert "damaged" in entry.problem


def test_disc_list_shows_what_was_burned_and_what_is_in_the_recorder() -> None:
    run = CliRunner().invoke
    assert "a new blank CD-R" in run(cli, ["disc", "list"]).output
    burn(recorder())
    done = run(cli, ["disc", "list"])
    assert done.exit_code == 0
    assert "disc-0001.disc  CD-R 80 min, complete, 1 track" in done.output
    done = run(cli, ["disc", "insert", "--type", "cd-rw", "--minutes", "74"])
    assert done.exit_code == 0
    last = run(cli, ["disc", "list"]).output.splitlines()[-1]
    assert last.endswith("disc-0002.disc  CD-RW 74 min, blank (in the recorder)")
    found = json.loads(run(cli, ["disc", "list", "--json"]).output)
    assert [(d["blank"], d["loaded"]) for d in found["discs"]] == [(False, False), (True, True)]
    assert set(found["discs"][0]) == {"name", "medium", "blank", "loaded", "problem"}


def test_a_disc_of_the_list_can_be_read_by_its_name() -> None:
    burn(recorder())
    (entry,) = discs()
    done = CliRunner().invoke(cli, ["info", "--drive", entry.name])
    assert done.exit_code == 0
    assert "complete" in done.output


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(com_error) as error:
        burn(recorder())
    assert error.value.name == "E_FAIL"
    assert "cannot be" in str(error.value)
    done = CliRunner().invoke(cli, ["disc", "insert"])
    assert done.exit_code == 5
