"""Writing speeds: who lists them, which one suits, what becomes of the one asked for, and the true one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import Msf
from redbook.drive import Drive
from redbook.engine.events import Notice
from redbook.engine.inspect import inspect
from redbook.engine.outcome import DriveInUse, Outcome, Settings
from redbook.engine.sending import check_time
from redbook.engine.speed import MAX_SPEED, Speeds, read_speeds, rewritable_limits
from redbook.errors import BurnFailed, ImpossiblyFast, Sense
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.disc_info import Atip
from redbook.mmc.identify import (
    CD_DEVICE,
    Configuration,
    Feature,
    FeatureCode,
    GetConfiguration,
    InquiryReply,
)
from redbook.mmc.mode_pages import Capabilities, WriteSpeed
from redbook.mmc.performance import GetPerformance
from redbook.mmc.write import Write10
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model as RecorderModel
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import TRACKS, Recording, run
from tests.support.sound import noise


def performance(*kb: int, total: int | None = None) -> bytes:
    """A reply to GET PERFORMANCE type 3.  Source: MMC-5 table 160."""
    count = len(kb) if total is None else total
    head = (4 + 16 * count).to_bytes(4, "big") + bytes(4)
    return head + b"".join(bytes(8) + (8467).to_bytes(4, "big") + one.to_bytes(4, "big") for one in kb)


class Listing(Recording):
    """A recorder that lists these speeds by GET PERFORMANCE, and says so in feature 0107h."""

    def __init__(self, inner: VirtualRecorder, *kb: int, total: int | None = None) -> None:
        super().__init__(inner)
        self.kb, self.total = kb, total

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        if cdb[0] == GetConfiguration.OPCODE:
            found = Configuration.from_bytes(reply.data)
            others = tuple(f for f in found.features if f.code != FeatureCode.REAL_TIME_STREAMING)
            streaming = Feature(FeatureCode.REAL_TIME_STREAMING, bytes((0x1A, 0, 0, 0)), True, True)
            return Reply(0, Configuration(found.current_profile, (*others, streaming)).to_bytes())
        if cdb[0] == GetPerformance.OPCODE:
            asked = int.from_bytes(cdb[8:10], "big")
            total = len(self.kb) if self.total is None else self.total
            return Reply(Status.GOOD, performance(*self.kb[:asked], total=total))
        return reply


def look(recorder: Any) -> Speeds:
    runner = Runner(Drive(recorder), emit=lambda event: None, clock=ManualClock())
    return runner.run(inspect())[0].speeds


def test_get_performance_is_asked_for_one_descriptor_and_then_for_all() -> None:
    """Asked for none, some drives list only one (libburn)."""
    log = Listing(VirtualRecorder(Medium.new()), 7056, 5645, 4234, 2822, 1411)
    speeds = look(log)
    assert (speeds.offered, speeds.source) == ((40, 32, 24, 16, 8), "GET PERFORMANCE")
    asked = [(cdb[10], int.from_bytes(cdb[8:10], "big")) for cdb in log.cdbs if cdb[0] == 0xAC]
    assert asked == [(3, 1), (3, 5)]


def test_no_more_than_2048_bytes_are_asked_for() -> None:
    """A Panasonic announced huge lengths, other ones each time (K3b)."""
    log = Listing(VirtualRecorder(Medium.new()), 2822, 1411, total=4000)
    assert look(log).offered == (16, 8)
    asked = [int.from_bytes(cdb[8:10], "big") for cdb in log.cdbs if cdb[0] == 0xAC]
    assert asked == [1, 127]
    assert 8 + 16 * 127 <= 2048


def test_of_two_speeds_both_are_asked_for() -> None:
    assert look(Listing(VirtualRecorder(Medium.new()), 2822, 1411)).offered == (16, 8)


def test_where_the_list_is_refused_the_mode_page_speaks() -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(Sense(5, 0x20, 0), GetPerformance, times=None)])
    speeds = look(Listing(recorder))
    assert speeds.offered == (52, 48, 40, 32, 24, 16, 8, 4)
    assert speeds.source == "mode page 2Ah"


def test_a_drive_without_the_feature_is_not_asked() -> None:
    log = Recording(VirtualRecorder(Medium.new(), model="old-scsi"))
    look(log)
    assert 0xAC not in log.opcodes()


def drain(procedure: Any) -> Any:
    """The result of a procedure that asks the drive nothing."""
    with pytest.raises(StopIteration) as stop:
        next(procedure)
    return stop.value.value


def rewritable(sub_type: int, a1: tuple[int, int] | None, a2: tuple[int, int] | None = None) -> Atip:
    return Atip(Msf(97, 26, 66), Msf(79, 59, 74), True, sub_type, speed_codes=a1, ultra_speed_codes=a2)


@pytest.mark.parametrize(
    ("atip", "limits"),
    [
        (rewritable(0, (1, 2)), (2, 4)),
        (rewritable(0, (1, 4)), (2, 8)),
        (rewritable(1, (2, 4)), (4, 10)),
        (rewritable(2, (2, 4), (6, 8)), (16, 24)),
        (rewritable(3, None, (6, 9)), (16, 32)),
        (rewritable(0, (1, 3)), (2, 6)),
        (rewritable(0, (0, 4)), (1, 8)),  # a slowest speed that is not told leaves out none
        (rewritable(3, None, (1, 8)), (2, 24)),
        (rewritable(3, None, (2, 8)), (4, 24)),
        (rewritable(3, None, (3, 10)), (8, 40)),
        (rewritable(3, None, (3, 11)), (8, 48)),
        (rewritable(2, (2, 4)), None),
        (rewritable(0, (1, 15)), None),
        (Atip(Msf(97, 26, 66), Msf(79, 59, 74), speed_codes=(1, 4)), None),
    ],
)
def test_the_speed_codes_of_a_cd_rw_are_read_as_cdrecord_reads_them(
    atip: Atip, limits: tuple[int, int] | None
) -> None:
    assert rewritable_limits(atip) == limits
    assert rewritable_limits(Atip.from_bytes(atip.to_bytes())) == limits


def page_2a(*times: int) -> Capabilities:
    return Capabilities(write_speeds=tuple(WriteSpeed(one * 176) for one in times))


@pytest.mark.parametrize(
    ("capabilities", "atip", "offered", "recommended"),
    [
        (page_2a(52, 48, 40, 32, 24, 16, 8, 4), None, (52, 48, 40, 32, 24, 16, 8, 4), 16),
        (page_2a(48, 24, 10), None, (48, 24, 10), 10),
        (page_2a(48, 24), None, (48, 24), 24),
        (page_2a(52, 40), None, (52, 40), 40),
        (page_2a(4, 2, 1), None, (4, 2, 1), 4),
        (page_2a(20, 12), None, (20, 12), 12),
        (page_2a(24, 10, 8, 4), rewritable(1, (2, 4)), (10, 8, 4), 8),
        (page_2a(4, 2), rewritable(0, (1, 2)), (4, 2), 4),
        (None, rewritable(1, (2, 4)), (10, 4), 10),
        (page_2a(32, 24), rewritable(1, (2, 4)), (32, 24), 32),  # the drive knows what it does
        (Capabilities(max_write_kb=1411, write_kb=706), None, (8, 4), 8),
        (None, None, (), None),
        (page_2a(0, 371), None, (), None),
    ],
)
def test_what_is_offered_and_what_is_recommended(
    capabilities: Capabilities | None, atip: Atip | None, offered: tuple[int, ...], recommended: int | None
) -> None:
    speeds = drain(read_speeds(False, capabilities, atip))
    assert (speeds.offered, speeds.recommended) == (offered, recommended)
    assert bool(speeds.reason) == bool(offered) == bool(speeds.source)


@pytest.mark.parametrize(
    ("capabilities", "atip", "why"),
    [
        (page_2a(24, 16, 8), None, "hold constant"),
        (page_2a(48, 8), None, "hold constant"),
        (page_2a(48, 24), None, "lowest"),
        (page_2a(52, 40), None, "closest to 16x"),
        (page_2a(10, 4), rewritable(1, (2, 4)), "middle"),
        (page_2a(10), rewritable(1, (2, 4)), "only speed"),
    ],
)
def test_why_a_speed_is_recommended(capabilities: Capabilities, atip: Atip | None, why: str) -> None:
    assert why in drain(read_speeds(False, capabilities, atip)).reason


@pytest.mark.parametrize(("wanted", "closest"), [(8, 8), (13, 16), (12, 8), (1, 4), (99, 52), (15.5, 16)])
def test_the_closest_one_is_taken_the_lower_of_two(wanted: float, closest: int) -> None:
    assert Speeds((52, 16, 8, 4)).closest(wanted) == closest


def test_another_speed_than_the_one_asked_for_is_said_and_set(recorder: VirtualRecorder) -> None:
    log = Recording(recorder)
    events = run(log, Settings(speed=13))
    assert [e.text for e in events if isinstance(e, Notice)] == [
        "13x is not offered for this disc; 16x is the closest one offered"
    ]
    assert [int.from_bytes(cdb[4:6], "big") for cdb in log.cdbs if cdb[0] == 0xBB] == [16 * 177]


def test_a_drive_that_takes_another_speed_without_a_word_is_told_of(recorder: VirtualRecorder) -> None:
    class Slow(Recording):
        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            if cdb[0] == 0xBB:
                cdb = cdb[:4] + (4 * 177).to_bytes(2, "big") + cdb[6:]
            return super().execute(cdb, data_out, length, timeout)

    events = run(Slow(recorder), Settings(speed=16))
    assert [e.text for e in events if isinstance(e, Notice)] == ["the drive will write at 4x instead of 16x"]


# The true speed


class Hardware(Recording):
    """A recorder at the end of a cable, as far as its transport and its name tell."""

    real_time = True
    most_bytes: int | None = None

    def __init__(self, inner: VirtualRecorder, vendor: str = "PIONEER") -> None:
        super().__init__(inner)
        self.reply = InquiryReply(CD_DEVICE, True, vendor, "DVD-RW  DVR-111D", "1.29").to_bytes()

    def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
        reply = super().execute(cdb, data_out, length, timeout)
        return Reply(Status.GOOD, self.reply[:length]) if cdb[0] == 0x12 else reply


LONG = noise(588 * 5000, 3)


def test_the_measured_speed_leaves_out_what_only_filled_the_buffer() -> None:
    clock, outcome = ManualClock(), Outcome()
    recorder = VirtualRecorder(Medium.new(), speed=8, clock=clock)
    clock.sleep(10)
    run(recorder, tracks=[LONG], clock=clock, outcome=outcome)
    assert outcome.drive.pace.speed == pytest.approx(8, rel=0.05)


def test_what_took_no_time_has_no_speed(recorder: VirtualRecorder) -> None:
    outcome = Outcome()
    run(recorder, tracks=[LONG], outcome=outcome)
    assert outcome.drive.pace.speed is None


def test_a_burn_that_is_faster_than_possible_is_a_failure() -> None:
    log = Hardware(VirtualRecorder(Medium.new()))
    assert Drive(log).real_time
    with pytest.raises(BurnFailed, match="cannot have been written") as caught:
        run(log, Settings(real_time=True))
    assert isinstance(caught.value.__cause__, ImpossiblyFast)
    assert "perhaps nothing of track 1" in caught.value.disc_now
    assert 0x5B not in log.opcodes()
    assert log.opcodes().count(0x35) == 1


def test_the_burn_of_36_55_in_12_seconds_would_be_told_so() -> None:
    """Psysonic's first version, which took every refusal for success."""
    sectors = (36 * 60 + 55) * 75
    outcome = Outcome(DriveInUse(real_time=True, speeds=Speeds((48, 40, 32))))
    with pytest.raises(ImpossiblyFast, match=r"36:55 long, in 12\.4 s .* 179x, but 48x is the fastest"):
        check_time(sectors, 12.4, outcome, "track 1")
    check_time(sectors, 219, outcome, "track 1")  # the good burns of that disc took 219 to 256 s
    check_time(sectors, (36 * 60 + 55) / 48, outcome, "track 1")


def test_a_drive_that_takes_its_time_is_believed() -> None:
    clock = ManualClock()
    recorder = VirtualRecorder(Medium.new(), speed=40, clock=clock)
    clock.sleep(10)
    run(Hardware(recorder), Settings(real_time=True), tracks=[LONG], clock=clock)


@pytest.mark.parametrize("settings", [Settings(), Settings(real_time=True, test_write=True)])
def test_what_is_no_burn_of_a_device_may_be_as_fast_as_it_likes(settings: Settings) -> None:
    run(Hardware(VirtualRecorder(Medium.new())), settings)


def test_the_virtual_recorder_behind_a_kernel_may_be_as_fast_as_its_host() -> None:
    run(Hardware(VirtualRecorder(Medium.new()), vendor="REDBOOK"), Settings(real_time=True))


def test_a_transport_is_no_device_unless_it_says_so(recorder: VirtualRecorder) -> None:
    assert not Drive(recorder).real_time


def test_an_error_of_the_medium_names_the_next_lower_speed() -> None:
    from redbook.mmc.write import Write10

    fault = Fault(Sense(3, 0x0C, 0), Write10, nth=5, times=None)
    with pytest.raises(BurnFailed, match=r"try the next disc at 8x \(--speed 8\)"):
        run(VirtualRecorder(Medium.new(), faults=[fault]), Settings(speed=16))
    with pytest.raises(BurnFailed) as caught:
        run(VirtualRecorder(Medium.new(), faults=[Fault(Sense(4, 0x44, 0), Write10, times=None)]))
    assert "next disc" not in str(caught.value)
    assert isinstance(caught.value.__cause__, errors.HardwareError)


# Which speed a burn takes


@pytest.mark.parametrize("speed", [24, MAX_SPEED])
def test_a_drive_that_takes_no_speed_burns_at_its_own(recorder: VirtualRecorder, speed: float) -> None:
    recorder.faults = [Fault(Sense(5, 0x24, 0), SetCdSpeed, times=None)]
    log = Recording(recorder)
    told = [e.text for e in run(log, Settings(speed=speed), tracks=TRACKS[:1]) if isinstance(e, Notice)]
    assert any(text.startswith("the drive keeps its own speed: SET CD SPEED was refused") for text in told)
    faster = [*range(24 * 177, 72 * 177 + 1, 177), 73 * 177]  # the last is beyond any recorder
    assert asked_for(log) == ([0xFFFF] if speed == MAX_SPEED else faster)


def test_constant_angular_velocity_is_asked_for_in_the_command(recorder: VirtualRecorder) -> None:
    """MMC-3 6.1.34: rotational control 01b, in bits 1-0 of byte 1."""
    log = Recording(recorder)
    run(log, Settings(pure_cav=True), tracks=TRACKS[:1])
    assert {cdb[1] & 3 for cdb in log.cdbs if cdb[0] == 0xBB} == {1}


def asked_for(log: Recording) -> list[int]:
    """kB/s of each SET CD SPEED."""
    return [int.from_bytes(cdb[4:6], "big") for cdb in log.cdbs if cdb[0] == 0xBB]


@pytest.mark.parametrize(
    ("speed", "kb"), [(None, 16 * 177), (MAX_SPEED, 0xFFFF), (8, 8 * 177), (24.0, 24 * 177)]
)
def test_a_burn_takes_the_recommended_speed_unless_told_otherwise(speed: float | None, kb: int) -> None:
    log = Recording(VirtualRecorder(Medium.new()))
    run(log, Settings(speed), tracks=TRACKS[:1])
    assert asked_for(log) == [kb]


def test_where_none_is_recommended_the_drive_goes_as_fast_as_it_can() -> None:
    class Silent(Recording):
        """Says nothing of speeds."""

        def execute(self, cdb: bytes, data_out: Any = b"", length: int = 0, timeout: float = 30.0) -> Reply:
            if cdb[0] in (0x5A, 0xAC) and (cdb[0] == 0xAC or cdb[2] & 0x3F == 0x2A):
                return Reply(
                    Status.CHECK_CONDITION, b"", bytes((0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0))
                )
            return super().execute(cdb, data_out, length, timeout)

    log = Silent(VirtualRecorder(Medium.new()))
    run(log, tracks=TRACKS[:1])
    assert asked_for(log) == [0xFFFF]


@pytest.mark.parametrize(("speed", "next_one"), [(52, 16), (24, 16), (None, 16), (16, 8), (8, 4), (4, None)])
def test_after_an_error_the_recommended_speed_is_advised_never_one_above_it(
    speed: float | None, next_one: int | None
) -> None:
    assert Speeds((52, 48, 24, 16, 8, 4), recommended=16).gentler(speed) == next_one


@pytest.mark.parametrize(("speed", "next_one"), [(None, 24), (52, 24), (24, 8), (8, None)])
def test_where_none_is_recommended_the_next_lower_one_is_advised(
    speed: float | None, next_one: int | None
) -> None:
    assert Speeds((52, 24, 8)).gentler(speed) == next_one


@pytest.mark.parametrize(
    ("text", "sense"),
    [("PMA full", Sense(3, 0x73, 5)), ("disc full", Sense(5, 0x63, 0)), ("PCA full", Sense(3, 0x73, 2))],
)
def test_a_full_disc_is_no_matter_of_speed_and_takes_no_more_tracks(text: str, sense: Sense) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(sense, Write10, nth=18, times=1)])
    with pytest.raises(BurnFailed) as caught:
        run(recorder, Settings(MAX_SPEED))
    assert "--speed" not in str(caught.value)
    assert "and tracks can be added" not in str(caught.value)
    assert "no more tracks can be added" in caught.value.disc_now


def test_a_disc_that_broke_off_with_room_left_says_that_tracks_can_be_added() -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(Sense(3, 0x0C, 0), Write10, nth=18, times=1)])
    with pytest.raises(BurnFailed) as caught:
        run(recorder, Settings(MAX_SPEED))
    assert "at 16x" not in caught.value.disc_now
    assert "16x (--speed 16)" in str(caught.value)
    assert "tracks can be added" in caught.value.disc_now


# A virtual recorder that bears another maker's name

ACME = """
source = "docs/virtual-recorder.md"
vendor = "ACME"
product = "WRITER"
revision = "1.0"
buffer_bytes = 1048576
underrun_protection = false
cd_r_speeds = [16, 8, 4]
curves.16 = { cav = 16 }
"""


def test_a_virtual_recorder_of_another_name_may_be_as_fast_as_its_host_too(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(ACME)
    recorder = VirtualRecorder(Medium.new(), model=RecorderModel.load(str(tmp_path / "acme.toml")))
    run(recorder, Settings(real_time=True))


def test_a_real_recorder_of_that_name_may_not() -> None:
    class Real(VirtualRecorder):
        def execute(
            self, cdb: bytes, data_out: Any = b"", data_in_length: int = 0, timeout: float = 30.0
        ) -> Reply:
            if cdb[0] == 0x12 and not cdb[1]:
                return Reply(0, InquiryReply(CD_DEVICE, True, "ACME", "WRITER", "1.0").to_bytes())
            return super().execute(cdb, data_out, data_in_length, timeout)

    with pytest.raises(BurnFailed, match="cannot have been written"):
        run(Real(Medium.new()), Settings(real_time=True))
