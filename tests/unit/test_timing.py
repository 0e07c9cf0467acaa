"""How long things take, by a clock that only moves when told to; every expected number is reckoned here."""

from __future__ import annotations

import math

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.mmc.control import SendOpcInformation, StartStopUnit, TestUnitReady
from redbook.mmc.cue_sheet import SendCueSheet
from redbook.mmc.disc_info import ReadDiscInformation, ReadToc, ReadTrackInformation
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10, WriteParameters
from redbook.mmc.write import (
    Blank,
    BlankType,
    CloseFunction,
    CloseTrackSession,
    ReadBufferCapacity,
    SynchronizeCache,
    Write10,
)
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model, ZonedClv, model_names
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.settings import Speeds
from redbook.virtual.timing import WriteBuffer
from tests.support.at_once import entry, lead_in, lead_out, one_track
from tests.support.drives import model, ready

SECTOR = bytes(SECTOR_BYTES)
WHOLE_DISC = 359_849
INNER, OUTER = 25.0, 58.0  # mm, IEC 60908: program area of 80 minutes


def clv(times: float) -> float:
    """Seconds for a whole disc."""
    return WHOLE_DISC / (75 * times)


def zoned(zones: list[tuple[int, float]]) -> float:
    ends = [first for first, _ in zones[1:]] + [WHOLE_DISC]
    return sum((end - first) / (75 * times) for (first, times), end in zip(zones, ends, strict=True))


def cav(at_rim: float, limit: float = math.inf, steps: int = 20_000) -> float:
    """By the midpoint rule: at constant rotation the speed goes with the radius, and the square of the
    radius with the sectors passed, the track's pitch being the same everywhere."""
    seconds = 0.0
    for step in range(steps):
        share = (step + 0.5) / steps
        radius = math.sqrt(INNER**2 + (OUTER**2 - INNER**2) * share)
        seconds += WHOLE_DISC / steps / (75 * min(limit, at_rim * radius / OUTER))
    return seconds


def paced(clock: ManualClock, speed: float = 8, model: str | Model = "redbook", kind: str = "cd-r") -> Drive:
    return ready(VirtualRecorder(Medium.new(kind), speed=speed, clock=clock, model=model))


def table(**values: object) -> Model:
    plain = {"source": "this test", "vendor": "X", "product": "Y", "revision": "1"}
    return Model.from_table("made", plain | values)


def write_for_ever(drive: Drive, clock: ManualClock, end: int, lba: int = 0, pause: float = 0.01) -> None:
    """As a host does that waits and sends again when the buffer is full."""
    while lba < end:
        count = min(27, end - lba)
        try:
            drive.run(Write10(lba, SECTOR * count))
        except errors.LongWriteInProgress:
            clock.sleep(pause)
        else:
            lba += count


@pytest.mark.parametrize(
    ("kb", "times"), [(100, 1), (176, 1), (704, 3), (705, 4), (706, 4), (880, 4), (882, 5), (65535, 24)]
)
def test_a_reading_speed_is_the_fastest_that_is_not_faster_than_what_is_asked_for(
    kb: int, times: int
) -> None:
    """4x are 705.6 kB/s, which some programs round down."""
    speeds = Speeds(model(read_speed=24))
    speeds.choose_reading(kb)
    assert speeds.reading == times


class TestCurves:
    @pytest.mark.parametrize(("lba", "times"), [(-150, 16), (0, 16), (999, 16), (1000, 24), (4000, 32)])
    def test_a_zone_reaches_to_the_next_and_the_first_one_to_the_lead_in(self, lba: int, times: int) -> None:
        assert ZonedClv(((0, 16.0), (1000, 24.0), (3000, 32.0))).times_at(lba) == times

    """Seconds that the buffer takes for all sectors of an 80-minute disc."""

    def seconds(self, model: Model, speed: int) -> float:
        clock = ManualClock()
        buffer = WriteBuffer(clock, 2**40)
        buffer.set_curve(model.curve(speed))
        buffer.begin(0)
        assert buffer.accept(WHOLE_DISC * SECTOR_BYTES)
        predicted = buffer.seconds_to_empty()
        buffer.seconds_until_room(2**40)  # starts the laser
        clock.sleep(predicted * (1 - 1e-6))
        assert buffer.sectors == 1
        clock.sleep(predicted * 2e-6)
        assert buffer.free_bytes == 2**40
        return predicted

    @pytest.mark.parametrize("times", [1, 8, 52])
    def test_constant_linear_velocity(self, times: int) -> None:
        assert self.seconds(table(), times) == pytest.approx(clv(times))

    def test_zones(self) -> None:
        zones = [(0, 16), (40_000, 24), (130_000, 32)]
        model = table(curves={"32": {"zones": [list(zone) for zone in zones]}})
        assert self.seconds(model, 32) == pytest.approx(zoned([(f, float(t)) for f, t in zones]), rel=1e-3)

    @pytest.mark.parametrize("limit", [None, 32])
    def test_constant_rotation(self, limit: int | None) -> None:
        curve = {"cav": 48} | ({} if limit is None else {"limit": limit})
        model = table(curves={"48": curve})
        assert self.seconds(model, 48) == pytest.approx(cav(48, limit or math.inf), rel=1e-3)

    def test_at_constant_rotation_the_named_speed_is_reached_at_the_rim(self) -> None:
        curve = table(curves={"48": {"cav": 48}}).curve(48)
        assert curve.times_at(WHOLE_DISC) == pytest.approx(48)
        assert curve.times_at(0) == pytest.approx(48 * 25 / 58)

    def test_every_curve_that_comes_with_redbook_is_no_faster_than_its_name(self) -> None:
        for name in model_names():
            model = Model.load(name)
            for speed in model.cd_r_speeds:
                curve = model.curve(speed)
                fastest = max(curve.times_at(lba) for lba in range(0, WHOLE_DISC, 1000))
                assert fastest <= speed + 1e-9


class TestBuffer:
    @pytest.mark.parametrize("model", ["redbook", "usb-combo", "old-scsi", "slow-closer", "bd-combo"])
    def test_its_size_is_that_of_the_model(self, model: str, clock: ManualClock) -> None:
        """DVR-111: 1251328 bytes; the others in KiB as page 2Ah has it, seen from 1 to 4 MiB."""
        sizes = {"redbook": 2048, "usb-combo": 4096, "old-scsi": 1024, "bd-combo": 4000}
        drive = paced(clock, model=model)
        page = drive.run(ModeSense10(0x2A)).page(0x2A)
        assert page is not None
        assert int.from_bytes(page[12:14], "big") == sizes.get(model, 1_251_328 // 1024)
        if model != "old-scsi":  # which does not know the command
            reply = drive.run(ReadBufferCapacity())
            assert reply.size_bytes == reply.free_bytes
            assert reply.size_bytes // 1024 == sizes.get(model, 1_251_328 // 1024)

    def test_nothing_leaves_it_before_it_is_half_full(self, clock: ManualClock) -> None:
        drive = paced(clock)
        drive.run(Write10(0, SECTOR * 400))
        clock.sleep(100)
        size = 2 * 1024 * 1024
        assert drive.run(ReadBufferCapacity()).free_bytes == size - 400 * SECTOR_BYTES
        drive.run(Write10(400, SECTOR * 100))  # 500 sectors are more than half
        clock.sleep(1)
        assert drive.run(ReadBufferCapacity()).free_bytes == size  # 600 sectors a second

    def test_it_drains_at_the_speed(self, clock: ManualClock) -> None:
        drive = paced(clock, 4)
        drive.run(Write10(0, SECTOR * 800))
        clock.sleep(0.5 + 1)  # the pregap of 2 s at 1x, then 300 sectors
        expected = 2 * 1024 * 1024 - 500 * SECTOR_BYTES
        assert drive.run(ReadBufferCapacity()).free_bytes == pytest.approx(expected, abs=SECTOR_BYTES)

    def test_a_full_one_says_so_at_once_and_takes_nothing(self, clock: ManualClock) -> None:
        drive = paced(clock)
        drive.run(Write10(0, SECTOR * 800))
        for _ in range(3):
            with pytest.raises(errors.LongWriteInProgress):
                drive.run(Write10(800, SECTOR * 100))
        assert clock.now() == 0
        assert drive.run(ReadTrackInformation()).next_writable_lba == 800

    def test_one_that_waits_takes_the_command_as_soon_as_there_is_room(self, clock: ManualClock) -> None:
        drive = paced(clock, 4, table(waits_when_full=True))
        drive.run(Write10(0, SECTOR * 800))
        drive.run(Write10(800, SECTOR * 200))
        too_many = 1000 * SECTOR_BYTES - 2 * 1024 * 1024
        assert clock.now() == pytest.approx(0.5 + too_many / (4 * 176_400), abs=0.01)

    def test_one_that_waits_longer_than_the_host_does_is_no_answer(self, clock: ManualClock) -> None:
        recorder = VirtualRecorder(Medium.new(), speed=1, clock=clock, model=table(waits_when_full=True))
        ready(recorder)
        data = bytes(800 * SECTOR_BYTES)
        recorder.execute(Write10(0, data).to_cdb(), data, timeout=5)
        with pytest.raises(errors.TransportTimeout):
            recorder.execute(Write10(800, data).to_cdb(), data, timeout=5)

    def test_a_command_larger_than_all_of_it_is_taken_as_it_drains(self, clock: ManualClock) -> None:
        """cdrdao sends 251664 bytes at once; with a smaller buffer it would never get through."""
        drive = paced(clock, 4, table(buffer_bytes=131_072))
        drive.run(Write10(0, SECTOR * 10))
        with pytest.raises(errors.LongWriteInProgress):
            drive.run(Write10(10, SECTOR * 50))
        clock.sleep(1)
        before = clock.now()
        drive.run(Write10(10, SECTOR * 107))
        took = clock.now() - before
        assert took == pytest.approx((107 * SECTOR_BYTES - 131_072) / (4 * 176_400), abs=0.1)
        drive.run(SynchronizeCache())
        assert drive.run(ReadTrackInformation(1)).track_sectors == 300

    def test_what_does_not_fit_starts_the_laser(self, clock: ManualClock) -> None:
        """Else nothing would ever make room."""
        drive = paced(clock, 4, table(buffer_bytes=262_144))
        drive.run(Write10(0, SECTOR * 27))
        with pytest.raises(errors.LongWriteInProgress):
            drive.run(Write10(27, SECTOR * 100))
        clock.sleep(2)
        drive.run(Write10(27, SECTOR * 100))

    def test_a_host_that_only_retries_gets_a_disc_written_in_its_time(self, clock: ManualClock) -> None:
        drive = paced(clock, 16)
        write_for_ever(drive, clock, 6000)
        drive.run(SynchronizeCache())
        assert clock.now() == pytest.approx((150 + 6000) / (75 * 16) + 1, abs=0.1)  # 1 s for the run-out

    @pytest.mark.parametrize("command", [SynchronizeCache(), CloseTrackSession(CloseFunction.TRACK, 1)])
    def test_what_ends_a_track_drains_it_first(
        self, command: SynchronizeCache | CloseTrackSession, clock: ManualClock
    ) -> None:
        drive = paced(clock, 1)
        drive.run(Write10(0, SECTOR * 300))
        drive.run(command)
        assert clock.now() == pytest.approx(2 + 4 + 1, abs=0.1)


class TestStarving:
    def write(self, drive: Drive, *, protected: bool) -> None:
        drive.run(ModeSelect10(WriteParameters(underrun_protection=protected).to_page()))
        drive.run(Write10(0, SECTOR * 500))

    def test_with_protection_it_is_a_pause(self, clock: ManualClock) -> None:
        recorder = VirtualRecorder(Medium.new(), speed=8, clock=clock)
        drive = ready(recorder)
        self.write(drive, protected=True)
        for count in (1, 2, 3):
            clock.sleep(60)
            drive.run(Write10(500 * count, SECTOR * 500))
            assert recorder.buffer.underruns == count
        drive.run(SynchronizeCache())
        track = drive.run(ReadTrackInformation(1))
        assert (track.track_sectors, track.damaged) == (2000, False)

    def test_however_long_the_pause_it_is_one_and_the_laser_waits_for_half_a_buffer_again(
        self, clock: ManualClock
    ) -> None:
        recorder = VirtualRecorder(Medium.new(), speed=8, clock=clock)
        drive = ready(recorder)
        self.write(drive, protected=True)
        for _ in range(3):
            clock.sleep(60)
            assert drive.run(ReadBufferCapacity()).free_bytes == 2 * 1024 * 1024
            assert recorder.buffer.underruns == 1
        drive.run(Write10(500, SECTOR * 400))
        clock.sleep(60)
        assert drive.run(ReadBufferCapacity()).free_bytes == 2 * 1024 * 1024 - 400 * SECTOR_BYTES
        assert recorder.buffer.underruns == 1

    def test_without_it_the_track_is_over(self, clock: ManualClock) -> None:
        drive = paced(clock)
        self.write(drive, protected=False)
        clock.sleep(60)
        with pytest.raises(errors.LossOfStreaming):
            drive.run(Write10(500, SECTOR))
        track = drive.run(ReadTrackInformation(1))
        assert (track.track_sectors, track.damaged) == (500, True)
        with pytest.raises(errors.InvalidWriteAddress):
            drive.run(Write10(500, SECTOR))

    def test_not_by_a_host_that_is_fast_enough(self, clock: ManualClock) -> None:
        drive = paced(clock)
        drive.run(ModeSelect10(WriteParameters(underrun_protection=False).to_page()))
        write_for_ever(drive, clock, 3000, pause=0.5)
        drive.run(SynchronizeCache())
        assert not drive.run(ReadTrackInformation(1)).damaged

    def test_a_session_written_at_once_is_waste(self, clock: ManualClock) -> None:
        drive = paced(clock)
        page = WriteParameters(write_type=2, underrun_protection=False)
        drive.run(ModeSelect10(page.to_page()))
        drive.run(SendCueSheet(one_track(3000)))
        write_for_ever(drive, clock, 1000, -150)
        clock.sleep(60)
        with pytest.raises(errors.LossOfStreaming):
            drive.run(Write10(1000, SECTOR))
        with pytest.raises(errors.InvalidField):
            drive.run(ReadToc())

    def test_a_session_that_has_come_whole_is_not_starved_whenever_the_host_synchronizes(
        self, clock: ManualClock
    ) -> None:
        drive = paced(clock)
        page = WriteParameters(write_type=2, underrun_protection=False)
        drive.run(ModeSelect10(page.to_page()))
        drive.run(SendCueSheet(one_track(900)))
        write_for_ever(drive, clock, 900, -150)
        clock.sleep(600)
        drive.run(SynchronizeCache())
        assert drive.run(ReadToc()).lead_out_lba == 900


class TestSessionAtOnce:
    def begin(self, drive: Drive, sheet: bytes) -> None:
        drive.run(ModeSelect10(WriteParameters(write_type=2).to_page()))
        drive.run(SendCueSheet(sheet))

    def test_the_lead_in_is_written_before_anything_drains(self, clock: ManualClock) -> None:
        drive = paced(clock, 8)
        self.begin(drive, one_track(3000))
        lba = -150
        with pytest.raises(errors.LongWriteInProgress):
            for lba in range(-150, 3000, 27):
                drive.run(Write10(lba, SECTOR * 27))
        clock.sleep(150 / 8 - 0.1)  # 2 min 30 s at 1x
        with pytest.raises(errors.LongWriteInProgress):
            drive.run(Write10(lba, SECTOR * 27))
        clock.sleep(0.2)
        drive.run(Write10(lba, SECTOR * 27))

    def test_a_lead_in_that_the_host_sends_takes_no_time_of_its_own(self, clock: ManualClock) -> None:
        drive = paced(clock, 8)
        self.begin(drive, lead_in(0x41) + one_track(300)[8:])
        for lba in range(-11077, -150, 660):
            count = min(660, -150 - lba)
            drive.run(Write10(lba, bytes(96 * count), 96))
        write_for_ever(drive, clock, 300, -150)
        drive.run(SynchronizeCache())
        assert clock.now() == pytest.approx((11077 + 300) / 600 + 90 / 8 + 1, abs=0.2)

    def test_silence_left_to_the_drive_takes_its_time(self, clock: ManualClock) -> None:
        drive = paced(clock, 8)
        sheet = lead_in() + entry(1, 1, 0, 1, -150) + entry(1, 1, 1, 0, 3000) + lead_out(3300)
        self.begin(drive, sheet)
        write_for_ever(drive, clock, 3300, 3000)
        drive.run(SynchronizeCache())
        assert clock.now() == pytest.approx(150 / 8 + (3150 + 300) / 600 + 90 / 8 + 1, abs=0.2)

    def test_the_lead_out_follows_the_last_sector_by_itself(self, clock: ManualClock) -> None:
        drive = paced(clock, 8)
        self.begin(drive, one_track(300))
        write_for_ever(drive, clock, 300, -150)
        with pytest.raises(errors.OperationInProgress):
            drive.run(ReadDiscInformation())
        clock.sleep(150 / 8 + 450 / 600 + 90 / 8 + 1)
        assert drive.run(ReadToc()).lead_out_lba == 300


class TestLongOperations:
    def progress(self, drive: Drive) -> float:
        with pytest.raises(errors.OperationInProgress) as caught:
            drive.run(ReadDiscInformation())
        assert caught.value.sense.progress is not None
        return caught.value.sense.progress

    def test_closing_a_session_takes_lead_in_and_lead_out(self, clock: ManualClock) -> None:
        drive = paced(clock, 8)
        drive.run(Write10(0, SECTOR * 300))
        drive.run(SynchronizeCache())
        drive.run(CloseTrackSession(CloseFunction.SESSION, immediate=True))
        seconds = (150 + 90) / 8
        for share in (0.25, 0.5, 0.75):
            clock.sleep(seconds / 4)
            assert self.progress(drive) == pytest.approx(share, abs=0.01)
        clock.sleep(seconds / 4)
        drive.run(ReadDiscInformation())

    @pytest.mark.parametrize(("kind", "seconds"), [(BlankType.MINIMAL, 40), (BlankType.ALL, 80 * 60 / 4)])
    def test_blanking_shows_how_far_it_is(self, kind: BlankType, seconds: float, clock: ManualClock) -> None:
        drive = paced(clock, 4, kind="cd-rw")
        drive.run(Blank(kind, immediate=True))
        clock.sleep(seconds / 2)
        assert self.progress(drive) == pytest.approx(0.5, abs=0.01)
        with pytest.raises(errors.OperationInProgress):
            drive.run(TestUnitReady())
        clock.sleep(seconds / 2)
        drive.run(TestUnitReady())

    def test_calibrating_and_loading_take_seconds(self, clock: ManualClock) -> None:
        drive = paced(clock)
        drive.run(SendOpcInformation())
        assert 2 <= clock.now() <= 20
        drive.run(StartStopUnit(start=False, load_eject=True))
        drive.run(StartStopUnit(start=True, load_eject=True))
        with pytest.raises(errors.BecomingReady):
            drive.run(TestUnitReady())
        clock.sleep(30)
        with pytest.raises(errors.MediumChanged):
            drive.run(TestUnitReady())
        drive.run(TestUnitReady())
