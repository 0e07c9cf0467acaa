"""The worker: one on each host.  It gives blanks to hands, and hears for the ledger what they say.

Everything it knows is in the ledger, or in the drives. So when it starts it first takes up what a dead worker
left: it waits for each drive whose hand is still at work, and looks at the discs. Then, as often as it is
asked to (`tick`), it claims a copy for each blank in an idle drive and starts a hand.

A hand is another process (`hand`), and has a thread here that listens to it. What the ledger does not take
is said to it again and again, and the hand's tray stays shut meanwhile; so no report is ever lost, and drives
wait while the database is away.

Nothing here closes a tray. One opens when its disc is good; a spoiled disc stays in until somebody asks for
it.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from redbook import host
from redbook.burning.tray import eject
from redbook.drive import Drive
from redbook.engine import inspect
from redbook.engine.events import Notice
from redbook.engine.glance import LOADING, NO_DISC
from redbook.engine.waiting import resending
from redbook.errors import (
    Cancelled,
    ClaimRefused,
    DriveBusy,
    DriveError,
    LedgerError,
    LedgerFull,
    LedgerUnavailable,
    RedbookError,
    SheetError,
    StepRefused,
)
from redbook.mmc.disc_info import DiscStatus
from redbook.production.events import (
    CopyClaimed,
    CopyEvent,
    CopyState,
    DriveRests,
    NeedBlank,
    OrderNow,
    TakeDisc,
)
from redbook.production.examine import examine, known_as
from redbook.production.hand import Task
from redbook.production.ledger import Ledger
from redbook.production.listening import Listening, say
from redbook.production.pool import Pool, Seen
from redbook.production.states import AttemptState, Finding
from redbook.production.values import Attempt, Blank, Claim, Place, new_fence
from redbook.recorders.names import open_drive
from redbook.runner.caller import Caller
from redbook.runner.runner import Cancel

R = TypeVar("R")

_log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
LEDGER_AGAIN_SECONDS = 0.5
DRIVE_AGAIN_SECONDS = 0.5
BUSY_AGAIN_SECONDS = 5.0
STOPS_SECONDS = 1.0
"""How often it is asked whether somebody wants attempts ended at once."""

BROKE_OFF = "the burn broke off "
"""What a hand's word begins with, and what the ledger says by itself."""

LOOKS_AT_A_DUMB_DRIVE = 20
"""How often a drive that does not answer is tried before its disc counts as gone with it."""


@dataclass(slots=True)
class Station:
    """A drive as the worker sees it.

    state    "idle", "working", "examining", "done" (its tray is open, or its disc no use), "resting"
    used_ref  of the disc that this station has finished with, or that is none for a burn
    told     the last word to people about it
    not_before  another program has the drive: when it is tried again, on the monotonic clock
    fence    of a claim that may have been made without being heard
    """

    name: str
    state: str = "idle"
    used_ref: str = ""
    told: CopyEvent | None = None
    fence: int = 0
    fence_ref: str = ""
    not_before: float = 0.0
    thread: threading.Thread | None = None
    process: subprocess.Popen[str] | None = None
    seen: Seen | None = None


class WorkerRunning(DriveBusy):
    """Another worker of this host is at work."""


class Worker:
    """See the module.

    ledger   of the orders
    where    this host's name in it; may be empty for a single machine
    pool     its drives
    masters  a master's name to its folder here, or None while the host does not have it
    orders   only these; None for all
    on_event told what happens, on whichever thread it happens
    lock     a file to be held while this is the host's worker (`alone`); None if somebody else sees to that

    raises   WorkerRunning
    lock     a file that says who is at work here; None if somebody else sees to that
    raises   WorkerRunning
    """

    def __init__(
        self,
        ledger: Ledger,
        where: str,
        pool: Pool,
        masters: Callable[[str], Path | None],
        *,
        orders: Collection[int] | None = None,
        on_event: Callable[[CopyEvent], None] | None = None,
        lock: Path | None = None,
    ) -> None:
        self.ledger = ledger
        self._where = where
        self._pool = pool
        self._masters = masters
        self._orders = orders
        self._on_event = on_event
        self._telling = threading.Lock()
        self._stations: dict[str, Station] = {}
        self.closing = self.ending = False
        self._cancel = Cancel()
        self._told_orders: dict[int, OrderNow] = {}
        self._ledger_away = False
        self._held = ExitStack()
        if lock is not None:
            self._held.enter_context(alone(lock))
        self._taken_up = False
        self._stops_at = 0.0

    # What a loop around it does

    def tick(self) -> None:
        """One look at everything; does not wait for any drive.

        raises  LedgerError  other than that it does not answer, or has no room: that is told, and tried again
        """
        seen = self._pool.poll()
        for name, at in seen.items():
            station = self._stations.setdefault(name, Station(name))
            station.seen = at
            if station.thread is not None and not station.thread.is_alive():
                station.thread = None
        for name in [name for name in self._stations if name not in seen]:
            if self._stations[name].thread is None:
                del self._stations[name]
        try:
            if not self._taken_up:
                self._take_up()
            if not self.closing:
                for station in list(self._stations.values()):
                    if station.thread is None and station.seen is not None:
                        self._serve_idle(station, station.seen)
            self._stop_what_is_to_stop()
            self._ledger_away = False
        except (LedgerUnavailable, LedgerFull) as error:
            if not self._ledger_away:
                self._ledger_away = True
                self.tell(Notice(f"the ledger does not answer, and is asked again: {error}"))

    def _stop_what_is_to_stop(self) -> None:
        """raises  LedgerUnavailable"""
        if time.monotonic() < self._stops_at:
            return
        self._stops_at = time.monotonic() + STOPS_SECONDS
        for attempt in self.ledger.to_stop(self._where):
            station = self._stations.get(attempt.blank.place.drive)
            if station is not None and station.process is not None:
                say(station.process, {"cancel": True})

    @property
    def resting(self) -> bool:
        """Whether there are drives, and none may be used until a person says so."""
        every = self._all()
        return bool(every) and all(station.state == "resting" for station in every)

    @property
    def busy(self) -> bool:
        """Whether a hand is at work, or a disc is looked at."""
        return any(station.thread is not None and station.thread.is_alive() for station in self._all())

    def _all(self) -> list[Station]:
        return list(self._stations.values())

    def finish(self) -> None:
        """No further claims; what is under way is finished."""
        self.closing = True

    def end_hands(self) -> None:
        """What is under way is ended in good order: a burn costs its disc."""
        self.closing = self.ending = True
        self._cancel()
        for station in self._all():
            if station.process is not None:
                say(station.process, {"cancel": True})

    def close(self) -> None:
        """Let go of the lock."""
        self._held.close()

    def run(self, until: Callable[[], bool]) -> None:
        """Until that is so and nothing is under way, or `finish` was called."""
        while True:
            self.tick()
            through = until()
            if not self.busy and (self.closing or through):
                return
            time.sleep(TICK_SECONDS)

    # Claims

    def _serve_idle(self, station: Station, seen: Seen) -> None:
        """raises  LedgerUnavailable"""
        entry = seen.entry
        if entry.problem:
            return
        place = Place(self._where, station.name)
        if station.state == "resting":
            if self.ledger.drive(place).resting:
                return
            station.state = "idle"
        if entry.medium == NO_DISC:
            station.state = "idle"
            if not (isinstance(station.told, TakeDisc) and station.told.good):  # it may lie on the tray still
                self._say_once(station, NeedBlank(station.name))
            return
        done = station.state == "done" and seen.ref == station.used_ref
        if (
            done
            or not entry.medium
            or entry.medium.startswith(LOADING)
            or time.monotonic() < station.not_before
        ):
            return
        if not entry.blank:
            self._begin(station, "examining", lambda: self._recognise(station, seen))
            return
        self._claim(station, seen, place)

    def _claim(self, station: Station, seen: Seen, place: Place) -> None:
        """raises  LedgerUnavailable"""
        if station.fence_ref != seen.ref or not station.fence:
            station.fence, station.fence_ref = new_fence(), seen.ref
        try:
            claim = self.ledger.claim(
                Blank(place, seen.ref), fence=station.fence, masters=self._at_hand(), orders=self._orders
            )
        except ClaimRefused as error:
            if error.state == "resting":
                station.state, station.used_ref = "resting", seen.ref
                self._say_once(station, DriveRests(station.name, self.ledger.drive(place).resting))
            else:
                station.state, station.used_ref = "done", seen.ref
                self._say_once(station, NeedBlank(station.name, str(error)))
            return
        if claim is None:
            return
        station.fence = 0
        master = self._masters(claim.master)
        assert master is not None  # only those at hand were claimed
        station.state, station.used_ref, station.told = "working", seen.ref, None
        self.tell(CopyClaimed(claim.order, claim.number, claim.attempt, station.name))
        self._tell_order(claim.order)
        self._start(station, claim, master)

    def _at_hand(self) -> list[str]:
        """Masters that are here, of the orders that may be burned."""
        wanted = {order.master for order in self.ledger.orders() if order.state == "open"}
        return [name for name in wanted if self._masters(name) is not None]

    def _start(self, station: Station, claim: Claim, master: Path) -> None:
        task = Task(
            claim.attempt, station.name, str(master), claim.speed, str(claim.check), slower=claim.spoiled_last
        )
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - its listener closes it
        station.process = process = subprocess.Popen(
            [sys.executable, "-m", "redbook.production.hand"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        say(process, task.to_json())
        self._begin(station, "working", Listening(self, station, claim, process, errors).run)

    # What was left

    def _take_up(self) -> None:
        """Of every live attempt of this host: its disc is looked at.  raises  LedgerUnavailable"""
        for attempt in self.ledger.live_attempts(self._where):
            name = attempt.blank.place.drive
            station = self._stations.setdefault(name, Station(name))
            if station.thread is None:
                self._examine_later(station, attempt)
        self._taken_up = True

    def _examine_later(self, station: Station, attempt: Attempt) -> None:
        station.used_ref = attempt.blank.ref
        self._begin(station, "examining", lambda: self.examine(station, attempt.id))

    @staticmethod
    def _begin(station: Station, state: str, work: Callable[[], None]) -> None:
        station.state = state
        station.thread = threading.Thread(target=work, name=f"redbook-{station.name}", daemon=True)
        station.thread.start()

    def _recognise(self, station: Station, seen: Seen) -> None:
        """A disc that is not blank is left alone; a finished copy that was pushed in again is given back.

        It is recognised by where its tracks lie: nobody waits until it was read.
        """
        why = f"the disc in it is not blank: {seen.entry.medium}"
        try:
            masters = [folder for name in self._at_hand() if (folder := self._masters(name)) is not None]
            with open_drive(station.name) as drive:
                _, disc = Caller().run(drive, resending(inspect.inspect(), lambda: False))
                if disc.status is DiscStatus.COMPLETE and known_as(disc, masters) is not None:
                    eject(drive)
                    why = "a finished copy was put in again, it seems, and is given back"
        except DriveBusy:
            station.state, station.not_before = "idle", time.monotonic() + DRIVE_AGAIN_SECONDS
            return
        except (RedbookError, OSError) as error:  # what it is matters to nobody: it is no blank
            why = f"{why} ({error})"
        station.state, station.used_ref = "done", seen.ref
        self._say_once(station, NeedBlank(station.name, why))

    def examine(self, station: Station, number: int, why: str = "") -> None:
        """Until the attempt has ended, whatever the drive and the ledger do meanwhile."""
        try:
            self._examine(station, number, why)
        except (LedgerError, RedbookError, OSError) as error:
            station.state = "resting"
            self.tell(DriveRests(station.name, f"attempt {number} could not be examined: {error}"))

    def _examine(self, station: Station, number: int, why: str) -> None:
        looks = 0
        while True:
            try:
                with open_drive(station.name) as drive:
                    self._look(station, drive, number, why)
                return
            except DriveBusy:  # a hand is still at work, or another program
                if self.ending:
                    return
                time.sleep(DRIVE_AGAIN_SECONDS)
            except StepRefused:  # it has ended: its own hand was heard, or it is somebody else's
                station.state = "idle"
                return
            except Cancelled:
                return
            except DriveError as error:
                looks += 1
                if self.ending:
                    return
                if looks >= LOOKS_AT_A_DUMB_DRIVE:
                    self._gone(station, number, str(error))
                    return
                time.sleep(DRIVE_AGAIN_SECONDS)

    def _look(self, station: Station, drive: Drive, number: int, why: str) -> None:
        """With the drive's lock held.  raises  StepRefused, DriveError, Cancelled"""
        attempt = self.until_heard(lambda: self.ledger.take_up(number, self._where))
        self._tell_state(attempt, "examining")
        ref, folder = self._pool.look(station.name), self._folder_of(attempt)
        cancel = Cancel() if self.ending else self._cancel
        found = examine(
            drive, attempt.state, attempt.blank.ref, ref, folder, read=not self.ending, cancel=cancel
        )
        reason = "; ".join(part.removeprefix(BROKE_OFF) for part in (why, found.why) if part)

        def told() -> Attempt:
            report = found.report or None
            return self.ledger.examined(number, attempt.fence, found.finding, why=reason, report=report)

        self.after(station, self.until_heard(told), drive_open=lambda: eject(drive))

    def _gone(self, station: Station, number: int, why: str) -> None:
        """The drive is not there any more, and its disc with it."""
        try:
            attempt = self.until_heard(lambda: self.ledger.take_up(number, self._where))
            ended = self.until_heard(
                lambda: self.ledger.examined(number, attempt.fence, Finding.GONE, why=why)
            )
        except StepRefused:
            return
        self.after(station, ended, drive_open=None)

    def _folder_of(self, attempt: Attempt) -> Path:
        """raises  SheetError  where the host does not have the master: without it nothing can be compared"""
        order = self.until_heard(lambda: self.ledger.order(attempt.order))
        folder = self._masters(order.master)
        if folder is None:
            raise SheetError(f"the master {order.master[:12]} of order {order.id} is not on this host")
        return folder

    # What came of an attempt

    def after(self, station: Station, ended: Attempt, drive_open: Callable[[], None] | None) -> None:
        """Tells people, and opens the tray of a good disc."""
        self._tell_state(ended)
        self._tell_order(ended.order)
        station.state, station.used_ref = "done", ended.blank.ref
        state = ended.state
        if state in (AttemptState.GOOD, AttemptState.CHECKED):
            if drive_open is not None:
                with suppress(RedbookError):
                    drive_open()
            self._take_disc(station, ended, good=True)
        elif state is AttemptState.SPOILED:
            self._take_disc(station, ended, good=False)
        elif state is AttemptState.VOID:
            station.state, station.used_ref = "idle", ""
        self._tell_rest(station)

    def _take_disc(self, station: Station, ended: Attempt, *, good: bool) -> None:
        name = station.name
        if good:
            text = f"Take the disc out of {name}: copy {ended.number} is good"
        else:
            text = f"The disc in {name} is spoiled (copy {ended.number} will be made again): throw it away"
        self._say_once(station, TakeDisc(name, ended.order, ended.number, good, text))

    def _tell_rest(self, station: Station) -> None:
        resting = self.until_heard(lambda: self.ledger.drive(Place(self._where, station.name)).resting)
        if resting:
            station.state = "resting"
            self.tell(DriveRests(station.name, resting))

    def _tell_state(self, attempt: Attempt, state: str = "") -> None:
        self.tell(
            CopyState(
                attempt.order,
                attempt.number,
                attempt.id,
                attempt.blank.place.drive,
                state or str(attempt.state),
                attempt.reason if not state else "",
            )
        )

    def _tell_order(self, number: int) -> None:
        now = self.until_heard(lambda: order_now(self.ledger, number))
        with self._telling:
            if self._told_orders.get(number) == now:
                return
            self._told_orders[number] = now
        self.tell(now)

    def _say_once(self, station: Station, event: CopyEvent) -> None:
        if station.told != event:
            station.told = event
            self.tell(event)

    def tell(self, event: CopyEvent) -> None:
        """Nothing that a listener does may cost a disc."""
        if self._on_event is None:
            return
        with self._telling:
            try:
                self._on_event(event)
            except Exception:  # noqa: BLE001 - whatever it is
                _log.exception("on_event raised for %r; the copies go on", event)

    def until_heard(self, say: Callable[[], R]) -> R:
        """The ledger is told until it hears.  raises  what it answers"""
        while True:
            try:
                return say()
            except (LedgerUnavailable, LedgerFull) as error:
                if not self._ledger_away:
                    self._ledger_away = True
                    self.tell(Notice(f"the ledger does not answer, and is asked again: {error}"))
                time.sleep(LEDGER_AGAIN_SECONDS)


def order_now(ledger: Ledger, number: int) -> OrderNow:
    """raises  LedgerError"""
    order, account = ledger.order(number), ledger.account(number)
    return OrderNow(
        number,
        str(order.state),
        account.wanted,
        account.good,
        account.checked,
        account.spoiled,
        account.lost,
        account.unknown,
        account.under_way,
        account.free,
        order.why,
    )


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """While this is held there is no other worker of this host.

    path  of a file that is locked; the lock ends with the process, however that ends

    raises  WorkerRunning; OSError
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as file:
        try:
            host.lock(file.fileno())
        except BlockingIOError as error:
            raise WorkerRunning(
                "copies are being made on this machine already, by another process: wait until it has "
                "finished, or end it (Ctrl-C there)"
            ) from error
        yield
