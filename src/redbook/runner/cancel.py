"""The request that a job stop, and how Ctrl-C becomes one.

The first signal asks for a clean end: the track is ended, and the drive left ready for use. The
second one quits as soon as the command under way is over, and leaves the disc as it is.
`redbook.runner.runner` says when either reaches a procedure. Commands that live longer (`copies`, `worker`,
`serve`, `share iscsi`, `drives --watch`) have handlers of their own, which also only note the wish.
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
"""What a procedure that changes something says in place of it."""

LONGEST_NAP_SECONDS = 0.1  # how long a cancel may go unnoticed in a pause

SENT_AGAIN_SECONDS = 1.0
"""A program's signal that comes sooner after another one is the same wish once more."""

NO_HAND_SECONDS = 0.1
"""Nobody presses Ctrl-C twice within so short a time: two such signals were sent by a program."""


class Cancel:
    """Asks a job to stop.  May be used from any thread, also from a signal handler.

    under_way  what it would stop, as the job tells it
    """

    def __init__(self) -> None:
        self.asked = Flag()
        self.under_way = UnderWay()
        self._at_once = False
        self._told = (False, False)
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

        One wish of a program can come as two signals: timeout(1) sends its own to the process, and then to
        its group; a terminal that is closed hangs up by the kernel and by the shell.
        """
        now, key = time.monotonic(), number == signal.SIGINT
        soon = now - self._signalled < (NO_HAND_SECONDS if key else SENT_AGAIN_SECONDS)
        answered = key and self._told[0]  # who has read that it is obeyed may press again at once
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
        """What a cancel does and costs, if the listener was not told yet; None otherwise."""
        wanted = (self.wanted, self._at_once)
        if wanted == self._told:
            return None
        self._told = wanted
        with self.under_way.deciding:
            return self.under_way.stopping(at_once=self._at_once)


@contextmanager
def interrupts_cancel(cancel: Cancel) -> Iterator[None]:
    """Inside, Ctrl-C cancels instead of raising KeyboardInterrupt anywhere; a second one quits at once.

    Only on the main thread, and where Python's own handler is in place: a program that has another one knows
    what it wants.
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
