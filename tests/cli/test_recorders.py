"""`redbook drives` and `redbook doctor` as their user meets them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_commands import REDBOOK, objects, redbook
from tests.support.system import FakeSystem


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSystem:
    """A USB drive whose node is missing, so that nothing need be opened."""
    monkeypatch.setenv("REDBOOK_SYSTEM_ROOT", str(tmp_path / "a root"))
    return FakeSystem(tmp_path / "a root")


def test_a_recorder_without_a_node_is_listed_with_what_to_do(fake: FakeSystem) -> None:
    fake.drive("usb", nodes=False)
    redbook("disc", "new", "my.disc")
    first, *rest = redbook("drives").stdout.splitlines()
    assert first == "/dev/sr0  HL-DT-ST DVDRAM_GP50NB40 RB00"
    text = " ".join(" ".join(rest).split())
    assert "USB port 2-2, 5000 Mbit/s; serial KZ1" in text
    assert "/dev/sr0 is not there; `sudo udevadm trigger" in text
    assert rest[-1] == "virtual:my.disc  virtual recorder  CD-R 80 min, blank"


def test_json_has_every_field_of_a_recorder(fake: FakeSystem) -> None:
    fake.drive("usb", nodes=False)
    fake.table(sr0=(1, 0))
    (shape,) = objects(redbook("drives", "--json").stdout)
    (drive,) = shape["drives"]
    assert shape["event"] == "drives"
    assert drive.pop("problem").startswith("the kernel knows HL-DT-ST")
    assert drive == {
        "name": "/dev/sr0",
        "model": "HL-DT-ST DVDRAM_GP50NB40 RB00",
        "medium": "",
        "blank": False,
        "appendable": False,
        "vendor": "HL-DT-ST",
        "product": "DVDRAM_GP50NB40",
        "revision": "RB00",
        "serial": "KZ1",
        "bus": "usb",
        "connection": "USB port 2-2, 5000 Mbit/s",
        "node": "/dev/sr0",
        "sg_node": "/dev/sg1",
        "stable_id": "pci0000:00/0000:00:04.0/usb2/2-2/2-2:1.0 0:0:0",
        "writes_cd_r": True,
        "writes_cd_rw": False,
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_lists_then_tells_and_ends_with_a_signal(fake: FakeSystem, number: int) -> None:
    device = fake.drive("usb", nodes=False)
    watch = subprocess.Popen([*REDBOOK, "drives", "--watch", "--json"], stdout=subprocess.PIPE, text=True)
    assert watch.stdout is not None
    first = json.loads(watch.stdout.readline())
    assert [drive["name"] for drive in first["drives"]] == ["/dev/sr0"]
    fake.unplug(device)
    second = json.loads(watch.stdout.readline())
    assert (second["event"], second["drive"]["name"]) == ("drive_removed", "/dev/sr0")
    watch.send_signal(number)
    assert watch.wait(60) == 0
    watch.stdout.close()


def test_doctor_s_exit_code_says_whether_a_burn_could_start(fake: FakeSystem) -> None:
    assert "No burn could start now." in redbook("doctor", code=5).stdout
    assert "A burn could start." in redbook("doctor", "--drive", "virtual:a.disc").stdout
    assert not Path("a.disc").exists()


def test_doctor_as_json_is_one_object(fake: FakeSystem) -> None:
    fake.drive("usb", nodes=False)
    (page,) = objects(redbook("doctor", "--json", code=5).stdout)
    assert (page["event"], page["can_burn"]) == ("doctor", False)
    assert "/dev/sr0 is not there" in page["advice"][0]
    assert page["sections"][-1]["title"] == "/dev/sr0  HL-DT-ST DVDRAM_GP50NB40 RB00"
    assert {"label": "serial", "text": "*****"} in page["sections"][-1]["lines"]


def test_a_drive_that_is_not_there_says_what_to_check(fake: FakeSystem) -> None:
    done = redbook("info", "--drive", "/dev/sr77", code=5)
    assert "/dev/sr77: no such recorder" in done.stderr
    assert "cable" in done.stderr


def test_a_page_for_a_narrow_terminal(fake: FakeSystem) -> None:
    fake.drive("usb", nodes=False)
    environment = {**os.environ, "COLUMNS": "60"}
    lines = redbook("doctor", code=5, env=environment).stdout.splitlines()
    assert [line for line in lines if len(line) > 60] == []
