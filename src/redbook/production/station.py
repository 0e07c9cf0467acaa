"""A drive as its worker sees it, and the lock that decides which process is this host's worker."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from redbook import host
from redbook.errors import DriveBusy
from redbook.production.events import CopyEvent
from redbook.production.pool import Seen
from redbook.records import dataclass
from redbook.runner.cancel import Cancel


@dataclass(slots=True)
class Station:
    """A drive as the worker sees it.

    state    "idle", "working", "examining", "done" (its tray is open, or its disc is useless), "resting"
    used_ref  of the disc that this station has finished with, or that cannot be burned
    last_event  what was last reported about it
    not_before  another program has the drive: when it is tried again, on the monotonic clock
    fence    of a claim that may have been made, but whose answer was lost
    told_to_end  the hand that was told to end cleanly
    reading  ends the reading of a disc that someone inserted, and that can wait
    unexamined  an attempt whose disc could not be examined yet
    looks    how often that was tried
    """

    name: str
    state: str = "idle"
    used_ref: str = ""
    last_event: CopyEvent | None = None
    fence: int = 0
    fence_ref: str = ""
    not_before: float = 0.0
    thread: threading.Thread | None = None
    process: subprocess.Popen[str] | None = None
    told_to_end: subprocess.Popen[str] | None = None
    reading: Cancel | None = None
    unexamined: int | None = None
    looks: int = 0
    seen: Seen | None = None

    def begin(self, state: str, work: Callable[[], None]) -> None:
        """Begin work that takes time, in a separate thread.  state: of the station in the meantime"""
        self.state = state
        self.thread = threading.Thread(target=work, name=f"redbook-{self.name}", daemon=True)
        self.thread.start()


class WorkerRunning(DriveBusy):
    """Another worker of this host is at work."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Inside, there is no other worker of this host.

    path  of a file that is locked; the lock ends with the process, however that ends

    raises  WorkerRunning; OSError
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as file:
        try:
            host.lock(file.fileno())
        except BlockingIOError as error:
            raise WorkerRunning(
                "another process is already making copies on this machine: wait until it has finished, or "
                "end it (Ctrl-C there)"
            ) from error
        yield
