"""What a verification finds, and what it says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES, SPEED_1X_BYTES_PER_SECOND, Toc, TocTrack
from redbook.drive import Drive
from redbook.engine import compare
from redbook.engine.burn import burn
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.plan import PlannedTrack
from redbook.engine.runner import Runner
from redbook.engine.steps import Procedure, R
from redbook.engine.verify import Difference, Verification, _wrong_lengths, locate, verify
from redbook.errors import Sense
from redbook.image.store import MemoryStore
from redbook.mmc.read import ReadCd
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium, blank_state
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import noise
from tests.support.streams import BytesStream

TRACKS = [noise(588 * 400, 1), noise(588 * 350, 2)]
LENGTHS = [400, 350]
STARTS = [0, 552]


def burned(tracks: list[bytes] = TRACKS) -> tuple[VirtualRecorder, MemoryStore]:
    store = MemoryStore()
    recorder = VirtualRecorder(Medium(blank_state(), store))
    streams = [BytesStream(pcm) for pcm in tracks]
    runner = Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock(), streams=streams)
    runner.run(burn(Settings(), [stream.sectors for stream in streams], Outcome()))
    return recorder, store


def check(
    recorder: VirtualRecorder, tracks: list[bytes] = TRACKS, planned: list[PlannedTrack] | None = None
) -> Verification:
    """Both steps of a verification: which tracks differ, and where."""
    streams = [BytesStream(pcm) for pcm in tracks]
    lengths = [max(300, stream.sectors) for stream in streams]
    padded = [pcm.ljust(n * SECTOR_BYTES, b"\0") for pcm, n in zip(tracks, lengths, strict=True)]
    sums = run(recorder, verify(planned, lengths, [hashlib.sha256(pcm).hexdigest() for pcm in padded]))
    wrong = [i for i, track in enumerate(sums.tracks) if track.number in sums.differing]
    found = run(recorder, locate([sums.tracks[i] for i in wrong]), [streams[i] for i in wrong])
    assert {difference.track for difference in found} == set(sums.differing)
    return Verification(sums.layout_errors, found, sums.toc)


def run(recorder: VirtualRecorder, procedure: Procedure[R], streams: Sequence[BytesStream] = ()) -> R:
    runner = Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock(), streams=streams)
    return runner.run(procedure)


def test_a_good_disc_is_the_same() -> None:
    found = check(burned()[0])
    assert found.same
    assert found.toc is not None
    assert found.toc.lead_out_lba == 904


def test_one_changed_bit_is_found_where_it_is() -> None:
    recorder, store = burned()
    sector, sample = 552 + 123, 77
    data = bytearray(store.read(sector, 1))
    data[sample * 4 + 1] ^= 0x40
    store.write(sector, data)
    (difference,) = check(recorder).differences
    assert difference == Difference(2, 123, sector, 123 * 588 + 77, 1)
    assert "track 2 differs: 1 sample, the first at sample 72401 (sector 123 of the track, LBA 675)" in str(
        difference
    )


def test_every_changed_sample_is_counted() -> None:
    recorder, store = burned()
    store.write(100, bytes(3 * SECTOR_BYTES))
    (difference,) = check(recorder).differences
    assert (difference.sector, difference.samples, difference.offset) == (100, 3 * 588, None)


@pytest.mark.parametrize("samples", [1, -1, 6, 30, -102, 667, 1194])
def test_a_drive_s_offset_is_recognised(samples: int) -> None:
    """Common read offsets of real drives, in stereo samples."""
    recorder, store = burned()
    whole = store.read(0, 904)
    move = samples * 4
    shifted = bytes(move) + whole[:-move] if move > 0 else whole[-move:] + bytes(-move)
    store.write(0, shifted)
    found = check(recorder)
    assert [difference.offset for difference in found.differences] == [samples, samples]
    assert f"constant offset of {samples:+d} samples" in str(found.differences[0])


def test_an_offset_does_not_explain_a_damaged_sample() -> None:
    recorder, store = burned()
    whole = bytearray(bytes(24) + store.read(0, 904)[:-24])
    whole[552 * SECTOR_BYTES + 200_000] ^= 1
    store.write(0, whole)
    first, second = check(recorder).differences
    assert (first.offset, second.offset) == (6, None)


def test_a_blank_disc_called_success_is_found() -> None:
    """What people fear most: every sector silent."""
    recorder, store = burned()
    store.write(0, bytes(904 * SECTOR_BYTES))
    first, second = check(recorder).differences
    assert (first.samples, second.samples) == (400 * 588, 350 * 588)


@pytest.mark.parametrize("reason", [Sense(3, 0x11, 5, 600), Sense(5, 0x21, 0), Sense(8, 0, 0)])
def test_an_unreadable_sector_is_a_difference(reason: Sense) -> None:
    recorder, _ = burned()
    recorder.faults = [Fault(reason, ReadCd, lba=600, times=None)]
    (difference,) = check(recorder).differences
    assert (difference.track, difference.lba, difference.unreadable) == (2, 600, 1)
    assert "1 sector could not be read" in str(difference)


def test_a_missing_track_and_a_wrong_length_are_found_in_the_toc() -> None:
    recorder, _ = burned()
    assert check(recorder, TRACKS[:1]).layout_errors == ("the disc has 2 tracks, 1 were expected",)
    longer = [TRACKS[0] + bytes(SECTOR_BYTES), TRACKS[1]]
    assert check(recorder, longer).layout_errors == ("track 1 has 400 sectors on the disc instead of 401",)


def test_a_track_elsewhere_is_found() -> None:
    planned = [PlannedTrack(1, 0, 400, 400), PlannedTrack(2, 550, 350, 350)]
    found = check(burned()[0], planned=planned)
    assert found.layout_errors == ("track 2 starts at sector 552 instead of 550",)


def test_padding_is_verified_too() -> None:
    recorder, store = burned([noise(588 * 10, 3)])
    assert check(recorder, [noise(588 * 10, 3)]).same
    store.write(299, b"\1" * SECTOR_BYTES)
    (difference,) = check(recorder, [noise(588 * 10, 3)]).differences
    assert difference.sector == 299


def naive_count(a: bytes, b: bytes) -> int:
    return sum(a[i : i + 4] != b[i : i + 4] for i in range(0, len(a), 4))


def test_counting_agrees_with_counting_one_by_one() -> None:
    a, b = noise(588, 1), bytearray(noise(588, 1))
    for position in (0, 5, 7, 2000, 2351):
        b[position] ^= 0xFF
    assert compare.count_differences(a, bytes(b)) == naive_count(a, bytes(b)) == 4
    assert compare.first_difference(a, bytes(b)) == 0
    assert compare.first_difference(a, a) is None


@pytest.mark.parametrize("signal", [lambda n: bytes(n), lambda n: b"\1\2\3\4" * (n // 4)])
def test_silence_and_constants_have_no_offset(signal: Callable[[int], bytes]) -> None:
    a = signal(27 * SECTOR_BYTES)
    b = bytearray(a)
    b[1000] ^= 1
    assert compare.find_offset(a, bytes(b)) is None


def test_numbers_agree_with_the_red_book() -> None:
    assert SPEED_1X_BYTES_PER_SECOND == 176_400


def test_a_drive_that_left_a_gap_of_its_own_has_lost_nothing() -> None:
    """The tracks lie where they were written, 8 sectors further apart than usual."""
    toc = Toc((TocTrack(1, 0), TocTrack(2, 560)), 560 + 350 + 2)
    tracks = (PlannedTrack(1, 0, 400, 400), PlannedTrack(2, 560, 350, 350))
    assert _wrong_lengths(toc, tracks, placed=True) == []
    assert _wrong_lengths(toc, tracks, placed=False) == ["track 1 has 408 sectors on the disc instead of 400"]
