"""Where a track differs, sample by sample, once it is read again and held against its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import LaidTrack
from redbook.engine.care import Care
from redbook.engine.disc_offset import DiscOffset, Span
from redbook.engine.events import Phase
from redbook.engine.fingerprint import FingerprintMaker
from redbook.engine.locate import locate, not_located
from redbook.engine.read_audio import ReadHabits
from redbook.engine.steps import MostSectors, SectorsDone, TakeSectors
from redbook.engine.track_reading import TrackReading
from redbook.engine.verification import Check, Difference, Verdict
from redbook.engine.verify import ReadBack
from redbook.errors import Sense
from redbook.mmc import sense
from redbook.mmc.command import Command
from redbook.mmc.read import ReadCd
from tests.support.sound import noise

START, SECTORS = 1000, 20
PCM = noise(588 * SECTORS, 21)


def span(number: int = 1, pcm: bytes = PCM) -> Span:
    maker = FingerprintMaker()
    maker.update(pcm)
    return Span(number, START, maker.finish(""), START, START + SECTORS)


@dataclass
class Disc:
    """The track as it is on the disc, and what a drive does with it.

    spoiled  samples of the track that are other ones, counted from its start
    unread   addresses that do not come
    late     samples that the audio comes late; or what says so for each reading in turn
    """

    spoiled: Sequence[int] = ()
    unread: Sequence[int] = ()
    late: int | Callable[[], int] = 0
    pcm: bytes = PCM
    read: list[tuple[int, int]] = field(default_factory=list)

    def answer(self, command: ReadCd) -> bytes:
        low, high = command.lba, command.lba + command.sectors
        self.read.append((low, high))
        if set(range(low, high)) & set(self.unread):
            raise sense.to_error("READ CD", Sense(3, 0x11, 5))
        whole = bytearray(self.pcm)
        for sample in self.spoiled:
            whole[sample * 4] ^= 0x55
        late = self.late() if callable(self.late) else self.late
        begin = (low - START) * SECTOR_BYTES - late * 4
        end = begin + (high - low) * SECTOR_BYTES
        found = bytes(max(0, -begin)) + whole[max(0, begin) : max(0, end)]
        return found[: end - begin].ljust(end - begin, b"\0")


def located(
    disc: Disc,
    *readings: TrackReading,
    offset: int = 0,
    numbers: Sequence[int] = (1,),
    source: bytes = PCM,
    done: list[SectorsDone] | None = None,
    **care: Any,
) -> Mapping[int, Difference | None]:
    """source  what is handed out of each track, seven sectors at a time"""
    how = Care([reading.span for reading in readings], ReadHabits(), 24, **care)
    tracks = tuple(LaidTrack(reading.span.number, START, SECTORS) for reading in readings)
    check = Check("table of contents", Verdict.SAME)
    found = ReadBack((), (), None, check, tracks, readings, DiscOffset(offset, known=True), how)
    result: dict[int, Difference | None] = {}
    procedure = locate(found, numbers, result)
    answer, error = None, None
    chunks: list[bytes] = []
    for _ in count():
        try:
            step = procedure.throw(error) if error else procedure.send(answer)
        except StopIteration:
            return result
        answer, error = None, None
        if isinstance(step, MostSectors):
            answer = 27
        elif isinstance(step, TakeSectors):
            if not chunks:
                chunks = [source[at : at + 7 * 2352] for at in range(0, len(source), 7 * 2352)] + [b""]
            answer = memoryview(chunks.pop(0))
        elif isinstance(step, SectorsDone) and done is not None:
            done.append(step)
        elif isinstance(step, ReadCd):
            try:
                answer = disc.answer(step)
            except Exception as raised:  # noqa: BLE001 - it is the procedure's to handle
                error = raised
        else:
            assert not isinstance(step, Command) or step.OPCODE == 0xBB, "SET CD SPEED"
    raise AssertionError


def reading(*bad: tuple[int, int], number: int = 1, **more: Any) -> TrackReading:
    return TrackReading(span(number), bad=list(bad), **more)


@pytest.mark.parametrize("offset", [0, 1, 30, 588, -30, -667])
def test_the_first_sample_that_differs_is_found_and_all_are_counted(offset: int) -> None:
    spoiled = [4 * 588 + 77, 4 * 588 + 78, 9 * 588 + 5]
    disc = Disc(spoiled, late=offset)
    found = located(disc, reading((4, 5), (9, 10)), offset=offset)
    lba = START + (4 * 588 + 77 + offset) // 588
    assert found == {1: Difference(1, 4, lba, 4 * 588 + 77, 3)}


def test_only_what_was_found_to_differ_is_read_again() -> None:
    disc = Disc([4 * 588, 12 * 588])
    assert located(disc, reading((3, 5), (6, 8)))[1] == Difference(1, 4, START + 4, 4 * 588, 1)
    read = {lba for low, high in disc.read for lba in range(low, high)}
    assert read == {START + n for n in (3, 4, 6, 7)}


def test_all_of_a_track_is_read_where_nobody_knows_what_differs() -> None:
    found = located(Disc([4 * 588, 12 * 588, 19 * 588 + 587]), reading())
    assert found == {1: Difference(1, 4, START + 4, 4 * 588, 3)}


def test_a_track_that_is_the_same_now_has_no_difference() -> None:
    assert located(Disc(), reading((3, 5))) == {1: None}


@pytest.mark.parametrize(
    ("offset", "first", "samples"), [(0, 5 * 588, 588), (30, 5 * 588 - 30, 588), (-30, 5 * 588 + 30, 588)]
)
def test_each_sample_of_a_sector_that_cannot_be_read_counts(offset: int, first: int, samples: int) -> None:
    """Address 1005 holds the samples from 5 * 588 on, less by the offset."""
    disc = Disc(unread=[START + 5], late=offset)
    found = located(disc, reading((3, 8)), offset=offset)
    lba = (START * 588 + first + offset) // 588
    assert found == {1: Difference(1, first // 588, lba, first, samples, unreadable=1)}


def test_sectors_that_cannot_be_read_count_once_each() -> None:
    found = located(Disc([9 * 588], unread=[START + 5, START + 6]), reading((5, 7), (9, 10)))
    assert found == {1: Difference(1, 5, START + 5, 5 * 588, 2 * 588 + 1, unreadable=2)}


@pytest.mark.parametrize("whole", [0, 1, 14, 15, 20])
def test_behind_the_source_there_is_silence(whole: int) -> None:
    """The padding to the shortest length of a track."""
    padded = PCM[: whole * SECTOR_BYTES].ljust(len(PCM), b"\0")
    track = TrackReading(span(pcm=padded))
    assert located(Disc(pcm=padded), track, source=PCM[: whole * SECTOR_BYTES]) == {1: None}
    disc = Disc([17 * 588 + 3], pcm=padded)
    found = located(disc, track, source=PCM[: whole * SECTOR_BYTES])
    assert found == {1: Difference(1, 17, START + 17, 17 * 588 + 3, 1)}


def test_how_far_it_has_come_is_told() -> None:
    done: list[SectorsDone] = []
    located(Disc(), reading((3, 5)), source=PCM[: 9 * SECTOR_BYTES], done=done)
    assert [step.done for step in done] == [7, 9, 20]
    assert {(step.phase, step.track, step.total) for step in done} == {(Phase.VERIFYING, 1, SECTORS)}


def test_by_how_much_a_whole_track_is_moved_stays_said() -> None:
    assert located(Disc([0]), reading((0, 1), moved_by=12)) == {1: Difference(1, 0, START, 0, 1, offset=12)}


def test_other_tracks_than_were_asked_for_are_left_alone() -> None:
    disc = Disc([0])
    first, second = reading((0, 1)), reading((0, 1), number=2)
    assert list(located(disc, first, second, numbers=(2,))) == [2]
    assert len(disc.read) == 1
    assert located(disc, first, second, numbers=()) == {}
    assert len(disc.read) == 1


class TestOnADriveThatReadsInexactly:
    def test_the_reading_that_lies_at_its_place_counts(self) -> None:
        late = iter([12, 7, 0, 3, 9, 1, 2, 4])
        disc = Disc([4 * 588 + 9], late=lambda: next(late))
        found = located(disc, reading((4, 5)), accurate_stream=False)
        assert found == {1: Difference(1, 4, START + 4, 4 * 588 + 9, 1)}

    def test_a_reading_that_came_whole_is_better_than_one_that_did_not(self) -> None:
        class Misses(Disc):
            def answer(self, command: ReadCd) -> bytes:
                self.unread = [START + 4] if len(self.read) < 2 else []
                return super().answer(command)

        disc = Misses([4 * 588 + 9])
        found = located(disc, reading((4, 5)), accurate_stream=False)
        assert found == {1: Difference(1, 4, START + 4, 4 * 588 + 9, 1)}

    def test_a_track_that_came_right_in_parts_only_is_told_by_its_sectors(self) -> None:
        """Each part came right, and never all of it in one reading: samples may be missing between them."""
        found = located(Disc(), reading((4, 6), (9, 10), unreadable=[START + 5]), accurate_stream=False)
        assert found == {1: Difference(1, 4, START + 4, 4 * 588, 3 * 588, unreadable=1)}


@pytest.mark.parametrize("offset", [0, 667, -30])
def test_where_nobody_can_be_asked_for_the_source_whole_sectors_are_told(offset: int) -> None:
    some = reading((4, 6), (9, 10), unreadable=[START + 5], moved_by=6)
    lba = START + 4 + offset // 588
    assert not_located(some, offset) == Difference(1, 4, lba, 4 * 588, 3 * 588, 1, 6)
    assert not_located(reading(), offset) == Difference(1, 0, lba - 4, 0, SECTORS * 588)
