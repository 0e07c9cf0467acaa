"""The worker: one on each host.  It gives blanks to hands, and tells the ledger what they report.

Everything it knows is in the ledger, or in the drives. When it starts, it first takes up what a dead worker
left: it waits for each drive whose hand is still at work, and examines the discs. Then, at each `tick`, it
claims a copy for each blank in an idle drive and starts a hand.

A hand is another process (`hand`), and has a thread here that listens to it. If the ledger does not take
something, it is told again and again, and the hand's tray stays shut in the meantime. So no report is ever
lost, and drives wait while the database is unreachable.

Nothing here closes a tray. A tray opens when its disc is good; a spoiled disc stays in until someone asks
for it.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from redbook.engine.events import Notice
from redbook.engine.glance import LOADING, NO_DISC
from redbook.errors import (
    ClaimRefused,
    LedgerFull,
    LedgerUnavailable,
    RedbookError,
)
from redbook.production.events import (
    CopyClaimed,
    CopyEvent,
    CopyState,
    DriveRests,
    NeedBlank,
    OrderNow,
    TakeDisc,
)
from redbook.production.hand import Task
from redbook.production.ledger import Ledger
from redbook.production.listening import Listening, say
from redbook.production.looking import Looking
from redbook.production.pool import Pool, Seen
from redbook.production.states import AttemptState, OrderState
from redbook.production.station import Station, alone
from redbook.production.values import Attempt, Blank, Claim, Place, new_fence
from redbook.runner.cancel import Cancel
from redbook.sheets.master_file import BLOBS

R = TypeVar("R")

_log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
LEDGER_AGAIN_SECONDS = 0.5
START_AGAIN_SECONDS = 5.0
WAITS = "is waiting for a blank disc"
TAKE_GOOD = "Take the disc out of "
TAKE_SPOILED = "The disc in "
"""How messages about a drive begin."""

STOPS_SECONDS = 1.0
"""How often to ask whether someone wants attempts ended at once."""


class Worker:
    """See the module.

    ledger   of the orders
    where    this host's name in it; may be empty for a single machine
    pool     its drives
    masters  a master's name to its folder here, or None while the host does not have all of it
    masters_come  whether someone fetches those that are missing
    orders   only these; None for all
    on_event called with what happens, on whichever thread it happens
    lock     a file to be held while this is the host's worker (`alone`); None if someone else sees to that

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
        masters_come: bool = False,
    ) -> None:
        self.ledger = ledger
        self.where = where
        self.pool = pool
        self.masters = masters
        self.masters_come = masters_come
        self._orders = orders
        self._on_event = on_event
        self._telling = threading.Lock()
        self._stations: dict[str, Station] = {}
        self.closing = self.ending = False
        self.cancel = Cancel()
        self._told_orders: dict[int, OrderNow] = {}
        self._ledger_away = False
        self._looking = Looking(self)
        self._held = ExitStack()
        if lock is not None:
            self._held.enter_context(alone(lock))
        self._taken_up = False
        self._stops_at = 0.0

    # What a loop around it does

    def tick(self) -> None:
        """Look at everything once; does not wait for any drive.

        raises  LedgerError  unless the ledger does not answer, or has no room: then this is reported, and
                             tried again
        """
        self._end_hands()
        if self.closing:
            self.let_go()
        seen = self.pool.poll()
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
            if self._stop_what_is_to_stop() and self._ledger_away:
                self._ledger_away = False
                self.tell(Notice("the ledger answers again"))
        except (LedgerUnavailable, LedgerFull) as error:
            self.tell_ledger_away(error)

    def tell_ledger_away(self, error: Exception) -> None:
        """Once, until it is back."""
        if not self._ledger_away:
            self._ledger_away = True
            self.tell(Notice(f"the ledger does not answer, and will be asked again: {error}"))

    def _stop_what_is_to_stop(self) -> bool:
        """returns  whether the ledger was asked, and has answered.  raises  LedgerUnavailable"""
        if time.monotonic() < self._stops_at:
            return False
        self._stops_at = time.monotonic() + STOPS_SECONDS
        for attempt in self.ledger.to_stop(self.where):
            station = self._stations.get(attempt.blank.place.drive)
            if station is not None and station.process is not None:
                say(station.process, {"cancel": True})
        return True

    @property
    def resting(self) -> bool:
        """Whether there are drives, but none may be used until a person allows it."""
        every = self._all()
        return bool(every) and all(station.state == "resting" for station in every)

    @property
    def busy(self) -> bool:
        """Whether a hand is at work, or a disc is being examined."""
        return any(station.thread is not None and station.thread.is_alive() for station in self._all())

    def _all(self) -> list[Station]:
        return list(self._stations.values())

    def finish(self) -> None:
        """Claim nothing more; what is under way is finished.  Only notes the request, like `end_hands`."""
        self.closing = True

    def end_hands(self) -> None:
        """End what is under way cleanly; a disc that is being burned is lost.

        This only notes the request; the next `tick` acts on it. So a signal's handler may call it at any
        moment, also while a message to a hand is being written: two writers must not use that pipe at once.
        """
        self.closing = self.ending = True

    def _end_hands(self) -> None:
        """As requested: each hand is told once."""
        if not self.ending:
            return
        self.cancel()
        for station in self._all():
            process = station.process
            if process is not None and station.told_to_end is not process:
                station.told_to_end = process
                say(process, {"cancel": True})

    def let_go(self) -> None:
        """Stop reading discs that were inserted by mistake."""
        for station in self._all():
            if (reading := station.reading) is not None:
                reading()

    def close(self) -> None:
        """Release the lock."""
        self._held.close()

    def run(self, until: Callable[[], bool]) -> None:
        """Work until `until` says so, and nothing is under way."""
        while True:
            self.tick()
            through = until()
            if through:
                self.let_go()
            if not self.busy and through:
                return
            time.sleep(TICK_SECONDS)

    # Claims

    def _serve_idle(self, station: Station, seen: Seen) -> None:
        """raises  LedgerUnavailable"""
        entry = seen.entry
        if entry.problem:
            return
        place = Place(self.where, station.name)
        if station.unexamined is not None:
            if time.monotonic() >= station.not_before:
                number = station.unexamined
                station.begin("examining", lambda: self.examine(station, number))
            return
        if station.state == "resting":
            if self.ledger.drive(place).resting:
                return
            station.state = "idle"
        if entry.medium == NO_DISC:
            station.state = "idle"
            # A good disc may still be on the tray.
            if not (isinstance(station.last_event, TakeDisc) and station.last_event.good):
                self.say_once(station, NeedBlank(station.name))
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
            station.begin("examining", lambda: self._looking.recognise(station, seen))
            return
        self._claim(station, seen, place)

    def _claim(self, station: Station, seen: Seen, place: Place) -> None:
        """raises  LedgerUnavailable"""
        if station.fence_ref != seen.ref or not station.fence:
            station.fence, station.fence_ref = new_fence(), seen.ref
        try:
            claim = self.ledger.claim(
                Blank(place, seen.ref), fence=station.fence, masters=self.at_hand(), orders=self._orders
            )
        except ClaimRefused as error:
            if error.state == "resting":
                station.state, station.used_ref = "resting", seen.ref
                self.say_once(station, DriveRests(station.name, self.ledger.drive(place).resting))
            else:
                station.state, station.used_ref = "done", seen.ref
                self.say_once(station, NeedBlank(station.name, str(error)))
            return
        if claim is None:
            return
        station.fence = 0
        master = self.masters(claim.master)
        if master is None:  # it was at hand a moment ago
            self._give_back(station, claim, "the order's master has just been taken away")
            return
        station.state, station.used_ref, station.last_event = "working", seen.ref, None
        self.tell(CopyClaimed(claim.order, claim.number, claim.attempt, station.name))
        self._tell_order(claim.order)
        self._start(station, claim, master)

    def at_hand(self) -> list[str]:
        """Masters that are here, of the orders that may be burned."""
        wanted = {order.master for order in self.ledger.orders(OrderState.OPEN)}
        folders = {name: self.masters(name) for name in wanted}
        return [name for name, at in folders.items() if at is not None and (at / BLOBS).is_dir()]

    def _start(self, station: Station, claim: Claim, master: Path) -> None:
        task = Task(
            claim.attempt, station.name, str(master), claim.speed, str(claim.check), slower=claim.spoiled_last
        )
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - its listener closes it
        try:
            station.process = process = subprocess.Popen(
                [sys.executable, "-m", "redbook.production.hand"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        except OSError as error:  # no memory, or no room for another process
            errors.close()
            self._give_back(station, claim, f"the process that burns could not be started: {error.strerror}")
            return
        say(process, task.to_json())
        station.begin("working", Listening(self, station, claim, process, errors).run)

    def _give_back(self, station: Station, claim: Claim, why: str) -> None:
        station.state, station.used_ref = "idle", ""
        station.not_before = time.monotonic() + START_AGAIN_SECONDS
        self.tell(Notice(f"{station.name}: {why}"))
        ended = self.until_heard(lambda: self.ledger.give_back(claim.attempt, claim.fence, why=why))
        self.tell_state(ended)

    # What was left

    def _take_up(self) -> None:
        """Examine the disc of every live attempt of this host.  raises  LedgerUnavailable"""
        for attempt in self.ledger.live_attempts(self.where):
            name = attempt.blank.place.drive
            station = self._stations.setdefault(name, Station(name))
            if station.thread is None:
                self._examine_later(station, attempt)
        self._taken_up = True

    def _examine_later(self, station: Station, attempt: Attempt) -> None:
        station.used_ref = attempt.blank.ref
        station.begin("examining", lambda: self.examine(station, attempt.id))

    def examine(self, station: Station, number: int, why: str = "") -> None:
        """Examine an attempt until it has ended, whatever the drive and the ledger do in the meantime.

        why  it no longer has a hand
        """
        self._looking.examine(station, number, why)

    # What came of an attempt

    def after(self, station: Station, ended: Attempt, drive_open: Callable[[], None] | None) -> None:
        """An attempt has ended: tell people, and open the tray of a good disc."""
        self.tell_state(ended)
        self._tell_order(ended.order)
        station.state, station.used_ref = "done", ended.blank.ref
        state = ended.state
        if state in (AttemptState.GOOD, AttemptState.CHECKED):
            if drive_open is not None:
                try:
                    drive_open()
                except RedbookError as error:
                    self.tell(Notice(f"the tray of {station.name} did not open: {error}"))
            self._take_disc(station, ended, good=True)
        elif state is AttemptState.SPOILED:
            self._take_disc(station, ended, good=False)
        elif state is AttemptState.VOID:
            station.state, station.used_ref = "idle", ""
        self._tell_rest(station)

    def _take_disc(self, station: Station, ended: Attempt, *, good: bool) -> None:
        name = station.name
        if good:
            text = f"{TAKE_GOOD}{name}: copy {ended.number} is {ended.state}"
        else:
            text = f"{TAKE_SPOILED}{name} is spoiled (copy {ended.number} will be made again): throw it away"
        self.say_once(station, TakeDisc(name, ended.order, ended.number, good, text))

    def _tell_rest(self, station: Station) -> None:
        resting = self.until_heard(lambda: self.ledger.drive(Place(self.where, station.name)).resting)
        if resting:
            station.state = "resting"
            self.tell(DriveRests(station.name, resting))

    def tell_state(self, attempt: Attempt, state: str = "") -> None:
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

    def say_once(self, station: Station, event: CopyEvent) -> None:
        if station.last_event != event:
            station.last_event = event
            self.tell(event)

    def tell(self, event: CopyEvent) -> None:
        """Pass an event to the listener. What it raises is only logged, so it costs no disc."""
        if self._on_event is None:
            return
        with self._telling:
            try:
                self._on_event(event)
            except Exception:  # noqa: BLE001 - whatever it is
                _log.exception("on_event raised for %r; the copies continue", event)

    def until_heard(self, say: Callable[[], R]) -> R:
        """Tell the ledger something, again and again until it answers; returns its answer.

        raises  what it answers
                LedgerUnavailable, LedgerFull  once the worker must end: nobody waits for a ledger that may
                        be unreachable for days. The disc is still in the drive, and the next worker examines
                        it
        """
        while True:
            try:
                return say()
            except (LedgerUnavailable, LedgerFull) as error:
                self.tell_ledger_away(error)
                if self.ending:
                    raise
                time.sleep(LEDGER_AGAIN_SECONDS)


def order_now(ledger: Ledger, number: int) -> OrderNow:
    """The state of an order now, according to the ledger.  raises  LedgerError"""
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
