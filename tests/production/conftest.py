"""A ledger on every database that it can be kept in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redbook.production.ledger import Ledger, open_ledger

OpenLedger = Callable[[], Ledger]


class WallClock:
    """Seconds since 1970 that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> WallClock:
    return WallClock()


@pytest.fixture
def address(tmp_path: Path) -> str:
    """Of a ledger that is not there yet."""
    return str(tmp_path / "copies of a sermon.ledger")


@pytest.fixture
def ledger(address: str, wall: WallClock) -> Iterator[Ledger]:
    with open_ledger(address, now=wall) as opened:
        yield opened
