"""The ledger's attempts: claims, the gate, and what hands report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from redbook.errors import OrderClosed, Overtaken, StepRefused
from redbook.production import claims
from redbook.production.book import Book
from redbook.production.moves import move
from redbook.production.states import (
    LIVE,
    AttemptState,
    OrderState,
    Said,
)
from redbook.production.tables import (
    ATTEMPT,
    attempt_of,
    find_attempt,
    find_order,
    step_of,
)
from redbook.production.values import (
    Attempt,
    Blank,
    Claim,
    Step,
    new_fence,
)

_LIVE = ", ".join(f"'{state}'" for state in sorted(LIVE))


class AttemptBook(Book):
    """Methods of `Ledger`."""

    def claim(
        self,
        blank: Blank,
        *,
        fence: int | None = None,
        masters: Collection[str] | None = None,
        orders: Collection[int] | None = None,
    ) -> Claim | None:
        """Claim a copy for this blank; None if nothing should be burned on it.

        fence    of `new_fence`, if the claim may have to be repeated after LedgerUnavailable
        masters  only copies of these, which the host has; None: of any
        orders   only of these; None: of any
        raises   ClaimRefused  the drive rests, an attempt on it has not ended, or this disc was already
                               burned
        """
        with self._store.write() as t:
            return claims.claim(t, blank, fence or new_fence(), masters, orders)

    def gate(self, attempt: int, fence: int, hand: int) -> None:
        """claimed -> writing. When this returns, and only then, the laser may be switched on, for this
        attempt.

        fence   of the claim. It is used up: from here on `hand` speaks for the attempt
        hand    of `new_fence`, made once by the process that burns, so a second process with the same claim
                is refused, and the same process may ask again
        raises  Overtaken, OrderClosed, StepRefused: the blank is unharmed and stays so
        """
        with self._store.write() as t:
            found = find_attempt(t, attempt, t.lock)
            if found.state is AttemptState.WRITING and found.fence == hand:
                return
            refuse_overtaken(found, fence)
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
        """Record what a hand reports about its attempt; after the gate with the fence that it gave there.

        raises  Overtaken, StepRefused
        """
        return self._said(attempt, fence, to, Said.HAND, why, report)

    def give_back(self, attempt: int, fence: int, *, why: str = "") -> Attempt:
        """claimed -> void because of the order (paused, cancelled): not recorded against the drive."""
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
            refuse_overtaken(found, fence)
            if found.state is to:
                return found
            if to is AttemptState.WRITING:
                raise StepRefused(
                    f"attempt {attempt} is {found.state}; only the gate lets it write", found.state
                )
            return move(t, found, to, said, why=why, report=report)

    def expire_claims(self, older_than_seconds: float) -> list[Attempt]:
        """Give back claims that no burn followed; returns them. Attempts after the gate are never touched.

        A claim that seems to be as far in the future counts, too: someone's clock was wrong.
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
        """The attempts of an order, or those in these states, in the order in which they were claimed."""
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
        """Attempts of a host that have not ended. The host examines those without a hand."""
        with self._store.read() as t:
            rows = t.rows(f"{ATTEMPT} WHERE host = ? AND state IN ({_LIVE}) ORDER BY id", host)
        return [attempt_of(row) for row in rows]

    def to_stop(self, host: str) -> list[Attempt]:
        """Attempts of a host that must be ended cleanly: their orders were cancelled, with immediate
        effect.
        """
        with self._store.read() as t:
            rows = t.rows(
                f"{ATTEMPT} WHERE host = ? AND state IN ({_LIVE}) AND EXISTS (SELECT 1 FROM orders "
                "WHERE orders.id = order_id AND orders.state = 'cancelled' AND stop_now = 1) ORDER BY id",
                host,
            )
        return [attempt_of(row) for row in rows]

    def attempt_of_blank(self, host: str, ref: str) -> Attempt | None:
        """The last attempt on the disc of this insertion."""
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


def refuse_overtaken(attempt: Attempt, fence: int) -> None:
    """Check that this fence speaks for the attempt.  raises  Overtaken  if another one does"""
    if attempt.fence != fence:
        raise Overtaken(
            f"another process is now responsible for attempt {attempt.id} (copy {attempt.number} of order "
            f"{attempt.order} on {attempt.blank.place}); it is {attempt.state}",
            attempt.state,
        )
