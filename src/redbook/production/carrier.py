"""What carries calls that can wait and be tried again: four verbs, so that one carrier can replace another.

Nothing depends on a call being made exactly once. A call first asks the ledger what there is to do, so it
does no harm if it is made once, twice or never. Whoever posted it takes from the ledger what must still be
done, and posts it again. A carrier only saves that repeated looking.

    post    call this, on that queue, now or later
    run     make the calls of some queues, until told to stop
    cancel  a call that has not begun is not made
    stop    no further calls; those under way are finished
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from redbook.clock import Clock, SystemClock

Task = Callable[[Mapping[str, Any]], None]
"""What is called, with arguments that JSON can hold.  What it raises is logged, and the call is over."""

WAIT_SECONDS = 0.25

log = logging.getLogger("redbook.production.carrier")


class Carrier(Protocol):
    """Calls by name, on queues: a queue is a host's name, and a lock keeps calls of one name of lock
    apart.
    """

    def post(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        queue: str = "",
        lock: str = "",
        after_seconds: float = 0.0,
    ) -> int:
        """Have `task` called; returns the number by which it can be cancelled.

        queue  whose `run` makes the call
        lock   calls with one lock are made one after the other; empty for none
        raises  KeyError  for a task that this carrier does not have
        """
        ...

    def run(self, queues: Sequence[str], *, at_once: int = 4) -> None:
        """Make the calls of these queues, at most `at_once` at the same time, until `stop`."""
        ...

    def cancel(self, number: int) -> bool:
        """True if the call will not be made; False if it was begun, was made, or is not known."""
        ...

    def stop(self) -> None:
        """Begin no further call; `run` returns when those under way have ended.  From any thread."""
        ...


@dataclass(order=True)
class _Call:
    at: float
    number: int
    task: str = field(compare=False)
    arguments: Mapping[str, Any] = field(compare=False)
    queue: str = field(compare=False)
    lock: str = field(compare=False)


class InProcess:
    """A carrier for one machine: threads of this process, and nothing that outlives it.

    tasks  by name
    """

    def __init__(self, tasks: Mapping[str, Task], *, clock: Clock | None = None) -> None:
        self._tasks = dict(tasks)
        self._clock = clock or SystemClock()
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._waiting: list[_Call] = []
        self._locked: set[str] = set()
        self._stopped = False

    def post(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        queue: str = "",
        lock: str = "",
        after_seconds: float = 0.0,
    ) -> int:
        if task not in self._tasks:
            raise KeyError(task)
        at = self._clock.now() + after_seconds
        with self._changed:
            call = _Call(at, next(self._numbers), task, dict(arguments), queue, lock)
            self._waiting.append(call)
            self._changed.notify_all()
        return call.number

    def run(self, queues: Sequence[str], *, at_once: int = 4) -> None:
        threads = [
            threading.Thread(target=self._work, args=(frozenset(queues),), name=f"redbook-call-{n}")
            for n in range(at_once)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, queues: frozenset[str]) -> None:
        while (call := self._next(queues)) is not None:
            try:
                self._tasks[call.task](call.arguments)
            except Exception:
                log.exception("%s %s", call.task, call.arguments)
            finally:
                with self._changed:
                    self._locked.discard(call.lock)
                    self._changed.notify_all()

    def _next(self, queues: frozenset[str]) -> _Call | None:
        with self._changed:
            while not self._stopped:
                now = self._clock.now()
                for call in sorted(self._waiting):
                    if call.at <= now and call.queue in queues and call.lock not in self._locked:
                        self._waiting.remove(call)
                        if call.lock:
                            self._locked.add(call.lock)
                        return call
                self._changed.wait(WAIT_SECONDS)
            return None

    def cancel(self, number: int) -> bool:
        with self._changed:
            for call in self._waiting:
                if call.number == number:
                    self._waiting.remove(call)
                    return True
        return False

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
