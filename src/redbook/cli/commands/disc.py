"""`redbook disc`: discs for the virtual recorder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import json_option
from redbook.recorders.prefixes import VIRTUAL


@click.group()
def disc() -> None:
    """Discs for the virtual recorder."""


def kind_of_disc(command: Callable[..., Any]) -> Callable[..., Any]:
    kind = click.option(
        "--type",
        "medium",
        type=click.Choice(["cd-r", "cd-rw"]),
        default="cd-r",
        show_default=True,
        help="Kind of disc.",
    )
    minutes = click.option(
        "--minutes",
        type=click.Choice(["74", "80", "90", "99"]),
        default="80",
        show_default=True,
        help="Nominal playing time. A 99-minute CD-R reports 80, as most of them do; see --overburn.",
    )
    return kind(minutes(command))


def _check_kind(medium: str, minutes: str) -> None:
    if (medium, minutes) == ("cd-rw", "99"):
        raise click.UsageError("a CD-RW has 74, 80 or 90 minutes; only a CD-R has 99")


@disc.command(epilog=EPILOG)
@click.argument("path", type=click.Path())
@kind_of_disc
@json_option
def new(path: str, medium: str, minutes: str, as_json: bool) -> None:
    """Make a new blank disc: a folder at PATH."""
    from redbook.cli.render import make_renderer
    from redbook.recorders import discs

    _check_kind(medium, minutes)

    with make_renderer("disc-new", as_json) as out, reporting(out):
        path = path.removeprefix(VIRTUAL)
        discs.create_disc(path, medium, int(minutes))
        out.done(f"{VIRTUAL}{path}", f"a blank {medium.upper()} of {minutes} minutes")


@disc.command(name="list", epilog=EPILOG)
@json_option
def list_discs(as_json: bool) -> None:
    """List virtual discs: those in this folder, and those that IMAPI2 scripts have burned.

    On a machine without a recorder such scripts use a virtual one; every disc that it has burned is kept.
    """
    from redbook.cli.render import make_renderer
    from redbook.recorders import discs

    with make_renderer("disc-list", as_json) as out, reporting(out):
        out.discs(discs.discs(), discs.discs_here(), discs.spindle_folder())


@disc.command(epilog=EPILOG)
@kind_of_disc
@json_option
def insert(medium: str, minutes: str, as_json: bool) -> None:
    """Put a new blank disc into the virtual recorder that IMAPI2 scripts use.

    It loads a new CD-R automatically whenever one is used up; a CD-RW stays in until another disc is
    inserted.
    """
    from redbook.cli.render import make_renderer
    from redbook.recorders import discs

    _check_kind(medium, minutes)
    with make_renderer("disc-insert", as_json) as out, reporting(out):
        name = discs.insert_disc(medium, int(minutes))
        out.done(name, f"a blank {medium.upper()} of {minutes} minutes is in the recorder")
