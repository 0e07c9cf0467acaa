"""What the kernel answers when a command returns no SCSI status: errno, host status, driver status.

Source: include/scsi/scsi_status.h, and what USB and ATA drivers were seen to return.
"""

from __future__ import annotations

import errno
import os

from redbook.errors import (
    BusReset,
    DriveBusy,
    DriveClosed,
    DriveError,
    DriveGone,
    DriveNotFound,
    DrivePermission,
    MemoryShort,
    NotTaken,
    TransportError,
    TransportTimeout,
    printable,
)

NO_CONNECT, BUS_BUSY, TIME_OUT, BAD_TARGET, ABORT, PARITY = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
RESET, IMMEDIATE_RETRY, REQUEUE = 0x08, 0x0C, 0x0D

DRIVER_CODE = 0x07  # 08h is "sense is present"; the four bits above are suggestions that nobody follows
DRIVER_TIMEOUT = 0x06

CABLE = "check the cable, the port and the drive's power (a drive powered by USB may need another port)"
_GONE = "it was unplugged, switched off or lost its power; connect it again, then start over"
_LOAD = "is it connected and switched on, and are the kernel's modules sr_mod and sg loaded?"


def timed_out(what: str, seconds: float) -> TransportTimeout:
    return TransportTimeout(
        f"{what}: no answer in {seconds:g} s; the system has reset the drive by now, and a disc that was "
        f"being written may be lost; {CABLE}"
    )


def check_host_status(what: str, status: int, timeout: float) -> None:
    """Raise what a host status of SG_IO means; 0 is fine.

    what     the command, for the message
    timeout  the command's time limit, in seconds

    raises  DriveGone, NotTaken, TransportTimeout, BusReset, TransportError
    """
    if not status:
        return
    if status in (NO_CONNECT, BAD_TARGET):
        raise DriveGone(f"{what}: the drive is no longer there: {_GONE}")
    if status in (BUS_BUSY, IMMEDIATE_RETRY, REQUEUE):
        raise NotTaken(
            f"{what}: the connection to the drive was busy, nothing was sent; try again in a moment"
        )
    if status == TIME_OUT:
        raise timed_out(what, timeout)
    if status == RESET:
        raise BusReset(
            f"{what}: the drive was reset in the middle of the command; a disc that was being written is "
            f"lost; {CABLE}"
        )
    why = {ABORT: "the system aborted the command", PARITY: "data were damaged in transit"}
    text = why.get(status, "the connection to the drive failed")
    raise TransportError(f"{what}: {text} (host status {status:02X}h); {CABLE}")


def check_driver_status(what: str, status: int, timeout: float) -> None:
    """Raise what a driver status of SG_IO means; "sense is present" alone is fine.

    what     the command, for the message
    timeout  the command's time limit, in seconds

    raises  TransportTimeout, TransportError
    """
    code = status & DRIVER_CODE
    if code == DRIVER_TIMEOUT:
        raise timed_out(what, timeout)
    if code:
        raise TransportError(f"{what}: the system's driver failed (driver status {status:02X}h); {CABLE}")


def call_failed(what: str, number: int, timeout: float) -> DriveError:
    """The error for a command that the system did not send, or whose answer it did not return."""
    match number:
        case errno.ENODEV | errno.ENXIO | errno.ESHUTDOWN:
            return DriveGone(f"{what}: the drive is no longer there: {_GONE}")
        case errno.EIO:
            return DriveGone(f"{what}: the connection to the drive is broken (EIO): {_GONE}; {CABLE}")
        case errno.EPERM | errno.EACCES:
            return DrivePermission(
                f"{what}: the system does not let this user send that command ({errno.errorcode[number]})",
                "ordinary users may send those that burning needs; as root, all of them",
            )
        case errno.EROFS:
            return DrivePermission(*_read_only(what))
        case errno.EBUSY:
            return DriveBusy(f"{what}: another program has the drive; close that program and try again")
        case errno.EAGAIN | errno.EDOM:  # EDOM: sg's queue is full
            return NotTaken(
                f"{what}: the connection to the drive was busy, nothing was sent; try again in a moment"
            )
        case errno.EINTR:
            return TransportError(
                f"{what}: a signal came before the answer, and it is not known whether the drive carried it "
                "out; use the drive's /dev/srN, which is not disturbed by signals"
            )
        case errno.ETIMEDOUT:
            return timed_out(what, timeout)
        case errno.EBADF:
            return DriveClosed(f"{what}: this program has closed the drive")
    return _failed(what, number)


def opening_failed(path: str, number: int) -> DriveError:
    """The error for a device node that cannot be opened."""
    match number:
        case errno.ENOENT | errno.ENOTDIR | errno.ELOOP:
            return DriveNotFound(
                f"{printable(path)}: there is no such device node; `redbook drives` lists the recorders"
            )
        case errno.ENODEV | errno.ENXIO:
            return DriveGone(
                f"{printable(path)}: there is a device node, but no drive belongs to it; {_LOAD}"
            )
        case errno.EIO:
            return DriveGone(f"{printable(path)}: the drive does not answer (EIO); {CABLE}")
        case errno.EPERM | errno.EACCES:
            return DrivePermission(
                f"{printable(path)}: this user may not open it ({errno.errorcode[number]})",
                "join the group that the node belongs to (ls -l shows it)",
            )
        case errno.EROFS:
            return DrivePermission(*_read_only(path))
        case errno.EBUSY:
            return DriveBusy(
                f"{printable(path)}: another program has opened it exclusively, or its disc is mounted; "
                "close that program, unmount the disc, then try again"
            )
    return _failed(path, number)


def _read_only(what: str) -> tuple[str, str]:
    return (
        f"{what}: the system offers the drive for reading only (EROFS)",
        "in a container, pass the device on for writing too; else `blockdev --setrw` on the node, as root",
    )


def _failed(what: str, number: int) -> DriveError:
    match number:
        case errno.ENOMEM | errno.ENOBUFS:
            return MemoryShort(f"{what}: the system has no memory for it; close other programs and try again")
        case errno.ENOTTY | errno.ENOSYS:
            return DriveNotFound(f"{what}: this is not a device that takes SCSI commands; name a /dev/srN")
    name = errno.errorcode.get(number, str(number))
    return TransportError(f"{what}: the system answered {os.strerror(number)} ({name}); {CABLE}")
