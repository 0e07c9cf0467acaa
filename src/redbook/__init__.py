"""Burn audio CDs, on a real or a virtual recorder, and know that they are right.

import redbook

with redbook.open_drive("virtual:demo.disc") as drive:
    report = redbook.burn(["a.flac", "b.mp3"], drive, on_event=print)
print(report.verified, report.tracks[0].accuraterip_v2)
"""

from typing import TYPE_CHECKING, Any

from redbook._version import __version__

if TYPE_CHECKING:
    from redbook.audio.source import Source
    from redbook.authoring.levels import Level, Levels
    from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
    from redbook.authoring.wishes import CdText, Join, Loudness, Wishes
    from redbook.burning.copying import CopyReport, copy
    from redbook.burning.jobs import blank, burn, close_disc, plan, verify
    from redbook.burning.looking import disc_info
    from redbook.burning.planning import Mode, Plan, TrackReport
    from redbook.burning.read_report import ReadReport, ReadTrack
    from redbook.burning.reading import read
    from redbook.burning.reports import BurnReport, DiscInfo, VerifyReport
    from redbook.burning.sheet_files import write_sheet
    from redbook.burning.tray import eject, load
    from redbook.disc.cd_text import PackType, Texts
    from redbook.drive import Drive
    from redbook.engine.events import (
        Event,
        Notice,
        Phase,
        PhaseStarted,
        Progress,
        SourceRead,
        Stopping,
        TrackEnded,
        TrackStarted,
        TrackVerified,
        Waiting,
        Working,
    )
    from redbook.engine.speed import MAX_SPEED
    from redbook.engine.steps import Point
    from redbook.engine.verification import Verification
    from redbook.errors import (
        AudioError,
        BurnFailed,
        Cancelled,
        CloseFailed,
        CueSheetRefused,
        DriveBusy,
        DriveError,
        DriveNotFound,
        EraseFailed,
        ImageError,
        MediumUnsuitable,
        NoRoom,
        NotCommitted,
        NotReadWhole,
        PlanError,
        RedbookError,
        SenseError,
        SheetError,
        TransportError,
        VerificationFailed,
    )
    from redbook.recorders.discs import create_disc
    from redbook.recorders.listing import drives
    from redbook.recorders.names import open_drive
    from redbook.recorders.real import DriveEntry
    from redbook.recorders.watching import (
        DriveAdded,
        DriveEvent,
        DriveRemoved,
        DriveWatch,
        MediumInserted,
        MediumRemoved,
    )
    from redbook.runner.runner import Cancel
    from redbook.sheets import SheetOptions

_HOMES = {
    "CdText": "redbook.authoring.wishes",
    "CueSheetRefused": "redbook.errors",
    "Join": "redbook.authoring.wishes",
    "Level": "redbook.authoring.levels",
    "Levels": "redbook.authoring.levels",
    "Loudness": "redbook.authoring.wishes",
    "Mode": "redbook.burning.planning",
    "PackType": "redbook.disc.cd_text",
    "Piece": "redbook.authoring.program",
    "Program": "redbook.authoring.program",
    "ProgramTrack": "redbook.authoring.program",
    "Segment": "redbook.authoring.program",
    "SheetError": "redbook.errors",
    "SheetOptions": "redbook.sheets",
    "Source": "redbook.audio.source",
    "Texts": "redbook.disc.cd_text",
    "Verification": "redbook.engine.verification",
    "Wishes": "redbook.authoring.wishes",
    "write_sheet": "redbook.burning.sheet_files",
    "MAX_SPEED": "redbook.engine.speed",
    "AudioError": "redbook.errors",
    "BurnFailed": "redbook.errors",
    "BurnReport": "redbook.burning.reports",
    "Cancel": "redbook.runner.runner",
    "Cancelled": "redbook.errors",
    "DiscInfo": "redbook.burning.reports",
    "Drive": "redbook.drive",
    "DriveAdded": "redbook.recorders.watching",
    "DriveBusy": "redbook.errors",
    "DriveEntry": "redbook.recorders.real",
    "DriveError": "redbook.errors",
    "DriveEvent": "redbook.recorders.watching",
    "DriveNotFound": "redbook.errors",
    "DriveRemoved": "redbook.recorders.watching",
    "DriveWatch": "redbook.recorders.watching",
    "CloseFailed": "redbook.errors",
    "EraseFailed": "redbook.errors",
    "Event": "redbook.engine.events",
    "ImageError": "redbook.errors",
    "MediumInserted": "redbook.recorders.watching",
    "MediumRemoved": "redbook.recorders.watching",
    "MediumUnsuitable": "redbook.errors",
    "NoRoom": "redbook.errors",
    "NotCommitted": "redbook.errors",
    "Notice": "redbook.engine.events",
    "Phase": "redbook.engine.events",
    "PhaseStarted": "redbook.engine.events",
    "Plan": "redbook.burning.planning",
    "PlanError": "redbook.errors",
    "Point": "redbook.engine.steps",
    "Progress": "redbook.engine.events",
    "RedbookError": "redbook.errors",
    "SenseError": "redbook.errors",
    "SourceRead": "redbook.engine.events",
    "Stopping": "redbook.engine.events",
    "TrackEnded": "redbook.engine.events",
    "TrackReport": "redbook.burning.planning",
    "TrackStarted": "redbook.engine.events",
    "TrackVerified": "redbook.engine.events",
    "TransportError": "redbook.errors",
    "VerificationFailed": "redbook.errors",
    "VerifyReport": "redbook.burning.reports",
    "Waiting": "redbook.engine.events",
    "Working": "redbook.engine.events",
    "blank": "redbook.burning.jobs",
    "burn": "redbook.burning.jobs",
    "close_disc": "redbook.burning.jobs",
    "create_disc": "redbook.recorders.discs",
    "disc_info": "redbook.burning.looking",
    "drives": "redbook.recorders.listing",
    "eject": "redbook.burning.tray",
    "load": "redbook.burning.tray",
    "open_drive": "redbook.recorders.names",
    "plan": "redbook.burning.jobs",
    "verify": "redbook.burning.jobs",
    "read": "redbook.burning.reading",
    "copy": "redbook.burning.copying",
    "ReadReport": "redbook.burning.read_report",
    "ReadTrack": "redbook.burning.read_report",
    "CopyReport": "redbook.burning.copying",
    "NotReadWhole": "redbook.errors",
}
"""Where each public name lives; it is imported when it is first asked for, so that starting is quick."""


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "MAX_SPEED",
    "AudioError",
    "BurnFailed",
    "BurnReport",
    "Cancel",
    "Cancelled",
    "CdText",
    "CloseFailed",
    "CopyReport",
    "CueSheetRefused",
    "DiscInfo",
    "Drive",
    "DriveAdded",
    "DriveBusy",
    "DriveEntry",
    "DriveError",
    "DriveEvent",
    "DriveNotFound",
    "DriveRemoved",
    "DriveWatch",
    "EraseFailed",
    "Event",
    "ImageError",
    "Join",
    "Level",
    "Levels",
    "Loudness",
    "MediumInserted",
    "MediumRemoved",
    "MediumUnsuitable",
    "Mode",
    "NoRoom",
    "NotCommitted",
    "NotReadWhole",
    "Notice",
    "PackType",
    "Phase",
    "PhaseStarted",
    "Piece",
    "Plan",
    "PlanError",
    "Point",
    "Program",
    "ProgramTrack",
    "Progress",
    "ReadReport",
    "ReadTrack",
    "RedbookError",
    "Segment",
    "SenseError",
    "SheetError",
    "SheetOptions",
    "Source",
    "SourceRead",
    "Stopping",
    "Texts",
    "TrackEnded",
    "TrackReport",
    "TrackStarted",
    "TrackVerified",
    "TransportError",
    "Verification",
    "VerificationFailed",
    "VerifyReport",
    "Waiting",
    "Wishes",
    "Working",
    "__version__",
    "blank",
    "burn",
    "close_disc",
    "copy",
    "create_disc",
    "disc_info",
    "drives",
    "eject",
    "load",
    "open_drive",
    "plan",
    "read",
    "verify",
    "write_sheet",
]
