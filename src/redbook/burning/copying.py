"""A disc copied onto a blank one: read whole, kept in a folder, burned, read back and compared."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from redbook.authoring.wishes import Mode
from redbook.burning.job_reports import BurnReport
from redbook.burning.jobs import burn
from redbook.burning.reading import SourceOffset, Wanted, read_disc
from redbook.burning.rip_files import CUE_FILE, JSON_REPORT
from redbook.burning.rip_report import ReadReport
from redbook.disc import minutes
from redbook.drive import Drive
from redbook.engine.change_disc import blank_disc_in
from redbook.engine.events import Notice
from redbook.engine.inspect import Abilities, DiscContents, inspect
from redbook.engine.original import Original
from redbook.engine.prepare import check_recordable, check_writer
from redbook.engine.waiting import resending
from redbook.errors import NoRoom, PlanError, printable
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel

if TYPE_CHECKING:
    from redbook.clock import Clock


@dataclass(frozen=True, slots=True)
class CopyReport:
    """read: how well the original was read; burned: how the copy was written, and verified"""

    read: ReadReport
    burned: BurnReport


def copy(
    source: Drive,
    target: Drive | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    sound: str = "flac",
    read_speed: float | None = None,
    offset: SourceOffset = 0,
    keep_going: bool = False,
    c2: bool = True,
    look_up: bool = False,
    mode: Mode | str = Mode.AUTO,
    speed: float | None = None,
    verify: bool = True,
    reload: bool = True,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
    clock: Clock | None = None,
) -> CopyReport:
    """Copy an audio disc with everything on it, and verify the copy.

    source  with the original in it
    target  with a blank disc in it; None, or the same drive: its tray opens once the original has been read,
            and redbook waits for a blank disc
    folder  where what was read is kept, as by `read`; None for a temporary folder. That is removed at the
            end. If something fails it stays; a Notice, and a note on the exception, then say where it is
    sound, read_speed, offset, keep_going, c2, look_up   as for `read`
    mode, speed, verify, reload                 as for `burn`; read_speed is that of both readings

    raises  as `read`, before anything was written; as `burn` from then on
    """
    wanted = Wanted(sound if folder is not None else "wav", read_speed, offset, keep_going, c2, look_up)
    wanted.check()
    caller = Caller.of(on_event, cancel, clock)
    mode = Mode(mode)
    alone = target is None or target is source
    onto = source if target is None else target
    room = None if alone else _room(onto, caller)
    if alone:
        _check_writes(source, caller)

    def check(original: Original) -> None:
        if room is not None:
            _check_fits(original, *room)

    with _folder(folder, caller) as place:
        report, program = read_disc(source, place, wanted, caller, check)
        if program is None:
            raise PlanError(f"the disc cannot be burned again: {'; '.join(report.notes)}")
        if alone:
            if on_event is not None:
                on_event(Notice("the original was read; take it out, and put a blank disc in"))
            abilities, disc = caller.run(source, resending(blank_disc_in(), lambda: False))
            _check_length(report.audio_lead_out_lba, abilities, disc)
        burned = burn(
            program,
            onto,
            mode=mode,
            speed=speed,
            verify=verify,
            read_speed=read_speed,
            reload=reload,
            on_event=on_event,
            cancel=cancel,
            clock=clock,
        )
    return CopyReport(report, burned)


def _check_writes(drive: Drive, caller: Caller) -> None:
    """raises  NotARecorder, DriveError"""
    abilities, _ = caller.run(drive, inspect())
    check_writer(abilities)


def _room(drive: Drive, caller: Caller) -> tuple[Abilities, DiscContents]:
    """The recorder and its blank disc, before an hour is spent on the original.

    raises  MediumUnsuitable, DriveError
    """
    abilities, disc = caller.run(drive, inspect())
    check_writer(abilities)
    check_recordable(abilities, disc.information, False, disc.spoiled)
    return abilities, disc


def _check_fits(original: Original, abilities: Abilities, disc: DiscContents) -> None:
    first = original.areas[0].start_lba
    _check_length(original.layout.lead_out_lba - first, abilities, disc)


def _check_length(lead_out_lba: int, abilities: Abilities, disc: DiscContents) -> None:
    """raises  PlanError  where the blank disc is too short"""
    if disc.space is None:
        return
    most = disc.space.last_lead_out_lba
    if lead_out_lba > most:
        raise PlanError(
            f"the original lasts {minutes(lead_out_lba)}, and the disc in {abilities.name} holds "
            f"{minutes(most, down=True)}; use a longer one"
        )


@contextmanager
def _folder(named: str | os.PathLike[str] | None, caller: Caller) -> Iterator[Path]:
    """A temporary folder is removed at the end, but not if the copy fails after an hour of reading."""
    if named is not None:
        yield Path(named)
        return
    try:
        made = tempfile.mkdtemp(prefix="redbook-copy-")
    except OSError as error:
        where = printable(tempfile.gettempdir())
        raise NoRoom(f"{where}: cannot make a folder there for the copy: {error.strerror}") from error
    place = Path(made)
    try:
        yield place
    except BaseException as error:
        if not any(place.iterdir()):
            place.rmdir()
            raise
        hint = _where_it_is(place)
        error.add_note(hint)
        if caller.on_event is not None:
            caller.on_event(Notice(hint))
        raise
    shutil.rmtree(place, ignore_errors=True)


def _where_it_is(place: Path) -> str:
    shown = printable(place)
    done = (place / JSON_REPORT).exists()
    then = f"`redbook burn {shown}/{CUE_FILE}` burns it" if done else f"-o {shown} continues from there"
    return f"what was read is kept in {shown}: {then}; remove that folder once it is not needed any more"
