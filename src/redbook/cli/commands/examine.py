"""`redbook examine`: which copy is this?"""

from __future__ import annotations

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import drive_option, host_option, json_option
from redbook.cli.recorder import opened, signals_cancel


@click.command(epilog=EPILOG)
@drive_option
@host_option
@json_option
def examine(drive_name: str | None, host: str, as_json: bool) -> None:
    """Show which order of copies the disc in a recorder belongs to, and whether it is good.

    It is read and compared if the order's master is still here. Good copies of one master are identical: the
    number of a copy is known only as long as the disc stays in its drive.
    """
    import sys

    from redbook.cli.commands.copies import ledger_there
    from redbook.cli.exits import DIFFERS, DONE
    from redbook.cli.render import make_renderer
    from redbook.production.home import Home
    from redbook.production.pool import disc_in
    from redbook.production.recognise import recognise

    cancel = signals_cancel()
    with (
        make_renderer("examine", as_json) as out,
        reporting(out),
        ledger_there() as ledger,
        opened(drive_name, out, cancel, "LOOK", read_only=True) as drive,
    ):
        ref, home = disc_in(drive.name), Home.of_user()
        found = recognise(drive, ref, home, ledger, host=host, on_event=out.event, cancel=cancel)
        shape = {
            "event": "examined",
            "drive": drive.name,
            "attempt": None if found.attempt is None else found.attempt.id,
            "number": None if found.attempt is None else found.attempt.number,
            "orders": [order.id for order in found.orders],
            "same": found.same,
            "text": found.text,
        }
        out.result(shape, (), f"{drive.name}: {found.text}")
        sys.exit(DIFFERS if found.same is False else DONE)
