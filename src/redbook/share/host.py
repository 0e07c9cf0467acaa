"""A Linux machine with our recorders, as one program and its children see it."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from redbook.clock import Clock
from redbook.closing import Closing
from redbook.errors import ShareError
from redbook.mmc.identify import Inquiry
from redbook.share.cd_drive import CdDrive
from redbook.share.cdrom import SrFile
from redbook.share.descriptors import Copies
from redbook.share.sg import ScsiDevice, SgFile
from redbook.share.sysfs import SG_MAJOR, SR_MAJOR, Found, cdrom_info, describe
from redbook.share.umockdev import LIBRARY, Tree
from redbook.transport.base import LogicalUnit

_READ_SPEED_1X_KB = 176
_WATCHED_PROCESSES, _WATCHED_CALLS = 1000, 64
"""Only the first calls are watched: a program makes its copies when it starts."""

_log = logging.getLogger(__name__)


def require_library() -> None:
    """Check that the preload library is installed.

    raises  ShareError  if it is not, with the name of its package
    """
    probe = shutil.which("true")
    if probe is None:
        return
    done = subprocess.run(
        [probe], env={"LD_PRELOAD": LIBRARY, "LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    if "cannot be preloaded" in done.stderr:
        raise ShareError(
            f"{LIBRARY} is missing; it lets a program see a virtual recorder as /dev/sr0. Install its "
            "package:  apt-get install umockdev"
        )


class Host(Closing):
    """Recorders as /dev/sr0 and /dev/sg0, /dev/sr1 and /dev/sg1, and so on.

    Use it as a context manager, and start programs with `environment()` as their environment. One recorder
    serves all programs that have it open, as one initiator. At the end the nodes are gone; the recorders
    stay as they are.

    problem  called with a text that says why a recorder failed on our side (the disc's folder is full)
    """

    def __init__(
        self,
        recorders: Sequence[LogicalUnit],
        clock: Clock | None = None,
        problem: Callable[[str], None] | None = None,
    ) -> None:
        self._stack = ExitStack()
        with ExitStack() as undo:
            self._tree = undo.enter_context(Tree())
            self._copies = Copies(self._tree.root, self._tree.file_of)
            undo.callback(self._copies.close)
            self._problem = problem or _log.error
            self._watched: dict[tuple[int, str], int] = {}
            self._tree.called = self._look_for_copies
            found = []
            for number, recorder in enumerate(recorders):
                device = ScsiDevice(recorder, number, clock, problem)
                undo.callback(device.close)
                found.append(self._add(device))
            self._tree.file("proc/sys/dev/cdrom/info", cdrom_info(found))
            self._aliases(len(found))
            self._stack = undo.pop_all()

    def _add(self, device: ScsiDevice) -> Found:
        cd = CdDrive(device)
        cd.find()
        n = device.number
        found = Found(
            n,
            cd.run(Inquiry()),
            cd.capabilities,
            cd.page.max_read_kb // _READ_SPEED_1X_KB,
            cd.sectors_of_512(),
        )
        describe(self._tree, found)
        self._tree.node(f"sr{n}", (SR_MAJOR, n), partial(SrFile, cd), block=True)
        self._tree.node(f"sg{n}", (SG_MAJOR, n), partial(SgFile, device), block=False)
        return found

    def _aliases(self, count: int) -> None:
        for n in range(count):
            self._tree.alias(f"scd{n}", f"sr{n}", (SR_MAJOR, n))  # wodim looks for drives there only
        if count:
            self._tree.alias("cdrom", "sr0", (SR_MAJOR, 0))

    def environment(self) -> dict[str, str]:
        """The environment of this process, plus the variables that make a program see the recorders."""
        return {**os.environ, **self._tree.environment()}

    def command(self, command: Sequence[str | os.PathLike[str]]) -> list[str]:
        """The same command, but copies of descriptors (dup) are followed, and nothing can be unmounted.

        Start it with `environment()`. Its process becomes the program's.
        """
        return self._copies.command([os.fspath(part) for part in command])

    def _look_for_copies(self, process: int, node: str) -> None:
        """End a program that would hang because nobody answers calls on its copy of a descriptor."""
        if len(self._watched) >= _WATCHED_PROCESSES:
            self._watched.clear()
        calls = self._watched.get((process, node), 0)
        self._watched[process, node] = calls + 1
        if calls >= _WATCHED_CALLS or self._copies.follows(process):
            return
        if _descriptors(process, self._tree.root / "dev" / node) <= self._tree.opens(process, node):
            return
        self._problem(
            f"process {process} uses a copy (dup) of its /dev/{node}, which cannot be followed, and the "
            "process would hang; it is ended. `redbook share run` and Host.command() follow copies where the "
            "kernel permits it (seccomp)"
        )
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGTERM)

    def still_open(self, patience_seconds: float = 0.5) -> bool:
        """Whether any program has a recorder open; one that is just ending gets this much time."""
        return self._tree.still_open(patience_seconds)

    def close(self) -> None:
        self._stack.close()


def _descriptors(process: int, node: Path) -> int:
    """How many of a process's descriptors refer to this file."""
    count = 0
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):
                count += entry.readlink() == node
    return count
