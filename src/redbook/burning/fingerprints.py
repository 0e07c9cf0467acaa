"""What was sent to a disc, small enough to keep in a file.

A disc is compared with it when the masters are gone.
"""

from __future__ import annotations

import base64
import sys
import zlib
from array import array
from dataclasses import asdict
from typing import Any

from redbook.burning.checking import in_words
from redbook.burning.job_reports import VerifyReport
from redbook.burning.remembered import habits_of, known_drive, remember_reading
from redbook.clock import Clock
from redbook.disc.layout import LaidTrack, Pregap, SessionLayout
from redbook.drive import Drive
from redbook.engine import verify as verifying
from redbook.engine.conclude import conclude
from redbook.engine.fingerprint import Fingerprint, Landmark
from redbook.engine.locate import not_located
from redbook.engine.verify import READ_SPEED
from redbook.errors import VerificationFailed
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel


def to_json(sent: Fingerprint) -> dict[str, Any]:
    """The fingerprint as JSON. Binary parts are deflated, in base64; CRC-32s are little-endian."""
    sums = array("I", sent.sums)
    if sys.byteorder == "big":
        sums.byteswap()
    return {
        "sha256": sent.sha256,
        "crc32": _packed(sums.tobytes()),
        "landmarks": [{"sector": mark.sector, "audio": _packed(mark.audio)} for mark in sent.landmarks],
        "head": _packed(sent.head),
        "tail": _packed(sent.tail),
    }


def from_json(kept: dict[str, Any]) -> Fingerprint:
    """The fingerprint that `to_json` has written.

    raises  ValueError, TypeError, KeyError  for what was not made by `to_json`
    """
    sums = array("I", _unpacked(kept["crc32"]))
    if sys.byteorder == "big":
        sums.byteswap()
    marks = tuple(Landmark(int(mark["sector"]), _unpacked(mark["audio"])) for mark in kept["landmarks"])
    return Fingerprint(
        str(kept["sha256"]), len(sums), sums, marks, _unpacked(kept["head"]), _unpacked(kept["tail"])
    )


def layout_to_json(layout: SessionLayout) -> dict[str, Any]:
    """The layout as JSON; CD-Text is deflated, in base64."""
    return {**asdict(layout), "cd_text": _packed(layout.cd_text)}


def layout_from_json(kept: dict[str, Any]) -> SessionLayout:
    """The layout that `layout_to_json` has written.

    raises  ValueError, TypeError, KeyError  for what was not made by it
    """
    tracks = tuple(
        LaidTrack(**track | {"pregap": Pregap(track["pregap"]), "indexes": tuple(track["indexes"])})
        for track in kept["tracks"]
    )
    return SessionLayout(**kept | {"tracks": tracks, "cd_text": _unpacked(kept["cd_text"])})


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def _unpacked(text: str) -> bytes:
    """raises  ValueError  for a damaged text"""
    try:
        return zlib.decompress(base64.b64decode(text, validate=True))
    except zlib.error as error:
        raise ValueError(str(error)) from error


def verify_fingerprints(
    sent: list[Fingerprint],
    layout: SessionLayout,
    at_once: bool,
    drive: Drive,
    *,
    read_speed: float | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> VerifyReport:
    """Compare a disc with what was kept of a burn. The report has no tracks, because there are no sources.

    at_once     it was written session-at-once: what it holds besides its samples is also compared
    read_speed  multiple of 1x, MAX_SPEED for as fast as the drive can; None for 24x

    raises  VerificationFailed, DriveError, Cancelled
    """
    caller = Caller.of(on_event, cancel, clock)
    key, known = known_drive(drive, caller)
    asked = verifying.VerifyRequest(
        speed=read_speed or READ_SPEED,
        offset_hint=known.offset_samples,
        habits=habits_of(drive, known),
        session=layout if at_once else None,
    )
    procedure = verifying.verify(layout.tracks, sent, asked)
    found = caller.run(drive, procedure, sum(one.sectors for one in sent))
    remember_reading(drive, key, known, found, asked.habits)
    differences = [
        not_located(reading, found.offset.samples) for reading in found.readings if not reading.same
    ]
    verification = conclude(found, differences)
    report = VerifyReport(verification.same, [], verification)
    if not report.same:
        raise VerificationFailed(in_words(verification), report)
    return report
