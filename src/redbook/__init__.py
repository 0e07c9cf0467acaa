"""Burn audio CDs, on a real or a virtual recorder, and know that they are right.

import redbook

with redbook.open_drive("virtual:demo.disc") as drive:
    report = redbook.burn(["a.flac", "b.mp3"], drive, on_event=print)
print(report.verified, report.tracks[0].accuraterip_v2)
"""

from typing import TYPE_CHECKING, Any

from redbook._version import __version__

if TYPE_CHECKING:
    from redbook.burning import (
        BurnReport,
        DiscInfo,
        Plan,
        TrackReport,
        VerifyReport,
        blank,
        burn,
        close_disc,
        disc_info,
        plan,
        verify,
    )
    from redbook.discovery import create_disc, drives, open_drive
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
    from redbook.engine.runner import Cancel
    from redbook.engine.speed import MAX_SPEED
    from redbook.errors import (
        AudioError,
        BurnFailed,
        Cancelled,
        CloseFailed,
        DriveBusy,
        DriveError,
        DriveNotFound,
        EraseFailed,
        ImageError,
        MediumUnsuitable,
        NoRoom,
        PlanError,
        RedbookError,
        SenseError,
        TransportError,
        VerificationFailed,
    )
    from redbook.recorders import DriveEntry
    from redbook.watching import (
        DriveAdded,
        DriveEvent,
        DriveRemoved,
        DriveWatch,
        MediumInserted,
        MediumRemoved,
    )

_HOMES = {
    "MAX_SPEED": "redbook.engine.speed",
    "AudioError": "redbook.errors",
    "BurnFailed": "redbook.errors",
    "BurnReport": "redbook.burning",
    "Cancel": "redbook.engine.runner",
    "Cancelled": "redbook.errors",
    "DiscInfo": "redbook.burning",
    "Drive": "redbook.drive",
    "DriveAdded": "redbook.watching",
    "DriveBusy": "redbook.errors",
    "DriveEntry": "redbook.recorders",
    "DriveError": "redbook.errors",
    "DriveEvent": "redbook.watching",
    "DriveNotFound": "redbook.errors",
    "DriveRemoved": "redbook.watching",
    "DriveWatch": "redbook.watching",
    "CloseFailed": "redbook.errors",
    "EraseFailed": "redbook.errors",
    "Event": "redbook.engine.events",
    "ImageError": "redbook.errors",
    "MediumInserted": "redbook.watching",
    "MediumRemoved": "redbook.watching",
    "MediumUnsuitable": "redbook.errors",
    "NoRoom": "redbook.errors",
    "Notice": "redbook.engine.events",
    "Phase": "redbook.engine.events",
    "PhaseStarted": "redbook.engine.events",
    "Plan": "redbook.burning",
    "PlanError": "redbook.errors",
    "Progress": "redbook.engine.events",
    "RedbookError": "redbook.errors",
    "SenseError": "redbook.errors",
    "SourceRead": "redbook.engine.events",
    "Stopping": "redbook.engine.events",
    "TrackEnded": "redbook.engine.events",
    "TrackReport": "redbook.burning",
    "TrackStarted": "redbook.engine.events",
    "TrackVerified": "redbook.engine.events",
    "TransportError": "redbook.errors",
    "VerificationFailed": "redbook.errors",
    "VerifyReport": "redbook.burning",
    "Waiting": "redbook.engine.events",
    "Working": "redbook.engine.events",
    "blank": "redbook.burning",
    "burn": "redbook.burning",
    "close_disc": "redbook.burning",
    "create_disc": "redbook.discovery",
    "disc_info": "redbook.burning",
    "drives": "redbook.discovery",
    "open_drive": "redbook.discovery",
    "plan": "redbook.burning",
    "verify": "redbook.burning",
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
    "CloseFailed",
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
    "MediumInserted",
    "MediumRemoved",
    "MediumUnsuitable",
    "NoRoom",
    "Notice",
    "Phase",
    "PhaseStarted",
    "Plan",
    "PlanError",
    "Progress",
    "RedbookError",
    "SenseError",
    "SourceRead",
    "Stopping",
    "TrackEnded",
    "TrackReport",
    "TrackStarted",
    "TrackVerified",
    "TransportError",
    "VerificationFailed",
    "VerifyReport",
    "Waiting",
    "Working",
    "__version__",
    "blank",
    "burn",
    "close_disc",
    "create_disc",
    "disc_info",
    "drives",
    "open_drive",
    "plan",
    "verify",
]
