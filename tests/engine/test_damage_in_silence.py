"""Damage on a disc that is partly silent, read by drives with an offset and without accurate stream.

What a drive does not return is silence in a buffer, and must not be compared with silence that was sent.
"""

from __future__ import annotations

import pytest

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES
from redbook.virtual.faults import BadSpot
from tests.engine.test_verify import burned, check
from tests.support.sound import noise

SILENCE = bytes(310 * SECTOR_BYTES)
HALF = bytes(155 * SECTOR_BYTES) + noise(588 * 155, 5)
TRACKS = [SILENCE, HALF, SILENCE]
STARTS = 0, 310 + 152, 2 * (310 + 152)
"""Track by track, with a gap of 152 sectors."""

DRIVES: dict[str, dict[str, object]] = {
    "exact": {},
    "exact, with an offset": {"read_offset": 6},
    "each third reading late": {"jitter": 30, "jitter_every": 3, "read_offset": 6},
    "each third reading early": {"jitter": -30, "jitter_every": 3, "read_offset": 667},
    "never exact": {"jitter": 20},
    "never exact, with an offset": {"jitter": 20, "read_offset": -30},
}

PLACES = {
    "in silence": STARTS[0] * 588 + 150 * 588 + 100,
    "in the silence before the sound": STARTS[1] * 588 + 100 * 588 + 7,
    "at the border of silence and sound": STARTS[1] * 588 + 155 * 588 - 3,
    "in the sound": STARTS[1] * 588 + 200 * 588 + 9,
    "in the last track's silence": STARTS[2] * 588 + 150 * 588 + 300,
}
"""By samples from the disc's first."""

KINDS = {"a sample": 4, "a sector": SECTOR_BYTES, "30,000 bytes": 30_000}

drives = pytest.mark.parametrize("drive", DRIVES)


@drives
def test_an_intact_disc_is_the_same(drive: str) -> None:
    assert check(burned(TRACKS, **DRIVES[drive])[0], TRACKS).same


@drives
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_a_damaged_one_is_different(place: str, kind: str, drive: str) -> None:
    recorder, store = burned(TRACKS, **DRIVES[drive])
    first, within = divmod(PLACES[place] * SAMPLE_BYTES, SECTOR_BYTES)
    data = bytearray(store.read(first, 15))
    data[within : within + KINDS[kind]] = noise(KINDS[kind] // SAMPLE_BYTES, 77)
    store.write(first, bytes(data))
    found = check(recorder, TRACKS)
    assert [one.track for one in found.differences] == [1 + sum(first >= start for start in STARTS[1:])]


@drives
@pytest.mark.parametrize("sectors", [1, 3, 40])
@pytest.mark.parametrize("first", [STARTS[0] + 150, STARTS[1] + 100, STARTS[2] + 200])
def test_so_is_one_that_cannot_be_read_there(first: int, sectors: int, drive: str) -> None:
    recorder, _ = burned(TRACKS, **DRIVES[drive])
    recorder.bad_spots.append(BadSpot(first, first + sectors - 1))
    (difference,) = check(recorder, TRACKS).differences
    assert difference.track == 1 + sum(first >= start for start in STARTS[1:])
    assert difference.unreadable == sectors


@pytest.mark.parametrize("sector", [175, 176])
@pytest.mark.parametrize("sample", [0, 25, 290, 562, 587])
@drives
def test_one_sample_at_the_border_of_two_stretches_is_found(drive: str, sample: int, sector: int) -> None:
    """A reading that stops short of it, and another one that begins behind it, would be silence, too."""
    recorder, store = burned(TRACKS, **DRIVES[drive])
    data = bytearray(store.read(sector, 1))
    data[sample * SAMPLE_BYTES] = 1
    store.write(sector, bytes(data))
    assert [one.track for one in check(recorder, TRACKS).differences] == [1]
