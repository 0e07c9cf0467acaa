"""Options and arguments that several commands have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click

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


def _keep_record(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    context.meta[RECORD] = value


def drive_option(command: Callable[..., Any]) -> Callable[..., Any]:
    record = click.option(
        "--record",
        metavar="FILE",
        type=click.Path(),
        expose_value=False,
        callback=_keep_record,
        help="Write the whole exchange with the drive, its serial number included, to a new FILE, for a bug "
        "report or a test.",
    )
    command = record(command)
    return click.option(
        "--drive",
        "drive_name",
        metavar="NAME",
        help="The recorder: /dev/sr0 or another node, or virtual:PATH, a virtual one with the disc in that "
        "folder. Default: the one real recorder whose disc fits; where the machine has none, a virtual one: "
        "for burn and plan on ./redbook.disc or the next free name, made if nothing is there, for the others "
        "on the last disc made so.",
    )(command)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")(
        command
    )


def seed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--dither-seed",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Seed of the dither that conversions add; the same seed gives the same disc.",
    )(command)


def read_speed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--read-speed",
        type=SpeedType(),
        default="auto",
        show_default=True,
        metavar="N",
        help="Speed of reading the disc back: auto (24x), max, or a multiple of 1x.",
    )(command)


def files_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("files", nargs=-1, required=True, type=click.Path(readable=False))(command)
