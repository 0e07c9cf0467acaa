"""Kills whatever makes copies, again and again, and then counts: the discs by reading them, and the ledger.

    python -m tests.production.sweep --seconds 60 --seed 1

`redbook copies` burns on a rack of virtual recorders that take the time of real ones. Each 1 to 3.5 s a
process is killed (SIGKILL): a hand in the middle of a burn, the worker, or all of them; or a hand is
stopped for a while (SIGSTOP). A worker that has ended is started again (`redbook copies resume`), as a
person would. A robot changes discs: out of trays that are open, and such as the ledger calls spoiled. When
the time is up nothing is killed any more, and the order is worked off.

Then every disc in the rack is read and compared with the master, without the ledger; and the two accounts
have to be the same: so many good ones as were ordered, not one more, and every spoiled one known. Exit code
1 if not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import redbook
from redbook.errors import LedgerUnavailable
from redbook.production.home import Home
from redbook.production.making import HERE, report_of
from redbook.production.pool import disc_in
from redbook.production.states import AttemptState, OrderState
from redbook.recorders.names import open_drive
from redbook.virtual.rack import Rack
from tests.support.sound import noise, write_wav

LEAST_SECONDS, MOST_SECONDS = 1.0, 3.5
USUAL_START_SECONDS = 0.6
PACE = 52.0
QUIET_SECONDS = 600.0
"""For which the rest of the order may be worked off at most."""


@dataclass
class Sweep:
    """One run.  Everything random comes from the seed; what the machine's load does, does not."""

    folder: Path
    seed: int
    wanted: int
    drives: int
    kills: Counter[str] = field(default_factory=Counter)
    host: str = HERE
    """The host's name in the ledger."""

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.rack = Rack.new(self.folder / "rack", drives=self.drives, blanks=10_000, pace=PACE)
        self.songs = [write_wav(self.folder / f"{n}.wav", noise(588 * 450, n)) for n in range(2)]
        self.home = Home(self.folder / "account")
        self.env = os.environ | {"REDBOOK_COPIES": str(self.home.folder), "REDBOOK_MODEL": "redbook"}
        self.worker: subprocess.Popen[bytes] | None = None
        self._stop = threading.Event()
        self._bag: list[str] = []

    # The machine

    def _command(self) -> list[str]:
        """What makes copies."""
        command = [sys.executable, "-m", "redbook", "-q", "copies"]
        if self._order_is_there():
            command += ["resume", "1"]
        else:
            command += [*map(str, self.songs), "--count", str(self.wanted), "--speed", "max"]
        return [*command, "--drives", str(self.rack.folder)]

    def _start(self) -> None:
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                self._command(),
                env=self.env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _order_is_there(self) -> bool:
        if not self.home.ledger_path.exists():
            return False
        with self.home.ledger() as ledger:
            return bool(ledger.orders())

    def _done(self) -> bool:
        if not self._order_is_there():
            return False
        with self.home.ledger() as ledger:
            return ledger.order(1).state is OrderState.DONE

    def _hands(self) -> list[int]:
        """Processes of this run that burn, also those whose worker is dead."""
        found = []
        mark = f"REDBOOK_COPIES={self.home.folder}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                is_hand = b"redbook.production.hand" in (entry / "cmdline").read_bytes()
                if is_hand and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return sorted(found)

    # The robot

    def _tend(self) -> None:
        with self.home.ledger() as ledger:
            while not self._stop.wait(0.1):
                for at in self.rack.drives():
                    tray = at.tray
                    if at.in_use:
                        continue
                    if not tray.is_open and tray.disc is not None:
                        try:
                            last = ledger.attempt_of_blank(self.host, disc_in(f"rack:{at.folder}"))
                        except LedgerUnavailable:  # it was killed
                            continue
                        if last is None or last.state is not AttemptState.SPOILED:
                            continue
                    blank = self.rack.take_blank()
                    assert blank is not None
                    try:
                        at.put_in(blank)
                    except redbook.DriveBusy:
                        continue

    # The killing

    def _kill(self) -> None:
        """Out of a bag, not by a die: on a busy machine kills are few, and none is left out."""
        if not self._bag:
            self._bag = ["hand", "hand", "worker", "all", "stop"]
            self.random.shuffle(self._bag)
        self._kill_one(self._bag.pop())

    def _kill_one(self, what: str) -> None:
        victims = self._hands()
        if what in ("worker", "all") and self.worker is not None:
            self._end(self.worker.pid)
        if what == "hand" and victims:
            self._end(self.random.choice(victims))
        if what == "all":
            for pid in victims:
                self._end(pid)
        if what == "stop" and victims:
            self._halt(self.random.choice(victims))
        if what not in ("hand", "stop") or victims:
            self.kills[what] += 1

    def _halt(self, pid: int) -> None:
        """It sleeps for a while, as a process does that waits for a disk or for memory."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            threading.Timer(self.random.uniform(1.0, 5.0), self._wake, (pid,)).start()

    @staticmethod
    def _wake(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    @staticmethod
    def _end(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    @staticmethod
    def _slowness() -> float:
        """How many times longer than on an idle machine a hand takes to start: else none gets to burn."""
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import redbook.production.hand"], check=True)
        return max(1.0, (time.monotonic() - began) / USUAL_START_SECONDS)

    def run(self, seconds: float) -> bool:
        """Whether both accounts are the same, and the order is complete."""
        self.home.ledger().close()
        robot = threading.Thread(target=self._tend, daemon=True)
        robot.start()
        slow = self._slowness()
        began = time.monotonic()
        next_kill = began + slow * self.random.uniform(LEAST_SECONDS, MOST_SECONDS)
        starts = 0
        try:
            while not self._done():
                now = time.monotonic()
                if self.worker is None or self.worker.poll() is not None:
                    self._start()
                    starts += 1
                if now - began < seconds and now >= next_kill:
                    self._kill()
                    next_kill = now + slow * self.random.uniform(LEAST_SECONDS, MOST_SECONDS)
                if now - began > seconds + QUIET_SECONDS:
                    print("the order was not worked off in time; worker.log ends with:")
                    print((self.folder / "worker.log").read_text()[-2000:])
                    return False
                time.sleep(0.05)
            self._let_worker_end()
            while self._hands():
                time.sleep(0.1)
        except BaseException:  # Ctrl-C: nothing of this run outlives it
            for pid in [self.worker.pid] * (self.worker is not None) + self._hands():
                self._end(pid)
            raise
        finally:
            self._stop.set()
            robot.join()
        return self._compare(time.monotonic() - began, starts)

    def _let_worker_end(self) -> None:
        """The order is done."""
        if self.worker is not None:
            self.worker.wait(60)

    # The two accounts

    def _world(self) -> Counter[str]:
        """Every disc, by reading it."""
        found: Counter[str] = Counter()
        for disc in self.rack.discs():
            with open_drive(f"virtual:{disc}", read_only=True) as drive:
                info = redbook.disc_info(drive).disc
                if info.status.name == "BLANK":
                    found["blank"] += 1
                    continue
                try:
                    redbook.verify(self.songs, drive)
                except redbook.RedbookError:
                    found["spoiled"] += 1
                else:
                    found["good"] += 1
        return found

    def _compare(self, seconds: float, starts: int) -> bool:
        world = self._world()
        with self.home.ledger() as ledger:
            account, report = ledger.account(1), report_of(ledger, 1)
        killed = ", ".join(f"{count} x {what}" for what, count in sorted(self.kills.items()))
        print(
            f"seed {self.seed}: {sum(self.kills.values())} kills ({killed}), {starts} starts, {seconds:.0f} s"
        )
        print(f"ordered          {self.wanted} good discs on {self.drives} recorders at {PACE:g}x")
        print(f"in the world     {world['good']} good, {world['spoiled']} spoiled, {world['blank']} blank")
        print(
            f"in the ledger    {account.good} good, {account.spoiled} spoiled, {account.unknown} unknown, "
            f"{account.void} given back unharmed"
        )
        same = (
            world["good"] == account.good == self.wanted
            and world["spoiled"] == account.spoiled
            and not account.unknown
            and not account.under_way
        )
        print("the same" if same else "NOT THE SAME")
        if not same:
            for blank in report.blanks:
                print(
                    f"  attempt {blank.attempt} copy {blank.number} {blank.drive} {blank.state}: {blank.why}"
                )
        return same


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--copies", type=int, default=0, help="default: as many as the time is long enough for"
    )
    parser.add_argument("--drives", type=int, default=2)
    given = parser.parse_args()
    wanted = given.copies or max(4, round(given.seconds / 6))
    with tempfile.TemporaryDirectory(prefix="redbook-sweep-", dir="/var/tmp") as folder:
        return 0 if Sweep(Path(folder), given.seed, wanted, given.drives).run(given.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
