"""Checksums by which a track is known elsewhere: SHA-256, AccurateRip v1 and v2, CTDB."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redbook.disc import SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES

ACCURATERIP_SKIPPED_SAMPLES = 5 * SAMPLES_PER_SECTOR
"""At the start of a disc's first track and the end of its last: drives cannot read there."""

_INDEX: NDArray[np.uint64] = np.arange(1 << 17, dtype=np.uint64)


class AccurateRip:
    """The AccurateRip checksums of one track, from its samples in order.

    Each stereo sample is a 32-bit number, right channel above left, multiplied by its place in the
    track, counted from 1. v1 adds the lower halves of the products, v2 both halves.

    first, last     whether it is the disc's first or last track: their outer ends do not count
    silent_sectors  of silence between the samples given and the end that does not count: the run-out
    """

    def __init__(self, *, first: bool, last: bool, silent_sectors: int = 0) -> None:
        self._skip = ACCURATERIP_SKIPPED_SAMPLES - 1 if first else 0
        skipped = ACCURATERIP_SKIPPED_SAMPLES - silent_sectors * SAMPLES_PER_SECTOR
        self._hold = max(0, skipped) if last else 0
        self._held = b""
        self._position = 0
        self._low = self._high = 0
        self._products = np.empty(len(_INDEX), np.uint64)  # memory that is used again stays in the cache

    def update(self, pcm: bytes | bytearray | memoryview) -> None:
        """pcm: whole stereo samples."""
        if self._hold:
            pcm = memoryview(pcm)
            most = self._hold * SAMPLE_BYTES
            cut = max(0, len(pcm) - most)  # what is held back of this piece begins here
            due = max(0, len(self._held) + len(pcm) - most)
            before, self._held = self._held[: due - cut], self._held[due - cut :] + bytes(pcm[cut:])
            self._add_all(before)
            pcm = pcm[:cut]
        self._add_all(pcm)

    def _add_all(self, pcm: bytes | bytearray | memoryview) -> None:
        samples = np.frombuffer(pcm, "<u4")
        for start in range(0, len(samples), len(_INDEX)):
            self._add(samples[start : start + len(_INDEX)])

    def _add(self, samples: NDArray[np.uint32]) -> None:
        first = self._position + 1
        self._position += len(samples)
        if first <= self._skip:
            samples = samples[max(0, self._skip - first + 1) :]
            first = self._position - len(samples) + 1
        if not len(samples):
            return
        products = np.add(_INDEX[: len(samples)], np.uint64(first), out=self._products[: len(samples)])
        products *= samples
        both = int(products.sum())  # modulo 2**64; the low halves alone come to less than 2**48
        products >>= np.uint64(32)
        high = int(products.sum())
        self._high += high
        self._low += (both - (high << 32)) % (1 << 64)

    @property
    def v1(self) -> int:
        return self._low & 0xFFFFFFFF

    @property
    def v2(self) -> int:
        return (self._low + self._high) & 0xFFFFFFFF


CTDB_SKIPPED_SAMPLES = 10 * SAMPLES_PER_SECTOR
"""At the start of a disc's audio; at its end as many, and what its length leaves when divided by them."""


class Ctdb:
    """The CUETools database's checksum of one track, or of a whole disc: a CRC-32 of the samples.

    What an offset moves out of the readable part of a disc does not count.

    first, last   whether the audio begins, or ends, at the disc's own start or end
    disc_samples  of the audio of the whole disc, from the first track's index 1 to the lead-out

    Source: CUETools.net, CUETools.AccurateRip/AccurateRip.cs and CDRepair.cs
    """

    def __init__(self, *, first: bool, last: bool, disc_samples: int) -> None:
        self._skip = CTDB_SKIPPED_SAMPLES * SAMPLE_BYTES if first else 0
        behind = CTDB_SKIPPED_SAMPLES + disc_samples % CTDB_SKIPPED_SAMPLES
        self._hold = behind * SAMPLE_BYTES if last else 0
        self._held = b""
        self.value = 0

    def update(self, pcm: bytes | bytearray | memoryview) -> None:
        """pcm: whole stereo samples."""
        data = memoryview(pcm)
        if self._skip:
            cut = min(self._skip, len(data))
            self._skip -= cut
            data = data[cut:]
        if self._hold:
            held = self._held + bytes(data)
            cut = max(0, len(held) - self._hold)
            data, self._held = memoryview(held)[:cut], held[cut:]
        self.value = zlib.crc32(data, self.value)


class TrackChecksums:
    """SHA-256 and AccurateRip's checksums of a track at once."""

    def __init__(self, *, first: bool, last: bool) -> None:
        self._sha256: Any = hashlib.sha256()
        self._accuraterip = AccurateRip(first=first, last=last)
        self._gap_bytes = 0

    def update(self, pcm: bytes | bytearray | memoryview) -> None:
        self._sha256.update(pcm)
        self._accuraterip.update(pcm)

    def update_gap(self, pcm: bytes | bytearray | memoryview) -> None:
        """What is between the track and the next one: AccurateRip counts it as part of the track."""
        self._accuraterip.update(pcm)
        self._gap_bytes += len(pcm)

    def fill_gap(self, sectors: int) -> None:
        """The rest of a gap of this many sectors is silence."""
        self._accuraterip.update(bytes(sectors * SECTOR_BYTES - self._gap_bytes))

    @property
    def sha256(self) -> str:
        return str(self._sha256.hexdigest())

    @property
    def accuraterip_v1(self) -> str:
        return f"{self._accuraterip.v1:08x}"

    @property
    def accuraterip_v2(self) -> str:
        return f"{self._accuraterip.v2:08x}"
