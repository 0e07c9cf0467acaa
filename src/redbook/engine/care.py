"""How a disc must be read, what that took, and sectors read with that care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from redbook.disc import SECTOR_BYTES
from redbook.engine.another_try import HOPELESS_RUNS, LOST_SECTORS, before_another_try
from redbook.engine.disc_offset import Span
from redbook.engine.read_audio import PASSING, ReadHabits, read_audio
from redbook.engine.reading_speed import ReadingSpeed
from redbook.engine.steps import Procedure
from redbook.records import dataclass

TRIES = 6
_TRIES_OF_AN_INEXACT_DRIVE = 16
_MANY_PLACES = 24  # that came right only when read again: no longer scratches


@dataclass(slots=True)
class Care:
    """How this disc must be read, and what that took.

    spans         every track that is compared
    habits        the form in which this drive wants to be asked
    speed         of reading, as a multiple of 1x; MAX_SPEED for as fast as the drive can
    drive         what it was set to, and what to restore
    places_again  stretches that were read again and were then the same
    sectors_again how many sectors these were
    hopeless      runs of sectors in a row that no further reading fixed
    inexact       stretches that came at varying places: the drive reads inexactly
    audio_at_hand whether tracks are compared with the audio that was sent, and not with its checksums
    accurate_stream  that it never does so: as the drive says about itself, until it shows otherwise
    one_by_one    that one command of an inexact drive returns too little to show what is between sectors
    lost          sectors in a row that were not returned, the latest of those requested one by one
    """

    spans: Sequence[Span]
    habits: ReadHabits
    speed: float
    drive: ReadingSpeed = field(default_factory=ReadingSpeed)
    places_again: int = 0
    sectors_again: int = 0
    inexact: int = 0
    hopeless: int = 0
    audio_at_hand: bool = False
    accurate_stream: bool = True
    one_by_one: bool = False
    lost: int = 0

    def before_another_try(self, number: int, lba: int) -> Procedure[None]:
        among = range(self.spans[0].start_lba, self.spans[-1].end_lba)
        return before_another_try(number, lba, among, self.speed, self.drive, self.habits)

    @property
    def shows_jitter(self) -> bool:
        """Whether the drive has shown that its stream is not accurate, though it did not say so."""
        return self.accurate_stream and (self.inexact > 0 or self.places_again >= _MANY_PLACES)

    @property
    def in_one_piece(self) -> bool:
        """Whether a stretch counts only if one reading returned it completely, together with what is before
        it.
        """
        return not self.accurate_stream and not self.one_by_one

    @property
    def tries(self) -> int:
        if self.hopeless >= HOPELESS_RUNS:
            return 0
        return TRIES if self.accurate_stream else _TRIES_OF_AN_INEXACT_DRIVE


def read_around(lba: int, sectors: int, span: Span, care: Care) -> Procedure[tuple[bytes, set[int]]]:
    """These sectors in and around a track, and which of them were not returned; these are silence.

    Far into an unreadable part they are not requested one by one: a drive tries each for seconds.
    """
    low, high = max(lba, span.low), min(lba + sectors, span.high)
    missing = set(range(lba, lba + sectors)) - set(range(low, high)) if high - low < sectors else set()
    data = b""
    if low < high:
        try:
            data = yield from read_audio(low, high - low, care.habits)
            care.lost = 0
        except PASSING:
            pieces = []
            for one in range(low, high):
                piece = None if care.lost >= LOST_SECTORS else (yield from _one(one, care))
                care.lost = care.lost + 1 if piece is None else 0
                if piece is None:
                    missing.add(one)
                pieces.append(piece or bytes(SECTOR_BYTES))
            data = b"".join(pieces)
    before = min(sectors, max(0, low - lba))
    data = bytes(before * SECTOR_BYTES) + data
    return data.ljust(sectors * SECTOR_BYTES, b"\0"), missing


def _one(lba: int, care: Care) -> Procedure[bytes | None]:
    try:
        return (yield from read_audio(lba, 1, care.habits))
    except PASSING:
        return None
