"""What a drive's offsets do to audio: it is written, and read, a constant number of samples early or late.

An audio sector does not say where it is. A drive finds the place by the sub-channel, which takes a different
path through its chips than the samples do; so nearly every drive reads and writes some samples out of place.
Offsets are counted like the correction of disc copying programs: +6 means that a sample is 6 samples late.
Source: the drive offset list of AccurateRip; `cd-paranoia -O`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES


class WriteShift:
    """Audio on its way to the disc.  What arrives is passed on as whole sectors, shifted by the offset.

    samples  by how many stereo samples it is written late; negative for early
    """

    def __init__(self, samples: int) -> None:
        self._bytes = samples * SAMPLE_BYTES
        self._next: int | None = None  # the sector that the host sends next
        self._at = 0  # where the first byte kept belongs, in bytes from LBA 0
        self._kept = b""

    def feed(self, lba: int, data: bytes | memoryview) -> Iterator[tuple[int, bytes | memoryview]]:
        """Sectors that can be recorded now, with their address.

        A partly shifted sector waits for what follows; `finish` ends that.
        """
        if not self._bytes:
            yield lba, data
            return
        if lba != self._next:
            yield from self.finish()
            self._at = lba * SECTOR_BYTES + self._bytes
            lead = self._at % SECTOR_BYTES  # silence before the first sample, in the sector where it lands
            self._at -= lead
            self._kept = bytes(lead)
        self._next = lba + len(data) // SECTOR_BYTES
        whole = self._kept + bytes(data)
        length = len(whole) - len(whole) % SECTOR_BYTES
        self._kept = whole[length:]
        if length:
            yield self._at // SECTOR_BYTES, whole[:length]
            self._at += length

    def finish(self) -> Iterator[tuple[int, bytes]]:
        """What is left, as a sector that ends in silence."""
        if any(self._kept):
            yield self._at // SECTOR_BYTES, self._kept.ljust(SECTOR_BYTES, b"\0")
        self.drop()

    def drop(self) -> None:
        """What has not been passed on never reaches the disc."""
        self._next, self._kept = None, b""


def read_shifted(
    read: Callable[[int, int], bytes], lba: int, sectors: int, samples: int, first: int, end: int
) -> bytes:
    """Sectors as read by a drive whose audio is `samples` late.

    read        reads sectors at an address
    first, end  what is recorded; before and after it is silence
    """
    if not samples or not sectors:
        return read(lba, sectors)
    move = samples * SAMPLE_BYTES
    begin = lba * SECTOR_BYTES - move
    low, high = begin // SECTOR_BYTES, -(-(begin + sectors * SECTOR_BYTES) // SECTOR_BYTES)
    inside_low, inside_high = max(low, first), min(high, end)
    if inside_low >= inside_high:
        return bytes(sectors * SECTOR_BYTES)
    data = bytes((inside_low - low) * SECTOR_BYTES)
    data += read(inside_low, inside_high - inside_low)
    data += bytes((high - inside_high) * SECTOR_BYTES)
    skip = begin - low * SECTOR_BYTES
    return data[skip : skip + sectors * SECTOR_BYTES]
