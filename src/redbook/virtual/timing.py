"""How long things take in the virtual recorder, by a clock that is passed in.

Without a speed everything is over at once and the buffer is always empty. With one the buffer drains
at that rate, fills up, runs empty, and closing or blanking takes its time. Nothing here sleeps by
itself: a command that has to wait asks the clock to.
"""

from __future__ import annotations

from redbook.clock import Clock
from redbook.disc import SPEED_1X_BYTES_PER_SECOND

DEFAULT_BUFFER_BYTES = 2 * 1024 * 1024

BECOMING_READY, IN_PROGRESS = 0x01, 0x07

OPC_SECONDS = 2.0
LOAD_SECONDS = 2.0
END_TRACK_SECONDS = 1.0
CLOSE_AT_1X_SECONDS = 240.0  # lead-in and lead-out
BLANK_MINIMAL_SECONDS = 40.0


class WriteBuffer:
    """The drive's buffer.

    The laser starts when the buffer is half full or the host asks for the rest to be written, and then
    takes `rate` bytes per second until the buffer is empty.

    underruns  how often it ran empty while the laser was on
    """

    def __init__(self, clock: Clock, size_bytes: int = DEFAULT_BUFFER_BYTES) -> None:
        self.size_bytes = size_bytes
        self.underruns = 0
        self._clock = clock
        self._rate: float | None = None
        self._fill = 0.0
        self._writing = False
        self._since = clock.now()

    def set_speed(self, times: float | None) -> None:
        """None: as fast as data come."""
        self._drain()
        self._rate = None if times is None else times * SPEED_1X_BYTES_PER_SECOND

    @property
    def free_bytes(self) -> int:
        self._drain()
        return self.size_bytes - int(self._fill)

    def accept(self, length: int) -> bool:
        """Take these bytes, or say that there is no room now.

        A transfer larger than the whole buffer is taken once the buffer is empty.
        """
        if self._rate is None:
            return True
        self._drain()
        if self._fill and self._fill + length > self.size_bytes:
            return False
        self._fill += length
        if self._fill >= self.size_bytes / 2:
            self._writing = True
        return True

    def seconds_to_empty(self) -> float:
        """Until everything is on the disc, from now on without a pause."""
        self._drain()
        return self._fill / self._rate if self._rate else 0.0

    def flush(self) -> None:
        """The track has ended: what is left is written, and running empty is no underrun."""
        self._fill = 0.0
        self._writing = False

    def _drain(self) -> None:
        now = self._clock.now()
        if self._writing and self._rate:
            self._fill -= (now - self._since) * self._rate
            if self._fill <= 0:
                self._fill = 0.0
                self._writing = False
                self.underruns += 1
        self._since = now


class LongOperation:
    """Something that the drive does for a while after it answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start = self._end = clock.now()
        self.ascq = IN_PROGRESS

    def begin(self, seconds: float, ascq: int = IN_PROGRESS) -> None:
        """ascq: what 2/04/.. says meanwhile."""
        self.ascq = ascq
        self._start = self._clock.now()
        self._end = self._start + seconds

    @property
    def remaining_seconds(self) -> float:
        return max(0.0, self._end - self._clock.now())

    @property
    def progress(self) -> float:
        """0.0 .. 1.0"""
        length = self._end - self._start
        return 1.0 if length <= 0 else min(1.0, (self._clock.now() - self._start) / length)

    def wait(self) -> None:
        if self.remaining_seconds:
            self._clock.sleep(self.remaining_seconds)
