"""What a writer's Update reports, and how it follows from the engine's events."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Generic, TypeVar

from redbook.disc import SECTOR_BYTES, SECTORS_PER_SECOND
from redbook.engine.events import Event, Phase, PhaseStarted, Progress, TrackStarted, Waiting, Working
from redbook.imapi2.com import ComObject
from redbook.imapi2.typelib.enumerations import IMAPI_FORMAT2_RAW_CD_WRITE_ACTION as RAW_ACTION
from redbook.imapi2.typelib.enumerations import IMAPI_FORMAT2_TAO_WRITE_ACTION as ACTION
from redbook.records import dataclass
from redbook.runner.ring import ring_bytes

QUIET_SECONDS = 1.0  # after this, the same is reported once more with the new elapsed time
CLOSING_AT_1X_SECONDS = 240.0  # for lead-in and lead-out; a guess until the drive reports progress


@dataclass(frozen=True, slots=True)
class Timed(Event):
    """An event of the engine, with its time by the recorder's clock."""

    seconds: float
    event: Event

    def replaces(self, earlier: Event) -> bool:
        return isinstance(earlier, Timed) and self.event.replaces(earlier.event)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a call has come.

    start_lba, sectors  where it starts, and how many sectors there are
    done, read          how many of them have been written, and read from the stream
    buffer_bytes, buffer_size  of the read-ahead
    elapsed, remaining  seconds
    """

    start_lba: int
    sectors: int
    done: int
    read: int
    buffer_bytes: int
    buffer_size: int
    elapsed: float
    remaining: float


class WriteEngineEventArgs(ComObject):
    """IWriteEngine2EventArgs, and the times that the arguments of both writers have in addition.

    Lengths are in sectors and bytes, times in whole seconds.
    """

    def __init__(self, reached: Reached) -> None:
        self._reached = reached

    @property
    def ElapsedTime(self) -> int:
        """The time since the call under way began, rounded down."""
        return math.floor(self._reached.elapsed)

    @property
    def RemainingTime(self) -> int:
        """Estimated and rounded up; 0 if nothing is known, but at least 1 in FINISHING."""
        return math.ceil(max(0.0, self._reached.remaining))

    @property
    def StartLba(self) -> int:
        return self._reached.start_lba

    @property
    def SectorCount(self) -> int:
        return self._reached.sectors

    @property
    def LastReadLba(self) -> int:
        """The last sector read; StartLba until something was read."""
        return self._reached.start_lba + max(0, self._reached.read - 1)

    @property
    def LastWrittenLba(self) -> int:
        """The last sector written; StartLba until something was written."""
        return self._reached.start_lba + max(0, self._reached.done - 1)

    @property
    def TotalSystemBuffer(self) -> int:
        return self._reached.buffer_size

    @property
    def UsedSystemBuffer(self) -> int:
        return self._reached.buffer_bytes

    @property
    def FreeSystemBuffer(self) -> int:
        return self._reached.buffer_size - self._reached.buffer_bytes


class TrackAtOnceEventArgs(WriteEngineEventArgs):
    """IDiscFormat2TrackAtOnceEventArgs: how far a track, or the closing of the session, has come."""

    IMPLEMENTS = ("IDiscFormat2TrackAtOnceEventArgs",)

    def __init__(self, action: ACTION, track: int, reached: Reached) -> None:
        super().__init__(reached)
        self._action, self._track = action, track

    @property
    def CurrentTrackNumber(self) -> int:
        """1..99"""
        return self._track

    @property
    def CurrentAction(self) -> ACTION:
        return self._action


class RawCDEventArgs(WriteEngineEventArgs):
    """IDiscFormat2RawCDEventArgs: how far the writing of an image has come.

    StartLba is that of the disc's lead-in, below 0.
    """

    IMPLEMENTS = ("IDiscFormat2RawCDEventArgs",)

    def __init__(self, action: ACTION, track: int, reached: Reached) -> None:
        super().__init__(reached)
        self._action = RAW_ACTION(min(action, max(RAW_ACTION)))  # reading back has no action of its own

    @property
    def CurrentAction(self) -> RAW_ACTION:
        return self._action


A = TypeVar("A", bound=WriteEngineEventArgs)


class Story(Generic[A]):
    """Turns the engine events of one call into Updates; an event for which Updates have no word makes none.

    speed         multiple of 1x that the drive has chosen, for the first estimates; 0 if unknown
    done          sectors that are on the disc already, as when a session is closed
    sector_bytes  of what is sent
    make          makes the arguments of an Update from an action, the track, and how far it is
    """

    def __init__(
        self,
        track: int,
        start_lba: int,
        sectors: int,
        began: float,
        speed: float,
        done: int = 0,
        *,
        sector_bytes: int = SECTOR_BYTES,
        make: Callable[[ACTION, int, Reached], A],
    ) -> None:
        self._track, self._start, self._sectors = track, start_lba, sectors
        self._began = began
        self._speed = speed
        self._done = self._read = done
        self._used = 0
        self._sector_bytes, self._make = sector_bytes, make
        self._size = ring_bytes(sectors * sector_bytes // SECTOR_BYTES)
        self._writes = False  # before that the read-ahead is filled
        self._last: tuple[ACTION, float, float] | None = (
            None  # the last report: the action, its time, time left
        )

    def preparing(self, now: float) -> A:
        return self._args(ACTION.IMAPI_FORMAT2_TAO_WRITE_ACTION_PREPARING, now, self._seconds_to_write())

    def verifying(self, now: float) -> A:
        return self._verifying(now, 0.0)

    def of(self, timed: Timed) -> A | None:
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
            self._read = min(self._sectors, self._done + self._used // self._sector_bytes)
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

    def _writing(self, now: float, left: float) -> A:
        return self._args(ACTION.IMAPI_FORMAT2_TAO_WRITE_ACTION_WRITING, now, left)

    def _verifying(self, now: float, left: float) -> A:
        return self._args(ACTION.IMAPI_FORMAT2_TAO_WRITE_ACTION_VERIFYING, now, left)

    def _finishing(self, now: float, left: float) -> A:
        return self._args(ACTION.IMAPI_FORMAT2_TAO_WRITE_ACTION_FINISHING, now, max(1.0, left))

    def _seconds_to_write(self) -> float:
        speed = self._speed * SECTORS_PER_SECOND
        return (self._sectors - self._done) / speed if speed else 0.0

    def _seconds_to_close(self, fraction: float | None = None, now: float = 0.0) -> float:
        elapsed = now - self._began
        if fraction:
            return elapsed * (1 - fraction) / fraction
        return max(0.0, CLOSING_AT_1X_SECONDS / self._speed - max(0.0, elapsed)) if self._speed else 0.0

    def _args(self, action: ACTION, now: float, left: float) -> A:
        self._last = action, now, left
        return self._make(
            action,
            self._track,
            Reached(
                self._start,
                self._sectors,
                self._done,
                self._read,
                self._used,
                self._size,
                now - self._began,
                left,
            ),
        )
