"""What an Update of the track-at-once writer tells, and how it follows from what the engine tells."""

from __future__ import annotations

import math
from dataclasses import dataclass

from redbook.disc import SECTOR_BYTES, SECTORS_PER_SECOND
from redbook.engine.events import Event, Phase, PhaseStarted, Progress, TrackStarted, Waiting, Working
from redbook.imapi2.com import ComObject
from redbook.imapi2.typelib.enumerations import IMAPI_FORMAT2_TAO_WRITE_ACTION as ACTION
from redbook.runner.ring import ring_bytes

QUIET_SECONDS = 1.0  # after which the same is told once more, with the time that has gone by
CLOSING_AT_1X_SECONDS = 240.0  # lead-in and lead-out; what is guessed until the drive reports progress


@dataclass(frozen=True, slots=True)
class Timed(Event):
    """An event of the engine, and when it was by the recorder's clock."""

    seconds: float
    event: Event

    def replaces(self, earlier: Event) -> bool:
        return isinstance(earlier, Timed) and self.event.replaces(earlier.event)


class TrackAtOnceEventArgs(ComObject):
    """IDiscFormat2TrackAtOnceEventArgs: how far a track, or the closing of the session, has come.

    Lengths in sectors and bytes, times in whole seconds.
    """

    IMPLEMENTS = ("IDiscFormat2TrackAtOnceEventArgs",)

    def __init__(
        self,
        action: ACTION,
        track: int,
        start_lba: int,
        sectors: int,
        done: int,
        read: int,
        buffer_bytes: int,
        buffer_size: int,
        elapsed: float,
        remaining: float,
    ) -> None:
        self._action = action
        self._track = track
        self._start, self._sectors, self._done, self._read = start_lba, sectors, done, read
        self._used, self._size = buffer_bytes, buffer_size
        self._elapsed, self._remaining = elapsed, remaining

    @property
    def CurrentTrackNumber(self) -> int:
        """1..99"""
        return self._track

    @property
    def CurrentAction(self) -> ACTION:
        return self._action

    @property
    def ElapsedTime(self) -> int:
        """Since AddAudioTrack or ReleaseMedia was called, rounded down."""
        return math.floor(self._elapsed)

    @property
    def RemainingTime(self) -> int:
        """Estimated, rounded up; 0 where nothing is known, in FINISHING at least 1."""
        return math.ceil(max(0.0, self._remaining))

    @property
    def StartLba(self) -> int:
        return self._start

    @property
    def SectorCount(self) -> int:
        return self._sectors

    @property
    def LastReadLba(self) -> int:
        """StartLba until something was read."""
        return self._start + max(0, self._read - 1)

    @property
    def LastWrittenLba(self) -> int:
        """StartLba until something was written."""
        return self._start + max(0, self._done - 1)

    @property
    def TotalSystemBuffer(self) -> int:
        return self._size

    @property
    def UsedSystemBuffer(self) -> int:
        return self._used

    @property
    def FreeSystemBuffer(self) -> int:
        return self._size - self._used


class Story:
    """Makes one call's engine events into Updates; what they have no word for makes none.

    speed  multiple of 1x that the drive has chosen, for the first estimates; 0 if unknown
    done   sectors that are on the disc already, as when a session is closed
    """

    def __init__(
        self, track: int, start_lba: int, sectors: int, began: float, speed: float, done: int = 0
    ) -> None:
        self._track, self._start, self._sectors = track, start_lba, sectors
        self._began = began
        self._speed = speed
        self._done = self._read = done
        self._used = 0
        self._size = ring_bytes(sectors)
        self._writes = False  # before that the read-ahead is filled
        self._last: tuple[ACTION, float, float] | None = (
            None  # what was told last: the action, when, time left
        )

    def preparing(self, now: float) -> TrackAtOnceEventArgs:
        return self._args(ACTION.IMAPI_FORMAT2_TAO_WRITE_ACTION_PREPARING, now, self._seconds_to_write())

    def verifying(self, now: float) -> TrackAtOnceEventArgs:
        return self._verifying(now, 0.0)

    def of(self, timed: Timed) -> TrackAtOnceEventArgs | None:
        event, now = timed.event, timed.seconds
        if isinstance(event, TrackStarted):
            self._writes = True
            return self._writing(now, self._seconds_to_write())
        if isinstance(event, Progress) and event.phase is Phase.VERIFYING:
            self._track = event.track
            return self._verifying(now, event.seconds_left or 0.0)
        if isinstance(event, Progress):
            self._done = event.track_sectors_done
            self._used, self._size = event.host_buffer_bytes, event.host_buffer_size
            self._read = min(self._sectors, self._done + self._used // SECTOR_BYTES)
            left = event.seconds_left
            return self._writing(now, self._seconds_to_write() if left is None else left)
        if isinstance(event, PhaseStarted) and event.phase in (Phase.ENDING_TRACK, Phase.CLOSING):
            return self._finishing(now, self._seconds_to_close() if event.phase is Phase.CLOSING else 0.0)
        if isinstance(event, PhaseStarted) and event.phase is Phase.VERIFYING:
            return self._verifying(now, 0.0)
        if isinstance(event, Working) and event.phase is Phase.CLOSING:
            return self._finishing(now, self._seconds_to_close(event.fraction, now))
        if isinstance(event, Working) and event.phase is Phase.WRITING:
            return self._writing(now, self._seconds_to_write()) if self._writes else self.preparing(now)
        if isinstance(event, Waiting) and self._last is not None:
            action, then, left = self._last
            if now - then < QUIET_SECONDS:
                return None
            return self._args(action, now, max(0.0, left - (now - then)))
        return None

    def _writing(self, now: float, left: float) -> TrackAtOnceEventArgs:
        return self._args(ACTION.IMAPI_FORMAT2_TAO_WRITE_ACTION_WRITING, now, left)

    def _verifying(self, now: float, left: float) -> TrackAtOnceEventArgs:
        return self._args(ACTION.IMAPI_FORMAT2_TAO_WRITE_ACTION_VERIFYING, now, left)

    def _finishing(self, now: float, left: float) -> TrackAtOnceEventArgs:
        return self._args(ACTION.IMAPI_FORMAT2_TAO_WRITE_ACTION_FINISHING, now, max(1.0, left))

    def _seconds_to_write(self) -> float:
        speed = self._speed * SECTORS_PER_SECOND
        return (self._sectors - self._done) / speed if speed else 0.0

    def _seconds_to_close(self, fraction: float | None = None, now: float = 0.0) -> float:
        elapsed = now - self._began
        if fraction:
            return elapsed * (1 - fraction) / fraction
        return max(0.0, CLOSING_AT_1X_SECONDS / self._speed - max(0.0, elapsed)) if self._speed else 0.0

    def _args(self, action: ACTION, now: float, left: float) -> TrackAtOnceEventArgs:
        self._last = action, now, left
        return TrackAtOnceEventArgs(
            action,
            self._track,
            self._start,
            self._sectors,
            self._done,
            self._read,
            self._used,
            self._size,
            now - self._began,
            left,
        )
