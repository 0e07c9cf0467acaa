"""What is kept of a track's audio, so that a disc can be compared with it when the audio is gone.

A burn through IMAPI2 keeps no audio, and a report of a burn has none. What is kept instead is small,
and enough to say about a disc that it is the same, which sectors are not, and how far out of place the drive
reads:

- SHA-256 of the whole track: the proof;
- a CRC-32 of each sector: where it differs, at once and without the source;
- landmarks, whole sectors with audio in them, by which a drive's offset is found;
- the first and last sectors: what an offset moves out of the disc's readable part is taken from there.
"""

from __future__ import annotations

import zlib
from array import array

from redbook.disc import MOST_OFFSET_SECTORS, SECTOR_BYTES
from redbook.records import dataclass

_SILENCE = bytes(SECTOR_BYTES)
_SILENT_SECTORS = 64
_FEW_LANDMARKS, _MOST_LANDMARKS = 4, 8
_DISTINCT_SAMPLES = 16
"""A sector with fewer different values is plain: a constant, or nearly silent. It is a landmark only if a
track has no livelier ones."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """One sector of a track that can be recognised.

    sector  counted from the track's start
    audio   its 2352 bytes
    """

    sector: int
    audio: bytes


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of one track, as it was sent, the padding to the shortest legal track included.

    sectors     how many there are
    sums        a CRC-32 for each of them; none where they were left out
    landmarks   in order of position; empty for a silent track
    head, tail  the first and last MOST_OFFSET_SECTORS sectors, or all there are
    """

    sha256: str
    sectors: int
    sums: array[int]
    landmarks: tuple[Landmark, ...]
    head: bytes
    tail: bytes

    @classmethod
    def none(cls) -> Fingerprint:
        """Of nothing."""
        return cls("", 0, array("I"), (), b"", b"")


def sector_sums(data: memoryview) -> list[int]:
    """The CRC-32 of each sector."""
    crc32 = zlib.crc32  # looked up once, not for each of the disc's 333,000 sectors
    return [crc32(data[at : at + SECTOR_BYTES]) for at in range(0, len(data), SECTOR_BYTES)]


class _Spread:
    """Landmarks of one kind, spread over a track however long it is."""

    def __init__(self) -> None:
        self.marks: list[Landmark] = []
        self.stride = 1

    def add(self, mark: Landmark) -> None:
        self.marks.append(mark)
        if len(self.marks) > _MOST_LANDMARKS:
            while len(self.marks) > _FEW_LANDMARKS:
                self.stride *= 2
                self.marks = [mark for mark in self.marks if mark.sector % self.stride == 0]


class FingerprintMaker:
    """Takes the audio of a track piece by piece.

    sums  whether the CRC-32 of each sector is wanted
    """

    def __init__(self, *, sums: bool = True) -> None:
        self._sectors = 0
        self._with_sums = sums
        self._sums = array("I")
        self._rest = b""
        self._head = bytearray()
        self._tail = b""
        self._first: Landmark | None = None
        self._lively, self._plain = _Spread(), _Spread()

    def update(self, pcm: bytes | bytearray | memoryview) -> None:
        """More of the track, of any length."""
        data = memoryview(self._rest + bytes(pcm) if self._rest else pcm)
        length = len(data) - len(data) % SECTOR_BYTES
        self._rest = bytes(data[length:])
        if not length:
            return
        begin = self._sectors
        self._sectors += length // SECTOR_BYTES
        if self._with_sums:
            self._sums.extend(sector_sums(data[:length]))
        edge = MOST_OFFSET_SECTORS * SECTOR_BYTES
        if len(self._head) < edge:
            self._head += data[: min(length, edge - len(self._head))]
        last = bytes(data[max(0, length - edge) : length])
        self._tail = (self._tail + last)[-edge:] if len(last) < edge else last
        self._look_for_landmarks(data, begin, length // SECTOR_BYTES)

    def _look_for_landmarks(self, data: memoryview, begin: int, count: int) -> None:
        if self._first is None:
            self._first = _first_sound(data, begin, count)
        if self._first is None:
            return
        sector = begin
        while sector < begin + count:
            at = (sector - begin) * SECTOR_BYTES
            audio = bytes(data[at : at + SECTOR_BYTES])
            if audio != _SILENCE:
                distinct = len(set(memoryview(audio).cast("I")))
                kind = self._lively if distinct >= _DISTINCT_SAMPLES else self._plain
                if sector % kind.stride == 0:
                    kind.add(Landmark(sector, audio))
            step = self._lively.stride if self._lively.marks else self._plain.stride
            sector = (sector // step + 1) * step

    def finish(self, sha256: str, sectors: int = 0) -> Fingerprint:
        """What arrived, padded with silence to a whole sector and to this many sectors.

        sha256  in hexadecimal, of the whole track, including this silence
        """
        if self._rest:
            self.update(bytes(SECTOR_BYTES - len(self._rest)))
        while (missing := sectors - self._sectors) > 0:
            self.update(bytes(min(missing, _SILENT_SECTORS) * SECTOR_BYTES))
        spread = self._lively.marks if len(self._lively.marks) > 1 else self._plain.marks + self._lively.marks
        marks = {mark.sector: mark for mark in (self._first, *spread) if mark is not None}
        landmarks = tuple(marks[sector] for sector in sorted(marks))
        return Fingerprint(sha256, self._sectors, self._sums, landmarks, bytes(self._head), self._tail)


def _first_sound(data: memoryview, begin: int, count: int) -> Landmark | None:
    """The sector with a track's first sound: even a nearly silent track has an onset."""
    for number in range(count):
        audio = bytes(data[number * SECTOR_BYTES : (number + 1) * SECTOR_BYTES])
        if audio != _SILENCE:
            return Landmark(begin + number, audio)
    return None
