"""The ioctls of a CD drive's block device, before the virtual recorder.

Offsets and numbers are those of <linux/cdrom.h> as a C compiler lays it out (x86-64).
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator

import pytest

from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.errors import Sense, TransportTimeout
from redbook.mmc import sense
from redbook.share.cd_drive import CdDrive
from redbook.share.cdrom import SrFile
from redbook.share.sg import ScsiDevice
from redbook.share.umockdev import CallFailed
from redbook.transport.base import Reply
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import close_session, ready, write_track
from tests.support.kernel import ProgramMemory, Unit

LBA, MSF = 1, 2


class Computer:
    """A recorder with its block device, and a program that has that open."""

    def __init__(self, recorder: VirtualRecorder, clock: ManualClock | None = None) -> None:
        self.recorder = recorder
        self.cd = CdDrive(ScsiDevice(recorder, 0, clock or ManualClock()))
        self.cd.find()
        self.file = SrFile(self.cd)
        self.memory = ProgramMemory()

    def call(self, number: int, argument: int = 0) -> int:
        return self.file.ioctl(self.memory, number, argument)

    def filled(self, number: int, given: bytes, size: int) -> bytes:
        """Call with a structure; what it is afterwards."""
        at = self.memory.store(given.ljust(size, b"\0"))
        assert self.call(number, at) == 0
        return self.memory.read(at, size)

    def refused(self, number: int, argument: int = 0) -> int:
        with pytest.raises(CallFailed) as failed:
            self.call(number, argument)
        return failed.value.errno


@pytest.fixture
def blank() -> Iterator[Computer]:
    recorder = VirtualRecorder(Medium.new())
    yield Computer(recorder)
    recorder.close()


@pytest.fixture
def audio() -> Iterator[Computer]:
    """Two tracks of 400 and 300 sectors: at 0 and, 152 behind the first, at 552; lead-out at 854."""
    recorder = VirtualRecorder(Medium.new())
    drive = ready(recorder)
    write_track(drive, 400, 0x11)
    write_track(drive, 300, 0x22)
    close_session(drive)
    yield Computer(recorder)
    recorder.close()


def test_the_table_of_contents(audio: Computer) -> None:
    assert audio.filled(0x5305, b"", 2) == bytes((1, 2))
    for track, lba, msf in ((1, 0, (0, 2, 0)), (2, 552, (0, 9, 27)), (0xAA, 854, (0, 13, 29))):
        entry = audio.filled(0x5306, bytes((track, 0, LBA)), 12)
        assert entry[:3] == bytes((track, 0x01, LBA))  # ADR 1, control 0
        assert struct.unpack_from("<i", entry, 4) == (lba,)
        assert entry[8] == 0  # data mode
        assert tuple(audio.filled(0x5306, bytes((track, 0, MSF)), 12)[4:7]) == msf


def test_a_track_that_is_not_there_is_eio(audio: Computer) -> None:
    assert audio.refused(0x5306, audio.memory.store(bytes((3, 0, LBA)).ljust(12, b"\0"))) == errno.EIO


def test_an_address_format_that_there_is_none_of_is_einval(audio: Computer) -> None:
    assert audio.refused(0x5306, audio.memory.store(bytes((1, 0, 9)).ljust(12, b"\0"))) == errno.EINVAL


@pytest.mark.parametrize("form", [LBA, MSF])
def test_audio_is_read_by_address(form: int, audio: Computer) -> None:
    target = audio.memory.store(3 * SECTOR_BYTES)
    address = struct.pack("<i", 399) if form == LBA else bytes((0, 7, 24, 0))
    given = address + bytes((form, 0, 0, 0)) + struct.pack("<i4xQ", 2, target)
    assert audio.call(0x530E, audio.memory.store(given)) == 0
    found = audio.memory.read(target, 3 * SECTOR_BYTES)
    assert found == b"\x11" * SECTOR_BYTES + bytes(2 * SECTOR_BYTES)


@pytest.mark.parametrize("count", [0, 76])
def test_more_than_75_sectors_of_audio_are_einval(count: int, audio: Computer) -> None:
    given = struct.pack("<iBxxxi4xQ", 0, LBA, count, audio.memory.store(8))
    assert audio.refused(0x530E, audio.memory.store(given)) == errno.EINVAL


def test_drive_status_tells_disc_no_disc_and_open_tray(blank: Computer) -> None:
    assert blank.call(0x5326) == 4  # CDS_DISC_OK
    blank.recorder.remove()
    assert blank.call(0x5326) == 2  # CDS_TRAY_OPEN
    assert blank.call(0x5319) == 0  # CDROMCLOSETRAY
    assert blank.call(0x5326) == 1  # CDS_NO_DISC


def test_disc_status(audio: Computer, blank: Computer) -> None:
    assert audio.call(0x5327) == 100  # CDS_AUDIO
    assert blank.call(0x5327) == 0  # CDS_NO_INFO
    blank.recorder.remove()
    assert blank.call(0x5327) == 1  # CDS_NO_DISC


def test_a_blank_has_no_table_of_contents(blank: Computer) -> None:
    assert blank.refused(0x5305, blank.memory.store(8)) == errno.EIO


def test_without_a_disc_there_is_no_medium(blank: Computer) -> None:
    blank.recorder.remove()
    assert blank.refused(0x5305, blank.memory.store(8)) == errno.ENOMEDIUM


def test_a_command_that_the_drive_does_not_know_is_not_supported() -> None:
    unknown = Reply(2, b"", sense.build(Sense(5, 0x20, 0)))
    file = SrFile(CdDrive(ScsiDevice(Unit([unknown]))))
    with pytest.raises(CallFailed) as failed:
        file.ioctl(ProgramMemory(), 0x5301, 0)
    assert failed.value.errno == errno.EOPNOTSUPP


def test_no_answer_is_eio() -> None:
    file = SrFile(CdDrive(ScsiDevice(Unit([TransportTimeout("slow")]))))
    with pytest.raises(CallFailed) as failed:
        file.ioctl(ProgramMemory(), 0x5301, 0)
    assert failed.value.errno == errno.EIO


def test_the_tray_is_opened_for_the_only_opener_alone(blank: Computer) -> None:
    other = SrFile(blank.cd)
    assert blank.refused(0x5309) == errno.EBUSY
    other.close()
    assert blank.call(0x5309) == 0
    assert blank.recorder.tray_open


def test_a_locked_door_keeps_the_tray_closed(blank: Computer) -> None:
    assert blank.call(0x5329, 1) == 0
    assert blank.refused(0x5309) == errno.EBUSY
    other = ready(blank.recorder)  # another initiator finds it locked, too
    reply = other.send(bytes.fromhex("1B 00 00 00 02 00"))
    assert reply.sense[2:3] + reply.sense[12:14] == bytes.fromhex("05 53 02")
    assert blank.call(0x5329, 0) == 0
    assert blank.call(0x5309) == 0


def test_a_change_of_medium_is_told_once(blank: Computer) -> None:
    assert blank.call(0x5325) == 0
    blank.recorder.insert(Medium.new())
    assert blank.call(0x5325) == 1
    assert blank.call(0x5325) == 0


def test_the_kernel_waits_2_seconds_and_again_for_a_drive_that_becomes_ready(clock: ManualClock) -> None:
    becoming = Reply(2, b"", sense.build(Sense(2, 0x04, 0x01)))
    header = Reply(0, bytes((0, 18, 1, 2)) + bytes(8))
    file = SrFile(CdDrive(ScsiDevice(Unit([becoming, becoming, header]), clock=clock)))
    memory = ProgramMemory()
    at = memory.store(2)
    assert file.ioctl(memory, 0x5305, at) == 0
    assert memory.read(at, 2) == bytes((1, 2))
    assert clock.now() == 4.0


def test_a_drive_that_never_becomes_ready_has_no_medium(clock: ManualClock) -> None:
    unit = Unit([Reply(2, b"", sense.build(Sense(2, 0x04, 0x01)))])
    file = SrFile(CdDrive(ScsiDevice(unit, clock=clock)))
    with pytest.raises(CallFailed) as failed:
        file.ioctl(ProgramMemory(), 0x5305, 0)
    assert (failed.value.errno, len(unit.asked), clock.now()) == (errno.ENOMEDIUM, 11, 20.0)


def test_capabilities_are_those_of_page_2a(blank: Computer) -> None:
    """Tray, lock, speed, sessions, MCN, media change, audio, reset, status, packets, CD-R, CD-RW; no DVD."""
    assert blank.call(0x5331) == 0x7BEF


def test_of_a_drive_without_page_2a_nothing_is_known_about_writing() -> None:
    cd = CdDrive(ScsiDevice(Unit([Reply(0), Reply(2, b"", sense.build(Sense(5, 0x24, 0)))])))
    cd.find()
    assert not int(cd.capabilities) & 0x6000  # CDC_CD_R, CDC_CD_RW


def test_a_packet_is_sent_and_answered(audio: Computer) -> None:
    target, at_sense = audio.memory.store(40), audio.memory.store(64)
    packet = struct.pack(
        "<12s4xQIiQB3xii4xQ", bytes.fromhex("12 00 00 00 24 00"), target, 40, -1, at_sense, 2, 0, 0, 0
    )
    answered = audio.filled(0x5393, packet, 64)
    assert audio.memory.read(target, 2) == b"\x05\x80"  # a CD, removable
    assert struct.unpack_from("<Ii", answered, 24) == (4, 0)  # residue where the length was; status


def test_a_packet_that_is_refused_is_eio_with_sense(audio: Computer) -> None:
    target, at_sense = audio.memory.store(8), audio.memory.store(64)
    packet = struct.pack("<12s4xQIiQB3xii4xQ", b"\xff", target, 8, 0, at_sense, 2, 0, 0, 0)
    at = audio.memory.store(packet)
    assert audio.refused(0x5393, at) == errno.EIO
    assert audio.memory.read(at_sense, 14)[12:] == bytes((0x20, 0))
    assert struct.unpack_from("<i", audio.memory.read(at, 64), 28) == (-errno.EIO,)


def test_a_packet_carries_data_to_the_drive() -> None:
    unit = Unit([Reply(0)])
    file = SrFile(CdDrive(ScsiDevice(unit)))
    memory = ProgramMemory()
    packet = struct.pack("<12s4xQIiQB3xii4xQ", b"\x55", memory.store(b"page"), 4, 0, 0, 1, 0, 1500, 0)
    file.ioctl(memory, 0x5393, memory.store(packet))
    assert unit.asked == [(b"\x55".ljust(12, b"\0"), b"page", 0, 15.0)]


def test_where_the_last_session_starts(audio: Computer) -> None:
    """One session: its address is 0, and the kernel says that it is no XA disc."""
    assert audio.filled(0x5310, bytes((0, 0, 0, 0, 0, LBA)), 8) == bytes((0, 0, 0, 0, 0, LBA, 0, 0))


def test_the_size_is_that_of_read_capacity(audio: Computer) -> None:
    """The lead-out at 854, in sectors of 2048 bytes as for any CD."""
    assert audio.filled(0x80081272, b"", 8) == struct.pack("<q", 854 * 2048)
    assert audio.filled(0x1260, b"", 8) == struct.pack("<q", 854 * 4)
    assert audio.filled(0x1268, b"", 4) == struct.pack("<i", 2048)


def test_where_the_capacity_cannot_be_read_the_kernel_guesses() -> None:
    cd = CdDrive(ScsiDevice(Unit([Reply(2, b"", sense.build(Sense(5, 0x20, 0)))])))
    assert cd.sectors_of_512() == 0x1FFFFF * 4  # 4 GB: sr's default


def test_playing_and_where_the_laser_is(audio: Computer) -> None:
    assert audio.call(0x5303, audio.memory.store(bytes((0, 9, 27, 0, 10, 0)))) == 0  # CDROMPLAYMSF
    place = audio.filled(0x530B, bytes((LBA,)), 16)
    assert place[0] == LBA
    assert place[2:5] == bytes((0x01, 2, 1))  # ADR 1, control 0, track 2, index 1
    (absolute,) = struct.unpack_from("<i", place, 8)
    assert 552 <= absolute < 600


def test_sr_is_asked_for_version_30527(blank: Computer) -> None:
    assert blank.filled(0x2282, b"", 4) == struct.pack("<i", 30527)


def test_audio_is_no_data_to_read(audio: Computer) -> None:
    with pytest.raises(CallFailed) as failed:
        audio.file.read(audio.memory, 0, 2048)
    assert failed.value.errno == errno.EIO


def test_the_volume_is_kept(audio: Computer) -> None:
    """Two channels; the ports of the others are not there."""
    at = audio.memory.store(bytes((10, 20, 30, 40)))
    assert audio.call(0x530A, at) == 0
    assert audio.filled(0x5313, b"", 4)[:2] == bytes((10, 20))


def test_a_drive_whose_answer_makes_no_sense_is_eio() -> None:
    file = SrFile(CdDrive(ScsiDevice(Unit([Reply(0, b"short")]))))
    with pytest.raises(CallFailed) as failed:
        file.ioctl(ProgramMemory(), 0x5394, 0)  # CDROM_NEXT_WRITABLE
    assert failed.value.errno == errno.EIO


ROOT = os.geteuid() == 0
NOT_FOR_YOU = None if ROOT else errno.EACCES


class TestBlockLayer:
    """<linux/fs.h>; what Linux 6.1 answers of a CD drive (block/ioctl.c).  None: success"""

    @pytest.mark.parametrize(
        ("number", "size", "value"),
        [
            (0x1263, 8, 256),  # BLKRAGET
            (0x1265, 8, 256),  # BLKFRAGET
            (0x1278, 4, 2048),  # BLKIOMIN
            (0x1279, 4, 0),  # BLKIOOPT
            (0x127A, 4, 0),  # BLKALIGNOFF
            (0x127B, 4, 2048),  # BLKPBSZGET
            (0x127C, 4, 0),  # BLKDISCARDZEROES
            (0x127E, 2, 1),  # BLKROTATIONAL
            (0x80081280, 8, 1),  # BLKGETDISKSEQ
        ],
    )
    def test_what_is_asked_of_any_disk(self, number: int, size: int, value: int, audio: Computer) -> None:
        assert int.from_bytes(audio.filled(number, b"\xff" * size, size), "little") == value

    @pytest.mark.parametrize(
        ("number", "answer"),
        [
            (0x125D, NOT_FOR_YOU),  # BLKROSET
            (0x125F, errno.EINVAL if ROOT else errno.EACCES),  # BLKRRPART: a CD has no partitions
            (0x1269, errno.EINVAL if ROOT else errno.EACCES),  # BLKPG
            (0x40081271, NOT_FOR_YOU),  # BLKBSZSET
            (0x1277, errno.EOPNOTSUPP),  # BLKDISCARD
            (0x127D, errno.EOPNOTSUPP),  # BLKSECDISCARD
            (0x127F, errno.EIO),  # BLKZEROOUT
            (0x5330, NOT_FOR_YOU),  # CDROM_DEBUG
            (0x5315, errno.ENOTTY),  # CDROMREADCOOKED: no driver of today has it
            (0x5323, errno.ENOTTY),  # CDROM_SELECT_DISC: of changers
            (0x5390, errno.ENOTTY),  # DVD_READ_STRUCT: of DVD drives
        ],
    )
    def test_what_is_refused(self, number: int, answer: int | None, audio: Computer) -> None:
        if answer is None:
            assert audio.call(number, 0) == 0
        else:
            assert audio.refused(number) == answer


def test_a_data_sector_of_audio_is_eio(audio: Computer) -> None:
    """CDROMREADMODE1 and CDROMREADMODE2; before the disc begins EINVAL."""
    assert audio.refused(0x530D, audio.memory.store(bytes((0, 2, 0)).ljust(2352, b"\0"))) == errno.EIO
    for number in (0x530C, 0x530D):
        assert audio.refused(number, audio.memory.store(bytes(2352))) == errno.EINVAL


def test_when_the_disc_was_changed_is_told(clock: ManualClock) -> None:
    recorder = VirtualRecorder(Medium.new(), clock=clock)
    computer = Computer(recorder, clock)
    layout = struct.Struct("<qQ")
    before, changed = layout.unpack(computer.filled(0x5396, layout.pack(1 << 62, 0), layout.size))
    assert not changed
    clock.sleep(5)
    recorder.insert(Medium.new())
    later, changed = layout.unpack(computer.filled(0x5396, layout.pack(before, 0), layout.size))
    assert (later - before, changed) == (5000, 1)
    assert layout.unpack(computer.filled(0x5396, layout.pack(later, 0), layout.size)) == (later, 0)


def test_the_oldest_ways_of_commanding(audio: Computer) -> None:
    """SCSI_IOCTL_TEST_UNIT_READY, STOP_UNIT, START_UNIT, SEND_COMMAND, GET_PCI."""
    assert [audio.call(number) for number in (2, 6, 5)] == [0, 0, 0]
    cdb = bytes((0x12, 0, 0, 0, 36, 0))
    data = audio.filled(1, struct.pack("<II", 0, 36) + cdb, 8 + 64)
    assert data[8 + 8 : 8 + 15] == b"REDBOOK"
    at = audio.memory.store(struct.pack("<II", 0, 36) + bytes((0xFF,)).ljust(64, b"\0"))
    assert audio.call(1, at) == 2  # CHECK CONDITION
    assert audio.memory.read(at + 8, 14)[12] == 0x20
    assert audio.refused(1, audio.memory.store(struct.pack("<II", 5000, 0).ljust(64, b"\0"))) == errno.EINVAL
    assert audio.filled(0x5387, b"", 20).rstrip(b"\0")
    audio.recorder.remove()
    assert audio.call(2) == 2
