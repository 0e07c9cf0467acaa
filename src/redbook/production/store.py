"""Where a ledger is kept: what the two databases have in common, and how their connections are used.

A store runs statements in transactions, which are durable when `write` ends. Threads and processes may use
one ledger at once; each connection is used by one thread at a time and kept for the next. What a database
calls an error becomes one of ours in its own module, once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from typing import Any, Generic, Protocol, TypeVar

from redbook.errors import LedgerDamaged, RedbookError

SCHEMA_VERSION = 1

IDLE_CONNECTIONS = 4
"""This many connections are kept for whoever comes next."""

Row = tuple[Any, ...]
C = TypeVar("C")
B = TypeVar("B")


class Transaction(Protocol):
    """Statements of which all are done, or none.  `?` stands for a value, in either database.

    now        seconds since 1970, UTC; the same for the whole transaction
    lock       is added to a SELECT so that its rows are nobody else's until the end
    lock_free  the same, leaving out rows that someone else has
    share      is added to a SELECT so that nobody changes its rows until the end
    """

    now: float
    lock: str
    lock_free: str
    share: str

    def row(self, sql: str, *values: object) -> Row | None: ...

    def rows(self, sql: str, *values: object) -> list[Row]: ...

    def run(self, sql: str, *values: object) -> int:
        """Run a statement; returns how many rows it changed."""
        ...


class Store(Protocol):
    """A database that holds one ledger.

    name  what people call it, without a password

    raises  LedgerUnavailable  no answer came. If that was at the end of a `write`, it may have been done
                               anyway
            LedgerFull         no room; nothing was changed
            LedgerConflict     the database's own rules refuse it; nothing was changed
            LedgerDamaged      it is no ledger, or a newer one
    """

    name: str

    def read(self) -> AbstractContextManager[Transaction]: ...

    def write(self) -> AbstractContextManager[Transaction]: ...

    def close(self) -> None: ...


class Connections(Generic[C]):
    """Open connections that nobody uses at the moment; a forked child leaves its parent's alone."""

    def __init__(self, open_one: Callable[[], C], close_one: Callable[[C], None]) -> None:
        self._open = open_one
        self._close = close_one
        self._lock = threading.Lock()
        self._idle: list[C] = []
        self._process = os.getpid()

    @contextmanager
    def one(self, begin: Callable[[C], B]) -> Iterator[tuple[C, B]]:
        """A connection for this thread alone; after an error of the database's it is closed, not kept.

        begin  is called first; what it returns is handed on. If it fails on a connection that was idle, which
               may have died since, a new one is opened
        """
        connection, began = self._begun(begin)
        try:
            yield connection, began
        except RedbookError:  # a refusal of ours: the connection is as good as before
            self._keep(connection)
            raise
        except BaseException:
            self._close(connection)
            raise
        self._keep(connection)

    def _begun(self, begin: Callable[[C], B]) -> tuple[C, B]:
        while (idle := self._take()) is not None:
            try:
                return idle, begin(idle)
            except Exception:  # noqa: BLE001  whatever it is: a new connection shows it again, or it is over
                self._close(idle)
        connection = self._open()
        try:
            return connection, begin(connection)
        except BaseException:
            self._close(connection)
            raise

    def _take(self) -> C | None:
        with self._lock:
            if self._process != os.getpid():
                self._idle, self._process = [], os.getpid()
            return self._idle.pop() if self._idle else None

    def _keep(self, connection: C) -> None:
        with self._lock:
            if len(self._idle) < IDLE_CONNECTIONS and self._process == os.getpid():
                self._idle.append(connection)
                return
        self._close(connection)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            self._close(connection)


def schema(serial: str, passing: str) -> list[str]:
    """The statements that make a ledger's tables, in the words of one database."""
    text = (files("redbook.production") / "schema.sql").read_text(encoding="utf-8")
    bare = "\n".join(line.split("--")[0] for line in text.splitlines())
    bare = bare.replace("{serial}", serial).replace("{passing}", passing)
    return [statement.strip() for statement in bare.split(";") if statement.strip()]


def prepare(transaction: Transaction, statements: list[str]) -> None:
    """Make the tables in an empty database."""
    for statement in statements:
        transaction.run(statement)
    transaction.run("INSERT INTO ledger VALUES ('version', ?)", str(SCHEMA_VERSION))
    transaction.run("INSERT INTO ledger VALUES ('made_at', ?)", repr(transaction.now))


def check_version(transaction: Transaction, name: str) -> None:
    """Check that the database holds a ledger of the version that this redbook knows.

    raises  LedgerDamaged
    """
    row = transaction.row("SELECT value FROM ledger WHERE key = 'version'")
    if row is None:
        raise LedgerDamaged(f"{name} has a table 'ledger' but is not a redbook ledger")
    if row[0] != str(SCHEMA_VERSION):
        raise LedgerDamaged(
            f"{name} is a ledger of version {row[0]}; this redbook knows version {SCHEMA_VERSION}. "
            "Use the redbook that made it, or a newer one"
        )
