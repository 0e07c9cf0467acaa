"""`redbook copy`."""

from __future__ import annotations

import os
from contextlib import nullcontext

import click

from redbook.cli.authoring_options import mode_option
from redbook.cli.exits import EPILOG, reporting
from redbook.cli.options import SpeedType, json_option, wait_option
from redbook.cli.reading_options import reading_options
from redbook.cli.recorder import confirm, opened, signals_cancel, tell_of_new_disc
from redbook.errors import printable
from redbook.recorders.prefixes import VIRTUAL


@click.command(epilog=EPILOG)
@click.option(
    "--from",
    "source_name",
    metavar="NAME",
    help="The drive with the original: /dev/sr0 or another node, or virtual:PATH. Default: the one real "
    "drive with "
    "a disc in it.",
)
@click.option(
    "--to",
    "target_name",
    metavar="NAME",
    help="The recorder with the blank disc. Default: the drive with the original; its tray opens once the "
    "original has been read, and redbook waits for the blank disc.",
)
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="FOLDER",
    type=click.Path(),
    help="Keep what was read in FOLDER, as `redbook read` does. Default: delete it at the end.",
)
@reading_options
@mode_option
@click.option(
    "--speed",
    type=SpeedType(),
    metavar="N",
    help="Writing speed: auto (the default: the one recommended for audio on this drive and disc), max, or a "
    "multiple of 1x such as 8.",
)
@click.option("--no-verify", is_flag=True, help="Do not read the copy back.")
@click.option(
    "--no-reload",
    is_flag=True,
    help="Do not reload the finished copy before it is read back.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before a real disc is written.")
@wait_option
@json_option
def copy(
    source_name: str | None,
    target_name: str | None,
    folder: str | None,
    sound: str,
    read_speed: float | None,
    offset: int | str,
    keep_going: bool,
    no_c2: bool,
    look_up: bool,
    mode: str,
    speed: float | None,
    no_verify: bool,
    no_reload: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Copy an audio disc with everything on it, and verify the copy.

    Works with two drives, or with one in which the discs are changed. Each sector of the original is read
    until two readings agree.
    """
    from redbook.burning.copying import copy as copy_disc
    from redbook.cli.render import make_renderer

    alone = target_name is None or _is_same(source_name, target_name)
    if alone and source_name is not None and source_name.startswith(VIRTUAL):
        raise click.UsageError(
            "a virtual recorder has one disc, and nobody can change it: name another one (--to "
            f"{VIRTUAL}PATH)"
        )
    cancel = signals_cancel()
    with (
        make_renderer("copy", as_json) as out,
        reporting(out),
        opened(source_name, out, cancel, "READ", read_only=not alone) as source,
        nullcontext() if alone else opened(target_name, out, cancel, "BURN") as target,
    ):
        onto = source if target is None else target
        out.rest()
        tell_of_new_disc(out)
        confirm(
            onto.name, yes, f"Copy the disc in {printable(source.name)} onto one in {printable(onto.name)}?"
        )
        out.expect(closes=True, reads_back=not no_verify, read_speed=None)
        report = copy_disc(
            source,
            target,
            folder=folder,
            sound=sound,
            read_speed=read_speed,
            offset=offset,  # type: ignore[arg-type]  # OffsetType lets nothing else through
            keep_going=keep_going,
            c2=not no_c2,
            look_up=look_up,
            mode=mode,
            speed=speed,
            verify=not no_verify,
            reload=not no_reload,
            on_event=out.event,
            cancel=cancel,
        )
        out.copied(report, onto.name, kept=folder is not None)


def _is_same(source: str | None, target: str | None) -> bool:
    """Whether both names mean one drive: a link to a node, another way to write a path."""
    if source is None or target is None:
        return False
    one, other = (name.removeprefix(VIRTUAL) for name in (source, target))
    if source.startswith(VIRTUAL) is not target.startswith(VIRTUAL):
        return False
    return os.path.realpath(one) == os.path.realpath(other)
