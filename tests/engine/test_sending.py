"""Sectors on their way to the drive: how many at once, how often again, and what an error is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redbook import errors
from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import LaidTrack
from redbook.engine.events import Notice, Phase, TrackStarted
from redbook.engine.outcome import DriveInUse, Outcome
from redbook.engine.sending import (
    AreaToSend,
    RunToSend,
    busy_pause_seconds,
    check_time,
    send,
    telling_underrun,
    write_one,
)
from redbook.engine.speed import Speeds
from redbook.engine.steps import DriveBuffer, FewerSectors, Pause, SectorsDone
from redbook.errors import (
    Cancelled,
    ImpossiblyFast,
    InvalidReply,
    LossOfStreaming,
    Sense,
    SenseError,
    TransferTooLarge,
)
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.disc_info import ReadTrackInformation, TrackInformation
from redbook.mmc.write import BufferCapacity, ReadBufferCapacity, Write10
from redbook.quirks import Quirks
from tests.support.played import Played

FIRST, SECOND = LaidTrack(1, 0, 300, 150), LaidTrack(2, 400, 600, 100)
ONE = RunToSend([AreaToSend(FIRST, 0, 300)])


def both() -> RunToSend:
    return RunToSend([AreaToSend(FIRST, -150, 300), AreaToSend(SECOND, 300, 1000)])


def sectors(count: int) -> bytes:
    return bytes(count * SECTOR_BYTES)


def said(kind: type[SenseError], *sense: int) -> SenseError:
    return kind("the drive said so", "WRITE", Sense(*sense))


BUSY = said(errors.LongWriteInProgress, 2, 4, 8)


def track_at(next_lba: int | None) -> TrackInformation:
    return TrackInformation(1, 1, 0, False, False, 0, next_lba, 9000, 0)


TOLD: list[tuple[list[int], list[object]]] = [
    ([-149], [SectorsDone(Phase.WRITING, 1, 1, 450)]),
    ([299], [SectorsDone(Phase.WRITING, 1, 449, 450)]),
    (
        [300],
        [
            SectorsDone(Phase.WRITING, 1, 450, 450),
            TrackStarted(2, 400, 600),
            SectorsDone(Phase.WRITING, 2, 0, 700),
        ],
    ),
    (
        [290, 310],
        [
            SectorsDone(Phase.WRITING, 1, 440, 450),
            SectorsDone(Phase.WRITING, 1, 450, 450),
            TrackStarted(2, 400, 600),
            SectorsDone(Phase.WRITING, 2, 10, 700),
        ],
    ),
    (
        [300, 1000],
        [
            SectorsDone(Phase.WRITING, 1, 450, 450),
            TrackStarted(2, 400, 600),
            SectorsDone(Phase.WRITING, 2, 0, 700),
            SectorsDone(Phase.WRITING, 2, 700, 700),
        ],
    ),
]


@pytest.mark.parametrize(("reached", "told"), TOLD)
def test_each_track_is_told_as_it_begins_and_the_one_before_as_whole(
    reached: list[int], told: list[object]
) -> None:
    run = both()
    assert run.start_lba == -150
    assert [step for lba in reached for step in run.reached(lba)] == told
    assert run.track is (SECOND if reached[-1] >= 300 else FIRST)


def sent(drive: Callable[[Any], object], outcome: Outcome, *chunks: int, **how: Any) -> Played:
    """chunks: how many sectors come at once"""
    played = Played(drive, chunks=map(sectors, chunks[1:]), **how)
    run = RunToSend([AreaToSend(FIRST, 0, sum(chunks))])
    played.run(send(memoryview(sectors(chunks[0])), run, outcome))
    return played


@pytest.mark.parametrize("most", [1, 8, 13, 27])
def test_no_write_carries_more_than_goes_into_one_command(most: int) -> None:
    outcome = Outcome()
    played = sent(lambda command: None, outcome, 27, 27, 5, most_sectors=most)
    writes = played.of(Write10)
    assert max(write.sectors for write in writes) == most
    assert [write.lba for write in writes] == [sum(w.sectors for w in writes[:n]) for n in range(len(writes))]
    assert outcome.sent == 59
    assert outcome.lba is None
    assert outcome.touched
    assert played.of(SectorsDone)[-1].done == 59


def test_a_first_write_that_the_system_calls_too_large_is_sent_in_smaller_pieces() -> None:
    def drive(command: Any) -> None:
        if command.sectors > 13:
            played.most_sectors = 13
            raise TransferTooLarge("too large", 13 * SECTOR_BYTES)

    played = Played(drive)
    played.run(send(memoryview(sectors(27)), ONE, Outcome()))
    assert [write.sectors for write in played.of(Write10)] == [27, 13, 13, 1]


@pytest.mark.parametrize("outcome", [Outcome(sent=27), Outcome(ended=[object()])])  # type: ignore[list-item]
def test_a_later_one_is_not_sent_again(outcome: Outcome) -> None:
    def drive(command: Any) -> None:
        played.most_sectors = 13
        raise TransferTooLarge("too large", 13 * SECTOR_BYTES)

    played = Played(drive)
    with pytest.raises(TransferTooLarge):
        played.run(send(memoryview(sectors(27)), ONE, outcome))
    assert len(played.of(Write10)) == 1


def test_what_is_too_large_though_it_is_no_larger_than_can_be_is_the_end_of_it() -> None:
    def drive(command: Any) -> None:
        raise TransferTooLarge("too large", 27 * SECTOR_BYTES)

    played = Played(drive)
    with pytest.raises(TransferTooLarge):
        played.run(send(memoryview(sectors(27)), ONE, Outcome()))
    assert len(played.of(Write10)) == 1


class Bridge:
    """It refuses more than 13 sectors, in words of its own; the drive behind it tells what it wants next."""

    def __init__(self, wanted: TrackInformation | Exception, refusal: SenseError) -> None:
        self.wanted, self.refusal = wanted, refusal

    def __call__(self, command: Any) -> object:
        if isinstance(command, ReadTrackInformation):
            if isinstance(self.wanted, Exception):
                raise self.wanted
            return self.wanted
        if command.sectors > 13:
            raise self.refusal
        return None


REFUSAL = said(errors.InvalidField, 5, 0x24, 0)
SILENT = said(errors.InvalidField, 5, 0x24, 0)

AGAIN: list[tuple[int, int | None, bool, bool]] = [
    # first sector, what the drive wants next, whether a lead-in was sent, whether it is sent again
    (0, 0, False, True),
    (500, 500, False, True),
    (0, -150, False, True),
    (500, -150, False, False),
    (0, 27, False, False),
    (0, None, False, False),
    (-150, None, True, True),  # else the disc is lost
    (-150, -150, True, True),
    (-150, -149, True, False),  # it has taken one
    (-150, -123, True, False),
    (-150, -122, True, True),
]


@pytest.mark.parametrize(("start", "wanted", "lead_in", "again"), AGAIN)
def test_a_refused_first_write_is_made_smaller_where_the_drive_has_taken_nothing_of_it(
    start: int, wanted: int | None, lead_in: bool, again: bool
) -> None:
    def fewer(step: FewerSectors) -> int:
        assert step.refused == 27
        played.most_sectors = 13
        return 13

    played = Played(Bridge(track_at(wanted), REFUSAL), answers={FewerSectors: fewer})
    run = RunToSend([AreaToSend(LaidTrack(1, start, 300), start, start + 300)])
    outcome = Outcome(lead_in_sent=lead_in)
    if again:
        played.run(send(memoryview(sectors(27)), run, outcome))
        assert "refused 27 sectors in one WRITE" in played.of(Notice)[0].text
        assert outcome.sent == 27
    else:
        with pytest.raises(errors.InvalidField) as error:
            played.run(send(memoryview(sectors(27)), run, outcome))
        assert error.value is REFUSAL
        assert not outcome.sent


def test_where_fewer_make_no_sense_the_first_refusal_is_the_error() -> None:
    bridge = Bridge(track_at(0), REFUSAL)
    answers = iter([20, 0])

    def fewer(step: FewerSectors) -> int:
        bridge.refusal = said(errors.CommunicationError, 4, 8, 0)
        played.most_sectors = 20
        return next(answers)

    played = Played(bridge, answers={FewerSectors: fewer})
    with pytest.raises(errors.InvalidField) as error:
        played.run(send(memoryview(sectors(27)), ONE, Outcome()))
    assert error.value is REFUSAL
    assert len(played.of(Notice)) == 1


@pytest.mark.parametrize("wanted", [SILENT, InvalidReply("nonsense")])
def test_a_drive_that_does_not_say_what_it_wants_is_not_asked_again(wanted: Exception) -> None:
    played = Played(Bridge(wanted, REFUSAL))
    with pytest.raises(errors.InvalidField):
        played.run(send(memoryview(sectors(27)), ONE, Outcome()))
    assert len(played.of(Write10)) == 1


def test_later_refusals_are_no_matter_of_size() -> None:
    for outcome in (Outcome(sent=27), Outcome(ended=[object()])):  # type: ignore[list-item]
        played = Played(Bridge(track_at(0), REFUSAL))
        with pytest.raises(errors.InvalidField):
            played.run(send(memoryview(sectors(27)), ONE, outcome))
        assert not played.of(ReadTrackInformation)


class Buffered:
    """A drive that takes half a second for each WRITE, and tells how full its buffer is."""

    def __init__(self, capacity: BufferCapacity | Exception) -> None:
        self.capacity = capacity
        self.asked: list[tuple[float, int]] = []
        self.played = Played(self)
        self.taken = 0

    def __call__(self, command: Any) -> object:
        if isinstance(command, Write10):
            self.taken += command.sectors
            self.played.seconds += 0.5
            return None
        assert isinstance(command, ReadBufferCapacity)
        self.asked.append((self.played.seconds, self.taken))
        if isinstance(self.capacity, Exception):
            raise self.capacity
        return self.capacity

    def burn(self, outcome: Outcome, writes: int = 20) -> None:
        self.played.chunks = [sectors(27)] * (writes - 1)
        self.played.run(send(memoryview(sectors(27)), ONE, outcome))


def with_buffer(count: int, **quirks: bool) -> Outcome:
    return Outcome(DriveInUse(buffer_bytes=count * SECTOR_BYTES, quirks=Quirks(**quirks)))


def test_a_buffer_is_asked_for_once_it_was_filled_and_once_a_second() -> None:
    """Pioneer firmware throws data away if asked before."""
    drive = Buffered(BufferCapacity(1000, 400))
    drive.burn(with_buffer(4 * 27))
    assert drive.asked == [(2.5 + n, (5 + 2 * n) * 27) for n in range(8)]
    assert drive.played.of(DriveBuffer) == [DriveBuffer(600, 1000)] * 8


@pytest.mark.parametrize(
    "capacity", [BufferCapacity(1000, 1001), said(errors.InvalidField, 5, 0x24, 0), InvalidReply("nonsense")]
)
def test_a_drive_that_tells_nonsense_of_its_buffer_is_asked_once(capacity: Any) -> None:
    drive = Buffered(capacity)
    drive.burn(with_buffer(27))
    assert len(drive.asked) == 1
    assert not drive.played.of(DriveBuffer)


@pytest.mark.parametrize("free", [0, 1000])
def test_a_buffer_may_be_full_or_empty(free: int) -> None:
    drive = Buffered(BufferCapacity(1000, free))
    drive.burn(with_buffer(27))
    assert len(drive.asked) > 1
    assert drive.played.of(DriveBuffer)[0] == DriveBuffer(1000 - free, 1000)


@pytest.mark.parametrize("outcome", [with_buffer(0), with_buffer(27, tells_buffer=False)])
def test_a_drive_that_has_no_buffer_or_tells_it_badly_is_never_asked(outcome: Outcome) -> None:
    drive = Buffered(BufferCapacity(1000, 0))
    drive.burn(outcome, 60)
    assert not drive.asked


def test_the_pace_is_that_of_what_was_sent_once_the_buffer_was_full() -> None:
    outcome = with_buffer(4 * 27)
    Buffered(BufferCapacity(1000, 0)).burn(outcome)
    assert (outcome.drive.pace.sectors, outcome.drive.pace.seconds) == (15 * 27, 7.5)


def test_what_went_into_the_buffer_alone_has_no_pace() -> None:
    outcome = with_buffer(20 * 27)
    Buffered(BufferCapacity(1000, 0)).burn(outcome)
    assert outcome.drive.pace.speed is None


@pytest.mark.parametrize(("already", "seconds"), [(0, 200), (27, 60)])
def test_a_full_buffer_is_waited_for_longest_at_the_first_write(already: int, seconds: float) -> None:
    """The drive may be calibrating then."""

    def drive(command: Any) -> None:
        raise BUSY

    played = Played(drive)
    outcome = Outcome(sent=already)
    with pytest.raises(errors.LongWriteInProgress):
        played.run(write_one(Write10(already, sectors(27)), 0, FIRST, outcome))
    assert seconds <= played.seconds < seconds + 1
    assert outcome.lba == already
    assert outcome.open_track is FIRST


@pytest.mark.parametrize(
    ("outcome", "opened"), [(Outcome(), None), (Outcome(sent=1), FIRST), (Outcome(lead_in_sent=True), FIRST)]
)
def test_a_cancel_before_the_first_write_was_taken_leaves_no_track_to_end(
    outcome: Outcome, opened: LaidTrack | None
) -> None:
    def drive(command: Any) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        Played(drive).run(write_one(Write10(0, sectors(1)), 0, FIRST, outcome))
    assert outcome.open_track is opened


def test_a_first_write_that_cannot_calibrate_is_sent_once_more_at_a_lower_speed() -> None:
    failures = iter([said(errors.PowerCalibrationError, 3, 0x73, 3)])

    def drive(command: Any) -> object:
        if isinstance(command, Write10):
            for failure in failures:
                raise failure
        return track_at(0) if isinstance(command, ReadTrackInformation) else None

    played = Played(drive)
    outcome = Outcome(DriveInUse(speed=24, speeds=Speeds((24, 16, 8), recommended=16)))
    played.run(send(memoryview(sectors(27)), ONE, outcome))
    assert [command.write_kb // 176 for command in played.of(SetCdSpeed)] == [16]
    assert len(played.of(Write10)) == 2
    assert outcome.sent == 27


UNDERRUNS: list[tuple[tuple[int, int, int], bool, bool]] = [
    # what the drive says, whether the data were late, whether that is an underrun
    ((5, 0x21, 0x00), False, True),
    ((5, 0x21, 0x02), False, True),
    ((5, 0x24, 0x00), False, True),
    ((4, 0x44, 0x00), True, True),
    ((4, 0x44, 0x00), False, False),
    ((3, 0x0C, 0x00), True, True),
    ((3, 0x0C, 0x00), False, False),
    ((3, 0x0C, 0x02), True, False),
    ((5, 0x26, 0x00), True, False),
]


@pytest.mark.parametrize(("sense", "late", "underrun"), UNDERRUNS)
def test_without_protection_late_data_have_many_names(
    sense: tuple[int, int, int], late: bool, underrun: bool
) -> None:
    error = said(errors.HardwareError, *sense)

    def raised(drive: DriveInUse, count: int, error: SenseError = error) -> SenseError:
        def sending() -> Any:
            yield from ()
            raise error

        with pytest.raises(SenseError) as info:
            Played().run(telling_underrun(sending(), Outcome(drive, sent=count), late))
        return info.value

    told = raised(DriveInUse(protection=False), 27)
    assert isinstance(told, LossOfStreaming) is underrun
    assert told.sense is error.sense
    assert (told is error) is not underrun
    assert raised(DriveInUse(protection=True), 27) is error
    assert raised(DriveInUse(protection=False), 0) is error
    itself = said(LossOfStreaming, *sense)
    assert raised(DriveInUse(protection=False), 27, itself) is itself


@pytest.mark.parametrize(
    ("waited", "speed", "underrun"),
    [
        (0.25, 16, False),
        (0.38, 16, True),
        (2.0, 2, False),
        (3.0, 2, True),
        (5.0, None, False),
        (6.1, None, True),
    ],
)
def test_data_are_late_where_half_of_the_buffer_would_have_been_written_since(
    waited: float, speed: float | None, underrun: bool
) -> None:
    def drive(command: Any) -> None:
        raise said(errors.HardwareError, 4, 0x44, 0)

    outcome = Outcome(DriveInUse(buffer_bytes=2_000_000, protection=False, speed=speed), sent=27)
    with pytest.raises(LossOfStreaming if underrun else errors.HardwareError):
        Played(drive).run(write_one(Write10(27, sectors(27)), waited, FIRST, outcome))


@pytest.mark.parametrize("speed", [4, 8, 16, 24, 48, 52])
def test_a_full_buffer_is_looked_at_again_when_it_has_room_but_neither_all_the_time_nor_too_late(
    speed: int,
) -> None:
    """Pioneer's manual: 1.2 times as long as 128 KiB take."""
    pause = 1.2 * 128 * 1024 / (speed * 176_400)
    assert busy_pause_seconds(speed) == pytest.approx(min(0.06, max(0.02, pause)))


def test_a_speed_that_is_not_known_is_taken_for_16x() -> None:
    assert busy_pause_seconds(None) == busy_pause_seconds(16)

    def drive(command: Any) -> None:
        if not played.of(Pause):
            raise BUSY

    played = Played(drive)
    played.run(write_one(Write10(0, sectors(1)), 0, FIRST, Outcome(DriveInUse(speed=48))))
    assert played.of(Pause) == [Pause(0.02)]


FAST: list[tuple[float, DriveInUse, bool]] = [
    # 7500 sectors, 100 s at 1x: too fast is twice as fast as the drive can
    (0.5, DriveInUse(real_time=True), True),
    (0.69, DriveInUse(real_time=True), True),
    (0.70, DriveInUse(real_time=True), False),  # 72x is the most there ever was
    (0.5, DriveInUse(real_time=False), False),
    (3.12, DriveInUse(real_time=True, speed=16), True),
    (3.13, DriveInUse(real_time=True, speed=16), False),
    (2.0, DriveInUse(real_time=True, speed=16, speeds=Speeds((24, 16))), True),
    (2.1, DriveInUse(real_time=True, speed=16, speeds=Speeds((24, 16))), False),
    (1.1, DriveInUse(real_time=True, speed=48, speeds=Speeds((24, 16))), False),
    (0.0, DriveInUse(real_time=True), True),
]


@pytest.mark.parametrize(("seconds", "drive", "impossible"), FAST)
def test_twice_as_fast_as_the_drive_can_is_no_burn(
    seconds: float, drive: DriveInUse, impossible: bool
) -> None:
    if not impossible:
        check_time(7500, seconds, Outcome(drive), "track 1")
        return
    with pytest.raises(ImpossiblyFast, match="the drive took track 1, 1:40 long"):
        check_time(7500, seconds, Outcome(drive), "track 1")


def test_how_fast_it_would_have_been_is_said() -> None:
    with pytest.raises(ImpossiblyFast, match=r"in 0.5 s .* that would be 200x, but 72x is the fastest"):
        check_time(7500, 0.5, Outcome(DriveInUse(real_time=True)), "track 1")
