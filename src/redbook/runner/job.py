"""A job in a separate thread, and the caller's thread, which receives its events."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic

from redbook.engine.events import Event
from redbook.engine.steps import R
from redbook.runner.cancel import LONGEST_NAP_SECONDS, Cancel, interrupts_cancel
from redbook.runner.mailbox import NOTHING_YET, Mailbox

_log = logging.getLogger(__name__)


class Job(Generic[R]):
    """Work that runs in a thread of its own, while the caller's thread receives its events.

    The work never waits for a listener. A signal never interrupts a command: it reaches the caller's thread,
    which turns it into a cancel. A slow listener gets only the newest progress.
    """

    def __init__(self, work: Callable[[Callable[[Event], None]], R]) -> None:
        self._work = work
        self._events = Mailbox()
        self._result: list[R] = []
        self._error: BaseException | None = None

    def run(self, on_event: Callable[[Event], None] | None, cancel: Cancel) -> R:
        """Run the work to its end; returns its result. What a listener raises is logged, and the job goes on.

        raises  what the work raises
        """
        thread = threading.Thread(target=self._run, name="redbook-job", daemon=True)
        with interrupts_cancel(cancel):
            thread.start()
            try:
                if on_event is not None:
                    self._tell_all(on_event, cancel)
                else:
                    self._pass_over()
                thread.join()
            except BaseException:  # the caller's signal handler has raised: nothing may go on unseen
                cancel()
                while thread.is_alive():
                    with suppress(BaseException):  # only the first exception is raised
                        thread.join()
                raise
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _tell_all(self, on_event: Callable[[Event], None], cancel: Cancel) -> None:
        """Pass on every event, and report what the working thread cannot while a command blocks it."""
        while (event := self._events.get(LONGEST_NAP_SECONDS)) is not None:
            stopping = cancel.acknowledged()
            if stopping is not None:
                self._tell(on_event, stopping)
            if event is NOTHING_YET:
                waiting = cancel.under_way.waiting()
                if waiting is None:
                    continue
                event = waiting
            self._tell(on_event, event)

    def _pass_over(self) -> None:
        while self._events.get() is not None:
            pass

    @staticmethod
    def _tell(on_event: Callable[[Event], None], event: Event) -> None:
        try:
            on_event(event)
        except BaseException:  # noqa: BLE001 - nothing that a listener does may cost a disc
            _log.exception("on_event raised for %r; the job continues", event)

    def _run(self) -> None:
        try:
            self._result.append(self._work(self._events.put))
        except BaseException as error:  # noqa: BLE001 - raised again on the caller's thread
            self._error = error
        finally:
            self._events.put(None)
