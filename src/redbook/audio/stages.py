"""Work done in parallel: one thread for each stage, with bounded queues between them.

Decoding, checking, converting and summing up are separate pieces of work on the same audio, and most of each
is done in libraries that let other threads run in the meantime. Audio goes from stage to stage in chunks of
256 kB to 1 MB, always in order, so that what comes out does not depend on how the threads are timed.

A chunk that was passed on is never changed again, so several threads may read
it at once. A stage that has failed continues to accept what it is given, and drops it: so nobody waits
for ever for room in its queue, and its error is raised when the next chunk is passed on, or at the end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

WAITING_CHUNKS = 2
"""The most items that a queue holds; this limits the stages' memory.  At least 2 (`ahead`)."""

T = TypeVar("T")


class _Line(Generic[T]):
    """A queue for WAITING_CHUNKS items.

    Like `queue.Queue`, but made of two that are not bounded: these are written in C, and hardly disturb the
    other threads, which `queue.Queue` does at each item.
    """

    def __init__(self) -> None:
        self._items: SimpleQueue[T] = SimpleQueue()
        self._room: SimpleQueue[None] = SimpleQueue()
        for _ in range(WAITING_CHUNKS):
            self._room.put(None)

    def put(self, item: T) -> None:
        """Waits for room."""
        self._room.get()
        self._items.put(item)

    def put_last(self, item: T) -> None:
        """Does not wait; nothing else is put after it."""
        self._items.put(item)

    def get(self) -> T:
        """Waits for an item."""
        item = self._items.get()
        self._room.put(None)
        return item

    def clear(self) -> None:
        with suppress(Empty):
            while True:
                self._items.get_nowait()
                self._room.put(None)


class Stage(Generic[T]):
    """Does `work` with each item, in order, in a separate thread. `finish` or `stop` ends it."""

    def __init__(self, work: Callable[[T], None]) -> None:
        self._error: BaseException | None = None
        self._stopped = False
        self._queue: _Line[tuple[T] | None] = _Line()
        # Only the thread keeps the work, which mostly refers to whoever made the stage, and so to much audio:
        # a cycle would hold all of it until Python collects.
        self._thread = threading.Thread(target=self._run, args=(work,), name="redbook-stage", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Pass an item on; waits while too many are waiting.

        raises  what the work with an earlier one raised
        """
        self._raise()
        self._queue.put((item,))

    def finish(self) -> None:
        """Wait until all is done.  raises  what the work raised"""
        self._end()
        self._raise()

    def stop(self) -> None:
        """Drop what is waiting, and wait for what is being done; has no effect on a stage that has ended."""
        self._stopped = True
        self._end()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._queue.put_last(None)
            self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self, work: Callable[[T], None]) -> None:
        while (entry := self._queue.get()) is not None:
            if self._error is not None or self._stopped:
                continue
            try:
                work(entry[0])
            except BaseException as error:  # noqa: BLE001 - raised to whoever hands the next item over
                self._error = error


def ahead(items: Iterator[T]) -> Generator[T]:
    """The same items, made in a separate thread, a few ahead of the consumer.

    Close it (`contextlib.closing`) before what the items are made from is closed: then its thread has ended.

    raises  what making them raised, after those that were made before
    """
    queue: _Line[tuple[T] | BaseException | None] = _Line()
    stopped = threading.Event()

    def run() -> None:
        try:
            for item in items:
                queue.put((item,))
                if stopped.is_set():
                    return
            queue.put(None)
        except BaseException as error:  # noqa: BLE001 - raised to whoever takes the items
            queue.put(error)

    thread = threading.Thread(target=run, name="redbook-ahead", daemon=True)
    thread.start()
    try:
        while (entry := queue.get()) is not None:
            if isinstance(entry, BaseException):
                raise entry
            yield entry[0]
    finally:
        # Once this is set the thread puts down two entries at most: with an empty queue it cannot be held up.
        stopped.set()
        queue.clear()
        thread.join()
