"""Checksums, against another program's.

The expected AccurateRip values are those that ARver 1.5.0 (a C implementation of its own) gives for WAV
files with the same random samples.
"""

from __future__ import annotations

import hashlib

import pytest

from redbook.audio.checksum import TrackChecksums
from redbook.disc import SAMPLES_PER_SECTOR
from tests.support.sound import noise

ARVER = {
    (300, 1): [
        ("9e9ff944", "6e40e8f0"),
        ("e70884a9", "b6cab360"),
        ("95b8775b", "56079861"),
        ("4d4febf6", "0d7dcdf1"),
    ],
    (777, 2): [
        ("7fcb8aed", "a5d79d66"),
        ("3ae0e0d6", "610df758"),
        ("3fc14ea1", "3df53baa"),
        ("84abf8b8", "82bee1b8"),
    ],
}
ENDS = [(True, False), (False, False), (False, True), (True, True)]


@pytest.mark.slow
@pytest.mark.parametrize("sectors_and_seed", ARVER)
@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("step", [4, 100_000, 2352 * 27, 10_000_000])
def test_accuraterip_is_that_of_arver(
    sectors_and_seed: tuple[int, int], ends: tuple[bool, bool], step: int
) -> None:
    sectors, seed = sectors_and_seed
    if step == 4 and sectors > 300:
        step = 2352
    pcm = noise(sectors * SAMPLES_PER_SECTOR, seed)
    sums = TrackChecksums(first=ends[0], last=ends[1])
    for start in range(0, len(pcm), step):
        sums.update(pcm[start : start + step])
    assert (sums.accuraterip_v1, sums.accuraterip_v2) == ARVER[sectors_and_seed][ENDS.index(ends)]


def test_sha256_is_that_of_the_bytes() -> None:
    sums = TrackChecksums(first=True, last=True)
    sums.update(b"\0" * 2352 * 300)
    assert sums.sha256 == hashlib.sha256(b"\0" * 705600).hexdigest()
