"""Logging: a TRAFFIC level below DEBUG, for one line per exchange with a drive."""

from __future__ import annotations

import logging

from redbook.errors import printable

TRAFFIC = 5
logging.addLevelName(TRAFFIC, "TRAFFIC")


class Printable(logging.Formatter):
    """Nothing that a name or a drive's words bring can tell a terminal what to do."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(printable(line) for line in super().format(record).split("\n"))
