"""What /sys and /proc say about CD drives, for programs that look for one there."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.mmc.identify import InquiryReply
from redbook.records import dataclass
from redbook.share.ioctls import Capability
from redbook.share.sg import MAX_TRANSFER_BYTES
from redbook.share.umockdev import Tree

SR_MAJOR, SG_MAJOR = 11, 21

_CDROM_INFO = (
    ("Can close tray:\t", Capability.CLOSE_TRAY),
    ("Can open tray:\t", Capability.OPEN_TRAY),
    ("Can lock tray:\t", Capability.LOCK),
    ("Can change speed:", Capability.SELECT_SPEED),
    ("Can select disk:", None),
    ("Can read multisession:", Capability.MULTI_SESSION),
    ("Can read MCN:\t", Capability.MCN),
    ("Reports media changed:", Capability.MEDIA_CHANGED),
    ("Can play audio:\t", Capability.PLAY_AUDIO),
    ("Can write CD-R:\t", Capability.CD_R),
    ("Can write CD-RW:", Capability.CD_RW),
    ("Can read DVD:\t", None),
    ("Can write DVD-R:", None),
    ("Can write DVD-RAM:", None),
    ("Can read MRW:\t", None),
    ("Can write MRW:\t", None),
    ("Can write RAM:\t", None),
)
"""Source: Linux 6.1, cdrom_sysctl_info"""


@dataclass(frozen=True, slots=True)
class Found:
    """A drive that the kernel has found.

    number      of the host adapter, of srN and of sgN
    read_speed  the fastest, a multiple of 1x
    sectors     of 512 bytes
    """

    number: int
    inquiry: InquiryReply
    capabilities: Capability
    read_speed: int
    sectors: int


def describe(tree: Tree, drive: Found) -> None:
    """Write the drive's part of /sys."""
    n = drive.number
    target = f"sys/devices/pci0000:00/0000:00:1f.2/ata{n + 1}/host{n}/target{n}:0:0"
    device = f"{target}/{n}:0:0:0"
    block, generic = f"{device}/block/sr{n}", f"{device}/scsi_generic/sg{n}"
    for name, text in _device_files(drive):
        tree.file(f"{device}/{name}", f"{text}\n")
    for name, text in _block_files(drive):
        tree.file(f"{block}/{name}", f"{text}\n")
    tree.file(f"{generic}/dev", f"{SG_MAJOR}:{n}\n")
    tree.file(f"{generic}/uevent", f"MAJOR={SG_MAJOR}\nMINOR={n}\nDEVNAME=sg{n}\n")
    links = {
        f"{block}/device": device,
        f"{block}/subsystem": "sys/class/block",
        f"{generic}/device": device,
        f"{generic}/subsystem": "sys/class/scsi_generic",
        f"{device}/generic": generic,
        f"{device}/subsystem": "sys/bus/scsi",
        f"{device}/driver": "sys/bus/scsi/drivers/sr",
        f"sys/block/sr{n}": block,
        f"sys/class/block/sr{n}": block,
        f"sys/class/scsi_generic/sg{n}": generic,
        f"sys/bus/scsi/devices/{n}:0:0:0": device,
        f"sys/bus/scsi/drivers/sr/{n}:0:0:0": device,
        f"sys/dev/block/{SR_MAJOR}:{n}": block,
        f"sys/dev/char/{SG_MAJOR}:{n}": generic,
    }
    for link, to in links.items():
        tree.link(link, to)


def _device_files(drive: Found) -> list[tuple[str, object]]:
    inquiry = drive.inquiry
    return [
        ("type", inquiry.device_type),
        ("vendor", f"{inquiry.vendor:<8}"),
        ("model", f"{inquiry.product:<16}"),
        ("rev", f"{inquiry.revision:<4}"),
        ("scsi_level", 6),
        ("state", "running"),
        ("modalias", "scsi:t-0x05"),
        ("uevent", "DEVTYPE=scsi_device\nDRIVER=sr\nMODALIAS=scsi:t-0x05"),
    ]


def _block_files(drive: Found) -> list[tuple[str, object]]:
    n, kilobytes = drive.number, MAX_TRANSFER_BYTES // 1024
    return [
        ("dev", f"{SR_MAJOR}:{n}"),
        ("uevent", f"MAJOR={SR_MAJOR}\nMINOR={n}\nDEVNAME=sr{n}\nDEVTYPE=disk"),
        ("removable", 1),
        ("ro", 0),
        ("size", drive.sectors),
        ("capability", 119),
        ("events", "media_change eject_request"),
        ("events_poll_msecs", -1),
        ("queue/max_hw_sectors_kb", kilobytes),
        ("queue/max_sectors_kb", kilobytes),
        ("queue/logical_block_size", 2048),
        ("queue/rotational", 1),
    ]


def cdrom_info(drives: Sequence[Found]) -> str:
    """The text of /proc/sys/dev/cdrom/info: a column for each drive, the newest first."""
    columns = sorted(drives, key=lambda drive: -drive.number)

    def line(head: str, values: Sequence[object]) -> str:
        return head + "".join(f"\t{value}" for value in values)

    lines = [
        "CD-ROM information, Id: cdrom.c 3.20 2003/12/17",
        "",
        line("drive name:\t", [f"sr{drive.number}" for drive in columns]),
        line("drive speed:\t", [drive.read_speed for drive in columns]),
        line("drive # of slots:", [1 for _ in columns]),
    ]
    for head, wanted in _CDROM_INFO:
        lines.append(line(head, [int(bool(wanted and drive.capabilities & wanted)) for drive in columns]))
    return "\n".join([*lines, "", "", ""])
