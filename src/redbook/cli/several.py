"""`--split`: what is too long for one disc, on several, one after the other.

The first disc is the one in the recorder that was named, or found. Then come the recorders of --next-drive.
When there are no more, the disc in a real recorder is changed, and a virtual one gets a new disc.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redbook.cli.options import exists_already
from redbook.cli.recorder import opened
from redbook.errors import PlanError, RedbookError, printable
from redbook.records import dataclass

if TYPE_CHECKING:
    from redbook.authoring.program import Program
    from redbook.cli.render import Renderer
    from redbook.drive import Drive
    from redbook.runner.cancel import Cancel

split_option = click.option(
    "--split",
    is_flag=True,
    help="Spread what does not fit on one disc over several, in order. Joined tracks stay together where "
    "possible.",
)


def check_split(append: bool, leave_open: bool, overburn: bool) -> None:
    """raises  UsageError  for what does not go together with --split"""
    if append or leave_open:
        raise click.UsageError(
            "--split needs blank discs and closes them: leave out --append and --leave-open"
        )
    if overburn:
        raise click.UsageError("--overburn is for one disc, and --split for several: leave out one of them")


@dataclass(frozen=True, slots=True)
class Several:
    """What was asked for.

    next_drives  recorders for the discs after the first
    first_disc   the number to begin with; the discs before it already exist
    """

    files: tuple[str, ...]
    mode: str
    wanted: dict[str, Any]
    drive_name: str | None = None
    next_drives: tuple[str, ...] = ()
    first_disc: int = 1


def programs_for(asked: Several, drive: Drive, out: Renderer, cancel: Cancel) -> list[Program]:
    """One for each disc.  raises  PlanError, AudioError, DriveError, Cancelled"""
    from redbook.burning.splitting import split

    return split(asked.files, drive, mode=asked.mode, on_event=out.event, cancel=cancel, **asked.wanted)


def announce(out: Renderer, programs: Sequence[Program], number: int) -> None:
    """Announce the next disc."""
    from redbook.engine.events import DiscOfSeveral

    before = sum(len(program.tracks) for program in programs[: number - 1])
    last = before + len(programs[number - 1].tracks)
    out.event(DiscOfSeveral(number, len(programs), before + 1, last))


def burn_all(
    asked: Several,
    out: Renderer,
    cancel: Cancel,
    reports: Callable[[int, int], Path | None],
    burn: Callable[[Sequence[str] | Program, Drive, Path | None], None],
    *,
    changes: bool,
) -> None:
    """Burn each of the discs.

    reports  the file for the report of a disc, by its number and how many there are; None for none
    burn     one disc
    changes  whether a disc is used up, and another one must be inserted

    raises  as `burn`; discs that are already done are reported
    """
    from redbook.recorders.prefixes import VIRTUAL

    done = asked.first_disc - 1
    programs: list[Program] = []
    try:
        with ExitStack() as first:
            drive = first.enter_context(opened(asked.drive_name, out, cancel, "BURN"))
            programs = programs_for(asked, drive, out, cancel)
            if asked.first_disc > len(programs):
                raise PlanError(f"there is no disc {asked.first_disc}: everything fits on {len(programs)}")
            numbers = range(asked.first_disc, len(programs) + 1)
            paths = {number: reports(number, len(programs)) for number in numbers}
            _check_new(paths.values())
            names = _names(drive.name, asked.next_drives, len(numbers))
            for number, name in zip(numbers, names, strict=True):
                if number > asked.first_disc:
                    first.close()
                    drive = first.enter_context(opened(name, out, cancel, "BURN"))
                    again = name in names[: number - asked.first_disc] and not name.startswith(VIRTUAL)
                    if changes and again:
                        _change_disc(drive, out, cancel, number, len(programs))
                if len(programs) > 1:
                    announce(out, programs, number)
                burn(programs[number - 1] if len(programs) > 1 else asked.files, drive, paths[number])
                done = number
    except RedbookError:
        if done and len(programs) > 1:
            rest = f"the same command with --first-disc {done + 1} continues"
            out.note(f"{_discs(done)} done, of {len(programs)}; {rest}")
        raise


def _discs(done: int) -> str:
    return "disc 1 is" if done == 1 else f"discs 1 to {done} are"


def _names(first: str, further: Sequence[str], count: int) -> list[str]:
    """The recorder for each disc.  raises  DriveError"""
    from redbook.recorders.choosing import further_virtual_names
    from redbook.recorders.prefixes import VIRTUAL

    names = [first, *further][:count]
    missing = count - len(names)
    if missing and names[-1].startswith(VIRTUAL):
        return names + further_virtual_names(names[-1], missing)
    return [names[place % len(names)] for place in range(count)]


def _check_new(paths: Iterable[Path | None]) -> None:
    """raises  PlanError  for a report that already exists: before the first disc, not after it"""
    for path in paths:
        if path is not None and os.path.lexists(path):
            raise PlanError(exists_already("--report", path))


def _change_disc(drive: Drive, out: Renderer, cancel: Cancel, number: int, count: int) -> None:
    from redbook.engine.change_disc import blank_disc_in
    from redbook.engine.waiting import resending
    from redbook.runner.caller import Caller

    out.note(
        f"take the disc out of {printable(drive.name)}, and put a blank one in: disc {number} of {count}"
    )
    waiting = blank_disc_in(f"a blank disc, for disc {number} of {count}")
    Caller(out.event, cancel).run(drive, resending(waiting, lambda: False))


def report_name(path: Path | None, number: int, count: int) -> Path | None:
    """album.json; for several discs album-1.json and so on."""
    return path if path is None or count == 1 else path.with_stem(f"{path.stem}-{number}")
