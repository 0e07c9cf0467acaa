"""What a procedure may yield, and what it is sent in return."""

from __future__ import annotations

from collections.abc import Generator
from enum import StrEnum, unique
from typing import Any, TypeAlias, TypeVar

from redbook.engine.events import Event, Phase
from redbook.mmc.command import Command
from redbook.records import dataclass

R = TypeVar("R")


class Abandoned(BaseException):
    """Thrown into a procedure that must leave at once: unlock the tray and stop."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Let this much time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """Sent: seconds on the runner's clock."""


@dataclass(frozen=True, slots=True)
class TakeSectors:
    """Sent: the next whole sectors of the current track as a memoryview, valid until the next one is
    taken; empty at the track's end."""


@dataclass(frozen=True, slots=True)
class MostSectors:
    """Sent: how many sectors one command may carry to this drive or from it.  Fewer, once the
    system has refused to send so many (TransferTooLarge)."""


@dataclass(frozen=True, slots=True)
class FewerSectors:
    """The drive refuses this many sectors in one command.  Sent: how many to try, which MostSectors tells
    from now on; 0 if fewer make no sense."""

    refused: int


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the transport how much will be written in all, before anything is."""

    data_bytes: int


@dataclass(frozen=True, slots=True)
class Shield:
    """Hold back cancelling, or allow it again."""

    up: bool


@unique
class Point(StrEnum):
    """What a burn is about to do that cannot be undone.

    WRITE  send the first sector; until then the disc is as it was
    CLOSE  make the disc playable; after that nothing can be added
    """

    WRITE = "write"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Commit:
    """Whoever may object is asked, and waited for.  raises  NotCommitted  if they object"""

    point: Point


@dataclass(frozen=True, slots=True)
class Compare:
    """Sent: the numbers of these sectors that are not what was sent, held against the audio itself.

    place  of the track among those that were sent, from 0
    first  sector that the data begin with, from the start of what was sent of that track

    raises  AudioError  if the audio cannot be read any more
    """

    place: int
    first: int
    data: bytes | bytearray


@dataclass(frozen=True, slots=True)
class SentSums:
    """Sent: the CRC-32 of each sector of a track, from the audio that was sent.

    place  of the track among those that were sent, from 0

    raises  AudioError  if the audio cannot be read any more
    """

    place: int


@dataclass(frozen=True, slots=True)
class Absorb:
    """Take these bytes into the running SHA-256, in a separate thread. They must not change any more."""

    data: bytes | bytearray


@dataclass(frozen=True, slots=True)
class Digest:
    """Sent: the SHA-256, in hexadecimal, of what was absorbed since the last one."""


@dataclass(frozen=True, slots=True)
class SectorsDone:
    """This many sectors of this track are sent or compared.  The runner turns it into Progress."""

    phase: Phase
    track: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class DriveBuffer:
    """What READ BUFFER CAPACITY said, for Progress."""

    filled_bytes: int
    size_bytes: int


Step: TypeAlias = (
    Command[Any]
    | Pause
    | Now
    | TakeSectors
    | MostSectors
    | FewerSectors
    | Compare
    | SentSums
    | Absorb
    | Digest
    | Announce
    | Shield
    | Commit
    | SectorsDone
    | DriveBuffer
    | Event
)
Procedure: TypeAlias = Generator[Step, Any, R]
