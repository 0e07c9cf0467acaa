"""Turns rows of the ledger's tables into values."""

from __future__ import annotations

import json

from redbook.errors import NotInLedger
from redbook.production.states import AttemptState, CheckMode, OrderState, Said
from redbook.production.store import Row, Transaction
from redbook.production.values import Attempt, Blank, Order, OrderStep, Place, Sighting, Step

_MOST_NUMBER = 2**63 - 1
"""Neither database counts beyond that, or accepts more as a value."""

ORDER = (
    "SELECT id, master, wanted, title, priority, speed, check_mode, surplus_ok, state, made, spoils_left, "
    "why, made_by, made_at, any_drive FROM orders"
)
ATTEMPT = "SELECT id, order_id, number, host, drive, blank, fence, state, at, reason, report FROM attempts"
SIGHTING_COLUMNS = (
    "host",
    "drive",
    "model",
    "serial",
    "state",
    "medium",
    "attempt",
    "done_sectors",
    "total_sectors",
    "speed",
    "seen_at",
)


def order_of(row: Row, drives: tuple[Place, ...] = ()) -> Order:
    return Order(
        id=row[0],
        master=row[1],
        wanted=row[2],
        title=row[3],
        priority=row[4],
        speed=row[5],
        check=CheckMode(row[6]),
        surplus_ok=bool(row[7]),
        state=OrderState(row[8]),
        made=row[9],
        spoils_left=row[10],
        why=row[11],
        made_by=row[12],
        made_at=row[13],
        drives=drives,
    )


def attempt_of(row: Row) -> Attempt:
    return Attempt(
        id=row[0],
        order=row[1],
        number=row[2],
        blank=Blank(Place(row[3], row[4]), row[5]),
        fence=row[6],
        state=AttemptState(row[7]),
        at=row[8],
        reason=row[9],
        report=json.loads(row[10]),
    )


def step_of(row: Row) -> Step:
    before = AttemptState(row[1]) if row[1] is not None else None
    return Step(row[0], before, AttemptState(row[2]), row[3], Said(row[4]), row[5], row[6])


def sighting_of(row: Row) -> Sighting:
    return Sighting(Place(row[0], row[1]), *row[2:])


def order_step_of(row: Row) -> OrderStep:
    return OrderStep(*row)


def find_order(transaction: Transaction, order: int, lock: str = "") -> Order:
    """The order of this number.

    lock  the SQL that ends the query and locks the row; empty to only read

    raises  NotInLedger
    """
    row = transaction.row(f"{ORDER} WHERE id = ?{lock}", order) if order <= _MOST_NUMBER else None
    if row is None:
        raise NotInLedger(f"the ledger has no order {order}")
    return order_of(row, () if row[14] else places_of(transaction, order))


def places_of(transaction: Transaction, order: int) -> tuple[Place, ...]:
    rows = transaction.rows(
        "SELECT host, drive FROM order_drives WHERE order_id = ? ORDER BY host, drive", order
    )
    return tuple(Place(*row) for row in rows)


def find_attempt(transaction: Transaction, attempt: int, lock: str = "") -> Attempt:
    """The attempt of this number.

    lock  the SQL that ends the query and locks the row; empty to only read

    raises  NotInLedger
    """
    row = transaction.row(f"{ATTEMPT} WHERE id = ?{lock}", attempt) if attempt <= _MOST_NUMBER else None
    if row is None:
        raise NotInLedger(
            f"the ledger has no attempt {attempt}; if it was restored from a backup, the attempt is newer "
            "than that"
        )
    return attempt_of(row)
