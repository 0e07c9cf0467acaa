"""The ledger's attempts once their hand is gone: what an examination finds, what a person reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redbook.errors import (
    NoCopyFree,
    StepRefused,
)
from redbook.production.attempt_book import refuse_overtaken
from redbook.production.book import Book
from redbook.production.moves import move, rest, write_down
from redbook.production.states import (
    LIVE,
    VERDICTS,
    AttemptState,
    Finding,
    Said,
)
from redbook.production.tables import (
    ATTEMPT,
    attempt_of,
    find_attempt,
    find_order,
)
from redbook.production.values import (
    Attempt,
    Blank,
    new_fence,
)


def refuse_known(attempt: Attempt) -> None:
    """Of a disc that someone wants to have counted.  raises  StepRefused  it is in the ledger"""
    if attempt.state is not AttemptState.VOID:
        what = (
            f"the ledger knows this disc: copy {attempt.number} of order {attempt.order} is {attempt.state}"
        )
        if attempt.state is AttemptState.UNKNOWN:
            what += f"; say what became of it: redbook copies resolve {attempt.id} good"
        raise StepRefused(what, attempt.state)


class ExaminationBook(Book):
    """Methods of `Ledger`."""

    def take_up(self, attempt: int, host: str) -> Attempt:
        """Take a live attempt of this host over for examination: its hand can no longer speak for it.

        Call this with the drive's lock held. Returns the attempt as it is now, with the fence for `examined`.

        raises  StepRefused  it has ended in the meantime, or is another host's
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
        why     more than the verdict itself says
        raises  Overtaken, StepRefused
        """
        with self._store.write() as t:
            found = find_attempt(t, attempt, t.lock)
            refuse_overtaken(found, fence)
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
        """Record what a person reports about an unknown attempt: good, spoiled or lost.

        raises  ValueError   without a name
                StepRefused  it is not unknown, or another person has said something else
        """
        if not who.strip():
            raise ValueError("whoever resolves an attempt must give a name")
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
        """Count a disc that was found to be a good copy, and that the ledger does not know, as a free copy.

        Such discs exist after the ledger was restored from a backup. A person has to say this: two copies of
        a master are identical, so nobody else knows that this one has not already been counted.

        raises  ValueError, NoCopyFree, StepRefused (this disc is in the ledger)
        """
        if not who.strip():
            raise ValueError("whoever adopts a disc must give a name")
        with self._store.write() as t:
            find_order(t, order)
            counted = t.row(
                f"{ATTEMPT} WHERE host = ? AND blank = ? AND state <> 'void'", blank.place.host, blank.ref
            )
            if counted is not None:
                refuse_known(attempt_of(counted))
            row = t.row(
                "SELECT number FROM copies WHERE order_id = ? AND attempt IS NULL ORDER BY number LIMIT 1"
                + t.lock_free,
                order,
            )
            if row is None:
                raise NoCopyFree(f"every copy of order {order} has its disc; this one is not needed")
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
