"""Bytes as a drive's answers, whatever is being done with it."""

from __future__ import annotations

from tests.support.lied_to import one

__all__ = ["SEEDS", "one"]

SEEDS = [
    bytes((job, opcode, kind, 0, lasting, 1, 2, 3, 4))
    for job in range(11)
    for opcode, kind, lasting in ((10, 1, 1), (11, 7, 1), (21, 6, 0))
]
