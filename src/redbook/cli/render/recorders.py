"""The list of recorders, what happens to them, and the list of virtual discs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from redbook.cli.render.words import shown
from redbook.recorders.watching import DriveAdded, DriveEvent, DriveRemoved, MediumInserted, MediumRemoved

if TYPE_CHECKING:
    from pathlib import Path

    from redbook.cli.render.page import Page
    from redbook.recorders.discs import DiscEntry
    from redbook.recorders.doctor import Diagnosis
    from redbook.recorders.real_drives import DriveEntry


def show_drives(page: Page, entries: list[DriveEntry], watching: bool) -> None:
    if watching and not entries:
        page.say("no real recorder yet; waiting for one (virtual ones are not watched)")
    elif not entries:
        page.say(
            "no recorder: `redbook doctor` says what to check; "
            "make a disc for a virtual one with `redbook disc new PATH`"
        )
    for entry in entries:
        if entry.bus != "virtual":
            _recorder(page, entry)
            continue
        problem = f" ({entry.problem})" if entry.problem else ""
        page.line(f"{entry.name}  {entry.model}  {entry.medium}{problem}")


def _recorder(page: Page, entry: DriveEntry) -> None:
    """A real one: what is in it, then how it is connected, then what is wrong."""
    page.line(f"{entry.name}  {entry.model}  {entry.medium}".rstrip())
    kinds = [kind for kind, can in (("CD-R", entry.writes_cd_r), ("CD-RW", entry.writes_cd_rw)) if can]
    facts = [entry.connection, f"writes {' and '.join(kinds)}" if kinds else ""]
    facts += [f"serial {entry.serial}" if entry.serial else "", entry.stable_id]
    for text in ("; ".join(fact for fact in facts if fact), entry.problem):
        if text:
            width = max(20, page.results.width - 4)
            for line in textwrap.wrap(shown(text), width, break_long_words=False, break_on_hyphens=False):
                page.line(f"    {line}")


def show_drive_event(page: Page, happened: DriveEvent) -> None:
    entry = happened.drive
    match happened:
        case DriveAdded():
            page.say("Recorder added:")
            _recorder(page, entry)
        case DriveRemoved():
            page.line(f"Recorder removed: {entry.name}  {entry.model}")
        case MediumInserted():
            page.line(f"Disc inserted: {entry.name}  {entry.medium}")
        case MediumRemoved():
            page.line(f"Disc removed: {entry.name}  {entry.medium}")


def show_doctor(page: Page, diagnosis: Diagnosis) -> None:
    for line in diagnosis.to_text().split("\n"):
        page.line(line)


def show_discs(page: Page, entries: list[DiscEntry], here: list[DiscEntry], folder: Path) -> None:
    if here:
        page.say("In this folder:", "bold")
    for entry in here:
        problem = f" ({entry.problem})" if entry.problem else ""
        page.line(f"{entry.name}  {entry.medium}{problem}")
    page.line(f"Of the virtual recorder that IMAPI2 scripts use, in {folder}:")
    for entry in entries:
        problem = f" ({entry.problem})" if entry.problem else ""
        loaded = " (in the recorder)" if entry.loaded else ""
        page.line(f"{entry.name}  {entry.medium}{problem}{loaded}")
    if not any(entry.loaded for entry in entries):
        page.say("in the recorder: a new blank CD-R, which will be kept once something is on it")
