"""What the commands of `redbook share` have in common: options, messages, exit codes."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from redbook.cli.completing import disc_paths, model_names
from redbook.errors import printable

if TYPE_CHECKING:
    from redbook.share.recorders import Afflictions

DRIVE = 5


def disc_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--disc",
        "discs",
        multiple=True,
        metavar="PATH",
        shell_complete=disc_paths,
        help="The disc in the recorder: a folder, created when it is first written to if it does not exist. "
        'Repeat the option for a second recorder, and so on; "" for one without a disc. '
        "Default: ./redbook.disc or the next free name.",
    )(command)


def speed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--speed",
        type=click.FloatRange(1, 72),
        metavar="N",
        help="Take as long as a real recorder at this speed. Default: as fast as the data arrive.",
    )(command)


def _known_model(ctx: click.Context, param: click.Parameter, name: str | None) -> str | None:
    if name is not None:
        from redbook.virtual.model import Model

        try:
            Model.load(name)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from error
    return name


def _known_faults(ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    if texts:
        from redbook.virtual.faults import parse

        for text in texts:
            try:
                parse(text)
            except ValueError as error:
                raise click.BadParameter(str(error), ctx, param) from error
    return texts


def model_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--model",
        metavar="NAME",
        callback=_known_model,
        shell_complete=model_names,
        help="Behave like this model (a wrong name lists them all), or like a .toml file.",
    )(command)


def fault_option(command: Callable[..., Any]) -> Callable[..., Any]:
    must = click.option(
        "--fault-must-happen",
        "must_happen",
        is_flag=True,
        help=f"Exit with code {DRIVE} if a --fault never happened, whatever else happened. Otherwise redbook "
        "only says so.",
    )
    command = must(command)
    return click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="WHAT[@WHERE]",
        callback=_known_faults,
        help="Make something go wrong, such as 3/0C/00@lba:1000 or timeout@blank; may be repeated. A wrong "
        "value shows the syntax.",
    )(command)


def say_what_never_happened(afflictions: Afflictions) -> bool:
    """Whether there was any such fault."""
    left = afflictions.left()
    for text in left:
        complain(text)
    return bool(left)


def log_traffic_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--log-traffic", is_flag=True, help="Show every command on standard error.")(command)


def discs_or_default(discs: tuple[str, ...]) -> tuple[str, ...]:
    """The discs named, or the one that a burn without --drive would take.  raises  DriveError"""
    from redbook.recorders.choosing import new_virtual_name

    if discs:
        return discs
    name = new_virtual_name()
    logging.getLogger(__name__).info("no --disc was given: the disc in the recorder is %s", name)
    return (name,)


def show_traffic() -> None:
    """Commands and their answers, one a line, on standard error."""
    from redbook.log import TRAFFIC

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("redbook: %(message)s"))
    for name in ("redbook.drive", "redbook.share"):
        logger = logging.getLogger(name)
        logger.setLevel(TRAFFIC)
        logger.addHandler(handler)
        logger.propagate = False


def complain(text: str) -> None:
    """To standard error, which may be gone."""
    with contextlib.suppress(OSError):
        lines = "\n".join(printable(line) for line in text.split("\n"))
        print(f"redbook: {lines}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def failing_cleanly() -> Iterator[None]:
    """What was foreseen is a line and exit code 5, no traceback."""
    from redbook.errors import RedbookError

    try:
        yield
    except RedbookError as error:
        complain(str(error))
        sys.exit(DRIVE)
    except OSError as error:
        complain(f"{printable(error.filename or 'the system')}: {error.strerror or error}")
        sys.exit(DRIVE)
