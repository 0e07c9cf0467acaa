"""What the parts of the ledger's interface have in common: the store that they write to."""

from __future__ import annotations

from redbook.production.store import Store


class Book:
    """A part of the ledger's interface.  `Ledger` is all parts together."""

    def __init__(self, store: Store) -> None:
        self._store = store
