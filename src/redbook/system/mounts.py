"""Where discs are mounted, according to the system's own list.

Nothing is decided here. `transport.sg_open` (`_check_not_mounted`) refuses to open a drive whose disc is
mounted, so nothing burns there; `recorders.may_touch` keeps a listing away from it.
Source: proc(5), /proc/pid/mountinfo.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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


def _plain(word: str) -> str:
    """Blanks, tabs, new lines and backslashes come as three octal digits."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), word)
