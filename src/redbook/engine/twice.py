"""Audio that counts only when two readings agree.

A disc is read in stretches that are longer than what a drive remembers. Each is read from its first sector
to its last, and then once more, in commands that begin elsewhere: a drive that loses samples where a command
begins then loses different ones. Only what differs, is not returned, or is marked by the drive (C2) is read
again, after something far away and more slowly. A sector counts once two readings of it are the same and the
drive has marked at most one of them; if another, unmarked one differs from them, two are not enough.
Nothing is averaged, and nothing is put together from halves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from itertools import pairwise

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES
from redbook.engine.another_try import HOPELESS_RUNS, LOST_SECTORS, before_another_try
from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.events import Notice, Phase
from redbook.engine.read_audio import PASSING, ReadHabits
from redbook.engine.read_c2 import NotGiven, read_marked
from redbook.engine.reading_speed import ReadingSpeed
from redbook.engine.steps import Procedure, SectorsDone
from redbook.errors import NotReadWhole
from redbook.records import dataclass

STRETCH_SECTORS = 4500
"""A minute of audio, 10 MB: more than most drives remember."""
MOST_STRETCH_SECTORS = 20_000
USUAL_MEMORY_KIB = 2048
"""For a drive that does not report how much it remembers."""

_TRIES = 6
_LEAD = 2
"""How many more readings must agree on one result than on any other. A drive that misses its position misses
it by the same few samples again and again, so two readings may be wrong in the same way."""
_TRIES_OF_A_MOVED_SECTOR, _LEAD_OF_A_MOVED_SECTOR = 18, 5
"""Where the other reading is the same audio some samples out of place. For a drive that misses its position
in one command of seven, a lead of two believes one such reading in forty; this lead, one in eight
thousand."""
_OFTEN, _ENOUGH_TO_TELL = 0.25, 20
"""Of the readings of such sectors: a drive that is out of place more often is no longer believed."""
_PROBE_BYTES = 64
_PROBE_PLACES = SECTOR_BYTES // 4 - _PROBE_BYTES, SECTOR_BYTES * 3 // 4
"""One of them is found in the other reading, in whichever direction."""
_RUN_SECTORS = 16
_SILENCE = bytes(SECTOR_BYTES)


@dataclass(frozen=True, slots=True)
class AreaToRead:
    """A run of audio sectors to be read: from `start_lba` up to `end_lba`.

    gaps  runs (first, last + 1) in it that belong to no track: run-out and link blocks, which many drives
          cannot read. What cannot be read of them is silence, not a hole
    """

    start_lba: int
    end_lba: int
    gaps: tuple[tuple[int, int], ...] = ()

    def is_gap(self, lba: int) -> bool:
        return any(first <= lba < end for first, end in self.gaps)


@dataclass(slots=True)
class Trouble:
    """Sectors for which the first two readings did not simply agree, by their addresses.

    again       two readings agreed only after more readings
    marked      two readings agreed, but the drive marked (C2) all that would count
    differing   of which no two readings were the same; the last one is kept
    unreadable  were not returned at all; they are silence
    gaps        no two readings agreed, between tracks, where there is no audio; they are silence
    c2          marked in any reading
    """

    again: list[int] = field(default_factory=list)
    marked: list[int] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    c2: list[int] = field(default_factory=list)

    @property
    def holes(self) -> list[int]:
        """Sectors that are not known to be right."""
        return sorted((*self.marked, *self.differing, *self.unreadable))

    def add(self, other: Trouble) -> None:
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))

    def before(self, lba: int) -> Trouble:
        """The same of what is before this sector."""
        return Trouble(*([one for one in getattr(self, name) if one < lba] for name in self.__slots__))

    def between(self, first_lba: int, end_lba: int) -> Trouble:
        return Trouble(
            *([one for one in getattr(self, name) if first_lba <= one < end_lba] for name in self.__slots__)
        )


Keep = Callable[[int, bytes | bytearray | memoryview, Trouble], None]
"""Takes what is settled: its first sector, the audio, and what there is to say about it."""


@dataclass(slots=True)
class RipState:
    """How a disc is read for a rip, and what is learned on the way.

    speed       multiple of 1x; MAX_SPEED for as fast as the drive can
    keep_going  whether sectors that cannot be read correctly are skipped; otherwise the first one ends the
    reading memory_kib  of memory that the drive has for what it read
    c2          whether the drive is asked for its marks; becomes False if it refuses
    done        sectors that were settled before, for the progress
    hopeless    runs of sectors in a row that no further reading fixed
    lost        sectors in a row that were not returned, the latest of those requested one by one
    at_place, beside  readings of sectors that were found in several places: in the one believed right, in
    others
    """

    habits: ReadHabits
    drive: ReadingSpeed
    speed: float
    keep_going: bool
    memory_kib: int
    c2: bool
    done: int
    total: int
    hopeless: int = 0
    lost: int = 0
    at_place: int = 0
    beside: int = 0

    @property
    def misses_its_place(self) -> bool:
        """Whether it does so too often for any number of readings to show the right position."""
        seen = self.at_place + self.beside
        return seen >= _ENOUGH_TO_TELL and self.beside > _OFTEN * seen

    @property
    def stretch_sectors(self) -> int:
        memory = self.memory_kib * 1024 // SECTOR_BYTES
        return min(MOST_STRETCH_SECTORS, max(STRETCH_SECTORS, 2 * memory))


def read_twice(area: AreaToRead, how: RipState, keep: Keep) -> Procedure[None]:
    """The audio of an area, stretch by stretch.

    raises  NotReadWhole  at the first sector that cannot be read correctly, unless these are skipped; what
                          comes before it was kept
            DriveError    for what concerns more than single sectors; what was kept stays so
    """
    for first, end in stretches(area, how.stretch_sectors):
        audio, trouble = yield from _Stretch(area, first, end, how).read()
        holes = trouble.holes
        if holes and not how.keep_going:
            if holes[0] > first:
                keep(
                    first,
                    memoryview(audio)[: (holes[0] - first) * SECTOR_BYTES],
                    trouble.before(holes[0]),
                )
            raise NotReadWhole(_why(holes[0], trouble, how), lba=holes[0])
        keep(first, audio, trouble)
        how.done += end - first


def stretches(area: AreaToRead, sectors: int) -> Iterator[tuple[int, int]]:
    """Of about equal length, none shorter than requested unless the whole area is."""
    length = area.end_lba - area.start_lba
    count = max(1, length // sectors)
    for number in range(count):
        yield area.start_lba + length * number // count, area.start_lba + length * (number + 1) // count


def _why(lba: int, trouble: Trouble, how: RipState) -> str:
    if lba in trouble.unreadable:
        return "cannot be read"
    if lba in trouble.differing and how.beside:
        return (
            "was read at several positions a few samples apart: the drive misses its position, so more "
            "readings would not show which is right"
        )
    if lba in trouble.differing:
        return f"was different each time it was read ({_TRIES + 2} times)"
    return "was read the same twice, but the drive marked it as damaged (C2) each time"


class _Stretch:
    """One stretch while it is read.

    audio  as far as it is known; otherwise silence
    """

    def __init__(self, area: AreaToRead, first: int, end: int, how: RipState) -> None:
        self._area = area
        self._first = first
        self._end = end
        self._how = how
        self._audio = bytearray((end - first) * SECTOR_BYTES)
        self._missing: set[int] = set()
        self._readings: dict[int, list[tuple[bytes, bool]]] = {}
        """For what is not settled yet: each reading, and whether it was marked."""
        self._trouble = Trouble()

    def read(self) -> Procedure[tuple[bytearray, Trouble]]:
        marks: set[int] = set()
        yield from self._pass(0, lambda lba, data, marked: self._fill(lba, data, marked, marks))
        yield from self._pass(
            CHUNK_SECTORS // 2, lambda lba, data, marked: self._hold(lba, data, marked, marks)
        )
        for run in _runs(sorted(self._readings)):
            yield from self._settle(run)
        yield from self._how.drive.ask_for(self._how.speed)
        return self._audio, self._trouble

    def _pass(
        self, first_chunk: int, take: Callable[[int, bytes | None, Sequence[int]], None]
    ) -> Procedure[None]:
        """Once from the first sector to the last.

        first_chunk  how many sectors the first command asks for; 0 for as many as the others
        """
        lba = self._first
        second = bool(first_chunk)
        while lba < self._end:
            count = min(first_chunk or CHUNK_SECTORS, self._end - lba)
            first_chunk = 0
            data, marked = yield from self._take(lba, count)
            if data is not None:
                take(lba, data, marked)
            else:
                for one in range(lba, lba + count):
                    data, marked = yield from self._take_one(one)
                    take(one, data, marked)
            lba += count
            done = (lba - self._first + second * (self._end - self._first)) // 2
            yield SectorsDone(Phase.READING_DISC, 0, self._how.done + done, self._how.total)

    def _take(self, lba: int, sectors: int) -> Procedure[tuple[bytes | None, Sequence[int]]]:
        """None if not all of it is returned."""
        how = self._how
        try:
            read = yield from read_marked(lba, sectors, how.habits, how.c2)
        except NotGiven as refusal:
            how.c2 = False
            yield Notice(f"the drive does not say which sectors it could not correct (C2): {refusal}")
            return (yield from self._take(lba, sectors))
        except PASSING:
            return None, ()
        how.lost = 0
        return read

    def _take_one(self, lba: int) -> Procedure[tuple[bytes | None, Sequence[int]]]:
        """Far into an unreadable part nothing is requested: a drive tries each sector for seconds."""
        how = self._how
        if how.lost >= LOST_SECTORS:
            return None, ()
        data, marked = yield from self._take(lba, 1)
        if data is None:
            how.lost += 1
        return data, marked

    def _place(self, lba: int) -> slice:
        at = (lba - self._first) * SECTOR_BYTES
        return slice(at, at + SECTOR_BYTES)

    def _fill(self, lba: int, data: bytes | None, marked: Sequence[int], marks: set[int]) -> None:
        """The first reading."""
        if data is None:
            self._missing.add(lba)
            return
        at = (lba - self._first) * SECTOR_BYTES
        self._audio[at : at + len(data)] = data
        marks.update(marked)

    def _hold(self, lba: int, data: bytes | None, marked: Sequence[int], marks: set[int]) -> None:
        """The second reading, compared with the first."""
        if data is None:
            self._unsettled(lba, marks)
            return
        count = len(data) // SECTOR_BYTES
        at = (lba - self._first) * SECTOR_BYTES
        same = self._audio[at : at + len(data)] == data
        there = range(lba, lba + count)
        if same and not marked and not (marks or self._missing):
            return
        for number, one in enumerate(there):
            sector = data[number * SECTOR_BYTES : (number + 1) * SECTOR_BYTES]
            if (
                one not in self._missing
                and not (one in marks and one in marked)
                and (same or self._audio[self._place(one)] == sector)
            ):
                if one in marks or one in marked:
                    self._trouble.c2.append(one)
                continue
            self._unsettled(one, marks).append((sector, one in marked))

    def _unsettled(self, lba: int, marks: set[int]) -> list[tuple[bytes, bool]]:
        readings = self._readings.setdefault(lba, [])
        if lba not in self._missing:
            readings.append((bytes(self._audio[self._place(lba)]), lba in marks))
        return readings

    def _settle(self, run: range) -> Procedure[None]:
        """A run of neighbours, read again until two readings of each agree, or as often as makes sense."""
        how = self._how
        among = range(self._area.start_lba, self._area.end_lba)
        left = list(run)
        again: set[int] = set()
        moved = any(_is_moved(*pair) for lba in run for pair in pairwise(self._ways(lba)))
        tries = _TRIES_OF_A_MOVED_SECTOR if moved else _TRIES
        tries = 0 if how.hopeless >= HOPELESS_RUNS else 1 if self._all_gap(left) else tries
        for number in range(tries):
            yield from before_another_try(number, run.start, among, how.speed, how.drive, how.habits)
            for lba in left:
                data, marked = yield from self._take_one(lba)
                if data is not None:
                    self._readings[lba].append((data, lba in marked))
            settled = [lba for lba in left if self._verdict(lba) is not None]
            again.update(settled)
            left = [lba for lba in left if lba not in again]
            if not left:
                break
        how.hopeless = how.hopeless + 1 if left and not self._all_gap(left) else 0
        for lba in run:
            self._conclude(lba)

    def _all_gap(self, sectors: Sequence[int]) -> bool:
        return all(self._area.is_gap(lba) for lba in sectors)

    def _ways(self, lba: int) -> list[bytes]:
        """The readings in which it was not marked."""
        return list(dict.fromkeys(data for data, marked in self._readings[lba] if not marked))

    def _verdict(self, lba: int) -> bytes | None:
        """What two readings agree on, with at most one of them marked, and no rival."""
        count: Counter[bytes] = Counter()
        good: Counter[bytes] = Counter()
        for data, marked in self._readings[lba]:
            count[data] += 1
            good[data] += not marked
        for data in count:
            rivals = {other: times for other, times in good.items() if other != data and times}
            if count[data] < 2 or not good[data]:
                continue
            moved = any(_is_moved(data, other) for other in rivals)
            lead = _LEAD_OF_A_MOVED_SECTOR if moved else _LEAD
            if rivals and (count[data] - max(rivals.values()) < lead or self._how.misses_its_place):
                continue
            return data
        return None

    def _conclude(self, lba: int) -> None:
        trouble, readings = self._trouble, self._readings[lba]
        if any(marked for _, marked in readings):
            trouble.c2.append(lba)
        data = self._verdict(lba)
        moved = [one for one, _ in readings if _is_moved(one, data or readings[0][0])]
        self._how.beside += len(moved)
        self._how.at_place += len(readings) - len(moved) if moved else 0
        if data is not None:
            trouble.again.append(lba)
        elif self._area.is_gap(lba):
            trouble.gaps.append(lba)
            data = _SILENCE
        elif not readings:
            trouble.unreadable.append(lba)
            data = _SILENCE
        else:
            seen = [one for one, _ in readings]
            twice = next((one for one in seen if seen.count(one) > 1), None)
            only_marked = twice is not None and not any(
                one == twice and not marked for one, marked in readings
            )
            (trouble.marked if only_marked else trouble.differing).append(lba)
            data = seen[-1] if twice is None else twice
        self._audio[self._place(lba)] = data


def _is_moved(one: bytes, other: bytes) -> bool:
    """Whether these are the same audio, shifted by up to three quarters of a sector."""
    if one == other:
        return False
    for at in _PROBE_PLACES:  # quickly
        probe = one[at : at + _PROBE_BYTES]
        if probe == probe[:SAMPLE_BYTES] * (_PROBE_BYTES // SAMPLE_BYTES):  # silence is everywhere
            lengths = range(SECTOR_BYTES - SAMPLE_BYTES, SECTOR_BYTES // 4, -SAMPLE_BYTES)
            return any(_overlap(one, other, both) for both in lengths)
        place = other.find(probe)
        if place >= 0 and _overlap(one, other, SECTOR_BYTES - abs(place - at)):
            return True
    return False


def _overlap(one: bytes, other: bytes, length: int) -> bool:
    return one.startswith(other[-length:]) or other.startswith(one[-length:])


def _runs(sectors: Sequence[int]) -> Iterator[range]:
    """Neighbours together."""
    first: int | None = None
    for number, lba in enumerate(sectors):
        if first is None:
            first = lba
        following = sectors[number + 1] if number + 1 < len(sectors) else None
        if following != lba + 1 or lba + 1 - first == _RUN_SECTORS:
            yield range(first, lba + 1)
            first = None
