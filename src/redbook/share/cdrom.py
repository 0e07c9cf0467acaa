"""A CD drive as Linux presents it: the ioctls of /dev/srN, turned into MMC commands as its drivers do it.

Source: Linux 6.1, drivers/cdrom/cdrom.c, drivers/scsi/sr.c and sr_ioctl.c
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from redbook.disc import LEAD_OUT, SECTOR_BYTES, Msf
from redbook.mmc.capacity import DATA_SECTOR_BYTES
from redbook.mmc.command import Command
from redbook.mmc.control import PreventAllowMediumRemoval, SetCdSpeed, StartStopUnit
from redbook.mmc.disc_info import (
    ReadDiscInformation,
    ReadSessionInformation,
    ReadToc,
    ReadTrackInformation,
    TrackInformation,
)
from redbook.mmc.mode_pages import ModeSelect10, PageControl
from redbook.mmc.playback import PauseResume, PlayAudio10, PlayAudioMsf, ReadSubChannel, SubChannelFormat
from redbook.mmc.read import ReadCd, Selection
from redbook.share import ioctls
from redbook.share.cd_drive import BLOCK_BYTES, CdDrive
from redbook.share.ioctls import Block, Cdrom, DiscStatus, Sg
from redbook.share.sg import MAX_TRANSFER_BYTES, SR_VERSION, TICKS_PER_SECOND, SgFile
from redbook.share.umockdev import CallFailed, Memory

_MOST_AUDIO_SECTORS = 75
_SPEED_1X_KB = 177
_AUDIO_CONTROL = 0x0E
_VOLUMES = slice(9, 16, 2)  # of the four ports
_WHOLE_SECTORS, _MODE_2, _USER_DATA = Selection(0xF8), Selection(0x58), Selection(0x10)


class SrFile(SgFile):
    """One open() of /dev/srN."""

    VERSION = SR_VERSION
    NODE = "sr"

    def __init__(self, cd: CdDrive) -> None:
        self.cd = cd
        super().__init__(cd.device)
        with cd.lock:
            cd.openers += 1

    def close(self) -> None:
        with self.cd.lock:
            self.cd.openers -= 1

    def read(self, memory: Memory, address: int, length: int) -> int:
        """Read data sectors; there are none."""
        raise CallFailed(errno.EIO)

    def write(self, memory: Memory, address: int, length: int) -> int:
        raise CallFailed(errno.EIO)

    def _calls_of_this_node(self) -> dict[int, Callable[[Memory, int], int]]:
        return {
            **self._tray_and_drive_calls(),
            **self._disc_calls(),
            **self._play_calls(),
            Block.GET_READ_ONLY: lambda memory, at: _put(memory, at, ioctls.INT, 0),
            Block.GET_SIZE: lambda memory, at: _put(memory, at, ioctls.LONG, self.cd.sectors_of_512()),
            Block.GET_SIZE_64: lambda memory, at: _put(
                memory, at, ioctls.LONG, self.cd.sectors_of_512() * BLOCK_BYTES
            ),
            Block.GET_SECTOR_BYTES: lambda memory, at: _put(memory, at, ioctls.INT, DATA_SECTOR_BYTES),
            Block.GET_BLOCK_BYTES: lambda memory, at: _put(memory, at, ioctls.INT, DATA_SECTOR_BYTES),
            Block.GET_MAX_SECTORS: lambda memory, at: _put(
                memory, at, ioctls.UNSIGNED_SHORT, MAX_TRANSFER_BYTES // BLOCK_BYTES
            ),
            Block.FLUSH: lambda memory, at: 0,
            **self._queue_calls(),
            Sg.DOORLOCK: lambda memory, at: self._lock_door(memory, 1),
            Sg.DOORUNLOCK: lambda memory, at: self._lock_door(memory, 0),
        }

    def _queue_calls(self) -> dict[int, Callable[[Memory, int], int]]:
        """The calls that the block layer answers for any disk.  Source: block/ioctl.c"""
        return {
            Block.SET_READ_ONLY: lambda memory, at: _as_root(0),
            Block.READ_PARTITIONS: lambda memory, at: _as_root(errno.EINVAL),  # a CD has none
            Block.PARTITION: lambda memory, at: _as_root(errno.EINVAL),
            Block.SET_READ_AHEAD: self._set_read_ahead,
            Block.SET_FILE_READ_AHEAD: self._set_read_ahead,
            Block.GET_READ_AHEAD: lambda memory, at: _put(memory, at, ioctls.LONG, self.cd.read_ahead),
            Block.GET_FILE_READ_AHEAD: lambda memory, at: _put(memory, at, ioctls.LONG, self.cd.read_ahead),
            Block.SET_BLOCK_BYTES: lambda memory, at: _as_root(0),
            Block.GET_LEAST_IO_BYTES: lambda memory, at: _put(memory, at, ioctls.UNSIGNED, DATA_SECTOR_BYTES),
            Block.GET_BEST_IO_BYTES: lambda memory, at: _put(memory, at, ioctls.UNSIGNED, 0),
            Block.GET_ALIGNMENT: lambda memory, at: _put(memory, at, ioctls.INT, 0),
            Block.GET_PHYSICAL_BYTES: lambda memory, at: _put(memory, at, ioctls.UNSIGNED, DATA_SECTOR_BYTES),
            Block.GET_DISCARD_ZEROES: lambda memory, at: _put(memory, at, ioctls.UNSIGNED, 0),
            Block.DISCARD: lambda memory, at: _fail(errno.EOPNOTSUPP),
            Block.DISCARD_SECURELY: lambda memory, at: _fail(errno.EOPNOTSUPP),
            Block.FILL_WITH_ZEROES: lambda memory, at: _fail(errno.EIO),
            Block.GET_ROTATIONAL: lambda memory, at: _put(memory, at, ioctls.UNSIGNED_SHORT, 1),
            Block.GET_SEQUENCE: lambda memory, at: _put(memory, at, ioctls.LONG, self.device.number + 1),
        }

    def _set_read_ahead(self, memory: Memory, argument: int) -> int:
        _as_root(0)
        self.cd.read_ahead = argument
        return 0

    def _tray_and_drive_calls(self) -> dict[int, Callable[[Memory, int], int]]:
        return {
            Cdrom.EJECT: self._eject,
            Cdrom.CLOSE_TRAY: lambda memory, at: self._run(StartStopUnit(True, True)),
            Cdrom.EJECT_BY_SOFTWARE: self._eject_by_software,
            Cdrom.LOCK_DOOR: self._lock_door,
            Cdrom.SET_OPTIONS: self._set_options,
            Cdrom.CLEAR_OPTIONS: self._clear_options,
            Cdrom.SELECT_SPEED: self._select_speed,
            Cdrom.MEDIA_CHANGED: self._media_changed,
            Cdrom.DRIVE_STATUS: lambda memory, at: self.cd.status(),
            Cdrom.CHANGER_SLOTS: lambda memory, at: 1,
            Cdrom.GET_CAPABILITY: lambda memory, at: int(self.cd.capabilities),
            Cdrom.RESET: lambda memory, at: 0,  # sr_reset does nothing
            Cdrom.SEND_PACKET: self._send_packet,
            Cdrom.TIMED_MEDIA_CHANGE: self._timed_media_change,
            Cdrom.DEBUG: lambda memory, at: _as_root(0) or int(bool(at)),
        }

    def _disc_calls(self) -> dict[int, Callable[[Memory, int], int]]:
        return {
            Cdrom.DISC_STATUS: self._disc_status,
            Cdrom.READ_TOC_HEADER: self._read_toc_header,
            Cdrom.READ_TOC_ENTRY: self._read_toc_entry,
            Cdrom.MULTISESSION: self._multisession,
            Cdrom.SUBCHANNEL: self._subchannel,
            Cdrom.GET_MCN: self._get_mcn,
            Cdrom.READ_AUDIO: self._read_audio,
            Cdrom.READ_RAW: lambda memory, at: self._read_one(memory, at, _WHOLE_SECTORS, ReadCd.ANY_TYPE),
            Cdrom.READ_MODE_1: lambda memory, at: self._read_one(memory, at, _USER_DATA, ReadCd.MODE_1),
            Cdrom.READ_MODE_2: lambda memory, at: self._read_one(memory, at, _MODE_2, ReadCd.ANY_TYPE),
            Cdrom.NEXT_WRITABLE: self._next_writable,
            Cdrom.LAST_WRITTEN: self._last_written,
        }

    def _play_calls(self) -> dict[int, Callable[[Memory, int], int]]:
        return {
            Cdrom.PLAY_MSF: self._play_msf,
            Cdrom.PLAY_TRACK_INDEX: self._play_track_index,
            Cdrom.PLAY_BLOCKS: self._play_blocks,
            Cdrom.PAUSE: lambda memory, at: self._run(PauseResume(False)),
            Cdrom.RESUME: lambda memory, at: self._run(PauseResume(True)),
            Cdrom.START: lambda memory, at: self._run(StartStopUnit(True, immediate=True)),
            Cdrom.GET_VOLUME: self._get_volume,
            Cdrom.SET_VOLUME: self._set_volume,
            Cdrom.STOP: lambda memory, at: self._run(StartStopUnit(False, immediate=True)),
        }

    def _run(self, command: Command[Any]) -> int:
        self.cd.fetch(command)
        return 0

    # Tray and drive

    def _eject(self, memory: Memory, argument: int) -> int:
        if self.cd.openers != 1 or self.cd.kept_locked:
            raise CallFailed(errno.EBUSY)
        self._run(PreventAllowMediumRemoval(False))
        return self._run(StartStopUnit(False, True))

    def _eject_by_software(self, memory: Memory, argument: int) -> int:
        self.cd.options = self.cd.options & ~3 | (3 if argument else 0)
        return 0

    def _lock_door(self, memory: Memory, argument: int) -> int:
        self.cd.kept_locked = bool(argument)
        return self._run(PreventAllowMediumRemoval(bool(argument)))

    def _set_options(self, memory: Memory, argument: int) -> int:
        self.cd.options |= argument & 0x7FFFFFFF
        return self.cd.options

    def _clear_options(self, memory: Memory, argument: int) -> int:
        self.cd.options &= ~argument
        return self.cd.options

    def _select_speed(self, memory: Memory, argument: int) -> int:
        """Set the reading speed, a multiple of 1x; 0 for the fastest.  Like sr, send 0 as writing speed."""
        return self._run(SetCdSpeed(min(argument * _SPEED_1X_KB, 0xFFFF) or 0xFFFF, 0))

    def _media_changed(self, memory: Memory, argument: int) -> int:
        self.cd.test_unit_ready()
        changed, self.cd.changed = self.cd.changed, False
        return int(changed)

    def _timed_media_change(self, memory: Memory, address: int) -> int:
        """Whether the disc has changed since the time that an earlier call returned, in ms of a clock."""
        since, _ = ioctls.MEDIA_CHANGE.unpack(memory.read(address, ioctls.MEDIA_CHANGE.size))
        self.cd.test_unit_ready()
        changed_ms = round(self.cd.changed_at * 1000)
        return _put(memory, address, ioctls.MEDIA_CHANGE, changed_ms, int(changed_ms > since))

    def _send_packet(self, memory: Memory, address: int) -> int:
        """Source: scsi_cdrom_send_packet"""
        packet = ioctls.PacketCommand.from_bytes(memory.read(address, ioctls.PacketCommand.LAYOUT.size))
        if packet.length > MAX_TRANSFER_BYTES:
            raise CallFailed(errno.EIO)
        sending = packet.DIRECTIONS.get(packet.direction) == ioctls.Direction.TO_DEVICE
        data_out = memory.read(packet.address, packet.length) if sending else b""
        outcome, _ = self._execute(
            packet.cdb,
            data_out,
            0 if sending else packet.length,
            packet.timeout_ticks * 1000 // TICKS_PER_SECOND,
        )
        if not sending:
            memory.write(packet.address, memoryview(outcome.data)[: packet.length])
        if packet.sense_address:
            memory.write(packet.sense_address, outcome.sense[: packet.SENSE_LENGTH])
        failed = errno.EIO if outcome.status or outcome.host else 0
        memory.write(address, packet.answered(outcome.residue, -failed))
        if failed:
            raise CallFailed(failed)
        return 0

    # What is on the disc

    def _toc_entry(self, track: int, msf: bool) -> bytes:
        """Eight bytes of the table of contents: control, number, address."""
        data = self.cd.fetch(ReadToc(msf, track, 12))
        if len(data) < 12:
            raise CallFailed(errno.EIO)
        return data[4:12]

    def _toc_header(self) -> tuple[int, int]:
        data = self.cd.fetch(ReadToc(False, 0, 12))
        if len(data) < 4:
            raise CallFailed(errno.EIO)
        return data[2], data[3]

    def _read_toc_header(self, memory: Memory, address: int) -> int:
        return _put(memory, address, ioctls.TOC_HEADER, *self._toc_header())

    def _read_toc_entry(self, memory: Memory, address: int) -> int:
        track, _, form, _, _ = ioctls.TOC_ENTRY.unpack(memory.read(address, ioctls.TOC_ENTRY.size))
        entry = self._toc_entry(track, _is_msf(form))
        control = entry[1] & 0xF
        return _put(
            memory,
            address,
            ioctls.TOC_ENTRY,
            track,
            entry[1] >> 4 | control << 4,  # two bit fields of four bits each
            form,
            _address(entry[4:8], _is_msf(form)),
            control >> 2 & 1,
        )

    def _disc_status(self, memory: Memory, argument: int) -> int:
        """Source: cdrom_ioctl_disc_status; XA is not distinguished"""
        try:
            first, last = self._toc_header()
        except CallFailed as failed:
            return DiscStatus.NO_DISC if failed.errno == errno.ENOMEDIUM else DiscStatus.NO_INFO
        kinds = {self._toc_entry(track, False)[1] & 4 for track in range(first, last + 1)}
        if len(kinds) == 2:
            return DiscStatus.MIXED
        return DiscStatus.DATA_1 if 4 in kinds else DiscStatus.AUDIO

    def _multisession(self, memory: Memory, address: int) -> int:
        """Where the last session starts; 0 if there is only one, or if the drive does not say."""
        _, _, form = ioctls.MULTISESSION.unpack(memory.read(address, ioctls.MULTISESSION.size))
        msf = _is_msf(form)
        try:
            info = self.cd.run(ReadSessionInformation())
            lba = info.start_lba if info.first_track_of_last_session > 1 else 0
        except CallFailed:
            lba = 0
        four = bytes((0, *_three(Msf.from_lba(lba)))) if msf else lba.to_bytes(4, "big", signed=True)
        return _put(memory, address, ioctls.MULTISESSION, _address(four, msf), lba > 0, form)

    def _subchannel(self, memory: Memory, address: int) -> int:
        form = memory.read(address, 1)[0]
        msf = _is_msf(form)
        data = self.cd.fetch(ReadSubChannel(SubChannelFormat.POSITION, 0, msf, True, 16))
        data = data.ljust(16, b"\0")
        return _put(
            memory,
            address,
            ioctls.SUBCHANNEL,
            form,
            data[1],
            data[5] >> 4 | (data[5] & 0xF) << 4,
            data[6],
            data[7],
            _address(data[8:12], msf),
            _address(data[12:16], msf),
        )

    def _get_mcn(self, memory: Memory, address: int) -> int:
        data = self.cd.fetch(ReadSubChannel(SubChannelFormat.MCN, 0, False, True, 24))
        return _put(memory, address, ioctls.MCN, data[9:22])

    def _read_audio(self, memory: Memory, address: int) -> int:
        four, form, count, target = ioctls.READ_AUDIO.unpack(memory.read(address, ioctls.READ_AUDIO.size))
        lba = Msf(*four[:3]).lba if _is_msf(form) else int.from_bytes(four, "little", signed=True)
        if lba < 0 or not 0 < count <= _MOST_AUDIO_SECTORS:
            raise CallFailed(errno.EINVAL)
        return self._read_sectors(memory, target, ReadCd(lba, count, ReadCd.CD_DA, _WHOLE_SECTORS))

    def _read_one(self, memory: Memory, address: int, selection: Selection, kind: int) -> int:
        """Read a sector into the place where its address was.  Source: mmc_ioctl_cdrom_read_data"""
        start = Msf(*memory.read(address, 3))
        if start.lba < 0:
            raise CallFailed(errno.EINVAL)
        return self._read_sectors(memory, address, ReadCd(start.lba, 1, kind, selection))

    def _read_sectors(self, memory: Memory, target: int, command: ReadCd) -> int:
        data = self.cd.fetch(command)
        memory.write(target, data[: command.sectors * SECTOR_BYTES])
        return 0

    def _last_track(self) -> TrackInformation:
        """The last track that is not blank."""
        last = self.cd.run(ReadDiscInformation()).last_track_of_last_session
        info = self.cd.run(ReadTrackInformation(last))
        return self.cd.run(ReadTrackInformation(last - 1)) if info.blank and last > 1 else info

    def _next_writable(self, memory: Memory, address: int) -> int:
        info = self._last_track()
        if info.next_writable_lba is None:
            raise CallFailed(errno.EIO)
        return _put(memory, address, ioctls.LONG, info.next_writable_lba)

    def _last_written(self, memory: Memory, address: int) -> int:
        """Source: cdrom_get_last_written; a packet's link takes 7 sectors"""
        info = self._last_track()
        end = info.last_recorded_lba
        if end is None:
            end = info.start_lba + info.track_sectors - (info.free_sectors + 7 if info.free_sectors else 0)
        return _put(memory, address, ioctls.LONG, end)

    # Playing

    def _play_msf(self, memory: Memory, address: int) -> int:
        six = ioctls.MSF_RANGE.unpack(memory.read(address, ioctls.MSF_RANGE.size))
        return self._run(PlayAudioMsf(Msf(*six[:3]), Msf(*six[3:])))

    def _play_track_index(self, memory: Memory, address: int) -> int:
        """Play whole tracks as an MSF range, as sr does if a drive has no PLAY AUDIO TRACK/INDEX."""
        first, _, last, _ = ioctls.TRACK_INDEX.unpack(memory.read(address, ioctls.TRACK_INDEX.size))
        behind = LEAD_OUT if last in (LEAD_OUT, self._toc_header()[1]) else last + 1
        start, end = (Msf(*self._toc_entry(track, True)[5:8]) for track in (first, behind))
        return self._run(PlayAudioMsf(start, end))

    def _get_volume(self, memory: Memory, address: int) -> int:
        page = self.cd.mode_page(_AUDIO_CONTROL)
        return _put(memory, address, ioctls.VOLUME, *page[_VOLUMES])

    def _set_volume(self, memory: Memory, address: int) -> int:
        """Set the volume, but only the bits that the drive calls changeable."""
        mask = self.cd.mode_page(_AUDIO_CONTROL, PageControl.CHANGEABLE)[_VOLUMES]
        page = bytearray(self.cd.mode_page(_AUDIO_CONTROL))
        wanted = memory.read(address, ioctls.VOLUME.size)
        page[_VOLUMES] = bytes(value & bits for value, bits in zip(wanted, mask, strict=True))
        return self._run(ModeSelect10(bytes(page)))

    def _play_blocks(self, memory: Memory, address: int) -> int:
        start, count = ioctls.BLOCK_RANGE.unpack(memory.read(address, ioctls.BLOCK_RANGE.size))
        return self._run(PlayAudio10(start, count))


def _is_msf(form: int) -> bool:
    if form not in (ioctls.CDROM_LBA, ioctls.CDROM_MSF):
        raise CallFailed(errno.EINVAL)
    return form == ioctls.CDROM_MSF


def _fail(number: int) -> int:
    raise CallFailed(number)


def _as_root(failed: int) -> int:
    """Answer a call that needs CAP_SYS_ADMIN; `failed` is the errno that even root gets, 0 for none."""
    if os.geteuid() or failed:
        raise CallFailed(failed if not os.geteuid() else errno.EACCES)
    return 0


def _three(msf: Msf) -> tuple[int, int, int]:
    return msf.minute, msf.second, msf.frame


def _address(four: bytes, msf: bool) -> bytes:
    """`union cdrom_addr`: three bytes of MSF, or an int in the machine's byte order."""
    return four[1:4] + b"\0" if msf else four[::-1]


def _put(memory: Memory, address: int, layout: Any, *values: Any) -> int:
    memory.write(address, layout.pack(*values))
    return 0
