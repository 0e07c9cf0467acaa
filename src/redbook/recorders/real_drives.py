"""Real recorders: what the kernel says about them, and what a look at each adds.

`recorders.may_touch` decides which of them are looked into.
"""

from __future__ import annotations

from dataclasses import replace

from redbook.clock import ManualClock
from redbook.engine.glance import Glance, glance, is_loaded
from redbook.engine.steps import Procedure, R
from redbook.recorders.may_touch import Opener, ask
from redbook.records import dataclass
from redbook.runner.caller import Caller
from redbook.system import optical_drives
from redbook.system.optical_drives import OpticalDrive
from redbook.system.system import System

READS_ONLY = "reads only: it cannot write CDs"


@dataclass(frozen=True, slots=True)
class DriveEntry:
    """A recorder that was found.

    name        for `open_drive`
    model       vendor, product and revision
    medium      what is in it, in words; empty if that is not known
    blank       whether that is a blank CD-R or CD-RW
    problem     why it cannot be used now, and what to do; empty if it can
    appendable  whether tracks can be added to the disc in it

    For a real recorder also:
    vendor, product, revision, serial   empty if it does not report them
    bus         "usb", "ata", "iscsi", "virtio", "firewire", "scsi"; "virtual" for a virtual one
    connection  the same in words, with port and speed
    node        /dev/srN, or /dev/sgN without the kernel's CD driver; empty without a driver
    sg_node     /dev/sgN; empty if the module sg is not loaded
    stable_id   a name that it keeps when it is plugged in again; one that begins with /dev/ can be opened
    writes_cd_r, writes_cd_rw   None if neither drive nor kernel says
    disc_sequence  the kernel's running number for the disc, which changes when the tray is opened; None if
                   it gives none
    boot_id     the start of the machine that this number belongs to; empty if it is not known
    """

    name: str
    model: str
    medium: str
    blank: bool
    problem: str = ""
    appendable: bool = False
    vendor: str = ""
    product: str = ""
    revision: str = ""
    serial: str = ""
    bus: str = ""
    connection: str = ""
    node: str = ""
    sg_node: str = ""
    stable_id: str = ""
    writes_cd_r: bool | None = None
    writes_cd_rw: bool | None = None
    disc_sequence: int | None = None
    boot_id: str = ""

    @property
    def usable(self) -> bool:
        return not self.problem

    @property
    def has_disc(self) -> bool:
        """Whether there is a CD in it that can be used now."""
        return self.usable and self.has_cd

    @property
    def has_cd(self) -> bool:
        """Whether there is a CD of any kind in it."""
        return self.medium.startswith(("CD-", "pressed CD"))

    @property
    def reads_only(self) -> bool:
        """Whether it says that it cannot write CDs, or the kernel says so if the drive may not be asked."""
        told_by_kernel = bool(self.problem) and self.writes_cd_r is False and not self.writes_cd_rw
        return self.problem == READS_ONLY or told_by_kernel


def known(drive: OpticalDrive, boot_id: str = "") -> DriveEntry:
    """What the kernel says about a drive, without asking the drive."""
    return DriveEntry(
        name=drive.node or drive.stable_id,
        model=drive.model,
        medium="",
        blank=False,
        vendor=drive.vendor,
        product=drive.product,
        revision=drive.revision,
        serial=drive.serial,
        bus=drive.bus,
        connection=drive.connection,
        node=drive.node,
        sg_node=drive.sg_node,
        stable_id=drive.stable_id,
        writes_cd_r=drive.writes_cd_r,
        writes_cd_rw=drive.writes_cd_rw,
        disc_sequence=drive.disc_sequence,
        boot_id=boot_id,
    )


class Recorders:
    """The real recorders of a system.

    system  where to look for them
    opener  how to open them
    caller  is notified of one that is slow to answer, and may stop the search; pauses take no time
    """

    def __init__(self, system: System, opener: Opener, caller: Caller | None = None) -> None:
        self.system = system
        self._opener = opener
        self._caller = caller and replace(caller, clock=ManualClock())

    def entries(self) -> list[DriveEntry]:
        """Every drive that the kernel knows; each is looked into if that disturbs nobody."""
        return [self.look(drive) for drive in optical_drives.find(self.system)]

    def look(self, drive: OpticalDrive) -> DriveEntry:
        """What the kernel says about a drive, and what the drive says itself, unless it is in use."""
        entry = known(drive, self.system.boot_id())
        seen = self._ask(drive, glance())
        return replace(entry, problem=seen) if isinstance(seen, str) else _with(entry, seen)

    def has_disc(self, drive: OpticalDrive) -> bool | None:
        """Whether a drive has a disc; None while that cannot be found out. May be asked every few seconds."""
        present = self._ask(drive, is_loaded())
        return None if isinstance(present, str) else present

    def _ask(self, drive: OpticalDrive, question: Procedure[R]) -> R | str:
        return ask(self.system, drive, question, self._opener, self._caller)


def _with(entry: DriveEntry, seen: Glance) -> DriveEntry:
    capabilities = seen.abilities.capabilities
    return replace(
        entry,
        medium=seen.medium,
        blank=seen.blank,
        appendable=seen.appendable,
        serial=entry.serial or seen.serial,
        writes_cd_r=capabilities.writes_cd_r if capabilities else seen.abilities.writes_tao,
        writes_cd_rw=seen.abilities.writes_cd_rw,
        problem="" if seen.abilities.writes_tao else READS_ONLY,
    )
