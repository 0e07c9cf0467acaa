"""`redbook burn`."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redbook.cli.authoring_options import authoring_options, loudness_options, mode_option, split_off
from redbook.cli.completing import drive_names, speeds
from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import (
    SpeedType,
    drive_option,
    files_argument,
    json_option,
    overburn_option,
    read_speed_option,
    report_option,
    seed_option,
    wait_option,
)
from redbook.cli.recorder import confirm, open_tray, opened, signals_cancel, tell_of_new_disc
from redbook.cli.several import Several, burn_all, check_split, report_name, split_option

if TYPE_CHECKING:
    from redbook.authoring.program import Program
    from redbook.drive import Drive


@click.command(epilog=EPILOG)
@files_argument
@drive_option
@click.option(
    "--speed",
    type=SpeedType(),
    metavar="N",
    shell_complete=speeds,
    help="Writing speed: auto (the default: the one recommended for audio on this drive and disc), max, or a "
    "multiple of 1x such as 8. (Virtual recorders write as fast as they can, unless --pace is given.)",
)
@mode_option
@click.option("--leave-open", is_flag=True, help="Do not close the session: tracks can be added later.")
@click.option("--append", is_flag=True, help="Add to a disc that was left open (--leave-open).")
@click.option("--simulate", is_flag=True, help="Test write: go through everything with the laser off.")
@click.option("--no-verify", is_flag=True, help="Do not read the disc back.")
@read_speed_option
@click.option(
    "--no-reload",
    is_flag=True,
    help="Do not reload the finished disc before it is read back.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before a real disc is written.")
@click.option("--eject", is_flag=True, help="Open the tray when everything is done.")
@report_option(
    "Save a report of the burn in a new FILE: JSON if its name ends with .json, else text. `redbook verify "
    "--report` compares a disc with the JSON."
)
@overburn_option
@split_option
@click.option(
    "--next-drive",
    "next_drives",
    metavar="NAME",
    multiple=True,
    shell_complete=drive_names,
    help="With --split: the recorder for the next disc; may be repeated. Default: the last recorder again, "
    "after you change the disc.",
)
@click.option(
    "--first-disc",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="With --split: begin with disc N; the earlier ones are already done.",
)
@authoring_options
@loudness_options
@seed_option
@wait_option
@json_option
def burn(
    files: tuple[str, ...],
    drive_name: str | None,
    speed: float | None,
    mode: str,
    leave_open: bool,
    append: bool,
    simulate: bool,
    no_verify: bool,
    read_speed: float | None,
    no_reload: bool,
    yes: bool,
    eject: bool,
    report_path: Path | None,
    overburn: bool,
    split: bool,
    next_drives: tuple[str, ...],
    first_disc: int,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Burn FILES as an audio disc, read it back and compare.

    Without --drive, the recorder with a blank disc is used. Only on a machine without a recorder does a
    virtual one burn, to ./redbook.disc or to the next free name beside it.
    """
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer
    from redbook.cli.report_file import keeping
    from redbook.errors import NoRoom

    if split:
        check_split(append, leave_open, overburn)
    if not split and (next_drives or first_disc > 1):
        raise click.UsageError("--next-drive and --first-disc are for several discs: they need --split")
    cancel = signals_cancel()
    wanted = split_off(authoring)

    def burn_one(sources: Sequence[str] | Program, drive: Drive, report_path: Path | None) -> None:
        with burning.plan(
            sources,
            drive,
            mode=mode,
            append=append,
            finalize=not leave_open,
            dither_seed=dither_seed,
            on_event=out.event,
            cancel=cancel,
            keep_audio=True,
            overburn=overburn,
            **wanted,
        ) as plan:
            out.plan(plan, drive.name, speed, ahead=True)
            tell_of_new_disc(out)
            confirm(drive.name, yes or simulate, "Burn this disc now?")
            with contextlib.ExitStack() as kept:
                keep = None
                if report_path is not None:
                    keep = kept.enter_context(keeping(report_path, plan, drive, cancel))
                out.expect(
                    closes=not leave_open, reads_back=not (no_verify or simulate), read_speed=read_speed
                )
                report = burning.burn(
                    plan,
                    drive,
                    speed=speed,
                    finalize=not leave_open,
                    simulate=simulate,
                    verify=not no_verify,
                    read_speed=read_speed,
                    reload=not no_reload,
                    append=append,
                    on_event=out.event,
                    cancel=cancel,
                )
                if keep is not None:
                    try:
                        keep(report)
                    except NoRoom:
                        out.burned(report, drive.name)  # what the burn came to is told in any case
                        raise
        out.burned(report, drive.name)
        if eject:
            open_tray(drive, out, cancel)

    with make_renderer("burn", as_json) as out, reporting(out):
        if split:
            asked = Several(files, mode, wanted, drive_name, next_drives, first_disc)
            burn_all(asked, out, cancel, partial(report_name, report_path), burn_one, changes=not simulate)
            return
        with opened(drive_name, out, cancel, "APPEND" if append else "BURN") as drive:
            burn_one(files, drive, report_path)
