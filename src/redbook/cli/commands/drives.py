"""`redbook drives`."""

from __future__ import annotations

import signal

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import (
    json_option,
)
from redbook.cli.recorder import signals_cancel, waits_of
from redbook.host import stop_signals


@click.command(epilog=EPILOG)
@click.option("--watch", is_flag=True, help="Keep watching, and show what comes and goes, until Ctrl-C.")
@json_option
def drives(watch: bool, as_json: bool) -> None:
    """List the available recorders.

    Real ones first, then a virtual one for each disc in this folder. Recorders in use by another program are
    listed but not touched. If one cannot be used, the reason and the remedy are shown.
    """
    from redbook.cli.render import make_renderer
    from redbook.recorders import listing

    with make_renderer("drives", as_json) as out, reporting(out):
        if not watch:
            out.drives(listing.drives(on_event=waits_of(out), cancel=signals_cancel()))
            return
        with listing.drives(watch=True) as watching:
            for number in stop_signals():
                if signal.getsignal(number) != signal.SIG_IGN:  # nohup
                    signal.signal(number, lambda *_: watching.close())
            out.drives(watching.entries, watching=True)
            for event in watching:
                out.drive_event(event)
                if out.unheard:
                    break
