"""SG_IO and the small ioctls of a SCSI device.

Offsets and numbers are those of <scsi/sg.h> as a C compiler lays it out (x86-64).
"""

from __future__ import annotations

import errno
import random
import struct

import pytest

from redbook.clock import ManualClock
from redbook.errors import DriveGone, StorageFailed, TransportTimeout
from redbook.share.sg import ScsiDevice, SgFile
from redbook.share.umockdev import CallFailed
from redbook.transport.base import Reply
from tests.support.kernel import ProgramMemory, Unit

SG_IO = 0x2285
SENSE = bytes.fromhex("70 00 05 00 00 00 00 0A 00 00 00 00 24 00 00 00 00 00")
TUR = bytes(6)
WRITE = bytes.fromhex("2A 00 00 00 00 00 00 00 02 00")


class Program:
    """Sends commands through one open file, as C would."""

    def __init__(self, file: SgFile) -> None:
        self.file = file
        self.memory = ProgramMemory()
        self.header = self.sense = self.data = 0

    def sg_io(
        self,
        cdb: bytes = TUR,
        direction: int = -1,
        length: int = 0,
        *,
        data: bytes | None = None,
        interface: int = 0x53,
        max_sense: int = 32,
        segments: int = 0,
        timeout_ms: int = 60_000,
    ) -> None:
        memory = self.memory
        self.data = memory.store(data if data is not None else length + 8)
        self.sense = memory.store(64)
        header = bytearray(88)
        struct.pack_into("<ii", header, 0, interface, direction)
        struct.pack_into("<BBHI", header, 8, len(cdb), max_sense, segments, length)
        struct.pack_into("<QQQI", header, 16, self.data, memory.store(cdb), self.sense, timeout_ms)
        self.header = memory.store(bytes(header))
        assert self.file.ioctl(memory, SG_IO, self.header) == 0

    def _field(self, offset: int, layout: str) -> int:
        value: int = struct.unpack_from(layout, self.memory.read(self.header, 88), offset)[0]
        return value

    @property
    def status(self) -> int:
        return self._field(64, "<B")

    @property
    def masked_status(self) -> int:
        return self._field(65, "<B")

    @property
    def sense_length(self) -> int:
        return self._field(67, "<B")

    @property
    def host_status(self) -> int:
        return self._field(68, "<H")

    @property
    def driver_status(self) -> int:
        return self._field(70, "<H")

    @property
    def residue(self) -> int:
        return self._field(72, "<i")

    @property
    def duration_ms(self) -> int:
        return self._field(76, "<I")

    @property
    def info(self) -> int:
        return self._field(80, "<I")


def program(*answers: Reply | Exception) -> tuple[Program, Unit]:
    unit = Unit(list(answers))  # type: ignore[arg-type]
    return Program(SgFile(ScsiDevice(unit, 3, ManualClock()))), unit


def test_data_of_the_drive_reach_the_program_with_their_residue() -> None:
    client, unit = program(Reply(0, b"abcde", b"", 3))
    client.sg_io(bytes.fromhex("12 00 00 00 08 00"), -3, 8)
    assert client.memory.read(client.data, 8) == b"abcde\0\0\0"
    assert (client.status, client.residue, client.sense_length, client.info) == (0, 3, 0, 0)
    assert unit.asked == [(bytes.fromhex("12 00 00 00 08 00"), b"", 8, 60.0)]


def test_data_of_the_program_reach_the_drive_unchanged() -> None:
    client, unit = program(Reply(0))
    data = random.Random(1).randbytes(4704)
    client.sg_io(WRITE, -2, 4704, data=data)
    client.sg_io(WRITE, -2, 100, data=data)  # the buffer is larger now than what comes
    assert [asked[1] for asked in unit.asked] == [data, data[:100]]
    assert unit.asked[0][2] == 0


def test_a_refusal_is_status_2_with_sense_and_the_call_succeeds() -> None:
    client, _ = program(Reply(2, b"", SENSE, 8))
    client.sg_io(TUR, -3, 8)
    assert (client.status, client.masked_status, client.driver_status, client.host_status) == (2, 1, 8, 0)
    assert (client.sense_length, client.residue, client.info & 1) == (18, 8, 1)
    assert client.memory.read(client.sense, 20) == SENSE + b"\0\0"


def test_sense_is_cut_to_the_program_s_buffer() -> None:
    client, _ = program(Reply(2, b"", SENSE))
    client.sg_io(max_sense=14)
    assert client.sense_length == 14
    assert client.memory.read(client.sense, 18) == SENSE[:14] + bytes(4)


def test_a_drive_that_sends_too_much_does_not_write_past_the_buffer() -> None:
    client, _ = program(Reply(0, b"x" * 100))
    client.sg_io(TUR, -3, 8)
    assert client.memory.read(client.data, 12) == b"x" * 8 + bytes(4)


def test_data_are_scattered_over_the_program_s_segments() -> None:
    client, _ = program(Reply(0, b"abcdefgh", b"", 0))
    first, second = client.memory.store(8), client.memory.store(8)
    table = struct.pack("<QQQQ", first, 3, second, 100)
    client.sg_io(TUR, -3, 8, data=table, segments=2)
    assert client.memory.read(first, 8) == b"abc" + bytes(5)
    assert client.memory.read(second, 8) == b"defgh" + bytes(3)


def test_data_are_gathered_from_the_program_s_segments() -> None:
    client, unit = program(Reply(0))
    first, second = client.memory.store(b"abcXX"), client.memory.store(b"defXX")
    table = struct.pack("<QQQQ", first, 3, second, 3)
    client.sg_io(WRITE, -2, 6, data=table, segments=2)
    client.sg_io(WRITE, -2, 5, data=table, segments=2)  # the length counts, where it is less
    assert [asked[1] for asked in unit.asked] == [b"abcdef", b"abcde"]


@pytest.mark.parametrize(
    ("wrong", "number"),
    [
        ({"interface": ord("A")}, errno.EINVAL),  # cdparanoia tries this to know SG_IO when it sees it
        ({"direction": -5, "length": 8}, errno.EINVAL),
        ({"cdb": bytes(33)}, errno.EINVAL),
        ({"direction": -3, "length": 524_289}, errno.EIO),
    ],
)
def test_what_the_kernel_refuses_never_reaches_the_drive(wrong: dict[str, int], number: int) -> None:
    client, unit = program(Reply(0))
    with pytest.raises(CallFailed) as failed:
        client.sg_io(data=b"", **wrong)  # type: ignore[arg-type]
    assert (failed.value.errno, unit.asked) == (number, [])


def test_null_pointers_are_efault() -> None:
    client, _ = program(Reply(0))
    header = struct.pack("<iiBBHIQQQI", 0x53, -3, 6, 0, 0, 8, 0, client.memory.store(6), 0, 1000)
    with pytest.raises(CallFailed) as failed:
        client.file.ioctl(client.memory, SG_IO, client.memory.store(header.ljust(88, b"\0")))
    assert failed.value.errno == errno.EFAULT


@pytest.mark.parametrize(("given_ms", "seconds"), [(0, 60.0), (1000, 7.0), (200_000, 200.0)])
def test_timeouts_are_those_of_the_block_layer(given_ms: int, seconds: float) -> None:
    client, unit = program(Reply(0))
    client.sg_io(timeout_ms=given_ms)
    assert unit.asked[0][3] == seconds


def test_no_answer_in_time_is_host_status_3_and_the_next_command_is_sent() -> None:
    client, _ = program(TransportTimeout("slow"), Reply(0))
    client.sg_io(TUR, -3, 8)
    assert (client.status, client.host_status, client.residue, client.info & 1) == (0, 3, 8, 1)
    client.sg_io()
    assert client.host_status == 0


def test_a_drive_that_leaves_is_host_status_1_then_enodev_then_enxio() -> None:
    client, _ = program(DriveGone("unplugged"))
    client.sg_io(TUR, -3, 8)
    assert (client.status, client.host_status, client.residue) == (0, 1, 8)
    with pytest.raises(CallFailed) as failed:
        client.sg_io()
    assert failed.value.errno == errno.ENODEV
    with pytest.raises(CallFailed) as failed:
        client.file.ioctl(client.memory, 0x2282, client.memory.store(8))
    assert failed.value.errno == errno.ENODEV
    late = Program(SgFile(client.file.device))
    with pytest.raises(CallFailed) as failed:
        late.sg_io()
    assert failed.value.errno == errno.ENXIO


def test_a_drive_that_is_back_serves_whoever_opens_it_then() -> None:
    client, _ = program(DriveGone("unplugged"), Reply(0), DriveGone("unplugged again"))
    client.sg_io()
    late = Program(SgFile(client.file.device))
    late.sg_io()
    assert (late.status, late.host_status) == (0, 0)
    later = Program(SgFile(client.file.device))
    later.sg_io()
    assert later.host_status == 1


def test_a_full_host_is_host_status_7_and_told_to_the_user() -> None:
    told: list[str] = []
    device = ScsiDevice(Unit([StorageFailed("the disc's folder is full")]), problem=told.append)
    client = Program(SgFile(device))
    client.sg_io(WRITE, -2, 8, data=bytes(8))
    assert (client.host_status, client.residue) == (7, 8)
    assert told == ["the disc's folder is full"]


def test_the_duration_is_told() -> None:
    unit = Unit([Reply(0)])
    clock = ManualClock()
    client = Program(SgFile(ScsiDevice(unit, 0, clock)))
    execute = unit.execute

    def slow(*arguments: object) -> Reply:
        clock.sleep(1.5)
        return execute(*arguments)  # type: ignore[arg-type]

    unit.execute = slow  # type: ignore[method-assign]
    client.sg_io()
    assert client.duration_ms == 1500


def test_who_the_device_is() -> None:
    client, _ = program(Reply(0))
    memory, at = client.memory, client.memory.store(32)

    def ask(number: int, layout: str) -> tuple[int, ...]:
        assert client.file.ioctl(memory, number, at) == 0
        return struct.unpack_from(layout, memory.read(at, 32))

    assert ask(0x2282, "<i") == (30536,)  # SG_GET_VERSION_NUM
    assert ask(0x5382, "<II") == (3 << 24, 3)  # SCSI_IOCTL_GET_IDLUN: host 3, channel, target and LUN 0
    assert ask(0x5386, "<i") == (3,)  # SCSI_IOCTL_GET_BUS_NUMBER
    assert ask(0x2203, "<i") == (1,)  # SG_EMULATED_HOST
    assert ask(0x2276, "<iiiii") == (3, 0, 0, 0, 5)  # SG_GET_SCSI_ID: a CD


def test_the_reserved_size_is_what_was_asked_for_up_to_the_largest_transfer() -> None:
    client, _ = program(Reply(0))
    memory = client.memory
    for asked, given in ((65_536, 65_536), (1 << 30, 524_288)):
        at = memory.store(struct.pack("<i", asked))
        assert client.file.ioctl(memory, 0x2275, at) == 0
        assert client.file.ioctl(memory, 0x2272, at) == 0
        assert memory.read(at, 4) == struct.pack("<i", given)


def test_the_timeout_is_kept() -> None:
    client, _ = program(Reply(0))
    client.file.ioctl(client.memory, 0x2201, client.memory.store(struct.pack("<i", 4000)))
    assert client.file.ioctl(client.memory, 0x2202, 0) == 4000


def test_a_reset_reaches_the_unit_and_asking_for_one_does_not() -> None:
    client, unit = program(Reply(0))
    client.file.ioctl(client.memory, 0x2284, client.memory.store(struct.pack("<i", 0)))
    assert unit.resets == 0
    client.file.ioctl(client.memory, 0x2284, client.memory.store(struct.pack("<i", 1)))
    assert unit.resets == 1


def test_an_unknown_ioctl_is_enotty() -> None:
    client, _ = program(Reply(0))
    with pytest.raises(CallFailed) as failed:
        client.file.ioctl(client.memory, 0x5401, 0)
    assert failed.value.errno == errno.ENOTTY


def test_sg_has_nothing_to_read() -> None:
    """wodim reads once, to clear what another program may have left there."""
    client, _ = program(Reply(0))
    with pytest.raises(CallFailed) as failed:
        client.file.read(client.memory, 0, 136)
    assert failed.value.errno == errno.EAGAIN


@pytest.mark.parametrize(("setting", "getting"), [(0x2271, 0x2270), (0x2279, 0x227A), (0x2287, 0x2288)])
def test_sg_keeps_its_flags(setting: int, getting: int) -> None:
    """SG_SET_COMMAND_Q, SG_SET_FORCE_LOW_DMA, SG_SET_KEEP_ORPHAN."""
    some, _ = program()
    for value in (0, 1, 0):
        at = some.memory.store(value.to_bytes(4, "little"))
        assert some.file.ioctl(some.memory, setting, at) == 0
        at = some.memory.store(b"\xff" * 4)
        assert some.file.ioctl(some.memory, getting, at) == 0
        assert some.memory.read(at, 4) == value.to_bytes(4, "little")


@pytest.mark.parametrize(
    ("number", "value"),
    [(0x227C, -1), (0x227D, 0), (0x2289, 1), (0x1267, 512 * 1024)],
)
def test_sg_has_nothing_waiting(number: int, value: int) -> None:
    """SG_GET_PACK_ID, SG_GET_NUM_WAITING, SG_GET_ACCESS_COUNT; BLKSECTGET is in bytes here."""
    some, _ = program()
    at = some.memory.store(b"\x55" * 4)
    assert some.file.ioctl(some.memory, number, at) == 0
    assert int.from_bytes(some.memory.read(at, 4), "little", signed=True) == value


def test_the_table_of_requests_is_empty() -> None:
    some, _ = program()
    at = some.memory.store(b"\x55" * 16 * 32)
    assert some.file.ioctl(some.memory, 0x2286, at) == 0
    assert some.memory.read(at, 16 * 24 + 1) == bytes(16 * 24) + b"\x55"
