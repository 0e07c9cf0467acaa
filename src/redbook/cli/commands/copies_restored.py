"""`redbook copies restored` and `adopt`: after a ledger was restored from a backup."""

from __future__ import annotations

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import drive_option, host_option, who_option


@click.command(epilog=EPILOG)
@who_option
def restored(who: str | None) -> None:
    """Pause every open order after the ledger was restored from a backup.

    Discs made since the backup are not in it, and would be made again. Insert the good ones again and count
    them (`redbook copies adopt`), then resume the orders (`redbook copies resume`).
    """
    from redbook.cli.commands.copies import ledger_there
    from redbook.cli.render import make_renderer
    from redbook.host import current_user_name

    with make_renderer("copies restored", False) as out, reporting(out), ledger_there() as ledger:
        paused = ledger.mark_restored(who=who or current_user_name())
        lines = [f"order {order.id} ({order.title}): {order.made} of {order.wanted} made" for order in paused]
        out.result({}, lines, f"{len(paused)} paused" if paused else "no order was open")


@click.command(epilog=EPILOG)
@click.argument("order", type=int)
@drive_option
@who_option
@host_option
def adopt(order: int, drive_name: str | None, who: str | None, host: str) -> None:
    """Count the disc in a recorder for an order whose ledger does not know about it.

    The disc is read and compared first. Copies of one master are identical, so only you can know that this
    one was not counted before: that happens when the ledger was restored from a backup older than the disc.
    """
    from redbook.cli.commands.copies import ledger_there
    from redbook.cli.recorder import opened, signals_cancel
    from redbook.cli.render import make_renderer
    from redbook.errors import MediumUnsuitable
    from redbook.host import current_user_name
    from redbook.production.examination_book import refuse_known
    from redbook.production.home import Home
    from redbook.production.pool import disc_in
    from redbook.production.recognise import recognise
    from redbook.production.values import Blank, Place

    cancel = signals_cancel()
    with (
        make_renderer("copies adopt", False) as out,
        reporting(out),
        ledger_there() as ledger,
        opened(drive_name, out, cancel, "LOOK", read_only=True) as drive,
    ):
        ref = disc_in(drive.name)
        known = ledger.attempt_of_blank(host, ref)
        if known is not None:
            refuse_known(known)  # before the disc is read, which takes minutes
        found = recognise(drive, ref, Home.of_user(), ledger, host=host, on_event=out.event, cancel=cancel)
        if found.same is not True or order not in {one.id for one in found.orders}:
            raise MediumUnsuitable(f"this is not a good copy of order {order}: {found.text}")
        made = ledger.adopt(
            order, Blank(Place(host, drive.name), ref), who=who or current_user_name(), why=found.text
        )
        out.result({}, (), f"it is counted as copy {made.number} of order {order}")
