"""`redbook eject`."""

from __future__ import annotations

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import drive_option, json_option
from redbook.cli.recorder import opened, signals_cancel, waits_of


@click.command(epilog=EPILOG)
@drive_option
@click.option("--load", "load_it", is_flag=True, help="Close the tray instead.")
@json_option
def eject(drive_name: str | None, load_it: bool, as_json: bool) -> None:
    """Open the tray of a recorder.

    A tray left locked by a program that died is unlocked first. A recorder in use by another program is left
    alone, and the program is named.
    """
    from redbook.burning.eject import eject as open_tray
    from redbook.burning.eject import load
    from redbook.cli.render import make_renderer
    from redbook.recorders.prefixes import VIRTUAL

    cancel = signals_cancel()
    with (
        make_renderer("eject", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "LOOK", read_only=True) as drive,
    ):
        if drive.name.startswith(VIRTUAL):
            out.done(
                drive.name,
                "this virtual recorder has no tray; only the recorders of a rack have one (redbook rack)",
            )
            return
        if load_it:
            there = load(drive, on_event=waits_of(out), cancel=cancel)
            out.done(drive.name, f"the tray is shut, {'with a disc' if there else 'with no disc'} in it")
            return
        open_tray(drive, on_event=waits_of(out), cancel=cancel)
        out.done(drive.name, "the tray is open")
