"""The ledger's orders: made, shown, paused, resumed, cancelled."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.errors import (
    StepRefused,
)
from redbook.production.book import Book
from redbook.production.moves import set_order_state, write_down_order
from redbook.production.states import (
    LIVE,
    SPOILED_TO_PAUSE_AN_ORDER,
    AttemptState,
    CheckMode,
    OrderState,
)
from redbook.production.tables import (
    ORDER,
    find_order,
    order_of,
    order_step_of,
    places_of,
)
from redbook.production.values import (
    Account,
    Copy,
    Order,
    OrderStep,
    Place,
)

MOST_COPIES = 1_000_000
"""Of one order; a typing error must not fill the disk."""


class OrderBook(Book):
    """Methods of `Ledger`."""

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
            raise ValueError(f"{wanted} copies: an order can have 1 to {MOST_COPIES:,}")
        with self._store.write() as t:
            row = t.row(
                "INSERT INTO orders (master, wanted, title, priority, speed, check_mode, surplus_ok, "
                "any_drive, state, made, spoils_left, has_free, why, made_by, made_at) VALUES (?, ?, ?, ?, "
                "?, ?, ?, ?, 'open', 0, ?, 1, '', ?, ?) RETURNING id",
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
            write_down_order(t, row[0], "made", made_by, f"{wanted} cop{'y' if wanted == 1 else 'ies'}")
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
        """Pause an order: no further blank is burned; discs under way are finished."""
        return self._set(order, OrderState.PAUSED, {OrderState.OPEN}, who, why)

    def resume(self, order: int, *, who: str = "") -> Order:
        """Continue a paused order. It may spoil as many discs as a new one before it is paused again."""
        return self._set(order, OrderState.OPEN, {OrderState.PAUSED}, who, "")

    def cancel(self, order: int, *, who: str = "", why: str = "", now: bool = False) -> Order:
        """Cancel an order: no further blank is burned, for good.

        now  discs under way are ended cleanly, too (`to_stop`); otherwise they are finished
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

    def add_drives(self, order: int, drives: Sequence[Place], *, who: str = "") -> Order:
        """Let these drives burn an order, too; nothing changes if any drive may."""
        with self._store.write() as t:
            found = find_order(t, order, t.lock)
            more = sorted(set(drives) - set(found.drives)) if found.drives else []
            for place in more:
                t.run("INSERT INTO order_drives VALUES (?, ?, ?)", order, place.host, place.drive)
            if more:
                write_down_order(t, order, "drives", who, ", ".join(map(str, more)))
            return find_order(t, order)

    def set_priority(self, order: int, priority: int, *, who: str = "") -> Order:
        """Orders with a higher priority come first; discs under way are not affected."""
        with self._store.write() as t:
            if find_order(t, order, t.lock).priority != priority:
                t.run("UPDATE orders SET priority = ? WHERE id = ?", priority, order)
                write_down_order(t, order, "priority", who, str(priority))
            return find_order(t, order)

    def order_history(self, order: int) -> list[OrderStep]:
        with self._store.read() as t:
            find_order(t, order)
            rows = t.rows(
                "SELECT order_id, what, at, who, why FROM order_history WHERE order_id = ? ORDER BY id", order
            )
        return [order_step_of(row) for row in rows]

    def mark_restored(self, *, who: str, why: str = "restored from a backup") -> list[Order]:
        """Pause every open order: discs burned since the backup are not in this ledger and would be
        burned again.
        """
        with self._store.write() as t:
            rows = t.rows(f"{ORDER} WHERE state = 'open' ORDER BY id{t.lock}")
            for row in rows:
                write_down_order(t, row[0], "restored", who, why)
                set_order_state(t, row[0], OrderState.PAUSED, who, why)
            return [find_order(t, row[0]) for row in rows]
