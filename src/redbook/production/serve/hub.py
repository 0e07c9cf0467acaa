"""The newest state of everything, for readers that come, go, and are slow.

This is not a history: each key has one value and the number of its last change. A reader is given what
changed after the number that it knows, so a reader that was away misses nothing and holds nobody up. Numbers
begin again with each start of the server. A reader's number names that start; a reader from an earlier start
is given everything. Deletions of keys are also kept for a while; a reader that was away for longer is
given everything.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections.abc import AsyncIterator
from typing import Any

EACH_SECONDS = 0.25
"""No reader is told more often than four times a second."""

ALIVE_SECONDS = 15.0
"""Without news, something is sent this often, so that nobody in between believes the connection dead."""

MOST_TAKEN_AWAY = 200
"""Keys whose deletion is still reported individually."""


class Hub:
    """Values by key; may be set from any thread."""

    def __init__(self) -> None:
        self._start = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._number = 0
        self._values: dict[str, tuple[int, Any]] = {}
        self._taken_away: dict[str, int] = {}
        self._oldest_known = 0
        self._readers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._closed = False

    def put(self, key: str, value: Any) -> None:
        """Set a value; None deletes the key. An unchanged value is not news."""
        with self._lock:
            if self._values.get(key, (0, None))[1] == value:
                return
            self._number += 1
            self._taken_away.pop(key, None)
            if value is None:
                self._take_away(key)
            else:
                self._values[key] = (self._number, value)
            readers = list(self._readers)
        _wake(readers)

    def _take_away(self, key: str) -> None:
        del self._values[key]
        self._taken_away[key] = self._number
        if len(self._taken_away) > MOST_TAKEN_AWAY:
            self._oldest_known = self._taken_away.pop(next(iter(self._taken_away)))

    def close(self) -> None:
        """End every reader's stream: there is no more news."""
        with self._lock:
            self._closed = True
            readers = list(self._readers)
        _wake(readers)

    def get(self, key: str) -> Any:
        with self._lock:
            return self._values.get(key, (0, None))[1]

    def everything(self) -> dict[str, Any]:
        with self._lock:
            return {key: value for key, (_, value) in self._values.items()}

    def since(self, known: str) -> tuple[str, bool, dict[str, Any]]:
        """What is newer than a reader knows.

        known    the word that it was given last; anything else, or nothing, is a new reader
        returns  its next word; whether the values are all there are, so that it forgets others; the values
        """
        start, _, number = known.partition("-")
        with self._lock:
            # A number that is greater than ours is of another server, whatever it says about its start.
            some = (
                start == self._start
                and number.isdigit()
                and self._oldest_known <= int(number) <= self._number
            )
            after = int(number) if some else 0
            news = {key: value for key, (changed, value) in self._values.items() if changed > after}
            if some:
                news |= {key: None for key, changed in self._taken_away.items() if changed > after}
            return f"{self._start}-{self._number}", not some, news

    async def stream(self, known: str) -> AsyncIterator[str]:
        """Server-sent events: `all` first for a new reader, then `some`; their data are {key: value}."""
        reader = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._readers.add(reader)
        try:
            while not self._closed:
                reader[1].clear()
                known, is_all, news = self.since(known)
                if news or is_all:
                    text = json.dumps(news, separators=(",", ":"))  # ASCII: see `app.JSONResponse`
                    yield f"id: {known}\nevent: {'all' if is_all else 'some'}\ndata: {text}\n\n"
                    await asyncio.sleep(EACH_SECONDS)
                try:
                    await asyncio.wait_for(reader[1].wait(), ALIVE_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            with self._lock:
                self._readers.discard(reader)


def _wake(readers: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    for loop, news in readers:
        try:
            loop.call_soon_threadsafe(news.set)
        except RuntimeError:  # its loop has ended, and with it whoever read there
            continue
