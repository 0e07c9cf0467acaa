"""`redbook plan`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from redbook.cli.authoring_options import authoring_options, loudness_options, mode_option, split_off
from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import (
    drive_option,
    files_argument,
    json_option,
    overburn_option,
    seed_option,
)
from redbook.cli.recorder import opened, signals_cancel, waits_of
from redbook.cli.several import Several, announce, check_split, programs_for, split_option

if TYPE_CHECKING:
    from redbook.authoring.program import Program


@click.command(epilog=EPILOG)
@files_argument
@drive_option
@mode_option
@click.option("--append", is_flag=True, help="Plan for a disc that was left open.")
@click.option("--leave-open", is_flag=True, help="Plan for a disc that will be left open.")
@overburn_option
@split_option
@authoring_options
@loudness_options
@seed_option
@json_option
def plan(
    files: tuple[str, ...],
    drive_name: str | None,
    mode: str,
    append: bool,
    leave_open: bool,
    overburn: bool,
    split: bool,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Show what burning FILES would do. Nothing is written."""
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    if split:
        check_split(append, leave_open, overburn)
    cancel = signals_cancel()
    wanted = split_off(authoring)
    with (
        make_renderer("plan", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "APPEND" if append else "BURN", read_only=True) as drive,
    ):
        programs: Sequence[Program] = ()
        if split:
            programs = programs_for(Several(files, mode, wanted), drive, out, cancel)
        for number in range(1, max(1, len(programs)) + 1):
            if len(programs) > 1:
                announce(out, programs, number)
            made = burning.plan(
                programs[number - 1] if len(programs) > 1 else files,
                drive,
                mode=mode,
                append=append,
                finalize=not leave_open,
                dither_seed=dither_seed,
                overburn=overburn,
                on_event=waits_of(out) if as_json else out.event,
                cancel=cancel,
                **wanted,
            )
            out.plan(made, drive.name)
