"""What Python has only on some systems: locks, the user database, limits, the signal of a closed terminal.

Nothing else imports fcntl, grp, pwd or resource, or names SIGHUP; tests/test_other_systems.py hides them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import struct
from types import ModuleType


def _module(name: str) -> ModuleType | None:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        return None


_fcntl, _grp, _pwd, _resource = map(_module, ("fcntl", "grp", "pwd", "resource"))

_FLOCK = struct.Struct("@hhqqi0q")  # struct flock: type, whence, start, length, pid
_held_here: set[tuple[int, int]] = set()  # folders that this process holds, where the system has no locks


def stop_signals() -> tuple[signal.Signals, ...]:
    """Those by which a person or the system ends a program: Ctrl-C, kill, and a closed terminal."""
    hang_up = getattr(signal, "SIGHUP", None)
    return (signal.SIGINT, signal.SIGTERM, *(() if hang_up is None else (hang_up,)))


def processors() -> int:
    """How many this process may use; at least 1."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


# Locks


def lock(fd: int) -> None:
    """Keep a file or folder for its opener until `unlock`, or the end of the process.

    Where the system has no fcntl it is kept from this process alone.

    raises  BlockingIOError  if another one has it
    """
    if _fcntl is None:
        if _identity(fd) in _held_here:
            raise BlockingIOError(errno.EWOULDBLOCK, "it is in use")
        _held_here.add(_identity(fd))
        return
    _fcntl.flock(fd, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
    with contextlib.suppress(OSError, AttributeError):  # a sign for others; some file systems have none
        _sign(fd, _fcntl.F_RDLCK)


def is_locked(fd: int) -> bool:
    """Whether someone has locked it. Nothing is locked for the question, so nobody is in the way.

    A second lock is beside the first as a sign, because the system answers this of fcntl's open
    file description locks alone; where it has none (macOS) the answer is no.  Source: fcntl(2), F_OFD_GETLK
    """
    if _fcntl is None:
        return _identity(fd) in _held_here
    try:
        wanted = _FLOCK.pack(_fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = _fcntl.fcntl(fd, _fcntl.F_OFD_GETLK, wanted)
    except (OSError, AttributeError):
        return False
    return bool(_FLOCK.unpack(answer)[0] != _fcntl.F_UNLCK)


def unlock(fd: int) -> None:
    """Let go of it; nothing happens if it was not locked."""
    if _fcntl is None:
        _held_here.discard(_identity(fd))
        return
    with contextlib.suppress(OSError, AttributeError):
        _sign(fd, _fcntl.F_UNLCK)
    with contextlib.suppress(OSError):
        _fcntl.flock(fd, _fcntl.LOCK_UN)


def _sign(fd: int, kind: int) -> None:
    assert _fcntl is not None
    _fcntl.fcntl(fd, _fcntl.F_OFD_SETLK, _FLOCK.pack(kind, os.SEEK_SET, 0, 0, 0))


def _identity(fd: int) -> tuple[int, int]:
    found = os.fstat(fd)
    return found.st_dev, found.st_ino


def process_lives(pid: int) -> bool:
    """True as well where the system does not tell without harm (Windows)."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # someone else's
        return True
    return True


# Users and limits


def user_name(uid: int) -> str:
    """The number where it has no name, or the system no user database."""
    try:
        return str(uid) if _pwd is None else str(_pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)


def current_user_name() -> str:
    """Of whoever runs this process; empty if the system has no users."""
    return user_name(os.geteuid()) if hasattr(os, "geteuid") else os.environ.get("USERNAME", "")


def group_name(gid: int) -> str:
    """The number where it has no name, or the system no user database."""
    try:
        return str(gid) if _grp is None else str(_grp.getgrgid(gid).gr_name)
    except KeyError:
        return str(gid)


def groups_with(user: str) -> tuple[str, ...]:
    """The names of the groups that list this user as a member, in order."""
    if _grp is None:
        return ()
    return tuple(sorted({group.gr_name for group in _grp.getgrall() if user in group.gr_mem}))


def limits() -> tuple[int, int | None] | None:
    """Real-time priority, and bytes of memory that can be locked (None: any number); None if not known."""
    if _resource is None or not hasattr(_resource, "RLIMIT_RTPRIO"):
        return None
    memory = _resource.getrlimit(_resource.RLIMIT_MEMLOCK)[0]
    priority = _resource.getrlimit(_resource.RLIMIT_RTPRIO)[0]
    return priority, None if memory == _resource.RLIM_INFINITY else memory
