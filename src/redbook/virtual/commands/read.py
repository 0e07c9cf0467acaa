"""The commands that read sectors, with what real drives make of them: offsets, jitter, forms they refuse."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from redbook.disc import Msf, data_sector
from redbook.mmc import read, sense
from redbook.mmc.command import Command
from redbook.virtual import reading
from redbook.virtual.faults import BadSpot
from redbook.virtual.mechanism import Mechanism
from redbook.virtual.refused import Refused

_TYPE_NAMES = {read.ReadCd.ANY_TYPE: "any", read.ReadCd.CD_DA: "cd-da"}
_SEED = 2010  # two runs of one program meet the same jitter


class ReadCommands:
    """handlers    by class of command
    room_bytes  what the host has room for in the current command
    displaced_samples  how much later than usual its audio is
    """

    def __init__(self, mechanism: Mechanism, bad_spots: Sequence[BadSpot]) -> None:
        self._mechanism = mechanism
        self._bad_spots = bad_spots
        self.room_bytes = 0
        self.displaced_samples = 0
        self._readings = 0
        self._spoiled_load = 0
        self._chance = random.Random(_SEED)
        self.handlers: dict[type[Command[Any]], Callable[[Any], bytes | None]] = {
            read.Read10: self._read_data,
            read.Read12: self._read_data,
            read.ReadHeader: self._read_header,
            read.ReadCd: lambda c: self._read_cd(c.lba, c.sectors, c),
            read.ReadCdMsf: lambda c: self._read_cd(c.start.lba, c.end.sectors - c.start.sectors, c),
        }

    def _read_cd(self, lba: int, sectors: int, command: read.ReadCd | read.ReadCdMsf) -> bytes:
        medium = self._mechanism.require_disc()
        model = self._mechanism.model
        kind, selection = command.sector_type, command.selection
        self._check_form(lba, sectors, kind, selection)
        data = reading.read_cd(
            medium,
            lba,
            sectors,
            kind,
            selection,
            self._bad_spots,
            self.room_bytes,
            self._moved_by(),
            model.sub_channel_offset,
        )
        if model.spoils_first_read and self._spoiled_load != self._mechanism.loads and selection.main_bytes:
            self._spoiled_load = self._mechanism.loads
            data = bytes(len(data) // 2) + data[len(data) // 2 :]
        self._take_time(lba, sectors)
        return data

    def _take_time(self, lba: int, sectors: int) -> None:
        """What the host has no room for was not read."""
        most = -(-self.room_bytes // data_sector.USER_BYTES)
        self._mechanism.read(lba, min(sectors, most), self._mechanism.require_disc().state.end_lba)

    def _check_form(self, lba: int, sectors: int, kind: int, selection: read.Selection) -> None:
        """raises  Refused 5/24/00, 5/21/00  for what this model does not accept"""
        model = self._mechanism.model
        if kind in _TYPE_NAMES and _TYPE_NAMES[kind] not in model.read_types:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        if model.read_fields and selection.main_channel and selection.main_channel not in model.read_fields:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        if model.most_read_sectors and sectors > model.most_read_sectors:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        if lba < 0 and not model.reads_before_zero:
            raise Refused(sense.ILLEGAL, 0x21, 0, lba)

    def _moved_by(self) -> int:
        """By how many samples the audio of this command is late."""
        model = self._mechanism.model
        late = model.read_offset + self.displaced_samples
        self.displaced_samples = 0
        self._readings += 1
        if not model.jitter or self._readings % model.jitter_every:
            return late
        if model.jitter_every > 1:  # now and then, always the same
            return late + model.jitter
        most = abs(model.jitter)
        return late + self._chance.randint(-most, most)

    def _read_data(self, command: read.Read10) -> bytes:
        """Audio sectors have no 2048 bytes of data."""
        medium = self._mechanism.require_disc()
        data = reading.read_user_data(medium, command.lba, command.sectors, self._bad_spots, self.room_bytes)
        self._take_time(command.lba, command.sectors)
        return data

    def _read_header(self, command: read.ReadHeader) -> bytes:
        """The data mode and the address; audio sectors have no header."""
        medium = self._mechanism.require_disc()
        medium.check_readable(command.lba, 1)
        mode = medium.data_mode(command.lba)
        if mode <= 0:
            raise Refused(sense.ILLEGAL, 0x64, 0, command.lba)
        reading.check_spots(self._bad_spots, command.lba, 1)
        time = Msf.from_lba(command.lba)
        address = bytes((0, time.minute, time.second, time.frame))
        return bytes((mode, 0, 0, 0)) + (
            address if command.msf else command.lba.to_bytes(4, "big", signed=True)
        )
