"""Real recorders for the IMAPI2 API: their ids, and a transport that is open only while it is used.

Windows lets several programs have an object for the same recorder at a time, and one of them have exclusive
access. So a node is opened with O_EXCL for each use, and kept open while someone has exclusive access.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from redbook.clock import Clock
from redbook.disc import SECTOR_BYTES
from redbook.errors import DriveBusy, DriveError
from redbook.mmc.identify import Inquiry
from redbook.recorders.names import open_for_a_look, open_transport
from redbook.recorders.prefixes import NODES
from redbook.recorders.real_drives import Recorders
from redbook.recorders.watching import DriveAdded, DriveRemoved, DriveWatch
from redbook.system import holders, optical_drives
from redbook.system.optical_drives import OpticalDrive
from redbook.system.system import System
from redbook.transport.base import Device as DeviceTransport
from redbook.transport.base import Reply, Status, Transport

WHILE_CLOSED_BYTES = 27 * SECTOR_BYTES
"""Every known way to a drive can carry this much; nothing is sent before the open node says what it can."""


def unique_id(stable_id: str, node: str) -> str:
    """A name that InitializeDiscRecorder takes: the lasting one, if udev has made it."""
    return stable_id if stable_id.startswith(NODES) else node


def real_ids() -> list[str]:
    """The ids of the drives that have a node.  Nothing is sent to any of them."""
    system = System.of_process()
    found = [drive for drive in optical_drives.find(system) if drive.node and system.is_there(drive.node)]
    return [unique_id(drive.stable_id, drive.node) for drive in found]


class NodeRecorder:
    """Transport to a node, and the Access by which objects and programs share it."""

    def __init__(
        self, path: str, clock: Clock, opener: Callable[[str, Clock], Transport] | None = None
    ) -> None:
        self._system = System.of_process()
        self._path = path
        self._clock = clock
        self._open = opener or open_transport
        self._inner: Transport | None = None

    # Transport, and what a Device adds

    @property
    def most_bytes(self) -> int:
        inner = self._inner
        return inner.most_bytes if isinstance(inner, DeviceTransport) else WHILE_CLOSED_BYTES

    @property
    def real_time(self) -> bool:
        return True

    def execute(
        self,
        cdb: bytes,
        data_out: bytes | memoryview = b"",
        data_in_length: int = 0,
        timeout: float = 30.0,
    ) -> Reply:
        if self._inner is not None:
            return self._inner.execute(cdb, data_out, data_in_length, timeout)
        known = self._known_inquiry()
        if cdb[0] == Inquiry.OPCODE and not cdb[1] & 1 and known:
            return Reply(Status.GOOD, known[:data_in_length])
        raise DriveBusy(f"{self._path} is in use by another program; wait until that has finished")

    def _known_inquiry(self) -> bytes:
        """What the drive answered when it was plugged in; getting this disturbs nobody."""
        drive = self._drive()
        return self._system.read_bytes(f"{drive.device}/inquiry") if drive else b""

    def announce(self, data_bytes: int) -> None:
        if self._inner is not None:
            self._inner.announce(data_bytes)

    def close(self) -> None:
        self.leave()

    # Access

    def enter(self) -> None:
        """Open the device node, unless it is open.

        raises  DriveBusy  while another program has the recorder; DriveNotFound, DriveError
        """
        if self._inner is None:
            self._inner = self._open(self._path, self._clock)

    def leave(self) -> None:
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.close()

    def tend(self) -> None:
        pass

    def lock(self, owner: str) -> None:
        """Do nothing: the node is open, and so it is ours alone."""

    def unlock(self) -> None:
        pass

    def owner(self) -> str:
        """The other program that has the recorder, as far as that can be seen."""
        if self._inner is not None:
            return ""
        drive = self._drive()
        seen = holders.processes(self._system, drive.nodes if drive else (self._path,))
        if seen:
            return seen[0].name
        try:
            self.enter()
        except DriveBusy:
            return "another program"
        except DriveError:
            return ""
        self.leave()
        return ""

    def _drive(self) -> OpticalDrive | None:
        node = self._system.real(self._path)
        return next((one for one in optical_drives.find(self._system) if node in one.nodes), None)


class NodeNews:
    """Reports real recorders that come and go, from a thread of its own, while anyone listens."""

    def __init__(self, tell: Callable[[str, bool], None]) -> None:
        self._tell = tell
        self._mutex = threading.RLock()  # a finalizer may run while it is held
        self._listeners = 0
        self._watch: DriveWatch | None = None

    def more(self) -> None:
        """Count one more listener."""
        with self._mutex:
            self._listeners += 1
            if self._watch is None:
                self._watch = _watch()
                threading.Thread(
                    target=self._run, args=(self._watch,), name="redbook-devices", daemon=True
                ).start()

    def fewer(self) -> None:
        """Count one listener less."""
        with self._mutex:
            self._listeners -= 1
            if not self._listeners and self._watch is not None:
                self._watch.close()
                self._watch = None

    def _run(self, watch: DriveWatch) -> None:
        for event in watch:
            name = unique_id(event.drive.stable_id, event.drive.node)
            if name and isinstance(event, DriveAdded | DriveRemoved):
                self._tell(name, isinstance(event, DriveAdded))


def _watch() -> DriveWatch:
    return DriveWatch(Recorders(System.of_process(), open_for_a_look), discs=False)
