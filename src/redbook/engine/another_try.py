"""What is done before a sector that was not right is read again."""

from __future__ import annotations

import contextlib

from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.read_audio import PASSING, ReadHabits, read_audio
from redbook.engine.reading_speed import ReadingSpeed
from redbook.engine.steps import Procedure

HOPELESS_RUNS = 24
"""After this many runs of sectors in a row that no further reading fixed, nothing is read again."""
LOST_SECTORS = 270
"""After this many sectors in a row that could not be read one by one, a failing command counts as lost as a
whole.
"""

_SLOWER = {1: 8, 3: 4}  # at which try to read at which multiple of 1x


def before_another_try(
    number: int, lba: int, among: range, speed: float, drive: ReadingSpeed, habits: ReadHabits
) -> Procedure[None]:
    """Read something far away: otherwise the same sectors would come from the drive's memory again.

    number  of the try, from 0: some are made more slowly
    lba     what will be read again
    among   sectors of audio that may be read for this
    speed   at which the disc is normally read, as a multiple of 1x
    """
    if number in _SLOWER and _SLOWER[number] < speed:
        yield from drive.ask_for(_SLOWER[number])
    far = among.start
    if lba - among.start <= among.stop - lba:
        far = max(among.start, among.stop - CHUNK_SECTORS)
    twice = number > 1 and number % 2 == 1  # now and then: a drive may err in step with us
    for _ in range(2 if twice else 1):
        with contextlib.suppress(*PASSING):
            yield from read_audio(far, min(CHUNK_SECTORS, among.stop - far), habits)
