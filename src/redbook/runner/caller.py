"""The caller of a job: who receives its events, whose cancel it obeys, and whose clock it uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Self, TypeAlias

from redbook.clock import Clock, SystemClock
from redbook.drive import Drive
from redbook.engine.chunks import SectorStream, SentAudio
from redbook.engine.events import REPORT_EVERY_SECONDS, Event, Waiting
from redbook.engine.steps import Point, Procedure, R
from redbook.errors import Cancelled
from redbook.records import dataclass
from redbook.runner.cancel import LONGEST_NAP_SECONDS, UNCHANGED, Cancel
from redbook.runner.job import Job
from redbook.runner.meter import Supply
from redbook.runner.runner import Runner

Listener: TypeAlias = Callable[[Event], None]
"""Called with each event, on the thread that called."""

Consent: TypeAlias = Callable[[Point], None]
"""Asked before a step that cannot be undone, on the job's thread; it objects by raising."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The arguments that every call of the Python API takes, as one value.

    on_event  called with each event, on the caller's thread; None if nobody wants them
    cancel    asks the job to stop
    clock     used while the drive is waited for; None for the machine's clock
    """

    on_event: Listener | None = None
    cancel: Cancel = field(default_factory=Cancel)
    clock: Clock | None = None

    @classmethod
    def of(cls, on_event: Listener | None, cancel: Cancel | None, clock: Clock | None = None) -> Self:
        return cls(on_event, cancel or Cancel(), clock)

    def run(self, drive: Drive, procedure: Procedure[R], total: int = 0, sent: SentAudio | None = None) -> R:
        """Run a procedure on a drive, in a thread of its own; returns its result.

        total  how many sectors it has, for Progress
        sent   the audio that it compares with

        raises  what the procedure raises
        """
        return self.work(lambda emit: self.runner(drive, emit, (), total, sent=sent).run(procedure))

    def run_with_audio(
        self,
        drive: Drive,
        procedure: Procedure[R],
        streams: Sequence[SectorStream],
        total: int,
        commit: Consent | None = None,
    ) -> tuple[R, Supply]:
        """Run a procedure that takes audio; returns its result, and how well the drive was supplied.

        streams  the audio, one stream for each track
        total    the sectors of all of them, for Progress
        commit   is asked before a step that cannot be undone

        raises  what the procedure raises
        """

        def work(emit: Listener) -> tuple[R, Supply]:
            runner = self.runner(drive, emit, streams, total, commit)
            return runner.run(procedure), runner.supply

        return self.work(work)

    def work(self, work: Callable[[Listener], R]) -> R:
        """Do anything that takes time, in a thread of its own; returns its result.

        work  is called with the function that takes its events
        """
        return Job(work).run(self.on_event, self.cancel)

    def audible_clock(self, what: str) -> Clock:
        """A clock for something that sleeps: the caller is notified of the wait, and may cancel it.

        what  what is waited for, as in Waiting
        """
        return _AudibleClock(self, what)

    def runner(
        self,
        drive: Drive,
        emit: Listener,
        streams: Sequence[SectorStream] = (),
        total: int = 0,
        commit: Consent | None = None,
        sent: SentAudio | None = None,
    ) -> Runner:
        return Runner(
            drive,
            emit=emit,
            cancel=self.cancel,
            clock=self.clock,
            streams=streams,
            total=total,
            commit=commit,
            sent=sent,
        )


class _AudibleClock:
    """Sleeps on the caller's own thread."""

    def __init__(self, caller: Caller, what: str) -> None:
        self._caller = caller
        self._clock = caller.clock or SystemClock()
        self._what = what
        self._slept = self._reported_at = 0.0

    def now(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """raises  Cancelled"""
        end = self._slept + seconds
        while self._slept < end:
            if self._caller.cancel.wanted:
                raise Cancelled(f"cancelled; {UNCHANGED}", UNCHANGED)
            nap = min(LONGEST_NAP_SECONDS, end - self._slept)
            self._clock.sleep(nap)
            self._slept += nap
            if self._slept - self._reported_at >= REPORT_EVERY_SECONDS and self._caller.on_event is not None:
                self._reported_at = self._slept
                self._caller.on_event(Waiting(self._what, self._slept))
