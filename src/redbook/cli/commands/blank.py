"""`redbook blank`."""

from __future__ import annotations

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import drive_option, json_option, wait_option
from redbook.cli.recorder import confirm, opened, signals_cancel
from redbook.errors import printable


@click.command(epilog=EPILOG)
@drive_option
@click.option("--full", is_flag=True, help="Erase every sector, not only the table of contents.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@wait_option
@json_option
def blank(drive_name: str | None, full: bool, yes: bool, as_json: bool) -> None:
    """Make a CD-RW blank again. What is on it is lost."""
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    with (
        make_renderer("blank", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "BLANK") as drive,
    ):
        found = burning.look_before_blanking(drive, on_event=out.event, cancel=cancel)
        out.rest()
        confirm(
            "",
            yes or found.is_blank,
            f"Erase the CD-RW in {printable(drive.name)}, with {found.would_be_lost}?",
        )
        burning.blank(drive, full=full, on_event=out.event, cancel=cancel)
        out.done(drive.name, "the disc is blank")
