"""Options that say how to read a disc that will be kept or copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from redbook.cli.options import SpeedType
from redbook.disc import MOST_OFFSET_SAMPLES


class OffsetType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A number of samples, or "drive"."""

    name = "offset"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if isinstance(value, int):
            return value
        text = str(value).strip().lower()
        if text == "drive":
            return text
        try:
            samples = int(text)
        except ValueError:
            samples = MOST_OFFSET_SAMPLES + 1
        if abs(samples) > MOST_OFFSET_SAMPLES:
            self.fail(
                f"{value!r} is not an offset: use a number of samples such as 6 or -30, "
                f"{MOST_OFFSET_SAMPLES} at most, or drive",
                param,
                ctx,
            )
        return samples


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--format",
        "sound",
        type=click.Choice(["flac", "wav"]),
        default="flac",
        show_default=True,
        help="Format of the sound files.",
    ),
    click.option(
        "--offset",
        type=OffsetType(),
        default=0,
        show_default=True,
        metavar="N",
        help="Read offset correction: how many samples late (negative: early) the drive returns audio. "
        "drive: the offset that was found when this drive read its own discs back.",
    ),
    click.option(
        "--read-speed",
        type=SpeedType(),
        default="auto",
        show_default=True,
        metavar="N",
        help="Reading speed: auto (24x), max, or a multiple of 1x.",
    ),
    click.option(
        "--keep-going",
        is_flag=True,
        help="Keep what can be read: skip sectors that cannot be read correctly, leave out data and later "
        "sessions. The report names them.",
    ),
    click.option(
        "--no-c2",
        is_flag=True,
        help="Do not ask the drive which sectors it could not correct: some drives mark a whole disc.",
    ),
    click.option(
        "--look-up",
        is_flag=True,
        help="Ask AccurateRip and the CUETools database, over the network, whether others have read the same "
        "audio. The table of contents is sent to them.",
    ),
)
