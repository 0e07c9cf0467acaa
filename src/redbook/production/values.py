"""What the ledger takes and returns: orders, copies, attempts, drives, as values."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from redbook.production.states import AttemptState, CheckMode, OrderState, Said
from redbook.records import dataclass


def new_fence() -> int:
    """A number that nobody else has: whoever shows it to the ledger is the one that received it.

    It is random, not counted. A ledger restored from a backup would count some numbers a second time, and a
    hand whose attempt was lost with the restore must not pass for another one.
    """
    return secrets.randbits(62) + 1


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Place:
    """A drive: the host's name, and the drive's name there (`/dev/sr0`, `virtual:PATH`)."""

    host: str
    drive: str

    def __str__(self) -> str:
        return f"{self.drive} on {self.host}" if self.host else self.drive


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank disc in a drive.

    ref  names this insertion of this disc on its host, until the tray opens or the machine restarts: boot
         id and /sys/block/srN/diskseq; nothing on a CD-R identifies it
    """

    place: Place
    ref: str


@dataclass(frozen=True, slots=True)
class Order:
    """A number of good copies of a master.

    master      the master's name: 64 hexadecimal digits, SHA-256 of its canonical master.json
    wanted      how many good discs; never more, unless surplus_ok
    title       for people
    priority    orders with a higher one come first; 0 is usual
    speed       multiple of 1x; None: what is recommended
    surplus_ok  an attempt whose disc is gone is made again at once, even though the disc may turn up
    drives      only these; empty: any
    made        copies delivered so far, good and checked
    spoils_left after this many more spoiled discs the order is paused
    why         why it is paused or cancelled
    made_at     seconds since 1970, UTC
    """

    id: int
    master: str
    wanted: int
    title: str
    priority: int
    speed: float | None
    check: CheckMode
    surplus_ok: bool
    state: OrderState
    made: int
    spoils_left: int
    why: str
    made_by: str
    made_at: float
    drives: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One blank in one drive, for one copy.

    number  of the copy, 1 .. wanted
    fence   whoever shows it may act for this attempt
    at      when it came into its state; seconds since 1970, UTC
    reason  why, if there is something to say
    report  what was measured on the disc; the hand decides what is in it
    """

    id: int
    order: int
    number: int
    blank: Blank
    fence: int
    state: AttemptState
    at: float
    reason: str
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a blank was claimed for: an attempt in the state `claimed`, with all that its hand needs to know.

    fence         the gate asks for it
    spoiled_last  discs that this drive has spoiled in a row: after one, go a step slower
    """

    attempt: int
    order: int
    number: int
    blank: Blank
    fence: int
    master: str
    speed: float | None
    check: CheckMode
    spoiled_last: int


@dataclass(frozen=True, slots=True)
class Copy:
    """One of the discs that were ordered.  attempt: who holds it; None: free."""

    order: int
    number: int
    attempt: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """What became of an order, in discs.

    wanted == good + checked + under_way + unknown + free
    spoiled, lost  discs used up besides those; void blanks returned unharmed
    """

    wanted: int
    good: int
    checked: int
    under_way: int
    unknown: int
    free: int
    spoiled: int
    lost: int
    void: int

    @property
    def to_go(self) -> int:
        """Copies not delivered yet, including those under way and those whose state is unknown."""
        return self.wanted - self.good - self.checked


@dataclass(frozen=True, slots=True)
class Step:
    """A line of an attempt's history.  before: None for the claim; who: a person, a host, or empty."""

    attempt: int
    before: AttemptState | None
    after: AttemptState
    at: float
    said: Said
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderStep:
    """A line of an order's history: made, paused, resumed, cancelled, done, priority, drives, restored."""

    order: int
    what: str
    at: float
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class DriveRecord:
    """The failures recorded against a drive.  resting: why nobody may use it; empty: it may be used."""

    place: Place
    spoiled_in_a_row: int
    resting: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a host last reported about a drive, and its progress.  Not kept over a crash of the database.

    state    in words of the worker: idle, reading, writing, ..., gone
    medium   in words: blank CD-R, no disc, ...
    done_sectors, total_sectors  of the current state; 0, 0 if there is nothing to count
    speed    multiple of 1x; None while nothing turns
    seen_at  seconds since 1970, UTC; set by the ledger
    """

    place: Place
    model: str
    serial: str
    state: str
    medium: str
    attempt: int | None = None
    done_sectors: int = 0
    total_sectors: int = 0
    speed: float | None = None
    seen_at: float = 0.0


_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def cell(text: str) -> str:
    """A text for a spreadsheet, which would treat one that begins like this as a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
