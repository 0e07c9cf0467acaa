"""`redbook read`."""

from __future__ import annotations

import click

from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import drive_option, json_option, wait_option
from redbook.cli.reading_options import reading_options
from redbook.cli.recorder import opened, signals_cancel


@click.command(epilog=EPILOG)
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    metavar="FOLDER",
    type=click.Path(),
    help="Where to save the disc: a new or empty folder, or one with an unfinished reading.",
)
@drive_option
@reading_options
@wait_option
@json_option
def read(
    folder: str,
    drive_name: str | None,
    sound: str,
    read_speed: float | None,
    offset: int | str,
    keep_going: bool,
    no_c2: bool,
    look_up: bool,
    as_json: bool,
) -> None:
    """Read an audio disc into FOLDER: sound files, sheets, CD-Text, a report.

    Each sector is read until two readings agree. `redbook burn FOLDER/disc.cue` burns the disc again.
    After Ctrl-C or an error, the same command continues where it stopped.
    """
    from redbook.burning.reading import read as read_disc
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    with (
        make_renderer("read", as_json) as out,
        reporting(out),
        opened(drive_name, out, cancel, "READ", read_only=True) as drive,
    ):
        report = read_disc(
            drive,
            folder,
            sound=sound,
            read_speed=read_speed,
            offset=offset,  # type: ignore[arg-type]  # OffsetType lets nothing else through
            keep_going=keep_going,
            c2=not no_c2,
            look_up=look_up,
            on_event=out.event,
            cancel=cancel,
        )
        out.was_read(report)
