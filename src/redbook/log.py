"""Logging: a TRAFFIC level below DEBUG, for one line per exchange with a drive."""

from __future__ import annotations

import logging

TRAFFIC = 5
logging.addLevelName(TRAFFIC, "TRAFFIC")
