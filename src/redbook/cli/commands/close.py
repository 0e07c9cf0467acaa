"""`redbook close`."""

from __future__ import annotations

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import drive_option, json_option, wait_option
from redbook.cli.recorder import opened, signals_cancel


@click.command(name="close", epilog=EPILOG)
@drive_option
@wait_option
@json_option
def close_command(drive_name: str | None, as_json: bool) -> None:
    """Close a disc that was left open.

    This writes its lead-in and lead-out, so that players can play it.
    """
    from redbook.burning import jobs as burning
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    with (
        make_renderer("close", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "CLOSE") as drive,
    ):
        burning.close_disc(drive, on_event=out.event, cancel=cancel)
        out.done(drive.name, "the session is closed; players can play the disc")
