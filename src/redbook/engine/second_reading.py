"""What differs, read again: away from the drive's cache, then slower.

It counts as the same in two cases only:

- a later reading is the same, in the right place;
- every reading is the same, sector for sector and with what is before it, but each a different number of
  samples out of place. Drives without "accurate stream" behave like this. A gap in the audio itself would be
  in the same place each time, and is a difference.

On a drive that is known to read inexactly, two readings prove nothing about what is between them: there each
stretch counts only if one reading returned it completely, together with the sector before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from redbook.disc import SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.engine.alignment import Alignment, HiddenEnds, SectorRun
from redbook.engine.care import Care, read_around
from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.steps import MostSectors, Procedure
from redbook.engine.track_reading import TrackReading
from redbook.records import dataclass

_RUN_SECTORS = 16
"""What is read again as one stretch, with what surrounds it in one command."""

_MARGIN_SECTORS = 2
_MOST_JITTER_SAMPLES = _MARGIN_SECTORS * SAMPLES_PER_SECTOR


@dataclass(slots=True)
class Stretch:
    """A part of a track that was read, corrected where a second reading can.

    data     from sector `first` of the track on
    missing  addresses that were not returned
    """

    data: bytearray
    first: int
    missing: set[int] = field(default_factory=set)

    def take(self, again: bytearray, begin: int, sectors: Sequence[int]) -> None:
        """again  from sector `begin` on"""
        for sector in sectors:
            at, source = (sector - self.first) * SECTOR_BYTES, (sector - begin) * SECTOR_BYTES
            self.data[at : at + SECTOR_BYTES] = again[source : source + SECTOR_BYTES]


def run_sectors(place: Alignment, care: Care) -> Procedure[int]:
    """The most in one stretch.  An inexact drive must return it, and what surrounds it, in one command; two
    commands have different positions.  0 if no command can carry that much.
    """
    if care.accurate_stream:
        return _RUN_SECTORS
    most = care.habits.carried((yield MostSectors()))
    return max(0, min(_RUN_SECTORS, most - 2 * _MARGIN_SECTORS - place.crosses))


def settle(
    stretch: Stretch, wrong: Sequence[int], place: Alignment, care: Care, reading: TrackReading
) -> Procedure[None]:
    """Read again what differs; the stretch takes what was right, and `reading` what was not."""
    longest = (yield from run_sectors(place, care)) or 1
    for run in _runs(wrong, longest):
        second = _SecondReading(stretch, run, place, care)
        yield from second.settle()
        reading.hide_at_least(second.hidden)
        stretch.missing = {lba for lba in stretch.missing if lba not in second.read} | second.missing
        care.hopeless = care.hopeless + 1 if second.left else 0
        if not second.left:
            continue
        for sector in second.left:
            reading.add_bad(sector)
        known = set(reading.unreadable[-2 * CHUNK_SECTORS :])
        needed = range(place.lba_of(second.left[0]), place.end_lba(second.left[-1] + 1))
        reading.unreadable += [n for n in needed if n in second.missing - known and not place.is_outside(n)]
    yield from care.drive.ask_for(care.speed)


def _runs(wrong: Sequence[int], longest: int) -> Iterator[SectorRun]:
    """Neighbours together, as far as one command can read."""
    first: int | None = None
    for index, sector in enumerate(wrong):
        if first is None:
            first = sector
        following = wrong[index + 1] if index + 1 < len(wrong) else None
        if following != sector + 1 or sector + 1 - first == longest:
            yield SectorRun(first, sector + 1)
            first = None


class _SecondReading:
    """Of one run of sectors that differ.

    left     sectors that no reading has returned as they were sent
    read     addresses that were asked for
    missing  addresses that were not returned at the last reading; those of the first one if there was no
    other hidden   samples at the track's ends that are taken as sent in what came right
    """

    def __init__(self, stretch: Stretch, run: SectorRun, place: Alignment, care: Care) -> None:
        self._stretch = stretch
        self._run = run
        self._place = place
        self._care = care
        self._shifts: set[int] = set()
        self.left = list(range(run.first, run.end))
        self.missing = stretch.missing
        self.read = range(0)
        self.hidden = HiddenEnds()

    def settle(self) -> Procedure[None]:
        care = self._care
        number = 0
        for number in range(max(1, care.tries) if care.in_one_piece else care.tries):
            if not care.in_one_piece or number:
                yield from care.before_another_try(number, self._place.lba_of(self._run.first))
            yield from self._read_once()
            if not self.left:
                break
        if not self.left and (not care.in_one_piece or number):
            care.places_again += 1
            care.sectors_again += self._run.sectors

    def _read_once(self) -> Procedure[None]:
        run, place, span = self._run, self._place, self._place.span
        low = max(span.low, place.lba_of(run.first) - _MARGIN_SECTORS)
        high = min(span.high, place.end_lba(run.end) + _MARGIN_SECTORS)
        self.read = range(low, high)
        raw, self.missing = yield from read_around(low, high - low, span, self._care)
        lead = (place.lba_of(run.first) - low) * SECTOR_BYTES
        if not self._comes_at_its_place(raw, lead, low, high) and not self.missing:
            self._comes_elsewhere_each_time(raw, lead)

    def _comes_at_its_place(self, raw: bytes, lead: int, low: int, high: int) -> bool:
        run, place = self._run, self._place
        again = place.cut(bytes(max(0, -lead)) + raw, run.sectors, max(0, lead))
        again.extend(bytes(run.sectors * SECTOR_BYTES - len(again)))
        outside = set(range(place.lba_of(run.first), place.end_lba(run.end))) - set(range(low, high))
        hidden = place.fill_hidden(again, run.first, self.missing | outside)
        wrong = set(place.differing(again, run.first)) | place.lost(self.missing, run)
        if not self._care.in_one_piece or self.missing:
            right = [sector for sector in self.left if sector not in wrong]
            self._stretch.take(again, run.first, right)
            self.left = [sector for sector in self.left if sector in wrong]
        if self.left:
            return False
        self.hidden = hidden
        return True

    def _comes_elsewhere_each_time(self, raw: bytes, lead: int) -> None:
        """In the right place and complete, on an inexact drive; or in a different place each time, but
        complete.
        """
        run, place = self._run, self._place
        shift = place.find_shift(raw, lead, run, _MOST_JITTER_SAMPLES)
        if shift is None:
            return
        self._shifts.add(shift)
        if len(self._shifts) > 1 or (shift == 0 and self._care.in_one_piece):
            self._care.inexact += shift != 0
            moved, self.hidden = place.taken_from(raw, lead + shift * SAMPLE_BYTES, run, _MOST_JITTER_SAMPLES)
            self._stretch.take(moved, run.first, self.left)
            self.left = []
