"""A worker among several: its ledger is in PostgreSQL, its masters come from another machine.

It does what a worker does on one machine (`worker`), and more. It signs in the host's name, so that two
machines never have the same one. It fetches the masters of open orders that its drives may burn (`fetch`),
before anything is claimed for them. Every few seconds it tells the ledger, in one statement, what all its
drives do. It gives back claims that no burn followed.

All of this is derived from the ledger again and again, so a call that a carrier lost, or made twice, changes
nothing.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from redbook.engine.events import Notice
from redbook.errors import LedgerFull, LedgerUnavailable, RedbookError
from redbook.production.carrier import Carrier, InProcess, Task
from redbook.production.events import (
    CopyClaimed,
    CopyEvent,
    CopyProgress,
    CopyState,
    DriveRests,
    NeedBlank,
    TakeDisc,
)
from redbook.production.fetch import Fetcher
from redbook.production.home import ROOM_BYTES, Home
from redbook.production.ledger import Ledger
from redbook.production.pool import Pool
from redbook.production.states import OrderState
from redbook.production.values import Order, Place, Sighting
from redbook.production.worker import TICK_SECONDS, WAITS, Worker
from redbook.runner.cancel import Cancel
from redbook.system.system import System

LOOK_SECONDS = 5.0
"""How often to look for orders whose masters are missing, and to report what the drives do."""

LEASE_SECONDS = 900.0
"""A claim that no burn followed for this long is returned: its host is unreachable."""

FETCH_AGAIN_SECONDS = 30.0
POST_AGAIN_SECONDS = 60.0
"""This long after it was posted, a call that was not made counts as lost: with a restored database, for
example.
"""

FETCH = "fetch"


def machine_id(home: Home) -> str:
    """What distinguishes this machine from others of its name: systemd's id, otherwise one that is kept in
    the folder.
    """
    found = System.of_process().read("etc/machine-id").strip()
    if found:
        return found
    kept = home.folder / "machine-id"
    try:
        return kept.read_text("ascii").strip()
    except OSError:
        home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept.write_text(secrets.token_hex(16), "ascii")
        return kept.read_text("ascii")


class RemoteWorker:
    """See the module.  Start with `run`; `stop` from a signal or another thread.

    host       this machine's name in the ledger
    home       where masters are kept
    carrier    makes one of the tasks it is given; None for threads of this process
    take_over  the name was another machine's, which is gone for good

    raises  HostNameTaken, WorkerRunning, LedgerError
    """

    def __init__(
        self,
        ledger: Ledger,
        host: str,
        home: Home,
        pool: Pool,
        fetcher: Fetcher,
        *,
        carrier: Callable[[Mapping[str, Task]], Carrier] | None = None,
        on_event: Callable[[CopyEvent], None] | None = None,
        take_over: bool = False,
    ) -> None:
        self._ledger = ledger
        self._host = host
        self._home = home
        self._pool = pool
        self._fetcher = fetcher
        self._on_event = on_event
        self._events: dict[str, CopyEvent] = {}
        """The last one of each drive."""
        self._asked: dict[str, float] = {}
        """Requested masters, and until when they are not requested again."""
        self._fetching: set[str] = set()
        self._failed = ""
        """Why the master that was fetched last is not here."""
        self._cancel = Cancel()
        self._stopping = False
        home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._worker = Worker(
            ledger, host, pool, home.audio, on_event=self._hear, lock=home.lock, masters_come=True
        )
        try:
            ledger.sign_in(host, machine_id(home), take_over=take_over)
            self._carrier = (carrier or InProcess)({FETCH: self._fetch})
        except BaseException:
            self._worker.close()
            raise

    def run(self) -> None:
        """Work until `stop`, and then until nothing is under way."""
        calls = threading.Thread(
            target=self._carrier.run, args=([self._host],), kwargs={"at_once": 1}, name="redbook-carrier"
        )
        calls.start()
        try:
            looked = -LOOK_SECONDS
            while not self._stopping or self._worker.busy:
                self._worker.tick()
                if time.monotonic() - looked >= LOOK_SECONDS:
                    looked = time.monotonic()
                    self._look()
                time.sleep(TICK_SECONDS)
            self._tell_drives()  # what became of the last discs; from now on this host is silent
        finally:
            self._cancel()
            self._carrier.stop()
            calls.join()
            self.close()

    def close(self) -> None:
        """Free the host for another worker.  `run` does this when it ends."""
        self._worker.close()

    def stop(self, *, at_once: bool = False) -> None:
        """Begin no further copy; what is under way is finished, or with `at_once` ended cleanly.

        This only notes the request, so that a signal's handler may call it; `run` acts on it.
        """
        self._stopping = True
        self._worker.end_hands() if at_once else self._worker.finish()

    @property
    def busy(self) -> bool:
        return self._worker.busy

    def _look(self) -> None:
        try:
            self._ledger.expire_claims(LEASE_SECONDS)
            self._ledger.see_drives(self._host, self._sightings())
            wanted = [o for o in self._ledger.orders(OrderState.OPEN) if self._may_burn(o)]
            under_way = {attempt.order for attempt in self._ledger.live_attempts(self._host)}
            wanted += [self._ledger.order(number) for number in under_way]  # to compare a disc with it
            for master in {order.master for order in wanted}:
                if self._home.audio(master) is None:
                    self._want(master)
        except (LedgerUnavailable, LedgerFull):
            return  # the worker has told it; what burns goes on

    def _tell_drives(self) -> None:
        with suppress(LedgerUnavailable, LedgerFull):
            self._ledger.see_drives(self._host, self._sightings())

    def _may_burn(self, order: Order) -> bool:
        return not order.drives or any(place.host == self._host for place in order.drives)

    def _want(self, master: str) -> None:
        now = time.monotonic()
        if master in self._fetching or self._asked.get(master, 0.0) > now:
            return
        self._asked[master] = now + POST_AGAIN_SECONDS
        self._carrier.post(FETCH, {"master": master}, queue=self._host, lock=f"{FETCH} {self._host}")

    def _fetch(self, arguments: Mapping[str, Any]) -> None:
        master = str(arguments["master"])
        self._fetching.add(master)
        try:
            if self._home.audio(master) is None:
                self._home.make_room(self._ledger, ROOM_BYTES)
                self._fetcher.fetch(master, self._home.folder / "masters", cancel=self._cancel)
                self._tell(Notice(f"master {master[:12]} is here"))
            self._failed = ""
        except RedbookError as error:
            if not self._stopping:
                self._failed = f"master {master[:12]} could not be fetched, and will be tried again: {error}"
                self._tell(Notice(self._failed))
        finally:
            self._asked[master] = time.monotonic() + FETCH_AGAIN_SECONDS
            self._fetching.discard(master)

    def _hear(self, event: CopyEvent) -> None:
        match event:
            case CopyClaimed() | CopyState() | CopyProgress() | NeedBlank() | TakeDisc() | DriveRests():
                self._events[event.drive] = event
        self._tell(event)

    def _tell(self, event: CopyEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)

    def _sightings(self) -> list[Sighting]:
        return [
            self._why_idle(
                sighting(
                    Place(self._host, name), seen.entry.model, seen.entry.serial, seen.entry.medium, event
                )
            )
            for name, seen in self._pool.poll().items()
            for event in [self._events.get(name)]
        ]

    def _why_idle(self, seen: Sighting) -> Sighting:
        """Say that a drive is waiting for a master: on the page nobody sees this worker's journal."""
        return replace(seen, state=self._failed) if self._failed and seen.state in ("idle", WAITS) else seen


def sighting(place: Place, model: str, serial: str, medium: str, event: CopyEvent | None) -> Sighting:
    """A drive in the ledger's words: the last news about it."""
    state, attempt, done, total, speed = "idle", None, 0, 0, None
    match event:
        case CopyProgress():
            state, attempt = event.phase, event.attempt
            done, total, speed = event.sectors_done, event.sectors, event.speed
        case CopyState() | CopyClaimed():
            state, attempt = getattr(event, "state", "claimed"), event.attempt
        case NeedBlank():
            state = event.why or WAITS
        case TakeDisc():
            state = event.text
        case DriveRests():
            state = f"rests: {event.why}"
    return Sighting(place, model, serial, state, medium, attempt, done, total, speed)
