"""A ledger in a file, for one machine: SQLite in WAL mode with synchronous FULL.

A transaction that writes begins as such (BEGIN IMMEDIATE), so it waits for its turn and sees what its
predecessor left; no row needs a lock of its own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NoReturn

from redbook.errors import (
    LedgerConflict,
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerUnavailable,
    printable,
)
from redbook.production.store import Connections, Row, check_version, prepare, schema

BUSY_SECONDS = 30.0
"""So long a transaction waits for the one before; each takes milliseconds."""

_GUARDS = [
    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'the history is append only'); END"
    for table in ("history", "order_history")
    for verb in ("UPDATE", "DELETE")
]


class SQLiteTransaction:
    """See `store.Transaction`."""

    lock = lock_free = share = ""

    def __init__(self, connection: sqlite3.Connection, now: float) -> None:
        self._connection = connection
        self.now = now

    def row(self, sql: str, *values: object) -> Row | None:
        rows = self.rows(sql, *values)
        return rows[0] if rows else None

    def rows(self, sql: str, *values: object) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> int:
        return self._connection.execute(sql, values).rowcount


class SQLiteStore:
    """See `store.Store`.

    path    the file; with `create` it is made where it is missing
    now     the time: seconds since 1970, UTC
    raises  LedgerUnavailable  if there is none and none is to be made, or it cannot be opened
    """

    def __init__(self, path: Path, *, create: bool = True, now: Callable[[], float] = time.time) -> None:
        self._path = path.absolute()
        self.name = str(path)
        self._now = now
        if not create and not self._path.exists():
            raise LedgerUnavailable(f"there is no ledger {printable(path)}")
        self._identity: tuple[int, int] | None = None
        self._connections = Connections(self._connect, sqlite3.Connection.close)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        with self.write() as transaction:
            tables = {
                row[0] for row in transaction.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            if not tables:
                prepare(transaction, schema("INTEGER PRIMARY KEY AUTOINCREMENT", "") + _GUARDS)
            elif "ledger" not in tables:
                raise LedgerDamaged(f"{printable(self._path)} is a database, but not a redbook ledger")
            check_version(transaction, self.name)

    def _check_it_is_there(self) -> None:
        """A connection goes on with a file that was removed; what it writes is lost when it is closed.

        raises  LedgerUnavailable
        """
        if self._identity is None:  # it is being made
            return
        name = printable(self._path)
        try:
            found = self._path.stat()
        except OSError as error:
            raise LedgerUnavailable(
                f"the ledger {name} is not where it was ({error.strerror}): put it back"
            ) from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise LedgerUnavailable(
                f"another file has taken the place of the ledger {name}: put the previous one back, or end "
                "the process that makes copies (Ctrl-C twice) and restart it with this one"
            )

    def _connect(self) -> sqlite3.Connection:
        # Each connection is one thread's at a time (store.Connections); sqlite3 need not insist on the
        # same one.
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            found = self._path.stat()
            self._identity = found.st_dev, found.st_ino
        except BaseException:
            connection.close()
            raise
        return connection

    def read(self) -> AbstractContextManager[SQLiteTransaction]:
        return self._turn("BEGIN")

    def write(self) -> AbstractContextManager[SQLiteTransaction]:
        return self._turn("BEGIN IMMEDIATE")

    @contextmanager
    def _turn(self, begin: str) -> Iterator[SQLiteTransaction]:
        self._check_it_is_there()
        try:
            with self._connections.one(_alive) as (connection, _):
                connection.execute(begin)
                try:
                    yield SQLiteTransaction(connection, self._now())
                    connection.execute("COMMIT")
                except BaseException:
                    # A full disk may have rolled it back already.
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
        except sqlite3.Error as error:
            self._explain(error)

    def _explain(self, error: sqlite3.Error) -> NoReturn:
        name = printable(self._path)
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if isinstance(error, sqlite3.IntegrityError):
            raise LedgerConflict(f"the ledger {name} refuses it: {error}") from error
        if primary == sqlite3.SQLITE_FULL:
            raise LedgerFull(
                f"no room for the ledger {name}; nothing was changed. Make room on its file system"
            ) from error
        if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise LedgerDamaged(
                f"{name} is not a ledger, or it is damaged ({error}): put a backup in its place, then "
                "run `redbook copies restored`"
            ) from error
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LedgerUnavailable(
                f"another program has kept the ledger {name} for {BUSY_SECONDS:g} s; try again"
            ) from error
        if primary in (
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_PERM,
        ):
            raise LedgerUnavailable(f"the ledger {name} cannot be used: {error}") from error
        raise LedgerError(f"the ledger {name}: {error}") from error

    def close(self) -> None:
        self._connections.close()


def _alive(connection: sqlite3.Connection) -> None:
    """A file's connection does not die while nobody uses it."""
