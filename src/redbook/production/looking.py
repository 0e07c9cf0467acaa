"""A worker examines discs: those of attempts whose hands are gone, and those that are not blank.

`examine` says how a disc is understood. This is what happens until there is an answer: the worker waits for
the drive, takes its lock, takes up the attempt, and tells the ledger until it answers.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from redbook.burning.eject import eject
from redbook.burning.jobs import verify
from redbook.drive import Drive
from redbook.engine import inspect
from redbook.engine.events import Notice
from redbook.engine.waiting import resending
from redbook.errors import (
    AudioError,
    Cancelled,
    DriveBusy,
    DriveError,
    RedbookError,
    SheetError,
    StepRefused,
    VerificationFailed,
)
from redbook.mmc.disc_info import DiscStatus
from redbook.production.events import DriveRests, NeedBlank
from redbook.production.examine import examine, fitting
from redbook.production.pool import Seen
from redbook.production.states import Finding
from redbook.production.station import Station
from redbook.production.values import Attempt
from redbook.recorders.names import open_drive
from redbook.records import dataclass
from redbook.runner.caller import Caller
from redbook.runner.cancel import Cancel

if TYPE_CHECKING:
    from redbook.production.worker import Worker

DRIVE_AGAIN_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 30.0
"""How long a disc that could not be examined, for a temporary reason, is left alone."""

LOOKS_WITHOUT_MASTER = 20
"""How often to wait for a master that should come from another machine."""

LOOKS_AT_A_DUMB_DRIVE = 20
"""How often a drive that does not answer is tried before its disc counts as gone with it."""

FAILED = "the burn failed "
"""How a hand's message begins, and what the ledger itself says."""


@dataclass(frozen=True, slots=True)
class Looking:
    """Of one worker."""

    worker: Worker

    def recognise(self, station: Station, seen: Seen) -> None:
        """Look at a disc that is not blank. A good copy that was inserted again is ejected.

        An open tray means that the disc is good, so it is read first: a spoiled copy has the same table of
        contents. Other discs are left alone.
        """
        why = f"the disc in it is not blank: {seen.entry.medium}"
        if seen.entry.medium.startswith("CD-RW"):
            why += "; `redbook blank` makes a CD-RW blank, then put it in again"
        try:
            masters = [
                folder for name in self.worker.at_hand() if (folder := self.worker.masters(name)) is not None
            ]
            with open_drive(station.name) as drive:
                _, disc = Caller().run(drive, resending(inspect.inspect(), lambda: False))
                if disc.status is DiscStatus.COMPLETE and not disc.spoiled:
                    why = self._compared(station, drive, fitting(disc, masters)) or why
        except (DriveBusy, Cancelled):
            station.state, station.not_before = "idle", time.monotonic() + DRIVE_AGAIN_SECONDS
            return
        except (RedbookError, OSError) as error:  # what it is matters to nobody: it is no blank
            why = f"{why} ({error})"
        station.state, station.used_ref = "done", seen.ref
        self.worker.say_once(station, NeedBlank(station.name, why))

    def _compared(self, station: Station, drive: Drive, masters: list[Path]) -> str:
        """What is to be said about a finished disc; empty if nothing is known about it.

        raises  Cancelled, DriveError
        """
        if not masters:
            return ""
        station.reading = reading = Cancel()
        self.worker.tell(
            Notice(f"{station.name}: a finished disc with the tracks of an order was inserted; reading it")
        )
        try:
            for folder in masters:
                with suppress(VerificationFailed, AudioError, SheetError):
                    verify(folder, drive, cancel=reading)
                    eject(drive)
                    return "a good copy was inserted again, and is ejected"
        finally:
            station.reading = None
        return "the disc in it has the tracks of an order, but is not a good copy: throw it away"

    def examine(self, station: Station, number: int, why: str = "") -> None:
        """Until the attempt has ended, or its drive must rest: until then it is examined again and again.

        Whatever the drive and the ledger do in the meantime.
        """
        station.unexamined = None
        try:
            self._examine(station, number, why)
            station.looks = 0
        except (RedbookError, OSError) as error:
            station.state, station.unexamined = "resting", number
            station.looks += 1
            station.not_before = time.monotonic() + LOOK_AGAIN_SECONDS
            text = f"attempt {number} could not be examined: {error}"
            self.worker.say_once(station, DriveRests(station.name, text))

    def _examine(self, station: Station, number: int, why: str) -> None:
        looks = 0
        while True:
            try:
                with open_drive(station.name) as drive:
                    self._look(station, drive, number, why)
                return
            except DriveBusy:  # a hand is still at work, or another program
                if self.worker.ending:
                    return
                time.sleep(DRIVE_AGAIN_SECONDS)
            except StepRefused:  # it has ended: its own hand was heard, or it is someone else's
                station.state = "idle"
                return
            except Cancelled:
                return
            except DriveError as error:
                looks += 1
                if self.worker.ending:
                    return
                if looks >= LOOKS_AT_A_DUMB_DRIVE:
                    self._gone(station, number, str(error))
                    return
                time.sleep(DRIVE_AGAIN_SECONDS)

    def _look(self, station: Station, drive: Drive, number: int, why: str) -> None:
        """With the drive's lock held.  raises  StepRefused, DriveError, Cancelled"""
        attempt = self.worker.until_heard(lambda: self.worker.ledger.take_up(number, self.worker.where))
        self.worker.tell_state(attempt, "examining")
        ref, folder = self.worker.pool.look(station.name), self._folder_of(station, attempt)
        cancel = Cancel() if self.worker.ending else self.worker.cancel
        found = examine(
            drive, attempt.state, attempt.blank.ref, ref, folder, read=not self.worker.ending, cancel=cancel
        )
        reason = "; ".join(part.removeprefix(FAILED) for part in (why, found.why) if part)

        def told() -> Attempt:
            report = found.report or None
            return self.worker.ledger.examined(
                number, attempt.fence, found.finding, why=reason, report=report
            )

        self.worker.after(station, self.worker.until_heard(told), drive_open=lambda: eject(drive))

    def _gone(self, station: Station, number: int, why: str) -> None:
        """The drive no longer exists, and its disc is gone with it."""
        try:
            attempt = self.worker.until_heard(lambda: self.worker.ledger.take_up(number, self.worker.where))
            ended = self.worker.until_heard(
                lambda: self.worker.ledger.examined(number, attempt.fence, Finding.GONE, why=why)
            )
        except StepRefused:
            return
        self.worker.after(station, ended, drive_open=None)

    def _folder_of(self, station: Station, attempt: Attempt) -> Path | None:
        """Of its master; None if nobody will fetch it.  raises  SheetError  if it may still come"""
        order = self.worker.until_heard(lambda: self.worker.ledger.order(attempt.order))
        folder = self.worker.masters(order.master)
        if folder is None and self.worker.masters_come and station.looks < LOOKS_WITHOUT_MASTER:
            raise SheetError(f"the master {order.master[:12]} of order {order.id} is not on this host yet")
        return folder
