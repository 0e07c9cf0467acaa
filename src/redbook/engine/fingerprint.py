"""What is kept of the audio of a track, so that a disc can be compared with it when the audio is gone.

A burn gives its spool back while it writes. What stays is small, and enough to say of a disc: it is the same,
these sectors are not, and by how much the drive reads beside the place:

- SHA-256 of the whole track: the proof;
- a CRC-32 of each sector: where it differs, at once and without the source;
- landmarks, whole sectors with sound in them, by which a drive's offset is found;
- the first and last sectors: what an offset moves out of the disc's readable part is taken from there.
"""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES

EDGE_SECTORS = 6
"""The largest offset that is looked for, to either side.  Source: AccurateRip's list ends below 2000 samples;
an offset of reading and one of writing add up."""
MOST_OFFSET_SAMPLES = EDGE_SECTORS * SECTOR_BYTES // SAMPLE_BYTES

_SILENCE = bytes(SECTOR_BYTES)
_SILENT_SECTORS = 64
_FEW_LANDMARKS, _MOST_LANDMARKS = 4, 8
_DISTINCT_SAMPLES = 16
"""A sector with fewer different values is silence, or as good as that."""


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

    sums        a CRC-32 for each sector
    landmarks   in the order of their places; empty for a track of silence
    head, tail  the first and last EDGE_SECTORS sectors, or all there are
    """

    sha256: str
    sums: array[int]
    landmarks: tuple[Landmark, ...]
    head: bytes
    tail: bytes

    @property
    def sectors(self) -> int:
        return len(self.sums)


class FingerprintMaker:
    """Takes the audio of a track piece by piece."""

    def __init__(self) -> None:
        self._sums = array("I")
        self._rest = b""
        self._head = bytearray()
        self._tail = b""
        self._first: Landmark | None = None
        self._spread: list[Landmark] = []
        self._stride = 1

    def update(self, pcm: bytes | bytearray | memoryview) -> None:
        """More of the track, of any length."""
        data = memoryview(self._rest + bytes(pcm) if self._rest else pcm)
        length = len(data) - len(data) % SECTOR_BYTES
        self._rest = bytes(data[length:])
        if not length:
            return
        begin = len(self._sums)
        starts = range(0, length, SECTOR_BYTES)
        self._sums.extend([zlib.crc32(data[at : at + SECTOR_BYTES]) for at in starts])
        if len(self._head) < EDGE_SECTORS * SECTOR_BYTES:
            self._head += data[: min(length, EDGE_SECTORS * SECTOR_BYTES - len(self._head))]
        edge = EDGE_SECTORS * SECTOR_BYTES
        self._tail = (self._tail + bytes(data[max(0, length - edge) : length]))[-edge:]
        self._look_for_landmarks(data, begin, length // SECTOR_BYTES)

    def _look_for_landmarks(self, data: memoryview, begin: int, count: int) -> None:
        if self._first is None:
            self._first = _first_sound(data, begin, count)
        sector = -(-begin // self._stride) * self._stride
        while sector < begin + count:
            at = (sector - begin) * SECTOR_BYTES
            audio = bytes(data[at : at + SECTOR_BYTES])
            if audio != _SILENCE and len(set(memoryview(audio).cast("I"))) >= _DISTINCT_SAMPLES:
                self._spread.append(Landmark(sector, audio))
                if len(self._spread) > _MOST_LANDMARKS:
                    self._thin_out()
            sector = (sector // self._stride + 1) * self._stride

    def _thin_out(self) -> None:
        """Twice as far apart from now on, so that they are spread over the track however long it is."""
        while len(self._spread) > _FEW_LANDMARKS:
            self._stride *= 2
            self._spread = [mark for mark in self._spread if mark.sector % self._stride == 0]

    def finish(self, sha256: str, sectors: int = 0) -> Fingerprint:
        """What came, filled up with silence to a whole sector and to so many sectors.

        sha256  in hexadecimal, of the whole track, this silence included
        """
        if self._rest:
            self.update(bytes(SECTOR_BYTES - len(self._rest)))
        while (missing := sectors - len(self._sums)) > 0:
            self.update(bytes(min(missing, _SILENT_SECTORS) * SECTOR_BYTES))
        marks = {mark.sector: mark for mark in (self._first, *self._spread) if mark is not None}
        return Fingerprint(
            sha256,
            self._sums,
            tuple(marks[sector] for sector in sorted(marks)),
            bytes(self._head),
            self._tail,
        )


def _first_sound(data: memoryview, begin: int, count: int) -> Landmark | None:
    """The sector with a track's first sound: also in one that is all but silent there is an onset."""
    for number in range(count):
        audio = bytes(data[number * SECTOR_BYTES : (number + 1) * SECTOR_BYTES])
        if audio != _SILENCE:
            return Landmark(begin + number, audio)
    return None
