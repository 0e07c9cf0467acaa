"""A virtual recorder that several programs use in turn, as they would a drive of the machine.

The folder of its disc is held only while a command runs, or while one program has the recorder for
itself. Then the others are told at once, and by whom.
"""

from __future__ import annotations

from pathlib import Path

from redbook.clock import Clock, SystemClock
from redbook.errors import DriveBusy
from redbook.image.folder import owner_of
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.spindle import Spindle

PATIENCE_SECONDS = 2.0  # another program's command is over in far less
_LOOK_AGAIN_SECONDS = 0.02


class SharedRecorder:
    """Between `enter` and `leave` the recorder answers; between `lock` and `unlock` it is ours alone.

    path     the folder of the disc that is put in when it is first used; a new disc if nothing is there
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
        recorder.let_go()

    def enter(self) -> None:
        """raises  DriveBusy  while another program has it; ImageError, StorageFailed"""
        since = self._clock.now()
        while True:
            try:
                self._put_in()
                return self.recorder.take_up()
            except DriveBusy as busy:
                owner = self._word_left()
                if owner:
                    raise DriveBusy(
                        f"{owner} has the recorder for itself; wait until it has finished"
                    ) from busy
                if self._clock.now() - since > PATIENCE_SECONDS:
                    raise
            self._clock.sleep(_LOOK_AGAIN_SECONDS)

    def leave(self) -> None:
        self.recorder.let_go()

    def tend(self) -> None:
        """What a person at the tray does: a used CD-R that has come out makes room for a blank one."""
        disc = self.recorder.disc
        if self._spindle is None or disc is None or not self.recorder.tray_open:
            return
        if disc.state.sessions and not disc.state.rewritable:
            disc.close()
            self._path = self._spindle.current()
            self.recorder.lay_in(Medium.at(self._path))

    def lock(self, owner: str) -> None:
        """raises  StorageFailed  if the disc's folder is still to be made and cannot"""
        disc = self.recorder.disc
        if disc is not None:
            disc.lock(owner)

    def unlock(self) -> None:
        disc = self.recorder.disc
        if disc is not None:
            disc.unlock()

    def owner(self) -> str:
        """The program that has the recorder for itself, if another one has; else empty."""
        try:
            self.enter()
        except DriveBusy:
            return self._word_left()
        self.leave()
        return ""

    def _word_left(self) -> str:
        return owner_of(self._path) if self._path is not None else ""

    def _put_in(self) -> None:
        """At first the disc that belongs in; later another one only if another program has put it in."""
        if self._spindle is not None and (self._to_put_in or self._spindle.is_newer_than(self._path)):
            self._path = self._spindle.current()
            self._to_put_in = True
        if self._to_put_in and self._path is not None:
            self.recorder.insert(Medium.at(self._path))
            self._to_put_in = False
