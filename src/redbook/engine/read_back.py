"""One track read back and compared with what was sent, at the offset that the whole disc has.

A drive brings the audio some samples beside its place, so a sector as it was sent lies across two sectors as
they are read. Every stretch is put together at the disc's offset and held against the CRC-32 of what was
sent; the SHA-256 of the whole track is the proof. What does not fit is read again: away from the drive's
cache, then slower. It counts as the same in two cases only:

- a later reading is the same, at its place;
- every reading is the same, sector for sector and with what lies before it, but each a different number of
  samples beside its place. So do drives without "accurate stream". A gap in the audio itself would lie in
  the same place each time, and is a difference.

On a drive that is known to read inexactly two readings prove nothing of what lies between them: there each
stretch counts only if it came whole in one reading together with the sector before it.

Where an offset moves the ends of a track out of what can be read (before LBA 0, into the lead-out, into a
gap that the drive does not give), these samples are hidden: counted, named, and never called the same.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from redbook import errors
from redbook.disc import SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.engine.disc_offset import Span
from redbook.engine.events import Phase
from redbook.engine.read_audio import PASSING, ReadHabits, read_audio
from redbook.engine.ring import CHUNK_SECTORS
from redbook.engine.steps import Absorb, Digest, Procedure, SectorsDone
from redbook.mmc.control import MAXIMUM_SPEED, SetCdSpeed

TRIES = 6
_TRIES_OF_AN_INEXACT_DRIVE = 16
_MANY_PLACES = 24  # that came right only when read again: no longer scratches
_SLOWER = {1: 8, 3: 4}  # at which try to read at which multiple of 1x
_RUN_SECTORS = 16  # read again as one stretch, with what surrounds it in one command
_MARGIN_SECTORS = 2
_MOST_JITTER_SAMPLES = _MARGIN_SECTORS * SAMPLES_PER_SECTOR
_HOPELESS_RUNS = 24  # after so many in a row that no reading mended, nothing is read again
_LOST_SECTORS = 270  # after so many in a row that did not come one by one, a stretch that fails is lost whole
_KB_OF_1X = 177


@dataclass(slots=True)
class Care:
    """How this disc has to be read, and what it took.

    spans         every track that is compared
    speed         of reading, as a multiple of 1x; MAX_SPEED for as fast as the drive can
    write_kb      the speed of writing, which the same command sets
    places_again  stretches that were read again and were the same then
    sectors_again how many sectors these were
    inexact       stretches that came at varying places: the drive reads inexactly
    accurate_stream  that it never does: as the drive says of itself, until it shows otherwise
    lost          sectors in a row that did not come, the latest of those asked for one by one
    """

    spans: Sequence[Span]
    habits: ReadHabits
    speed: float
    write_kb: int = MAXIMUM_SPEED
    places_again: int = 0
    sectors_again: int = 0
    inexact: int = 0
    hopeless: int = 0
    accurate_stream: bool = True
    lost: int = 0

    def at_speed(self, times: float) -> Procedure[None]:
        """A drive that keeps its own speed is no failure."""
        read_kb = round(min(MAXIMUM_SPEED, times * _KB_OF_1X))
        with contextlib.suppress(errors.SenseError):
            yield SetCdSpeed(read_kb, self.write_kb)

    def before_another_try(self, number: int, lba: int) -> Procedure[None]:
        """Something far away is read first: the same sectors would come from the drive's memory."""
        if number in _SLOWER and _SLOWER[number] < self.speed:
            yield from self.at_speed(_SLOWER[number])
        first, last = self.spans[0], self.spans[-1]
        far = first.start_lba if lba - first.start_lba > last.end_lba - lba else last.end_lba - CHUNK_SECTORS
        with contextlib.suppress(*PASSING):
            yield from read_audio(max(far, first.start_lba), CHUNK_SECTORS, self.habits)

    @property
    def shows_jitter(self) -> bool:
        """Whether the drive has shown that its stream is not accurate, though it did not say so."""
        return self.accurate_stream and (self.inexact > 0 or self.places_again >= _MANY_PLACES)

    @property
    def tries(self) -> int:
        if self.hopeless >= _HOPELESS_RUNS:
            return 0
        return TRIES if self.accurate_stream else _TRIES_OF_AN_INEXACT_DRIVE


@dataclass(slots=True)
class TrackReading:
    """What a track is like on the disc.

    same         its SHA-256 is that of what was sent, hidden samples taken as sent
    bad          sectors that differ or cannot be read, as ranges (first, last + 1), from the track's start
    unreadable   addresses that the drive cannot read
    head_hidden, tail_hidden  samples at its ends that cannot be read for the offset
    moved_by     samples that this track lies beside the rest of the disc, if that explains everything
    """

    span: Span
    same: bool = False
    bad: list[tuple[int, int]] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    head_hidden: int = 0
    tail_hidden: int = 0
    moved_by: int | None = None

    def add_bad(self, sector: int) -> None:
        if self.bad and self.bad[-1][1] == sector:
            self.bad[-1] = (self.bad[-1][0], sector + 1)
        else:
            self.bad.append((sector, sector + 1))

    @property
    def bad_sectors(self) -> int:
        return sum(end - begin for begin, end in self.bad)


class Alignment:
    """Sectors as they were sent, put together from sectors as they are read.

    samples     that the audio comes late
    skip_bytes  from the beginning of the first sector read to the first sample of the one that was sent
    """

    def __init__(self, span: Span, samples: int) -> None:
        self.span = span
        self.samples = samples
        whole, part = divmod(samples, SAMPLES_PER_SECTOR)
        self._first_lba = span.start_lba + whole
        self.skip_bytes = part * SAMPLE_BYTES

    @property
    def crosses(self) -> bool:
        """Whether a sector as sent lies across two."""
        return self.skip_bytes > 0

    def lba_of(self, sector: int) -> int:
        """Where the drive brings the first sample of this sector of the track."""
        return self._first_lba + sector

    def end_lba(self, sector: int) -> int:
        """Behind the last address that is needed for the sectors before this one."""
        return self._first_lba + sector + self.crosses

    def cut(self, raw: bytes, sectors: int, lead: int = 0) -> bytearray:
        """So many sectors as sent, from the first address on that `raw` begins with; `lead` bytes behind."""
        begin = lead + self.skip_bytes
        return bytearray(raw[begin : begin + sectors * SECTOR_BYTES])

    def covered(self, lba: int) -> tuple[int, int]:
        """Which bytes of the track as sent the drive brings at this address: from, to."""
        begin = (lba - self.span.start_lba) * SECTOR_BYTES - self.samples * SAMPLE_BYTES
        return max(0, begin), max(0, min(self.span.sectors * SECTOR_BYTES, begin + SECTOR_BYTES))

    def expected(self, begin: int, end: int) -> bytes | None:
        """These bytes of the track as sent, where they lie at its ends."""
        sent, length = self.span.sent, self.span.sectors * SECTOR_BYTES
        if end <= len(sent.head):
            return sent.head[begin:end]
        from_tail = length - len(sent.tail)
        return sent.tail[begin - from_tail : end - from_tail] if begin >= from_tail else None

    def is_outside(self, lba: int) -> bool:
        return not self.span.start_lba <= lba < self.span.end_lba

    def differing(self, data: bytes | bytearray, first: int) -> list[int]:
        """Numbers of the sectors that are not as sent; `data` begins with sector `first`."""
        view, sums = memoryview(data), self.span.sent.sums
        count = len(data) // SECTOR_BYTES
        found = [
            zlib.crc32(view[at : at + SECTOR_BYTES]) for at in range(0, count * SECTOR_BYTES, SECTOR_BYTES)
        ]
        wanted = sums[first : first + count]
        if found == wanted.tolist():
            return []
        return [first + number for number in range(count) if found[number] != wanted[number]]


def compare_track(span: Span, samples: int, care: Care) -> Procedure[TrackReading]:
    """Read a track and compare it with what was sent.

    samples  the disc's offset

    raises  DriveError  what concerns more than single sectors
    """
    place = Alignment(span, samples)
    reading = TrackReading(span)
    carried, carried_missing = b"", False
    done = 0
    while done < span.sectors and not care.accurate_stream:
        count = min(_RUN_SECTORS, span.sectors - done)
        data = bytearray(count * SECTOR_BYTES)
        run = list(range(done, done + count))
        yield from _settle(data, done, run, place, care, reading, set())
        yield Absorb(bytes(data))
        done += count
        yield SectorsDone(Phase.VERIFYING, span.number, done, span.sectors)
    while done < span.sectors:
        count = min(CHUNK_SECTORS, span.sectors - done)
        begin = place.lba_of(done) + bool(carried)
        raw, missing = yield from _stretch(begin, place.end_lba(done + count) - begin, place, care)
        raw = carried + raw
        if carried_missing:
            missing.add(place.lba_of(done))
        data = place.cut(raw, count)
        if place.crosses:
            carried, carried_missing = raw[-SECTOR_BYTES:], place.lba_of(done + count) in missing
        _fill_hidden(data, done, count, place, missing, reading)
        wrong = place.differing(data, done)
        if wrong:
            yield from _settle(data, done, wrong, place, care, reading, missing)
        yield Absorb(bytes(data))
        done += count
        yield SectorsDone(Phase.VERIFYING, span.number, done, span.sectors)
    reading.same = (yield Digest()) == span.sent.sha256
    return reading


def read_aligned(
    place: Alignment, sector: int, sectors: int, care: Care
) -> Procedure[tuple[bytearray, set[int]]]:
    """These sectors of the track as sent, and which addresses inside of the track did not come."""
    lba = place.lba_of(sector)
    raw, missing = yield from _stretch(lba, place.end_lba(sector + sectors) - lba, place, care)
    data = place.cut(raw, sectors)
    _fill_hidden(data, sector, sectors, place, missing, TrackReading(place.span))
    return data, {n for n in missing if not place.is_outside(n)}


def _stretch(lba: int, sectors: int, place: Alignment, care: Care) -> Procedure[tuple[bytes, set[int]]]:
    """These sectors, and which of them did not come; these are silence.

    Far into a part that cannot be read they are not asked for one by one: a drive tries each for seconds.
    """
    span = place.span
    low, high = max(lba, span.low), min(lba + sectors, span.high)
    missing = {n for n in range(lba, lba + sectors) if not low <= n < high}
    data = b""
    if low < high:
        try:
            data = yield from read_audio(low, high - low, care.habits)
            care.lost = 0
        except PASSING:
            pieces = []
            for one in range(low, high):
                piece = None if care.lost >= _LOST_SECTORS else (yield from _one(one, care))
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


def _fill_hidden(
    data: bytearray, first: int, count: int, place: Alignment, missing: set[int], reading: TrackReading
) -> None:
    """Samples that lie outside of the track's own sectors, and cannot be had there, are taken as sent.

    A gap that comes as silence where sound was sent is the drive's own, too.
    """
    for lba in range(place.lba_of(first), place.end_lba(first + count)):
        if not place.is_outside(lba):
            continue
        begin, end = place.covered(lba)
        begin, end = max(begin, first * SECTOR_BYTES), min(end, (first + count) * SECTOR_BYTES)
        wanted = place.expected(begin, end) if begin < end else None
        if wanted is None:
            continue
        at = slice(begin - first * SECTOR_BYTES, end - first * SECTOR_BYTES)
        if lba not in missing and (data[at] == wanted or any(data[at])):
            continue
        data[at] = wanted
        if lba < place.span.start_lba:
            reading.head_hidden += len(wanted) // SAMPLE_BYTES
        else:
            reading.tail_hidden += len(wanted) // SAMPLE_BYTES


def _settle(
    data: bytearray,
    first: int,
    wrong: Sequence[int],
    place: Alignment,
    care: Care,
    reading: TrackReading,
    missing: set[int],
) -> Procedure[None]:
    """Read again what differs; `data`, which begins with sector `first`, takes what came right."""
    for run in _runs(wrong):
        left = list(run)
        missing = yield from _settle_run(data, first, left, place, care, missing, reading)
        care.hopeless = care.hopeless + 1 if left else 0
        if not left:
            continue
        for sector in left:
            reading.add_bad(sector)
        known = set(reading.unreadable[-2 * CHUNK_SECTORS :])
        needed = range(place.lba_of(left[0]), place.end_lba(left[-1] + 1))
        reading.unreadable += [n for n in needed if n in missing - known and not place.is_outside(n)]
    if care.tries:
        yield from care.at_speed(care.speed)


def _runs(wrong: Sequence[int]) -> list[list[int]]:
    """Neighbours together, as far as one command reaches."""
    runs: list[list[int]] = []
    for sector in wrong:
        if runs and runs[-1][-1] == sector - 1 and len(runs[-1]) < _RUN_SECTORS:
            runs[-1].append(sector)
        else:
            runs.append([sector])
    return runs


def _settle_run(
    data: bytearray,
    first: int,
    left: list[int],
    place: Alignment,
    care: Care,
    missing: set[int],
    reading: TrackReading,
) -> Procedure[set[int]]:
    """Takes those of the neighbours `left` away that a reading gave as they were sent.

    Returns which addresses did not come at the last reading, `missing` if there was none
    """
    run, begin = list(left), left[0]
    shifts: set[int] = set()
    number = 0
    for number in range(care.tries if care.accurate_stream else max(1, care.tries)):
        if care.accurate_stream or number:
            yield from care.before_another_try(number, place.lba_of(begin))
        low = max(place.span.low, place.lba_of(begin) - _MARGIN_SECTORS)
        high = min(place.span.high, place.end_lba(run[-1] + 1) + _MARGIN_SECTORS)
        raw, missing = yield from _stretch(low, high - low, place, care)
        lead = (place.lba_of(begin) - low) * SECTOR_BYTES
        again = place.cut(bytes(max(0, -lead)) + raw, len(run), max(0, lead))
        again.extend(bytes(len(run) * SECTOR_BYTES - len(again)))
        at_edges = TrackReading(place.span)  # hidden samples were counted at the first reading
        outside = {*range(low - _MARGIN_SECTORS, low), *range(high, high + _MARGIN_SECTORS)}
        _fill_hidden(again, begin, len(run), place, missing | outside, at_edges)
        wrong = set(place.differing(again, begin))
        if care.accurate_stream or missing:
            for sector in [s for s in left if s not in wrong]:
                _take(data, first, again, begin, sector)
                left.remove(sector)
        if not left:
            reading.head_hidden = max(reading.head_hidden, at_edges.head_hidden)
            reading.tail_hidden = max(reading.tail_hidden, at_edges.tail_hidden)
            break
        shift = _find_shift(raw, lead, run, place) if not missing else None
        if shift is not None:
            shifts.add(shift)
        # At its place and whole; or elsewhere each time, and whole each time.
        if shift is not None and (len(shifts) > 1 or (shift == 0 and not care.accurate_stream)):
            care.inexact += shift != 0
            moved, at_head, at_tail = _moved(raw, lead + shift * SAMPLE_BYTES, begin, len(run), place)
            reading.head_hidden = max(reading.head_hidden, at_head)
            reading.tail_hidden = max(reading.tail_hidden, at_tail)
            for sector in left:
                _take(data, first, moved, begin, sector)
            left.clear()
            break
    if not left and (care.accurate_stream or number):
        care.places_again += 1
        care.sectors_again += len(run)
    return missing


def _take(data: bytearray, first: int, again: bytearray, begin: int, sector: int) -> None:
    at, source = (sector - first) * SECTOR_BYTES, (sector - begin) * SECTOR_BYTES
    data[at : at + SECTOR_BYTES] = again[source : source + SECTOR_BYTES]


def _find_shift(raw: bytes, lead: int, run: list[int], place: Alignment) -> int | None:
    """By how many samples this reading lies beside its place, if the whole run is in it.

    With the sector before the run, where there is one: between two stretches nothing may be missing.
    """
    begin = run[0] - (run[0] > 0)
    lead -= (run[0] - begin) * SECTOR_BYTES
    sums = place.span.sent.sums
    for distance in range(_MOST_JITTER_SAMPLES + 1):
        for shift in dict.fromkeys((distance, -distance)):
            at = lead + shift * SAMPLE_BYTES
            one, _, _ = _moved(raw, at, begin, 1, place)
            if len(one) < SECTOR_BYTES or zlib.crc32(one) != sums[begin]:
                continue
            count = run[-1] + 1 - begin
            moved, _, _ = _moved(raw, at, begin, count, place)
            if len(moved) == count * SECTOR_BYTES and not place.differing(moved, begin):
                return shift
    return None


def _moved(raw: bytes, at: int, begin: int, sectors: int, place: Alignment) -> tuple[bytearray, int, int]:
    """These sectors as they lie in `raw` from byte `at` on; less where they are not all in it.

    What lies before the track's own first sector, or behind its last, is taken as sent where it is not in
    `raw`.  Returns with them how many samples that were, at the track's start and at its end
    """
    sent, length = place.span.sent, sectors * SECTOR_BYTES
    start = at + place.skip_bytes
    before = -start if start < 0 and begin == 0 and -start <= len(sent.head) else 0
    if start < 0 and not before:
        return bytearray(), 0, 0
    data = bytearray(sent.head[:before] + raw[max(0, start) : start + length])
    behind = length - len(data)
    if behind and begin + sectors == place.span.sectors and behind <= _MOST_JITTER_SAMPLES * SAMPLE_BYTES:
        data += sent.tail[len(sent.tail) - behind :]
        return data, before // SAMPLE_BYTES, behind // SAMPLE_BYTES
    return data, before // SAMPLE_BYTES, 0
