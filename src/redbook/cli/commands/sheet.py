"""`redbook sheet`."""

from __future__ import annotations

from typing import Any

import click

from redbook.cli.authoring_options import authoring_options, split_off
from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import (
    files_argument,
    json_option,
)
from redbook.cli.recorder import signals_cancel, waits_of


@click.command(epilog=EPILOG)
@files_argument
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(),
    help="The sheet: FILE.cue or FILE.toc.",
)
@click.option("-f", "--force", is_flag=True, help="Replace the sheet if it already exists.")
@authoring_options
@json_option
def sheet(files: tuple[str, ...], output: str, force: bool, as_json: bool, **authoring: Any) -> None:
    """Write an editable sheet of FILES: the project file of a disc.

    It has the files, the pauses, the joins and the titles; `redbook burn FILE.cue` burns it.
    """
    from redbook.burning.sheet_files import write_sheet
    from redbook.cli.render import make_renderer

    cancel = signals_cancel()
    wanted = split_off(authoring)
    with make_renderer("sheet", as_json) as out, reporting(out):
        report = write_sheet(files, output, replace=force, on_event=waits_of(out), cancel=cancel, **wanted)
        out.sheet_written(report)
