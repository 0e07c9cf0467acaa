"""A way to the drive that carries less than 27 sectors in one command: known before, or found out."""

from __future__ import annotations

import ctypes
import errno
import itertools
import mmap
from typing import Any

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import LaidTrack
from redbook.drive import Drive
from redbook.engine.burn import burn
from redbook.engine.chunks import CHUNK_BYTES, chunk_sectors
from redbook.engine.events import Event, Notice
from redbook.engine.locate import locate
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.track_at_once import TrackAtOnce
from redbook.engine.verification import Difference
from redbook.engine.verify import verify
from redbook.mmc.read import ReadCd
from redbook.mmc.write import Write10
from redbook.runner.ring import Ring
from redbook.runner.runner import Runner
from redbook.transport.base import Reply, Status
from redbook.transport.sg_io import SgIo
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import as_sent
from tests.support.fake_kernel import Answer, FakeKernel, Request
from tests.support.fingerprints import fingerprint
from tests.support.sound import noise
from tests.support.streams import BytesStream

TRACKS = [noise(588 * 400, 1), noise(588 * 350, 2)]
LENGTHS = [400, 350]
PLACES = [LaidTrack(1, 0, 400), LaidTrack(2, 552, 350)]


def run(kernel: FakeKernel, outcome: Outcome | None = None) -> Runner:
    """Burn TRACKS.  raises  what the burn raises"""
    streams = [BytesStream(pcm) for pcm in TRACKS]
    drive = Drive(SgIo.open("/dev/sr0", ManualClock(), kernel))
    runner = Runner(drive, emit=lambda e: None, clock=ManualClock(), streams=streams, total=750)
    runner.run(burn(TrackAtOnce(LENGTHS), Settings(), outcome or Outcome()))
    return runner


def sectors_of(kernel: FakeKernel, opcode: int) -> list[int]:
    return [r.length // SECTOR_BYTES for r in kernel.requests if r.cdb[0] == opcode]


def on_disc(recorder: VirtualRecorder) -> list[bytes]:
    return [as_sent(recorder, place.start_lba, place.sectors) for place in PLACES]


@pytest.mark.parametrize(("kib", "sectors"), [("120", 27), ("32", 13), ("20", 8)])
def test_a_limit_that_the_system_tells_is_kept_from_the_first_command_on(kib: str, sectors: int) -> None:
    recorder = VirtualRecorder(Medium.new())
    kernel = FakeKernel(recorder, files={"/sys/class/block/sr0/queue/max_hw_sectors_kb": kib})
    run(kernel)
    writes = sectors_of(kernel, Write10.OPCODE)
    last = [400 % sectors, 350 % sectors]
    assert max(writes) == sectors
    assert sorted(w for w in writes if w != sectors) == sorted(n for n in last if n)
    assert on_disc(recorder) == TRACKS


@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL, errno.ENOMEM])
@pytest.mark.parametrize(("largest", "tried"), [(13, [27, 13]), (8, [27, 13, 8])])
def test_a_limit_that_shows_at_the_first_write_costs_no_disc(
    number: int, largest: int, tried: list[int]
) -> None:
    recorder = VirtualRecorder(Medium.new())
    kernel = FakeKernel(recorder, largest=largest * SECTOR_BYTES, too_large=number)
    run(kernel)
    writes = sectors_of(kernel, Write10.OPCODE)
    assert writes[: len(tried)] == tried
    assert max(writes[len(tried) :]) == largest
    assert sum(writes) - sum(tried[:-1]) == 750
    assert on_disc(recorder) == TRACKS


def test_a_way_that_carries_not_even_8_sectors_ends_the_burn_with_the_system_s_error() -> None:
    kernel = FakeKernel(VirtualRecorder(Medium.new()), largest=SECTOR_BYTES)
    with pytest.raises(errors.BurnFailed, match="EIO"):
        run(kernel)
    assert sectors_of(kernel, Write10.OPCODE) == [27, 13, 8]


def test_after_the_first_sector_a_refused_write_is_never_sent_in_pieces() -> None:
    recorder = VirtualRecorder(Medium.new())
    writes = 0

    def fail_third(request: Request) -> Answer | None:
        nonlocal writes
        writes += request.cdb[0] == Write10.OPCODE
        return Answer(error=errno.EIO) if writes == 3 and request.cdb[0] == Write10.OPCODE else None

    kernel = FakeKernel(recorder, answers=fail_third)
    with pytest.raises(errors.BurnFailed) as caught:
        run(kernel)
    assert isinstance(caught.value.__cause__, errors.DriveGone)
    assert (caught.value.track, caught.value.lba) == (1, 54)
    assert sectors_of(kernel, Write10.OPCODE) == [27, 27, 27]


class Shrinking:
    """A device that says at its n-th WRITE that it carries 13 sectors only."""

    real_time = False

    def __init__(self, recorder: VirtualRecorder, nth: int) -> None:
        self._recorder, self._left = recorder, nth
        self.most_bytes = 27 * SECTOR_BYTES
        self.announce, self.close = recorder.announce, recorder.close
        self.writes: list[int] = []

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        if cdb[0] == Write10.OPCODE:
            self.writes.append(len(data_out) // SECTOR_BYTES)
            self._left -= 1
            if not self._left:
                self.most_bytes = 13 * SECTOR_BYTES
                raise errors.TransferTooLarge("too large", self.most_bytes)
        return self._recorder.execute(cdb, data_out, data_in_length, timeout)


@pytest.mark.parametrize(("nth", "writes"), [(2, [27, 27]), (16, [27] * 14 + [22, 27])])
def test_nor_is_one_that_is_called_too_large_so_late(nth: int, writes: list[int]) -> None:
    """The second WRITE of the first track; the first of the second track."""
    device = Shrinking(VirtualRecorder(Medium.new()), nth)
    streams = [BytesStream(pcm) for pcm in TRACKS]
    runner = Runner(Drive(device), emit=lambda e: None, clock=ManualClock(), streams=streams, total=750)
    with pytest.raises(errors.BurnFailed, match="too large"):
        runner.run(burn(TrackAtOnce(LENGTHS), Settings(), Outcome()))
    assert device.writes == writes


def test_verifying_finds_the_limit_by_itself_and_compares_every_sector() -> None:
    recorder = VirtualRecorder(Medium.new())
    run(FakeKernel(recorder))
    kernel = FakeKernel(recorder, largest=8 * SECTOR_BYTES)
    drive = Drive(SgIo.open("/dev/sr0", ManualClock(), kernel))
    runner = Runner(drive, emit=lambda e: None, clock=ManualClock(), total=750)
    found = runner.run(verify(PLACES, [fingerprint(pcm) for pcm in TRACKS]))
    assert found.same
    assert max(sectors_of(kernel, ReadCd.OPCODE)[2:]) == 8
    wrong = TRACKS[0][:-1] + bytes([TRACKS[0][-1] ^ 1])
    runner = Runner(drive, emit=lambda e: None, clock=ManualClock(), total=750)
    found = runner.run(verify(PLACES, [fingerprint(wrong), fingerprint(TRACKS[1])]))
    runner = Runner(drive, emit=lambda e: None, clock=ManualClock(), streams=[BytesStream(wrong)], total=400)
    located: dict[int, Difference | None] = {}
    runner.run(locate(found, found.differing, located))
    (difference,) = located.values()
    assert difference is not None
    assert (difference.track, difference.sector, difference.samples) == (1, 399, 1)


@pytest.mark.parametrize(
    ("most_bytes", "sectors"), [(None, 27), (1 << 20, 27), (63504, 27), (63503, 26), (30576, 13), (1, 1)]
)
def test_a_chunk_is_what_one_command_carries(most_bytes: int | None, sectors: int) -> None:
    assert chunk_sectors(most_bytes) == sectors


@pytest.mark.parametrize("sectors", [27, 13, 8, 1])
def test_each_chunk_begins_a_page_and_lies_in_one_piece(sectors: int) -> None:
    """The block layer copies what is not aligned as the host adapter wants it."""
    ring = Ring([BytesStream(TRACKS[0])], size_bytes=5 * CHUNK_BYTES, sectors=sectors)
    ring.start()
    read = b""
    while chunk := ring.take():
        assert ctypes.addressof(ctypes.c_char.from_buffer(chunk)) % mmap.PAGESIZE == 0
        assert len(chunk) <= sectors * SECTOR_BYTES
        read += chunk
    assert read == TRACKS[0]
    assert ring.filled_bytes == 0
    ring.close()


class Narrow(VirtualRecorder):
    """Refuses WRITEs of more sectors in its own words; what it takes says how it was asked."""

    def __init__(self, most: int, reason: tuple[int, int, int], first: bool = True) -> None:
        super().__init__(Medium.new())
        self.most, self.reason, self.first = most, reason, first
        self.writes: list[int] = []

    def execute(
        self, cdb: bytes, data_out: bytes | memoryview = b"", data_in_length: int = 0, timeout: float = 30.0
    ) -> Reply:
        if cdb[0] == Write10.OPCODE:
            self.writes.append(len(data_out) // SECTOR_BYTES)
            if self.writes[-1] > self.most and (self.first or len(self.writes) > 2):
                key, asc, ascq = self.reason
                sense = bytes((0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0))
                return Reply(Status.CHECK_CONDITION, b"", sense)
        return super().execute(cdb, data_out, data_in_length, timeout)


def burn_on(recorder: VirtualRecorder) -> list[Event]:
    events: list[Event] = []
    streams = [BytesStream(pcm) for pcm in TRACKS]
    runner = Runner(Drive(recorder), emit=events.append, clock=ManualClock(), streams=streams, total=750)
    runner.run(burn(TrackAtOnce(LENGTHS), Settings(), Outcome()))
    return events


LIMIT_REASONS = [(5, 0x24, 0), (5, 0x26, 0), (5, 0x1A, 0), (4, 0x08, 0), (4, 0x47, 0), (5, 0x55, 0)]


@pytest.mark.parametrize("reason", LIMIT_REASONS)
@pytest.mark.parametrize(("most", "tried"), [(13, [27, 13]), (8, [27, 13, 8])])
def test_a_drive_that_refuses_the_first_write_for_its_length_is_asked_for_less(
    most: int, tried: list[int], reason: tuple[int, int, int]
) -> None:
    recorder = Narrow(most, reason)
    events = burn_on(recorder)
    sizes = [size for size, _ in itertools.groupby(recorder.writes)]  # 5/55/00 is sent again as it is first
    assert sizes[: len(tried)] == tried
    assert on_disc(recorder) == TRACKS
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert [text.partition(";")[2] for text in notices] == [f" trying {count}" for count in tried[1:]]


@pytest.mark.parametrize("reason", LIMIT_REASONS)
def test_a_drive_that_refuses_the_shortest_too_ends_the_burn_with_its_first_word(
    reason: tuple[int, int, int],
) -> None:
    recorder = Narrow(0, reason)
    with pytest.raises(errors.BurnFailed) as caught:
        burn_on(recorder)
    assert [size for size, _ in itertools.groupby(recorder.writes)] == [27, 13, 8]
    assert isinstance(caught.value.__cause__, errors.SenseError)
    sense = caught.value.__cause__.sense
    assert (sense.key, sense.asc, sense.ascq) == reason


def test_later_in_a_burn_no_write_is_sent_in_pieces() -> None:
    recorder = Narrow(8, (5, 0x24, 0), first=False)
    with pytest.raises(errors.BurnFailed):
        burn_on(recorder)
    assert recorder.writes[:3] == [27, 27, 27]
    assert 13 not in recorder.writes


def test_nothing_is_sent_twice_to_a_drive_that_wants_another_sector_by_now() -> None:
    """It has taken the transfer, and lost only the answer."""

    class Took(Narrow):
        def execute(self, cdb: bytes, data_out: bytes | memoryview = b"", *rest: Any) -> Reply:
            if cdb[0] == Write10.OPCODE and not self.writes:
                VirtualRecorder.execute(self, cdb, data_out)
            return super().execute(cdb, data_out, *rest)

    recorder = Took(13, (4, 0x47, 0))
    with pytest.raises(errors.BurnFailed):
        burn_on(recorder)
    assert recorder.writes == [27]
