"""The laser while it reads: how long sectors take to arrive, and what is in the drive's cache.

A drive reads on past what was requested until its cache is full. What is there it returns at once; for
anything else it must seek. Programs that read twice to be sure measure this, and read something else in
between (`cd-paranoia -A`). Only time is modelled: what is returned is always what the disc holds.
"""

from __future__ import annotations

from redbook.clock import Clock
from redbook.disc import SECTOR_BYTES, SECTORS_PER_SECOND

SHORTEST_SEEK_SECONDS, FARTHEST_SEEK_SECONDS = 0.06, 0.20
"""To a track close by, and across the whole disc: what drives' data sheets call access times."""

_WHOLE_DISC_SECTORS = 360_000
_AHEAD = 0.75
"""Of the cache; the rest stays after what was read last."""


class Pickup:
    """cache_bytes  of the drive's cache"""

    def __init__(self, clock: Clock, cache_bytes: int) -> None:
        self._clock = clock
        self._capacity = max(1, cache_bytes // SECTOR_BYTES)
        self.forget()

    def forget(self) -> None:
        """The cache is used for something else, or the disc is a different one."""
        self._first = self._end = 0  # what is in the cache; the laser is at its end
        self._wanted = 0  # after the last sector that was asked for
        self._since = self._clock.now()

    def seconds_for(self, lba: int, sectors: int, times: float, end_lba: int) -> float:
        """How long these sectors take now; they then count as read.

        times    multiple of 1x
        end_lba  after the last sector that can be read
        """
        rate = times * SECTORS_PER_SECOND
        self._read_ahead(rate, end_lba)
        if self._first <= lba <= self._end and self._end > self._first:
            seconds = max(0, lba + sectors - self._end) / rate
        else:
            seconds = self._seek_seconds(lba, rate) + sectors / rate
            self._first = self._end = lba
        self._wanted = lba + sectors
        self._keep_to(max(self._end, self._wanted))
        self._since = self._clock.now() + seconds
        return seconds

    def _read_ahead(self, rate: float, end_lba: int) -> None:
        """What has been read into the cache since the last command."""
        most = min(end_lba, self._wanted + int(self._capacity * _AHEAD))
        come = int(max(0.0, self._clock.now() - self._since) * rate)
        if self._end > self._first and self._end < most:
            self._keep_to(min(most, self._end + come))

    def _keep_to(self, end: int) -> None:
        self._end = end
        self._first = max(self._first, end - self._capacity)

    def _seek_seconds(self, lba: int, rate: float) -> float:
        """Or the time to read on up to there."""
        share = min(1.0, abs(lba - self._end) / _WHOLE_DISC_SECTORS)
        seek = SHORTEST_SEEK_SECONDS + (FARTHEST_SEEK_SECONDS - SHORTEST_SEEK_SECONDS) * share
        return min(seek, (lba - self._end) / rate) if lba >= self._end else seek
