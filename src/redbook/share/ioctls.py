"""The ioctls of Linux's sg, sr and cdrom drivers as data: numbers, structures, constants.

Structures are those of 64-bit programs on little-endian machines.
Source: <scsi/sg.h>, <scsi/scsi_ioctl.h>, <linux/cdrom.h>, <linux/fs.h>
"""

from __future__ import annotations

from enum import IntEnum, IntFlag, unique
from struct import Struct
from typing import ClassVar, Self

from redbook.records import dataclass


@unique
class Sg(IntEnum):
    """Ioctls of a SCSI device, whichever node was opened."""

    SEND_COMMAND = 1
    TEST_UNIT_READY = 2
    START_UNIT = 5
    STOP_UNIT = 6
    SET_TIMEOUT = 0x2201
    GET_TIMEOUT = 0x2202
    EMULATED_HOST = 0x2203
    GET_COMMAND_Q = 0x2270
    SET_COMMAND_Q = 0x2271
    GET_RESERVED_SIZE = 0x2272
    SET_RESERVED_SIZE = 0x2275
    GET_SCSI_ID = 0x2276
    SET_FORCE_LOW_DMA = 0x2279
    GET_LOW_DMA = 0x227A
    SET_FORCE_PACK_ID = 0x227B
    GET_PACK_ID = 0x227C
    GET_NUM_WAITING = 0x227D
    SET_DEBUG = 0x227E
    GET_SG_TABLESIZE = 0x227F
    GET_VERSION_NUM = 0x2282
    NEXT_CMD_LEN = 0x2283
    SCSI_RESET = 0x2284
    IO = 0x2285
    GET_REQUEST_TABLE = 0x2286
    SET_KEEP_ORPHAN = 0x2287
    GET_KEEP_ORPHAN = 0x2288
    GET_ACCESS_COUNT = 0x2289
    DOORLOCK = 0x5380
    DOORUNLOCK = 0x5381
    GET_IDLUN = 0x5382
    PROBE_HOST = 0x5385
    GET_BUS_NUMBER = 0x5386
    GET_PCI = 0x5387


@unique
class Cdrom(IntEnum):
    """Ioctls of a CD drive, on its block device."""

    PAUSE = 0x5301
    RESUME = 0x5302
    PLAY_MSF = 0x5303
    PLAY_TRACK_INDEX = 0x5304
    READ_TOC_HEADER = 0x5305
    READ_TOC_ENTRY = 0x5306
    STOP = 0x5307
    START = 0x5308
    EJECT = 0x5309
    SET_VOLUME = 0x530A
    SUBCHANNEL = 0x530B
    READ_MODE_2 = 0x530C
    READ_MODE_1 = 0x530D
    READ_AUDIO = 0x530E
    EJECT_BY_SOFTWARE = 0x530F
    MULTISESSION = 0x5310
    GET_MCN = 0x5311
    RESET = 0x5312
    GET_VOLUME = 0x5313
    READ_RAW = 0x5314
    PLAY_BLOCKS = 0x5317
    CLOSE_TRAY = 0x5319
    SET_OPTIONS = 0x5320
    CLEAR_OPTIONS = 0x5321
    SELECT_SPEED = 0x5322
    MEDIA_CHANGED = 0x5325
    DRIVE_STATUS = 0x5326
    DISC_STATUS = 0x5327
    CHANGER_SLOTS = 0x5328
    LOCK_DOOR = 0x5329
    DEBUG = 0x5330
    GET_CAPABILITY = 0x5331
    SEND_PACKET = 0x5393
    NEXT_WRITABLE = 0x5394
    LAST_WRITTEN = 0x5395
    TIMED_MEDIA_CHANGE = 0x5396


@unique
class Block(IntEnum):
    """Ioctls of a block device."""

    SET_READ_ONLY = 0x125D
    GET_READ_ONLY = 0x125E
    READ_PARTITIONS = 0x125F
    GET_SIZE = 0x1260
    FLUSH = 0x1261
    SET_READ_AHEAD = 0x1262
    GET_READ_AHEAD = 0x1263
    SET_FILE_READ_AHEAD = 0x1264
    GET_FILE_READ_AHEAD = 0x1265
    GET_MAX_SECTORS = 0x1267
    GET_SECTOR_BYTES = 0x1268
    PARTITION = 0x1269
    DISCARD = 0x1277
    GET_LEAST_IO_BYTES = 0x1278
    GET_BEST_IO_BYTES = 0x1279
    GET_ALIGNMENT = 0x127A
    GET_PHYSICAL_BYTES = 0x127B
    GET_DISCARD_ZEROES = 0x127C
    DISCARD_SECURELY = 0x127D
    GET_ROTATIONAL = 0x127E
    FILL_WITH_ZEROES = 0x127F
    SET_BLOCK_BYTES = 0x40081271
    GET_BLOCK_BYTES = 0x80081270
    GET_SIZE_64 = 0x80081272
    GET_SEQUENCE = 0x80081280


@unique
class HostStatus(IntEnum):
    """What happened to a command on its way.  Source: <scsi/scsi_status.h>, DID_*"""

    OK = 0
    NO_CONNECT = 1
    TIME_OUT = 3
    ERROR = 7


@unique
class Direction(IntEnum):
    """SG_DXFER_*"""

    NONE = -1
    TO_DEVICE = -2
    FROM_DEVICE = -3
    BOTH = -4


@unique
class DriveStatus(IntEnum):
    """CDS_*, the answer to DRIVE_STATUS."""

    NO_DISC = 1
    TRAY_OPEN = 2
    NOT_READY = 3
    DISC_OK = 4


@unique
class DiscStatus(IntEnum):
    """CDS_*, the answer to DISC_STATUS."""

    NO_INFO = 0
    NO_DISC = 1
    AUDIO = 100
    DATA_1 = 101
    MIXED = 105


class Capability(IntFlag):
    """CDC_*: what a drive can do."""

    CLOSE_TRAY = 0x1
    OPEN_TRAY = 0x2
    LOCK = 0x4
    SELECT_SPEED = 0x8
    MULTI_SESSION = 0x20
    MCN = 0x40
    MEDIA_CHANGED = 0x80
    PLAY_AUDIO = 0x100
    RESET = 0x200
    DRIVE_STATUS = 0x800
    GENERIC_PACKET = 0x1000
    CD_R = 0x2000
    CD_RW = 0x4000


CDROM_LBA, CDROM_MSF = 1, 2
SENSE_PRESENT = 8  # driver_status: DRIVER_SENSE
CHECK = 1  # info: SG_INFO_CHECK


@dataclass(frozen=True, slots=True)
class SgIoHeader:
    """`struct sg_io_hdr`, the part that a program fills in."""

    LAYOUT: ClassVar[Struct] = Struct("=iiBBHIQQQI")
    SIZE: ClassVar[int] = 88
    RESULT: ClassVar[Struct] = Struct("=BBBBHHiII")
    RESULT_OFFSET: ClassVar[int] = 64

    interface: int
    direction: int
    cdb_length: int
    max_sense_length: int
    segment_count: int
    length: int
    data_address: int
    cdb_address: int
    sense_address: int
    timeout_ms: int

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Self:
        return cls(*cls.LAYOUT.unpack_from(data))

    @classmethod
    def result(
        cls, status: int, sense_length: int, host_status: int, residue: int, duration_ms: int
    ) -> bytes:
        """What the kernel fills in, from RESULT_OFFSET on."""
        driver_status = SENSE_PRESENT if status == 2 else 0
        info = CHECK if status or host_status else 0
        masked = status >> 1 & 0x1F
        return cls.RESULT.pack(
            status, masked, 0, sense_length, host_status, driver_status, residue, duration_ms, info
        )


@dataclass(frozen=True, slots=True)
class PacketCommand:
    """`struct cdrom_generic_command`, which SEND_PACKET takes."""

    LAYOUT: ClassVar[Struct] = Struct("=12s4xQIiQB3xii4xQ")
    SENSE_LENGTH: ClassVar[int] = 64
    DIRECTIONS: ClassVar[dict[int, int]] = {1: Direction.TO_DEVICE, 2: Direction.FROM_DEVICE}

    cdb: bytes
    address: int
    length: int
    status: int
    sense_address: int
    direction: int
    quiet: int
    timeout_ticks: int
    reserved: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        return cls(*cls.LAYOUT.unpack(data))

    def answered(self, residue: int, status: int) -> bytes:
        """The same structure with the outcome; the kernel puts the residue where the length was."""
        return self.LAYOUT.pack(
            self.cdb,
            self.address,
            residue,
            status,
            self.sense_address,
            self.direction,
            self.quiet,
            self.timeout_ticks,
            self.reserved,
        )


INT = Struct("=i")
UNSIGNED = Struct("=I")
LONG = Struct("=q")
UNSIGNED_SHORT = Struct("=H")
SEGMENT = Struct("=QQ")  # struct iovec
ID_LUN = Struct("=II")
SCSI_ID = Struct("=iiiiihh8x")  # struct sg_scsi_id
TOC_HEADER = Struct("=BB")
TOC_ENTRY = Struct("=BBBx4sB3x")
MSF_RANGE = Struct("=6B")
TRACK_INDEX = Struct("=4B")
BLOCK_RANGE = Struct("=IHxx")
SUBCHANNEL = Struct("=BBBBBxxx4s4s")
READ_AUDIO = Struct("=4sB3xi4xQ")
MULTISESSION = Struct("=4sBBxx")
MCN = Struct("=14s")
VOLUME = Struct("=4B")
MEDIA_CHANGE = Struct("=qQ")  # struct cdrom_timed_media_change_info
COMMAND_LENGTHS = Struct("=II")  # struct scsi_ioctl_command, the part before its data
REQUEST = Struct("=4BiQIi")  # struct sg_req_info

NAMES: dict[int, str] = {
    **{number.value: f"SG {number.name}" for number in Sg},
    **{number.value: f"CDROM {number.name}" for number in Cdrom},
    **{number.value: f"BLK {number.name}" for number in Block},
}
