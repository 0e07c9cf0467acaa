"""How long things take in the virtual recorder, by a clock that is passed in.

Without a speed everything ends at once and the buffer is always empty. With one the buffer drains
at that rate, fills up, runs empty, and closing or blanking takes its time. Nothing here sleeps on
its own: a command that has to wait asks the clock.
"""

from __future__ import annotations

import math
from collections import deque

from redbook.clock import Clock
from redbook.disc import SECTOR_BYTES, SECTORS_PER_SECOND
from redbook.records import dataclass
from redbook.virtual.model import SpeedCurve

DEFAULT_BUFFER_BYTES = 2 * 1024 * 1024

_CURVE_STEP_SECTORS = 150
_LESS_THAN_A_BYTE = 1.0
SHORTEST_WAIT_SECONDS = 0.001

BECOMING_READY, IN_PROGRESS = 0x01, 0x07

OPC_SECONDS = 2.0
LOAD_SECONDS = 2.0
END_TRACK_SECONDS = 1.0
LEAD_IN_AT_1X_SECONDS = 150.0  # of a session written at once, before its first sector
LEAD_OUT_AT_1X_SECONDS = 90.0
BLANK_MINIMAL_SECONDS = 40.0


@dataclass(slots=True)
class _Run:
    """Bytes in the buffer that belong to sectors of one length."""

    data_bytes: float
    sector_bytes: int


class WriteBuffer:
    """The drive's buffer.

    The laser starts when the buffer is half full or the host asks for the rest to be written, and then
    takes what its speed at that place requires until the buffer is empty.

    underruns  how often it ran empty while the laser was on
    """

    def __init__(self, clock: Clock, size_bytes: int = DEFAULT_BUFFER_BYTES) -> None:
        self.size_bytes = size_bytes
        self.underruns = 0
        self._clock = clock
        self._curve: SpeedCurve | None = None
        self._runs: deque[_Run] = deque()
        self._writing = False
        self._since = clock.now()
        self._laser_lba = 0.0

    def set_curve(self, curve: SpeedCurve | None) -> None:
        """None: as fast as data arrive."""
        self._drain()
        self._curve = curve

    def begin(self, lba: int, seconds_before: float = 0.0) -> None:
        """The laser is sent to this sector; first the drive writes there on its own for this long."""
        self.flush()
        self._laser_lba = lba
        self._since = self._clock.now() + seconds_before

    @property
    def free_bytes(self) -> int:
        self._drain()
        return max(0, self.size_bytes - math.ceil(self._fill))

    @property
    def sectors(self) -> int:
        """Those that are not on the disc yet, or not completely."""
        self._drain()
        return sum(math.ceil(run.data_bytes / run.sector_bytes) for run in self._runs)

    def accept(self, length: int, sector_bytes: int = SECTOR_BYTES) -> bool:
        """Accept these bytes, or say that there is no room now; the laser then makes room."""
        if self._curve is None:
            return True
        self._drain()
        if self._fill + length > self.size_bytes:
            self._start()
            return False
        if self._runs and self._runs[-1].sector_bytes == sector_bytes:
            self._runs[-1].data_bytes += length
        else:
            self._runs.append(_Run(length, sector_bytes))
        if self._fill >= self.size_bytes / 2:
            self._start()
        return True

    def seconds_until_room(self, length: int) -> float:
        """Until this many bytes can be accepted, at most the whole buffer; the laser is started for it."""
        self._drain()
        self._start()
        return self._seconds_for(self._fill + min(length, self.size_bytes) - self.size_bytes)

    def seconds_to_empty(self) -> float:
        """Until everything is on the disc, from now on without a pause."""
        self._drain()
        return self._seconds_for(self._fill)

    def flush(self) -> None:
        """The track has ended: what is left is written, and running empty is not an underrun."""
        self._runs.clear()
        self._writing = False

    @property
    def _fill(self) -> float:
        return sum(run.data_bytes for run in self._runs)

    def _start(self) -> None:
        if not self._writing:
            self._writing = True
            self._since = max(self._since, self._clock.now())

    def _rate(self, lba: float, sector_bytes: int) -> float:
        """Bytes a second there."""
        times = self._curve.times_at(int(lba)) if self._curve is not None else 0.0
        return times * SECTORS_PER_SECOND * sector_bytes

    def _seconds_for(self, length: float) -> float:
        """Until the first bytes in it, this many, are written."""
        if self._curve is None or length <= 0:
            return 0.0
        seconds, lba = max(0.0, self._since - self._clock.now()), self._laser_lba
        for run in self._runs:
            left = min(length, run.data_bytes)
            length -= left
            while left > 0:
                step = self._step(left, run.sector_bytes)
                seconds += step / self._rate(lba, run.sector_bytes)
                lba += step / run.sector_bytes
                left -= step
        return seconds

    def _step(self, length: float, sector_bytes: int) -> float:
        """How much can be calculated at one speed."""
        if self._curve is not None and self._curve.constant:
            return length
        return min(length, _CURVE_STEP_SECTORS * sector_bytes)

    def _drain(self) -> None:
        now = self._clock.now()
        if self._curve is None or not self._writing:
            return
        while self._runs and self._since < now:
            self._drain_step(self._runs[0], now)
        if not self._runs and self._since < now:
            self._writing = False
            self.underruns += 1
            self._since = now

    def _drain_step(self, run: _Run, now: float) -> None:
        step = self._step(run.data_bytes, run.sector_bytes)
        seconds = step / self._rate(self._laser_lba, run.sector_bytes)
        if self._since + seconds > now:
            step *= (now - self._since) / seconds
            seconds = now - self._since
        run.data_bytes -= step
        self._laser_lba += step / run.sector_bytes
        self._since = min(now, self._since + seconds) if seconds else now
        if run.data_bytes < _LESS_THAN_A_BYTE:
            self._runs.popleft()


class LongOperation:
    """Something that the drive does for a while after it answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start = self._end = clock.now()
        self.ascq = IN_PROGRESS
        self.erases = False

    def begin(self, seconds: float, ascq: int = IN_PROGRESS, *, erases: bool = False) -> None:
        """ascq: what 2/04/.. says in the meantime."""
        self.ascq = ascq
        self.erases = erases
        self._start = self._clock.now()
        self._end = self._start + seconds

    def stop(self) -> None:
        self._end = self._clock.now()

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
