"""Listeners that take their time, on a clock of the test's and with the numbers as they are shipped."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count

import pytest

from redbook.clock import ManualClock
from redbook.engine.events import (
    Event,
    Notice,
    Phase,
    PhaseStarted,
    Progress,
    Stopping,
    TrackEnded,
    TrackStarted,
    TrackVerified,
    Waiting,
    Working,
)
from redbook.runner.mailbox import NOTHING_YET, STALE_SECONDS, Mailbox
from redbook.runner.runner import PROGRESS_SECONDS


def progress(track: int, done: int, phase: Phase = Phase.WRITING) -> Progress:
    return Progress(phase, track, done, 300, done, 300, 0, 0, 0, 0, 1.0, None)


def of_a_job(tracks: int, seconds_each: float) -> Iterator[tuple[float, Event | None]]:
    """What a job tells, and when."""
    at = 0.0
    yield at, PhaseStarted(Phase.PREPARING)
    for track in range(1, tracks + 1):
        yield at, TrackStarted(track, 0, 300)
        steps = round(seconds_each / PROGRESS_SECONDS)
        for step in range(1, steps + 1):
            at += PROGRESS_SECONDS
            yield at, progress(track, step)
            if step == steps // 2:
                yield at, Notice(f"in the middle of track {track}")
        yield at, PhaseStarted(Phase.ENDING_TRACK, track)
        yield at, TrackEnded(track, 0, 300)
    yield at, PhaseStarted(Phase.CLOSING)
    yield at, Working(Phase.CLOSING, 0.5)
    yield at, Stopping("the session is closed", "the disc is lost")
    yield at, TrackVerified(1, True)
    yield at, None


class Listener:
    """Hears a job's events, each of which keeps it busy for so long.

    heard    when, and what
    longest  how long the queue ever was
    """

    def __init__(self, told: Iterator[tuple[float, Event | None]], seconds_each: float) -> None:
        clock, number = ManualClock(), count()
        mailbox = Mailbox(clock)
        moments = [(at, next(number), event) for at, event in told]
        self.told = [event for _, _, event in moments if event is not None]
        self.heard: list[tuple[float, Event]] = []
        self.longest = 0
        free_at = 0.0
        heapq.heapify(moments)
        while True:
            while moments and (moments[0][0] <= free_at or not len(mailbox)):
                at, _, event = heapq.heappop(moments)
                clock.sleep(max(0.0, at - clock.now()))
                mailbox.put(event)
                self.longest = max(self.longest, len(mailbox))
                free_at = max(free_at, clock.now()) if len(mailbox) == 1 else free_at
            clock.sleep(max(0.0, free_at - clock.now()))
            heard = mailbox.get(0)
            if heard is None:
                break
            assert heard is not NOTHING_YET
            self.heard.append((free_at, heard))
            free_at += seconds_each
        self.ended_at = free_at

    @property
    def events(self) -> list[Event]:
        return [event for _, event in self.heard]

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


NEVER_LEFT_OUT = (PhaseStarted, TrackStarted, TrackEnded, TrackVerified, Notice, Stopping)


def test_a_job_of_four_seconds_does_not_last_twenty() -> None:
    """Twenty times progress, and a listener that takes a second for each."""
    listener = Listener(of_a_job(1, 4.0), 1.0)
    milestones = sum(isinstance(event, NEVER_LEFT_OUT) for event in listener.told)
    assert len(listener.told) == 29
    assert listener.ended_at < 4.0 + milestones + 3  # one second for each that is never left out, and a few
    assert listener.longest < milestones + 3


def test_nothing_else_is_left_out_and_the_order_stays() -> None:
    listener = Listener(of_a_job(3, 4.0), 1.0)
    for kind in NEVER_LEFT_OUT:
        assert listener.of(kind) == [event for event in listener.told if isinstance(event, kind)]
    places = [listener.told.index(event) for event in listener.events]
    milestones = [
        place
        for place, event in zip(places, listener.events, strict=True)
        if isinstance(event, NEVER_LEFT_OUT)
    ]
    assert milestones == sorted(milestones)
    shown = [event.sectors_done for event in listener.of(Progress) if event.track == 1]  # type: ignore[attr-defined]
    assert shown == sorted(shown)


def test_what_is_heard_is_the_newest() -> None:
    """As long as a job only goes on: each time it listens, nothing is older than a moment."""

    def told() -> Iterator[tuple[float, Event | None]]:
        for step in range(500):
            yield step * PROGRESS_SECONDS, progress(1, step)
        yield 500 * PROGRESS_SECONDS, None

    listener = Listener(told(), 1.0)
    for at, event in listener.heard[2:]:
        assert isinstance(event, Progress)
        assert at - event.sectors_done * PROGRESS_SECONDS <= STALE_SECONDS + 2 * PROGRESS_SECONDS
    assert listener.longest <= 3
    assert listener.ended_at < 103


def test_a_quick_listener_hears_everything() -> None:
    listener = Listener(of_a_job(3, 4.0), 0.01)
    assert listener.events == listener.told


def test_the_queue_does_not_grow_while_kinds_take_turns() -> None:
    clock = ManualClock()
    mailbox = Mailbox(clock)
    for number in range(1000):
        mailbox.put(progress(1, number))
        mailbox.put(Waiting("the drive", number))
        mailbox.put(Working(Phase.CLOSING, None))
        clock.sleep(PROGRESS_SECONDS)
    assert len(mailbox) <= 3 * 3


def test_progress_of_another_track_or_phase_is_no_replacement() -> None:
    clock = ManualClock()
    mailbox = Mailbox(clock)
    first = [progress(1, 10), progress(2, 10), progress(1, 10, Phase.VERIFYING)]
    mailbox.put(Notice("first"))
    clock.sleep(1)
    for event in [*first, progress(1, 20)]:
        mailbox.put(event)
    heard = [mailbox.get(0) for _ in range(4)]
    assert heard == [Notice("first"), *first[1:], progress(1, 20)]


@pytest.mark.parametrize("waited", [0.0, STALE_SECONDS])
def test_a_moment_is_not_slow(waited: float) -> None:
    clock = ManualClock()
    mailbox = Mailbox(clock)
    mailbox.put(progress(1, 10))
    clock.sleep(waited)
    mailbox.put(progress(1, 20))
    assert len(mailbox) == 2
