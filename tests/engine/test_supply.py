"""How near a drive came to starving, as numbers."""

from __future__ import annotations

import threading
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import redbook
from redbook.cli.render.page import Page
from redbook.cli.render.reports import show_burned
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.chunks import CHUNK_BYTES
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.track_at_once import TrackAtOnce
from redbook.errors import Sense
from redbook.mmc.write import BufferCapacity, ReadBufferCapacity, Write10
from redbook.runner.meter import Meter, Supply
from redbook.runner.ring import Ring
from redbook.runner.runner import Runner
from redbook.transport.base import Reply
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.sound import noise
from tests.support.streams import BytesStream

SECTORS = 1000  # more than the 2 MiB that the recorder's buffer holds: only then it is asked for
PCM = noise(588 * SECTORS, 1)


class Slow:
    """A way to a recorder on which a WRITE takes 1 s, and a question for the buffer 5 s.

    fills  what the drive says is in its buffer of 1000 bytes, one answer after the other
    """

    def __init__(self, clock: ManualClock, fills: list[int]) -> None:
        self._recorder, self._clock = VirtualRecorder(Medium.new()), clock
        self._fills = fills

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        reply = self._recorder.execute(cdb, data_out, data_in_length, timeout)
        if cdb[0] == Write10.OPCODE:
            self._clock.sleep(1.0)
        if cdb[0] == ReadBufferCapacity.OPCODE:
            self._clock.sleep(5.0)
            return Reply(0, BufferCapacity(1000, 1000 - self._fills.pop(0)).to_bytes())
        return reply

    def announce(self, data_bytes: int) -> None:
        pass

    def close(self) -> None:
        self._recorder.close()


def supply_of(drive: Drive, clock: ManualClock) -> Supply:
    runner = Runner(drive, emit=lambda e: None, clock=clock, streams=[BytesStream(PCM)], total=SECTORS)
    runner.run(burn(TrackAtOnce([SECTORS]), Settings(), Outcome()))
    return runner.supply


def test_the_longest_gap_is_what_lies_between_an_answer_and_the_next_write(clock: ManualClock) -> None:
    """The 5 s of the question between two WRITEs; not the second that a WRITE takes, nor the OPC before."""
    supply = supply_of(Drive(Slow(clock, [900, 400, 700, 650, 1000])), clock)
    assert supply.longest_gap_seconds == 5.0
    assert supply.drive_buffer_lowest == 0.4


def test_the_time_between_two_tracks_is_no_gap(clock: ManualClock) -> None:
    """Ending a track takes the recorder seconds by its own clock."""
    recorder = VirtualRecorder(Medium.new(), clock=clock, speed=16)
    streams = [BytesStream(PCM[: 300 * SECTOR_BYTES]) for _ in range(2)]
    runner = Runner(Drive(recorder), emit=lambda e: None, clock=clock, streams=streams, total=600)
    began = clock.now()
    runner.run(burn(TrackAtOnce([300, 300]), Settings(), Outcome()))
    assert clock.now() - began > 5.0
    assert runner.supply.longest_gap_seconds == 0.0


def test_waiting_for_a_full_buffer_is_no_gap(clock: ManualClock) -> None:
    busy = Fault(Sense(2, 4, 8), Write10, nth=5, times=3)
    supply = supply_of(Drive(VirtualRecorder(Medium.new(), faults=(busy,))), clock)
    assert clock.now() > 0.05
    assert supply.longest_gap_seconds == 0.0


def test_what_fits_into_the_read_ahead_never_lacked_there(clock: ManualClock) -> None:
    supply = supply_of(Drive(VirtualRecorder(Medium.new())), clock)
    assert (supply.host_buffer_lowest, supply.underruns) == (1.0, 0)


class Gated:
    """A stream that gives a chunk for each permit."""

    def __init__(self, chunks: int) -> None:
        self.sectors = chunks * CHUNK_BYTES // SECTOR_BYTES
        self.permits = threading.Semaphore(0)

    def read_into(self, buffer: memoryview) -> int:
        self.permits.acquire()
        return len(buffer)


def test_the_ring_knows_its_emptiest_moment_and_how_often_there_was_nothing() -> None:
    stream = Gated(20)
    ring = Ring([stream], size_bytes=5 * CHUNK_BYTES)
    stream.permits.release(5)
    ring.start()
    assert ring.wait_until_full(10)
    for _ in range(3):
        assert ring.take(10)
    assert (ring.lowest_fill, ring.times_empty) == (3 / 5, 0)
    for _ in range(2):
        assert ring.take(10)
    assert ring.take(0.001) is None
    assert ring.take(0.001) is None  # the same want once more
    assert (ring.lowest_fill, ring.times_empty) == (0.0, 1)
    stream.permits.release(1)
    assert ring.take(10)
    assert ring.take(0.001) is None
    assert ring.times_empty == 2
    stream.permits.release(100)
    while ring.take(10):
        pass
    ring.close()


def test_the_end_of_the_audio_is_not_taken_for_want_of_it() -> None:
    ring = Ring([BytesStream(bytes(4 * CHUNK_BYTES))], size_bytes=10 * CHUNK_BYTES)
    ring.start()
    assert ring.wait_until_full(10)
    while ring.take(10):
        pass
    assert (ring.lowest_fill, ring.times_empty) == (1.0, 0)
    ring.close()


@pytest.mark.parametrize(("name", "told"), [("/dev/sr0", True), ("virtual:a.disc", False), ("rack:r", False)])
def test_only_what_has_a_laser_is_said_to_have_paused_it(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch, name: str, told: bool
) -> None:
    monkeypatch.setattr(Meter, "supply", lambda meter, ring: Supply(underruns=3))
    Path("a.raw").write_bytes(PCM)
    device = VirtualRecorder(Medium.new())
    report = redbook.burn(["raw:a.raw"], Drive(device, name), mode="tao", verify=False, clock=clock)
    assert report.underruns == 3
    shown = Console(file=StringIO(), width=120)
    show_burned(Page(shown, shown), report, name)
    assert ("came too late 3 times" in shown.file.getvalue()) == told  # type: ignore[attr-defined]


def test_the_report_of_a_burn_says_how_it_was_supplied(clock: ManualClock) -> None:
    Path("a.raw").write_bytes(PCM)
    drive = Drive(Slow(clock, [900, 400, 700, 650, 1000]), "test")
    report = redbook.burn(["raw:a.raw"], drive, mode="tao", verify=False, clock=clock)
    told = (report.host_buffer_lowest, report.drive_buffer_lowest, report.longest_gap_seconds)
    assert told == (1.0, 0.4, 5.0)
    assert report.underruns == 0
