"""Why a node could not be opened, and the command that fixes it."""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redbook.errors import DriveError, printable
from redbook.host import group_name, user_name
from redbook.system import holders
from redbook.system.mounts import mounted_in_words
from redbook.system.optical_drives import OpticalDrive, find
from redbook.system.system import DOMINANT_GROUPS, IS_GONE, System

NO_DRIVE = (
    "the kernel sees no optical drive: check its cable and power (`lsusb`, or `dmesg | tail` after "
    "plugging it in), then `sudo modprobe sr_mod`"
)

EXPLAINED = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.ENOENT, *IS_GONE, errno.EROFS)
"""Errors that the system can explain; others speak for themselves."""


def explain(path: str, error: OSError, system: System | None = None) -> str:
    """What keeps this program from a drive's node, and what to do.

    path   "/dev/sr0", or a link to it
    error  what open() raised
    """
    system = system or System.of_process()
    node = system.real(path) if path.startswith("/dev/") else path
    called = printable(path) if node == path else f"{printable(path)} ({printable(node)})"
    if error.errno in (errno.EACCES, errno.EPERM):
        return _forbidden(system, node, called)
    if error.errno == errno.EBUSY:
        return _busy(system, node, called)
    if error.errno in (errno.ENOENT, *IS_GONE):
        return _missing(system, node, called, error)
    if error.errno == errno.EROFS:
        return (
            f"{called} can only be read, but burning has to write: the device was passed on read-only; "
            f"pass it on for reading and writing (`docker run --device {node}`), or `sudo blockdev "
            f"--setrw {node}`"
        )
    if error.errno in (errno.ENOTTY, errno.ENOTBLK, errno.ENOTDIR, errno.EISDIR):
        return f"{called} is not an optical drive; `redbook drives` lists the optical drives"
    reason = error.strerror or str(error)
    return f"{called} cannot be opened: {reason}; `redbook doctor --drive {node}` shows more"


def explain_error(path: str, error: Exception, system: System | None = None) -> str:
    """The text for one of our errors: an explanation, if the system caused it; else the error's own text."""
    if isinstance(error, OSError):
        return explain(path, error, system)
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in EXPLAINED:
        return explain(path, cause, system)
    return str(error)


@contextmanager
def explained(path: str) -> Iterator[None]:
    """In this block, the system's errors about this node get an explanation as their text."""
    try:
        yield
    except DriveError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno not in EXPLAINED:
            raise
        raise type(error)(explain(path, cause)) from cause


def _forbidden(system: System, node: str, called: str) -> str:
    status = system.status(node)
    if status is None:
        return f"{called} is in a folder that you may not enter; `ls -ld {Path(node).parent}` shows why"
    if system.may_use(status):
        return _forbidden_from_outside(system, node, called)
    user, group = system.user, group_name(status.st_gid)
    owner = f"{user_name(status.st_uid)}:{group}, mode {stat.S_IMODE(status.st_mode):04o}"
    if stat.S_IMODE(status.st_mode) & 0o060 != 0o060 or status.st_gid == 0:
        right = _usual_group(system)
        return (
            f"{called} belongs to {owner}, so no group can read and write it; "
            f"`sudo chgrp {right} {node} && sudo chmod 660 {node}`, which holds until it is next plugged in"
            + (f", and become a member of {right}" if right not in (*user.groups, *user.member) else "")
        )
    if group not in DOMINANT_GROUPS and group in ("disk", "sys", "kmem", "daemon", "bin"):
        right = _usual_group(system)
        return (
            f"{called} belongs to {owner}, but should belong to the group {right}: a udev rule has changed "
            f"that (systemd issue 39426). Do not join {group}, which may write to every disk; "
            f"`sudo chgrp {right} {node}`"
        )
    if group in user.member:
        return (
            f"{called} belongs to {owner}; you are a member of {group}, but you logged in before you became "
            f"one: log out and in again, or run `newgrp {group}`"
        )
    return (
        f"{called} belongs to {owner}, and you ({user.name}) are not in that group: "
        f"`sudo usermod -aG {group} {user.name}`, then log out and in again"
    )


def _usual_group(system: System) -> str:
    """The group that optical drives belong to on this system."""
    known = {line.partition(":")[0] for line in system.lines("/etc/group")}
    return next((name for name in DOMINANT_GROUPS if name in known), DOMINANT_GROUPS[0])


def _forbidden_from_outside(system: System, node: str, called: str) -> str:
    """Why access is forbidden although the mode bits allow it."""
    container = system.container()
    if container == "flatpak":
        return f"this Flatpak may not use {called}; `flatpak run --device=all` allows it"
    if container:
        return (
            f"{called} is there, but the container may not use it for reading and writing; start it with "
            f"`docker run --device {node}` (podman: the same; without an ending `:r`)"
        )
    return (
        f"{called} is there, and its mode allows access, but something else forbids it: a security policy "
        "(AppArmor, SELinux, a service's DeviceAllow=) or a file system mounted nodev; "
        f"`findmnt --target {node}` and `sudo dmesg | tail` show which"
    )


def _busy(system: System, node: str, called: str) -> str:
    drive = next((one for one in find(system) if node in one.nodes), None)
    nodes = drive.nodes if drive else (node,)
    block = f"/dev/{drive.block}" if drive and drive.block else node
    mounted = holders.mounts(system, block)
    if mounted:
        return mounted_in_words(called, mounted[0], block, system.user.uid)
    found = holders.processes(system, nodes)
    if found:
        who = " and ".join(str(holder) for holder in found)
        return f"{called} is in use by {who}; wait until that has finished, or end it (`kill {found[0].pid}`)"
    above = holders.layers_above(system, block)
    if above:
        return (
            f"{called} is in use by the block device {above[0]}; `lsblk {block}` shows it, "
            f"`sudo dmsetup remove {above[0]}` removes it"
        )
    return (
        f"{called} is in use by another program, but which one cannot be seen from here; "
        f"`sudo fuser -v {' '.join(nodes)}` names it "
        "(an automounter needs a few seconds after a disc is inserted)"
    )


def _missing(system: System, node: str, called: str, error: OSError) -> str:
    drives = find(system)
    name = node.removeprefix("/dev/")
    drive = next((one for one in drives if name in (one.block, one.generic)), None)
    if error.errno in IS_GONE and drive is None:
        return (
            f"{called} belongs to a drive that is no longer there; plug it in again"
            + (", then start the container again" if system.container() else "")
            + _others(drives)
        )
    if drive is not None and error.errno in IS_GONE:
        state = system.read(f"{drive.device}/state") or "unknown"
        return (
            f"{called}: {drive.model} does not answer (the kernel calls it {state}); unplug it, wait a few "
            "seconds and plug it in again; a USB drive may need a port of its own"
        )
    if drive is not None:
        return _node_missing(system, drive, node)
    if re.fullmatch(r"sg\d+", name) and drives and not any(one.generic for one in drives):
        usable = next((one.node for one in drives if one.block), "")
        use = f"use {usable}, or " if usable else ""
        return f"{called} is not there, because the module sg is not loaded; {use}`sudo modprobe sg`"
    if re.fullmatch(r"sr\d+", name) and drives and not any(one.block for one in drives):
        usable = next((one.node for one in drives if one.generic), "")
        use = f", or use {usable}" if usable else ""
        return f"{called} is not there, because the module sr_mod is not loaded; `sudo modprobe sr_mod`{use}"
    if drives:
        return f"{called}: no such recorder{_others(drives)}"
    return f"{called}: no such recorder; {NO_DRIVE}"


def node_missing(system: System, drive: OpticalDrive) -> str:
    """Why a drive that the kernel knows has no node; empty if it has one."""
    if not drive.node:
        return (
            f"{drive.model}: the kernel has no driver for it loaded; `sudo modprobe sr_mod`"
            if not system.container()
            else f"{drive.model}: no driver is loaded; run `sudo modprobe sr_mod` outside the container"
        )
    return "" if system.is_there(drive.node) else _node_missing(system, drive, drive.node)


def _node_missing(system: System, drive: OpticalDrive, node: str) -> str:
    container = system.container()
    if container == "flatpak":
        cure = "`flatpak run --device=all` makes it visible here"
    elif container:
        cure = f"start the container with `docker run --device {node}` (podman: the same)"
    else:
        cure = f"`sudo udevadm trigger --action=add --name-match={node}` creates it"
    is_sr = node.startswith("/dev/sr")
    folder = "/sys/block" if is_sr else "/sys/class/scsi_generic"
    number = system.read(f"{folder}/{node.removeprefix('/dev/')}/dev")
    if not container and number and not system.is_there("/run/udev"):
        kind = "b" if is_sr else "c"
        cure = f"no udev runs here: `sudo mknod {node} {kind} {number.replace(':', ' ')}`"
    return f"the kernel knows {drive.model}, but {node} is not there; {cure}"


def _others(drives: list[OpticalDrive]) -> str:
    nodes = ", ".join(one.node for one in drives if one.node)
    return f"; there is {nodes}" if nodes else ""
