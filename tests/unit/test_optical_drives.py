"""Which drives there are, from a recorded shape of sysfs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from redbook.system.optical_drives import find
from tests.support.system import FakeSystem


@pytest.fixture
def fake(tmp_path: Path) -> FakeSystem:
    return FakeSystem(tmp_path / "a root")


def test_a_usb_drive_is_told_with_serial_port_speed_and_nodes(fake: FakeSystem) -> None:
    fake.drive("usb", sr=0, sg=1)
    fake.link("/dev/disk/by-path/pci-0000:00:04.0-usb-0:2:1.0-scsi-0:0:0:0", "/dev/sr0")
    fake.link("/dev/disk/by-id/usb-HL-DT-ST_DVDRAM_GP50NB40_KZ1-0:0", "/dev/sr0")
    (drive,) = find(fake.system)
    assert drive.model == "HL-DT-ST DVDRAM_GP50NB40 RB00"
    assert (drive.serial, drive.bus) == ("KZ1", "usb")
    assert drive.connection == "USB port 2-2, 5000 Mbit/s"
    assert (drive.node, drive.sg_node) == ("/dev/sr0", "/dev/sg1")
    assert drive.stable_id == "/dev/disk/by-id/usb-HL-DT-ST_DVDRAM_GP50NB40_KZ1-0:0"


def test_a_usb_drive_without_a_serial_of_its_own_has_its_bridge_s(fake: FakeSystem) -> None:
    fake.drive("usb", serial="")
    assert find(fake.system)[0].serial == "USB987"


def test_an_ata_drive_s_serial_is_in_udev_s_name(fake: FakeSystem) -> None:
    fake.drive("ata", serial="")
    fake.link("/dev/disk/by-id/ata-HL-DT-ST_DVDRAM_GH24NSC0_K9AE", "/dev/sr0")
    (drive,) = find(fake.system)
    assert (drive.bus, drive.connection, drive.serial) == ("ata", "ATA port ata2", "K9AE")


@pytest.mark.parametrize("bus, words", [("virtio", "virtual machine, virtio2"), ("iscsi", "iSCSI session1")])
def test_other_ways_to_be_connected_have_their_names(fake: FakeSystem, bus: str, words: str) -> None:
    fake.drive(bus)
    (drive,) = find(fake.system)
    assert (drive.bus, drive.connection) == (bus, words)


def test_without_udev_the_stable_id_is_the_place_without_the_host_s_number(tmp_path: Path) -> None:
    places = []
    for host in (7, 12):
        fake = FakeSystem(tmp_path / str(host))
        usb = "pci0000:00/0000:00:04.0/usb2/2-2/2-2:1.0"
        fake.drive("usb", place=f"{usb}/host{host}/target{host}:0:0/{host}:0:0:0")
        places.append(find(fake.system)[0].stable_id)
    assert places == ["pci0000:00/0000:00:04.0/usb2/2-2/2-2:1.0 0:0:0"] * 2


def test_drives_without_sr_without_sg_and_without_any_driver_are_found(fake: FakeSystem) -> None:
    fake.drive("usb", sr=None, sg=3)
    fake.drive("ata", sr=1, sg=None)
    fake.drive("virtio", sr=None, sg=None)
    assert [(d.bus, d.node, d.sg_node) for d in find(fake.system)] == [
        ("ata", "/dev/sr1", ""),
        ("usb", "/dev/sg3", "/dev/sg3"),
        ("virtio", "", ""),
    ]


def test_a_disk_with_an_sg_node_is_no_optical_drive(fake: FakeSystem) -> None:
    device = fake.drive("usb", sr=None)
    fake.write(f"{device}/type", "0\n")
    assert find(fake.system) == []


def test_ten_drives_are_in_the_order_of_their_numbers(fake: FakeSystem) -> None:
    for number in (10, 2, 0):
        fake.drive("ata", sr=number, sg=number, place=f"ata{number}/host{number}/target/{number}:0:0:0")
    assert [d.block for d in find(fake.system)] == ["sr0", "sr2", "sr10"]


def test_the_kernel_s_table_tells_what_each_can_write(fake: FakeSystem) -> None:
    fake.drive("usb", sr=0, sg=0)
    fake.drive("ata", sr=1, sg=1)
    fake.table(sr1=(0, 0), sr0=(1, 1))
    assert [(d.writes_cd_r, d.writes_cd_rw) for d in find(fake.system)] == [(True, True), (False, False)]


def test_without_the_table_nothing_is_claimed(fake: FakeSystem) -> None:
    fake.drive("usb")
    (drive,) = find(fake.system)
    assert (drive.writes_cd_r, drive.writes_cd_rw) == (None, None)


def test_the_count_of_media_is_only_believed_while_the_kernel_polls(fake: FakeSystem) -> None:
    fake.drive("usb", media=6)
    assert find(fake.system)[0].media_count == 6
    fake.polled(0, None)
    assert find(fake.system)[0].media_count is None


def test_no_sysfs_is_no_drive(tmp_path: Path) -> None:
    assert find(FakeSystem(tmp_path).system) == []


def test_a_drive_that_leaves_in_the_middle_of_the_look_is_not_there(
    fake: FakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = fake.drive("usb")
    fake.drive("ata", sr=1, sg=2)
    readlink = os.readlink

    def leaving(path: str) -> str:
        if path.endswith("/sr0"):
            monkeypatch.setattr(os, "readlink", readlink)
            fake.unplug(device)
        return readlink(path)

    monkeypatch.setattr(os, "readlink", leaving)
    assert [drive.block for drive in find(fake.system)] == ["sr1"]
