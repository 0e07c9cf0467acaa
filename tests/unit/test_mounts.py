"""The list of what is mounted.  Source: proc(5), /proc/pid/mountinfo, whose example line is the first."""

from __future__ import annotations

from redbook.system.mounts import mount_points

LINES = [
    "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
    "40 35 11:0 / /media/My\\040disc\\011\\134 ro shared:7 - iso9660 /dev/sr0 ro",
    "41 35 0:33 / /btrfs rw - btrfs /dev/dvd\\040drive rw",
    "42 35 11:0 / /second ro - iso9660 /dev/sr0 ro",
    "43 35 11:1",
    "",
]


def test_by_number() -> None:
    assert mount_points(LINES, number="11:0") == ["/media/My disc\t\\", "/second"]
    assert mount_points(LINES, number="11:1") == []


def test_by_node() -> None:
    assert mount_points(LINES, node="/dev/dvd drive") == ["/btrfs"]
    assert mount_points(LINES, number="98:0", node="/dev/dvd drive") == ["/mnt2", "/btrfs"]


def test_of_nothing() -> None:
    assert mount_points(LINES) == []
