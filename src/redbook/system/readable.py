"""Waiting until something can be read, whatever the numbers of the descriptors."""

from __future__ import annotations

import math
import select


def readable(descriptors: list[int], seconds: float) -> list[int]:
    """Those descriptors that can be read, or have ended, within this time.

    Uses poll, because select refuses descriptors from 1024 on.
    """
    waiting = select.poll()
    for descriptor in descriptors:
        waiting.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in waiting.poll(math.ceil(max(0.0, seconds) * 1000))]
