"""`redbook serve`."""

from __future__ import annotations

from pathlib import Path

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import named_drives

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(epilog=EPILOG)
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    default="127.0.0.1:8377",
    show_default=True,
    help="The address of the page; port 0 is any free port.",
)
@click.option(
    "--host-name",
    "host_names",
    multiple=True,
    metavar="NAME",
    help="A name under which others reach the page; may be repeated.",
)
@click.option("--password-file", type=_FILE, help="A file with the password for the page.")
@click.option("--tls-cert", type=_FILE, help="A certificate (PEM), for https.")
@click.option("--tls-key", type=_FILE, help="The certificate's key (PEM).")
@click.option("--insecure", is_flag=True, help="Let others use the page without TLS.")
@click.option(
    "--drives",
    metavar="NAME,NAME",
    default="all",
    show_default=True,
    help="Recorders, or racks of virtual ones; 'none' for none.",
)
@click.option(
    "--ledger", metavar="FILE|postgresql://...", default="", help="Use this ledger instead of your own."
)
@click.option(
    "--host", metavar="NAME", default="", help="This machine's name in a ledger that several machines share."
)
@click.option(
    "--spool", type=click.Path(file_okay=False, path_type=Path), help="Where ledger and masters are kept."
)
def serve(
    listen: str,
    host_names: tuple[str, ...],
    password_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    insecure: bool,
    drives: str,
    ledger: str,
    host: str,
    spool: Path | None,
) -> None:
    """Serve a web page for the burners: drop files, order copies, see what to do now.

    Prints the page's address, with a token in it: whoever opens that address may use the page. It can only be
    reached from this machine, unless --listen names another address, which needs --password-file and a
    certificate.

    Ctrl-C starts no more copies and waits for the discs under way; a second Ctrl-C ends these, too.
    """
    from redbook.cli.render import make_renderer

    with make_renderer("serve", False) as out, reporting(out):
        from redbook.production.serve.run import Settings, serve

        names = None if drives == "none" else named_drives(drives)
        settings = Settings(
            listen=listen,
            host_names=host_names,
            tls_cert=tls_cert,
            tls_key=tls_key,
            password_file=password_file,
            insecure=insecure,
            ledger=ledger,
            spool=spool,
            drives=names,
            host=host,
        )
        serve(settings, lambda text: click.echo(text))
