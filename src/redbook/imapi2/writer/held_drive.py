"""A drive while a writer has it, from PrepareMedia to ReleaseMedia."""

from __future__ import annotations

import logging
import os
from abc import ABC, abstractmethod

from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.method import Method
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.prepare import set_up
from redbook.engine.speed import MAX_SPEED, believable
from redbook.engine.steps import Procedure, R
from redbook.engine.tray import unlock_tray
from redbook.errors import DriveError
from redbook.imapi2.devices import Handle
from redbook.imapi2.formats.media import type_by
from redbook.imapi2.formats.speeds import choose_speed, read_speeds
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_PHYSICAL_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.mmc.mode_pages import Capabilities
from redbook.runner.cancel import Cancel

_log = logging.getLogger("redbook.imapi2")


class HeldDrive(ABC):
    """A drive that `open` takes, and `give_back` or `abandon` gives back.

    speed         multiple of 1x that the drive has chosen; 0 if it does not say
    speed_result  whether the drive took the speed that was asked for: S_OK, or one of S_IMAPI_...ADJUSTED
    """

    def __init__(self, handle: Handle, client_name: str) -> None:
        self.handle = handle
        self.speed = 0.0
        self.speed_result = HResult.S_OK
        self.media_type = IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_UNKNOWN
        self.capabilities = Capabilities()
        self._client_name = client_name
        self._abilities: Abilities | None = None
        self._outcome = Outcome()
        self._held = False
        self._pid = os.getpid()

    def _run(self, procedure: Procedure[R], cancel: Cancel | None = None) -> R:
        return self.handle.run(procedure, own=True, cancel=cancel)

    @property
    def busy(self) -> bool:
        """Whether a call is at work on it; then the drive takes no commands from elsewhere."""
        return self.handle.at_work

    @busy.setter
    def busy(self, value: bool) -> None:
        self.handle.at_work = value

    # How the disc is written

    @property
    @abstractmethod
    def _method(self) -> Method:
        """The method for which the drive is made ready."""

    @abstractmethod
    def _begin(self, abilities: Abilities, disc: DiscContents, cancel: Cancel) -> None:
        """Called when the drive is ready, with the disc in it.  raises  what makes the disc useless"""

    # Taking and giving back

    def open(self, sectors_per_second: int, pure_cav: bool, cancel: Cancel) -> None:
        """Lock the drive and make it ready.  raises  what goes wrong; then the drive is free again"""
        self.handle.begin_job(self._client_name)
        self._held = True
        self.handle.before_closing.append(self.let_go)
        try:
            outcome = Outcome()
            settings = Settings(MAX_SPEED, real_time=self.handle.device.drive.real_time)
            abilities, disc = self._run(set_up(self._method, settings, outcome), cancel)
            with self.handle.use(own=True) as drive:
                drive.announce(0)  # a disc that the host cannot store is known before anything is written
            self._abilities, self._outcome = abilities, outcome
            self.media_type = type_by(abilities, disc.information)
            self.capabilities = abilities.capabilities or Capabilities()
            self.speed = outcome.drive.speed or 0.0
            self._begin(abilities, disc, cancel)
            self._ask_for_speed(sectors_per_second, pure_cav)
        except BaseException:
            self.abandon()
            raise

    def _ask_for_speed(self, sectors_per_second: int, pure_cav: bool) -> None:
        """Ask once more for the speed given to SetWriteSpeed, by the same rule; a refusal fails no burn."""
        try:
            self.speed_result = self._run(choose_speed(sectors_per_second, pure_cav))
        except DriveError as error:
            _log.warning("the drive keeps its own speed: %s", error)
        self.read_speed()

    def read_speed(self) -> None:
        """Ask the drive how fast it will write, now that the speed is set."""
        try:
            self.capabilities = self._run(read_speeds())
        except DriveError as error:
            _log.warning("the drive does not say how fast it writes: %s", error)
            return
        self.speed = float(believable(self.capabilities.write_speed.times) or 0)

    def abandon(self) -> None:
        """Let go of the drive and leave the disc as it is; this is also done when a writer is dropped."""
        if not self._held or os.getpid() != self._pid:  # in a forked child the drive is the parent's
            return
        try:
            self._run(unlock_tray())
        except (DriveError, MemoryError, OSError) as error:
            _log.warning("the tray could not be unlocked: %s", error)
        finally:
            self.give_back()

    def let_go(self) -> bool:
        """Let the recorder object be closed, if that is possible now; returns whether it is."""
        if not self.busy:
            self.abandon()
        return not self.busy

    def give_back(self) -> None:
        if self._held:
            self._held = False
            self.handle.before_closing.remove(self.let_go)
            self.handle.end_job()
