"""Burn audio CDs, on a real or a virtual recorder, and know that they are right.

import redbook

with redbook.open_drive("virtual:demo.disc") as drive:
    report = redbook.burn(["a.flac", "b.mp3"], drive, on_event=print)
print(report.verified, report.tracks[0].accuraterip_v2)
"""

from redbook._version import __version__
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
from redbook.discovery import DriveEntry, create_disc, drives, open_drive
from redbook.drive import Drive
from redbook.engine.events import (
    Event,
    Notice,
    Phase,
    PhaseStarted,
    Progress,
    SourceRead,
    TrackEnded,
    TrackStarted,
    TrackVerified,
    Working,
)
from redbook.engine.runner import Cancel
from redbook.errors import (
    AudioError,
    BurnFailed,
    Cancelled,
    DriveBusy,
    DriveError,
    DriveNotFound,
    ImageError,
    MediumUnsuitable,
    PlanError,
    RedbookError,
    SenseError,
    TransportError,
    VerificationFailed,
)

__all__ = [
    "AudioError",
    "BurnFailed",
    "BurnReport",
    "Cancel",
    "Cancelled",
    "DiscInfo",
    "Drive",
    "DriveBusy",
    "DriveEntry",
    "DriveError",
    "DriveNotFound",
    "Event",
    "ImageError",
    "MediumUnsuitable",
    "Notice",
    "Phase",
    "PhaseStarted",
    "Plan",
    "PlanError",
    "Progress",
    "RedbookError",
    "SenseError",
    "SourceRead",
    "TrackEnded",
    "TrackReport",
    "TrackStarted",
    "TrackVerified",
    "TransportError",
    "VerificationFailed",
    "VerifyReport",
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
