"""What the system can do for a thread that must not be late: best effort, undone afterwards."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

Undo: TypeAlias = Callable[[], None]

MCL_CURRENT, MCL_ONFAULT = 1, 4
ABOVE_LOWEST = 9  # of the real-time priorities: before every ordinary program, after the system's own threads


class Privileges(Protocol):
    """Each of these takes effect at once and returns what takes it back.

    raises  OSError  if it is not permitted
    """

    def raise_priority(self) -> Undo: ...

    def lock_memory(self) -> Undo: ...


class Linux:
    """The system that this program runs on."""

    def raise_priority(self) -> Undo:
        """Real-time priority for the calling thread alone; the threads that it starts do not inherit it."""
        if not hasattr(os, "sched_setscheduler"):
            raise OSError("this system has no such priorities")
        policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
        wanted = os.sched_param(os.sched_get_priority_min(os.SCHED_RR) + ABOVE_LOWEST)
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, wanted)

        def undo() -> None:
            try:
                os.sched_setscheduler(0, policy, parameter)
            except PermissionError:  # an ordinary user may not take back what threads do not inherit
                os.sched_setscheduler(0, policy | os.SCHED_RESET_ON_FORK, parameter)

        return undo

    def lock_memory(self) -> Undo:
        """Keep what this program has in memory now in memory; what it asks for later is not kept there.

        That would make a later request fail where only so much may be locked, in the middle of a burn.
        """
        if _locks_already():
            return lambda: None  # the program has its own mind about that, and unlocking would undo it
        import ctypes  # not for those who only look

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
