"""One track read back and compared with what was sent, at the offset that the whole disc has.

Every stretch is put together at the disc's offset (alignment) and compared with the audio that was sent, if
it is still there. Otherwise it is compared with the CRC-32 of each sector, and the SHA-256 of the whole track
is the proof. What does not match is read again (second_reading).
"""

from __future__ import annotations

from collections.abc import Sequence

from redbook.disc import SECTOR_BYTES
from redbook.engine.alignment import Alignment, SectorRun
from redbook.engine.care import Care, read_around
from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.disc_offset import Span
from redbook.engine.events import Phase
from redbook.engine.second_reading import Stretch, run_sectors, settle
from redbook.engine.steps import Absorb, Compare, Digest, MostSectors, Procedure, SectorsDone, SentSums
from redbook.engine.track_reading import TrackReading


def compare_track(span: Span, samples: int, care: Care) -> Procedure[TrackReading]:
    """Read a track and compare it with what was sent.

    samples  the disc's offset

    raises  DriveError  for what concerns more than single sectors
    """
    place = Alignment(span, samples)
    judge = _ByAudio(place) if care.audio_at_hand else _BySums(place)
    reader = _Reader(place, care, judge, max(CHUNK_SECTORS, (yield MostSectors())))
    reading = reader.reading
    done = 0
    while done < span.sectors:
        whole = 0 if care.accurate_stream else (yield from run_sectors(place, care))
        care.one_by_one = not care.accurate_stream and not whole
        if whole:
            stretch = yield from reader.next_whole_stretch(done, whole)
        else:
            stretch = yield from reader.next_stretch(done)
        done += len(stretch.data) // SECTOR_BYTES
        yield SectorsDone(Phase.VERIFYING, span.number, done, span.sectors)
    same = yield from judge.verdict()
    reading.same = same and not reading.bad  # what no reading has returned is silence here, as may be sent
    return reading


class _ByAudio:
    """Compares a track with the audio that was sent, byte by byte."""

    def __init__(self, place: Alignment) -> None:
        self._place = place
        self._same = True

    def differing(self, stretch: Stretch) -> Procedure[list[int]]:
        """Numbers of the sectors that are not as sent, in a stretch that may be read again yet."""
        found: list[int] = yield Compare(self._place.span.place, stretch.first, stretch.data)
        return found

    def prepare_to_read_again(self) -> Procedure[None]:
        """What a second reading is held against; most tracks need none."""
        if not self._place.sums:
            self._place.sums = yield SentSums(self._place.span.place)

    def take(self, stretch: Stretch, read_again: bool) -> Procedure[None]:
        """Each stretch once, in order, as it is in the end."""
        if read_again and (yield from self.differing(stretch)):
            self._same = False

    def verdict(self) -> Procedure[bool]:
        """Whether the whole track is what was sent."""
        yield from ()
        return self._same


class _BySums:
    """The same without the audio: each sector by its CRC-32, and the track by its SHA-256."""

    def __init__(self, place: Alignment) -> None:
        self._place = place

    def differing(self, stretch: Stretch) -> Procedure[list[int]]:
        yield from ()
        return self._place.differing(stretch.data, stretch.first)

    def prepare_to_read_again(self) -> Procedure[None]:
        yield from ()

    def take(self, stretch: Stretch, read_again: bool) -> Procedure[None]:
        yield Absorb(stretch.data)

    def verdict(self) -> Procedure[bool]:
        digest: str = yield Digest()
        return digest == self._place.span.sent.sha256


class _Reader:
    """Reads through one track; a sector that two stretches share is read once.

    most_sectors  of a stretch
    """

    def __init__(self, place: Alignment, care: Care, judge: _ByAudio | _BySums, most_sectors: int) -> None:
        self._place = place
        self._care = care
        self._judge = judge
        self._most = most_sectors
        self._carried = b""
        self._carried_missing = False
        self.reading = TrackReading(place.span)

    def next_stretch(self, first: int) -> Procedure[Stretch]:
        place, care = self._place, self._care
        # In short ones through what is damaged: what is given up there is given up by the stretch.
        most = CHUNK_SECTORS if care.lost or care.hopeless else self._most
        count = min(most, place.span.sectors - first)
        begin = place.lba_of(first) + bool(self._carried)
        raw, missing = yield from read_around(begin, place.end_lba(first + count) - begin, place.span, care)
        raw = self._carried + raw
        if self._carried_missing:
            missing.add(place.lba_of(first))
        stretch = Stretch(place.cut(raw, count), first, missing)
        if place.crosses:
            self._carried = raw[-SECTOR_BYTES:]
            self._carried_missing = place.lba_of(first + count) in missing
        self.reading.hide(place.fill_hidden(stretch.data, first, missing))
        wrong: Sequence[int] = yield from self._judge.differing(stretch)
        if lost := place.lost(missing, SectorRun(first, first + count)):
            wrong = sorted(lost.union(wrong))
        if wrong:
            yield from self._judge.prepare_to_read_again()
            yield from settle(stretch, wrong, place, care, self.reading)
        yield from self._judge.take(stretch, bool(wrong))
        return stretch

    def next_whole_stretch(self, first: int, most: int) -> Procedure[Stretch]:
        """On an inexact drive: nothing counts that was not returned together with what is before it."""
        count = min(most, self._place.span.sectors - first)
        stretch = Stretch(bytearray(count * SECTOR_BYTES), first)
        yield from self._judge.prepare_to_read_again()
        yield from settle(stretch, range(first, first + count), self._place, self._care, self.reading)
        yield from self._judge.take(stretch, True)
        return stretch


def read_aligned(
    place: Alignment, sector: int, sectors: int, care: Care
) -> Procedure[tuple[bytearray, set[int]]]:
    """These sectors of the track as sent, and which addresses inside the track were not returned."""
    lba = place.lba_of(sector)
    raw, missing = yield from read_around(lba, place.end_lba(sector + sectors) - lba, place.span, care)
    data = place.cut(raw, sectors)
    place.fill_hidden(data, sector, missing)
    return data, {n for n in missing if not place.is_outside(n)}
