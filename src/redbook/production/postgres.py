"""A ledger in PostgreSQL, for several machines; needs `redbook[fleet]`.

The tables are in their own schema, `redbook`, so that the database may hold other things. Steps lock
the rows that they change; claims skip what others are claiming. Time is the database's: hosts need not
agree on it.

A connection that was idle may have died since (the server was restarted): that shows at the beginning of a
transaction, before anything is done, and another one is opened. Poolers must be in session mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, cast

from redbook.errors import (
    LedgerConflict,
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerUnavailable,
    printable,
)
from redbook.production.store import Connections, Row, check_version, prepare, schema

try:
    import psycopg
    from psycopg import conninfo
except ImportError as missing:
    raise LedgerError(
        "a ledger in PostgreSQL needs psycopg, which is not installed: pip install "
        f"'redbook[fleet]' ({missing})"
    ) from missing

if TYPE_CHECKING:
    Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS = 10
"""How long a server may take to answer at all."""

LOCK_SECONDS = 30
"""How long a step waits for the previous one; each takes milliseconds."""

SILENT_SECONDS = 20
"""A connection whose packets are not acknowledged for this long is given up."""

_MAKING_IT = 0x7265_6462_6F6F_6B
"""The advisory lock under which tables are made: "redbook" in ASCII."""

_GUARDS = [
    "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'the history is append only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
] + [
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION append_only()"
    for table in ("history", "order_history")
]


class PostgresTransaction:
    """See `store.Transaction`."""

    lock = " FOR NO KEY UPDATE"
    lock_free = " FOR NO KEY UPDATE SKIP LOCKED"
    share = " FOR SHARE"

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self.now = now

    def row(self, sql: str, *values: object) -> Row | None:
        rows = self.rows(sql, *values)
        return rows[0] if rows else None

    def rows(self, sql: str, *values: object) -> list[Row]:
        return self._connection.execute(_their(sql), values or None).fetchall()

    def run(self, sql: str, *values: object) -> int:
        return self._connection.execute(_their(sql), values or None).rowcount


def _their(sql: str) -> Any:
    return sql.replace("?", "%s")


class PostgresStore:
    """See `store.Store`.

    address  postgresql://user:password@host:port/database, or what else libpq takes; what it leaves out comes
             from PGHOST, PGPASSWORD, ~/.pgpass and so on
    now      the time, instead of the database's
    raises   LedgerUnavailable  no answer, or there is no ledger and none should be created
    """

    def __init__(self, address: str, *, create: bool = True, now: Callable[[], float] | None = None) -> None:
        self._now = now
        try:
            parts = conninfo.conninfo_to_dict(address)
        except psycopg.Error as error:
            raise LedgerUnavailable(f"this is not the address of a database: {printable(error)}") from error
        self._address = conninfo.make_conninfo(
            address,
            connect_timeout=CONNECT_SECONDS,
            tcp_user_timeout=SILENT_SECONDS * 1000,
            keepalives_idle=SILENT_SECONDS,
            application_name="redbook",
            options=f"-c search_path=redbook -c synchronous_commit=on -c lock_timeout={LOCK_SECONDS}s "
            "-c default_transaction_isolation=read\\ committed",
        )
        where = f"{parts.get('host', '')}{':' if parts.get('port') else ''}{parts.get('port') or ''}"
        self.name = f"postgresql://{where}/{parts.get('dbname') or ''}"
        self._connections = Connections(self._connect, psycopg.Connection.close)
        try:
            self._open(create)
        except BaseException:
            self.close()
            raise

    def _open(self, create: bool) -> None:
        with self.write() as transaction:
            transaction.run("SELECT pg_advisory_xact_lock(?)", _MAKING_IT)
            if transaction.row("SELECT to_regclass('redbook.ledger')") == (None,):
                if not create:
                    raise LedgerUnavailable(f"there is no ledger in {printable(self.name)}")
                transaction.run("CREATE SCHEMA IF NOT EXISTS redbook")
                prepare(
                    transaction,
                    schema("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "UNLOGGED") + _GUARDS,
                )
            check_version(transaction, self.name)

    def _connect(self) -> Connection:
        return psycopg.connect(self._address)

    def read(self) -> AbstractContextManager[PostgresTransaction]:
        return self._turn()

    def write(self) -> AbstractContextManager[PostgresTransaction]:
        return self._turn()

    @contextmanager
    def _turn(self) -> Iterator[PostgresTransaction]:
        try:
            with self._connections.one(begin=_begin) as (connection, began):
                try:
                    yield PostgresTransaction(connection, self._now() if self._now else began)
                    connection.commit()
                except BaseException:
                    if not connection.broken:
                        connection.rollback()
                    raise
        except psycopg.Error as error:
            self._explain(error)

    def _explain(self, error: psycopg.Error) -> NoReturn:
        name = printable(self.name)
        reason = printable(" ".join(str(error).split()) or type(error).__name__)  # libpq's words have lines
        if isinstance(error, psycopg.IntegrityError):
            raise LedgerConflict(f"the ledger {name} refuses it: {reason}") from error
        if isinstance(error, psycopg.errors.DiskFull):
            raise LedgerFull(
                f"no room for the ledger {name}; nothing was changed. Make room on the database's file system"
            ) from error
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            raise LedgerUnavailable(f"no answer from the ledger {name}: {reason}") from error
        if isinstance(error, psycopg.errors.DataCorrupted | psycopg.errors.IndexCorrupted):
            raise LedgerDamaged(f"the ledger {name} is damaged: {reason}") from error
        raise LedgerError(f"the ledger {name}: {reason}") from error

    def close(self) -> None:
        self._connections.close()


def _begin(connection: Connection) -> float:
    """Begin a transaction: the first statement does this, and returns the time."""
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    return cast(float, row[0]) if row is not None else 0.0
