"""By how many samples this drive reads a disc out of place: one number for the whole disc.

The drive that wrote it and the drive that reads it each add a constant (docs/drives.md). It is found where
the audio is unmistakable: a sector that was sent is searched for around its place, and occurs once.
Several such places must agree. Silence says nothing, and audio that repeats says "here, or one period
later"; where no other place decides, the ends of the tracks do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

from redbook.disc import (
    MOST_OFFSET_SAMPLES,
    MOST_OFFSET_SECTORS,
    RUN_OUT_SECTORS,
    SAMPLE_BYTES,
    SAMPLES_PER_SECTOR,
    SECTOR_BYTES,
)
from redbook.engine.fingerprint import Fingerprint, Landmark
from redbook.engine.read_audio import PASSING, ReadHabits, read_audio
from redbook.engine.steps import Procedure
from redbook.records import dataclass

_GAP_SECTORS = RUN_OUT_SECTORS
_GAP = bytes(_GAP_SECTORS * SECTOR_BYTES)
"""What is before and after each track that was written track-at-once."""
_ENOUGH_VOTES, _FEW_VOTES = 4, 3
_MOST_WINDOWS = 8
_MOST_WINDOWS_IN_DOUBT = 32


@dataclass(frozen=True, slots=True)
class Span:
    """A track as it is compared: what was sent, and where on the disc it is.

    low, high  the sectors that may be read for it, its own and what surrounds it: from `low` up to `high`
    place      among the tracks that were sent, from 0
    before, after  a sector of the tracks that adjoin it; empty where none does
    """

    number: int
    start_lba: int
    sent: Fingerprint
    low: int
    high: int
    place: int = 0
    before: bytes = b""
    after: bytes = b""

    @property
    def sectors(self) -> int:
        return self.sent.sectors

    @property
    def end_lba(self) -> int:
        return self.start_lba + self.sent.sectors


@dataclass(frozen=True, slots=True)
class DiscOffset:
    """What was found.

    samples by which the audio is late (negative: early); 0 if that could not be determined
    known      whether audio on the disc shows it
    inexact    the places disagree: the drive reads inexactly, and `samples` is the earliest
               that was seen, so that no reading of the disc's first samples is too early to be whole
    """

    samples: int = 0
    known: bool = False
    inexact: bool = False


def find_disc_offset(spans: Sequence[Span], habits: ReadHabits, hint: int | None) -> Procedure[DiscOffset]:
    """hint  what this drive had before; it is tried first if the disc leaves a choice or shows nothing

    raises  DriveError  for what concerns more than single sectors
    """
    votes: Counter[int] = Counter()
    seen: list[_Sighting] = []
    for number, (span, mark) in enumerate(_spread(spans)):
        agreed = len(votes) == 1 and votes.total() >= _ENOUGH_VOTES
        if agreed or number >= (_MOST_WINDOWS if votes else _MOST_WINDOWS_IN_DOUBT):
            break
        sighting = yield from _look_for(span, mark, habits)
        if sighting is None or not sighting.offsets:
            continue
        seen.append(sighting)
        if len(sighting.offsets) == 1 and sighting.whole:
            votes.update(sighting.offsets)
    if votes:
        best = max(votes, key=lambda samples: (votes[samples], samples == hint, -abs(samples)))
        if votes[best] < min(votes.total(), _FEW_VOTES):
            return DiscOffset(min(votes), inexact=True)
        return DiscOffset(best, True)
    if not seen:  # silence, or the only sound is where an offset hides it
        return DiscOffset(hint if hint is not None and abs(hint) <= MOST_OFFSET_SAMPLES else 0)
    return (yield from _decide(spans, habits, _candidates(seen, hint)))


def _spread(spans: Sequence[Span]) -> Iterator[tuple[Span, Landmark]]:
    """All landmarks, each half as far from the others as those before: ends, middle, quarters and so on.

    So the first few represent the whole disc, even one that is shifted from some place on.
    """
    marks = [(span, mark) for span in spans for mark in span.sent.landmarks]
    if not marks:
        return
    taken: set[int] = set()
    parts = 1
    while len(taken) < len(marks):
        for number in range(parts + 1):
            index = number * (len(marks) - 1) // parts
            if index not in taken:
                taken.add(index)
                yield marks[index]
        parts *= 2


@dataclass(frozen=True, slots=True)
class _Sighting:
    """Where one landmark was seen.

    offsets    by which it was shifted there
    low, high  between which it could have been seen
    """

    offsets: frozenset[int]
    low: int
    high: int

    @property
    def whole(self) -> bool:
        return self.low <= -MOST_OFFSET_SAMPLES and self.high >= MOST_OFFSET_SAMPLES

    def allows(self, samples: int) -> bool:
        """At the ends of the disc the true place may be where nothing can be read."""
        return samples in self.offsets or not self.low <= samples <= self.high


def _look_for(span: Span, mark: Landmark, habits: ReadHabits) -> Procedure[_Sighting | None]:
    place = span.start_lba + mark.sector
    window = yield from _window(place, span, habits)
    if window is None:
        return None
    low, data = window
    found: set[int] = set()
    at = data.find(mark.audio)
    while at >= 0:
        samples, part = divmod(at, SAMPLE_BYTES)
        if not part:
            found.add(samples - (place - low) * SAMPLES_PER_SECTOR)
        at = data.find(mark.audio, at + 1)
    high = low + len(data) // SECTOR_BYTES - 1
    return _Sighting(
        frozenset(found), (low - place) * SAMPLES_PER_SECTOR, (high - place) * SAMPLES_PER_SECTOR
    )


def _window(place: int, span: Span, habits: ReadHabits) -> Procedure[tuple[int, bytes] | None]:
    """The sectors around this one, and the first one's address; fewer where a gap cannot be read."""
    wide = (max(span.low, place - MOST_OFFSET_SECTORS), min(span.high, place + MOST_OFFSET_SECTORS + 1))
    inside = (max(span.start_lba, wide[0]), min(span.end_lba, wide[1]))
    for low, high in dict.fromkeys((wide, inside)):
        with suppress(*PASSING):
            return low, (yield from read_audio(low, high - low, habits))
    return None


def _candidates(seen: Sequence[_Sighting], hint: int | None) -> list[int]:
    every = frozenset[int]().union(*(sighting.offsets for sighting in seen))
    common = [samples for samples in every if all(sighting.allows(samples) for sighting in seen)]
    return sorted(common or every, key=lambda samples: (samples != hint, abs(samples)))


def _decide(spans: Sequence[Span], habits: ReadHabits, candidates: Sequence[int]) -> Procedure[DiscOffset]:
    """The offset at which the tracks begin and end where they should."""
    left = list(candidates)
    for span in spans:
        if len(left) == 1:
            break
        for edge in (span.sent.head, span.sent.tail):
            at_end = edge is span.sent.tail
            sectors = len(edge) // SECTOR_BYTES
            place = span.end_lba - sectors if at_end else span.start_lba
            place -= 0 if at_end else _GAP_SECTORS
            context = edge + _GAP if at_end else _GAP + edge
            sectors += _GAP_SECTORS
            low, high = (
                max(span.low, place - MOST_OFFSET_SECTORS),
                min(span.high, place + sectors + MOST_OFFSET_SECTORS),
            )
            try:
                data = yield from read_audio(low, high - low, habits)
            except PASSING:
                continue
            begin = (place - low) * SECTOR_BYTES
            fits = [s for s in left if _stands_at(data, context, begin + s * SAMPLE_BYTES)]
            left = fits or left
    return DiscOffset(left[0], len(left) == 1)


def _stands_at(data: bytes, edge: bytes, begin: int) -> bool:
    """Whether the visible part of it is the same; so it is where nothing of it is visible."""
    skip = max(0, -begin)
    seen = data[max(0, begin) : begin + len(edge)]
    return edge[skip : skip + len(seen)] == seen
