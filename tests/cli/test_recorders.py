"""`redbook drives` and `redbook doctor` as their user meets them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from redbook.cli.options import named_drives
from tests.cli.test_commands import REDBOOK, objects, redbook
from tests.support.sound import noise, write_wav
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
    fake.drive("usb", media=6, nodes=False)
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
        "disc_sequence": 6,
        "boot_id": "",
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


def test_a_watch_that_nobody_reads_any_more_ends(fake: FakeSystem) -> None:
    device = fake.drive("usb", nodes=False)
    watch = subprocess.Popen([*REDBOOK, "drives", "--watch", "--json"], stdout=subprocess.PIPE, text=True)
    assert watch.stdout is not None
    watch.stdout.readline()
    watch.stdout.close()
    fake.unplug(device)
    assert watch.wait(60) == 0


def test_doctor_records_the_exchange_and_overwrites_nothing() -> None:
    page = redbook("doctor", "--drive", "virtual:a.disc", "--record", "x.jsonl").stdout
    assert "x.jsonl, with all serial numbers" in page
    assert "INQUIRY" in Path("x.jsonl").read_text()
    before = Path("x.jsonl").read_bytes()
    assert (
        "already exists"
        in redbook("doctor", "--drive", "virtual:a.disc", "--record", "x.jsonl", code=2).stderr
    )
    assert Path("x.jsonl").read_bytes() == before
    assert "--drive" in redbook("doctor", "--record", "y.jsonl", code=2).stderr


# Through the kernel's interface, as programs written by others see it

SHARED = ("share", "run", "--disc", "one.disc", "--disc", "two.disc", "--", *REDBOOK)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """/dev/sr0 with a used CD-R, /dev/sr1 with a blank CD-RW, for what runs behind SHARED."""
    monkeypatch.delenv("REDBOOK_SYSTEM_ROOT")
    write_wav(Path("a.wav"), noise(588 * 300))
    redbook("burn", "a.wav", "--drive", "virtual:one.disc")
    redbook("disc", "new", "two.disc", "--type", "cd-rw", "--minutes", "74")


@pytest.mark.tools("umockdev-run")
def test_the_one_recorder_with_a_blank_disc_is_burned_to_and_it_is_said(shared: None) -> None:
    first, *_, last = objects(redbook(*SHARED, "burn", "a.wav", "--json").stdout)
    assert first == {"event": "notice", "text": "no --drive was given: using the recorder /dev/sr1"}
    assert (last["drive"], last["verified"]) == ("/dev/sr1", True)


@pytest.mark.tools("umockdev-run")
def test_recorders_and_their_discs_are_listed(shared: None) -> None:
    (shape,) = objects(redbook(*SHARED, "drives", "--json").stdout)
    real = [drive for drive in shape["drives"] if drive["bus"] != "virtual"]
    assert [(drive["name"], drive["medium"], drive["blank"]) for drive in real] == [
        ("/dev/sr0", "CD-R 80 min, complete, 1 track", False),
        ("/dev/sr1", "CD-RW 74 min, blank", True),
    ]
    assert all(drive["problem"] == "" and drive["writes_cd_rw"] for drive in real)


@pytest.mark.tools("umockdev-run")
def test_two_blank_discs_are_named_in_the_error(shared: None) -> None:
    redbook("disc", "new", "other.disc")
    two = ("share", "run", "--disc", "other.disc", "--disc", "two.disc", "--", *REDBOOK)
    done = redbook(*two, "burn", "a.wav", code=5)
    assert "2 recorders have a blank disc; name one:" in done.stderr
    assert "--drive /dev/sr0" in done.stderr
    assert "--drive /dev/sr1" in done.stderr


@pytest.mark.tools("umockdev-run")
def test_doctor_looks_at_a_recorder_behind_the_kernel_s_interface(shared: None) -> None:
    (page,) = objects(redbook(*SHARED, "doctor", "--drive", "/dev/sr1", "--json").stdout)
    lines = {line["label"]: line["text"] for line in page["sections"][-1]["lines"]}
    assert page["can_burn"]
    assert lines["medium"] == "CD-RW 74 min, blank"
    assert lines["inquiry"] == "REDBOOK | TYPICAL CD-RW | 1.00"


def test_both_kinds_of_virtual_discs_are_listed_with_their_places() -> None:
    redbook("disc", "new", "mine.disc")
    text = redbook("disc", "list").stdout
    assert "In this folder:\nvirtual:mine.disc" in text
    assert str(Path.cwd() / ".data/redbook/discs") in text
    (shape,) = objects(redbook("disc", "list", "--json").stdout)
    assert [entry["name"] for entry in shape["here"]] == ["virtual:mine.disc"]


def test_eject_opens_and_closes_the_tray_of_a_recorder() -> None:
    redbook("rack", "new", "r", "--drives", "1")
    redbook("rack", "put", "r", "d1")
    drive = ("--drive", "rack:r/d1")
    assert redbook("eject", *drive).stdout == "rack:r/d1: the tray is open\n"
    assert redbook("eject", *drive).stdout == "rack:r/d1: the tray is open\n"
    assert redbook("eject", *drive, "--load").stdout == "rack:r/d1: the tray is shut, with a disc in it\n"
    (shape,) = objects(redbook("eject", *drive, "--json").stdout)
    assert shape["text"] == "the tray is open"


def test_eject_says_that_a_recorder_for_one_disc_has_no_tray() -> None:
    redbook("disc", "new", "one.disc")
    assert "has no tray" in redbook("eject", "--drive", "virtual:one.disc").stdout


def test_the_tray_is_open_after_a_burn_with_eject() -> None:
    write_wav(Path("a.wav"), noise(588 * 300))
    words = ["burn", "a.wav", "--drive", "virtual:e.disc", "--no-verify"]
    assert "1b 00 00 00 02 00" not in redbook(*words, "--mode", "tao", "--leave-open", "-vvv").stderr
    words[3] = "virtual:f.disc"
    said = redbook(*words, "--eject", "-vvv").stderr
    assert "1b 00 00 00 02 00" in said


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("all", []),
        ("/dev/sr0,/dev/sr1", ["/dev/sr0", "/dev/sr1"]),
        ("/dev/sr0,,", ["/dev/sr0"]),
        ("left, right.rack", ["left, right.rack"]),
        ("/dev/sr0,left, right.rack,/dev/sr1", ["/dev/sr0", "left, right.rack", "/dev/sr1"]),
        ("rack:left, right.rack/d1,left", ["rack:left, right.rack/d1", "left"]),
        (",".join(["r"] * 300), ["r"] * 300),
    ],
)
def test_a_comma_in_the_name_of_a_rack_separates_nothing(
    text: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("left, right.rack/d1").mkdir(parents=True)
    Path("left").mkdir()
    assert named_drives(text) == names
