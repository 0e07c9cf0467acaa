"""A disc read and kept: each sector is read until two readings agree. An unfinished reading can continue."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from redbook.burning.remembered import habits_of, known_drive
from redbook.burning.rip_files import RipFiles
from redbook.burning.rip_report import ReadReport
from redbook.burning.unfinished import DiscInDrive, Unfinished, check_folder, check_room
from redbook.disc import MOST_OFFSET_SAMPLES, SECTOR_BYTES, minutes
from redbook.drive import Drive
from redbook.engine.chunks import CHUNK_SECTORS
from redbook.engine.events import Phase, PhaseStarted
from redbook.engine.original import Original, look_at_original
from redbook.engine.read_audio import PASSING, ReadHabits, read_audio
from redbook.engine.reading_speed import ReadingSpeed, at_its_own_speed_again, check_read_speed
from redbook.engine.steps import Procedure
from redbook.engine.twice import USUAL_MEMORY_KIB, RipState, read_twice
from redbook.engine.verify import READ_SPEED
from redbook.engine.waiting import resending
from redbook.errors import Cancelled, MediumUnsuitable, NotReadWhole, PlanError, printable
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import UNCHANGED, Cancel

if TYPE_CHECKING:
    from redbook.authoring.program import Program
    from redbook.clock import Clock

DRIVE_S_OWN: Final = "drive"

SourceOffset = int | Literal["drive"]
"""Stereo samples, or what is known about the drive."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a disc should be kept.

    sound       "flac" or "wav"
    speed       multiple of 1x, MAX_SPEED for as fast as the drive can; None for the usual one
    offset      by how many samples the drive returns the audio late, to be corrected; "drive" for what is
                remembered about it
    keep_going  whether what cannot be read, or is not audio, may be left out
    c2          whether the drive is asked which sectors it could not correct
    look_up     whether to ask databases over the network if others have read the same
    """

    sound: str = "flac"
    speed: float | None = None
    offset: SourceOffset = 0
    keep_going: bool = False
    c2: bool = True
    look_up: bool = False

    def check(self) -> None:
        """Check that format, speed and offset are possible.  raises  ValueError"""
        if self.sound not in ("flac", "wav"):
            raise ValueError(f"audio is saved as flac or wav, not as {self.sound!r}")
        check_read_speed(self.speed)
        if self.offset != DRIVE_S_OWN and (
            not isinstance(self.offset, int) or abs(self.offset) > MOST_OFFSET_SAMPLES
        ):
            raise ValueError(
                f"an offset must be a number of samples, {MOST_OFFSET_SAMPLES} at most, or {DRIVE_S_OWN!r}, "
                f"not {self.offset!r}"
            )


def read(
    drive: Drive,
    folder: str | os.PathLike[str],
    *,
    sound: str = "flac",
    read_speed: float | None = None,
    offset: SourceOffset = 0,
    keep_going: bool = False,
    c2: bool = True,
    look_up: bool = False,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> ReadReport:
    """Read an audio disc into a folder: sound files, sheets that burn it again, packs, a report.

    Every sector is read until two readings agree. An unfinished reading continues where it stopped, if it is
    called with the same disc, drive and folder.

    folder      a new one, an empty one, or one with an unfinished reading
    sound       "flac" or "wav"
    read_speed  multiple of 1x, MAX_SPEED for as fast as the drive can; None for 24x
    offset      by how many stereo samples the drive returns the audio late (negative: early), to be
                corrected; "drive" for the offset that was found when it read its own discs
    keep_going  keep what can be read: sectors that cannot be read correctly are skipped and named, and data
                tracks and later sessions are left out. Without it they are an error
    c2          ask the drive which sectors it could not correct
    look_up     ask AccurateRip and the CUETools database over the network whether others have read the same;
                `databases` of the report has the answers, including missing ones

    raises  PlanError     the folder is not suitable, or the offset is not known
            NoRoom        for the audio in the folder
            NotReadWhole  a sector cannot be read right, or not everything on the disc is audio of one session
            DriveError, Cancelled; what was read until then is kept for the next time
    """
    wanted = Wanted(sound, read_speed, offset, keep_going, c2, look_up)
    wanted.check()
    report, _ = read_disc(drive, Path(folder), wanted, Caller.of(on_event, cancel, clock))
    return report


def read_disc(
    drive: Drive,
    folder: Path,
    wanted: Wanted,
    caller: Caller,
    check: Callable[[Original], None] | None = None,
) -> tuple[ReadReport, Program | None]:
    """Read as `read` does; returns the report, and a program that burns the disc again.

    The program is None if no sheet can describe the disc.

    check  looks at the disc before its audio is read, and may refuse it

    raises  as `read`
    """
    check_folder(folder)
    key, known = known_drive(drive, caller)
    offset = _offset(wanted, known.offset_samples)
    original = caller.run(drive, resending(look_at_original(), lambda: False))
    if original.left_out and not wanted.keep_going:
        raise NotReadWhole(
            f"not everything on the disc can be read: {'; '.join(original.left_out)}. Nothing was read; "
            "--keep-going (keep_going=True) reads the rest, and the report names what is missing"
        )
    if check is not None:
        check(original)
    source = DiscInDrive.of(original, key)
    habits = habits_of(drive, known)
    check_room(folder, original.sectors, original.sectors, wanted.sound == "flac")
    with Unfinished(folder, source, original.areas) as kept:
        if kept.trouble.holes and not wanted.keep_going:
            kept.back_to(kept.trouble.holes[0])
        goes_on = kept.sectors > 0
        how = _how(original, wanted, habits, kept)
        _read_on(drive, original, how, kept, caller)
        files = RipFiles(
            original,
            kept,
            drive,
            how,
            sound=wanted.sound,
            offset=offset,
            known_offset=known.offset_samples,
            look_up=wanted.look_up,
            goes_on=goes_on,
        )
        report, program = caller.work(lambda emit: files.save(emit, caller.cancel.asked.is_set))
        kept.remove()
    return report, program


def _offset(wanted: Wanted, known: int | None) -> int:
    """raises  PlanError"""
    if isinstance(wanted.offset, int):
        return wanted.offset
    if known is None:
        raise PlanError(
            "no offset of this drive is known: burn and verify a disc with it to find the offset, or give "
            "the number (--offset)"
        )
    return known


def _how(original: Original, wanted: Wanted, habits: ReadHabits, kept: Unfinished) -> RipState:
    capabilities = original.abilities.capabilities
    speed = ReadingSpeed()
    speed.note(capabilities)
    return RipState(
        habits,
        speed,
        wanted.speed or READ_SPEED,
        wanted.keep_going,
        (capabilities.buffer_kib if capabilities is not None else 0) or USUAL_MEMORY_KIB,
        wanted.c2 and capabilities is not None and capabilities.c2_pointers,
        kept.sectors,
        original.sectors,
    )


def _read_on(drive: Drive, original: Original, how: RipState, kept: Unfinished, caller: Caller) -> None:
    """From where the reading stopped to the end of the disc.

    raises  NotReadWhole, DriveError, Cancelled, NoRoom; what was read is kept
    """
    reading = at_its_own_speed_again(resending(_reading(original, how, kept), lambda: False), how.drive)
    where = printable(kept.folder)
    try:
        caller.run(drive, reading, original.sectors)
    except NotReadWhole as error:
        at = error.lba or 0
        raise NotReadWhole(
            f"{_place(original, at)} {error}. What lies before it is kept in {where}, and the same command "
            "continues from there: clean the disc, or read more slowly (--read-speed 4). --keep-going "
            f"(keep_going=True) reads what it can, and the report names what is not right.{_hint(original)}",
            error.lba,
        ) from error
    except Cancelled as error:
        raise Cancelled(
            f"cancelled; {kept.sectors} of {original.sectors} sectors are kept in {where}, and the same "
            "command continues from there",
            UNCHANGED,
        ) from error


def _place(original: Original, lba: int) -> str:
    tracks = [track for track in original.layout.tracks if track.start_lba <= lba]
    if not tracks:
        return f"sector {lba} (before track 1)"
    return f"sector {lba} (track {tracks[-1].number}, at {minutes(lba - tracks[-1].start_lba)})"


def _hint(original: Original) -> str:
    capabilities = original.abilities.capabilities
    if capabilities is not None and not capabilities.accurate_stream:
        return (
            " This drive says that it has no accurate stream (it does not find its position to the "
            "sample): use another one if you can"
        )
    return ""


def _reading(original: Original, how: RipState, kept: Unfinished) -> Procedure[None]:
    yield PhaseStarted(Phase.READING_DISC)
    yield from how.drive.ask_for(how.speed)
    yield from _find_form(original, how.habits)
    for number, area in enumerate(original.areas):
        reached = kept.reached[number]
        if reached > area.start_lba:
            yield from _check_same_audio(area.start_lba, reached, how.habits, kept)
        if reached < area.end_lba:
            yield from read_twice(replace(area, start_lba=reached), how, kept.keep)


def _find_form(original: Original, habits: ReadHabits) -> Procedure[None]:
    """How the drive wants to be asked for audio, before its C2 marks are requested, too."""
    for track in original.layout.tracks:
        try:
            yield from read_audio(track.start_lba, 1, habits)
        except PASSING:
            continue
        return


def _check_same_audio(first: int, reached: int, habits: ReadHabits, kept: Unfinished) -> Procedure[None]:
    """Check that the disc is the one whose beginning is kept.  raises  MediumUnsuitable"""
    begin = max(first, reached - CHUNK_SECTORS)
    odd = set(kept.trouble.holes) | set(kept.trouble.again) | set(kept.trouble.gaps)
    compared = different = 0
    for lba in range(begin, reached):
        before = kept.read(lba * SECTOR_BYTES, SECTOR_BYTES)
        if lba in odd or not any(before):
            continue
        try:
            now = yield from read_audio(lba, 1, habits)
        except PASSING:
            continue
        compared += 1
        different += now != before
    if compared and different == compared:
        raise MediumUnsuitable(
            "the disc in the drive has the same tracks as the disc whose beginning is kept in "
            f"{printable(kept.folder)}, but different audio: put that disc in, or name another folder"
        )
