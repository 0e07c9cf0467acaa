"""The one loop with a clock, threads and a drive: it does what a procedure yields.

The threads: the caller's thread, which listens and turns signals into a cancel (`job`, `cancel`); the job's
thread, which runs this loop and is the only one that sends commands; a thread that reads audio ahead into the
ring, from the first TakeSectors on; and one that sums up what is read back. `run` ends the last two, and the
raised priority, in its `finally`, whatever ends it.

A cancel does nothing to a command that is under way, because a command cannot be taken back. It replaces the
next step, which is then not done (`engine.erase` relies on that), or cuts a pause short. `_interruption`
decides which of the two kinds is thrown; each is thrown once, and the milder one never while a Shield is up.

`under_way.deciding` is the only lock between the job and the caller. While it is held, the loop decides
whether a cancel still comes before a WRITE, or the caller reads what stopping costs. A signal handler takes
no lock at all.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from queue import Queue
from typing import Any

from redbook.clock import Clock, SystemClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.chunks import SMALLER_CHUNKS, SectorStream, SentAudio, chunk_sectors
from redbook.engine.events import Event, Notice, PhaseStarted, TrackStarted
from redbook.engine.steps import (
    Abandoned,
    Absorb,
    Announce,
    Commit,
    Compare,
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
    SentSums,
    Shield,
    TakeSectors,
)
from redbook.errors import Cancelled, NotCommitted
from redbook.mmc.command import Command
from redbook.mmc.write import Write10
from redbook.runner.cancel import LONGEST_NAP_SECONDS, UNCHANGED, Cancel
from redbook.runner.meter import Meter, Supply
from redbook.runner.ring import DEFAULT_RING_BYTES, Ring
from redbook.runner.urgency import Urgency
from redbook.system.privileges import Privileges

PROGRESS_SECONDS = 0.2
HASHED_AT_ONCE_BYTES = 1 << 19  # so that the two threads seldom wait for each other
HASHED_AHEAD = 2  # how many such pieces may wait


class Runner:
    """Runs one procedure on one drive.

    streams           the audio that TakeSectors hands out, one stream for each track
    total             the sectors of all of them, for Progress
    emit              is called with every event, on the thread that runs
    progress_seconds  the time between two Progress events
    sector_bytes      of what the streams give, including the sub-channel if there is one
    system            is asked for priority while a disc is written
    sent              the audio with which Compare compares; None if there is none
    commit            is asked, on the thread that runs, before a step that cannot be undone; it objects by
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
        sent: SentAudio | None = None,
        commit: Callable[[Point], None] | None = None,
    ) -> None:
        self._drive = drive
        self._emit = emit
        self._commit = commit
        self._cancel = cancel or Cancel()
        self._under_way = self._cancel.under_way
        self._clock = clock or SystemClock()
        self._streams = streams
        self._sent = sent
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
        """Do what the procedure yields, step by step, and return its result.

        raises  what the procedure raises; Cancelled  for an immediate cancel that it lets through
        """
        answer: Any = None
        error: BaseException | None = None
        try:
            while True:
                step = procedure.throw(error) if error is not None else procedure.send(answer)
                answer = error = None
                if not isinstance(step, Shield):  # cleaning up begins with a Shield
                    with self._under_way.deciding:
                        error = self._interruption()
                        if error is None and isinstance(step, Write10):
                            self._under_way.track_begun = True
                if error is None:
                    try:
                        answer = self._do(step)
                    except (Exception, Abandoned) as raised:  # noqa: BLE001 - the procedure handles it
                        error = raised
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        except Abandoned as left:
            raise Cancelled(f"cancelled at once; {UNCHANGED}", UNCHANGED) from left
        finally:
            error = answer = None  # an error's traceback holds this frame, and with it the callers' frames
            self._urgency.end()
            self._hasher.close()
            self.supply = self._meter.supply(self._ring)
            if self._ring is not None:
                self._ring.close()
                self._ring = None

    def _interruption(self) -> BaseException | None:
        """What a cancel throws instead of the next step; each kind is thrown only once."""
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
        """Do a step by its class. There are many commands and events; each class is looked up only once."""
        kind = type(step)
        deed = _DEEDS.get(kind)
        if deed is None:
            deed = _DEEDS[kind] = Runner._send if issubclass(kind, Command) else Runner._tell
        return deed(self, step)

    def _send(self, command: Command[Any]) -> Any:
        self._under_way.send(command.NAME)
        try:
            return self._write(command) if isinstance(command, Write10) else self._drive.run(command)
        finally:
            self._under_way.answered()
            for warning in self._drive.take_warnings():
                self._emit(Notice(warning))

    def _tell(self, event: Event) -> None:
        if isinstance(event, TrackStarted):
            self._meter.begin_track()
        elif isinstance(event, PhaseStarted):
            self._under_way.begin(event.phase)
        self._emit(event)

    def _progress(self, step: SectorsDone) -> None:
        progress = self._meter.progress(step, self._ring)
        if progress is not None:
            self._emit(progress)

    def _shield(self, step: Shield) -> None:
        self._shielded = step.up

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
        except BaseException as error:  # even SystemExit: first the drive must be left in a sane state
            why = str(error) or type(error).__name__
            raise NotCommitted(f"the burn was not committed: {why}", error) from error

    def _fewer_sectors(self, refused: int) -> int:
        fewer = next((count for count in SMALLER_CHUNKS if count < refused), 0)
        if fewer:
            self._drive.carry_at_most(fewer * SECTOR_BYTES)
        return fewer

    def _tell_once(self, text: str) -> None:
        """Tell the drive's user this only once, however many tracks are written."""
        if text and text not in self._drive.notified:
            self._drive.notified.add(text)
            self._emit(Notice(text))

    def _take(self) -> memoryview:
        if self._ring is None:
            self._ring = Ring(self._streams, self._ring_bytes, self._most_sectors(), self._sector_bytes)
            self._ring.start()
            while not self._ring.wait_until_full(LONGEST_NAP_SECONDS):
                self._while_starving()
        while (chunk := self._ring.take(LONGEST_NAP_SECONDS)) is None:
            self._while_starving()
        return chunk

    def _most_sectors(self) -> int:
        return chunk_sectors(self._drive.most_bytes, self._drive.real_time)

    def _audio(self) -> SentAudio:
        if self._sent is None:
            raise ValueError("there is no audio to compare with")
        return self._sent

    def _while_starving(self) -> None:
        """Tell the listener that no audio has come for a while, and let a cancel through."""
        interruption = self._interruption()
        if interruption is not None:
            raise interruption
        event = self._meter.again(self._ring)
        if event is not None:
            self._emit(event)

    def _nap(self, seconds: float) -> None:
        end = self._clock.now() + seconds
        while (left := end - self._clock.now()) > 0:
            if self._cancel.wanted and not self._shielded and not self._cancel_thrown:
                return
            if self._cancel.wanted_at_once and not self._abandon_thrown:
                return
            self._clock.sleep(min(left, LONGEST_NAP_SECONDS))


# Functions, not bound methods: with those, a runner and its streams would stay until Python collects garbage.
_DEEDS: dict[type, Callable[[Runner, Any], Any]] = {
    TakeSectors: lambda runner, _: runner._take(),
    MostSectors: lambda runner, _: runner._most_sectors(),
    FewerSectors: lambda runner, step: runner._fewer_sectors(step.refused),
    Compare: lambda runner, step: runner._audio().differing(step.place, step.first, step.data),
    SentSums: lambda runner, step: runner._audio().sector_sums(step.place),
    Absorb: lambda runner, step: runner._hasher.absorb(step.data),
    Digest: lambda runner, _: runner._hasher.digest(),
    SectorsDone: Runner._progress,
    DriveBuffer: lambda runner, step: runner._meter.hear_of_drive_buffer(step),
    Now: lambda runner, _: runner._clock.now(),
    Pause: lambda runner, step: runner._nap(step.seconds),
    Shield: Runner._shield,
    Commit: lambda runner, step: runner._ask(step.point),
    Announce: lambda runner, step: runner._drive.announce(step.data_bytes),
}


class _Hasher:
    """SHA-256 during the reading: while one chunk is summed up, the next one is on its way."""

    def __init__(self) -> None:
        self._chunks: Queue[list[bytes | bytearray] | None] = Queue(HASHED_AHEAD)
        self._batch: list[bytes | bytearray] = []
        self._batch_bytes = 0
        self._sum: Any = hashlib.sha256()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def absorb(self, data: bytes | bytearray) -> None:
        """Add data.  raises  what summing up earlier data raised"""
        self._raise()
        self._batch.append(data)
        self._batch_bytes += len(data)
        if self._batch_bytes >= HASHED_AT_ONCE_BYTES:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="redbook-sha256", daemon=True)
            self._thread.start()
        self._chunks.put(self._batch)
        self._batch, self._batch_bytes = [], 0

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def digest(self) -> str:
        """raises  what summing up raised"""
        self.close()
        self._raise()
        text = str(self._sum.hexdigest())
        self._sum = hashlib.sha256()
        return text

    def close(self) -> None:
        """Wait until everything absorbed is summed up."""
        if self._batch:
            self._hand_over()
        if self._thread is not None:
            self._chunks.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (batch := self._chunks.get()) is not None:
            if self._error is not None:
                continue  # the thread that hands over data must not wait for room for ever
            try:
                # All in one piece: after each update this thread has to wait for the interpreter's lock.
                self._sum.update(b"".join(batch))
            except BaseException as error:  # noqa: BLE001 - raised when the next data are handed over
                self._error = error
