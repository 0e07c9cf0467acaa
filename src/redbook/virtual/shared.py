"""A virtual recorder that several programs use in turn, like a drive of the machine.

The folder of its disc is held only while a command runs, or while one program has exclusive access to the
recorder. Then the others are told at once, and by whom.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from redbook.clock import Clock, SystemClock
from redbook.errors import DriveBusy, ImageError, StorageFailed, printable
from redbook.image.disc_files import DiscFiles
from redbook.image.folder import leave_word
from redbook.image.view import owner_of
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.spindle import Spindle

PATIENCE_SECONDS = 2.0  # another program's command is over in far less
_LOOK_AGAIN_SECONDS = 0.02


class RecorderLock:
    """The lock of a recorder whose discs come and go: on the folder that they are in.

    folder  None for a recorder with one disc, whose own lock is enough. As long as it does not exist there
            is nothing to lock: whoever wants exclusive access creates it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: DiscFiles | None = None

    def take(self, make: bool = False) -> None:
        """Take the lock, unless it is held already.

        make  whether to make the folder if it is missing; without it, a missing folder is not an error

        raises  DriveBusy      while another program has the lock
                StorageFailed  if the folder cannot be used
        """
        if self._folder is None or self._held is not None:
            return
        try:
            if make:
                self._folder.mkdir(parents=True, exist_ok=True)
            files = DiscFiles(self._folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageFailed(
                f"{printable(self._folder)} cannot be used for discs: {error.strerror}"
            ) from error
        try:
            files.lock()
        except BlockingIOError as error:
            files.close()
            raise DriveBusy(
                "the recorder is in use by another program; wait until that has finished"
            ) from error
        except OSError as error:
            files.close()
            raise StorageFailed(f"{printable(self._folder)} cannot be locked: {error.strerror}") from error
        self._held = files
        files.clear_up()
        self.set_owner("")  # of a program that died

    def give_back(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def set_owner(self, name: str) -> None:
        if self._held is not None:
            leave_word(self._held, name)

    def owner(self) -> str:
        return owner_of(self._folder) if self._folder is not None else ""


def _with_patience(
    attempt: Callable[[], None], owner_now: Callable[[], str], clock: Clock, advice: str
) -> None:
    """Try repeatedly while another program's command is under way; not if one has exclusive access.

    raises  DriveBusy  with the owner's name, if there is one
    """
    since = clock.now()
    while True:
        try:
            return attempt()
        except DriveBusy as busy:
            owner = owner_now()
            if owner:
                raise DriveBusy(f"{owner} has exclusive access to the recorder; {advice}") from busy
            if clock.now() - since > PATIENCE_SECONDS:
                raise
        clock.sleep(_LOOK_AGAIN_SECONDS)


class SharedRecorder:
    """Between `enter` and `leave` the recorder answers; between `lock` and `unlock` it is ours alone.

    path     the folder of the disc that is inserted when it is first used; a new disc if there is nothing
    spindle  where discs come from instead
    """

    def __init__(
        self,
        recorder: VirtualRecorder,
        *,
        path: Path | None = None,
        spindle: Spindle | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.recorder = recorder
        self._spindle = spindle
        self._to_put_in = path is not None or spindle is not None
        self._path = path or (recorder.disc.path if recorder.disc is not None else None)
        self._clock = clock or SystemClock()
        self._lock = RecorderLock(spindle.folder if spindle is not None else None)
        self._owner = ""
        recorder.let_go()

    def enter(self) -> None:
        """Begin to use the recorder; waits up to 2 s while another program has a command under way.

        raises  DriveBusy  while another program has it; ImageError, StorageFailed
        """
        _with_patience(self._enter_now, self._word_left, self._clock, "wait until it has finished")

    def _enter_now(self) -> None:
        self._lock.take()
        try:
            self._put_in()
            try:
                self.recorder.take_up()
            except ImageError:
                if self._spindle is None:
                    raise
                self._to_put_in = True  # someone has deleted or damaged the disc: there are others
                self._put_in()
        except BaseException:
            self._lock.give_back()
            raise

    def leave(self) -> None:
        self.recorder.let_go()
        self._lock.give_back()

    def tend(self) -> None:
        """What a person at the tray does: a used CD-R that has come out makes room for a blank one."""
        disc = self.recorder.disc
        if self._spindle is None or disc is None or not self.recorder.tray_open:
            return
        if disc.state.sessions and not disc.state.rewritable:
            disc.close()
            self._path = self._spindle.current()
            fresh = Medium.at(self._path)
            if self._owner:
                fresh.lock(self._owner)
            self.recorder.lay_in(fresh)

    def lock(self, owner: str) -> None:
        """Take exclusive access to the recorder, in the name of `owner`.

        raises  DriveBusy      if another program was faster
                StorageFailed  if a folder must still be created, and cannot be
        """
        self._lock.take(make=True)
        disc = self.recorder.disc
        if disc is not None:
            disc.lock(owner)
        self._lock.set_owner(owner)
        self._owner = owner

    def unlock(self) -> None:
        self._owner = ""
        self._lock.set_owner("")
        disc = self.recorder.disc
        if disc is not None:
            disc.unlock()

    def owner(self) -> str:
        """The other program that has exclusive access, if there is one; otherwise empty."""
        try:
            self.enter()
        except DriveBusy:
            return self._word_left()
        self.leave()
        return ""

    def _word_left(self) -> str:
        own = self._lock.owner()
        return own or (owner_of(self._path) if self._path is not None else "")

    def _put_in(self) -> None:
        """At first the disc that belongs in it; later a different one only if another program has inserted
        it.
        """
        if self._spindle is not None and (self._to_put_in or self._spindle.is_newer_than(self._path)):
            self._path = self._spindle.current()
            self._to_put_in = True
        if self._to_put_in and self._path is not None:
            self.recorder.insert(Medium.at(self._path))
            self._to_put_in = False


def insert_new(spindle: Spindle, medium: str, minutes: int, clock: Clock | None = None) -> Path:
    """Put a new blank disc into the virtual recorder that IMAPI2 scripts use.

    raises  ValueError, ImageError  as Spindle.insert_new
            DriveBusy               while a program has exclusive access
    """
    lock = RecorderLock(spindle.folder)
    _with_patience(
        lambda: lock.take(make=True),
        lock.owner,
        clock or SystemClock(),
        "put a disc in when it has finished",
    )
    try:
        return spindle.insert_new(medium, minutes)
    finally:
        lock.give_back()
