"""The thread beside one hand: it receives the hand's reports, tells the ledger, and answers.

If the ledger does not take something, it is told again and again, and the hand waits in the meantime.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import field
from typing import IO, TYPE_CHECKING, Any

from redbook.engine.events import Notice
from redbook.errors import LedgerError, NotInLedger, OrderClosed, StepRefused, printable
from redbook.production import hand as hands
from redbook.production.events import CopyProgress, CopyState, NeedBlank
from redbook.production.states import LIVE, MADE, AttemptState
from redbook.production.values import Attempt, Claim
from redbook.records import dataclass

if TYPE_CHECKING:
    from redbook.production.station import Station
    from redbook.production.worker import Worker

BUSY_AGAIN_SECONDS = 5.0


@dataclass(slots=True)
class Listening:
    """The thread beside one hand."""

    worker: Worker
    station: Station
    claim: Claim
    process: subprocess.Popen[str]
    errors: IO[bytes]
    fence: int = field(init=False)
    result: dict[str, Any] | None = None
    closed: bool = False

    def __post_init__(self) -> None:
        self.fence = self.claim.fence

    def run(self) -> None:
        worker, station = self.worker, self.station
        try:
            assert self.process.stdout is not None
            for text in self.process.stdout:
                with suppress(ValueError):
                    self._hear(json.loads(text))
            self.process.wait()
            if self.result is None:
                worker.examine(station, self.claim.attempt, self._last_words())
            elif self.result["state"] == hands.UNCLEAR:
                worker.examine(station, self.claim.attempt, str(self.result.get("reason") or ""))
        except (LedgerError, OSError) as error:
            worker.tell(Notice(f"{station.name}: {error}"))
            # Its disc stays in, whatever it is; where the ledger knows the attempt it is looked at again.
            station.state, station.used_ref = "done", self.claim.blank.ref
            if not isinstance(error, NotInLedger):
                station.unexamined = self.claim.attempt
        finally:
            station.process = None
            self.errors.close()
            for pipe in (self.process.stdin, self.process.stdout):
                with suppress(OSError):  # a hand that is gone takes nothing more
                    if pipe is not None:
                        pipe.close()
            self.process.wait()

    def _last_words(self) -> str:
        """What a dead hand last wrote to standard error."""
        self.errors.seek(0)
        lines = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        last = printable(lines[-1]) if lines else ""
        return f"the process that burned it died{f' ({last})' if last else ''}"

    def _hear(self, message: dict[str, Any]) -> None:
        event = message.get("event")
        if event == "gate":
            self._gate(message)
        elif event == "closing":
            self._step_and_go(AttemptState.CLOSING)
        elif event == "phase":
            self._phase(message)
        elif event == "progress":
            self._progress(message)
        elif event == "notice":
            self.worker.tell(Notice(f"{self.station.name}: {message.get('text')}"))
        elif event == "result":
            self._result(message)

    def _answer(self, **fields: object) -> None:
        say(self.process, fields)

    def _gate(self, message: dict[str, Any]) -> None:
        if self.worker.ending:
            self._answer(go=False, why="it was cancelled before anything was written")
            return
        mine = int(message["fence"])
        ledger, claim = self.worker.ledger, self.claim
        try:
            self.worker.until_heard(lambda: ledger.gate(claim.attempt, claim.fence, mine))
        except LedgerError as error:
            self.closed = isinstance(error, OrderClosed)
            self._answer(go=False, why=str(error))
            return
        self.fence = mine
        self._tell(AttemptState.WRITING)
        self._answer(go=True)

    def _step_and_go(self, to: AttemptState) -> None:
        try:
            self._step(to)
        except StepRefused as error:
            self._answer(go=False, why=str(error))
            return
        self._answer(go=True)

    def _step(self, to: AttemptState, why: str = "", report: dict[str, Any] | None = None) -> Attempt:
        """raises  StepRefused"""
        ledger, attempt, fence = self.worker.ledger, self.claim.attempt, self.fence
        made = self.worker.until_heard(lambda: ledger.step(attempt, fence, to, why=why, report=report))
        if to in LIVE:
            self._tell(to)
        return made

    def _tell(self, state: AttemptState) -> None:
        claim = self.claim
        self.worker.tell(CopyState(claim.order, claim.number, claim.attempt, self.station.name, str(state)))

    def _phase(self, message: dict[str, Any]) -> None:
        if message.get("phase") == "verifying":
            with suppress(StepRefused):  # what it comes to will be refused, too, and then be searched
                self._step(AttemptState.VERIFYING)
        self._progress(message)

    def _progress(self, message: dict[str, Any]) -> None:
        claim = self.claim
        self.worker.tell(
            CopyProgress(
                claim.order,
                claim.number,
                claim.attempt,
                self.station.name,
                str(message.get("phase")),
                int(message.get("sectors_done") or 0),
                int(message.get("sectors") or 0),
                message.get("speed"),
                message.get("seconds_left"),
            )
        )

    def _pause(self, why: str) -> None:
        """No drive can do anything about a master that is damaged."""
        ledger, order = self.worker.ledger, self.claim.order
        with suppress(StepRefused):  # someone has cancelled it in the meantime
            self.worker.until_heard(lambda: ledger.pause(order, why=f"its master cannot be burned: {why}"))

    def _result(self, message: dict[str, Any]) -> None:
        """The hand waits, its tray shut, until the ledger has it."""
        self.result = message
        state, reason, report = str(message["state"]), str(message.get("reason") or ""), message.get("report")
        ends = {
            hands.GOOD: AttemptState.GOOD,
            hands.CHECKED: AttemptState.CHECKED,
            hands.SPOILED: AttemptState.SPOILED,
            hands.UNHARMED: AttemptState.VOID,
        }
        if state not in ends:
            self._answer(heard=True, eject=False)
            return
        if message.get("no_master"):
            self._pause(reason)
        try:
            if message.get("busy"):
                self.station.not_before = time.monotonic() + BUSY_AGAIN_SECONDS
            not_the_blank = any(message.get(why) for why in ("busy", "no_master", "unfit"))
            if state == hands.UNHARMED and (not_the_blank or self.worker.ending or self.closed):
                ledger, claim = self.worker.ledger, self.claim
                ended = self.worker.until_heard(
                    lambda: ledger.give_back(claim.attempt, claim.fence, why=reason)
                )
            else:
                ended = self._step(ends[state], reason, report)
        except StepRefused as error:
            # Someone else speaks for it, or it was said otherwise: the disc decides.
            self.worker.tell(Notice(f"{self.station.name}: {error}"))
            self.result = {**message, "state": hands.UNCLEAR}
            self._answer(heard=True, eject=False)
            return
        self._answer(heard=True, eject=ended.state in MADE)
        self.worker.after(self.station, ended, drive_open=None)
        if (
            message.get("unfit") and ended.state is AttemptState.VOID
        ):  # another blank may do, not this one again
            self.station.state, self.station.used_ref = "done", ended.blank.ref
            self.worker.say_once(self.station, NeedBlank(self.station.name, reason))


_saying = threading.Lock()
"""Its listener answers a hand while the worker's loop tells it to end.  Never taken by a signal's handler."""


def say(process: subprocess.Popen[str], fields: dict[str, Any]) -> None:
    """Send a message to a hand. If the hand is gone, it is lost; then the disc is examined."""
    assert process.stdin is not None
    with _saying, suppress(OSError, ValueError):
        process.stdin.write(json.dumps(fields) + "\n")
        process.stdin.flush()
