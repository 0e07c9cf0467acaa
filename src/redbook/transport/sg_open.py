"""From a name to an open device node, and how much one command can carry to it."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

from redbook.clock import Clock
from redbook.errors import DriveNotFound, printable
from redbook.system.mounts import MOUNTS, check_not_mounted
from redbook.transport.kernel import Kernel, Node
from redbook.transport.sg_errors import opening_failed

SG_GET_VERSION_NUM, SG_SET_RESERVED_SIZE, SG_GET_RESERVED_SIZE = 0x2282, 0x2275, 0x2272
OLDEST_VERSION = 30000
SR_MAJOR, SG_MAJOR = 11, 21
CD_TYPE = "5"  # peripheral device type.  Source: SPC-4 6.4.2

OPEN_FLAGS = os.O_RDWR | os.O_NONBLOCK | os.O_EXCL | os.O_CLOEXEC
"""Commands that write need a descriptor for writing. Without NONBLOCK, opening waits for a disc and may pull
the tray in. EXCL keeps mounters and other burners away, but not programs that open without it."""

BUSY_RETRIES = 3
BUSY_SECONDS = 2.0  # by then udev has looked at a new disc (libburn)


def open_node(path: str, clock: Clock, kernel: Kernel) -> tuple[Node, int]:
    """Find the node behind this name, and open it for this program alone; returns both.

    raises  DriveNotFound, DriveGone, DrivePermission, DriveBusy, TransportError
    """
    try:
        node = kernel.node(path)
    except OSError as error:
        raise opening_failed(path, error.errno or 0) from error
    _check_kind(path, node, kernel)
    folder, device = _block_device(node, kernel)
    if device:
        lines = kernel.read_text(MOUNTS).splitlines()
        check_not_mounted(path, lines, number=device, node=f"/dev/{Path(folder).name}")
    fd = _open(path, node, clock, kernel)
    version = ctypes.c_int()
    number = kernel.ioctl(fd, SG_GET_VERSION_NUM, ctypes.addressof(version))
    if number or version.value < OLDEST_VERSION:
        kernel.close(fd)
        raise opening_failed(path, number or errno.ENOTTY)
    return node, fd


def _check_kind(path: str, node: Node, kernel: Kernel) -> None:
    """raises  DriveNotFound  for what is not a CD drive: nothing may be sent to a hard disk"""
    is_sr = node.is_block and node.major == SR_MAJOR
    is_sg = node.is_character and node.major == SG_MAJOR
    if not is_sr and not is_sg:
        raise DriveNotFound(
            f"{printable(path)}: this is not a CD drive; CD drives are called /dev/sr0, /dev/sr1 and so on"
        )
    kind = kernel.read_text(f"{_in_sysfs(node)}/device/type").strip()
    if kind not in ("", CD_TYPE):
        raise DriveNotFound(
            f"{printable(path)}: it belongs to another kind of device (SCSI type {kind}), not a CD drive; "
            "`redbook drives` lists the recorders"
        )


def _in_sysfs(node: Node) -> str:
    return f"/sys/class/{'block' if node.is_block else 'scsi_generic'}/{Path(node.path).name}"


def _block_device(node: Node, kernel: Kernel) -> tuple[str, str]:
    """The folder in /sys of the drive's srN, and its "MAJOR:MINOR"; empty if it has none."""
    if node.is_block:
        return _in_sysfs(node), f"{node.major}:{node.minor}"
    parent = f"{_in_sysfs(node)}/device/block"
    for name in kernel.names(parent):
        return f"{parent}/{name}", kernel.read_text(f"{parent}/{name}/dev").strip()
    return "", ""


def _open(path: str, node: Node, clock: Clock, kernel: Kernel) -> int:
    for attempt in range(BUSY_RETRIES + 1):
        if attempt:
            clock.sleep(BUSY_SECONDS)
        try:
            return kernel.open(node.path, OPEN_FLAGS)
        except OSError as error:
            failed = error
            if error.errno != errno.EBUSY:
                break
    raise opening_failed(path, failed.errno or 0) from failed


def largest_transfer(node: Node, fd: int, kernel: Kernel, wanted: int) -> int:
    """How many bytes one command may carry, if the system says so; else `wanted`."""
    folder, _ = _block_device(node, kernel)
    kib = kernel.read_text(f"{folder}/queue/max_hw_sectors_kb").strip() if folder else ""
    limit = int(kib) * 1024 if kib.isdecimal() and int(kib) else wanted
    if node.is_character:
        limit = min(limit, _reserve(fd, kernel, wanted))
    return limit


def _reserve(fd: int, kernel: Kernel, wanted: int) -> int:
    """Reserve a buffer in the sg driver, so that commands need not look for memory; returns its size."""
    size = ctypes.c_int(wanted)
    if kernel.ioctl(fd, SG_SET_RESERVED_SIZE, ctypes.addressof(size)):
        return wanted
    if kernel.ioctl(fd, SG_GET_RESERVED_SIZE, ctypes.addressof(size)) or size.value <= 0:
        return wanted
    return size.value
