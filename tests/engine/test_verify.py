"""What a verification finds, and what it says of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES, SPEED_1X_BYTES_PER_SECOND, Toc, TocTrack
from redbook.disc.layout import LaidTrack
from redbook.drive import Drive
from redbook.engine import compare
from redbook.engine.burn import burn
from redbook.engine.conclude import conclude
from redbook.engine.events import Event, Phase, PhaseStarted, Progress, TrackVerified
from redbook.engine.locate import locate
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.steps import Procedure, R
from redbook.engine.toc_check import compare_toc
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.verification import Difference, Verification
from redbook.engine.verify import VerifyRequest, verify
from redbook.errors import Sense
from redbook.image.store import MemoryStore
from redbook.mmc.read import ReadCd
from redbook.runner.runner import Runner
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import model
from tests.support.fingerprints import fingerprint
from tests.support.sound import noise
from tests.support.streams import BytesStream

TRACKS = [noise(588 * 400, 1), noise(588 * 350, 2)]
LENGTHS = [400, 350]
STARTS = [0, 552]


def burned(tracks: list[bytes] = TRACKS, **habits: object) -> tuple[VirtualRecorder, MemoryStore]:
    store = MemoryStore()
    recorder = VirtualRecorder(Medium(blank_state(), store), model=model(**habits))
    streams = [BytesStream(pcm) for pcm in tracks]
    runner = Runner(Drive(recorder), emit=lambda e: None, clock=ManualClock(), streams=streams)
    runner.run(burn(TrackAtOnce([stream.sectors for stream in streams]), Settings(), Outcome()))
    return recorder, store


def check(
    recorder: VirtualRecorder,
    tracks: list[bytes] = TRACKS,
    planned: list[LaidTrack] | None = None,
    asked: VerifyRequest | None = None,
    events: list[Event] | None = None,
) -> Verification:
    """All steps of a verification: which tracks differ, where, and what is said of it."""
    found = run(recorder, verify(planned, [fingerprint(pcm) for pcm in tracks], asked), events=events)
    numbers = {track.number: pcm for track, pcm in zip(found.tracks, tracks, strict=False)}
    streams = [BytesStream(numbers[number]) for number in found.differing]
    located: dict[int, Difference | None] = {}
    run(recorder, locate(found, found.differing, located), streams)
    return conclude(found, [difference for difference in located.values() if difference is not None])


def run(
    recorder: VirtualRecorder,
    procedure: Procedure[R],
    streams: Sequence[BytesStream] = (),
    events: list[Event] | None = None,
) -> R:
    emit = events.append if events is not None else lambda event: None
    runner = Runner(Drive(recorder), emit=emit, clock=ManualClock(), streams=streams)
    return runner.run(procedure)


def test_a_good_disc_is_the_same() -> None:
    found = check(burned()[0])
    assert found.same
    assert found.toc is not None
    assert found.toc.lead_out_lba == 904


def test_events_tell_the_story_in_order() -> None:
    events: list[Event] = []
    run(burned()[0], verify(None, [fingerprint(pcm) for pcm in TRACKS]), events=events)
    told = [event for event in events if not isinstance(event, Progress)]
    assert told[0] == PhaseStarted(Phase.VERIFYING)
    assert [event.number for event in told[1:] if isinstance(event, TrackVerified)] == [1, 2]


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
    planned = [LaidTrack(1, 0, 400), LaidTrack(2, 550, 350)]
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


def test_numbers_agree_with_the_red_book() -> None:
    assert SPEED_1X_BYTES_PER_SECOND == 176_400


def test_a_track_that_lies_elsewhere_is_wrong_once_and_not_the_one_before_it_too() -> None:
    toc = Toc((TocTrack(1, 0), TocTrack(2, 560)), 560 + 350 + 2)
    tracks = (LaidTrack(1, 0, 400), LaidTrack(2, 552, 350))
    assert compare_toc(toc, tracks, placed=True) == (["track 2 starts at sector 560 instead of 552"], [])


def test_a_drive_that_left_a_gap_of_its_own_has_lost_nothing() -> None:
    """The tracks lie where they were written, 8 sectors further apart than usual."""
    toc = Toc((TocTrack(1, 0), TocTrack(2, 560)), 560 + 350 + 2)
    tracks = (LaidTrack(1, 0, 400), LaidTrack(2, 560, 350))
    assert compare_toc(toc, tracks, placed=True) == ([], [])
    assert compare_toc(toc, tracks, placed=False)[0] == ["track 1 has 408 sectors on the disc instead of 400"]
