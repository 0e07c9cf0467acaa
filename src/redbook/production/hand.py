"""A hand: one process, one drive, one blank, one attempt.  It does what is slow, and decides nothing.

It speaks JSON lines with the worker that has started it: orders arrive on standard input, and events go out
on standard output.

    worker                              hand
      {"attempt": 7, "drive": ...}   ->                 its task, the first line
                                     <-  {"event": "gate", "fence": N}   all is ready; nothing was written
      {"go": true}                   ->                          now it may write
                                     <-  {"event": "progress", ...}, {"event": "notice", ...}
                                     <-  {"event": "closing"}
      {"go": true}                   ->                          now it may close the disc
                                     <-  {"event": "phase", "phase": "verifying", ...}
                                     <-  {"event": "result", "state": "good", "reason": "", "report": {...}}
      {"heard": true, "eject": true} ->                          the tray stays shut until then
                                     <-  {"event": "end"}

`{"cancel": true}` ends a burn cleanly at any time. Standard input that ends means that the worker is
gone: then, before the gate, nothing is burned; after it, the disc is finished, and left to the next
examination.

It runs in its own session, so neither a terminal's Ctrl-C nor the end of the worker stops a laser. While it
has the drive open, nobody else has it: that is how the next worker knows that a hand is still at work.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from redbook.burning.eject import eject
from redbook.burning.job_reports import BurnReport
from redbook.burning.jobs import burn
from redbook.drive import Drive
from redbook.engine.events import Event, Notice, Phase, PhaseStarted, Progress, TrackEnded
from redbook.engine.inspect import inspect
from redbook.engine.quick_check import check_disc
from redbook.engine.steps import Point
from redbook.engine.waiting import resending
from redbook.errors import (
    AudioError,
    Cancelled,
    DriveBusy,
    DriveError,
    NotCommitted,
    PlanError,
    RedbookError,
    VerificationFailed,
)
from redbook.production.values import new_fence
from redbook.recorders.names import open_drive
from redbook.records import dataclass
from redbook.runner.caller import Caller
from redbook.runner.cancel import Cancel

TOLD_SECONDS = 0.5
"""The maximum rate at which progress is reported."""

GOOD, CHECKED, SPOILED, UNHARMED, UNCLEAR = "good", "checked", "spoiled", "unharmed", "unclear"
"""What a hand reports at the end.  UNHARMED: the gate was not passed; UNCLEAR: the disc must be examined."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a hand should do.

    attempt  its number in the ledger, for messages
    drive    as `open_drive` takes it
    master   the folder of the master
    speed    multiple of 1x; None for the recommended one
    check    "full": read back and compared; "quick": table of contents and sizes only
    slower   how many speeds lower than usual
    """

    attempt: int
    drive: str
    master: str
    speed: float | None = None
    check: str = "full"
    slower: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "attempt": self.attempt,
            "drive": self.drive,
            "master": self.master,
            "speed": self.speed,
            "check": self.check,
            "slower": self.slower,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        """The task that `to_json` has written; optional values have their defaults.

        raises  KeyError, TypeError, ValueError  for what is not a task
        """
        speed = data.get("speed")
        check = str(data.get("check", "full"))
        if check not in ("full", "quick"):
            raise ValueError(f"check = {check!r}; it must be full or quick")
        return cls(
            int(data["attempt"]),
            str(data["drive"]),
            str(data["master"]),
            None if speed is None else float(speed),
            check,
            int(data.get("slower", 0)),
        )


class WorkerGone(Exception):
    """Standard input has ended."""


class Refused(Exception):
    """The worker said no."""


class Line:
    """The connection to the worker: lines out, answers in.

    cancel  is called when the worker asks for it
    """

    def __init__(self, incoming: TextIO, outgoing: TextIO, cancel: Cancel) -> None:
        self._out = outgoing
        self._cancel = cancel
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self.gone = False
        self.when_gone: Callable[[], None] | None = None
        self._thread = threading.Thread(
            target=self._listen, args=(incoming,), name="redbook-hand-line", daemon=True
        )
        self._thread.start()

    def tell(self, event: str, **fields: object) -> None:
        """Report an event to the worker. If nobody listens any more, it is lost; the disc shows the same."""
        with self._writing:
            try:
                self._out.write(json.dumps({"event": event, **fields}) + "\n")
                self._out.flush()
            except (OSError, ValueError):
                self.gone = True

    def wait(self) -> dict[str, Any]:
        """The next answer.  raises  WorkerGone"""
        answer = self._answers.get()
        if answer is None:
            self._answers.put(None)
            raise WorkerGone("the worker is gone")
        return answer

    def ask(self, event: str, **fields: object) -> None:
        """Report an event to the worker, and wait until it agrees.

        raises  WorkerGone; Refused  with its reason, if it does not agree
        """
        self.tell(event, **fields)
        answer = self.wait()
        if not answer.get("go"):
            raise Refused(str(answer.get("why") or "the ledger did not agree"))

    def _listen(self, incoming: TextIO) -> None:
        for text in incoming:
            try:
                found = json.loads(text)
            except ValueError:
                continue
            if isinstance(found, dict) and found.get("cancel"):
                self._cancel()
            elif isinstance(found, dict):
                self._answers.put(found)
        self.gone = True
        self._answers.put(None)
        if self.when_gone is not None:
            self.when_gone()


class Hand:
    """Does one task."""

    def __init__(self, task: Task, line: Line, cancel: Cancel) -> None:
        self._task = task
        self._line = line
        self._cancel = cancel
        self._through = self._verifying = self._no_master = self._unfit = False
        self._told_at = 0.0
        self._fence = new_fence()
        line.when_gone = self.left_alone

    def run(self) -> int:
        """Do the task.  Exit code: 0 reported and received, 1 nobody received it."""
        try:
            with open_drive(self._task.drive, cancel=self._cancel) as drive:
                state, reason, report = self._attempt(drive)
                self._line.tell(
                    "result",
                    state=state,
                    reason=reason,
                    report=report,
                    no_master=self._no_master,
                    unfit=self._unfit,
                )
                heard = self._line.wait()
                if heard.get("eject"):
                    self._eject(drive)
        except WorkerGone:
            return 1
        except (DriveError, Cancelled) as error:  # the drive could not be opened
            self._line.tell("result", state=UNHARMED, reason=str(error), report=None, busy=_is_busy(error))
        self._line.tell("end")
        return 0

    def _attempt(self, drive: Drive) -> tuple[str, str, dict[str, Any] | None]:
        """The result, why, and what should be kept of it.

        The tray stays shut until the end: whoever changes discs understands an open tray as done.
        """
        full = self._task.check == "full"
        try:
            speed = self._speed(drive)
            report = burn(
                self._task.master,
                drive,
                speed=speed,
                verify=full,
                reload=False,
                commit=self._commit,
                on_event=self._hear,
                cancel=self._cancel,
            )
        except VerificationFailed as error:
            kept = _kept(error.report) if isinstance(error.report, BurnReport) else None
            return SPOILED, str(error), kept
        except NotCommitted as error:
            return self._undecided, str(error.reason), {"disc_now": error.disc_now}
        except RedbookError as error:
            self._no_master = isinstance(error, AudioError)
            self._unfit = isinstance(error, PlanError)  # too short a blank
            return self._undecided, str(error), {"disc_now": getattr(error, "disc_now", "")}
        if full:
            return GOOD, "", _kept(report)
        return self._look(drive, report)

    def _speed(self, drive: Drive) -> float | None:
        """The ordered speed; lower for a drive that has just spoiled a disc."""
        speed = self._task.speed
        if not self._task.slower:
            return speed
        abilities, _ = Caller(cancel=self._cancel).run(drive, resending(inspect(), lambda: False))
        for _ in range(self._task.slower):
            speed = abilities.speeds.gentler(speed or abilities.speeds.recommended) or speed
        return speed

    @property
    def _undecided(self) -> str:
        return UNCLEAR if self._through else UNHARMED

    def _look(self, drive: Drive, burned: BurnReport) -> tuple[str, str, dict[str, Any] | None]:
        """Table of contents and sizes, as the drive reports them."""
        self._line.tell("phase", phase=str(Phase.VERIFYING.value), track=0)
        tracks = [TrackEnded(t.number, t.start_lba, t.sectors) for t in burned.tracks]
        try:
            Caller(cancel=self._cancel).run(drive, check_disc(tracks, finalized=True))
        except VerificationFailed as error:
            return SPOILED, str(error), _kept(burned)
        except RedbookError as error:  # that it cannot be asked says nothing sure of the disc
            return UNCLEAR, str(error), _kept(burned)
        return CHECKED, "", _kept(burned)

    def _commit(self, point: Point) -> None:
        """The gate.  raises  WorkerGone, Refused"""
        if point is Point.WRITE:
            self._line.ask("gate", fence=self._fence)
            if self._cancel.wanted:
                raise Refused("it was cancelled before anything was written")
            self._through = True
            return
        with contextlib.suppress(WorkerGone):  # a disc that is written is finished, whoever learns of it
            self._line.ask("closing")

    def _hear(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Notice):
            self._line.tell("notice", text=event.text)
        elif isinstance(event, PhaseStarted):
            self._verifying = event.phase is Phase.VERIFYING
            self._line.tell("phase", phase=str(event.phase.value), track=event.track)
            if self._line.gone:
                self.left_alone()

    def left_alone(self) -> None:
        """The worker is gone: neither begin nor verify a disc; one being written is finished and closed."""
        if self._verifying or not self._through:
            self._cancel()

    def _progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told_at < TOLD_SECONDS and progress.sectors_done < progress.sectors:
            return
        self._told_at = now
        self._line.tell(
            "progress",
            phase=str(progress.phase.value),
            sectors_done=progress.sectors_done,
            sectors=progress.sectors,
            speed=progress.speed,
            seconds_left=progress.seconds_left,
        )

    def _eject(self, drive: Drive) -> None:
        try:
            eject(drive)
        except RedbookError as error:
            self._line.tell("notice", text=f"the tray did not open: {error}")
        else:
            self._line.tell("ejected")


def _is_busy(error: Exception) -> bool:
    return isinstance(error, DriveBusy)


def _kept(report: BurnReport) -> dict[str, Any]:
    """What the ledger keeps about a burn."""
    toc = report.toc
    return {
        "speed": report.speed,
        "measured_speed": report.measured_speed,
        "mode": str(report.mode),
        "underruns": report.underruns,
        "host_buffer_lowest": report.host_buffer_lowest,
        "musicbrainz_id": toc.musicbrainz_id if toc is not None else None,
        "offset_samples": report.offset_samples,
        "tracks": [{"number": t.number, "sectors": t.sectors, "sha256": t.sha256} for t in report.tracks],
    }


def main() -> int:
    """Do the one task that arrives on standard input, and report the outcome on standard output.

    Exit code: 0 reported and received, 1 the worker was gone, 2 what arrived was not a task.
    """
    cancel = Cancel()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: cancel())
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what anything prints by itself is no event
    line = Line(sys.stdin, outgoing, cancel)
    try:
        task = Task.from_json(line.wait())
    except WorkerGone:
        return 1
    except (KeyError, TypeError, ValueError) as error:
        line.tell("result", state=UNHARMED, reason=f"this is not a task: {error}", report=None)
        return 2
    return Hand(task, line, cancel).run()


if __name__ == "__main__":
    sys.exit(main())
