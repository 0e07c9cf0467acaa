"""A PostgreSQL server for tests: Debian's programs, a data folder and a port of its own, as user postgres."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

_PROGRAMS = Path("/usr/lib/postgresql")
_START_SECONDS = 60
USER = "redbook"


def programs() -> Path | None:
    """Where the newest server's programs are; None where there is none."""
    found = [p for p in _PROGRAMS.glob("*/bin/initdb") if p.parent.parent.name.isdigit()]
    return max(found, key=lambda p: int(p.parent.parent.name)).parent if found else None


class Server:
    """Started by `start`, ended by `stop`; in between it can be killed and started again on the same port."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = "on" if fsync else "off"  # a process that is killed loses nothing without it
        found = programs()
        assert found is not None, "PostgreSQL is not installed"
        self._programs = found
        self.folder = Path(tempfile.mkdtemp(prefix="redbook-postgres-"))
        # initdb refuses root. Where the tests run as somebody else, the server does, too.
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if self._as:
            record = pwd.getpwnam("postgres")
            os.chown(self.folder, record.pw_uid, record.pw_gid)
        self.port = _free_port()
        self._data = self.folder / "data"
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync")

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [self._programs / program, *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            **self._as,  # type: ignore[call-overload]
        )

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", self._data, "-p", str(self.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                    *("-c", "max_connections=300", "-c", "shared_buffers=64MB"),
                    *("-c", f"fsync={self._fsync}"),
                ],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._as,  # type: ignore[call-overload]
            )
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise AssertionError(self._log.read_text(encoding="utf-8", errors="replace")) from None
                time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would, for the database: at once, nothing written down."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """Clients are thrown out."""
        self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    @property
    def process(self) -> int:
        assert self._process is not None
        return self._process.pid

    def address(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The address of an empty one."""
        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return self.address(name)

    def dump(self, address: str) -> Path:
        """A backup as docs/fleet.md makes it."""
        kept = self.folder / f"{time.monotonic_ns()}.dump"
        self._run("pg_dump", "-Fc", "-f", kept, address)
        return kept

    def restore(self, address: str, kept: Path) -> None:
        self._run("pg_restore", "--clean", "--if-exists", "-d", address, kept)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
