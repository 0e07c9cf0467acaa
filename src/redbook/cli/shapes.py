"""The JSON objects of the command line; `docs/json.md` describes them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from redbook.authoring.wishes import TRUE_PEAK_LIMIT_DBTP, Mode
from redbook.burning.cd_text_json import cd_text_as_json
from redbook.burning.job_reports import BurnReport, VerifyReport
from redbook.disc import TAO_GAP_SECTORS, Toc, duration
from redbook.disc.layout import COPY_PERMITTED, PRE_EMPHASIS, LaidTrack
from redbook.mmc.identify import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from redbook.authoring.arrange import Border
    from redbook.authoring.levels import Levels
    from redbook.burning.looking import DiscInfo
    from redbook.burning.planning import Plan, TrackReport
    from redbook.engine.events import Event
    from redbook.engine.inspect import Abilities, DiscContents
    from redbook.engine.labels import DiscLabels
    from redbook.engine.verification import Verification
    from redbook.mmc.disc_info import TrackInformation
    from redbook.recorders.discs import DiscEntry
    from redbook.recorders.doctor import Diagnosis
    from redbook.recorders.real_drives import DriveEntry
    from redbook.recorders.watching import DriveEvent

Checksums = dict[int, tuple[str, str, str]]
"""SHA-256, AccurateRip v1 and v2 by track number."""

MEDIA = {Profile.CD_R: "cd-r", Profile.CD_RW: "cd-rw", Profile.CD_ROM: "cd-rom"}


def event(happened: Event | DriveEvent) -> dict[str, Any]:
    """Any event: its kind in snake case, then its fields."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(happened).__name__).lower()
    return {"event": kind, **asdict(happened)}


def toc(contents: Toc | None) -> dict[str, Any]:
    """Lead-out and the disc's identifiers; all null while there is no track."""
    if contents is None:
        return dict.fromkeys(("lead_out_lba", "musicbrainz_id", "freedb_id", "accuraterip_id"))
    return {
        "lead_out_lba": contents.lead_out_lba,
        "musicbrainz_id": contents.musicbrainz_id or None,
        "freedb_id": contents.freedb_id,
        "accuraterip_id": contents.accuraterip_id or None,
    }


def track(report: TrackReport) -> dict[str, Any]:
    """A track of a plan, a burn or a verification."""
    prepared = report.prepared
    return {
        "number": report.number,
        "sectors": report.sectors,
        "start_lba": report.start_lba,
        "length": duration(report.sectors),
        "sha256": report.sha256,
        "accuraterip_v1": report.accuraterip_v1,
        "accuraterip_v2": report.accuraterip_v2,
        "source": report.source,
        "title": prepared.tags.title or None,
        "artist": prepared.tags.artist or None,
        "album": prepared.tags.album or None,
        "format": prepared.format,
        "conversion": list(prepared.conversion),
        "bit_exact": not prepared.conversion,
        "gain_db": prepared.gain_db,
        "loudness_lufs": prepared.loudness_lufs,
        "clipped_values": prepared.clipped,
        "padding_samples": prepared.padding_samples,
        "notes": list(prepared.notes),
    }


def recorded_track(found: TrackInformation, sums: Checksums) -> dict[str, Any]:
    """A track that is on a disc; its checksums only if they were requested."""
    sha256, v1, v2 = sums.get(found.number, (None, None, None))
    return {
        "number": found.number,
        "sectors": found.track_sectors,
        "start_lba": found.start_lba,
        "length": duration(found.track_sectors),
        "sha256": sha256,
        "accuraterip_v1": v1,
        "accuraterip_v2": v2,
        "source": None,
        "type": "audio" if found.is_audio else "data",
        "session": found.session,
        "control": found.control,
        "damaged": found.damaged,
    }


def drive(abilities: Abilities, name: str) -> dict[str, Any]:
    return {
        "drive": name,
        "vendor": abilities.inquiry.vendor,
        "product": abilities.inquiry.product,
        "revision": abilities.inquiry.revision,
        "writes_cd": abilities.writes_tao,
        "test_write": abilities.test_write,
        "underrun_protection": abilities.underrun_protection,
        "write_speeds": list(abilities.write_speeds),
        "write_speeds_from": abilities.speeds.source or None,
        "recommended_speed": abilities.speeds.recommended,
        "recommended_because": abilities.speeds.reason or None,
        "buffer_kib": abilities.capabilities.buffer_kib if abilities.capabilities else None,
    }


def disc(contents: DiscContents, profile: int | None) -> dict[str, Any]:
    space = contents.space
    atip = contents.atip
    return {
        "medium": MEDIA.get(Profile(profile)) if profile in MEDIA else None,
        "status": contents.status.name.lower(),
        "session": contents.information.last_session_status.name.lower(),
        "sessions": contents.information.sessions,
        "erasable": contents.information.erasable,
        "atip_lead_in_start": str(atip.lead_in_start) if atip and atip.lead_in_start else None,
        "atip_last_lead_out": str(atip.last_lead_out) if atip and atip.last_lead_out else None,
        "next_lba": space.next_lba if space else None,
        "free_sectors": space.free_sectors if space else 0,
        "unfinished_track": contents.open_track.number if contents.open_track else None,
        "spoiled": contents.spoiled,
        "problems": list(contents.problems),
    }


def _laid(track: LaidTrack, border: Border | None) -> dict[str, Any]:
    """Where the marks of a planned track are, and what is written of it besides the audio."""
    return {
        "pregap_sectors": track.pregap_sectors,
        "indexes": list(track.indexes),
        "isrc": track.isrc or None,
        "pre_emphasis": bool(track.control & PRE_EMPHASIS),
        "copy_permitted": bool(track.control & COPY_PERMITTED),
        "joined": border is not None and not (border.pause_samples or border.padded_samples),
        "mark_early_samples": border.early_samples if border else 0,
        "silence_before_samples": border.pause_samples if border else 0,
    }


def plan(made: Plan, drive_name: str) -> dict[str, Any]:
    borders = {} if made.mode is Mode.TAO else {border.track: border for border in made.borders}
    return {
        "event": "plan",
        **drive(made.drive, drive_name),
        "disc": disc(made.disc, made.drive.profile),
        "mode": made.mode.value,
        "gap_sectors": TAO_GAP_SECTORS if made.mode is Mode.TAO else 0,
        "lead_out_lba": made.layout.lead_out_lba,
        "free_sectors_before": made.space.last_lead_out_lba - made.space.next_lba,
        "free_sectors_after": made.free_sectors_after,
        "dither_seed": made.dither_seed,
        "notes": made.notes,
        "losses": list(made.losses),
        "loudness": loudness(made.levels),
        "mcn": made.layout.mcn or None,
        "cd_text": [cd_text_as_json(texts) for texts in made.texts] if made.layout.cd_text else [],
        "tracks": [
            {**track(t), **_laid(laid, borders.get(laid.number))}
            for t, laid in zip(made.tracks, made.layout.tracks, strict=True)
        ],
    }


def loudness(levels: Levels | None) -> dict[str, Any] | None:
    """What the loudness was brought to; null if that was not requested."""
    if levels is None:
        return None
    return {
        "mode": levels.mode.value,
        "target_lufs": levels.target_lufs,
        "true_peak_limit_dbtp": TRUE_PEAK_LIMIT_DBTP,
        "groups": [
            {
                "tracks": list(group.tracks),
                "gain_db": group.gain_db,
                "loudness_lufs": group.loudness_lufs,
                "true_peak_dbtp": group.true_peak_dbtp,
                "held_back": levels.is_held_back(group),
            }
            for group in levels.groups
        ],
    }


def burned(report: BurnReport, drive_name: str) -> dict[str, Any]:
    return {
        "event": "done",
        "verified": report.verified,
        "finalized": report.finalized,
        "test_write": report.test_write,
        "drive": drive_name,
        "mode": report.mode.value,
        "cue_sheet_form": report.cue_sheet_form or None,
        "loudness": loudness(report.levels),
        "speed": report.speed,
        "host_buffer_lowest": report.host_buffer_lowest,
        "drive_buffer_lowest": report.drive_buffer_lowest,
        "longest_gap_seconds": report.longest_gap_seconds,
        "underruns": report.underruns,
        "measured_speed": None if report.measured_speed is None else round(report.measured_speed, 1),
        **verification(report.verification),
        **toc(report.toc),
        "tracks": [track(t) for t in report.tracks],
    }


def verified(report: VerifyReport, drive_name: str) -> dict[str, Any]:
    return {
        "event": "done",
        "verified": report.same,
        "drive": drive_name,
        **verification(report.verification),
        **toc(report.verification.toc),
        "tracks": [track(t) for t in report.tracks],
    }


def differences(report: object) -> dict[str, Any]:
    """What a failed verification found."""
    found = report.verification if isinstance(report, BurnReport | VerifyReport) else None
    if found is None:
        return {}
    return {
        "layout_errors": list(found.layout_errors),
        "differences": [asdict(difference) for difference in found.differences],
        **verification(found),
    }


def verification(found: Verification | None) -> dict[str, Any]:
    """The verdict on each promise; all empty if nothing was read back."""
    return {
        "offset_samples": found.offset_samples if found else None,
        "hidden_samples": found.hidden_samples if found else 0,
        "hidden": [asdict(one) for one in found.hidden] if found else [],
        "checks": [asdict(check) for check in found.checks] if found else [],
        "verification_notes": list(found.notes) if found else [],
    }


def info(found: DiscInfo, drive_name: str, sums: Checksums) -> dict[str, Any]:
    return {
        "event": "info",
        **drive(found.drive, drive_name),
        "offset_samples": found.offset_samples,
        "disc": disc(found.disc, found.drive.profile),
        **toc(found.disc.expected_toc()),
        "mcn": found.labels.mcn or None,
        "cd_text": [cd_text_as_json(texts) for texts in found.labels.texts],
        "tracks": [recorded_track(t, sums) | labels_of_track(found.labels, t) for t in found.disc.tracks],
    }


def labels_of_track(labels: DiscLabels, track: TrackInformation) -> dict[str, Any]:
    laid = labels.of(track.number)
    return {
        "isrc": (laid.isrc if laid is not None else "") or None,
        "pregap_sectors": labels.pregap_sectors(track.number),
        "indexes": list(laid.indexes) if laid is not None else [],
        "pre_emphasis": track.is_audio and bool(track.control & 1),
        "copy_permitted": bool(track.control & 2),
    }


def discs(entries: list[DiscEntry], here: list[DiscEntry], folder: Path) -> dict[str, Any]:
    return {
        "event": "discs",
        "discs": [asdict(entry) for entry in entries],
        "folder": str(folder),
        "here": [asdict(entry) for entry in here],
    }


def drives(entries: list[DriveEntry]) -> dict[str, Any]:
    return {"event": "drives", "drives": [asdict(entry) for entry in entries]}


def doctor(page: Diagnosis) -> dict[str, Any]:
    return {
        "event": "doctor",
        "can_burn": page.can_burn,
        "advice": page.advice,
        "sections": [
            {
                "title": section.title,
                "lines": [{"label": label, "text": text} for label, text in section.lines],
            }
            for section in page.sections
        ],
    }
