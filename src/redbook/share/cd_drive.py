"""The kernel's view of a CD drive: what it asks on its own, how it retries, and which errnos it returns.

Source: Linux 6.1, drivers/cdrom/cdrom.c, drivers/scsi/sr.c and sr_ioctl.c
"""

from __future__ import annotations

import errno
import threading
from typing import Any, TypeVar

from redbook import errors
from redbook.mmc.capacity import DATA_SECTOR_BYTES, ReadCapacity
from redbook.mmc.command import Command
from redbook.mmc.control import TestUnitReady
from redbook.mmc.events import GetEventStatusNotification, MediaStatus
from redbook.mmc.mode_pages import Capabilities, Loader, ModeSense10, PageControl
from redbook.share.ioctls import Capability, DriveStatus
from redbook.share.sg import ScsiDevice
from redbook.share.umockdev import CallFailed

R = TypeVar("R")

BLOCK_BYTES = 512
_RETRIES = 10
_BECOMING_READY_SECONDS = 2.0
_UNKNOWN_CAPACITY_SECTORS = 0x1FFFFF  # sr's guess where READ CAPACITY fails
_READ_AHEAD = 256  # units of 512 bytes
_DEFAULT_OPTIONS = 0x0D  # close the tray on open, heed O_NONBLOCK, lock on open
_BASIC = (
    Capability.LOCK
    | Capability.MULTI_SESSION
    | Capability.MCN
    | Capability.MEDIA_CHANGED
    | Capability.PLAY_AUDIO
    | Capability.RESET
    | Capability.DRIVE_STATUS
    | Capability.GENERIC_PACKET
    | Capability.SELECT_SPEED
    | Capability.OPEN_TRAY
)


def errno_of(error: errors.DriveError) -> int:
    """Source: sr_do_ioctl"""
    if isinstance(error, (errors.UnitAttention, errors.NotReady)):
        return errno.ENOMEDIUM
    if isinstance(error, errors.UnknownCommand):
        return errno.EOPNOTSUPP
    if isinstance(error, errors.DriveGone):
        return errno.ENODEV
    return errno.EIO


class CdDrive:
    """The kernel's view of one CD drive: what it asks by itself, and what all open files of it share."""

    def __init__(self, device: ScsiDevice) -> None:
        self.device = device
        self.openers = 0
        self.options = _DEFAULT_OPTIONS
        self.kept_locked = False
        self.changed = False
        self.changed_at = device.clock.now()
        self.read_ahead = _READ_AHEAD
        self.lock = threading.Lock()
        self.page = Capabilities()
        self.capabilities = Capability(0)

    def find(self) -> None:
        """Do what the kernel does when a drive appears: take unit attentions and read page 2Ah."""
        self.test_unit_ready()
        try:
            self.page = Capabilities.from_page(self.mode_page(Capabilities.CODE))
        except (CallFailed, ValueError):  # a "scsi-1 drive": nothing is known about it; it cannot write
            self.page = Capabilities(writes_cd_r=False, writes_cd_rw=False)
        self.capabilities = _capabilities(self.page)

    def run(self, command: Command[R]) -> R:
        """Send a command, again after a unit attention or while the drive gets ready.  raises  CallFailed"""
        data = self.fetch(command)
        try:
            return command.parse_reply(data)
        except ValueError as error:
            raise CallFailed(errno.EIO) from error

    def fetch(self, command: Command[Any]) -> bytes:
        """Send a command and return the data as they came.  raises  CallFailed"""
        for attempt in range(_RETRIES + 1):
            try:
                return self.device.drive.fetch(command)
            except errors.UnitAttention as attention:
                if isinstance(attention, errors.MediumChanged):
                    self.changed = True
                    self.changed_at = self.device.clock.now()
                failed: errors.DriveError = attention
            except errors.BecomingReady as busy:
                failed = busy
                if busy.sense.ascq != 1:
                    break
                if attempt < _RETRIES:
                    self.device.clock.sleep(_BECOMING_READY_SECONDS)
            except errors.DriveError as error:
                failed = error
                break
        raise CallFailed(errno_of(failed)) from failed

    def mode_page(self, code: int, control: PageControl = PageControl.CURRENT) -> bytes:
        """The mode page of this code, as the drive has it.

        raises  CallFailed  EIO if the reply lacks the page
        """
        page = self.run(ModeSense10(code, control)).page(code)
        if page is None:
            raise CallFailed(errno.EIO)
        return page

    def test_unit_ready(self) -> errors.DriveError | None:
        """Why the drive is not ready; None if it is."""
        try:
            self.fetch(TestUnitReady())
        except CallFailed as failed:
            cause = failed.__cause__
            assert isinstance(cause, errors.DriveError)
            return cause
        return None

    def status(self) -> DriveStatus:
        """Source: sr_drive_status"""
        reason = self.test_unit_ready()
        if reason is None:
            return DriveStatus.DISC_OK
        code = reason.sense if isinstance(reason, errors.SenseError) else errors.Sense(0)
        if (code.key, code.asc, code.ascq) == (2, 4, 1):
            return DriveStatus.NOT_READY
        try:
            media = self.run(GetEventStatusNotification()).media_status
        except CallFailed:
            if (code.key, code.asc) == (2, 4):
                return DriveStatus.TRAY_OPEN if code.ascq == 2 else DriveStatus.DISC_OK
            return DriveStatus.NO_DISC if code.asc == 0x3A else DriveStatus.TRAY_OPEN
        if media & MediaStatus.PRESENT:
            return DriveStatus.DISC_OK
        return DriveStatus.TRAY_OPEN if media & MediaStatus.TRAY_OPEN else DriveStatus.NO_DISC

    def sectors_of_512(self) -> int:
        try:
            capacity = self.run(ReadCapacity())
        except CallFailed:
            return _UNKNOWN_CAPACITY_SECTORS * DATA_SECTOR_BYTES // BLOCK_BYTES
        return (capacity.last_lba + 1) * DATA_SECTOR_BYTES // BLOCK_BYTES


def _capabilities(page: Capabilities) -> Capability:
    found = _BASIC
    if page.loader != Loader.CADDY:
        found |= Capability.CLOSE_TRAY
    if page.writes_cd_r:
        found |= Capability.CD_R
    if page.writes_cd_rw:
        found |= Capability.CD_RW
    return found
