"""Runs in the guest: what the kernel itself says of a CD drive, as JSON.

    ask_kernel.py toc NODE       what its ioctls read of the table of contents, and one sector of audio
    ask_kernel.py eject NODE     opens the tray: the state before and after
    ask_kernel.py load NODE      closes the tray: the state before, and after the disc has been looked at
    ask_kernel.py tray NODE      the events and states that come with opening and closing the tray

Numbers and structures: Linux, include/uapi/linux/cdrom.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

READ_TOC_HEADER, READ_TOC_ENTRY, READ_AUDIO = 0x5305, 0x5306, 0x530E
EJECT, CLOSE_TRAY, DRIVE_STATUS, DISC_STATUS, LOCK_DOOR = 0x5309, 0x5319, 0x5326, 0x5327, 0x5329
LBA, LEAD_OUT = 1, 0xAA
NOT_READY = 3
NETLINK_KOBJECT_UEVENT = 15
# Against a kernel that says nothing; the first poll comes a tenth of a second after it is asked for.
MOST_SECONDS = 20


@contextlib.contextmanager
def opened(node: str) -> Iterator[int]:
    drive = os.open(node, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield drive
    finally:
        os.close(drive)


def toc(node: str) -> dict[str, object]:
    with opened(node) as drive:
        first, last = fcntl.ioctl(drive, READ_TOC_HEADER, bytes(2))
        entries = {number: entry(drive, number) for number in (*range(first, last + 1), LEAD_OUT)}
        return {
            "disc": fcntl.ioctl(drive, DISC_STATUS, 0),
            "starts": {number: lba for number, (lba, _) in entries.items()},
            "controls": {number: control for number, (_, control) in entries.items()},
            "audio": sector(drive, entries[last][0]).hex(),
        }


def entry(drive: int, track: int) -> tuple[int, int]:
    """Start and control of a track (struct cdrom_tocentry)."""
    reply = fcntl.ioctl(drive, READ_TOC_ENTRY, struct.pack("=BBB5xB3x", track, 0, LBA, 0))
    _, adr_control, _, lba = struct.unpack_from("=BBBxi", reply)
    return lba, adr_control >> 4


def sector(drive: int, lba: int) -> bytes:
    """struct cdrom_read_audio: 2352 bytes of audio, by the kernel's READ CD."""
    buffer = ctypes.create_string_buffer(2352)
    request = struct.pack("@iBiP", lba, LBA, 1, ctypes.addressof(buffer))
    fcntl.ioctl(drive, READ_AUDIO, request)
    return buffer.raw


def tray(node: str) -> dict[str, object]:
    """The kernel polls the drive 10 times a second meanwhile; needs root."""
    name = Path(node).name
    Path(f"/sys/block/{name}/events_poll_msecs").write_text("100")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_KOBJECT_UEVENT) as events:
        events.bind((0, 1))
        events.settimeout(MOST_SECONDS)
        with opened(node) as drive:
            found: dict[str, object] = {"before": fcntl.ioctl(drive, DRIVE_STATUS, 0)}
            fcntl.ioctl(drive, LOCK_DOOR, 1)
            # For these two sr hands the drive's refusal on as a number, not as an error.
            found["refusal"] = fcntl.ioctl(drive, EJECT, 0)
            found["locked"] = fcntl.ioctl(drive, DRIVE_STATUS, 0)
            fcntl.ioctl(drive, LOCK_DOOR, 0)
            fcntl.ioctl(drive, EJECT, 0)
            found["eject"] = next_change(events, name)
            take_note(node)
            found["open"] = fcntl.ioctl(drive, DRIVE_STATUS, 0)
            fcntl.ioctl(drive, CLOSE_TRAY, 0)
            found["load"] = next_change(events, name)
            found["after"] = fcntl.ioctl(drive, DRIVE_STATUS, 0)
    return found


def eject(node: str) -> dict[str, object]:
    with opened(node) as drive:
        before = fcntl.ioctl(drive, DRIVE_STATUS, 0)
        refusal = fcntl.ioctl(drive, EJECT, 0)
        return {"before": before, "refusal": refusal, "after": fcntl.ioctl(drive, DRIVE_STATUS, 0)}


def load(node: str) -> dict[str, object]:
    with opened(node) as drive:
        before = fcntl.ioctl(drive, DRIVE_STATUS, 0)
        fcntl.ioctl(drive, CLOSE_TRAY, 0)
        deadline = time.monotonic() + MOST_SECONDS
        while (after := fcntl.ioctl(drive, DRIVE_STATUS, 0)) == NOT_READY and time.monotonic() < deadline:
            time.sleep(0.1)
        return {"before": before, "after": after}


def take_note(node: str) -> None:
    """Open it, as udev does: a change that nobody took note of is not told a second time."""
    with opened(node):
        pass


def next_change(events: socket.socket, name: str) -> dict[str, str]:
    """The next uevent of the disc in this drive, as it is sent to udev."""
    while True:
        head, *lines = events.recv(65536).decode().rstrip("\0").split("\0")
        if head.startswith("change@") and head.endswith(f"/block/{name}"):
            return dict(line.partition("=")[::2] for line in lines)


if __name__ == "__main__":
    question, node = sys.argv[1:]
    print(json.dumps({"toc": toc, "eject": eject, "load": load, "tray": tray}[question](node)))
