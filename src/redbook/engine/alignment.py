"""Sectors of a track as they were sent, put together from sectors as a drive returns them.

A drive returns the audio some samples out of place, so a sector as it was sent extends across two sectors as
they are read. Where an offset moves the ends of a track to where nothing can be read (before LBA 0, into the
lead-out, into a gap that the drive does not return), these samples are hidden: counted, named, and never
called the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from redbook.disc import SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.engine.disc_offset import Span
from redbook.engine.fingerprint import sector_sums

MOST_DOUBTFUL_SAMPLES = SAMPLES_PER_SECTOR // 2
"""By how much a reading of audio that repeats itself, like silence, may seem to be out of place. If it is by
no more, and such a drive misses its place by no more, then of two neighbouring stretches, each with the
sector before and the one behind it, nothing between them is left out."""


class HiddenEnds(NamedTuple):
    """Samples that were taken as sent because they cannot be read: at a track's start, at its end."""

    head: int = 0
    tail: int = 0


class SectorRun(NamedTuple):
    """Neighbouring sectors of a track, counted from its start: `first` up to, and without, `end`."""

    first: int
    end: int

    @property
    def sectors(self) -> int:
        return self.end - self.first


class Alignment:
    """Sectors as they were sent, put together from sectors as they are read.

    samples     by which the audio is late
    sums        the CRC-32 of each sector that was sent; `differing` and `find_shift` need them
    skip_bytes  from the beginning of the first sector read to the first sample of the one that was sent
    """

    def __init__(self, span: Span, samples: int) -> None:
        self.span = span
        self.samples = samples
        self.sums = span.sent.sums
        whole, part = divmod(samples, SAMPLES_PER_SECTOR)
        self._first_lba = span.start_lba + whole
        self.skip_bytes = part * SAMPLE_BYTES
        self._span_end_lba = span.end_lba

    @property
    def crosses(self) -> bool:
        """Whether a sector as sent extends across two."""
        return self.skip_bytes > 0

    def lba_of(self, sector: int) -> int:
        """Where the drive returns the first sample of this sector of the track."""
        return self._first_lba + sector

    def end_lba(self, sector: int) -> int:
        """The address after the last one needed for the sectors before this one."""
        return self._first_lba + sector + self.crosses

    def cut(self, raw: bytes, sectors: int, lead: int = 0) -> bytearray:
        """This many sectors as sent, cut from `raw`, beginning `lead` bytes after its start."""
        begin = lead + self.skip_bytes
        return bytearray(memoryview(raw)[begin : begin + sectors * SECTOR_BYTES])

    def covered(self, lba: int) -> tuple[int, int]:
        """Which bytes of the track as sent the drive returns at this address: from, to."""
        begin = (lba - self.span.start_lba) * SECTOR_BYTES - self.samples * SAMPLE_BYTES
        return max(0, begin), max(0, min(self.span.sectors * SECTOR_BYTES, begin + SECTOR_BYTES))

    def expected(self, begin: int, end: int) -> bytes | None:
        """These bytes of the track as sent, where they are at its ends."""
        sent, length = self.span.sent, self.span.sectors * SECTOR_BYTES
        if end <= len(sent.head):
            return sent.head[begin:end]
        from_tail = length - len(sent.tail)
        return sent.tail[begin - from_tail : end - from_tail] if begin >= from_tail else None

    def is_outside(self, lba: int) -> bool:
        return not self.span.start_lba <= lba < self._span_end_lba

    def differing(self, data: bytes | bytearray, first: int) -> list[int]:
        """Numbers of the sectors that differ from what was sent; `data` begins with sector `first`."""
        count = len(data) // SECTOR_BYTES
        found = sector_sums(memoryview(data)[: count * SECTOR_BYTES])
        wanted = self.sums[first : first + count]
        if found == wanted.tolist():
            return []
        return [first + number for number in range(count) if found[number] != wanted[number]]

    def lost(self, missing: set[int], run: SectorRun) -> set[int]:
        """Which sectors of this run the drive has not returned, or not all of.

        What would replace them is silence, and must not be compared with silence that was sent.

        missing  addresses that were not returned; those outside the track are for `fill_hidden`
        """
        found: set[int] = set()
        for lba in missing:
            begin, end = (0, 0) if self.is_outside(lba) else self.covered(lba)
            found.update(range(begin // SECTOR_BYTES, -(-end // SECTOR_BYTES)))
        return found & set(range(run.first, run.end)) if found else found

    def fill_hidden(self, data: bytearray, first: int, missing: set[int]) -> HiddenEnds:
        """Samples outside the track's own sectors that cannot be read are taken as sent. So is

        a gap that the drive returns as silence although audio was sent.

        data     sectors as sent, from sector `first` on; hidden samples are filled in
        missing  addresses that were not returned
        """
        count = len(data) // SECTOR_BYTES
        begin_lba, end_lba = self.lba_of(first), self.end_lba(first + count)
        if self.span.start_lba <= begin_lba and end_lba <= self._span_end_lba:
            return HiddenEnds()
        head = tail = 0
        for lba in range(begin_lba, end_lba):
            if not self.is_outside(lba):
                continue
            begin, end = self.covered(lba)
            begin, end = max(begin, first * SECTOR_BYTES), min(end, (first + count) * SECTOR_BYTES)
            wanted = self.expected(begin, end)
            if wanted is None:
                continue
            at = slice(begin - first * SECTOR_BYTES, end - first * SECTOR_BYTES)
            if lba not in missing and (data[at] == wanted or any(data[at])):
                continue
            data[at] = wanted
            if lba < self.span.start_lba:
                head += len(wanted) // SAMPLE_BYTES
            else:
                tail += len(wanted) // SAMPLE_BYTES
        return HiddenEnds(head, tail)

    def find_shift(self, raw: bytes, lead: int, run: SectorRun, most_samples: int) -> int | None:
        """By how many samples this reading is out of place, if the whole run is in it.

        With the sector before the run, where there is one: between two stretches nothing may be missing.

        lead          bytes of `raw` before the run's place
        most_samples  that are tried, in either direction
        """
        first = run.first - (run.first > 0)
        lead -= (run.first - first) * SECTOR_BYTES
        whole = SectorRun(first, run.end)
        for shift, moved in self._fitting(raw, lead, whole, most_samples):
            if not _repeats_itself(moved):
                return shift
            return self._find_repetition(raw, lead, whole, most_samples)
        return None

    def _find_repetition(self, raw: bytes, lead: int, run: SectorRun, most_samples: int) -> int | None:
        """The same of a run that fits in several places: with the sector behind it, and the neighbours.

        Otherwise a reading that stops short of a damage would fit, and so would the next one behind it.
        """
        whole = SectorRun(run.first, min(run.end + 1, self.span.sectors))
        for shift, moved in self._fitting(raw, lead, whole, most_samples):
            if not _repeats_itself(moved):
                return shift
            if abs(shift) > MOST_DOUBTFUL_SAMPLES:
                break
            if self._adjoins(raw, lead + shift * SAMPLE_BYTES, whole):
                return shift
        return None

    def _fitting(
        self, raw: bytes, lead: int, run: SectorRun, most_samples: int
    ) -> Iterator[tuple[int, bytearray]]:
        """Each shift at which `raw` holds this run as it was sent, the nearest first, and the run."""
        first, sums, view = run.first, self.sums, memoryview(raw)
        for distance in range(most_samples + 1):
            for shift in dict.fromkeys((distance, -distance)):
                at = lead + shift * SAMPLE_BYTES
                begin = at + self.skip_bytes
                one: memoryview | bytearray = view[begin : begin + SECTOR_BYTES] if begin >= 0 else view[:0]
                if len(one) < SECTOR_BYTES:
                    one, _ = self.taken_from(raw, at, SectorRun(first, first + 1), most_samples)
                if len(one) < SECTOR_BYTES or zlib.crc32(one) != sums[first]:
                    continue
                moved, _ = self.taken_from(raw, at, run, most_samples)
                if len(moved) == run.sectors * SECTOR_BYTES and not self.differing(moved, first):
                    yield shift, moved

    def _beside(self, raw: bytes, at: int, run: SectorRun) -> tuple[bytes, bytes]:
        """Up to a sector before and behind this run, if it begins at byte `at` of `raw`."""
        begin = at + self.skip_bytes
        end = begin + run.sectors * SECTOR_BYTES
        before = raw[max(0, begin - SECTOR_BYTES) : max(0, begin)]
        return before, raw[max(0, end) : max(0, end + SECTOR_BYTES)]

    def _adjoins(self, raw: bytes, at: int, run: SectorRun) -> bool:
        """Whether what is visible beside the track is that of its neighbours, where they are known."""
        before, after = self._beside(raw, at, run)
        if run.first == 0 and self.span.before and not self.span.before.endswith(before):
            return False
        return run.end < self.span.sectors or not self.span.after or self.span.after.startswith(after)

    def taken_from(
        self, raw: bytes, at: int, run: SectorRun, most_samples: int
    ) -> tuple[bytearray, HiddenEnds]:
        """These sectors as they are in `raw` from byte `at` on; fewer if they are not all in it.

        What is before the track's own first sector or after its last, by no more than the offset and
        `most_samples`, is taken as sent where it is not in `raw`. That may be whole sectors.
        """
        sent, length = self.span.sent, run.sectors * SECTOR_BYTES
        start = at + self.skip_bytes
        before = min(max(0, -start), length)
        head = run.first * SECTOR_BYTES  # bytes of the track before the run
        if before and head + before > self._most_hidden(-self.samples + most_samples, len(sent.head)):
            return bytearray(), HiddenEnds()
        data = bytearray(sent.head[head : head + before] + raw[max(0, start) : max(0, start + length)])
        hidden_head = (head + before) // SAMPLE_BYTES if before else 0
        behind = length - len(data)
        tail = (self.span.sectors - run.end) * SECTOR_BYTES  # bytes of the track after the run
        if behind and tail + behind <= self._most_hidden(self.samples + most_samples, len(sent.tail)):
            end = len(sent.tail) - tail
            data += sent.tail[end - behind : end]
            return data, HiddenEnds(hidden_head, (tail + behind) // SAMPLE_BYTES)
        return data, HiddenEnds(hidden_head)

    @staticmethod
    def _most_hidden(samples: int, known_bytes: int) -> int:
        """Bytes at an end of the track."""
        return min(max(0, samples) * SAMPLE_BYTES, known_bytes)


def _repeats_itself(audio: bytes | bytearray) -> bool:
    """Whether it also fits some samples further on; so does silence."""
    probe = bytes(audio[:SECTOR_BYTES])
    at = audio.find(probe, SAMPLE_BYTES)
    while at >= 0:
        if at % SAMPLE_BYTES == 0 and audio.startswith(audio[at:]):
            return True
        at = audio.find(probe, at + 1)
    return False
