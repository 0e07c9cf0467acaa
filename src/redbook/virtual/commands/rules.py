"""When the virtual recorder executes which command: with an attention pending, without a disc, while it
works.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from redbook.mmc import capacity, control, events, identify, mode_pages, performance, playback, read
from redbook.mmc.command import Command
from redbook.mmc.decode import ALL_COMMANDS
from redbook.mmc.write import Blank, CloseTrackSession, ReadBufferCapacity, SynchronizeCache, Write10

_DESPITE_ATTENTION = (
    identify.Inquiry,
    identify.InquireVitalProductData,
    identify.GetConfiguration,
    control.RequestSense,
    events.GetEventStatusNotification,
)
"""Commands that are executed while a unit attention is pending, and leave it pending (SAM-4 5.14)."""

_WITHOUT_MEDIUM = (
    *_DESPITE_ATTENTION,
    capacity.ReadCapacity,
    capacity.ReadFormatCapacities,
    mode_pages.ModeSense10,
    mode_pages.ModeSelect10,
    control.StartStopUnit,
    control.PreventAllowMediumRemoval,
    control.SetCdSpeed,
    performance.SetStreaming,
    performance.GetPerformance,
    playback.MechanismStatus,
)
_WHILE_BUSY = (
    *_DESPITE_ATTENTION,
    mode_pages.ModeSense10,
    ReadBufferCapacity,
    control.PreventAllowMediumRemoval,
    playback.MechanismStatus,
)
"""Commands answered while a session is closed or a disc blanked."""

_LEAVE_WRITING_ALONE = (*_WHILE_BUSY, Write10, control.TestUnitReady, SynchronizeCache, CloseTrackSession)
"""For any other command, a completely sent session counts as closed: its lead-out follows automatically."""

_STOP_PLAYING = (read.ReadCd, read.ReadCdMsf, read.Read10, Write10, Blank, control.StartStopUnit)


class Rules(NamedTuple):
    """When a command may be done: looked up once for each class, because every command needs it."""

    despite_attention: bool
    without_medium: bool
    while_busy: bool
    leaves_writing_alone: bool
    stops_playing: bool

    @classmethod
    def of(cls, command: type[Command[Any]]) -> Self:
        kinds = (_DESPITE_ATTENTION, _WITHOUT_MEDIUM, _WHILE_BUSY, _LEAVE_WRITING_ALONE, _STOP_PLAYING)
        return cls(*(issubclass(command, kind) for kind in kinds))


RULES = {command: Rules.of(command) for command in ALL_COMMANDS}
