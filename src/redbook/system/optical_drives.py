"""Which optical drives there are, according to sysfs: needs no privileges, sends nothing, disturbs no burn.

Source: Linux 6.1 as seen in a guest with an AHCI, a USB and a virtio drive; Documentation/ABI/testing,
sysfs-block and sysfs-bus-usb; SPC-4 7.8.15 (VPD page 80h).
"""

from __future__ import annotations

import re

from redbook.records import dataclass
from redbook.system.system import System

CD_DEVICE = "5"
"""The peripheral device type in sysfs."""

CDROM_TABLE = "/proc/sys/dev/cdrom/info"
UNIT = re.compile(r"\d+:\d+:\d+:\d+")
USB_PORT = re.compile(r"\d+-[\d.]+")


@dataclass(frozen=True, slots=True)
class OpticalDrive:
    """A drive that the kernel knows, whether or not it can be used.

    device      its folder in sysfs; a different one each time it is plugged in
    serial      empty if neither the drive nor its bridge states one
    bus         "usb", "ata", "iscsi", "virtio", "firewire" or "scsi"
    connection  the same in words, with port and speed where known
    block       "sr0"; empty without the module sr_mod
    generic     "sg1"; empty without the module sg
    stable_id   a path or name that stays the same when it is plugged in again, if it has one
    writes_cd_r, writes_cd_rw   as the kernel understood page 2Ah; None if it does not say
    media_count changes whenever the kernel has seen another medium; None if it does not look
    disc_sequence  the kernel's running number for the disc; None if it gives none (before Linux 5.15)
    """

    device: str
    vendor: str
    product: str
    revision: str
    serial: str
    bus: str
    connection: str
    block: str
    generic: str
    stable_id: str
    writes_cd_r: bool | None = None
    writes_cd_rw: bool | None = None
    media_count: int | None = None
    disc_sequence: int | None = None

    @property
    def node(self) -> str:
        """The device node to use: sr, because other programs respect a claim on it; sg if there is no sr."""
        return f"/dev/{self.block or self.generic}" if self.block or self.generic else ""

    @property
    def sg_node(self) -> str:
        return f"/dev/{self.generic}" if self.generic else ""

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(f"/dev/{name}" for name in (self.block, self.generic) if name)

    @property
    def model(self) -> str:
        return f"{self.vendor} {self.product} {self.revision}".strip()


def find(system: System) -> list[OpticalDrive]:
    """All optical drives, those with an sr node first, in the order of their numbers."""
    places: dict[str, tuple[str, str]] = {}
    for name in system.names("/sys/block"):
        if re.fullmatch(r"sr\d+", name):
            places[system.real(f"/sys/block/{name}/device")] = (name, "")
    for name in system.names("/sys/class/scsi_generic"):
        device = system.real(f"/sys/class/scsi_generic/{name}/device")
        if device in places or system.read(f"{device}/type") == CD_DEVICE:
            places[device] = (places.get(device, ("", ""))[0], name)
    for name in system.names("/sys/bus/scsi/devices"):
        device = system.real(f"/sys/bus/scsi/devices/{name}")
        if UNIT.fullmatch(name) and device not in places and system.read(f"{device}/type") == CD_DEVICE:
            places[device] = ("", "")
    table = _cdrom_table(system)
    return [
        _drive(system, device, block, generic, table)
        for device, (block, generic) in places.items()
        if system.is_there(device)  # not if it is being unplugged at this moment
    ]


def _drive(
    system: System, device: str, block: str, generic: str, table: dict[str, dict[str, str]]
) -> OpticalDrive:
    bus, connection, port = _bus(system, device)
    links = _links(system, f"/dev/{block or generic}") if block or generic else []
    row = table.get(block, {})

    def told(column: str) -> bool | None:
        return row[column] == "1" if column in row else None

    return OpticalDrive(
        device=device,
        vendor=system.read(f"{device}/vendor"),
        product=system.read(f"{device}/model"),
        revision=system.read(f"{device}/rev"),
        serial=_serial(system, device, port, links),
        bus=bus,
        connection=connection,
        block=block,
        generic=generic,
        stable_id=links[0] if links else _bus_path(device),
        writes_cd_r=told("Can write CD-R"),
        writes_cd_rw=told("Can write CD-RW"),
        media_count=_media_count(system, block) if block else None,
        disc_sequence=_disc_sequence(system, block) if block else None,
    )


def _bus(system: System, device: str) -> tuple[str, str, str]:
    """The bus's name, the connection in words, and the folder of the USB device, if there is one."""
    parts = device.split("/")
    ports = [index for index, part in enumerate(parts) if USB_PORT.fullmatch(part)]
    if ports:
        folder = "/".join(parts[: ports[-1] + 1])
        speed = system.read(f"{folder}/speed")
        return "usb", f"USB port {parts[ports[-1]]}" + (f", {speed} Mbit/s" if speed else ""), folder
    for pattern, bus, words in (
        (r"ata\d+", "ata", "ATA port"),
        (r"session\d+", "iscsi", "iSCSI"),
        (r"virtio\d+", "virtio", "virtual machine,"),
        (r"fw\d+(\.\d+)?", "firewire", "FireWire"),
    ):
        found = [part for part in parts if re.fullmatch(pattern, part)]
        if found:
            return bus, f"{words} {found[-1]}", ""
    return "scsi", f"SCSI {parts[-1]}", ""


def _bus_path(device: str) -> str:
    """Where a drive is plugged in, without the host's number, which changes each time."""
    before, _, unit = device.removeprefix("/sys/devices/").rpartition("/")
    where = re.split(r"/host\d+", before)[0]
    return f"{where} {unit.partition(':')[2]}"


def _links(system: System, node: str) -> list[str]:
    """udev's names for a node, the ones made from the serial number first."""
    target = system.real(node)
    links = [
        f"/dev/disk/{folder}/{name}"
        for folder in ("by-id", "by-path")
        for name in system.names(f"/dev/disk/{folder}")
        if system.real(f"/dev/disk/{folder}/{name}") == target
    ]
    return sorted(links, key=lambda link: ("/by-path/" in link, "/wwn-" in link))


def _serial(system: System, device: str, usb_device: str, links: list[str]) -> str:
    page = system.read_bytes(f"{device}/vpd_pg80")
    if len(page) > 4:
        serial = page[4 : 4 + page[3]].decode("ascii", "replace").strip(" \0")
        if serial:
            return serial
    if usb_device:
        return system.read(f"{usb_device}/serial")
    ata = next((link for link in links if "/by-id/ata-" in link), "")
    return ata.rpartition("_")[2]


def _cdrom_table(system: System) -> dict[str, dict[str, str]]:
    """The kernel's table of CD drives: for each name, the value in each column."""
    found: dict[str, dict[str, str]] = {}
    names: list[str] = []
    for line in system.read(CDROM_TABLE).splitlines():
        column, colon, rest = line.partition(":")
        values = rest.split()
        if column == "drive name":
            names = values
        if colon and names and len(values) == len(names):
            for name, value in zip(names, values, strict=True):
                found.setdefault(name, {})[column] = value
    return found


def _media_count(system: System, block: str) -> int | None:
    """The disc's running number, if the kernel polls for other discs."""
    polls = system.read(f"/sys/block/{block}/events_poll_msecs")
    if polls == "-1":
        polls = system.read("/sys/module/block/parameters/events_dfl_poll_msecs")
    return _disc_sequence(system, block) if polls.isdigit() and polls != "0" else None


def _disc_sequence(system: System, block: str) -> int | None:
    """A number that no other disc has until a restart.  Source: Linux 5.15, sysfs-block, diskseq."""
    number = system.read(f"/sys/block/{block}/diskseq")
    return int(number) if number.isdigit() else None
