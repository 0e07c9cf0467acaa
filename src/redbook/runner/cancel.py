"""The request that a job stop, and how Ctrl-C becomes one.

The first signal asks for a clean end: the track is ended, and the drive is left ready for use. The second
one quits as soon as the command under way is over, and leaves the disc as it is. `redbook.runner.runner` says
when each of them reaches a procedure. Commands that run longer (`copies`, `worker`, `serve`, `share iscsi`,
`drives --watch`) have handlers of their own, which also do nothing but note the request.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redbook.engine.events import Stopping
from redbook.flag import Flag
from redbook.runner.under_way import UnderWay

UNCHANGED = "nothing was changed on the disc"
"""A procedure that does change something says so instead of this."""

LONGEST_NAP_SECONDS = 0.1  # how long a cancel may go unnoticed in a pause

SENT_AGAIN_SECONDS = 1.0
"""If a program sends a second signal sooner than this, it is the same request once more."""

NO_HAND_SECONDS = 0.1
"""Nobody presses Ctrl-C twice in so short a time: a program must have sent the two signals."""


class Cancel:
    """Asks a job to stop.  May be used from any thread, and from a signal handler.

    under_way  what it would stop, as the job reports it
    """

    def __init__(self) -> None:
        self.asked = Flag()
        self.under_way = UnderWay()
        self._at_once = False
        self._answered = (False, False)
        self._signalled = -math.inf

    def __call__(self) -> None:
        """End the job cleanly: the track is ended, and the drive left ready for use."""
        self.asked.set()

    def at_once(self) -> None:
        """Quit as soon as the command under way is over; the disc may be unusable."""
        self._at_once = True
        self.asked.set()

    def on_signal(self, number: int, frame: object) -> None:
        """A signal handler: the first signal cancels, the second quits immediately.

        One request from a program can come as two signals: timeout(1) sends its own to the process, and then
        to its group; if a terminal is closed, both the kernel and the shell send a SIGHUP.
        """
        now, key = time.monotonic(), number == signal.SIGINT
        soon = now - self._signalled < (NO_HAND_SECONDS if key else SENT_AGAIN_SECONDS)
        answered = key and self._answered[0]  # a user who has seen the answer may press again at once
        if soon and not answered:
            return
        self._signalled = now
        if self.wanted:
            self.at_once()
        self()

    @property
    def wanted(self) -> bool:
        return self.asked.is_set()

    @property
    def wanted_at_once(self) -> bool:
        return self._at_once

    def acknowledged(self) -> Stopping | None:
        """What a cancel does and costs, if the listener does not know yet; otherwise None."""
        wanted = (self.wanted, self._at_once)
        if wanted == self._answered:
            return None
        self._answered = wanted
        with self.under_way.deciding:
            return self.under_way.stopping(at_once=self._at_once)


@contextmanager
def interrupts_cancel(cancel: Cancel) -> Iterator[None]:
    """In this block, Ctrl-C cancels and raises no KeyboardInterrupt; a second one quits at once.

    This works only on the main thread, and only if Python's own handler is in place: a program with another
    one knows what it wants.
    """
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, cancel.on_signal)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
