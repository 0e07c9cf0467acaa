"""The results of a burn, a comparison, a reading and a copy."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from redbook.burning.databases import in_words as answer_in_words
from redbook.burning.rip_report import ReadReport, offset_in_words, verdict
from redbook.cli.render.sums import show_ids, show_sums
from redbook.cli.render.words import burned_in_words, plural, read_in_words, shown, verified_in_words
from redbook.engine.verification import Verdict, Verification
from redbook.recorders.prefixes import RACK, VIRTUAL

if TYPE_CHECKING:
    from redbook.burning.copying import CopyReport
    from redbook.burning.job_reports import BurnReport, VerifyReport
    from redbook.burning.sheet_files import SheetReport
    from redbook.cli.render.page import Page


def show_burned(page: Page, report: BurnReport, drive: str) -> None:
    _supply(page, report, drive)
    if report.test_write:
        page.conclude(burned_in_words(report, drive), "bold green")
        return
    show_sums(page, report.tracks)
    if report.toc is not None:
        show_ids(page, report.toc)
    if report.measured_speed is not None:
        page.say(f"written at {report.measured_speed:.1f}x")
    verified = report.verified and report.verification is not None
    if verified and report.verification is not None:
        _checks(page, report.verification)
    page.conclude(burned_in_words(report, drive), "bold green" if verified else "bold yellow")


def _supply(page: Page, report: BurnReport, drive: str) -> None:
    """How near the drive came to waiting for data."""
    parts = [f"host buffer at least {report.host_buffer_lowest:.0%} full"]
    if report.drive_buffer_lowest is not None:
        parts.append(f"drive buffer at least {report.drive_buffer_lowest:.0%}")
    if report.longest_gap_seconds is not None:
        parts.append(f"longest gap between two writes {report.longest_gap_seconds * 1000:.0f} ms")
    if page.detailed:
        page.say("; ".join(parts), "dim")
    if report.underruns and not drive.startswith((VIRTUAL, RACK)):  # which has no laser that could wait
        times = plural(report.underruns, "time")
        page.remark(
            f"the data came too late {times}: the drive may have paused its laser; close other "
            "programs or burn at a lower speed (--speed)"
        )


def show_verified(page: Page, report: VerifyReport, drive: str) -> None:
    if report.tracks:  # a report of a burn has them already
        show_sums(page, report.tracks)
    if report.verification.toc is not None:
        show_ids(page, report.verification.toc)
    _checks(page, report.verification)
    page.conclude(verified_in_words(report, drive), "bold green")


def _checks(page: Page, verification: Verification) -> None:
    """What was not compared, and what a person should know about a disc that is the same."""
    for note in verification.notes:
        page.remark(note)
    for check in verification.checks:
        if check.promise == "edges":
            page.remark(check.text)
        elif check.verdict is Verdict.NOT_COMPARED:
            page.remark(f"the {check.promise} could not be compared: {check.text}")
        elif check.promise == "audio" and verification.offset_samples is None:
            page.remark(f"the audio was {check.text}")


def show_sheet(page: Page, report: SheetReport) -> None:
    for note in report.notes:
        page.note(note)
    path = shown(str(report.path))
    page.conclude(f"{path}: {plural(report.tracks, 'track')}; burn it with `redbook burn`", "bold green")


def show_reading(page: Page, report: ReadReport) -> None:
    _how_it_was_read(page, report)
    page.conclude(read_in_words(report), "bold green" if report.whole else "bold yellow")
    if report.sheet is not None:
        page.say(f"burn it with `redbook burn {shlex.quote(str(report.sheet))}`")


def _how_it_was_read(page: Page, report: ReadReport) -> None:
    show_ids(page, report.toc)
    for line in (*report.holes, *report.left_out):
        page.say(line, "bold yellow")
    for line in (*report.untold, *report.notes):
        page.note(line)
    page.say(verdict(report))
    page.say(f"offset corrected: {offset_in_words(report)}")
    for answer in report.databases:
        for line in answer_in_words(answer):
            page.say(line)


def show_copy(page: Page, report: CopyReport, drive: str, *, kept: bool) -> None:
    _how_it_was_read(page, report.read)
    if kept:
        page.say(read_in_words(report.read))
    show_burned(page, report.burned, drive)
