"""Who has a drive: processes with its nodes open, locks, mounted file systems."""

from __future__ import annotations

import os

from redbook.records import dataclass
from redbook.system.mounts import MOUNTS, mount_points
from redbook.system.system import System


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a node open or locked."""

    pid: int
    name: str
    node: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


def processes(system: System, nodes: tuple[str, ...]) -> list[Holder]:
    """Other processes with one of these nodes open.

    Only root sees those of other users, unless they have locked the node with fcntl, as cdrskin does.
    """
    found: dict[int, Holder] = {}
    wanted = {str(system.at(node)) for node in nodes} | {system.real(node) for node in nodes} | set(nodes)
    for name in system.names("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            node = _open_node(system, name, wanted)
            if node:
                found[int(name)] = Holder(int(name), process_name(system, name), node)
    for pid, node in _locks(system, nodes):
        if pid != os.getpid():
            found.setdefault(pid, Holder(pid, process_name(system, str(pid)), node))
    return list(found.values())


def process_name(system: System, pid: str) -> str:
    return system.read(f"/proc/{pid}/comm") or "a process"


def _open_node(system: System, pid: str, wanted: set[str]) -> str:
    for number in system.names(f"/proc/{pid}/fd"):
        try:
            target = str(system.at(f"/proc/{pid}/fd/{number}").readlink())
        except OSError:
            continue
        if target in wanted:
            return target
    return ""


def _locks(system: System, nodes: tuple[str, ...]) -> list[tuple[int, str]]:
    """Owners of locks on the nodes.  Source: proc(5), /proc/locks: ... pid major:minor:inode ..."""
    places = {}
    for node in nodes:
        status = system.status(node)
        if status is not None:
            device = status.st_dev
            places[f"{os.major(device):02x}:{os.minor(device):02x}:{status.st_ino}"] = node
    found = []
    for line in system.lines("/proc/locks"):
        words = line.replace("-> ", "").split()
        if len(words) > 5 and words[5] in places and words[4].isdigit():
            found.append((int(words[4]), places[words[5]]))
    return found


def mounts(system: System, node: str) -> list[str]:
    """Where the disc in the drive of this node is mounted."""
    status = system.status(node)
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}" if status and status.st_rdev else ""
    number = number or system.read(f"/sys/block/{node.removeprefix('/dev/')}/dev")
    return mount_points(system.lines(MOUNTS), number=number, node=node)


def layers_above(system: System, node: str) -> list[str]:
    """Block devices built on this one: device mapper, loop and the like."""
    return system.names(f"/sys/block/{node.removeprefix('/dev/')}/holders")
