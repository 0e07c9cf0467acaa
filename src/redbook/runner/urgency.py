"""While a disc is written, the writer has priority over other programs and the garbage collector."""

from __future__ import annotations

import gc
import threading
from contextlib import ExitStack

from redbook.clock import Clock
from redbook.system.privileges import Linux, Privileges, Undo

TIDY_SECONDS = 10.0
"""How often the writer has the collector, which is off, look at new objects, just after a WRITE was taken."""


class _Collector:
    """Python's garbage collector, held back while any burn goes on in this process."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._burns = 0
        self._was_on = self._frozen = False

    def hold_back(self) -> Undo:
        with self._mutex:
            if not self._burns:
                self._was_on = gc.isenabled()
                gc.disable()
                self._frozen = not gc.get_freeze_count()  # the program may have frozen objects itself
                if self._frozen:
                    gc.freeze()
            self._burns += 1
        return self._let_go

    def _let_go(self) -> None:
        with self._mutex:
            self._burns -= 1
            if self._burns:
                return
            if self._frozen:
                gc.unfreeze()
            if self._was_on:
                gc.enable()


_collector = _Collector()


class _Memory:
    """The process's memory, which the first burn locks for all burns that go on."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._burns = 0
        self._undo: Undo = lambda: None

    def lock(self, system: Privileges) -> Undo:
        with self._mutex:
            if not self._burns:
                self._undo = system.lock_memory()
            self._burns += 1
        return self._let_go

    def _let_go(self) -> None:
        with self._mutex:
            self._burns -= 1
            if not self._burns:
                self._undo()


_memory = _Memory()


class Urgency:
    """Gives the writing thread priority; begins and ends on that thread.

    real_time  whether the drive writes in real time: only then is the system asked for anything
    """

    def __init__(self, clock: Clock, real_time: bool, system: Privileges | None = None) -> None:
        self._clock = clock
        self._real_time = real_time
        self._system = system or Linux()
        self._stack = ExitStack()
        self._tidied = 0.0
        self.begun = False

    def begin(self) -> str:
        """Raise the priority and hold back the collector; returns what was not permitted, in words."""
        self.begun = True
        self._tidied = self._clock.now()
        self._stack.callback(_collector.hold_back())
        if not self._real_time:
            return ""
        missing = []
        try:
            self._stack.callback(_memory.lock(self._system))
        except OSError:
            missing.append("memory that stays in place (ulimit -l)")
        try:
            self._stack.callback(self._system.raise_priority())
        except OSError:
            missing.append("real-time priority (ulimit -r)")
        if not missing:
            return ""
        return (
            f"this user is not allowed {' or '.join(missing)}, so a busy computer may slow the burn down; "
            "rtprio and memlock in /etc/security/limits.d allow both"
        )

    def a_good_moment(self) -> None:
        """Collect garbage, but at most every 10 s: the drive has just taken data, so there is time."""
        now = self._clock.now()
        if now - self._tidied >= TIDY_SECONDS:
            self._tidied = now
            gc.collect()

    def end(self) -> None:
        """Leave everything as it was before."""
        if self.begun:
            self.begun = False
            self._stack.close()
