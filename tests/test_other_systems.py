"""On systems without fcntl, grp, pwd, resource and SIGHUP everything but real drives works."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import redbook
from tests.support.sound import noise, write_wav

HIDDEN = ("fcntl", "grp", "pwd", "resource")
HIDE = f"""
import os, signal, sys
for name in {HIDDEN!r}:
    sys.modules[name] = None
del signal.SIGHUP
del os.sched_getaffinity
"""
"""A name that is None in sys.modules is an ImportError for whoever imports it."""


def run(code: str) -> str:
    environment = {**os.environ, "REDBOOK_MODEL": "redbook"}
    done = subprocess.run(
        [sys.executable, "-c", HIDE + code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def _songs(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", noise(588 * 375, 1))


def test_a_disc_is_burned_verified_and_kept() -> None:
    code = """
import redbook
with redbook.open_drive("virtual:my.disc") as drive:
    print(redbook.burn(["a.wav"], drive).verified)
    redbook.verify(["a.wav"], drive)
with redbook.open_drive("virtual:my.disc") as drive:
    print(redbook.disc_info(drive).disc.status.name)
    try:
        redbook.open_drive("virtual:my.disc")
    except redbook.DriveBusy:
        print("busy")
"""
    assert run(code).split() == ["True", "COMPLETE", "busy"]


def test_the_commands_work() -> None:
    code = """
from redbook.cli.app import cli
disc = " --drive virtual:my.disc"
for words in ("--help", "burn a.wav" + disc, "verify a.wav" + disc, "info" + disc):
    code = cli.main(words.split(), standalone_mode=False)
    assert not code, (words, code)
"""
    run(code)
    assert Path("my.disc/disc.json").exists()


def test_an_imapi2_script_burns() -> None:
    code = """
from redbook.imapi2 import AudioStream, Dispatch
recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
recorder.InitializeDiscRecorder(Dispatch("IMAPI2.MsftDiscMaster2").Item(0))
writer = Dispatch("IMAPI2.MsftDiscFormat2TrackAtOnce")
writer.Recorder, writer.ClientName = recorder, "my program"
writer.PrepareMedia()
writer.AddAudioTrack(AudioStream("a.wav"))
writer.ReleaseMedia()
from redbook.recorders.discs import discs
print(discs()[0].medium)
"""
    assert "complete, 1 track" in run(code)


def test_a_recorder_for_tests_works() -> None:
    code = """
import redbook
from redbook.testing import virtual_recorder
with virtual_recorder() as recorder:
    redbook.burn(["a.wav"], recorder.drive())
    print(recorder.burned.tracks[0].sectors)
"""
    assert run(code) == "375\n"


def test_one_module_alone_asks_for_what_some_systems_lack() -> None:
    root = Path(redbook.__file__).parent
    found = set()
    for path in root.rglob("*.py"):
        where = path.relative_to(root).as_posix()
        if where == "share/descriptors.py":  # Linux only, like all that goes through the preload library
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if set(names) & set(HIDDEN) or (isinstance(node, ast.Attribute) and node.attr == "SIGHUP"):
                found.add(where)
    assert found == set()
