"""A job's progress as numbers: speed, time left, buffers, and how near the drive came to running empty."""

from __future__ import annotations

from collections import deque

from redbook.clock import Clock
from redbook.disc import SECTORS_PER_SECOND
from redbook.engine.events import Event, Phase, Progress, Working
from redbook.engine.steps import DriveBuffer, SectorsDone
from redbook.records import dataclass
from redbook.runner.ring import Ring

SPEED_WINDOW_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Supply:
    """How well a burn was supplied with data.

    host_buffer_lowest   0.0 .. 1.0: how full the read-ahead was at its emptiest, while there was more to
                         read; 1.0 if all of the audio fitted into it
    drive_buffer_lowest  0.0 .. 1.0: the lowest fill of its buffer that the drive reported when asked, once a
                         second; None if it was not asked or did not say
    longest_gap_seconds  from when the drive has taken a WRITE to the next WRITE of the same track; None if
                         there were fewer than two
    underruns            how often the read-ahead was empty when data were due; the drive may have stopped its
                         laser then
    """

    host_buffer_lowest: float = 1.0
    drive_buffer_lowest: float | None = None
    longest_gap_seconds: float | None = None
    underruns: int = 0


class Meter:
    """Makes Progress from the sectors done, several times a second, and at the end a Supply."""

    def __init__(self, clock: Clock, total: int, interval_seconds: float) -> None:
        self._clock = clock
        self._interval = interval_seconds
        self._last: SectorsDone | None = None
        self._total = total
        self._ended = 0  # sectors of tracks before this one
        self._track = (0, 0)  # number and length of this one
        self._reported_at = float("-inf")
        self._window: deque[tuple[float, int]] = deque()
        self._drive_buffer = DriveBuffer(0, 0)
        self._drive_lowest: float | None = None
        self._taken_at: float | None = None  # when the last WRITE of this track was taken
        self._longest_gap: float | None = None

    def begin_track(self) -> None:
        self._reported_at = self._clock.now()
        self._taken_at = None

    def write_begins(self) -> None:
        """Note that a WRITE is about to be sent. A repeated one does not count: it waited for the drive."""
        if self._taken_at is not None:
            gap = self._clock.now() - self._taken_at
            self._longest_gap = max(gap, self._longest_gap or 0.0)
            self._taken_at = None

    def write_taken(self) -> None:
        self._taken_at = self._clock.now()

    def hear_of_drive_buffer(self, step: DriveBuffer) -> None:
        self._drive_buffer = step
        if step.size_bytes > 0:
            fill = min(1.0, max(0.0, step.filled_bytes / step.size_bytes))
            self._drive_lowest = fill if self._drive_lowest is None else min(fill, self._drive_lowest)

    def supply(self, ring: Ring | None) -> Supply:
        return Supply(
            ring.lowest_fill if ring else 1.0,
            self._drive_lowest,
            self._longest_gap,
            ring.times_empty if ring else 0,
        )

    def again(self, ring: Ring | None) -> Event | None:
        """The event that is due while there is no progress; None if none is due yet."""
        now = self._clock.now()
        if now - self._reported_at < self._interval:
            return None
        if self._last is not None:
            return self.progress(self._last, ring)
        self._reported_at = now
        return Working(Phase.WRITING, None)

    def progress(self, step: SectorsDone, ring: Ring | None) -> Progress | None:
        self._last = step
        if step.track != self._track[0]:
            self._ended += self._track[1]
            self._track = (step.track, step.total)
        now = self._clock.now()
        if now - self._reported_at < self._interval and step.done < step.total:
            return None
        self._reported_at = now
        done = self._ended + step.done
        speed = self._speed(now, done)
        left = (self._total - done) / (speed * SECTORS_PER_SECOND) if speed > 0 else None
        return Progress(
            phase=step.phase,
            track=step.track,
            track_sectors_done=step.done,
            track_sectors=step.total,
            sectors_done=done,
            sectors=self._total,
            host_buffer_bytes=ring.filled_bytes if ring else 0,
            host_buffer_size=ring.size_bytes if ring else 0,
            drive_buffer_bytes=self._drive_buffer.filled_bytes,
            drive_buffer_size=self._drive_buffer.size_bytes,
            speed=speed,
            seconds_left=left,
        )

    def _speed(self, now: float, done: int) -> float:
        self._window.append((now, done))
        while len(self._window) > 2 and now - self._window[0][0] > SPEED_WINDOW_SECONDS:
            self._window.popleft()
        since, before = self._window[0]
        return (done - before) / (now - since) / SECTORS_PER_SECOND if now > since else 0.0
