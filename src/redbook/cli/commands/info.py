"""`redbook info`."""

from __future__ import annotations

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import (
    drive_option,
    json_option,
)
from redbook.cli.recorder import opened, signals_cancel, waits_of


@click.command(epilog=EPILOG)
@drive_option
@click.option("--checksums", is_flag=True, help="Read every track and show its checksums.")
@json_option
def info(drive_name: str | None, checksums: bool, as_json: bool) -> None:
    """Show the recorder and what is on its disc."""
    from redbook.burning.looking import disc_info, read_checksums
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    with (
        make_renderer("info", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "LOOK", read_only=True) as drive,
    ):
        tell = waits_of(out)
        found = disc_info(drive, on_event=tell, cancel=cancel)
        sums = read_checksums(drive, on_event=tell, cancel=cancel) if checksums else {}
        out.info(found, drive.name, sums)
