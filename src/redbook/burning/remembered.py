"""What is remembered about a drive, and what a job has shown about it. All of it is only a hint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from redbook.drive import Drive
from redbook.engine.glance import who_is_it
from redbook.engine.read_audio import ReadHabits
from redbook.engine.waiting import resending
from redbook.recorders.memory import DriveMemory, KnownDrive, drive_key
from redbook.runner.caller import Caller

if TYPE_CHECKING:
    from redbook.engine.verify import ReadBack


def known_drive(drive: Drive, caller: Caller) -> tuple[str, KnownDrive]:
    """The name under which a drive is remembered, and what is known about it.

    raises  DriveError, Cancelled
    """
    inquiry, serial = caller.run(drive, resending(who_is_it(), lambda: False))
    key = drive_key(inquiry.vendor, inquiry.product, serial)
    return key, DriveMemory.of_user().recall(key)


def habits_of(drive: Drive, known: KnownDrive) -> ReadHabits:
    """How a drive is first read, given what is known about it; a transcript is read in the usual way."""
    usual = ReadHabits()
    if not drive.real_time:
        return usual.check()
    return ReadHabits(known.read_form, known.most_read_sectors or usual.most_sectors).check()


def remember_form(key: str, known: KnownDrive, form: str) -> None:
    """Remember in which form a drive accepted a cue sheet.

    Nothing is written if that form would be tried first anyway.
    """
    from redbook.engine.cue_sheet_forms import CUE_SHEET_FORMS

    if form and known.cue_sheet_form != form and (known.cue_sheet_form or form != CUE_SHEET_FORMS[0].name):
        DriveMemory.of_user().keep(key, replace(known, cue_sheet_form=form))


def remember_reading(drive: Drive, key: str, before: KnownDrive, found: ReadBack, habits: ReadHabits) -> None:
    """Remember offset and reading habits of a drive, if everything that was read back was right."""
    if found.broken_off or not found.readings or not all(reading.same for reading in found.readings):
        return
    offset = found.offset.samples if found.offset.known else before.offset_samples
    now = replace(before, offset_samples=offset, read_form=habits.form, most_read_sectors=habits.most_sectors)
    worth_keeping = drive.real_time or now != KnownDrive(0, 0, ReadHabits().most_sectors)
    if now != before and worth_keeping:
        DriveMemory.of_user().keep(key, now)
