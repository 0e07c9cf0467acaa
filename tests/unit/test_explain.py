"""Why a recorder cannot be used is said by name, with the command that mends it."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from redbook.system import explain as explaining
from redbook.system.explain import explain, node_missing
from redbook.system.optical_drives import find
from redbook.system.system import User
from tests.support.system import UWE, FakeSystem

GROUPS = {0: "root", 6: "disk", 24: "cdrom", 990: "optical"}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSystem:
    monkeypatch.setattr(explaining, "group_name", lambda gid: GROUPS.get(gid, str(gid)))
    monkeypatch.setattr(explaining, "user_name", lambda uid: {0: "root"}.get(uid, str(uid)))
    fake = FakeSystem(tmp_path)
    fake.drive("usb", sr=0, sg=1)
    fake.owned("/dev/sr0", 0o660, 0, 24)
    return fake


def why(fake: FakeSystem, number: int, path: str = "/dev/sr0", user: User | None = None) -> str:
    system = replace(fake.system, user=user) if user else fake.system
    return explain(path, OSError(number, os.strerror(number)), system)


def test_a_user_outside_of_the_node_s_group_is_told_which_and_how_to_join(fake: FakeSystem) -> None:
    text = why(fake, errno.EACCES)
    assert "root:cdrom, mode 0660" in text
    assert "`sudo usermod -aG cdrom uwe`" in text
    assert "log out and in again" in text


def test_arch_s_group_is_named_where_the_node_has_it(fake: FakeSystem) -> None:
    fake.owned("/dev/sr0", 0o660, 0, 990)
    assert "`sudo usermod -aG optical uwe`" in why(fake, errno.EACCES)


def test_a_member_who_has_not_logged_in_again_is_told_so(fake: FakeSystem) -> None:
    text = why(fake, errno.EACCES, user=replace(UWE, member=("cdrom",)))
    assert "`newgrp cdrom`" in text
    assert "usermod" not in text


def test_a_node_that_a_udev_rule_gave_to_disk_is_given_back_not_joined(fake: FakeSystem) -> None:
    fake.owned("/dev/sr0", 0o660, 0, 6)
    text = why(fake, errno.EACCES)
    assert "`sudo chgrp cdrom /dev/sr0`" in text
    assert "39426" in text
    assert "usermod" not in text


@pytest.mark.parametrize("mode, gid", [(0o600, 0), (0o440, 24), (0o600, 24)])
def test_a_node_that_no_group_may_write_needs_another_mode(fake: FakeSystem, mode: int, gid: int) -> None:
    fake.owned("/dev/sr0", mode, 0, gid)
    text = why(fake, errno.EACCES)
    assert f"mode {mode:04o}" in text
    assert "`sudo chgrp cdrom /dev/sr0 && sudo chmod 660 /dev/sr0`" in text


def test_what_the_mode_allows_and_docker_forbids_needs_docker_s_option(fake: FakeSystem) -> None:
    fake.write("/.dockerenv")
    text = why(fake, errno.EPERM, user=User(0, "root", frozenset((0,)), ("root",), ()))
    assert "`docker run --device /dev/sr0`" in text


def test_a_flatpak_is_told_its_own_option(fake: FakeSystem) -> None:
    fake.write("/.flatpak-info")
    assert "`flatpak run --device=all`" in why(fake, errno.EPERM, user=replace(UWE, uid=0))


def test_a_mounted_disc_is_named_with_where_and_how_to_unmount(fake: FakeSystem) -> None:
    fake.mount("/dev/sr0", "/media/uwe/My Disc")
    text = why(fake, errno.EBUSY)
    assert "mounted at /media/uwe/My Disc;" in text
    assert "`udisksctl unmount -b /dev/sr0`" in text


def test_a_disc_that_root_mounted_is_unmounted_by_root(fake: FakeSystem) -> None:
    fake.mount("/dev/sr0", "/mnt/a disc")
    assert "`sudo umount '/mnt/a disc'`" in why(fake, errno.EBUSY)
    assert "`umount '/mnt/a disc'`" in why(fake, errno.EBUSY, user=replace(UWE, uid=0))


@pytest.mark.parametrize("node", ["/dev/sr0", "/dev/sg1"])
def test_a_burner_on_either_node_is_named_with_its_number(fake: FakeSystem, node: str) -> None:
    fake.process(4321, "cdrdao", "/dev/null", node)
    text = why(fake, errno.EBUSY)
    assert "in use by cdrdao (pid 4321)" in text
    assert "`kill 4321`" in text


def test_a_process_whose_files_are_closed_to_us_is_known_by_its_lock(fake: FakeSystem) -> None:
    status = (fake.root / "dev/sr0").stat()
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    fake.write("/proc/77/comm", "cdrskin\n")
    fake.write("/proc/locks", f"1: POSIX  ADVISORY  WRITE 77 {place} 0 EOF\n")
    assert "in use by cdrskin (pid 77)" in why(fake, errno.EBUSY)


def test_a_holder_that_cannot_be_seen_is_said_to_be_that(fake: FakeSystem) -> None:
    text = why(fake, errno.EBUSY)
    assert "cannot be seen from here" in text
    assert "`sudo fuser -v /dev/sr0 /dev/sg1`" in text


def test_a_device_mapper_above_is_named(fake: FakeSystem) -> None:
    fake.write("/sys/block/sr0/holders/dm-3/dev", "253:3")
    assert "dm-3" in why(fake, errno.EBUSY)


def test_a_node_missing_in_a_container_needs_the_container_s_option(fake: FakeSystem) -> None:
    (fake.root / "dev/sr0").unlink()
    fake.write("/run/.containerenv")
    assert "`docker run --device /dev/sr0`" in why(fake, errno.ENOENT)


def test_a_node_that_udev_has_not_made_is_asked_for(fake: FakeSystem) -> None:
    (fake.root / "dev/sr0").unlink()
    assert "`sudo udevadm trigger --action=add --name-match=/dev/sr0`" in why(fake, errno.ENOENT)


def test_without_udev_the_node_is_made_by_hand(fake: FakeSystem) -> None:
    (fake.root / "dev/sr0").unlink()
    (fake.root / "run/udev").rmdir()
    assert "`sudo mknod /dev/sr0 b 11 0`" in why(fake, errno.ENOENT)


def test_an_sg_node_without_its_module_points_to_sr(tmp_path: Path) -> None:
    fake = FakeSystem(tmp_path)
    fake.drive("usb", sr=0, sg=None)
    text = why(fake, errno.ENOENT, "/dev/sg0")
    assert "use /dev/sr0" in text
    assert "`sudo modprobe sg`" in text


def test_an_sr_node_without_its_module_points_to_the_module_and_sg(tmp_path: Path) -> None:
    fake = FakeSystem(tmp_path)
    fake.drive("usb", sr=None, sg=2)
    text = why(fake, errno.ENOENT, "/dev/sr0")
    assert "`sudo modprobe sr_mod`" in text
    assert "/dev/sg2" in text


def test_a_wrong_number_is_told_the_right_one(fake: FakeSystem) -> None:
    assert "there is /dev/sr0" in why(fake, errno.ENOENT, "/dev/sr5")


def test_where_there_is_no_drive_it_says_what_to_check(tmp_path: Path) -> None:
    text = why(FakeSystem(tmp_path), errno.ENOENT)
    assert "cable" in text
    assert "`sudo modprobe sr_mod`" in text


def test_a_node_whose_drive_has_left_says_plug_in_again(tmp_path: Path) -> None:
    fake = FakeSystem(tmp_path)
    fake.write("/dev/sr0")
    assert "no longer there" in why(fake, errno.ENXIO)
    fake.write("/.dockerenv")
    assert "start the container again" in why(fake, errno.ENODEV)


def test_a_drive_that_the_kernel_has_given_up_is_told_from_one_that_left(fake: FakeSystem) -> None:
    (fake.root / "sys/block/sr0/device/state").write_text("offline\n")
    assert "the kernel calls it offline" in why(fake, errno.ENXIO)


def test_read_only_says_read_only(fake: FakeSystem) -> None:
    assert "can only be read" in why(fake, errno.EROFS)


def test_a_link_is_named_with_where_it_leads(fake: FakeSystem) -> None:
    fake.link("/dev/cdrom", "/dev/sr0")
    assert why(fake, errno.EACCES, "/dev/cdrom").startswith("/dev/cdrom (/dev/sr0) belongs to")


def test_an_errno_that_nobody_thought_of_keeps_its_text(fake: FakeSystem) -> None:
    assert os.strerror(errno.EIO) in why(fake, errno.EIO)


def test_a_drive_without_any_driver_says_which_module(tmp_path: Path) -> None:
    fake = FakeSystem(tmp_path)
    fake.drive("ata", sr=None, sg=None)
    assert "`sudo modprobe sr_mod`" in node_missing(fake.system, find(fake.system)[0])
