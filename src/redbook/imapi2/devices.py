"""The recorders of this process: which ones exist, who uses them, who has exclusive access.

Every MsftDiscRecorder2 has a Handle; all handles of one recorder share its Device. The exclusive access
that IMAPI2 counts per recorder object is counted per handle here.

Locks, and their order: a Handle's, then its Device's, never the other way round. The Device's is held while
another process is asked for the recorder, but not while a command runs. The registry's is taken while none
of the others is held, and released before a listener is called. All are reentrant, because a finalizer may
run on a thread that holds one. `Handle.at_work` is read without a lock: it changes between two steps of the
job, and a reader that comes too early is refused because of what was true then.

Who cleans up: `close`, or the finalizer of whatever owned the handle, in a thread of its own. In a forked
child neither does anything, because recorder and locks are the parent's.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from redbook.clock import Clock, SystemClock
from redbook.drive import Drive
from redbook.engine.steps import Procedure, R
from redbook.errors import DriveBusy, DriveClosed, NotTaken
from redbook.imapi2.recorder.letters import VARIABLE, drive_path, parsed
from redbook.imapi2.recorder.nodes import NodeNews, NodeRecorder, real_ids
from redbook.recorders.names import not_found
from redbook.recorders.prefixes import NODES, VIRTUAL
from redbook.runner.cancel import Cancel
from redbook.runner.runner import Runner
from redbook.system.inhibit import awake
from redbook.transport.base import Transport
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.shared import SharedRecorder
from redbook.virtual.spindle import Spindle

STAND_IN = "REDBOOK:VIRTUAL CD-RW:RB000001"
"""The unique id of the virtual recorder that IMAPI2 scripts use."""


FINALIZER_SECONDS = 2.0


def finalize_in_thread(thing: object, function: Callable[..., object], *arguments: object) -> None:
    """Have `function` called when `thing` is gone.

    It runs in a thread of its own: the garbage collector may run in the middle of a command, and a second
    command on the same thread would wait for the first for ever. The thread is waited for, but not for long.
    """

    def call() -> None:
        thread = threading.Thread(target=function, args=arguments, name="redbook-finalizer", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is going down, and no command is under way
            function(*arguments)
        else:
            thread.join(FINALIZER_SECONDS)

    weakref.finalize(thing, call)


class Access(Protocol):
    """How a process shares a recorder with other processes."""

    def enter(self) -> None: ...
    def leave(self) -> None: ...
    def tend(self) -> None: ...
    def lock(self, owner: str) -> None: ...
    def unlock(self) -> None: ...
    def owner(self) -> str: ...


class NoOthers:
    """A recorder that only this process can reach."""

    def enter(self) -> None:
        pass

    def leave(self) -> None:
        pass

    def tend(self) -> None:
        pass

    def lock(self, owner: str) -> None:
        pass

    def unlock(self) -> None:
        pass

    def owner(self) -> str:
        return ""


class Device:
    """A recorder, shared by all objects of this process.

    node         what the system calls it: a device node, or the folder of a virtual disc
    letter       a drive path such as "D:\\"; empty if the program has given none
    undisturbed  called with a reason; keeps the system from sleeping while a job is at work
    """

    def __init__(
        self,
        unique_id: str,
        drive: Drive,
        access: Access,
        node: str,
        clock: Clock,
        undisturbed: Callable[[str], AbstractContextManager[None]] = lambda why: nullcontext(),
        letter: str = "",
    ) -> None:
        self.letter = letter
        self.undisturbed = undisturbed
        self.unique_id = unique_id
        self.drive = drive
        self.node = node
        self.clock = clock
        self._access = access
        self._mutex = threading.RLock()
        self._users = 0
        self._holder: Handle | None = None
        self._owner = ""

    def enter(self, handle: Handle) -> None:
        """Begin to use the recorder through this handle; each `enter` needs a `leave`.

        raises  DriveBusy  while another object has exclusive access; what `Access.enter` raises
        """
        with self._mutex:
            if self._holder not in (None, handle):
                raise DriveBusy(
                    f"{self._owner} has exclusive access to the recorder; wait until it has finished"
                )
            if not self._users:
                self._access.enter()
            self._users += 1

    def leave(self) -> None:
        with self._mutex:
            try:
                self._access.tend()
            finally:
                self._users -= 1
                if not self._users:
                    self._access.leave()

    def lock(self, handle: Handle, owner: str) -> None:
        with self._mutex:
            self.enter(handle)
            try:
                self._access.lock(owner)
            except BaseException:
                self.leave()
                raise
            self._holder, self._owner = handle, owner

    def unlock(self) -> None:
        with self._mutex:
            self._holder, self._owner = None, ""
            try:
                self._access.unlock()
            finally:
                self.leave()

    def owner(self) -> str:
        """Who has exclusive access, in this process or another one; empty for nobody."""
        with self._mutex:
            return self._owner if self._holder is not None else self._access.owner()


class Handle:
    """One recorder object's way to its device.

    before_closing  called when it should be closed, by those that have the drive in a special state; one
                    that returns False puts the closing off until `end_job`

    raises  DriveClosed from every member, once it has been closed
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self.before_closing: list[Callable[[], bool]] = []
        self._close_later = False
        self.at_work = False
        self._levels = 0
        self._has_job = False
        self._job = ExitStack()
        self._pid = os.getpid()
        self._closed = False
        self._mutex = threading.RLock()

    @property
    def clock(self) -> Clock:
        return self.device.clock

    @contextmanager
    def use(self, own: bool = False) -> Iterator[Drive]:
        """The open drive.

        own     for the job that is at work itself
        raises  DriveBusy, DriveClosed; NotTaken, while a job is at work whose data a command would disturb
        """
        if self.at_work and not own:
            raise NotTaken("the drive is writing or erasing; wait until it has finished")
        self.check_open()
        self.device.enter(self)
        try:
            yield self.device.drive
        finally:
            self.device.leave()

    def run(self, procedure: Procedure[R], own: bool = False, cancel: Cancel | None = None) -> R:
        """Run a procedure whose events nobody needs.  raises  what it raises"""
        with self.use(own) as drive:
            runner = Runner(drive, emit=lambda event: None, cancel=cancel, clock=self.clock)
            return runner.run(procedure)

    def check_open(self) -> None:
        """Check that this handle has not been closed.  raises  DriveClosed  if it has"""
        if self._closed:
            raise DriveClosed("this object no longer has a recorder; call InitializeDiscRecorder again")

    @property
    def levels(self) -> int:
        """Levels of exclusive access that the program itself has taken."""
        return self._levels - self._has_job

    @property
    def in_use(self) -> bool:
        return self._levels > 0

    def begin_job(self, owner: str) -> None:
        """Take exclusive access for a writer or an eraser; one at a time.  raises  DriveBusy, DriveClosed"""
        with self._mutex:
            if self._has_job:
                raise DriveBusy("another object of this program is writing or erasing with this recorder")
            self.acquire(owner)
            self._has_job = True
            self._job.enter_context(self.device.undisturbed(f"{owner} writes to {self.device.node}"))

    def end_job(self) -> None:
        with self._mutex:
            if self._has_job:
                self._has_job = False
                self._job.close()
                self.release()
                if self._close_later:
                    self.close()

    def acquire(self, owner: str) -> None:
        """Take one more level of exclusive access.  raises  DriveBusy, DriveClosed"""
        with self._mutex:
            self.check_open()
            if not self._levels:
                self.device.lock(self, owner)
            self._levels += 1

    def release(self) -> None:
        """Give back one level; if there is none, do nothing."""
        with self._mutex:
            if self._levels:
                self._levels -= 1
                if not self._levels:
                    self.device.unlock()

    def close(self) -> None:
        """Give back every level, and the recorder. In a forked child do nothing: both are the parent's."""
        if os.getpid() != self._pid:
            return
        with self._mutex:
            if not all(let_go() for let_go in list(self.before_closing)):
                self._close_later = True  # a track is being written; its end closes this
                return
            self._levels, self._has_job = min(self._levels, 1), False
            self._job.close()
            self.release()
            self._closed = True


class _Registry:
    """The devices that were opened, and the ones that a program has attached itself."""

    def __init__(self) -> None:
        self._mutex = threading.RLock()
        self._attached: dict[str, Device] = {}
        self._opened: dict[str, Device] = {}
        self._listeners: list[Callable[[str, bool], None]] = []
        self.news = NodeNews(self._tell)

    def attach(
        self, recorder: Transport, unique_id: str, node: str, clock: Clock | None, letter: str
    ) -> None:
        clock = clock or SystemClock()
        access: Access = SharedRecorder(recorder) if isinstance(recorder, VirtualRecorder) else NoOthers()
        letter = drive_path(letter) if letter else ""
        drive = Drive(recorder, unique_id)
        device = Device(unique_id, drive, access, node or unique_id, clock, letter=letter)
        with self._mutex:
            if unique_id in self._attached:
                raise ValueError(f"a recorder with the id {unique_id!r} is already attached")
            if letter and letter in {other.letter for other in self._attached.values()}:
                raise ValueError(f"another recorder already has the drive letter {letter[:2]}")
            self._attached[unique_id] = device
        self._tell(unique_id, True)

    def detach(self, unique_id: str) -> None:
        with self._mutex:
            if unique_id not in self._attached:
                raise ValueError(f"no recorder with the id {unique_id!r} is attached")
            del self._attached[unique_id]
        self._tell(unique_id, False)

    def letters(self, device: Device) -> list[str]:
        """Its drive paths.  raises  ValueError  if the environment variable for them makes no sense"""
        given = parsed(os.environ.get(VARIABLE, ""))
        own = {device.unique_id, self._key(device.unique_id)}
        found = [path for path, unique_id in given if unique_id in own or self._key(unique_id) in own]
        return list(dict.fromkeys([device.letter, *found] if device.letter else found))

    def ids(self) -> list[str]:
        with self._mutex:
            return [*self._attached, *real_ids()] or [STAND_IN]

    def device(self, unique_id: str) -> Device:
        """raises  DriveNotFound, ImageError"""
        with self._mutex:
            device = self._attached.get(unique_id)
            if device is not None:
                return device
            key = self._key(unique_id)
            if key not in self._opened or self._is_another_now(key):
                self._opened[key] = self._open(unique_id)
            return self._opened[key]

    @staticmethod
    def _key(unique_id: str) -> str:
        """The key of a device: the same for one disc, however its path is written."""
        if unique_id == STAND_IN:
            return f"{STAND_IN} {Spindle.of_user().folder}"
        if unique_id.startswith(VIRTUAL) and unique_id != VIRTUAL:
            return VIRTUAL + os.path.realpath(unique_id.removeprefix(VIRTUAL))
        if unique_id.startswith(NODES):
            return os.path.realpath(unique_id)
        return unique_id

    def _is_another_now(self, key: str) -> bool:
        """Whether a node's name leads elsewhere since it was opened: drives were plugged in again."""
        name = self._opened[key].unique_id
        return name.startswith(NODES) and os.path.realpath(name) != key

    @staticmethod
    def _open(unique_id: str) -> Device:
        clock = SystemClock()
        if unique_id == STAND_IN:
            recorder, spindle = VirtualRecorder(), Spindle.of_user()
            shared = SharedRecorder(recorder, spindle=spindle, clock=clock)
            return Device(unique_id, Drive(recorder, unique_id), shared, str(spindle.folder), clock)
        if unique_id.startswith(VIRTUAL):
            path = unique_id.removeprefix(VIRTUAL)
            recorder = VirtualRecorder()
            shared = SharedRecorder(recorder, path=Path(path).absolute() if path else None, clock=clock)
            node = str(Path(path).absolute()) if path else unique_id
            return Device(unique_id, Drive(recorder, unique_id), shared, node, clock)
        if unique_id.startswith(NODES):
            real = NodeRecorder(unique_id, clock)
            node = os.path.realpath(unique_id)
            return Device(unique_id, Drive(real, unique_id), real, node, clock, undisturbed=awake)
        raise not_found(unique_id)

    def listen(self, listener: Callable[[str, bool], None]) -> None:
        """Have `listener` called with each id that comes (True) or goes (False)."""
        with self._mutex:
            self._listeners.append(listener)

    def unlisten(self, listener: Callable[[str, bool], None]) -> None:
        with self._mutex:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _tell(self, unique_id: str, added: bool) -> None:
        for listener in list(self._listeners):
            listener(unique_id, added)


registry = _Registry()


def attach(
    recorder: Transport, unique_id: str, *, node: str = "", clock: Clock | None = None, letter: str = ""
) -> None:
    """Plug a recorder into this process: MsftDiscMaster2 lists it, InitializeDiscRecorder takes its id.

    recorder   a VirtualRecorder in any state, or any other transport
    node       what VolumeName should say; the id if left out
    clock      used for waiting and for the times of events
    letter     a drive letter such as "D:", for VolumePathNames

    raises  ValueError  if the id or the letter is taken, or if `letter` is not a letter
    """
    registry.attach(recorder, unique_id, node, clock, letter)


def detach(unique_id: str) -> None:
    """Unplug it again.  raises  ValueError  if no recorder with this id is attached"""
    registry.detach(unique_id)
