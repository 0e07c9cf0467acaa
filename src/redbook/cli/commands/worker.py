"""`redbook worker`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import json_option, named_drives

if TYPE_CHECKING:
    from redbook.production.events import CopyEvent


@click.command(epilog=EPILOG)
@click.option(
    "--ledger", required=True, metavar="postgresql://...", help="The ledger that all machines share."
)
@click.option(
    "--masters",
    required=True,
    multiple=True,
    metavar="URL",
    help="Where to fetch masters: redbook serve, or any file server. Several are tried in turn.",
)
@click.option(
    "--tls-ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also trust this certificate (PEM): the page's own, if it is self-signed.",
)
@click.option(
    "--host", metavar="NAME", default="", help="This machine's name in the ledger.  [its host name]"
)
@click.option(
    "--drives",
    metavar="NAME,NAME",
    default="all",
    show_default=True,
    help="Recorders, or racks of virtual ones.",
)
@click.option(
    "--carrier",
    type=click.Choice(["threads", "procrastinate"]),
    default="threads",
    show_default=True,
    help="How work that can wait is run: in threads of this process, or as jobs in the database.",
)
@click.option("--spool", type=click.Path(file_okay=False, path_type=Path), help="Where masters are kept.")
@click.option(
    "--take-over", is_flag=True, help="Take over the name of another machine that is gone for good."
)
@json_option
def worker(
    ledger: str,
    masters: tuple[str, ...],
    tls_ca: Path | None,
    host: str,
    drives: str,
    carrier: str,
    spool: Path | None,
    take_over: bool,
    as_json: bool,
) -> None:
    """Burn copies on this machine for a ledger that several machines share.

    Fetches the masters of open orders, burns a copy on each blank that is inserted, and records the result in
    the ledger. When it starts, it examines the discs that were under way when this machine's last worker
    ended.

    Ctrl-C starts no more copies and waits for the discs under way; a second Ctrl-C ends these, too.
    """
    from redbook.cli.render import make_renderer

    with make_renderer("worker", as_json) as out, reporting(out):
        import platform
        import signal
        from functools import partial

        from redbook.production.fetch import Fetcher
        from redbook.production.home import Home
        from redbook.production.ledger import open_ledger
        from redbook.production.pool import Pool
        from redbook.production.remote import RemoteWorker

        carried: Any = None
        if carrier == "procrastinate":
            from redbook.production.procrastinate import ProcrastinateCarrier

            carried = partial(ProcrastinateCarrier, ledger)
        names = named_drives(drives)
        fetcher = Fetcher(masters, tls_ca=tls_ca)
        try:
            with open_ledger(ledger) as opened, Pool(names) as pool:
                working = RemoteWorker(
                    opened,
                    host or platform.node(),
                    Home.of_user() if spool is None else Home(spool),
                    pool,
                    fetcher,
                    carrier=carried,
                    on_event=partial(_tell, as_json),
                    take_over=take_over,
                )
                heard: list[int] = []

                def stop(number: int, frame: object) -> None:
                    heard.append(number)
                    working.stop(at_once=len(heard) > 1)

                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, stop)
                working.run()
        finally:
            fetcher.close()


_WORDS = {
    "copy_claimed": "claimed",
    "need_blank": "is waiting for a blank disc",
    "drive_rests": "is no longer used",
}


def _tell(as_json: bool, event: CopyEvent) -> None:
    from redbook.production.events import CopyProgress, OrderNow
    from redbook.production.events import as_json as fields

    if as_json:
        click.echo(json.dumps(fields(event), ensure_ascii=False))
    elif not isinstance(event, CopyProgress | OrderNow):
        values = fields(event)
        number = f"copy {values['number']} of order {values['order']}" if "number" in values else ""
        what = values.get("text") or values.get("state") or _WORDS.get(values["event"], values["event"])
        parts = [values.get("drive", ""), number, what, values.get("why", "")]
        click.echo(": ".join(part for part in parts if part))
