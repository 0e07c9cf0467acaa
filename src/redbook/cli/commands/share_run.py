"""`redbook share run`: another program, with virtual recorders as its CD drives."""

from __future__ import annotations

import errno
import logging
import os
import shlex
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import click

from redbook.cli.commands.share_options import (
    DRIVE,
    complain,
    disc_option,
    discs_or_default,
    failing_cleanly,
    fault_option,
    log_traffic_option,
    model_option,
    say_what_never_happened,
    show_traffic,
    speed_option,
)
from redbook.cli.completing import program_and_arguments

if TYPE_CHECKING:
    from redbook.share.host import Host

_log = logging.getLogger(__name__)


@click.command(context_settings={"allow_interspersed_args": False})
@disc_option
@model_option
@fault_option
@speed_option
@log_traffic_option
@click.argument(
    "command",
    nargs=-1,
    required=True,
    metavar="PROGRAM [ARGS]...",
    type=click.UNPROCESSED,
    shell_complete=program_and_arguments,
)
def run(
    discs: tuple[str, ...],
    model: str | None,
    faults: tuple[str, ...],
    must_happen: bool,
    speed: float | None,
    log_traffic: bool,
    command: tuple[str, ...],
) -> None:
    """Run PROGRAM with virtual recorders as its CD drives.

    It sees /dev/sr0 and /dev/sg0 (and /dev/scd0, /dev/cdrom), a second --disc as /dev/sr1 and /dev/sg1, and
    so on. PROGRAM needs no change and no privileges, but the Debian package umockdev must be installed. Put
    -- before PROGRAM.

    \b
    redbook share run --disc my.disc -- wodim dev=/dev/sr0 -tao -audio a.wav b.wav
    redbook share run --disc my.disc -- sh -c 'cdrdao disk-info --device /dev/sr0 && cdparanoia -B'

    The exit code is the program's: 127 if it was not found, 126 if it could not be started, 128 + n if signal
    n ended it. 5 if there is no recorder for it, or with --fault-must-happen.
    """
    from redbook.share.host import Host, require_library
    from redbook.share.recorders import Afflictions, recorders
    from redbook.share.run import NOT_EXECUTABLE, NOT_FOUND, signals_held

    if log_traffic:
        show_traffic()
    with failing_cleanly(), signals_held() as blocked:
        require_library()
        with (
            recorders(discs_or_default(discs), model=model, speed=speed) as made,
            Host(made, problem=complain) as host,
        ):
            suffered = Afflictions(made, faults)  # from here on: not what the kernel asks of a drive it finds
            code = _program(command, host, blocked)
            if code not in (NOT_FOUND, NOT_EXECUTABLE) and say_what_never_happened(suffered) and must_happen:
                code = DRIVE
    sys.exit(code)


def _program(command: tuple[str, ...], host: Host, blocked: set[signal.Signals]) -> int:
    from redbook.share.run import NOT_EXECUTABLE, NOT_FOUND, run

    try:
        if shutil.which(command[0]) is None:
            raise _why_not(command[0])
        code = run(tuple(host.command(command)), host.environment(), blocked)
    except FileNotFoundError:
        complain(
            f"{command[0]}: there is no such program; check that it is installed and that its path is right"
        )
        return NOT_FOUND
    except OSError as error:
        complain(f"{command[0]} cannot be started: {error.strerror}")
        return NOT_EXECUTABLE
    if host.still_open():
        complain(
            f"{command[0]} has ended, but a process that it left behind still has a recorder open, "
            "and loses it now"
        )
    _log.info("%s ended with exit code %d", shlex.join(command), code)
    return code


def _why_not(program: str) -> OSError:
    """Why a program that cannot be executed cannot."""
    there = os.path.lexists(program) and os.sep in program
    number = errno.EACCES if there else errno.ENOENT
    kind = PermissionError if there else FileNotFoundError
    return kind(number, os.strerror(number), program)
