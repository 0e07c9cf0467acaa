"""Calls carried by Procrastinate: jobs in the ledger's own PostgreSQL, for several machines; needs
`redbook[fleet]`.

Its tables are in their own schema, `redbook_jobs`. What it does not do itself is done here, because
it does no harm (`carrier`): a call whose process died is made again when a process of that queue
starts, and a worker that has lost its database is started again until `stop`. It asks for work every few
seconds instead of listening: NOTIFY makes commits wait for each other, and the ledger's commits are what
counts.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from redbook.clock import Clock, SystemClock
from redbook.errors import LedgerError, LedgerUnavailable, printable
from redbook.production.carrier import Task

try:
    import procrastinate
    import psycopg
    from procrastinate import exceptions, jobs
    from psycopg import conninfo
except ImportError as missing:
    raise LedgerError(
        f"this carrier needs procrastinate, which is not installed: pip install 'redbook[fleet]' ({missing})"
    ) from missing

POLL_SECONDS = 5.0
AGAIN_SECONDS = 2.0
"""After the database was unreachable."""

_SCHEMA = "redbook_jobs"
_MAKING_IT = 0x7265_6462_6F6F_6C
_AWAY = (exceptions.ConnectorException, psycopg.Error, OSError)

log = logging.getLogger("redbook.production.procrastinate")


class ProcrastinateCarrier:
    """See `carrier.Carrier`.

    address  postgresql://...
    tasks    by name
    poll_seconds  how often to ask for work, if there is none

    raises   LedgerUnavailable
    """

    def __init__(
        self,
        address: str,
        tasks: Mapping[str, Task],
        *,
        poll_seconds: float = POLL_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self._tasks = dict(tasks)
        self._poll_seconds = poll_seconds
        self._clock = clock or SystemClock()
        self._address = conninfo.make_conninfo(
            address, options=f"-c search_path={_SCHEMA}", application_name="redbook jobs"
        )
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []
        self._poster = procrastinate.App(
            connector=procrastinate.SyncPsycopgConnector(conninfo=self._address, min_size=1, max_size=2)
        )
        self._make_tables()
        self._poster.open()

    def _make_tables(self) -> None:
        try:
            with psycopg.connect(self._address) as connection:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING_IT,))
                found = connection.execute(
                    "SELECT to_regclass(%s)", (f"{_SCHEMA}.procrastinate_jobs",)
                ).fetchone()
                if found == (None,):
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
                    # As bytes it is sent as it is; it has per cent signs in it.
                    connection.execute(self._poster.schema_manager.get_schema().encode())
        except psycopg.Error as error:
            raise LedgerUnavailable(f"no answer from the carrier's database: {printable(error)}") from error

    def post(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        queue: str = "",
        lock: str = "",
        after_seconds: float = 0.0,
    ) -> int:
        """As `Carrier.post`.  raises  LedgerUnavailable, too"""
        if task not in self._tasks:
            raise KeyError(task)
        later = {"seconds": after_seconds} if after_seconds > 0 else None
        try:
            return self._poster.configure_task(task, queue=queue, lock=lock or None, schedule_in=later).defer(
                **arguments
            )
        except _AWAY as error:
            raise LedgerUnavailable(f"no answer from the carrier's database: {printable(error)}") from error

    def cancel(self, number: int) -> bool:
        try:
            return self._poster.job_manager.cancel_job_by_id(number)
        except _AWAY as error:
            raise LedgerUnavailable(f"no answer from the carrier's database: {printable(error)}") from error

    def run(self, queues: Sequence[str], *, at_once: int = 4) -> None:
        while not self._stopped.is_set():
            try:
                asyncio.run(self._work(list(queues), at_once))
            except (*_AWAY, asyncio.CancelledError) as error:
                if not self._stopped.is_set():
                    log.warning("the carrier's database is unreachable, and will be asked again: %s", error)
                    self._clock.sleep(AGAIN_SECONDS)

    async def _work(self, queues: list[str], at_once: int) -> None:
        app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=self._address, min_size=1, max_size=2)
        )
        for name, task in self._tasks.items():
            app.task(name=name)(_in_a_thread(task))
        async with app.open_async():
            await self._make_left_calls_again(app, queues)
            working = asyncio.ensure_future(
                app.run_worker_async(
                    queues=queues,
                    concurrency=at_once,
                    listen_notify=False,
                    fetch_job_polling_interval=self._poll_seconds,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                )
            )
            running = asyncio.get_running_loop(), working
            with self._lock:
                self._running.append(running)
            try:
                if self._stopped.is_set():
                    working.cancel()
                await working
            finally:
                with self._lock:
                    self._running.remove(running)

    async def _make_left_calls_again(self, app: procrastinate.App, queues: list[str]) -> None:
        """There is one process per queue, and it has just begun: what is under way there belongs to
        nobody.
        """
        now = procrastinate.utils.utcnow()
        for queue in queues:
            left = await app.job_manager.list_jobs_async(queue=queue, status=jobs.Status.DOING.value)
            for job in left:
                if job.id is not None:
                    await app.job_manager.retry_job_by_id_async(job.id, retry_at=now)

    def stop(self) -> None:
        self._stopped.set()
        with self._lock:
            running = list(self._running)
        for loop, working in running:
            loop.call_soon_threadsafe(working.cancel)

    def close(self) -> None:
        """After `run` has returned."""
        self._poster.close()


def _in_a_thread(task: Task) -> Any:
    async def call(**arguments: Any) -> None:
        await asyncio.to_thread(task, arguments)

    return call
