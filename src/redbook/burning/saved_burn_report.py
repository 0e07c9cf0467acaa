"""A disc compared with a report of its burn, when its sources are gone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from redbook.burning.fingerprints import from_json, layout_from_json, verify_fingerprints
from redbook.burning.job_reports import VerifyReport
from redbook.clock import Clock
from redbook.disc.layout import SessionLayout
from redbook.drive import Drive
from redbook.engine.fingerprint import Fingerprint
from redbook.errors import AudioError, printable
from redbook.records import dataclass
from redbook.runner.caller import Listener
from redbook.runner.cancel import Cancel

VERSION = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What a report holds about a burn, to compare a disc with."""

    at_once: bool
    layout: SessionLayout
    sent: list[Fingerprint]


def verify_report(
    path: str | os.PathLike[str],
    drive: Drive,
    *,
    read_speed: float | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> VerifyReport:
    """Compare a disc with the report that `redbook burn --report FILE.json` saved.

    The result has no tracks, because there are no sources.

    read_speed  multiple of 1x, MAX_SPEED for as fast as the drive can; None for 24x

    raises  AudioError          the file is not such a report, or it is damaged
            VerificationFailed  the disc is not what was burned; .report says where
            DriveError, Cancelled
    """
    kept = read(Path(path))
    return verify_fingerprints(
        kept.sent,
        kept.layout,
        kept.at_once,
        drive,
        read_speed=read_speed,
        on_event=on_event,
        cancel=cancel,
        clock=clock,
    )


def read(path: Path) -> Kept:
    """Read a report that `redbook burn --report FILE.json` has saved.

    raises  AudioError  for a file that is not such a report, or is damaged
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise AudioError(f"{printable(path)} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AudioError(f"{printable(path)} is not a redbook report: it is not UTF-8") from error
    try:
        saved: Any = json.loads(text)
        version = saved["report"]
        if version != VERSION:
            raise AudioError(
                f"{printable(path)} is a report of version {version}; this redbook reads {VERSION}"
            )
        kept = Kept(
            saved["mode"] == "sao",
            layout_from_json(saved["layout"]),
            [from_json(one) for one in saved["fingerprints"]],
        )
        if len(kept.sent) != len(kept.layout.tracks) or not kept.sent:
            raise ValueError("a fingerprint for each track")
    except (ValueError, TypeError, KeyError) as error:
        raise AudioError(
            f"{printable(path)} is not a report that a disc can be compared with, or it is damaged: "
            "give one that --report saved under a name ending in .json"
        ) from error
    return kept
