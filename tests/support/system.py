"""Folders that look like the /sys, /proc, /dev and /etc of a Linux with optical drives.

The shape is a recording: a guest with Debian's kernel 6.1, a SATA, a USB and a virtio drive of QEMU's.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from redbook.system.system import System, User

PLACES = {
    "usb": "pci0000:00/0000:00:04.0/usb2/2-2/2-2:1.0/host7/target7:0:0/7:0:0:0",
    "ata": "pci0000:00/0000:00:1f.2/ata2/host2/target2:0:0/2:0:0:0",
    "virtio": "pci0000:00/0000:00:03.0/virtio2/host0/target0:0:0/0:0:0:0",
    "iscsi": "platform/host3/session1/target3:0:0/3:0:0:0",
}

TABLE = """CD-ROM information, Id: cdrom.c 3.20 2003/12/17

drive name:\t\t{names}
drive speed:\t\t{speeds}
Can write CD-R:\t\t{cd_r}
Can write CD-RW:\t{cd_rw}
"""


@dataclass(frozen=True, slots=True)
class Tree(System):
    """A System whose nodes have the owner and mode that a test gives them, whoever runs it."""

    owners: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def status(self, path: str) -> os.stat_result | None:
        found = System.status(self, path)
        if found is None or path not in self.owners:
            return found
        mode, uid, gid = self.owners[path]
        kind = stat.S_IFBLK if "sr" in path else stat.S_IFCHR
        values = list(found)[:10]
        values[0], values[4], values[5] = kind | mode, uid, gid
        return os.stat_result(values)


UWE = User(1000, "uwe", frozenset((1000,)), ("uwe",), ())


class FakeSystem:
    """A root that a test fills."""

    def __init__(self, root: Path, user: User = UWE) -> None:
        self.root = root
        self.owners: dict[str, tuple[int, int, int]] = {}
        self.system = Tree(root, user, self.owners)
        for folder in ("sys/block", "sys/class/scsi_generic", "proc/self", "dev", "etc", "run/udev"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        self.write("/etc/group", "root:x:0:\ncdrom:x:24:\n")

    def write(self, path: str, text: str | bytes = "") -> None:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)

    def link(self, path: str, target: str) -> None:
        """A link to a path of this root, relative as those of sysfs are."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.symlink_to(os.path.relpath(self.root / target.lstrip("/"), file.parent))

    def drive(
        self,
        bus: str = "usb",
        *,
        sr: int | None = 0,
        sg: int | None = 1,
        nodes: bool = True,
        serial: str = "KZ1",
        media: int | None = 6,
        place: str = "",
        model: str = "DVDRAM_GP50NB40",
    ) -> str:
        """Plug one in; its folder in sysfs.  sr, sg: numbers of its nodes; media: diskseq, if it is polled"""
        device = f"/sys/devices/{place or PLACES[bus]}"
        self.write(f"{device}/type", "5\n")
        self.write(f"{device}/vendor", "HL-DT-ST\n")
        self.write(f"{device}/model", f"{model} \n")
        self.write(f"{device}/rev", "RB00\n")
        self.write(f"{device}/state", "running\n")
        if serial:
            self.write(f"{device}/vpd_pg80", b"\x05\x80\x00" + bytes([len(serial)]) + serial.encode())
        if bus == "usb":
            port = device.partition("/host")[0].rpartition("/")[0]
            self.write(f"{port}/speed", "5000\n")
            self.write(f"{port}/serial", "USB987\n")
        self.link(f"/sys/bus/scsi/devices/{device.rpartition('/')[2]}", device)
        if sr is not None:
            self._node(f"sr{sr}", f"{device}/block/sr{sr}", "/sys/block", f"11:{sr}", device, nodes)
            self.polled(sr, media)
        if sg is not None:
            folder = f"{device}/scsi_generic/sg{sg}"
            self._node(f"sg{sg}", folder, "/sys/class/scsi_generic", f"21:{sg}", device, nodes)
        return device

    def _node(self, name: str, folder: str, kind: str, number: str, device: str, node: bool) -> None:
        self.write(f"{folder}/dev", f"{number}\n")
        self.link(f"{folder}/device", device)
        self.link(f"{kind}/{name}", folder)
        if node:
            self.write(f"/dev/{name}")

    def polled(self, sr: int, media: int | None) -> None:
        """What the kernel says after it has looked for another disc; None: it does not look."""
        folder = self.root / "sys/block" / f"sr{sr}"
        (folder / "events_poll_msecs").write_text("-1\n")
        self.write("/sys/module/block/parameters/events_dfl_poll_msecs", "0\n" if media is None else "2000\n")
        (folder / "diskseq").write_text(f"{media or 0}\n")

    def unplug(self, device: str) -> None:
        """As the kernel does it: the links go first."""
        for folder in ("sys/block", "sys/class/scsi_generic", "sys/bus/scsi/devices"):
            for link in (self.root / folder).iterdir():
                if os.path.realpath(link).startswith(str(self.root) + device):
                    link.unlink()

    def process(self, pid: int, name: str, *opened: str) -> None:
        self.write(f"/proc/{pid}/comm", f"{name}\n")
        folder = self.root / "proc" / str(pid) / "fd"
        folder.mkdir(parents=True)
        for number, path in enumerate(opened, 3):
            (folder / str(number)).symlink_to(path)

    def mount(self, node: str, where: str, number: str = "11:0") -> None:
        where = where.replace(" ", r"\040")
        line = f"31 24 {number} / {where} ro,relatime shared:3 - iso9660 {node} ro\n"
        self.write("/proc/self/mountinfo", "24 1 0:21 / / rw - ext4 /dev/vda rw\n" + line)

    def owned(self, path: str, mode: int, uid: int, gid: int) -> None:
        self.owners[path] = (mode, uid, gid)

    def table(self, **rows: tuple[int, int]) -> None:
        """The kernel's table: sr0=(1, 0) writes CD-R and no CD-RW."""
        cells = {
            "names": list(rows),
            "speeds": ["24"] * len(rows),
            "cd_r": [str(row[0]) for row in rows.values()],
            "cd_rw": [str(row[1]) for row in rows.values()],
        }
        text = TABLE.format(**{key: "\t".join(values) for key, values in cells.items()})
        self.write("/proc/sys/dev/cdrom/info", text)
