"""Burn audio CDs, on a real or a virtual recorder, and check that they are right.

import redbook

with redbook.open_drive("virtual:demo.disc") as drive:
    report = redbook.burn(["a.flac", "b.mp3"], drive, on_event=print)
print(report.verified, report.tracks[0].accuraterip_v2)
"""

from __future__ import annotations

from redbook._version import __version__

TYPE_CHECKING = False  # type checkers know the name; importing typing would take as long as all else here

if TYPE_CHECKING:
    from typing import Any

    from redbook.audio.format import Tags
    from redbook.audio.sectors import PreparedTrack
    from redbook.audio.source import Source
    from redbook.authoring.arrange import Border
    from redbook.authoring.levels import Level, Levels
    from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
    from redbook.authoring.wishes import CdText, Join, Loudness, Mode, Wishes
    from redbook.burning.copying import CopyReport, copy
    from redbook.burning.databases import DatabaseAnswer, TrackAnswer
    from redbook.burning.eject import eject, load
    from redbook.burning.job_reports import BurnReport, VerifyReport
    from redbook.burning.jobs import blank, burn, close_disc, plan, verify
    from redbook.burning.looking import DiscInfo, disc_info
    from redbook.burning.planning import Plan, PlannedTrack, TrackReport
    from redbook.burning.reading import read
    from redbook.burning.rip_report import ReadReport, ReadTrack
    from redbook.burning.saved_burn_report import verify_report
    from redbook.burning.sheet_files import SheetReport, write_sheet
    from redbook.burning.splitting import split
    from redbook.clock import Clock
    from redbook.disc import Toc, TocTrack
    from redbook.disc.cd_text import PackType, Texts
    from redbook.disc.layout import LaidTrack, SessionLayout
    from redbook.drive import Drive
    from redbook.engine.events import (
        DiscOfSeveral,
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
    from redbook.engine.inspect import Abilities, DiscContents
    from redbook.engine.labels import DiscLabels
    from redbook.engine.plan import Space
    from redbook.engine.speed import MAX_SPEED, Speeds
    from redbook.engine.steps import Point
    from redbook.engine.verification import Check, Difference, Hidden, Verdict, Verification
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
    from redbook.mmc.disc_info import DiscInformation, DiscStatus, SessionStatus, TrackInformation
    from redbook.production.making import CopiesReport, make_copies
    from redbook.recorders.discs import create_disc
    from redbook.recorders.listing import drives
    from redbook.recorders.names import open_drive
    from redbook.recorders.real_drives import DriveEntry
    from redbook.recorders.watching import (
        DriveAdded,
        DriveEvent,
        DriveRemoved,
        DriveWatch,
        MediumInserted,
        MediumRemoved,
    )
    from redbook.runner.cancel import Cancel
    from redbook.sheets import SheetOptions
    from redbook.virtual.faults import BadSpot, Fault

_HOMES = {
    "Abilities": "redbook.engine.inspect",
    "AudioError": "redbook.errors",
    "BadSpot": "redbook.virtual.faults",
    "Border": "redbook.authoring.arrange",
    "BurnFailed": "redbook.errors",
    "BurnReport": "redbook.burning.job_reports",
    "Cancel": "redbook.runner.cancel",
    "Cancelled": "redbook.errors",
    "CdText": "redbook.authoring.wishes",
    "Check": "redbook.engine.verification",
    "Clock": "redbook.clock",
    "CloseFailed": "redbook.errors",
    "CopiesReport": "redbook.production.making",
    "CopyReport": "redbook.burning.copying",
    "make_copies": "redbook.production.making",
    "CueSheetRefused": "redbook.errors",
    "DatabaseAnswer": "redbook.burning.databases",
    "Difference": "redbook.engine.verification",
    "DiscContents": "redbook.engine.inspect",
    "DiscInfo": "redbook.burning.looking",
    "DiscInformation": "redbook.mmc.disc_info",
    "DiscOfSeveral": "redbook.engine.events",
    "DiscStatus": "redbook.mmc.disc_info",
    "Drive": "redbook.drive",
    "DriveAdded": "redbook.recorders.watching",
    "DriveBusy": "redbook.errors",
    "DriveEntry": "redbook.recorders.real_drives",
    "DriveError": "redbook.errors",
    "DriveEvent": "redbook.recorders.watching",
    "DriveNotFound": "redbook.errors",
    "DriveRemoved": "redbook.recorders.watching",
    "DriveWatch": "redbook.recorders.watching",
    "EraseFailed": "redbook.errors",
    "Event": "redbook.engine.events",
    "Fault": "redbook.virtual.faults",
    "Hidden": "redbook.engine.verification",
    "ImageError": "redbook.errors",
    "Join": "redbook.authoring.wishes",
    "LaidTrack": "redbook.disc.layout",
    "Level": "redbook.authoring.levels",
    "Levels": "redbook.authoring.levels",
    "Loudness": "redbook.authoring.wishes",
    "MAX_SPEED": "redbook.engine.speed",
    "MediumInserted": "redbook.recorders.watching",
    "MediumRemoved": "redbook.recorders.watching",
    "MediumUnsuitable": "redbook.errors",
    "Mode": "redbook.authoring.wishes",
    "NoRoom": "redbook.errors",
    "NotCommitted": "redbook.errors",
    "NotReadWhole": "redbook.errors",
    "Notice": "redbook.engine.events",
    "PackType": "redbook.disc.cd_text",
    "Phase": "redbook.engine.events",
    "PhaseStarted": "redbook.engine.events",
    "Piece": "redbook.authoring.program",
    "Plan": "redbook.burning.planning",
    "PlanError": "redbook.errors",
    "Point": "redbook.engine.steps",
    "PreparedTrack": "redbook.audio.sectors",
    "Program": "redbook.authoring.program",
    "ProgramTrack": "redbook.authoring.program",
    "Progress": "redbook.engine.events",
    "ReadReport": "redbook.burning.rip_report",
    "ReadTrack": "redbook.burning.rip_report",
    "RedbookError": "redbook.errors",
    "Segment": "redbook.authoring.program",
    "SenseError": "redbook.errors",
    "SessionLayout": "redbook.disc.layout",
    "SessionStatus": "redbook.mmc.disc_info",
    "SheetError": "redbook.errors",
    "SheetOptions": "redbook.sheets",
    "SheetReport": "redbook.burning.sheet_files",
    "Source": "redbook.audio.source",
    "SourceRead": "redbook.engine.events",
    "Space": "redbook.engine.plan",
    "Speeds": "redbook.engine.speed",
    "Stopping": "redbook.engine.events",
    "Tags": "redbook.audio.format",
    "Texts": "redbook.disc.cd_text",
    "Toc": "redbook.disc",
    "TocTrack": "redbook.disc",
    "DiscLabels": "redbook.engine.labels",
    "TrackAnswer": "redbook.burning.databases",
    "TrackEnded": "redbook.engine.events",
    "TrackInformation": "redbook.mmc.disc_info",
    "PlannedTrack": "redbook.burning.planning",
    "TrackReport": "redbook.burning.planning",
    "TrackStarted": "redbook.engine.events",
    "TrackVerified": "redbook.engine.events",
    "TransportError": "redbook.errors",
    "Verdict": "redbook.engine.verification",
    "Verification": "redbook.engine.verification",
    "VerificationFailed": "redbook.errors",
    "VerifyReport": "redbook.burning.job_reports",
    "Waiting": "redbook.engine.events",
    "Wishes": "redbook.authoring.wishes",
    "Working": "redbook.engine.events",
    "blank": "redbook.burning.jobs",
    "burn": "redbook.burning.jobs",
    "close_disc": "redbook.burning.jobs",
    "copy": "redbook.burning.copying",
    "create_disc": "redbook.recorders.discs",
    "disc_info": "redbook.burning.looking",
    "drives": "redbook.recorders.listing",
    "eject": "redbook.burning.eject",
    "load": "redbook.burning.eject",
    "open_drive": "redbook.recorders.names",
    "plan": "redbook.burning.jobs",
    "read": "redbook.burning.reading",
    "split": "redbook.burning.splitting",
    "verify": "redbook.burning.jobs",
    "verify_report": "redbook.burning.saved_burn_report",
    "write_sheet": "redbook.burning.sheet_files",
}
"""Where each public name lives; it is imported when it is first used, so starting is quick."""


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
    "Abilities",
    "AudioError",
    "BadSpot",
    "Border",
    "BurnFailed",
    "BurnReport",
    "Cancel",
    "Cancelled",
    "CdText",
    "Check",
    "Clock",
    "CloseFailed",
    "CopiesReport",
    "CopyReport",
    "CueSheetRefused",
    "DatabaseAnswer",
    "Difference",
    "DiscContents",
    "DiscInfo",
    "DiscInformation",
    "DiscLabels",
    "DiscOfSeveral",
    "DiscStatus",
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
    "Fault",
    "Hidden",
    "ImageError",
    "Join",
    "LaidTrack",
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
    "PlannedTrack",
    "Point",
    "PreparedTrack",
    "Program",
    "ProgramTrack",
    "Progress",
    "ReadReport",
    "ReadTrack",
    "RedbookError",
    "Segment",
    "SenseError",
    "SessionLayout",
    "SessionStatus",
    "SheetError",
    "SheetOptions",
    "SheetReport",
    "Source",
    "SourceRead",
    "Space",
    "Speeds",
    "Stopping",
    "Tags",
    "Texts",
    "Toc",
    "TocTrack",
    "TrackAnswer",
    "TrackEnded",
    "TrackInformation",
    "TrackReport",
    "TrackStarted",
    "TrackVerified",
    "TransportError",
    "Verdict",
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
    "make_copies",
    "open_drive",
    "plan",
    "read",
    "split",
    "verify",
    "verify_report",
    "write_sheet",
]
