"""One step of an attempt, and everything that follows from it, within one transaction.

Rows are locked in one order everywhere (attempt, drive, order, copy), so that two steps never wait for
each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from redbook.errors import LedgerConflict, StepRefused
from redbook.production.states import (
    FREES_COPY,
    MADE,
    SPOILED_IN_A_ROW_TO_REST,
    STEPS,
    VOIDS_OF_A_BLANK_TO_REST,
    AttemptState,
    CheckMode,
    OrderState,
    Said,
)
from redbook.production.store import Transaction
from redbook.production.tables import find_attempt, find_order
from redbook.production.values import Attempt, Order, Place

_AT_THE_DRIVE = frozenset({Said.HAND, Said.EXAMINATION})
"""What these report about a disc counts against, or for, its drive."""


def move(
    transaction: Transaction,
    attempt: Attempt,
    to: AttemptState,
    said: Said,
    *,
    who: str = "",
    why: str = "",
    report: Mapping[str, Any] | None = None,
) -> Attempt:
    """Bring an attempt, whose row is locked, into another state.

    raises  StepRefused  if that step is not legal, or not for this one to report
    """
    refuse_unless_legal(attempt, to, said)
    if to is AttemptState.CHECKED and find_order(transaction, attempt.order).check is CheckMode.FULL:
        raise StepRefused(
            f"copy {attempt.number} of order {attempt.order} is to be read back, not only checked",
            attempt.state,
        )
    transaction.run(
        "UPDATE attempts SET state = ?, at = ?, reason = ?, report = ? WHERE id = ?",
        to.value,
        transaction.now,
        why,
        json.dumps(dict(attempt.report if report is None else report), ensure_ascii=False, sort_keys=True),
        attempt.id,
    )
    write_down(transaction, attempt.id, attempt.state, to, said, who, why)
    _hold_against_drive(transaction, attempt, to, said, why)
    if to in FREES_COPY:
        _free_copy(transaction, attempt, to, said)
    elif to in MADE:
        _count_made(transaction, attempt.order)
    moved = find_attempt(transaction, attempt.id)
    if to is AttemptState.UNKNOWN and find_order(transaction, attempt.order).surplus_ok:
        return move(
            transaction,
            moved,
            AttemptState.LOST,
            Said.ORDER,
            why=f"{why}; surplus discs are welcome".lstrip("; "),
        )
    return moved


def refuse_unless_legal(attempt: Attempt, to: AttemptState, said: Said) -> None:
    """Check that an attempt may become this, and that this one may report it (`states.STEPS`).

    raises  StepRefused
    """
    allowed = STEPS.get((attempt.state, to))
    subject = f"attempt {attempt.id} (copy {attempt.number} of order {attempt.order})"
    if allowed is None:
        raise StepRefused(f"{subject} is {attempt.state} and cannot become {to}", attempt.state)
    if said not in allowed:
        raise StepRefused(
            f"{subject} is {attempt.state}; only {' or '.join(sorted(allowed))} may call it {to}, not {said}",
            attempt.state,
        )


def write_down(
    transaction: Transaction,
    attempt: int,
    before: AttemptState | None,
    after: AttemptState,
    said: Said,
    who: str,
    why: str,
) -> None:
    """Add a step to an attempt's history.  before: None for the claim"""
    transaction.run(
        "INSERT INTO history (attempt, from_state, to_state, at, said, who, why) VALUES (?, ?, "
        "?, ?, ?, ?, ?)",
        attempt,
        before.value if before is not None else None,
        after.value,
        transaction.now,
        said.value,
        who,
        why,
    )


def rest(transaction: Transaction, place: Place, why: str) -> None:
    """Nobody may use the drive until a person allows it. The first reason is kept."""
    transaction.run(
        "INSERT INTO drives (host, drive, spoiled_in_a_row, resting) VALUES (?, ?, 0, ?) "
        "ON CONFLICT (host, drive) DO UPDATE SET resting = excluded.resting WHERE drives.resting = ''",
        place.host,
        place.drive,
        why,
    )


def _hold_against_drive(
    transaction: Transaction, attempt: Attempt, to: AttemptState, said: Said, why: str
) -> None:
    if said not in _AT_THE_DRIVE:
        return
    place = attempt.blank.place
    if to in MADE:
        transaction.run(
            "UPDATE drives SET spoiled_in_a_row = 0 WHERE host = ? AND drive = ? AND spoiled_in_a_row > 0",
            place.host,
            place.drive,
        )
    elif to is AttemptState.SPOILED:
        row = transaction.row(
            "INSERT INTO drives (host, drive, spoiled_in_a_row, resting) VALUES (?, ?, 1, '') "
            "ON CONFLICT (host, drive) DO UPDATE SET spoiled_in_a_row = drives.spoiled_in_a_row + 1 "
            "RETURNING spoiled_in_a_row",
            place.host,
            place.drive,
        )
        if row is not None and row[0] >= SPOILED_IN_A_ROW_TO_REST:
            rest(
                transaction,
                place,
                f"{row[0]} spoiled discs in a row, the last one: {why or 'no reason given'}",
            )
    elif to is AttemptState.VOID:
        row = transaction.row(
            "SELECT count(*) FROM attempts JOIN history ON history.attempt = attempts.id "
            "WHERE host = ? AND blank = ? AND state = 'void' AND to_state = 'void' "
            "AND said IN ('hand', 'examination')",
            place.host,
            attempt.blank.ref,
        )
        if row is not None and row[0] >= VOIDS_OF_A_BLANK_TO_REST:
            rest(
                transaction,
                place,
                f"the same blank was returned unused {row[0]} times: {why or 'no reason given'}",
            )


def _free_copy(transaction: Transaction, attempt: Attempt, to: AttemptState, said: Said) -> None:
    order = find_order(transaction, attempt.order, transaction.lock)
    freed = transaction.run(
        "UPDATE copies SET attempt = NULL WHERE order_id = ? AND number = ? AND attempt = ?",
        attempt.order,
        attempt.number,
        attempt.id,
    )
    if freed != 1:
        raise LedgerConflict(
            f"copy {attempt.number} of order {attempt.order} is not held by attempt "
            f"{attempt.id}, which holds it"
        )
    transaction.run("UPDATE orders SET has_free = 1 WHERE id = ?", attempt.order)
    if to is AttemptState.SPOILED and said in _AT_THE_DRIVE:
        _count_spoiled(transaction, order)


def _count_spoiled(transaction: Transaction, order: Order) -> None:
    left = order.spoils_left - 1
    transaction.run("UPDATE orders SET spoils_left = ? WHERE id = ?", left, order.id)
    if left <= 0 and order.state is OrderState.OPEN:
        set_order_state(transaction, order.id, OrderState.PAUSED, "", "too many spoiled discs")


def _count_made(transaction: Transaction, order: int) -> None:
    row = transaction.row(
        "UPDATE orders SET made = made + 1 WHERE id = ? RETURNING made, wanted, state", order
    )
    if row is not None and row[0] == row[1] and row[2] in (OrderState.OPEN, OrderState.PAUSED):
        set_order_state(transaction, order, OrderState.DONE, "", "")


def set_order_state(transaction: Transaction, order: int, state: OrderState, who: str, why: str) -> None:
    transaction.run("UPDATE orders SET state = ?, why = ? WHERE id = ?", state.value, why, order)
    write_down_order(transaction, order, state.value, who, why)


def write_down_order(transaction: Transaction, order: int, what: str, who: str, why: str) -> None:
    """Add a line to an order's history."""
    transaction.run(
        "INSERT INTO order_history (order_id, what, at, who, why) VALUES (?, ?, ?, ?, ?)",
        order,
        what,
        transaction.now,
        who,
        why,
    )
