"""The sweep for machines that share a ledger: `redbook worker` on PostgreSQL, which is killed, too.

    python -m tests.production.sweep_fleet --seconds 60 --seed 1 --carrier procrastinate

As `sweep`, and beside hands and workers the database is killed (SIGQUIT: nothing is written down), away for
up to three seconds, and started again; and so is `redbook serve`, which the master comes from.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from redbook.errors import LedgerUnavailable
from redbook.production.home import Home
from redbook.production.ledger import Ledger, open_ledger
from redbook.production.states import OrderState
from tests.production.sweep import Sweep
from tests.support import postgres

AWAY_SECONDS = (0.2, 3.0)


@dataclass(frozen=True, slots=True)
class SharedHome(Home):
    """Masters in a folder, the ledger elsewhere."""

    address: str

    def ledger(self, *, create: bool = True) -> Ledger:
        return open_ledger(self.address, create=create)


@dataclass
class FleetSweep(Sweep):
    """See the module."""

    carrier: str = "threads"
    host: str = "desk"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.server = postgres.Server(fsync=True)
        self.server.start()
        self.address = self.server.new_database()
        self.home = SharedHome(self.folder / "account", self.address)
        self.stage: subprocess.Popen[bytes] | None = None
        self._next: list[str] = []
        name = Home(self.folder / "stage").keep_master(list(map(str, self.songs)), flac=True).name
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self._serve()
        with self.home.ledger() as ledger:
            ledger.add_order(name, self.wanted, title="sweep")

    def _serve(self) -> None:
        """The page's server, which the master comes from."""
        self.stage = subprocess.Popen(
            [
                *(sys.executable, "-m", "redbook", "serve", "--drives", "none", "--ledger", self.address),
                *("--spool", str(self.folder / "stage"), "--listen", f"127.0.0.1:{self.port}"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        if self.stage is not None:
            self.stage.kill()
            self.stage.wait()
        self.server.stop()
        shutil.rmtree(self.server.folder)

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "redbook", "worker", "--ledger", self.address, "--host", self.host),
            *("--masters", f"http://127.0.0.1:{self.port}", "--drives", str(self.rack.folder)),
            *("--spool", str(self.home.folder), "--carrier", self.carrier),
        ]

    def _order_is_there(self) -> bool:
        return True

    def _done(self) -> bool:
        try:
            with self.home.ledger(create=False) as ledger:
                order = ledger.order(1)
                if order.state is OrderState.PAUSED:  # five were spoiled: a person goes on
                    ledger.resume(1, who="sweep")
                for drive in ledger.drives():
                    if drive.resting:
                        ledger.resume_drive(drive.place)
                return order.state is OrderState.DONE
        except LedgerUnavailable:
            return False

    def _kill(self) -> None:
        if (
            not self._next
        ):  # a bag, not a die: on a busy machine there are few kills, and none may be left out
            self._next = ["hand", "hand", "worker", "all", "database", "database", "server"]
            self.random.shuffle(self._next)
        what = self._next.pop()
        away = self.random.uniform(*AWAY_SECONDS)
        if what == "database":
            self.server.kill()
            time.sleep(away)
            self.server.start()
            self.kills[what] += 1
        elif what == "server":
            if self.stage is not None:
                self.stage.kill()
                self.stage.wait()
            time.sleep(away)
            self._serve()
            self.kills[what] += 1
        else:
            self._kill_one(what)

    def _let_worker_end(self) -> None:
        if self.worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.worker.pid, signal.SIGTERM)
            self.worker.wait(120)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", type=int, default=0, help="default: what the time is long enough for")
    parser.add_argument("--drives", type=int, default=2)
    parser.add_argument("--carrier", choices=["threads", "procrastinate"], default="threads")
    given = parser.parse_args()
    wanted = given.copies or max(4, round(given.seconds / 6))
    with tempfile.TemporaryDirectory(prefix="redbook-sweep-", dir="/var/tmp") as folder:
        sweep = FleetSweep(Path(folder), given.seed, wanted, given.drives, carrier=given.carrier)
        print(f"ledger in PostgreSQL, carried by {given.carrier}")
        try:
            return 0 if sweep.run(given.seconds) else 1
        finally:
            sweep.close()


if __name__ == "__main__":
    sys.exit(main())
