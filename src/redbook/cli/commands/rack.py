"""`redbook rack`: virtual recorders with trays, for trying out what needs several, and for tests."""

from __future__ import annotations

import time
from pathlib import Path

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import PaceType, json_option
from redbook.errors import printable
from redbook.recorders.prefixes import RACK

_folder = click.argument("folder", type=click.Path(path_type=Path))
_LOOK_SECONDS = 0.2


@click.group(epilog=EPILOG)
def rack() -> None:
    """Virtual recorders with trays, and a spindle of blanks.

    Pass the folder to --drives. `put` and `take` do what a person does at the trays; `tend` does it at all of
    them until the blanks are used up.
    """


@rack.command(epilog=EPILOG)
@_folder
@click.option(
    "--drives", "count", type=click.IntRange(1, 99), default=3, show_default=True, help="How many recorders."
)
@click.option(
    "--blanks",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="How many blanks are on the spindle.",
)
@click.option("--type", "medium", type=click.Choice(["cd-r", "cd-rw"]), default="cd-r", show_default=True)
@click.option("--minutes", type=click.Choice(["74", "80", "90"]), default="80", show_default=True)
@click.option("--model", default="", metavar="NAME", help="Behave like this model.")
@click.option("--pace", type=PaceType(), metavar="N", help="Take as long as a real recorder at this speed.")
def new(
    folder: Path, count: int, blanks: int, medium: str, minutes: str, model: str, pace: float | None
) -> None:
    """Make a rack: a FOLDER with recorders d1, d2 and so on, and blanks."""
    from redbook.cli.render import make_renderer
    from redbook.virtual.model import Model
    from redbook.virtual.rack import Rack

    with make_renderer("rack new", False) as out, reporting(out):
        if model:
            try:
                Model.load(model)
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="--model") from error
        Rack.new(folder, count, blanks, medium=medium, minutes=int(minutes), model=model, pace=pace)
        recorders = f"{count} recorder{'' if count == 1 else 's'} with empty tray{'' if count == 1 else 's'}"
        out.done(f"{RACK}{folder}", f"{recorders}, {blanks} blank{'' if blanks == 1 else 's'} beside")


@rack.command(name="list", epilog=EPILOG)
@_folder
@json_option
def list_command(folder: Path, as_json: bool) -> None:
    """Show the recorders of a rack, and what is in them."""
    from redbook.cli.render import make_renderer
    from redbook.recorders.racks import rack_entries
    from redbook.virtual.rack import Rack

    with make_renderer("rack list", as_json) as out, reporting(out):
        there = Rack(folder)
        out.drives(rack_entries(there))
        left = there.blanks
        out.note(f"{left} blank{'' if left == 1 else 's'} left on the spindle")


@rack.command(epilog=EPILOG)
@_folder
@click.argument("drive")
@click.option(
    "--disc", type=click.Path(path_type=Path), help="Put in this disc of the rack instead of a new blank."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="WHAT[@WHERE]",
    help="What should go wrong with this blank; may be repeated.",
)
def put(folder: Path, drive: str, disc: Path | None, faults: tuple[str, ...]) -> None:
    """Take out what is in DRIVE, put a blank on its tray, and close it."""
    from redbook.cli.render import make_renderer
    from redbook.virtual.rack import Rack

    with make_renderer("rack put", False) as out, reporting(out):
        there = Rack(folder)
        at = there.drive(drive)
        try:
            new_disc = disc or there.take_blank(faults)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--fault") from error
        if new_disc is None:
            raise click.UsageError("the spindle is empty: there are no blanks left to put in")
        if disc is not None and disc.name not in {path.name for path in there.discs()}:
            raise click.UsageError(f"--disc {printable(disc)}: no disc of this rack")
        out_of_it = at.put_in(new_disc)
        was = f"; {out_of_it.name} was taken out" if out_of_it is not None else ""
        out.done(f"{RACK}{at.folder}", f"{new_disc.name} is in{was}")


@rack.command(epilog=EPILOG)
@_folder
@click.argument("drive")
def take(folder: Path, drive: str) -> None:
    """Take the disc out of DRIVE, and leave the tray open."""
    from redbook.cli.render import make_renderer
    from redbook.virtual.rack import Rack

    with make_renderer("rack take", False) as out, reporting(out):
        at = Rack(folder).drive(drive)
        disc = at.take_out()
        out.done(f"{RACK}{at.folder}", f"{disc.name} was taken out" if disc is not None else "it was empty")


@rack.command(epilog=EPILOG)
@_folder
@click.option("--seconds", type=click.FloatRange(0), default=0.0, help="How long it takes to change a disc.")
def tend(folder: Path, seconds: float) -> None:
    """Put a blank into every tray that is open or empty, as a robot would, until there are no blanks left.

    Ctrl-C ends it.
    """
    from redbook.cli.recorder import signals_cancel
    from redbook.cli.render import make_renderer
    from redbook.virtual.rack import Rack

    cancel = signals_cancel()
    with make_renderer("rack tend", False) as out, reporting(out):
        there = Rack(folder)
        while not cancel.wanted:
            for at in there.drives():
                tray = at.tray
                if at.in_use or not (tray.is_open or tray.disc is None):
                    continue
                time.sleep(seconds)
                blank = there.take_blank()
                if blank is None:
                    out.done(f"{RACK}{folder}", "the spindle is empty")
                    return
                was = at.put_in(blank)
                out.note(f"{at.name}: {blank.name} in" + (f", {was.name} out" if was is not None else ""))
            time.sleep(_LOOK_SECONDS)
