"""The ledger: what was ordered, and what became of every blank. Nothing else decides what is burned.

Each method is one transaction, durable when it returns. If it raises LedgerUnavailable it may have been
done all the same: say it again until it is heard. Everything may be said twice; the second time changes
nothing.

    ledger = open_ledger("copies.ledger")
    order = ledger.add_order(master, wanted=20, title="Sermon", made_by="Anna")
    claim = ledger.claim(Blank(Place("desk", "/dev/sr0"), ref))        # a blank is in the drive
    hand = new_fence()
    ledger.gate(claim.attempt, claim.fence, hand)                      # before the first WRITE; on an error
                                                                       # nothing is burned
    ledger.step(claim.attempt, hand, AttemptState.CLOSING)             # before CLOSE
    ledger.step(claim.attempt, hand, AttemptState.VERIFYING)
    ledger.step(claim.attempt, hand, AttemptState.GOOD, report={...})  # then the tray may open

Rules: `states`. One step and what follows from it: `moves`. Claims: `claims`. Tables: `schema.sql`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from redbook.errors import (
    HostNameTaken,
    NoCopyFree,
    OrderClosed,
    Overtaken,
    StepRefused,
)
from redbook.production import claims
from redbook.production.moves import move, rest, set_order_state, write_down, write_down_order
from redbook.production.states import (
    LIVE,
    SPOILED_TO_PAUSE_AN_ORDER,
    VERDICTS,
    AttemptState,
    CheckMode,
    Finding,
    OrderState,
    Said,
)
from redbook.production.store import Store
from redbook.production.tables import (
    ATTEMPT,
    ORDER,
    SIGHTING_COLUMNS,
    attempt_of,
    find_attempt,
    find_order,
    order_of,
    order_step_of,
    places_of,
    sighting_of,
    step_of,
)
from redbook.production.values import (
    Account,
    Attempt,
    Blank,
    Claim,
    Copy,
    DriveRecord,
    Order,
    OrderStep,
    Place,
    Sighting,
    Step,
    new_fence,
)

MOST_COPIES = 1_000_000
"""Of one order; a slip of the keyboard shall not fill the disk."""

_LIVE = ", ".join(f"'{state}'" for state in sorted(LIVE))


def open_ledger(where: str | Path, *, create: bool = True, now: Callable[[], float] | None = None) -> Ledger:
    """A ledger in a file, or in PostgreSQL by an address `postgresql://...` (needs `redbook[fleet]`).

    now     seconds since 1970, UTC; without it the machine's time, or the database's
    raises  LedgerError
    """
    if str(where).startswith(("postgresql:", "postgres:")):
        from redbook.production.postgres import PostgresStore

        return Ledger(PostgresStore(str(where), create=create, now=now))
    from redbook.production.sqlite import SQLiteStore

    return Ledger(SQLiteStore(Path(where), create=create, now=now or time.time))


class Ledger:
    """See the module.  May be used by any number of threads and processes at once.

    Every method raises LedgerError's subclasses LedgerUnavailable, LedgerFull and LedgerDamaged;
    NotInLedger where it is given the number of an order or attempt. What else it raises is told by each.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def name(self) -> str:
        """What people call it; there is no password in it."""
        return self._store.name

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Orders

    def add_order(
        self,
        master: str,
        wanted: int,
        *,
        title: str = "",
        priority: int = 0,
        speed: float | None = None,
        check: CheckMode = CheckMode.FULL,
        surplus_ok: bool = False,
        drives: Sequence[Place] = (),
        made_by: str = "",
    ) -> Order:
        """Order `wanted` good copies of a master, 1 .. 1,000,000.

        drives  only these may burn them; none: any
        raises  ValueError
        """
        if not 1 <= wanted <= MOST_COPIES:
            raise ValueError(f"{wanted} copies: from 1 to {MOST_COPIES:,} can be ordered at once")
        with self._store.write() as t:
            row = t.row(
                "INSERT INTO orders (master, wanted, title, priority, speed, check_mode, "
                "surplus_ok, any_drive, "
                "state, made, spoils_left, has_free, why, made_by, made_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, ?, 1, '', ?, ?) RETURNING id",
                master,
                wanted,
                title,
                priority,
                speed,
                check.value,
                int(surplus_ok),
                int(not drives),
                SPOILED_TO_PAUSE_AN_ORDER,
                made_by,
                t.now,
            )
            assert row is not None  # RETURNING gives a row or the INSERT raises
            for place in sorted(set(drives)):
                t.run("INSERT INTO order_drives VALUES (?, ?, ?)", row[0], place.host, place.drive)
            t.run(
                "INSERT INTO copies (order_id, number) WITH RECURSIVE n(number) AS "
                "(SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < ?) SELECT ?, number FROM n",
                wanted,
                row[0],
            )
            write_down_order(t, row[0], "made", made_by, f"{wanted} copies")
            return find_order(t, row[0])

    def order(self, order: int) -> Order:
        with self._store.read() as t:
            return find_order(t, order)

    def orders(self, *states: OrderState) -> list[Order]:
        """All orders, or those in these states, the newest first."""
        chosen = states or tuple(OrderState)
        with self._store.read() as t:
            rows = t.rows(
                f"{ORDER} WHERE state IN ({', '.join('?' * len(chosen))}) ORDER BY id DESC",
                *(state.value for state in chosen),
            )
            return [order_of(row, () if row[14] else places_of(t, row[0])) for row in rows]

    def account(self, order: int) -> Account:
        """How many discs of an order are good, spoiled, and so on."""
        with self._store.read() as t:
            wanted = find_order(t, order).wanted
            counted = t.rows("SELECT state, count(*) FROM attempts WHERE order_id = ? GROUP BY state", order)
        n = dict.fromkeys(AttemptState, 0) | {AttemptState(state): count for state, count in counted}
        under_way = sum(n[state] for state in LIVE)
        held = under_way + n[AttemptState.GOOD] + n[AttemptState.CHECKED] + n[AttemptState.UNKNOWN]
        return Account(
            wanted=wanted,
            good=n[AttemptState.GOOD],
            checked=n[AttemptState.CHECKED],
            under_way=under_way,
            unknown=n[AttemptState.UNKNOWN],
            free=wanted - held,
            spoiled=n[AttemptState.SPOILED],
            lost=n[AttemptState.LOST],
            void=n[AttemptState.VOID],
        )

    def copies(self, order: int) -> list[Copy]:
        with self._store.read() as t:
            find_order(t, order)
            rows = t.rows(
                "SELECT order_id, number, attempt FROM copies WHERE order_id = ? ORDER BY number", order
            )
        return [Copy(*row) for row in rows]

    def pause(self, order: int, *, who: str = "", why: str = "") -> Order:
        """No further blank is burned; discs under way are finished."""
        return self._set(order, OrderState.PAUSED, {OrderState.OPEN}, who, why)

    def resume(self, order: int, *, who: str = "") -> Order:
        """A paused order goes on, and may spoil as many discs as a new one before it is paused again."""
        return self._set(order, OrderState.OPEN, {OrderState.PAUSED}, who, "")

    def cancel(self, order: int, *, who: str = "", why: str = "", now: bool = False) -> Order:
        """No further blank is burned, for good.

        now  discs under way are to be ended in good order, too (`to_stop`); else they are finished
        """
        return self._set(order, OrderState.CANCELLED, {OrderState.OPEN, OrderState.PAUSED}, who, why, now)

    def _set(
        self, order: int, to: OrderState, of: set[OrderState], who: str, why: str, stop_now: bool = False
    ) -> Order:
        with self._store.write() as t:
            found = find_order(t, order, t.lock)
            if found.state is not to and found.state not in of:
                raise StepRefused(f"order {order} is {found.state} and cannot become {to}", found.state)
            if stop_now:
                t.run("UPDATE orders SET stop_now = 1 WHERE id = ?", order)
            if found.state is not to:
                if to is OrderState.OPEN:
                    t.run("UPDATE orders SET spoils_left = ? WHERE id = ?", SPOILED_TO_PAUSE_AN_ORDER, order)
                set_order_state(t, order, to, who, why)
            return find_order(t, order)

    def set_priority(self, order: int, priority: int, *, who: str = "") -> Order:
        """Orders with a higher one come first; what is under way stays."""
        with self._store.write() as t:
            if find_order(t, order, t.lock).priority != priority:
                t.run("UPDATE orders SET priority = ? WHERE id = ?", priority, order)
                write_down_order(t, order, "priority", who, str(priority))
            return find_order(t, order)

    # Attempts

    def claim(
        self,
        blank: Blank,
        *,
        fence: int | None = None,
        masters: Collection[str] | None = None,
        orders: Collection[int] | None = None,
    ) -> Claim | None:
        """The copy that this blank is for; None if nothing is to be burned on it.

        fence    of `new_fence`, if the claim may have to be said again after LedgerUnavailable
        masters  only copies of these, which the host has; None: of any
        orders   only of these; None: of any
        raises   ClaimRefused  the drive rests, an attempt on it has not ended, or this disc was burned
                               already
        """
        with self._store.write() as t:
            return claims.claim(t, blank, fence or new_fence(), masters, orders)

    def gate(self, attempt: int, fence: int, hand: int) -> None:
        """claimed -> writing. When this returns, and only then, the laser may be switched on, for this
        attempt.

        fence   of the claim. It is used up: from here on `hand` speaks for the attempt
        hand    of `new_fence`, made once by the process that burns; so a second process with the same claim
                is refused, and the same process may ask again
        raises  Overtaken, OrderClosed, StepRefused: the blank is unharmed and stays so
        """
        with self._store.write() as t:
            found = find_attempt(t, attempt, t.lock)
            if found.state is AttemptState.WRITING and found.fence == hand:
                return
            _refuse_overtaken(found, fence)
            if found.state is AttemptState.CLAIMED:
                order = find_order(t, found.order, t.share)
                if order.state is not OrderState.OPEN:
                    raise OrderClosed(f"order {order.id} is {order.state}; nothing was written", order.state)
            move(t, found, AttemptState.WRITING, Said.HAND)
            t.run("UPDATE attempts SET fence = ? WHERE id = ?", hand, attempt)

    def step(
        self,
        attempt: int,
        fence: int,
        to: AttemptState,
        *,
        why: str = "",
        report: Mapping[str, Any] | None = None,
    ) -> Attempt:
        """What a hand says of its attempt; behind the gate with the fence that it gave there.

        raises  Overtaken, StepRefused
        """
        return self._said(attempt, fence, to, Said.HAND, why, report)

    def give_back(self, attempt: int, fence: int, *, why: str = "") -> Attempt:
        """claimed -> void because of the order (paused, cancelled): not held against the drive."""
        return self._said(attempt, fence, AttemptState.VOID, Said.ORDER, why, None)

    def _said(
        self,
        attempt: int,
        fence: int,
        to: AttemptState,
        said: Said,
        why: str,
        report: Mapping[str, Any] | None,
    ) -> Attempt:
        with self._store.write() as t:
            found = find_attempt(t, attempt, t.lock)
            _refuse_overtaken(found, fence)
            if found.state is to:
                return found
            return move(t, found, to, said, why=why, report=report)

    def expire_claims(self, older_than_seconds: float) -> list[Attempt]:
        """Claims that nobody followed by a burn are given back; attempts behind the gate are never touched.

        A claim that seems to lie as far in the future counts, too: somebody's clock was wrong.
        """
        with self._store.write() as t:
            rows = t.rows(
                f"{ATTEMPT} WHERE state = 'claimed' AND (at < ? OR at > ?) ORDER BY id{t.lock_free}",
                t.now - older_than_seconds,
                t.now + older_than_seconds,
            )
            return [
                move(t, attempt_of(row), AttemptState.VOID, Said.LEASE, why="no burn followed the claim")
                for row in rows
            ]

    def attempt(self, attempt: int) -> Attempt:
        with self._store.read() as t:
            return find_attempt(t, attempt)

    def attempts(self, order: int, *states: AttemptState) -> list[Attempt]:
        """Of an order, or those of them in these states, in the order in which they were claimed."""
        chosen = states or tuple(AttemptState)
        with self._store.read() as t:
            find_order(t, order)
            rows = t.rows(
                f"{ATTEMPT} WHERE order_id = ? AND state IN ({', '.join('?' * len(chosen))}) ORDER BY id",
                order,
                *(state.value for state in chosen),
            )
        return [attempt_of(row) for row in rows]

    def live_attempts(self, host: str) -> list[Attempt]:
        """Attempts of a host that have not ended. Those without a hand are for it to examine."""
        with self._store.read() as t:
            rows = t.rows(f"{ATTEMPT} WHERE host = ? AND state IN ({_LIVE}) ORDER BY id", host)
        return [attempt_of(row) for row in rows]

    def to_stop(self, host: str) -> list[Attempt]:
        """Attempts of a host that are to be ended in good order: their orders were cancelled, and at once."""
        with self._store.read() as t:
            rows = t.rows(
                f"{ATTEMPT} WHERE host = ? AND state IN ({_LIVE}) AND EXISTS (SELECT 1 FROM orders "
                "WHERE orders.id = order_id AND orders.state = 'cancelled' AND stop_now = 1) ORDER BY id",
                host,
            )
        return [attempt_of(row) for row in rows]

    def attempt_of_blank(self, host: str, ref: str) -> Attempt | None:
        """The last attempt on the disc that was put in then."""
        with self._store.read() as t:
            row = t.row(f"{ATTEMPT} WHERE host = ? AND blank = ? ORDER BY id DESC LIMIT 1", host, ref)
        return attempt_of(row) if row is not None else None

    def history(self, attempt: int) -> list[Step]:
        """Every step of an attempt, the first one first."""
        with self._store.read() as t:
            find_attempt(t, attempt)
            rows = t.rows(
                "SELECT attempt, from_state, to_state, at, said, who, why FROM history WHERE "
                "attempt = ? ORDER BY id",
                attempt,
            )
        return [step_of(row) for row in rows]

    def order_history(self, order: int) -> list[OrderStep]:
        with self._store.read() as t:
            find_order(t, order)
            rows = t.rows(
                "SELECT order_id, what, at, who, why FROM order_history WHERE order_id = ? ORDER BY id", order
            )
        return [order_step_of(row) for row in rows]

    # What an examination finds, and what a person says

    def take_up(self, attempt: int, host: str) -> Attempt:
        """A live attempt of this host, for examination: its hand can speak for it no more.

        To be called with the drive's lock held; the attempt as it is now, with the fence for `examined`.

        raises  StepRefused  it has ended meanwhile, or is another host's
        """
        with self._store.write() as t:
            found = find_attempt(t, attempt, t.lock)
            if found.blank.place.host != host:
                raise StepRefused(f"attempt {attempt} is on {found.blank.place}, not on {host}", found.state)
            if found.state not in LIVE:
                raise StepRefused(f"attempt {attempt} has ended: it is {found.state}", found.state)
            t.run("UPDATE attempts SET fence = ? WHERE id = ?", new_fence(), attempt)
            return find_attempt(t, attempt)

    def examined(
        self,
        attempt: int,
        fence: int,
        finding: Finding,
        *,
        why: str = "",
        report: Mapping[str, Any] | None = None,
    ) -> Attempt:
        """End an attempt by what was found in its drive (`states.VERDICTS`).

        fence   of `take_up`
        why     more than the verdict says by itself
        raises  Overtaken, StepRefused
        """
        with self._store.write() as t:
            found = find_attempt(t, attempt, t.lock)
            _refuse_overtaken(found, fence)
            if found.state not in LIVE:
                return found  # heard before
            verdict = VERDICTS.get((found.state, finding))
            if verdict is None:
                raise StepRefused(
                    f"attempt {attempt} is {found.state}: its disc cannot be {finding}", found.state
                )
            reason = f"{verdict.why}: {why}" if why else verdict.why
            if verdict.rest_drive:
                rest(t, found.blank.place, reason)
            return move(
                t,
                found,
                verdict.to,
                Said.EXAMINATION,
                who=found.blank.place.host,
                why=reason,
                report=report,
            )

    def resolve(self, attempt: int, to: AttemptState, *, who: str, why: str = "") -> Attempt:
        """What a person says of an attempt that is unknown: good, spoiled or lost.

        raises  ValueError   without a name
                StepRefused  it is not unknown, or another person has said something else
        """
        if not who.strip():
            raise ValueError("whoever resolves an attempt has to give a name")
        with self._store.write() as t:
            found = find_attempt(t, attempt, t.lock)
            if found.state is not AttemptState.UNKNOWN and to is not found.state:
                last = t.row("SELECT who FROM history WHERE attempt = ? ORDER BY id DESC LIMIT 1", attempt)
                by = f", as {last[0]} said" if last is not None and last[0] else ""
                raise StepRefused(
                    f"attempt {attempt} is {found.state}{by}; it cannot become {to}", found.state
                )
            if found.state is to:
                return found
            return move(t, found, to, Said.PERSON, who=who, why=why)

    def adopt(
        self, order: int, blank: Blank, *, who: str, why: str = "", report: Mapping[str, Any] | None = None
    ) -> Attempt:
        """Take a disc that was found to be a good copy, and of which the ledger knows nothing, for a free
        copy.

        Such discs are there after the ledger was restored from a back-up. A person says it, because two
        copies of a master are equal: nobody else knows that this one has not been counted already.

        raises  ValueError, NoCopyFree, LedgerConflict (this disc is in the ledger)
        """
        if not who.strip():
            raise ValueError("whoever adopts a disc has to give a name")
        with self._store.write() as t:
            find_order(t, order)
            row = t.row(
                "SELECT number FROM copies WHERE order_id = ? AND attempt IS NULL ORDER BY number LIMIT 1"
                + t.lock_free,
                order,
            )
            if row is None:
                raise NoCopyFree(
                    f"each copy of order {order} has its disc; this one is beyond what was wanted"
                )
            number = row[0]
            made = t.row(
                "INSERT INTO attempts (order_id, number, host, drive, blank, fence, state, at, "
                "reason, report) "
                "VALUES (?, ?, ?, ?, ?, ?, 'verifying', ?, '', '{}') RETURNING id",
                order,
                number,
                blank.place.host,
                blank.place.drive,
                blank.ref,
                new_fence(),
                t.now,
            )
            assert made is not None  # RETURNING gives a row or the INSERT raises
            t.run("UPDATE copies SET attempt = ? WHERE order_id = ? AND number = ?", made[0], order, number)
            write_down(
                t,
                made[0],
                None,
                AttemptState.VERIFYING,
                Said.PERSON,
                who,
                "a disc that the ledger did not know",
            )
            return move(
                t,
                find_attempt(t, made[0]),
                AttemptState.GOOD,
                Said.EXAMINATION,
                who=who,
                why=why,
                report=report,
            )

    def mark_restored(self, *, who: str, why: str = "restored from a back-up") -> list[Order]:
        """Pause every open order: discs burned since the back-up are not in this ledger and would be
        burned again.
        """
        with self._store.write() as t:
            rows = t.rows(f"{ORDER} WHERE state = 'open' ORDER BY id{t.lock}")
            for row in rows:
                write_down_order(t, row[0], "restored", who, why)
                set_order_state(t, row[0], OrderState.PAUSED, who, why)
            return [find_order(t, row[0]) for row in rows]

    # Drives and hosts

    def drive(self, place: Place) -> DriveRecord:
        """What is held against a drive; nothing against one that was never seen."""
        with self._store.read() as t:
            row = t.row(
                "SELECT spoiled_in_a_row, resting FROM drives WHERE host = ? AND drive = ?",
                place.host,
                place.drive,
            )
        return DriveRecord(place, *row) if row is not None else DriveRecord(place, 0, "")

    def drives(self) -> list[DriveRecord]:
        """Drives that something is, or was, held against."""
        with self._store.read() as t:
            rows = t.rows("SELECT host, drive, spoiled_in_a_row, resting FROM drives ORDER BY host, drive")
        return [DriveRecord(Place(row[0], row[1]), row[2], row[3]) for row in rows]

    def rest_drive(self, place: Place, why: str) -> None:
        """Nobody may use it until `resume_drive`.  raises  ValueError  without a reason"""
        if not why.strip():
            raise ValueError(f"say why {place} shall rest")
        with self._store.write() as t:
            rest(t, place, why)

    def resume_drive(self, place: Place) -> None:
        """A person has looked at it: what was held against it is forgotten."""
        with self._store.write() as t:
            t.run(
                "UPDATE drives SET spoiled_in_a_row = 0, resting = '' WHERE host = ? AND drive = ?",
                place.host,
                place.drive,
            )

    def see_drives(self, host: str, seen: Sequence[Sighting]) -> None:
        """The newest word on all drives of a host; drives that are not named are gone.

        raises  ValueError  for a drive of another host
        """
        if strange := [str(s.place) for s in seen if s.place.host != host]:
            raise ValueError(f"{host} cannot speak for {', '.join(strange)}")
        drives = [s.place.drive for s in seen]
        with self._store.write() as t:
            t.run(
                f"DELETE FROM sightings WHERE host = ?{_not_in('drive', drives)}",
                host,
                *drives,
            )
            if seen:
                values: list[object] = []
                for s in seen:
                    values += (host, s.place.drive, s.model, s.serial, s.state, s.medium, s.attempt)
                    values += (s.done_sectors, s.total_sectors, s.speed, t.now)
                one = f"({', '.join('?' * len(SIGHTING_COLUMNS))})"
                newest = ", ".join(f"{name} = excluded.{name}" for name in SIGHTING_COLUMNS[2:])
                t.run(
                    f"INSERT INTO sightings ({', '.join(SIGHTING_COLUMNS)}) "
                    f"VALUES {', '.join([one] * len(seen))} ON CONFLICT (host, drive) DO UPDATE SET {newest}",
                    *values,
                )

    def sightings(self) -> list[Sighting]:
        """The newest word on every drive."""
        with self._store.read() as t:
            rows = t.rows(f"SELECT {', '.join(SIGHTING_COLUMNS)} FROM sightings ORDER BY host, drive")
        return [sighting_of(row) for row in rows]

    def sign_in(self, host: str, machine: str, *, take_over: bool = False) -> None:
        """A worker starts: the host's name is this machine's from now on.

        machine    what tells machines apart: /etc/machine-id
        take_over  another machine had the name, and a person says that it is gone for good
        raises     HostNameTaken
        """
        with self._store.write() as t:
            t.run(
                "INSERT INTO hosts (host, machine, seen_at) VALUES (?, ?, ?) ON CONFLICT (host) DO NOTHING",
                host,
                machine,
                t.now,
            )
            row = t.row("SELECT machine FROM hosts WHERE host = ?" + t.lock, host)
            if row is not None and row[0] != machine and not take_over:
                raise HostNameTaken(
                    f"the name {host} belongs to another machine; give this one another name (--host), "
                    "or say that the other one is gone for good (--take-over)"
                )
            t.run("UPDATE hosts SET machine = ?, seen_at = ? WHERE host = ?", machine, t.now, host)


def _not_in(column: str, values: Sequence[object]) -> str:
    return f" AND {column} NOT IN ({', '.join('?' * len(values))})" if values else ""


def _refuse_overtaken(attempt: Attempt, fence: int) -> None:
    if attempt.fence != fence:
        raise Overtaken(
            f"somebody else speaks for attempt {attempt.id} now (copy {attempt.number} of order "
            f"{attempt.order} "
            f"on {attempt.blank.place}); it is {attempt.state}",
            attempt.state,
        )
