"""What the kernel has said about a drive recently."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Set

from redbook.system.system import System

LOG = "/dev/kmsg"
MOST_LINES = 5
MOST_RECORDS = 100_000
RECORD_BYTES = 8192
NOT_READABLE = "its log cannot be read (`sudo dmesg | tail` shows it)"


def last_lines(system: System, places: Set[str]) -> str:
    """The last lines that name one of these places, such as "sr0", "7:0:0:0" or "usb 2-2".

    Source: Documentation/ABI/testing/dev-kmsg: "level,number,microseconds,flags;text", one record per read.
    """
    wanted = re.compile("|".join(rf"\b{re.escape(place)}\b" for place in sorted(places))) if places else None
    found: deque[str] = deque(maxlen=MOST_LINES)
    try:
        for record in _records(system):
            text = record.partition(";")[2] or record
            if wanted is not None and wanted.search(text):
                found.append(text)
    except OSError:
        return NOT_READABLE
    return " / ".join(found) or "nothing about it in its log"


def _records(system: System) -> Iterator[str]:
    """raises  OSError  if we may not read the log"""
    log = os.open(system.at(LOG), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        for _ in range(MOST_RECORDS):
            try:
                record = os.read(log, RECORD_BYTES)
            except BlockingIOError:
                return
            except BrokenPipeError:  # the record was overwritten while we read; the next one is there
                continue
            if not record:
                return
            yield from record.decode("utf-8", "replace").splitlines()
    finally:
        os.close(log)
