"""Where discs are mounted, according to the system's own list.

`transport.sg_open` asks here before it opens a drive, so a drive whose disc is mounted never burns;
`recorders.may_touch` keeps listings away from such a drive.
Source: proc(5), /proc/pid/mountinfo.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable

from redbook.errors import DriveBusy, printable

MOUNTS = "/proc/self/mountinfo"


def mount_points(lines: Iterable[str], *, number: str = "", node: str = "") -> list[str]:
    """Where a device is mounted, in the order of the list.

    lines   of `MOUNTS`: id, parent, MAJOR:MINOR, root, mount point, options, - , type, source, options
    number  of the device, as MAJOR:MINOR
    node    its node, for a file system that has a number of its own (btrfs has)
    """
    found = []
    for line in lines:
        fields, dash, rest = line.partition(" - ")
        words, source = fields.split(" "), _plain(rest.split(" ")[1]) if rest.count(" ") else ""
        if not dash or len(words) < 5:
            continue
        if (number and words[2] == number) or (node and source == node):
            found.append(_plain(words[4]))
    return found


def check_not_mounted(drive: str, lines: Iterable[str], *, number: str, node: str) -> None:
    """Check that no file system of a disc is in use: burning would pull it away.

    drive  as the user named it; for the other arguments see `mount_points`

    raises  DriveBusy
    """
    for where in mount_points(lines, number=number, node=node):
        raise DriveBusy(mounted_in_words(printable(drive), where, node, os.geteuid()))


def mounted_in_words(drive: str, where: str, node: str, user_id: int) -> str:
    """drive: printable, as the user named it; where: a mount point; node: the block device"""
    cure = f"umount {printable(shlex.quote(where))}"
    if user_id and where.startswith(("/media/", "/run/media/")):
        cure = f"udisksctl unmount -b {node}"  # a desktop has mounted it for whoever is logged in
    elif user_id:
        cure = f"sudo {cure}"
    return f"{drive}: the disc in it is mounted at {printable(where)}; first unmount it: `{cure}`"


def _plain(word: str) -> str:
    """A word as plain text; blanks, tabs, new lines and backslashes come as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), word)
