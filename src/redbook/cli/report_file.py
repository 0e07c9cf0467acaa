"""A report of a burn to keep: a text for people, or JSON, with which a disc can be compared later."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from redbook._version import __version__
from redbook.authoring.wishes import Mode
from redbook.burning.cd_text_json import cd_text_as_json
from redbook.burning.fingerprints import layout_to_json, to_json
from redbook.burning.job_reports import BurnReport
from redbook.burning.planning import Plan
from redbook.burning.saved_burn_report import VERSION
from redbook.cli import shapes
from redbook.cli.describe import loudness_in_words
from redbook.cli.options import exists_already
from redbook.cli.times import length
from redbook.disc.layout import LaidTrack, Pregap
from redbook.drive import Drive
from redbook.engine.fingerprint import Fingerprint
from redbook.engine.glance import who_is_it
from redbook.engine.makers import dye, maker
from redbook.errors import NoRoom, PlanError, VerificationFailed, printable
from redbook.runner.caller import Caller
from redbook.runner.cancel import Cancel

_IDS = {
    "musicbrainz_id": "MusicBrainz disc ID",
    "freedb_id": "freedb disc ID",
    "accuraterip_id": "AccurateRip disc ID",
}


def shape(
    plan: Plan,
    sent: Sequence[Fingerprint],
    report: BurnReport,
    drive: str,
    serial: str,
    burned_at: datetime,
) -> dict[str, Any]:
    """Everything, as JSON.

    sent       of each track, what a disc is compared with
    burned_at  with its time zone
    """
    atip = plan.disc.atip
    layout = plan.layout
    if plan.mode is Mode.TAO:  # where the drive has put them
        tracks = [LaidTrack(t.number, t.start_lba, t.sectors, pregap=Pregap.BY_DRIVE) for t in report.tracks]
        layout = replace(layout, tracks=tuple(tracks))
    return {
        "report": VERSION,
        "burned_at": burned_at.isoformat(timespec="seconds"),
        "redbook": __version__,
        "recorder": {
            **{key: getattr(plan.drive.inquiry, key) for key in ("vendor", "product", "revision")},
            "serial": serial or None,
        },
        "disc": {
            **shapes.disc(plan.disc, plan.drive.profile),
            "maker": (maker(atip.lead_in_start) if atip else "") or None,
            "dye": (dye(atip) if atip else "") or None,
        },
        "ids_are_of": "the new disc, with its gaps; not of the disc that the sources came from",
        "mcn": layout.mcn or None,
        "cd_text": [cd_text_as_json(texts) for texts in plan.texts] if layout.cd_text else [],
        **{key: value for key, value in shapes.burned(report, drive).items() if key != "event"},
        "verification": _verdict(report),
        "layout": layout_to_json(layout),
        "fingerprints": [to_json(one) for one in sent],
    }


def _verdict(report: BurnReport) -> str:
    if report.verification is None:
        return "not read back"
    return "identical" if report.verification.same else "different"


def in_words(kept: dict[str, Any]) -> str:
    """The same for people."""
    recorder, disc = kept["recorder"], kept["disc"]
    medium = (disc["medium"] or "unknown").upper()
    lines = [
        f"Burned {kept['burned_at']} with redbook {kept['redbook']}",
        "",
        f"recorder      {recorder['vendor']} {recorder['product']} {recorder['revision']} ({kept['drive']})",
        f"serial        {recorder['serial'] or 'not reported'}",
        f"disc          {medium}, made by {disc['maker'] or 'an unknown manufacturer'}"
        + (f", {disc['dye']}" if disc["dye"] else ""),
        f"ATIP          lead-in {disc['atip_lead_in_start']}, last lead-out {disc['atip_last_lead_out']}",
        f"written       {'session-at-once' if kept['mode'] == 'sao' else 'track-at-once'}"
        + (f" at {kept['speed']:g}x" if kept["speed"] else "")
        + (f" ({kept['measured_speed']}x measured)" if kept["measured_speed"] else ""),
        f"session       {'closed' if kept['finalized'] else 'open'}",
        f"supply        host buffer at least {kept['host_buffer_lowest']:.0%} full, "
        f"{kept['underruns']} times empty",
        f"read back     {kept['verification']}",
        f"offset        {_offset(kept['offset_samples'])}",
    ]
    lines += [
        f"  {check['promise']}: {check['verdict']} {check['text']}".rstrip() for check in kept["checks"]
    ]
    if kept["loudness"]:
        lines += ["", *loudness_in_words(kept["loudness"])]
    lines += ["", f"{'#':>2}  {'start':>6}  {'length':>6}  {'AccurateRip v1':14}  {'v2':8}  source"]
    for track in kept["tracks"]:
        times = f"{length(track['start_lba']):>6}  {length(track['sectors']):>6}"
        sums = f"{track['accuraterip_v1']:14}  {track['accuraterip_v2']:8}"
        lines += [f"{track['number']:>2}  {times}  {sums}  {printable(track['source'])}"]
        lines += [f"      SHA-256 {track['sha256']}"]
    lines += ["", *(f"{name:20}  {kept[key] or 'none'}" for key, name in _IDS.items())]
    lines += [f"These IDs are of {kept['ids_are_of']}."]
    return "\n".join(lines) + "\n"


def _offset(samples: int | None) -> str:
    return "not known" if samples is None else f"the recorder reads this disc {samples:+d} samples late"


def write(path: Path, kept: dict[str, Any]) -> None:
    """JSON for a name that ends with .json, else text.

    raises  NoRoom  if it cannot be written; then none of it is left
    """
    text = json.dumps(kept, indent=1) + "\n" if path.suffix.lower() == ".json" else in_words(kept)
    try:
        with path.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            os.truncate(path, 0)
        raise NoRoom(
            f"the report could not be written to {printable(path)} ({error.strerror}), and is lost"
        ) from error


@contextlib.contextmanager
def keeping(path: Path, plan: Plan, drive: Drive, cancel: Cancel) -> Iterator[Callable[[BurnReport], None]]:
    """Around a burn; what it yields writes the report, and a disc that differs gets one, too.

    raises  PlanError  if the file already exists, or cannot be created
    """
    _, serial = Caller(cancel=cancel).run(drive, who_is_it())
    sent = plan.sums.whole_fingerprints()

    def keep(report: BurnReport) -> None:
        write(
            path,
            shape(
                plan, [one.result() for one in sent], report, drive.name, serial, datetime.now().astimezone()
            ),
        )

    with reserved(path):
        try:
            yield keep
        except VerificationFailed as error:
            if isinstance(error.report, BurnReport):
                try:
                    keep(error.report)
                except NoRoom as lost:
                    raise VerificationFailed(f"{error}\n{lost}", error.report) from error
            raise


@contextlib.contextmanager
def reserved(path: Path) -> Iterator[None]:
    """The file is created before anything is burned, and removed if there was nothing to report.

    raises  PlanError  if it already exists, or cannot be created
    """
    try:
        path.open("x").close()
    except FileExistsError as error:
        raise PlanError(exists_already("--report", path)) from error
    except OSError as error:
        raise PlanError(f"--report: {printable(path)} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        if not path.stat().st_size:
            path.unlink()
