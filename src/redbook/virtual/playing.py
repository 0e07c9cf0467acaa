"""Playing a disc: all that matters of it is the position, which READ SUB-CHANNEL reports."""

from __future__ import annotations

from redbook.clock import Clock
from redbook.disc import SECTORS_PER_SECOND
from redbook.mmc.playback import AudioStatus


class Player:
    """The laser, and whether it plays. It always plays at 1x, whatever time writing takes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.stop(0)

    def stop(self, lba: int) -> None:
        """Stop playing, with the laser at this place."""
        self._start = self._end = lba
        self._since: float | None = None
        self._paused_at: int | None = None
        self._status = AudioStatus.NONE

    def play(self, lba: int, end_lba: int) -> None:
        """Play from this sector up to that one, which is not played."""
        self._start, self._end = lba, end_lba
        self._since = self._clock.now()
        self._paused_at = None
        self._status = AudioStatus.PLAYING if end_lba > lba else AudioStatus.NONE

    def pause(self) -> bool:
        """Whether something was playing, or paused."""
        self._settle()
        if self._status is AudioStatus.PLAYING:
            self._paused_at = self.lba
            self._status = AudioStatus.PAUSED
        return self._status is AudioStatus.PAUSED

    def resume(self) -> bool:
        """Whether something was paused, or playing."""
        if self._status is AudioStatus.PAUSED and self._paused_at is not None:
            self.play(self._paused_at, self._end)
        self._settle()
        return self._status is AudioStatus.PLAYING

    @property
    def lba(self) -> int:
        """Where the laser is."""
        if self._paused_at is not None:
            return self._paused_at
        if self._since is None:
            return self._start
        passed = int((self._clock.now() - self._since) * SECTORS_PER_SECOND)
        return min(self._start + passed, max(self._start, self._end - 1))

    def take_status(self) -> AudioStatus:
        """The audio status; the end of playing is reported once (MMC-3 table 227)."""
        self._settle()
        status = self._status
        if status is AudioStatus.COMPLETED:
            self._status = AudioStatus.NONE
        return status

    def _settle(self) -> None:
        if self._status is AudioStatus.PLAYING and self._since is not None:
            played = (self._clock.now() - self._since) * SECTORS_PER_SECOND
            if self._start + played >= self._end:
                self._start, self._since = max(self._start, self._end - 1), None
                self._status = AudioStatus.COMPLETED
