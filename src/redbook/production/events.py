"""What happens while copies are made, as values; docs/json.md shows them as JSON."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any, TypeAlias

from redbook.engine.events import Notice
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class CopyClaimed:
    """A blank is to become this copy."""

    order: int
    number: int
    attempt: int
    drive: str


@dataclass(frozen=True, slots=True)
class CopyState:
    """An attempt came into another state.  why: where there is something to say"""

    order: int
    number: int
    attempt: int
    drive: str
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far a drive is; a few times a second.

    phase  "reading", "preparing", "writing", "closing", "verifying" ...
    speed  multiple of 1x
    """

    order: int
    number: int
    attempt: int
    drive: str
    phase: str
    sectors_done: int = 0
    sectors: int = 0
    speed: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class NeedBlank:
    """A drive is waiting for a blank disc.  why: what is wrong with the disc in it; empty for none in it"""

    drive: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class TakeDisc:
    """A person is to take a disc out.  good: the tray is open; else it is shut, and the disc no good"""

    drive: str
    order: int
    number: int
    good: bool
    text: str


@dataclass(frozen=True, slots=True)
class DriveRests:
    """A drive is not used any more until a person says so."""

    drive: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderNow:
    """How an order stands: discs, as in the ledger's account."""

    order: int
    state: str
    wanted: int
    good: int
    checked: int
    spoiled: int
    lost: int
    unknown: int
    under_way: int
    free: int
    why: str = ""


CopyEvent: TypeAlias = (
    CopyClaimed | CopyState | CopyProgress | NeedBlank | TakeDisc | DriveRests | OrderNow | Notice
)

_KINDS: dict[type, str] = {OrderNow: "order"}


def as_json(event: CopyEvent) -> dict[str, Any]:
    """An event as JSON: its kind in snake case, then its fields."""
    kind = _KINDS.get(type(event)) or re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": kind, **asdict(event)}
