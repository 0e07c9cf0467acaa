"""A blank claims a copy: the first free one of the first order that this drive may burn.

Orders are searched, not copies: there are few of them, and the order says what a host may burn
(open, its master here, for this drive). An order whose copies are all taken is excluded by a flag, which is
lowered here and raised by whoever frees a copy, both with the order's row locked; so a claim touches the
order's row only when it found the last copy gone, and fifty hosts can claim at the same time.
"""

from __future__ import annotations

from collections.abc import Collection

from redbook.errors import ClaimRefused
from redbook.production.moves import write_down
from redbook.production.states import LIVE, AttemptState, Said
from redbook.production.store import Transaction
from redbook.production.tables import ATTEMPT, attempt_of, find_order
from redbook.production.values import Attempt, Blank, Claim, Place

ORDERS_AT_A_TIME = 20

_LIVE = ", ".join(f"'{state}'" for state in sorted(LIVE))


def claim(
    transaction: Transaction,
    blank: Blank,
    fence: int,
    masters: Collection[str] | None,
    orders: Collection[int] | None,
) -> Claim | None:
    """See `Ledger.claim`."""
    spoiled_last = _refuse_resting(transaction, blank.place)
    live = _live_on(transaction, blank.place)
    if live is not None:
        if live.fence == fence and live.blank == blank and live.state is AttemptState.CLAIMED:
            return claim_of(transaction, live, spoiled_last)
        raise ClaimRefused(
            f"attempt {live.id} on {blank.place} is still {live.state}; it must end first", live.state
        )
    _refuse_used(transaction, blank)
    found = _free_copy(transaction, blank.place, masters, orders)
    if found is None:
        return None
    order, number = found
    row = transaction.row(
        "INSERT INTO attempts (order_id, number, host, drive, blank, fence, state, at, reason, report) "
        "VALUES (?, ?, ?, ?, ?, ?, 'claimed', ?, '', '{}') RETURNING id",
        order,
        number,
        blank.place.host,
        blank.place.drive,
        blank.ref,
        fence,
        transaction.now,
    )
    assert row is not None  # RETURNING gives a row or the INSERT raises
    transaction.run(
        "UPDATE copies SET attempt = ? WHERE order_id = ? AND number = ? AND attempt IS NULL",
        row[0],
        order,
        number,
    )
    write_down(transaction, row[0], None, AttemptState.CLAIMED, Said.HAND, blank.place.host, "")
    of = find_order(transaction, order)
    return Claim(row[0], order, number, blank, fence, of.master, of.speed, of.check, spoiled_last)


def claim_of(transaction: Transaction, attempt: Attempt, spoiled_last: int = 0) -> Claim:
    """What an attempt's hand needs to know."""
    order = find_order(transaction, attempt.order)
    return Claim(
        attempt.id,
        attempt.order,
        attempt.number,
        attempt.blank,
        attempt.fence,
        order.master,
        order.speed,
        order.check,
        spoiled_last,
    )


def _refuse_resting(transaction: Transaction, place: Place) -> int:
    row = transaction.row(
        "SELECT spoiled_in_a_row, resting FROM drives WHERE host = ? AND drive = ?", place.host, place.drive
    )
    if row is None:
        return 0
    if row[1]:
        raise ClaimRefused(
            f"{place} is resting: {row[1]}. It is used again when a person allows it", "resting"
        )
    return int(row[0])


def _live_on(transaction: Transaction, place: Place) -> Attempt | None:
    row = transaction.row(
        f"{ATTEMPT} WHERE host = ? AND drive = ? AND state IN ({_LIVE})", place.host, place.drive
    )
    return attempt_of(row) if row is not None else None


def _refuse_used(transaction: Transaction, blank: Blank) -> None:
    row = transaction.row(
        f"{ATTEMPT} WHERE host = ? AND blank = ? AND state <> 'void'", blank.place.host, blank.ref
    )
    if row is not None:
        used = attempt_of(row)
        raise ClaimRefused(
            f"the disc in {blank.place} was burned as copy {used.number} of order {used.order} "
            f"({used.state})",
            used.state,
        )


def _free_copy(
    transaction: Transaction, place: Place, masters: Collection[str] | None, orders: Collection[int] | None
) -> tuple[int, int] | None:
    """An order and a number; the copy's row is locked."""
    limits, values = _limits(masters, orders)
    after: tuple[int, int] | None = None
    while True:
        behind = "" if after is None else " AND (priority < ? OR (priority = ? AND id > ?))"
        page = transaction.rows(
            "SELECT id, priority FROM orders WHERE state = 'open' AND has_free = 1 AND (any_drive = 1 OR "
            "EXISTS (SELECT 1 FROM order_drives WHERE order_id = orders.id AND host = ? AND drive = ?))"
            f"{limits}{behind} ORDER BY priority DESC, id LIMIT {ORDERS_AT_A_TIME}",
            place.host,
            place.drive,
            *values,
            *((after[1], after[1], after[0]) if after is not None else ()),
        )
        for order, _ in page:
            row = transaction.row(
                "SELECT number FROM copies WHERE order_id = ? AND attempt IS NULL ORDER BY number LIMIT 1"
                + transaction.lock_free,
                order,
            )
            if row is not None:
                return order, row[0]
            _lower_flag(transaction, order)
        if len(page) < ORDERS_AT_A_TIME:
            return None
        after = page[-1][0], page[-1][1]


def _lower_flag(transaction: Transaction, order: int) -> None:
    """No copy was available: either none is free, or others are claiming the last ones at this moment."""
    transaction.row("SELECT id FROM orders WHERE id = ?" + transaction.lock, order)
    free = transaction.row("SELECT 1 FROM copies WHERE order_id = ? AND attempt IS NULL LIMIT 1", order)
    if free is None:
        transaction.run("UPDATE orders SET has_free = 0 WHERE id = ?", order)


def _limits(masters: Collection[str] | None, orders: Collection[int] | None) -> tuple[str, list[object]]:
    sql, values = "", list[object]()
    given: tuple[tuple[str, Collection[object] | None], ...] = (("master", masters), ("id", orders))
    for column, allowed in given:
        if allowed is not None:
            sql += f" AND {column} IN ({', '.join('?' * len(allowed)) or 'NULL'})"
            values += allowed
    return sql, values
