"""`redbook plan`."""

from __future__ import annotations

from typing import Any

import click

from redbook.cli.authoring_options import authoring_options, loudness_options, mode_option, split_off
from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import (
    drive_option,
    files_argument,
    json_option,
    seed_option,
)
from redbook.cli.recorder import opened, signals_cancel, waits_of


@click.command(epilog=EPILOG)
@files_argument
@drive_option
@mode_option
@click.option("--append", is_flag=True, help="Plan for a disc that was left open.")
@click.option("--leave-open", is_flag=True, help="Plan for a disc that will be left open.")
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
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Show what a burn of FILES would be. Nothing is written."""
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    wanted = split_off(authoring)
    with (
        make_renderer("plan", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "APPEND" if append else "BURN", read_only=True) as drive,
    ):
        made = burning.plan(
            files,
            drive,
            mode=mode,
            append=append,
            finalize=not leave_open,
            dither_seed=dither_seed,
            on_event=waits_of(out) if as_json else out.event,
            cancel=cancel,
            **wanted,
        )
        out.plan(made, drive.name)
