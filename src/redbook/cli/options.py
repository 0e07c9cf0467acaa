"""Options and arguments that several commands have."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from redbook.cli.completing import drive_names, model_names, speeds
from redbook.errors import printable
from redbook.recorders.prefixes import RACK

VIRTUAL_OPTIONS = "redbook.virtual"
"""Where in the context model, pace and faults of a virtual recorder are, as `open_drive` takes them."""

WAIT = "redbook.wait"
"""Where in the context it says whether to wait for a suitable disc."""

RECORD = "redbook.record"
"""Where in the context the file for the transcript is, so that no command needs to pass it on."""


class SpeedType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """auto (None), max (as fast as the drive can), or a multiple of 1x: 8, 8x."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if value is None or isinstance(value, float):
            return value
        text = str(value).strip().lower()
        if text == "auto":
            return None
        if text == "max":
            return math.inf
        try:
            speed = float(text.removesuffix("x"))
        except ValueError:
            speed = 0.0
        if not 1 <= speed <= 72:
            self.fail(f"{value!r} is not a speed: use a number such as 8 or 16x, auto or max", param, ctx)
        return speed


def named_drives(text: str) -> list[str]:
    """What --drives names: none for "all"; otherwise names separated by commas.

    A folder may have a comma in its name: the longest name that exists counts.
    """
    if text == "all":
        return []
    parts, names = text.split(","), list[str]()
    while parts:
        ends = range(len(parts), 1, -1)
        end = next((end for end in ends if _is_there(",".join(parts[:end]).removeprefix(RACK))), 1)
        names.append(",".join(parts[:end]))
        del parts[:end]
    return [name for name in names if name]


def exists_already(option: str, path: str | os.PathLike[str]) -> str:
    """What is said where an option names a file that is there already."""
    return f"{option}: {printable(path)} already exists; name a new file"


def who_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--who", metavar="NAME", help="Your name, for the history. Default: your login name."
    )(command)


def host_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--host", metavar="NAME", default="", help="This machine's name, where several share the ledger."
    )(command)


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long for the name of a file, or none
        return False


def _keep_record(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    context.meta[RECORD] = value


def drive_option(command: Callable[..., Any]) -> Callable[..., Any]:
    record = click.option(
        "--record",
        metavar="FILE",
        type=click.Path(),
        expose_value=False,
        callback=_keep_record,
        help="Record the whole exchange with the drive, including its serial number, in a new FILE, for a "
        "bug report or a test.",
    )
    command = _virtual_options(record(command))
    return click.option(
        "--drive",
        "drive_name",
        metavar="NAME",
        envvar="REDBOOK_DRIVE",
        shell_complete=drive_names,
        help="The recorder: /dev/sr0, or virtual:PATH for a virtual one with the disc in that folder. "
        "Default: $REDBOOK_DRIVE, then the real recorder with a suitable disc, then (on a machine without "
        "one) a virtual one with ./redbook.disc.",
    )(command)


class PaceType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A multiple of 1x: 16, 16x."""

    name = "pace"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            pace = float(str(value).strip().lower().removesuffix("x"))
        except ValueError:
            pace = 0.0
        if not 1 <= pace <= 72:
            self.fail(f"{value!r} is not a speed: use a number such as 8 or 16x", param, ctx)
        return pace


def _checked_model(context: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    if name is not None:
        from redbook.virtual.model import Model

        try:
            Model.load(name)
        except ValueError as error:
            raise click.BadParameter(str(error), context, parameter) from error
    return name


def _checked_faults(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    if texts:
        from redbook.virtual.faults import parse

        for text in texts:
            try:
                parse(text)
            except ValueError as error:
                raise click.BadParameter(str(error), context, parameter) from error
    return texts


def _virtual_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Kept in the context, for `opened`."""

    def keep(
        check: Callable[[click.Context, click.Parameter, Any], Any] | None, key: str
    ) -> Callable[[click.Context, click.Parameter, Any], None]:
        def callback(context: click.Context, parameter: click.Parameter, value: Any) -> None:
            checked = check(context, parameter, value) if check else value
            if checked:
                context.meta.setdefault(VIRTUAL_OPTIONS, {})[key] = checked

        return callback

    options = [
        click.option(
            "--model",
            metavar="NAME",
            expose_value=False,
            callback=keep(_checked_model, "model"),
            shell_complete=model_names,
            help="Virtual recorder: behave like this model (a wrong name lists them), or like a .toml file.",
        ),
        click.option(
            "--pace",
            type=PaceType(),
            metavar="N",
            expose_value=False,
            callback=keep(None, "pace"),
            shell_complete=speeds,
            help="Virtual recorder: take as long as a real one at this speed, such as 16x.",
        ),
        click.option(
            "--fault",
            metavar="WHAT[@WHERE]",
            multiple=True,
            expose_value=False,
            callback=keep(_checked_faults, "faults"),
            help="Virtual recorder: make something go wrong, such as 3/0C/00@lba:1000; may be repeated.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _keep_wait(context: click.Context, parameter: click.Parameter, wait: bool) -> None:
    context.meta[WAIT] = wait


def wait_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--wait",
        is_flag=True,
        expose_value=False,
        callback=_keep_wait,
        help="Wait until a suitable disc is in the recorder, however long that takes. (At a terminal redbook "
        "waits in any case, unless a recorder was named.)",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object per line on standard output."
    )(command)


def seed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--dither-seed",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Seed of the dither that conversions add; the same seed gives the same disc.",
    )(command)


def report_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--report", "report_path", metavar="FILE", type=click.Path(path_type=Path), help=text)


def overburn_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--overburn",
        is_flag=True,
        help="Allow more than the disc's stated capacity; session-at-once only. The drive may refuse this, "
        "or stop in the middle and ruin the disc.",
    )(command)


def read_speed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--read-speed",
        type=SpeedType(),
        default="auto",
        show_default=True,
        metavar="N",
        shell_complete=speeds,
        help="Speed for reading the disc back: auto (24x), max, or a multiple of 1x.",
    )(command)


def files_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("files", nargs=-1, required=True, type=click.Path(readable=False))(command)
