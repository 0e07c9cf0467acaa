"""`redbook doctor`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from redbook.cli.exits import DRIVE, EPILOG, reporting
from redbook.cli.options import exists_already, json_option
from redbook.cli.recorder import signals_cancel, waits_of


@click.command(epilog=EPILOG)
@click.option("--drive", "drive_name", metavar="NAME", help="Only this recorder. Default: all real ones.")
@click.option("--serial", is_flag=True, help="Show serial numbers, which are otherwise masked.")
@click.option(
    "--record",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Record the whole exchange with the drive, including its serial number, in a new FILE; needs "
    "--drive.",
)
@json_option
def doctor(drive_name: str | None, serial: bool, record: Path | None, as_json: bool) -> None:
    """Show system and recorder details for a bug report.

    Nothing is written, and a drive in use by another program is left alone. The exit code is 0 if a burn
    could start now, else 5.
    """
    from redbook.cli.render import make_renderer
    from redbook.recorders import doctor as page

    if record is not None and drive_name is None:
        raise click.UsageError("--record also needs a recorder: name it with --drive")
    if record is not None and os.path.lexists(record):
        raise click.UsageError(exists_already("--record", record))
    with make_renderer("doctor", as_json) as out, reporting(out):
        diagnosis = page.diagnose(
            drive_name, serial=serial, record=record, on_event=waits_of(out), cancel=signals_cancel()
        )
        out.doctor(diagnosis)
    if not diagnosis.can_burn:
        sys.exit(DRIVE)
