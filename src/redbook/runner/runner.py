"""The one loop with a clock, threads and a drive: it does what a procedure yields."""

from __future__ import annotations

import hashlib
import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Queue
from typing import Any, Generic

from redbook.clock import Clock, SystemClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.chunks import SMALLER_CHUNKS, SectorStream, chunk_sectors
from redbook.engine.events import Event, Notice, PhaseStarted, Stopping, TrackStarted
from redbook.engine.steps import (
    Abandoned,
    Absorb,
    Announce,
    Commit,
    Digest,
    DriveBuffer,
    FewerSectors,
    MostSectors,
    Now,
    Pause,
    Point,
    Procedure,
    R,
    SectorsDone,
    Shield,
    TakeSectors,
)
from redbook.errors import Cancelled, NotCommitted
from redbook.mmc.command import Command
from redbook.mmc.write import Write10
from redbook.runner.mailbox import NOTHING_YET, Mailbox
from redbook.runner.meter import Meter, Supply
from redbook.runner.ring import DEFAULT_RING_BYTES, Ring
from redbook.runner.under_way import UnderWay
from redbook.runner.urgency import Urgency
from redbook.system.privileges import Privileges

PROGRESS_SECONDS = 0.2
HASHED_AHEAD = 32  # chunks of 64 kB
UNCHANGED = "nothing was changed on the disc"
"""What a procedure that changes something says in place of it."""

LONGEST_NAP_SECONDS = 0.1  # how long a cancel may go unnoticed in a pause

SENT_AGAIN_SECONDS = 1.0
"""A program's signal that comes sooner after another one is the same wish once more."""

_log = logging.getLogger(__name__)


class Cancel:
    """Asks a job to stop.  May be used from any thread, also from a signal handler.

    under_way  what it would stop, as the job tells it
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.under_way = UnderWay()
        self._at_once = False
        self._told = (False, False)
        self._signalled = -math.inf

    def __call__(self) -> None:
        """End the job in good order: the track is ended, the drive left sane."""
        self.asked.set()

    def at_once(self) -> None:
        """Leave as soon as the command under way is over; the disc may be unusable."""
        self._at_once = True
        self.asked.set()

    def on_signal(self, number: int, frame: object) -> None:
        """A signal handler: the first signal cancels, the second leaves at once.

        One wish of a program can come as two signals: timeout(1) sends its own to the process, and then to
        its group; a terminal that is closed hangs up by the kernel and by the shell.
        """
        now = time.monotonic()
        if number != signal.SIGINT and now - self._signalled < SENT_AGAIN_SECONDS:
            return
        self._signalled = now
        if self.wanted:
            self.at_once()
        self()

    @property
    def wanted(self) -> bool:
        return self.asked.is_set()

    @property
    def wanted_at_once(self) -> bool:
        return self._at_once

    def acknowledged(self) -> Stopping | None:
        """What there is to tell of it that was not told yet."""
        wanted = (self.wanted, self._at_once)
        if wanted == self._told:
            return None
        self._told = wanted
        with self.under_way.deciding:
            return self.under_way.stopping(at_once=self._at_once)


class Runner:
    """Runs one procedure on one drive.

    streams           the audio that TakeSectors hands out, a stream a track
    total             sectors of all of them, for Progress
    emit              is given every event, on the thread that runs
    progress_seconds  how often Progress is told
    sector_bytes      of what the streams give, with their sub-channel where they have one
    system            that is asked for priority while a disc is written
    commit            is asked, on the thread that runs, before what cannot be taken back; it objects by
                      raising, and may take its time
    """

    def __init__(
        self,
        drive: Drive,
        *,
        emit: Callable[[Event], None],
        cancel: Cancel | None = None,
        clock: Clock | None = None,
        streams: Sequence[SectorStream] = (),
        total: int = 0,
        ring_bytes: int = DEFAULT_RING_BYTES,
        progress_seconds: float = PROGRESS_SECONDS,
        sector_bytes: int = SECTOR_BYTES,
        system: Privileges | None = None,
        commit: Callable[[Point], None] | None = None,
    ) -> None:
        self._drive = drive
        self._emit = emit
        self._commit = commit
        self._cancel = cancel or Cancel()
        self._under_way = self._cancel.under_way
        self._clock = clock or SystemClock()
        self._streams = streams
        self._ring_bytes = ring_bytes
        self._sector_bytes = sector_bytes
        self._ring: Ring | None = None
        self._shielded = False
        self._cancel_thrown = self._abandon_thrown = False
        self._meter = Meter(self._clock, total, progress_seconds)
        self._urgency = Urgency(self._clock, drive.real_time, system)
        self.supply = Supply()
        self._hasher = _Hasher()

    def run(self, procedure: Procedure[R]) -> R:
        """raises  what the procedure raises"""
        answer: Any = None
        error: BaseException | None = None
        try:
            while True:
                step = procedure.throw(error) if error is not None else procedure.send(answer)
                answer = error = None
                if not isinstance(step, Shield):  # cleaning up begins with one
                    with self._under_way.deciding:
                        error = self._interruption()
                        if error is None and isinstance(step, Write10):
                            self._under_way.track_begun = True
                if error is None:
                    try:
                        answer = self._do(step)
                    except (Exception, Abandoned) as raised:  # noqa: BLE001 - it is the procedure's to handle
                        error = raised
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        except Abandoned as left:
            raise Cancelled(f"cancelled at once; {UNCHANGED}", UNCHANGED) from left
        finally:
            error = answer = None  # an error's traceback holds this frame, and through it the callers
            self._urgency.end()
            self._hasher.close()
            self.supply = self._meter.supply(self._ring)
            if self._ring is not None:
                self._ring.close()
                self._ring = None

    def _interruption(self) -> BaseException | None:
        """What a cancel makes of the next step: each kind is thrown once."""
        if not self._cancel.wanted:
            return None
        if self._cancel.wanted_at_once and not self._abandon_thrown:
            self._abandon_thrown = self._cancel_thrown = True
            return Abandoned()
        if not self._cancel_thrown and not self._shielded:
            self._cancel_thrown = True
            return Cancelled(f"cancelled; {UNCHANGED}", UNCHANGED)
        return None

    def _do(self, step: Any) -> Any:
        if isinstance(step, Command):
            self._under_way.send(step.NAME)
            try:
                return self._write(step) if isinstance(step, Write10) else self._drive.run(step)
            finally:
                self._under_way.answered()
                for warning in self._drive.take_warnings():
                    self._emit(Notice(warning))
        if isinstance(step, TakeSectors):
            return self._take()
        if isinstance(step, Absorb):
            self._hasher.absorb(step.data)
            return None
        if isinstance(step, Digest):
            return self._hasher.digest()
        if isinstance(step, SectorsDone):
            progress = self._meter.progress(step, self._ring)
            if progress is not None:
                self._emit(progress)
        elif isinstance(step, Event):
            if isinstance(step, TrackStarted):
                self._meter.begin_track()
            elif isinstance(step, PhaseStarted):
                self._under_way.begin(step.phase)
            self._emit(step)
        elif isinstance(step, Now):
            return self._clock.now()
        elif isinstance(step, MostSectors):
            return chunk_sectors(self._drive.most_bytes)
        elif isinstance(step, FewerSectors):
            return self._fewer_sectors(step.refused)
        elif isinstance(step, Commit):
            self._ask(step.point)
        elif isinstance(step, Pause):
            self._nap(step.seconds)
        elif isinstance(step, Shield):
            self._shielded = step.up
        elif isinstance(step, Announce):
            self._drive.announce(step.data_bytes)
        elif isinstance(step, DriveBuffer):
            self._meter.hear_of_drive_buffer(step)
        return None

    def _write(self, command: Write10) -> None:
        if not self._urgency.begun:
            self._tell_once(self._urgency.begin())
        self._meter.write_begins()
        self._drive.run(command)
        self._meter.write_taken()
        self._urgency.a_good_moment()

    def _ask(self, point: Point) -> None:
        """raises  NotCommitted"""
        if self._commit is None:
            return
        try:
            self._commit(point)
        except BaseException as error:  # also SystemExit: the drive is left sane first
            why = str(error) or type(error).__name__
            raise NotCommitted(f"the burn was not committed: {why}", error) from error

    def _fewer_sectors(self, refused: int) -> int:
        fewer = next((count for count in SMALLER_CHUNKS if count < refused), 0)
        if fewer:
            self._drive.carry_at_most(fewer * SECTOR_BYTES)
        return fewer

    def _tell_once(self, text: str) -> None:
        """One drive's user hears of it once, however many tracks he writes."""
        if text and text not in self._drive.told:
            self._drive.told.add(text)
            self._emit(Notice(text))

    def _take(self) -> memoryview:
        if self._ring is None:
            carried = chunk_sectors(self._drive.most_bytes)
            self._ring = Ring(self._streams, self._ring_bytes, carried, self._sector_bytes)
            self._ring.start()
            while not self._ring.wait_until_full(LONGEST_NAP_SECONDS):
                self._while_starving()
        while (chunk := self._ring.take(LONGEST_NAP_SECONDS)) is None:
            self._while_starving()
        return chunk

    def _while_starving(self) -> None:
        """No audio has come for a while: whoever listens hears so, and may cancel."""
        interruption = self._interruption()
        if interruption is not None:
            raise interruption
        told = self._meter.again(self._ring)
        if told is not None:
            self._emit(told)

    def _nap(self, seconds: float) -> None:
        end = self._clock.now() + seconds
        while (left := end - self._clock.now()) > 0:
            if self._cancel.wanted and not self._shielded and not self._cancel_thrown:
                return
            if self._cancel.wanted_at_once and not self._abandon_thrown:
                return
            self._clock.sleep(min(left, LONGEST_NAP_SECONDS))


class _Hasher:
    """SHA-256 beside the reading: while one chunk is summed up, the next one is on its way."""

    def __init__(self) -> None:
        self._chunks: Queue[bytes | None] = Queue(HASHED_AHEAD)
        self._sum: Any = hashlib.sha256()
        self._thread: threading.Thread | None = None

    def absorb(self, data: bytes) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="redbook-sha256", daemon=True)
            self._thread.start()
        self._chunks.put(data)

    def digest(self) -> str:
        self.close()
        text = str(self._sum.hexdigest())
        self._sum = hashlib.sha256()
        return text

    def close(self) -> None:
        """Until everything absorbed is summed up."""
        if self._thread is not None:
            self._chunks.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (data := self._chunks.get()) is not None:
            self._sum.update(data)


class Job(Generic[R]):
    """A procedure that runs in a thread of its own, while the caller's thread hears of it.

    Writing never waits for whoever listens, and a signal never interrupts a command: it reaches the
    caller's thread, which turns it into a cancel. A slow listener is told the newest progress only.
    """

    def __init__(self, work: Callable[[Callable[[Event], None]], R]) -> None:
        self._work = work
        self._events = Mailbox()
        self._result: list[R] = []
        self._error: BaseException | None = None

    def run(self, on_event: Callable[[Event], None] | None, cancel: Cancel) -> R:
        """Until the work is done.  A listener that raises is logged and the job goes on.

        raises  what the work raises
        """
        thread = threading.Thread(target=self._run, name="redbook-job", daemon=True)
        with interrupts_cancel(cancel):
            thread.start()
            try:
                if on_event is not None:
                    self._tell_all(on_event, cancel)
                else:
                    self._pass_over()
                thread.join()
            except BaseException:  # a signal handler of the caller's raised: nothing may go on unseen
                cancel()
                while thread.is_alive():
                    with suppress(BaseException):  # the first one is raised
                        thread.join()
                raise
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _tell_all(self, on_event: Callable[[Event], None], cancel: Cancel) -> None:
        """Every event, to the last; and what the working thread cannot tell while a command holds it."""
        while (event := self._events.get(LONGEST_NAP_SECONDS)) is not None:
            stopping = cancel.acknowledged()
            if stopping is not None:
                self._tell(on_event, stopping)
            if event is NOTHING_YET:
                waiting = cancel.under_way.waiting()
                if waiting is None:
                    continue
                event = waiting
            self._tell(on_event, event)

    def _pass_over(self) -> None:
        while self._events.get() is not None:
            pass

    @staticmethod
    def _tell(on_event: Callable[[Event], None], event: Event) -> None:
        try:
            on_event(event)
        except BaseException:  # noqa: BLE001 - nothing that a listener does may cost a disc
            _log.exception("on_event raised for %r; the job goes on", event)

    def _run(self) -> None:
        try:
            self._result.append(self._work(self._events.put))
        except BaseException as error:  # noqa: BLE001 - raised again on the caller's thread
            self._error = error
        finally:
            self._events.put(None)


@contextmanager
def interrupts_cancel(cancel: Cancel) -> Iterator[None]:
    """Ctrl-C cancels instead of raising KeyboardInterrupt, which could strike anywhere; a second leaves.

    Only where Python's own handler is in place, and on the main thread; else whoever changed that knows.
    """
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, cancel.on_signal)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
