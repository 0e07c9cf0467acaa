"""A ledger in every database that it can be kept in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from redbook.production.ledger import Ledger, open_ledger
from tests.support import postgres


class WallClock:
    """Seconds since 1970 that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> WallClock:
    return WallClock()


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """PostgreSQL, once for all tests of a process."""
    if postgres.programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("not installed: postgresql")
        pytest.skip("not installed: postgresql")
    with postgres.Server() as started:
        yield started


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a ledger that is not there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "copies of a sermon.ledger")
    server: postgres.Server = request.getfixturevalue("server")
    return server.new_database()


@pytest.fixture
def ledger(address: str, wall: WallClock) -> Iterator[Ledger]:
    with open_ledger(address, now=wall) as opened:
        yield opened
