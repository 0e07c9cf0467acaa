"""Where a track differs: what was found to differ is read once more and compared with what was sent."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.disc import SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.engine.alignment import Alignment
from redbook.engine.care import Care
from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.compare import count_differences, first_difference
from redbook.engine.events import Phase
from redbook.engine.read_back import read_aligned
from redbook.engine.reading_speed import at_its_own_speed_again
from redbook.engine.steps import Procedure, SectorsDone, TakeSectors
from redbook.engine.track_reading import TrackReading
from redbook.engine.verification import Difference
from redbook.engine.verify import ReadBack
from redbook.engine.waiting import resending

_READINGS_OF_AN_INEXACT_DRIVE = 8


def locate(found: ReadBack, numbers: Sequence[int], located: dict[int, Difference | None]) -> Procedure[None]:
    """Where these tracks differ: what differs is read once more and compared with what the runner provides.

    located  takes what was found, by track, as soon as it is known: an error loses none of it. A track
             that is the same now has no difference: the drive reads this disc badly, but it has given every
             sample as it was sent

    raises  DriveError
    """
    if found.care is not None and numbers:
        locating = resending(_locate(found, found.care, numbers, located), lambda: False)
        yield from at_its_own_speed_again(locating, found.care.drive)


def _locate(
    found: ReadBack, care: Care, numbers: Sequence[int], located: dict[int, Difference | None]
) -> Procedure[None]:
    yield from care.drive.ask_for(care.speed)
    for reading in found.readings:
        if reading.span.number in numbers:
            located[reading.span.number] = yield from _locate_in(reading, found.offset.samples, care)


def _locate_in(reading: TrackReading, samples: int, care: Care) -> Procedure[Difference | None]:
    place = Alignment(reading.span, samples)
    tally = _Tally(place)
    done = 0
    while chunk := (yield TakeSectors()):
        yield from _count_in(bytes(chunk), done, reading, tally, care)
        done += len(chunk) // SECTOR_BYTES
    while done < reading.span.sectors:  # padding
        count = min(CHUNK_SECTORS, reading.span.sectors - done)
        yield from _count_in(bytes(count * SECTOR_BYTES), done, reading, tally, care)
        done += count
    found = tally.difference(reading.moved_by)
    if found is None and not care.accurate_stream:
        return not_located(reading, samples)  # each part came right, but never all of it in one reading
    return found


def _count_in(
    expected: bytes, first: int, reading: TrackReading, tally: _Tally, care: Care
) -> Procedure[None]:
    """Those of these sectors that were found to differ; all of them if it is not known which do."""
    end = first + len(expected) // SECTOR_BYTES
    for low, high in reading.bad or [(0, reading.span.sectors)]:
        low, high = max(low, first), min(high, end)
        if low < high:
            part = expected[(low - first) * SECTOR_BYTES : (high - first) * SECTOR_BYTES]
            actual, missing = yield from read_aligned(tally.place, low, high - low, care)
            if not care.accurate_stream:
                for _ in range(_READINGS_OF_AN_INEXACT_DRIVE - 1):  # the one that is at its place counts
                    again, gone = yield from read_aligned(tally.place, low, high - low, care)
                    if _far_off(part, again, gone) < _far_off(part, actual, missing):
                        actual, missing = again, gone
            tally.add(low, part, actual, missing)
    yield SectorsDone(Phase.VERIFYING, reading.span.number, end, reading.span.sectors)


def _far_off(expected: bytes, actual: bytearray, missing: set[int]) -> tuple[int, int]:
    return len(missing), count_differences(expected, bytes(actual))


class _Tally:
    """What differs in one track."""

    def __init__(self, place: Alignment) -> None:
        self.place = place
        self._samples = 0
        self._first: int | None = None
        self._lost: set[int] = set()

    def add(self, first: int, expected: bytes, actual: bytearray, missing: set[int]) -> None:
        """missing: addresses that were not returned; every sample there counts"""
        begin_byte = first * SECTOR_BYTES
        for lba in missing:
            low, high = (at - begin_byte for at in self.place.covered(lba))
            low, high = max(0, low), min(len(expected), high)
            actual[low:high] = bytes(byte ^ 0xFF for byte in expected[low:high])
        self._lost |= missing
        difference = first_difference(expected, bytes(actual))
        if difference is None:
            return
        if self._first is None:
            self._first = first * SAMPLES_PER_SECTOR + difference
        self._samples += count_differences(expected, bytes(actual))

    def difference(self, moved_by: int | None) -> Difference | None:
        if self._first is None:
            return None
        span = self.place.span
        read_at = span.start_lba * SAMPLES_PER_SECTOR + self._first + self.place.samples
        return Difference(
            span.number,
            self._first // SAMPLES_PER_SECTOR,
            read_at // SAMPLES_PER_SECTOR,
            self._first,
            self._samples,
            len(self._lost),
            moved_by,
        )


def not_located(reading: TrackReading, offset_samples: int) -> Difference:
    """By whole sectors, if the samples that were sent are no longer available.

    offset_samples  the disc's
    """
    sector = reading.bad[0][0] if reading.bad else 0
    sectors = reading.bad_sectors or reading.span.sectors
    return Difference(
        reading.span.number,
        sector,
        Alignment(reading.span, offset_samples).lba_of(sector),
        sector * SAMPLES_PER_SECTOR,
        sectors * SAMPLES_PER_SECTOR,
        len(reading.unreadable),
        reading.moved_by,
    )
