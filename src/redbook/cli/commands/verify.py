"""`redbook verify`."""

from __future__ import annotations

from typing import Any

import click

from redbook.cli.authoring_options import authoring_options, split_off
from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import (
    drive_option,
    files_argument,
    json_option,
    read_speed_option,
    seed_option,
)
from redbook.cli.recorder import opened, signals_cancel


@click.command(epilog=EPILOG)
@files_argument
@drive_option
@read_speed_option
@authoring_options
@seed_option
@json_option
def verify(
    files: tuple[str, ...],
    drive_name: str | None,
    read_speed: float | None,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Compare a disc with the FILES it was burned from."""
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    wanted = split_off(authoring)
    with (
        make_renderer("verify", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "VERIFY") as drive,
    ):
        report = burning.verify(
            files,
            drive,
            dither_seed=dither_seed,
            read_speed=read_speed,
            on_event=out.event,
            cancel=cancel,
            **wanted,
        )
        out.verified(report, drive.name)
