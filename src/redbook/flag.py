"""A flag that anything may set, even a signal handler."""

from __future__ import annotations


class Flag:
    """Unset until someone sets it.

    A `threading.Event` has a lock that its own thread cannot take twice. A signal handler that sets one may
    have interrupted the same thread inside `set` or `wait`, and then waits for ever. Here is no lock, and so
    no waiting either: whoever wants to know looks now and then.
    """

    def __init__(self) -> None:
        self._set = False

    def set(self) -> None:
        self._set = True

    def is_set(self) -> bool:
        return self._set
