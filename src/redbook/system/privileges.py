"""What the system can do for a thread that must not be late. It is best effort, and undone afterwards."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

Undo: TypeAlias = Callable[[], None]

MCL_CURRENT, MCL_ONFAULT = 1, 4
ABOVE_LOWEST = 9  # a low real-time priority: before all ordinary programs, after the system's own threads


class Privileges(Protocol):
    """Each method takes effect at once, and returns a function that undoes it.

    raises  OSError  if it is not permitted
    """

    def raise_priority(self) -> Undo: ...

    def lock_memory(self) -> Undo: ...


class Linux:
    """The system that this program runs on."""

    def raise_priority(self) -> Undo:
        """Get real-time priority for the calling thread only; threads that it starts do not inherit it."""
        if not hasattr(os, "sched_setscheduler"):
            raise OSError("this system has no such priorities")
        policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
        wanted = os.sched_param(os.sched_get_priority_min(os.SCHED_RR) + ABOVE_LOWEST)
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, wanted)

        def undo() -> None:
            try:
                os.sched_setscheduler(0, policy, parameter)
            except PermissionError:  # an ordinary user may not clear RESET_ON_FORK
                os.sched_setscheduler(0, policy | os.SCHED_RESET_ON_FORK, parameter)

        return undo

    def lock_memory(self) -> Undo:
        """Lock the memory that this program has now, but not what it allocates later.

        If only so much may be locked, locking that as well would make an allocation fail during a burn.
        """
        if _locks_already():
            return lambda: None  # the program has locked memory itself, and unlocking would undo that
        import ctypes  # here, because most commands do not need it

        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "mlockall"):
            raise OSError("this system cannot lock memory")
        if libc.mlockall(MCL_CURRENT | MCL_ONFAULT):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

        def undo() -> None:
            libc.munlockall()

        return undo


def _locks_already() -> bool:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    locked = re.search(r"^VmLck:\s+(\d+)", status, re.MULTILINE)
    return locked is not None and locked[1] != "0"
