"""How the name of a recorder begins, by its kind."""

from __future__ import annotations

VIRTUAL = "virtual:"
RACK = "rack:"
NODES = "/dev/"
