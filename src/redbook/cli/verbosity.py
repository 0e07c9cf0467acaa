"""-q and -v: on the whole command line, and on each of its commands."""

from __future__ import annotations

import logging
import sys

import click

VERBOSITY = "redbook.verbosity"
"""Where in the context it is: -1 for -q, else the number of -v."""

_LEVELS = {1: logging.INFO, 2: logging.DEBUG}


def verbosity() -> int:
    """-1: only results and errors; 0: as usual; 1: details; 2 and more: the log, too."""
    context = click.get_current_context(silent=True)
    if context is None:
        return 0
    level: int = context.meta.get(VERBOSITY, 0)
    return level


def _louder(context: click.Context, parameter: click.Parameter, count: int) -> None:
    if not count:
        return
    if context.meta.get(VERBOSITY, 0) < 0:
        raise click.UsageError("-q and -v cannot be used together", context)
    context.meta[VERBOSITY] = context.meta.get(VERBOSITY, 0) + count
    _log_to_standard_error(context.meta[VERBOSITY])


def _quieter(context: click.Context, parameter: click.Parameter, quiet: bool) -> None:
    if not quiet:
        return
    if context.meta.get(VERBOSITY, 0) > 0:
        raise click.UsageError("-q and -v cannot be used together", context)
    context.meta[VERBOSITY] = -1


def _log_to_standard_error(level: int) -> None:
    from redbook.log import TRAFFIC, Printable

    root = logging.getLogger()
    if not any(isinstance(handler.formatter, Printable) for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Printable("%(asctime)s %(levelname)s %(message)s"))
        root.addHandler(handler)
    root.setLevel(_LEVELS.get(level, TRAFFIC))


def add_to_all(command: click.Command) -> None:
    """Give a command, and every command below it, the two options."""
    command.params += [
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_quieter,
            help="Show only results and errors.",
        ),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            expose_value=False,
            callback=_louder,
            help="Show details, and times with frames; -vv: also each step; -vvv: also each command sent.",
        ),
    ]
    if isinstance(command, click.Group):
        for below in command.commands.values():
            add_to_all(below)
