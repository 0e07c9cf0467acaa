"""What happened, as values. A job passes them to its caller's `on_event` in this order.

    PhaseStarted PREPARING
    TrackStarted 1, Progress..., PhaseStarted ENDING_TRACK, TrackEnded 1
    TrackStarted 2, ...
    PhaseStarted CLOSING, Working...

In a session written at once, PhaseStarted LEAD_IN and Working come before track 1 if it has CD-Text, and
every TrackEnded comes at the end.
    PhaseStarted VERIFYING, Progress..., TrackVerified 1, TrackVerified 2, ...

Notices come wherever there is something that a person should know, Waiting wherever something takes more
than a second, Stopping as soon as a cancel was received.
"""

from __future__ import annotations

from enum import StrEnum, unique

from redbook.records import dataclass


@unique
class Phase(StrEnum):
    """What a job is doing."""

    CHECKING = "checking"  # the checksums of a master
    READING = "reading"  # the sources, before anything is sent
    MEASURING = "measuring"  # how loud they are, and reading them again with what follows from that
    PREPARING = "preparing"
    LEAD_IN = "lead-in"  # of a session written at once, where the host sends CD-Text in it
    WRITING = "writing"
    ENDING_TRACK = "ending-track"
    CLOSING = "closing"
    VERIFYING = "verifying"
    READING_DISC = "reading-disc"  # a disc that is to be kept or copied, each sector twice
    SAVING = "saving"  # what was read, as files
    BLANKING = "blanking"


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events."""

    def replaces(self, earlier: Event) -> bool:
        """Whether an earlier one that was not delivered yet can be dropped for this one."""
        return False


@dataclass(frozen=True, slots=True)
class PhaseStarted(Event):
    """track is 0 if the phase concerns the whole disc."""

    phase: Phase
    track: int = 0


@dataclass(frozen=True, slots=True)
class DiscOfSeveral(Event):
    """What does not fit on one disc is burned to several, and this is the next one.  number counts from 1.

    first_track, last_track  of all the tracks, as they are counted over all discs
    """

    number: int
    discs: int
    first_track: int
    last_track: int


@dataclass(frozen=True, slots=True)
class SourceRead(Event):
    """A source was read and checked to the end.  number counts from 1."""

    number: int
    total: int
    source: str


@dataclass(frozen=True, slots=True)
class TrackStarted(Event):
    """The first sector of a track is about to be sent."""

    number: int
    start_lba: int
    sectors: int


@dataclass(frozen=True, slots=True)
class TrackEnded(Event):
    """A track is complete on the disc."""

    number: int
    start_lba: int
    sectors: int


@dataclass(frozen=True, slots=True)
class TrackVerified(Event):
    """A track was read back."""

    number: int
    same: bool


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """How far writing or verifying has come; several times a second.

    speed         multiple of 1x, over the last few seconds
    seconds_left  for this phase; None while unknown
    """

    phase: Phase
    track: int
    track_sectors_done: int
    track_sectors: int
    sectors_done: int
    sectors: int
    host_buffer_bytes: int
    host_buffer_size: int
    drive_buffer_bytes: int
    drive_buffer_size: int
    speed: float
    seconds_left: float | None

    def replaces(self, earlier: Event) -> bool:
        return isinstance(earlier, Progress) and (earlier.phase, earlier.track) == (self.phase, self.track)


@dataclass(frozen=True, slots=True)
class Working(Event):
    """The drive is busy with a phase that has no sectors.  fraction 0.0 .. 1.0, None where unknown."""

    phase: Phase
    fraction: float | None

    def replaces(self, earlier: Event) -> bool:
        return isinstance(earlier, Working) and earlier.phase is self.phase


REPORT_EVERY_SECONDS = 1.0
"""So often it is reported that something is still waited for."""


@dataclass(frozen=True, slots=True)
class Waiting(Event):
    """Something takes more than a second; reported about once a second until it is over.

    what          completes "waiting for": "the drive to become ready"
    seconds       so far
    most_seconds  after which redbook gives up; None if it does not decide that
    """

    what: str
    seconds: float
    most_seconds: float | None = None

    def replaces(self, earlier: Event) -> bool:
        return isinstance(earlier, Waiting)


@dataclass(frozen=True, slots=True)
class Stopping(Event):
    """A cancel was received; one event for the first, one for the request to quit immediately.

    doing    what is done before the job ends, in words
    price    what quitting immediately would cost
    at_once  whether quitting immediately was requested
    """

    doing: str
    price: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """Something a person should know; the job continues."""

    text: str
