"""One time left for writing, closing and reading back."""

from __future__ import annotations

import pytest

from redbook.cli.time_left import TimeLeft
from redbook.clock import ManualClock
from redbook.engine.events import Phase, PhaseStarted, Progress, Working

MINUTE = 60 * 75


def at(phase: Phase, done: int, speed: float, left: float | None, sectors: int = 24 * MINUTE) -> Progress:
    return Progress(phase, 1, done, sectors, done, sectors, 0, 0, 0, 0, speed, left)


def told(clock: ManualClock, *, closes: bool = True, reads_back: bool = True) -> TimeLeft:
    left = TimeLeft(closes=closes, reads_back=reads_back, clock=clock.now)
    left.hear(PhaseStarted(Phase.PREPARING))
    left.hear(PhaseStarted(Phase.WRITING, 1))
    return left


def test_nothing_is_told_before_the_speed_is_known() -> None:
    left = told(ManualClock())
    assert left.seconds() is None
    left.hear(at(Phase.WRITING, 0, 0.0, None))
    assert left.seconds() is None
    left.hear(at(Phase.WRITING, 300, 0.2, 4000.0))  # the drive writes its lead-in, and takes no more
    assert left.seconds() is None
    assert left.fraction() is None


@pytest.mark.parametrize(
    ("closes", "reads_back", "seconds"),
    [
        (True, True, 90 + 150 / 16 + 60),  # 24 minutes are read in one at 24x
        (True, False, 90 + 150 / 16),
        (False, True, 90 + 60),
        (False, False, 90),
    ],
)
def test_while_it_writes_what_follows_counts(closes: bool, reads_back: bool, seconds: float) -> None:
    left = told(ManualClock(), closes=closes, reads_back=reads_back)
    left.hear(at(Phase.WRITING, 1, 16.0, 90.0))
    assert left.seconds() == pytest.approx(seconds)


def test_time_goes_on_between_two_events() -> None:
    clock = ManualClock()
    left = told(clock, closes=False)
    left.hear(at(Phase.WRITING, 1, 16.0, 90.0))
    clock.sleep(30)
    assert left.seconds() == pytest.approx(60 + 60)
    assert left.fraction() == pytest.approx(30 / 150)


def test_closing_counts_down_and_reading_back_tells_its_own() -> None:
    clock = ManualClock()
    left = told(clock)
    left.hear(at(Phase.WRITING, 24 * MINUTE, 10.0, 0.0))
    left.hear(PhaseStarted(Phase.CLOSING))
    clock.sleep(5)
    assert left.seconds() == pytest.approx(10 + 60)
    left.hear(Working(Phase.CLOSING, 0.25))  # the drive knows better: 20 s in all
    assert left.seconds() == pytest.approx(15 + 60)
    clock.sleep(100)
    assert left.seconds() == pytest.approx(315 + 60)
    left.hear(PhaseStarted(Phase.VERIFYING))
    assert left.seconds() == pytest.approx(60)
    left.hear(at(Phase.VERIFYING, 1, 12.0, 118.0))
    assert left.seconds() == pytest.approx(118)


def test_what_no_drive_writes_is_read_as_fast() -> None:
    left = told(ManualClock(), closes=False)
    left.hear(at(Phase.WRITING, 1, 2400.0, 0.0))
    assert left.seconds() == pytest.approx(0.6)
