"""`redbook master`: a disc read once, checked, and kept, to be burned any number of times."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from redbook.cli import times
from redbook.cli.authoring_options import authoring_options, loudness_options, mode_option, split_off
from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import files_argument, json_option, seed_option
from redbook.cli.recorder import signals_cancel, waits_of
from redbook.errors import printable

if TYPE_CHECKING:
    from redbook.cli.render import Renderer
    from redbook.production.master import MasterReport


@click.group(epilog=EPILOG)
def master() -> None:
    """Keep a disc as a master: a folder that can be burned any number of times.

    `redbook burn FOLDER` burns one, like any other source.
    """


@master.command(epilog=EPILOG)
@files_argument
@click.option(
    "-o", "folder", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="A new folder."
)
@click.option("--minutes", type=click.Choice(["74", "80", "90"]), default="80", show_default=True)
@click.option(
    "--flac", is_flag=True, help="Keep the audio as FLAC: takes less space, but is decoded before each burn."
)
@mode_option
@loudness_options
@authoring_options
@seed_option
@json_option
def make(
    files: tuple[str, ...],
    folder: Path,
    minutes: str,
    flac: bool,
    mode: str,
    dither_seed: int,
    as_json: bool,
    **authoring: Any,
) -> None:
    """Read FILES to the end, and keep the disc they make in FOLDER.

    Everything is checked as by `redbook plan`; --minutes is the size of the blank it has to fit on.
    """
    from redbook.cli.render import make_renderer
    from redbook.production.master import make_master

    cancel = signals_cancel()
    wanted = split_off(authoring)
    with make_renderer("master make", as_json) as out, reporting(out):
        report = make_master(
            files,
            folder,
            mode=mode,
            dither_seed=dither_seed,
            minutes=int(minutes),
            flac=flac,
            on_event=waits_of(out) if as_json else out.event,
            cancel=cancel,
            **wanted,
        )
        _tell(report, out, "is kept")


@master.command(epilog=EPILOG)
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def check(folder: Path, as_json: bool) -> None:
    """Read a master to the end, and compare it with its own checksums."""
    from redbook.cli.render import make_renderer
    from redbook.production.master import check_master

    cancel = signals_cancel()
    with make_renderer("master check", as_json) as out, reporting(out):
        report = check_master(folder, on_event=waits_of(out) if as_json else out.event, cancel=cancel)
        _tell(report, out, "is whole")


def _tell(report: MasterReport, out: Renderer, verdict: str) -> None:
    for note in report.notes:
        out.note(note)
    lengths = report.file.lengths()
    shape = {
        "event": "master",
        "folder": str(report.folder),
        "name": report.name,
        "mode": report.file.mode,
        "sectors": report.file.sectors,
        "audio_bytes": report.audio_bytes,
        "tracks": [
            {
                "number": laid.number,
                "sectors": laid.sectors,
                "sha256": track.sha256,
                "title": track.title or None,
                "artist": track.artist or None,
                "source": track.source,
                "bit_exact": not track.conversion,
            }
            for laid, track in zip(report.file.layout.tracks, report.file.tracks, strict=True)
        ],
    }
    lines = [
        f"{laid.number:2}  {times.length(sectors):>6}  {printable(track.title or track.source)}"
        for laid, track, sectors in zip(report.file.layout.tracks, report.file.tracks, lengths, strict=True)
    ]
    lines.append(f"name {report.name}")
    count = len(lengths)
    out.result(
        shape,
        lines,
        f"{printable(report.folder)}: the master {verdict}: {count} track{'' if count == 1 else 's'}, "
        f"{times.length(report.file.sectors)}, {report.audio_bytes / 1e6:.0f} MB",
    )
