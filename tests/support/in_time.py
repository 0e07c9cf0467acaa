"""For what must end, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable


def in_time(work: Callable[[], None]) -> None:
    """Fails where it hangs, instead of hanging."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "it hangs"
    if raised:
        raise raised[0]
