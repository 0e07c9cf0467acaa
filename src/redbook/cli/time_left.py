"""How long a burn still takes as a whole: writing, closing, and reading back in one number."""

from __future__ import annotations

import time
from collections.abc import Callable

from redbook.disc import SECTORS_PER_SECOND
from redbook.engine.events import Event, Phase, PhaseStarted, Progress, Working

CLOSING_SECONDS_AT_1X = 150.0
"""A lead-in of a minute and a lead-out of a minute and a half: IEC 60908, of the first session."""

READING_SPEED = 24.0
"""The speed at which a disc is read back unless another was requested."""

FASTEST_DRIVE = 72.0
"""No drive writes faster: a virtual recorder that takes no time to write takes none to read, either."""

SLOWEST_DRIVE = 0.9
"""Relative to 1x, which every drive reaches: until then it has not really begun, and no time can be
estimated.
"""

_WRITES = (Phase.LEAD_IN, Phase.WRITING, Phase.ENDING_TRACK)


class TimeLeft:
    """Follows the events, and estimates.

    closes, reads_back  what is done after writing
    read_speed          multiple of 1x; None for the usual one
    clock               seconds
    """

    def __init__(
        self,
        *,
        closes: bool,
        reads_back: bool,
        read_speed: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._closes = closes
        self._reads_back = reads_back
        self._read_speed = READING_SPEED if read_speed is None else read_speed
        self._clock = clock
        self._phase: Phase | None = None
        self._phase_began = self._job_began = 0.0
        self._written: Progress | None = None
        self._read: Progress | None = None
        self._event_at = 0.0
        self._really_writes = False
        self._fraction: float | None = None

    def hear(self, event: Event) -> None:
        match event:
            case PhaseStarted(phase):
                if self._phase is None or (self._phase not in _WRITES and phase in _WRITES):
                    self._job_began = self._clock()
                self._phase, self._phase_began, self._fraction = phase, self._clock(), None
            case Progress(phase=Phase.WRITING):
                self._written, self._event_at = event, self._clock()
                self._really_writes = self._really_writes or event.speed >= SLOWEST_DRIVE
            case Progress(phase=Phase.VERIFYING):
                self._read, self._event_at = event, self._clock()
            case Working(phase, fraction) if phase is self._phase:
                self._fraction = fraction

    def seconds(self) -> float | None:
        """Until everything is done; None while this is unknown."""
        written = self._written
        if written is None or not self._really_writes or written.seconds_left is None or not written.speed:
            return None
        since = self._clock() - self._event_at
        closing = CLOSING_SECONDS_AT_1X / written.speed if self._closes else 0.0
        reading = self._reading(written)
        if self._phase in _WRITES:
            return max(0.0, written.seconds_left - since) + closing + reading
        if self._phase is Phase.CLOSING:
            gone = self._clock() - self._phase_began
            if self._fraction:
                closing = gone / self._fraction
            return max(0.0, closing - gone) + reading
        if self._phase is Phase.VERIFYING:
            if self._read is not None and self._read.seconds_left is not None:
                return max(0.0, self._read.seconds_left - since)
            return reading
        return None

    def fraction(self) -> float | None:
        """How much of its time the job has taken so far, 0.0 .. 1.0; None while this is unknown."""
        left = self.seconds()
        if left is None:
            return None
        gone = self._clock() - self._job_began
        return gone / (gone + left) if gone + left > 0 else 1.0

    def _reading(self, written: Progress) -> float:
        if not self._reads_back:
            return 0.0
        seconds = written.sectors / SECTORS_PER_SECOND
        return seconds / (
            max(self._read_speed, written.speed) if written.speed > FASTEST_DRIVE else self._read_speed
        )
