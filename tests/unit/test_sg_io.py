"""SG_IO on a kernel of the tests' own: what is handed over, what comes back, what each failure is called."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import signal
from collections.abc import Iterable

import pytest

from redbook import errors
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.errors import IGNORE_RESIDUE
from redbook.mmc.control import TestUnitReady
from redbook.mmc.identify import Inquiry
from redbook.mmc.read import ReadCd
from redbook.mmc.write import CloseFunction, CloseTrackSession, Write10
from redbook.transport.base import Reply, Status
from redbook.transport.kernel import Node
from redbook.transport.sg_io import Header, SgIo
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.fake_kernel import OUT_OFFSET, SIZE, Answer, FakeKernel, Request

TUR = TestUnitReady().to_cdb()
CHUNK = bytes(27 * SECTOR_BYTES)
FIXED = bytes.fromhex("70 00 05 00000000 0a 00000000 24 00 00 000000")


def always(answer: Answer) -> FakeKernel:
    return FakeKernel(answers=lambda request: answer)


def in_turn(answers: Iterable[Answer]) -> FakeKernel:
    left = iter(answers)
    return FakeKernel(answers=lambda request: next(left))


def opened(kernel: FakeKernel, path: str = "/dev/sr0") -> SgIo:
    return SgIo.open(path, ManualClock(), kernel)


def send(kernel: FakeKernel, cdb: bytes = TUR, data: bytes = b"", room: int = 0) -> Reply:
    return opened(kernel).execute(cdb, data, room)


# What the kernel is handed


def test_the_header_is_laid_out_as_linux_has_it() -> None:
    assert ctypes.sizeof(Header) == SIZE
    assert (Header.status.offset, Header.sb_len_wr.offset, Header.host_status.offset) == (OUT_OFFSET, 67, 68)
    assert (Header.driver_status.offset, Header.resid.offset, Header.info.offset) == (70, 72, 80)


def test_the_kernel_is_told_cdb_direction_length_and_milliseconds() -> None:
    kernel = always(Answer())
    drive = opened(kernel)
    drive.execute(TUR, timeout=15.0)
    drive.execute(Inquiry(36).to_cdb(), data_in_length=36, timeout=0.0001)
    drive.execute(Write10(0, CHUNK).to_cdb(), CHUNK, timeout=300.0)
    drive.execute(TUR, timeout=1e9)
    told = [(r.cdb, r.direction, r.length, r.timeout_ms) for r in kernel.requests]
    assert told == [
        (bytes(6), -1, 0, 15_000),
        (bytes.fromhex("120000002400"), -3, 36, 1),
        (bytes.fromhex("2a000000000000001b00"), -2, len(CHUNK), 300_000),
        (bytes(6), -1, 0, 0xFFFFFFFF),
    ]


@pytest.mark.parametrize("kind", [bytes, bytearray, lambda data: memoryview(bytearray(data))])
def test_sectors_are_handed_over_where_they_lie(kind: type) -> None:
    data = kind(CHUNK)
    kernel = always(Answer())
    opened(kernel).execute(Write10(0, CHUNK).to_cdb(), data)
    if isinstance(data, bytes):
        where = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
    else:
        where = ctypes.addressof(ctypes.c_char.from_buffer(data))
    assert kernel.requests[0].address == where


@pytest.mark.parametrize("make", [memoryview, lambda data: memoryview(bytearray(data + data))[::2]])
def test_what_cannot_be_pointed_at_arrives_all_the_same(make: type) -> None:
    seen = []

    def look(request: Request) -> Answer:
        seen.append(ctypes.string_at(request.address, request.length))
        return Answer()

    data = os.urandom(3000)
    opened(FakeKernel(answers=look)).execute(Write10(0).to_cdb(), make(data))
    assert seen == [bytes(make(data))]


def test_reading_uses_the_same_pages_each_time() -> None:
    kernel = always(Answer())
    drive = opened(kernel)
    for _ in range(3):
        drive.execute(ReadCd(0, 27).to_cdb(), data_in_length=len(CHUNK))
    assert len({request.address for request in kernel.requests}) == 1
    assert kernel.requests[0].address % mmap.PAGESIZE == 0


def test_nothing_of_an_earlier_reply_passes_for_a_later_one() -> None:
    kernel = in_turn([Answer(data=b"\xaa" * 36), Answer(data=b"\xbb" * 4)])
    drive = opened(kernel)
    drive.execute(Inquiry(36).to_cdb(), data_in_length=36)
    assert drive.execute(Inquiry(36).to_cdb(), data_in_length=36).data == b"\xbb" * 4 + bytes(32)


def test_more_than_the_pages_hold_is_carried_too() -> None:
    data = os.urandom(200_000)
    reply = opened(always(Answer(data=data))).execute(ReadCd(0, 85).to_cdb(), data_in_length=len(data))
    assert reply.data == data


@pytest.mark.parametrize("cdb", [b"", bytes(17)])
def test_a_command_of_impossible_length_is_not_sent(cdb: bytes) -> None:
    kernel = always(Answer())
    with pytest.raises(errors.TransportError, match="1 to 16 bytes"):
        send(kernel, cdb)
    assert not kernel.requests


# Opening


def test_a_node_is_opened_for_writing_alone_without_waiting_and_not_for_children() -> None:
    kernel = always(Answer())
    opened(kernel)
    assert kernel.opened == [("/dev/sr0", os.O_RDWR | os.O_NONBLOCK | os.O_EXCL | os.O_CLOEXEC)]


def test_a_link_opens_what_it_leads_to() -> None:
    kernel = always(Answer())
    kernel.nodes["/dev/cdrom"] = kernel.nodes["/dev/sr0"]
    opened(kernel, "/dev/cdrom")
    assert kernel.opened[0][0] == "/dev/sr0"


def test_a_busy_drive_is_tried_three_times_more_two_seconds_apart() -> None:
    kernel, clock = FakeKernel(busy_opens=3), ManualClock()
    SgIo.open("/dev/sr0", clock, kernel)
    assert (len(kernel.opened), clock.now()) == (4, 6.0)
    kernel, clock = FakeKernel(busy_opens=4), ManualClock()
    with pytest.raises(errors.DriveBusy, match="/dev/sr0: another program has opened it"):
        SgIo.open("/dev/sr0", clock, kernel)
    assert (len(kernel.opened), clock.now()) == (4, 6.0)


@pytest.mark.parametrize(
    ("number", "kind", "advice"),
    [
        (errno.ENOENT, errors.DriveNotFound, "redbook drives"),
        (errno.ENOTDIR, errors.DriveNotFound, "redbook drives"),
        (errno.ENXIO, errors.DriveGone, "sr_mod"),
        (errno.ENODEV, errors.DriveGone, "switched on"),
        (errno.EIO, errors.DriveGone, "cable"),
        (errno.EACCES, errors.DrivePermission, "group"),
        (errno.EPERM, errors.DrivePermission, "group"),
        (errno.EROFS, errors.DrivePermission, "blockdev --setrw"),
        (errno.ENOMEM, errors.MemoryShort, "close other programs"),
        (errno.ENOTTY, errors.DriveNotFound, "/dev/srN"),
        (errno.ELOOP, errors.DriveNotFound, "redbook drives"),
        (errno.EMFILE, errors.TransportError, "EMFILE"),
    ],
)
def test_each_way_that_opening_fails_has_its_error(
    number: int, kind: type[errors.DriveError], advice: str
) -> None:
    kernel = FakeKernel(open_error=number)
    with pytest.raises(errors.DriveError, match=f"^/dev/sr0: .*{advice}") as caught:
        opened(kernel)
    assert type(caught.value) is kind
    assert len(kernel.opened) == 1


def test_permission_says_what_mends_it() -> None:
    with pytest.raises(errors.DrivePermission) as caught:
        opened(FakeKernel(open_error=errno.EACCES))
    assert caught.value.cure
    assert str(caught.value).endswith(caught.value.cure)
    assert errors.DrivePermission("closed", "open it").cure == "open it"


def test_a_name_without_a_node_is_not_found() -> None:
    with pytest.raises(errors.DriveNotFound, match="/dev/sr7: there is no such device node"):
        opened(FakeKernel(), "/dev/sr7")


@pytest.mark.parametrize(
    "node",
    [
        Node("/dev/sda", True, False, 8, 0),
        Node("/dev/null", False, True, 1, 3),
        Node("/dev/sr0", False, True, 11, 0),
        Node("/dev/notes", False, False, 0, 0),
    ],
)
def test_nothing_is_sent_to_what_is_no_cd_drive(node: Node) -> None:
    kernel = FakeKernel(nodes={"/dev/x": node})
    with pytest.raises(errors.DriveNotFound, match="/dev/x: this is not a CD drive"):
        opened(kernel, "/dev/x")
    assert not kernel.opened


def test_nothing_is_sent_to_a_hard_disk_by_its_generic_node() -> None:
    kernel = FakeKernel(files={"/sys/class/scsi_generic/sg1/device/type": "0\n"})
    with pytest.raises(errors.DriveNotFound, match="SCSI type 0"):
        opened(kernel, "/dev/sg1")
    assert not kernel.opened
    kernel.files["/sys/class/scsi_generic/sg1/device/type"] = "5\n"
    opened(kernel, "/dev/sg1")


MOUNTED = "97 28 11:0 / /media/My\\040Disc ro,nosuid - iso9660 /dev/sr0 ro\n"


@pytest.mark.parametrize(
    ("user", "where", "cure"),
    [
        (1000, "/media/My\\040Disc", "`udisksctl unmount -b /dev/sr0`"),
        (0, "/media/My\\040Disc", "`umount '/media/My Disc'`"),
        (1000, "/mnt/My\\040Disc", "`sudo umount '/mnt/My Disc'`"),
        (0, "/mnt/a\\033[31m", "`umount '/mnt/a\\x1b[31m'`"),
    ],
)
def test_a_mounted_disc_is_left_alone_and_named(
    monkeypatch: pytest.MonkeyPatch, user: int, where: str, cure: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    mounted = MOUNTED.replace("/media/My\\040Disc", where)
    kernel = FakeKernel(files={"/proc/self/mountinfo": "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n" + mounted})
    with pytest.raises(
        errors.DriveBusy, match=r"the disc in it is mounted at /m.*; first unmount it: "
    ) as raised:
        opened(kernel)
    assert str(raised.value).endswith(cure)
    assert not kernel.opened


@pytest.mark.parametrize("node", ["/dev/sr0", "/dev/sg1"])
def test_a_mounted_disc_whose_file_system_has_a_number_of_its_own_is_seen(node: str) -> None:
    """As btrfs and overlay have one."""
    files = {
        "/proc/self/mountinfo": MOUNTED.replace("11:0", "0:45").replace("iso9660", "btrfs"),
        "/sys/class/scsi_generic/sg1/device/block/sr0/dev": "11:0\n",
    }
    with pytest.raises(errors.DriveBusy, match="mounted at /media/My Disc"):
        opened(FakeKernel(files=files), node)


def test_a_mounted_disc_is_seen_through_the_generic_node() -> None:
    files = {
        "/proc/self/mountinfo": MOUNTED,
        "/sys/class/scsi_generic/sg1/device/block/sr0/dev": "11:0\n",
    }
    with pytest.raises(errors.DriveBusy, match="mounted"):
        opened(FakeKernel(files=files), "/dev/sg1")
    del files["/sys/class/scsi_generic/sg1/device/block/sr0/dev"]
    files["/sys/class/scsi_generic/sg1/device/block/sr1/dev"] = "11:1\n"
    opened(FakeKernel(files=files), "/dev/sg1")


def test_a_node_without_sg_io_is_closed_again() -> None:
    for version in (0, 20000):
        kernel = FakeKernel(version=version)
        with pytest.raises(errors.DriveNotFound, match="not a device that takes SCSI commands"):
            opened(kernel)
        assert kernel.closed == [99]


def test_closing_twice_closes_once_and_then_nothing_is_sent() -> None:
    kernel = always(Answer())
    drive = opened(kernel)
    drive.close()
    drive.close()
    with pytest.raises(errors.DriveClosed):
        drive.execute(TUR)
    assert kernel.closed == [99]


# The largest transfer


@pytest.mark.parametrize(
    ("kib", "sectors"), [("120", 27), ("64", 27), ("62", 13), ("32", 13), ("29", 8), ("16", 6), ("1", 1)]
)
def test_the_largest_transfer_is_asked_of_the_queue(kib: str, sectors: int) -> None:
    kernel = FakeKernel(files={"/sys/class/block/sr0/queue/max_hw_sectors_kb": kib + "\n"})
    assert opened(kernel).most_bytes == sectors * SECTOR_BYTES


@pytest.mark.parametrize("text", ["", "0\n", "many\n"])
def test_a_queue_that_says_nothing_leaves_27_sectors(text: str) -> None:
    kernel = FakeKernel(files={"/sys/class/block/sr0/queue/max_hw_sectors_kb": text})
    assert opened(kernel).most_bytes == 27 * SECTOR_BYTES


def test_the_generic_node_reserves_a_buffer_and_carries_what_fits_in() -> None:
    assert opened(FakeKernel(reserved=1 << 20), "/dev/sg1").most_bytes == 27 * SECTOR_BYTES
    assert opened(FakeKernel(reserved=32768), "/dev/sg1").most_bytes == 13 * SECTOR_BYTES
    files = {"/sys/class/scsi_generic/sg1/device/block/sr0/queue/max_hw_sectors_kb": "20"}
    assert opened(FakeKernel(files=files), "/dev/sg1").most_bytes == 8 * SECTOR_BYTES


@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL, errno.ENOMEM])
def test_a_refused_transfer_is_followed_by_smaller_ones(number: int) -> None:
    drive = opened(FakeKernel(VirtualRecorder(Medium.new()), largest=20_000, too_large=number))
    found = []
    for sectors in (27, 13):
        data = bytes(sectors * SECTOR_BYTES)
        with pytest.raises(errors.TransferTooLarge, match=errno.errorcode[number]) as caught:
            drive.execute(Write10(0, data).to_cdb(), data)
        found.append((caught.value.most_bytes, drive.most_bytes))
    assert found == [(13 * SECTOR_BYTES,) * 2, (8 * SECTOR_BYTES,) * 2]
    drive.execute(TUR)
    assert drive.execute(Write10(0, bytes(8 * SECTOR_BYTES)).to_cdb(), bytes(8 * SECTOR_BYTES)).status == 0


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EIO, errors.DriveGone),
        (errno.EINVAL, errors.TransportError),
        (errno.ENOMEM, errors.MemoryShort),
    ],
)
def test_what_was_carried_once_is_never_too_large_later(number: int, kind: type[Exception]) -> None:
    drive = opened(in_turn([Answer(), Answer(error=number)]))
    drive.execute(Write10(0, CHUNK).to_cdb(), CHUNK)
    with pytest.raises(errors.DriveError) as caught:
        drive.execute(Write10(27, CHUNK).to_cdb(), CHUNK)
    assert type(caught.value) is kind
    assert drive.most_bytes == len(CHUNK)


# What comes back


@pytest.mark.parametrize(
    ("number", "kind", "advice"),
    [
        (errno.EPERM, errors.DrivePermission, "as root"),
        (errno.EACCES, errors.DrivePermission, "as root"),
        (errno.EROFS, errors.DrivePermission, "blockdev"),
        (errno.EBUSY, errors.DriveBusy, "close that program"),
        (errno.ENODEV, errors.DriveGone, "connect it again"),
        (errno.ENXIO, errors.DriveGone, "connect it again"),
        (errno.EIO, errors.DriveGone, "connect it again"),
        (errno.ENOMEM, errors.MemoryShort, "close other programs"),
        (errno.EAGAIN, errors.NotTaken, "try again"),
        (errno.EDOM, errors.NotTaken, "try again"),
        (errno.ETIMEDOUT, errors.TransportTimeout, "cable"),
        (errno.EBADF, errors.DriveClosed, "closed the drive"),
        (errno.ENOTTY, errors.DriveNotFound, "/dev/srN"),
        (errno.EINVAL, errors.TransportError, "EINVAL"),
    ],
)
def test_each_error_of_the_call_has_its_own(number: int, kind: type[errors.DriveError], advice: str) -> None:
    with pytest.raises(errors.DriveError, match=f"^/dev/sr0: TEST UNIT READY: .*{advice}") as caught:
        send(always(Answer(error=number)))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("host", "kind", "words"),
    [
        (0x01, errors.DriveGone, "unplugged"),
        (0x02, errors.NotTaken, "nothing was sent"),
        (0x03, errors.TransportTimeout, "no answer in 30 s"),
        (0x04, errors.DriveGone, "unplugged"),
        (0x05, errors.TransportError, "aborted the command"),
        (0x06, errors.TransportError, "damaged in transit"),
        (0x07, errors.TransportError, "host status 07h"),
        (0x08, errors.BusReset, "was reset"),
        (0x0B, errors.TransportError, "host status 0Bh"),
        (0x0C, errors.NotTaken, "nothing was sent"),
        (0x0D, errors.NotTaken, "nothing was sent"),
    ],
)
def test_each_host_status_has_its_error_whatever_the_drive_is_said_to_have_answered(
    host: int, kind: type[errors.DriveError], words: str
) -> None:
    for answer in (Answer(host=host), Answer(host=host, status=2, sense=FIXED, driver=8)):
        with pytest.raises(errors.DriveError, match=words) as caught:
            send(always(answer))
        assert type(caught.value) is kind


def test_a_refusal_is_a_reply_whatever_the_driver_says() -> None:
    for driver in (0x00, 0x08, 0x0E):
        reply = send(always(Answer(status=2, sense=FIXED, driver=driver)))
        assert (reply.status, reply.sense) == (Status.CHECK_CONDITION, FIXED)


def test_a_driver_that_failed_is_no_success() -> None:
    assert send(always(Answer(driver=0x08))).status == Status.GOOD
    with pytest.raises(errors.TransportTimeout):
        send(always(Answer(driver=0x06)))
    with pytest.raises(errors.TransportError, match="driver status 07h"):
        send(always(Answer(driver=0x07)))


def test_what_libata_makes_of_a_timeout_is_one() -> None:
    with pytest.raises(errors.TransportTimeout):
        send(always(Answer(status=2, sense=bytes.fromhex("72 0b 00 00 00 00 00 00"))))
    aborted = bytes.fromhex("70 00 0b 00000000 0a 00000000 00 00 00 000000")
    with pytest.raises(errors.CommandAborted):
        Drive(opened(always(Answer(status=2, sense=aborted)))).run(TestUnitReady())


@pytest.mark.parametrize("status", [0x08, 0x18, 0x28])
def test_other_statuses_are_handed_on(status: int) -> None:
    assert send(always(Answer(status=status))).status == status


def test_a_refusal_without_sense_is_asked_for_its_reason_once() -> None:
    kernel = in_turn([Answer(status=2), Answer(data=FIXED)])
    assert send(kernel) == Reply(2, b"", FIXED)
    assert [request.cdb[0] for request in kernel.requests] == [0x00, 0x03]


@pytest.mark.parametrize(
    "second",
    [
        Answer(data=bytes.fromhex("70 00 00" + "00" * 15)),
        Answer(data=bytes(18)),
        Answer(status=2),
        Answer(host=7),
        Answer(error=errno.EPERM),
    ],
)
def test_a_refusal_without_any_reason_never_passes_for_success(second: Answer) -> None:
    kernel = in_turn([Answer(status=2, sense=bytes(18)), second])
    assert send(kernel) == Reply(2, b"", b"")
    assert len(kernel.requests) == 2


def test_a_drive_that_leaves_while_it_is_asked_for_its_reason_is_gone() -> None:
    with pytest.raises(errors.DriveGone):
        send(in_turn([Answer(status=2), Answer(host=1)]))


def test_the_residue_cuts_the_data_and_is_told() -> None:
    kernel = always(Answer(data=b"\x05" * 36, residue=30))
    assert send(kernel, Inquiry(36).to_cdb(), room=36) == Reply(0, b"\x05" * 6, b"", 30)
    for odd, kept in ((-5, 36), (999, 0)):
        kernel = always(Answer(data=b"\x05" * 36, residue=odd))
        assert len(send(kernel, Inquiry(36).to_cdb(), room=36).data) == kept


def test_data_with_a_recovered_error_are_kept_and_with_a_refusal_not() -> None:
    recovered = bytes.fromhex("70 00 01 00000000 0a 00000000 17 01 00 000000")
    reply = send(
        always(Answer(status=2, sense=recovered, data=CHUNK)), ReadCd(0, 27).to_cdb(), room=len(CHUNK)
    )
    assert len(reply.data) == len(CHUNK)
    reply = send(always(Answer(status=2, sense=FIXED, data=CHUNK)), ReadCd(0, 27).to_cdb(), room=len(CHUNK))
    assert reply.data == b""


def test_a_write_that_was_not_delivered_stops_the_burn_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """9216 of 32768 bytes arrived, and the bridge called it GOOD (psysonic)."""
    with pytest.raises(
        errors.TransportError, match="took 9216 of 63504 bytes and reported success.*" + NAMED
    ):
        Drive(opened(always(Answer(residue=len(CHUNK) - 9216)))).run(Write10(0, CHUNK))
    monkeypatch.setenv(IGNORE_RESIDUE, "1")
    Drive(opened(always(Answer(residue=len(CHUNK) - 9216)))).run(Write10(0, CHUNK))
    reply = opened(always(Answer(residue=30))).execute(Inquiry(36).to_cdb(), data_in_length=36)
    assert len(reply.data) == 6  # what was read is never believed to be more than came


NAMED = "set REDBOOK_IGNORE_RESIDUE=1"


def test_a_read_that_the_bridge_calls_short_is_told_and_taken_when_so_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = Answer(data=CHUNK, residue=512)
    with pytest.raises(errors.InvalidReply, match=NAMED):
        Drive(opened(always(answer))).run(ReadCd(0, 27))
    monkeypatch.setenv(IGNORE_RESIDUE, "1")
    assert Drive(opened(always(answer))).run(ReadCd(0, 27)) == CHUNK


# Signals


def test_on_sr_an_interrupted_call_is_made_again() -> None:
    """srN waits for a command without hearing signals, so EINTR comes before anything was sent."""
    kernel = in_turn([Answer(error=errno.EINTR), Answer(error=errno.EINTR), Answer()])
    drive = opened(kernel)
    assert drive.execute(Write10(0, CHUNK).to_cdb(), CHUNK).status == 0
    assert len(kernel.requests) == 3


def test_on_sr_that_has_an_end() -> None:
    with pytest.raises(errors.TransportError, match="not known"):
        send(always(Answer(error=errno.EINTR)))


def test_on_sg_an_interrupted_command_is_never_sent_twice() -> None:
    """sgN has sent it by then (sg.c waits interruptibly behind the sending)."""
    for cdb, data in ((Write10(0, CHUNK).to_cdb(), CHUNK), (bytes.fromhex("5b0102" + "00" * 7), b"")):
        kernel = in_turn([Answer(error=errno.EINTR), Answer()])
        with pytest.raises(errors.TransportError, match="it is not known whether the drive carried it out"):
            opened(kernel, "/dev/sg1").execute(cdb, data)
        assert len(kernel.requests) == 1
    kernel = in_turn([Answer(error=errno.EINTR), Answer()])
    assert opened(kernel, "/dev/sg1").execute(TUR).status == 0


def test_on_sg_no_signal_reaches_the_thread_that_waits() -> None:
    masks = []

    def look(request: Request) -> Answer:
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        return Answer()

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    opened(FakeKernel(answers=look), "/dev/sg1").execute(TUR)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGALRM} <= masks[0]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_a_long_command_may_take_as_long_as_its_class_says() -> None:
    kernel = always(Answer())
    Drive(opened(kernel)).run(CloseTrackSession(CloseFunction.SESSION))
    assert kernel.requests[0].timeout_ms == 3_600_000
