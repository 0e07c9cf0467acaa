"""The files in which Linux describes itself, below a root that tests can set."""

from __future__ import annotations

import errno
import os
from dataclasses import field
from pathlib import Path

from redbook.host import group_name, groups_with, user_name
from redbook.records import dataclass

ROOT_VARIABLE = "REDBOOK_SYSTEM_ROOT"
"""Environment variable: a folder in which to look for /sys, /proc, /dev, /etc and /run, instead of in /."""

WHOLE_TABLE = 1 << 16
"""The size of one read, in bytes; if /proc/sys/dev/cdrom/info is read in pieces, its table is torn."""

DOMINANT_GROUPS = ("cdrom", "optical")
"""The group of optical drives: Debian and Fedora, Arch."""


@dataclass(frozen=True, slots=True)
class User:
    """The user that this process runs as.

    groups   names of the process's groups; the number if there is no name
    member   names of the groups in the user database; those not in `groups` come with the next login
    """

    uid: int
    name: str
    gids: frozenset[int]
    groups: tuple[str, ...]
    member: tuple[str, ...]

    @classmethod
    def current(cls) -> User:
        uid = os.geteuid()
        gids = frozenset((*os.getgroups(), os.getegid()))
        name = user_name(uid)
        return cls(uid, name, gids, tuple(sorted(group_name(gid) for gid in gids)), groups_with(name))


@dataclass(frozen=True, slots=True)
class System:
    """A Linux system.

    root  where its / is
    user  who asks
    """

    root: Path = Path("/")
    user: User = field(default_factory=User.current)

    @classmethod
    def of_process(cls) -> System:
        return cls(Path(os.environ.get(ROOT_VARIABLE) or "/"))

    def at(self, path: str) -> Path:
        """The path with which this process reaches a path of the system."""
        return self.root / path.lstrip("/")

    def read(self, path: str) -> str:
        """A small file's text, without blanks around it; empty if it is missing or may not be read."""
        return self.read_bytes(path).decode("utf-8", "replace").strip()

    def read_bytes(self, path: str) -> bytes:
        """The bytes of a small file, at most 64 KiB, in one read."""
        try:
            file = os.open(self.at(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return b""
        try:
            return os.read(file, WHOLE_TABLE)
        except OSError:
            return b""
        finally:
            os.close(file)

    def lines(self, path: str) -> list[str]:
        """A file of any length, as lines; empty if it is missing or may not be read."""
        try:
            return self.at(path).read_text("utf-8", "replace").splitlines()
        except OSError:
            return []

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sr2 before sr10; empty if it is missing or may not be read."""
        try:
            return sorted((entry.name for entry in self.at(folder).iterdir()), key=_natural)
        except OSError:
            return []

    def real(self, path: str) -> str:
        """A path of the system with every link followed, as a path of the system."""
        try:
            real, root = os.path.realpath(self.at(path)), os.path.realpath(self.root)
        except OSError:  # the link vanished between being seen and being read: a drive was unplugged
            return path
        return "/" + os.path.relpath(real, root) if real.startswith(root) else real

    def status(self, path: str) -> os.stat_result | None:
        """What stat() says about a path; None if it is missing or may not be looked at."""
        try:
            return self.at(path).stat()
        except OSError:
            return None

    def is_there(self, path: str) -> bool:
        return os.path.lexists(self.at(path))

    def may_use(self, status: os.stat_result) -> bool:
        """Whether the mode bits let this user read and write."""
        user = self.user
        if user.uid == 0:
            return True
        if status.st_uid == user.uid:
            return status.st_mode & 0o600 == 0o600
        if status.st_gid in user.gids:
            return status.st_mode & 0o060 == 0o060
        return status.st_mode & 0o006 == 0o006

    def boot_id(self) -> str:
        """A name for this start of the machine, new after each start; empty if the kernel gives none."""
        return self.read("/proc/sys/kernel/random/boot_id")

    def container(self) -> str:
        """The kind of container that this process is in; empty for none."""
        if self.is_there("/.flatpak-info"):
            return "flatpak"
        if self.is_there("/.dockerenv"):
            return "docker"
        if self.is_there("/run/.containerenv"):
            return "podman"
        return self.read("/run/systemd/container") or self.read("/run/host/container-manager")


def _natural(name: str) -> tuple[str, int, str]:
    """A key for sorting that puts sr2 before sr10."""
    head = name.rstrip("0123456789")
    digits = name[len(head) :]
    return head, int(digits or -1), name


IS_GONE = (errno.ENXIO, errno.ENODEV)
"""The node is there, but its device is gone."""
