"""`redbook verify`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from redbook.cli.authoring_options import authoring_options, loudness_options, split_off
from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import (
    drive_option,
    json_option,
    read_speed_option,
    report_option,
    seed_option,
    wait_option,
)
from redbook.cli.recorder import opened, signals_cancel


@click.command(epilog=EPILOG)
@click.argument("files", nargs=-1, type=click.Path(readable=False))
@drive_option
@read_speed_option
@report_option("Compare with the report that `redbook burn --report FILE.json` saved, instead of with FILES.")
@authoring_options
@loudness_options
@seed_option
@wait_option
@json_option
def verify(
    files: tuple[str, ...],
    drive_name: str | None,
    read_speed: float | None,
    report_path: Path | None,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Compare a disc with the FILES it was burned from, or with a report of the burn."""
    from redbook.burning import jobs as burning
    from redbook.burning.saved_burn_report import verify_report
    from redbook.cli.render import make_renderer

    if bool(files) == (report_path is not None):
        raise click.UsageError(
            "name the FILES that the disc was burned from, or a report of the burn (--report)"
        )
    if report_path is not None:
        _check_of_files(authoring.keys() | {"dither_seed"})
    cancel = signals_cancel()
    wanted = split_off(authoring)
    with (
        make_renderer("verify", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "VERIFY") as drive,
    ):
        if report_path is not None:
            found = verify_report(
                report_path, drive, read_speed=read_speed, on_event=out.event, cancel=cancel
            )
            out.verified(found, drive.name)
            return
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


def _check_of_files(options: Iterable[str]) -> None:
    """raises  click.UsageError  for one that says how files were burned: a report knows that itself"""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "")
        if parameter.name in options and given is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{parameter.opts[0]} says how FILES were burned; the report knows that: leave it out"
            )
