"""From bytes on the wire to commands, for the virtual recorder."""

from __future__ import annotations

from typing import Any

from redbook.mmc import (
    capacity,
    control,
    cue_sheet,
    disc_info,
    disc_structure,
    events,
    identify,
    mode_pages,
    performance,
    playback,
    read,
    write,
)
from redbook.mmc.command import Command

_COMMANDS: tuple[type[Command[Any]], ...] = (
    capacity.ReadCapacity,
    capacity.ReadFormatCapacities,
    control.TestUnitReady,
    control.RequestSense,
    control.StartStopUnit,
    control.PreventAllowMediumRemoval,
    control.SendOpcInformation,
    control.SetCdSpeed,
    cue_sheet.SendCueSheet,
    disc_info.ReadDiscInformation,
    disc_info.ReadTrackInformation,
    disc_structure.ReadDiscStructure,
    events.GetEventStatusNotification,
    identify.GetConfiguration,
    mode_pages.ModeSense6,
    mode_pages.ModeSense10,
    mode_pages.ModeSelect6,
    mode_pages.ModeSelect10,
    performance.GetPerformance,
    performance.SetStreaming,
    playback.PlayAudio10,
    playback.PlayAudio12,
    playback.PlayAudioMsf,
    playback.PauseResume,
    playback.StopPlayScan,
    playback.Seek10,
    playback.ReadSubChannel,
    playback.MechanismStatus,
    read.Read10,
    read.Read12,
    read.ReadCd,
    read.ReadCdMsf,
    read.ReadHeader,
    write.Write10,
    write.Write12,
    write.SynchronizeCache,
    write.CloseTrackSession,
    write.Blank,
    write.ReadBufferCapacity,
)
_BY_OPCODE: dict[int, type[Command[Any]]] = {command.OPCODE: command for command in _COMMANDS}
_BY_TOC_FORMAT: dict[int, type[Command[Any]]] = {
    0: disc_info.ReadToc,
    1: disc_info.ReadSessionInformation,
    2: disc_info.ReadFullToc,
    3: disc_info.ReadPma,
    4: disc_info.ReadAtip,
    5: disc_info.ReadCdText,
}
_INQUIRIES: tuple[type[Command[Any]], ...] = (identify.Inquiry, identify.InquireVitalProductData)

ALL_COMMANDS: tuple[type[Command[Any]], ...] = (*_COMMANDS, *_BY_TOC_FORMAT.values(), *_INQUIRIES)

CDB_BYTES = {0: 6, 1: 10, 2: 10, 4: 16, 5: 12}
"""Length by command group, the top three bits of the opcode; others may have any.  Source: SPC-4 4.2.5.1."""


class UnknownOpcode(ValueError):
    """No command of ours has this opcode."""


def decode(cdb: bytes, data_out: bytes | memoryview = b"") -> Command[Any]:
    """The command in these bytes.

    cdb  any length; bytes past the command's own are ignored, missing ones count as zero
    raises  UnknownOpcode, ValueError  for a field without meaning
    """
    opcode = cdb[0] if cdb else 0
    length = CDB_BYTES.get(opcode >> 5, 0)
    cdb = cdb[:length].ljust(length, b"\0")
    if opcode == disc_info.READ_TOC_OPCODE:
        kind = _BY_TOC_FORMAT.get(disc_info.toc_format(cdb))
        if kind is None:
            raise ValueError(f"READ TOC format {disc_info.toc_format(cdb)}")
        return kind.from_cdb(cdb, data_out)
    if opcode == identify.Inquiry.OPCODE:
        return _INQUIRIES[cdb[1] & 1].from_cdb(cdb, data_out)
    known = _BY_OPCODE.get(opcode)
    if known is None:
        raise UnknownOpcode(f"opcode {opcode:02X}h")
    return known.from_cdb(cdb, data_out)


def name_of(cdb: bytes) -> str:
    """The command's name as the standard writes it; its opcode if the name is not known."""
    if not cdb:
        return "a command without bytes"
    if cdb[0] == disc_info.READ_TOC_OPCODE:
        return disc_info.ReadToc.NAME
    known = _INQUIRIES[0] if cdb[0] == identify.Inquiry.OPCODE else _BY_OPCODE.get(cdb[0])
    return known.NAME if known else f"command {cdb[0]:02X}h"
