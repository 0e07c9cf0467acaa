"""The ledger: what was ordered, and what became of every blank. Nothing else decides what is burned.

Each method is one transaction, durable when it returns. If it raises LedgerUnavailable it may have been
done anyway: call it again until it succeeds. Every call may be repeated; the second one changes
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

The methods are in `order_book`, `attempt_book`, `examination_book` and `drive_book`, by subject. Rules:
`states`. One step and what follows from it: `moves`. Claims: `claims`. Tables: `schema.sql`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from redbook.closing import Closing
from redbook.production.attempt_book import AttemptBook
from redbook.production.drive_book import DriveBook
from redbook.production.examination_book import ExaminationBook
from redbook.production.order_book import OrderBook


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


class Ledger(OrderBook, AttemptBook, ExaminationBook, DriveBook, Closing):
    """See the module.  May be used by any number of threads and processes at once.

    Every method raises LedgerError's subclasses LedgerUnavailable, LedgerFull and LedgerDamaged;
    NotInLedger if it is given the number of an order or attempt. Each documents what else it raises.
    """

    @property
    def name(self) -> str:
        """What people call it; there is no password in it."""
        return self._store.name

    def close(self) -> None:
        self._store.close()
