"""Events on their way from the working thread to the listening one."""

from __future__ import annotations

import threading
from collections import deque

from redbook.clock import Clock, SystemClock
from redbook.engine.events import Event
from redbook.records import dataclass

STALE_SECONDS = 0.25
"""How long an event may wait before the listener counts as slow."""

NOTHING_YET = Event()


@dataclass(slots=True, eq=False)
class _Letter:
    """since: when it began to wait, or the first of the events that it has replaced"""

    since: float
    event: Event | None


class Mailbox:
    """A queue that does not grow without end while the listener is slow.

    When an event has waited for longer than STALE_SECONDS, a new one takes the place of those that it
    replaces, so only the newest progress of each kind is kept. An event that nothing replaces is never left
    out, and events keep their order.

    clock  with which this time is measured
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._letters: deque[_Letter] = deque()
        self._something = threading.Condition()

    def __len__(self) -> int:
        return len(self._letters)

    def put(self, event: Event | None) -> None:
        """Add an event; None: there will be no more."""
        now = self._clock.now()
        with self._something:
            since = now
            if event is not None and self._letters and now - self._letters[0].since > STALE_SECONDS:
                since = self._make_way(event, now)
            self._letters.append(_Letter(since, event))
            self._something.notify()

    def _make_way(self, event: Event, now: float) -> float:
        """Take out the events that this one replaces; returns since when they have been waiting."""
        replaced = [one for one in self._letters if one.event is not None and event.replaces(one.event)]
        for letter in replaced:
            self._letters.remove(letter)
        return min((letter.since for letter in replaced), default=now)

    def get(self, seconds: float | None = None) -> Event | None:
        """The next event; None: there will be no more.  NOTHING_YET, if none has come in this time."""
        with self._something:
            if not self._something.wait_for(lambda: self._letters, seconds):
                return NOTHING_YET
            return self._letters.popleft().event
