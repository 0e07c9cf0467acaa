"""The command line.

Only what must run before anything else can fail or be interrupted is here.
"""

from __future__ import annotations

import gc
import os
import sys

from redbook.cli.kept_help import show_help
from redbook.cli.output import take_over

TYPE_CHECKING = False  # for `redbook --help`, which does without typing
if TYPE_CHECKING:
    from typing import NoReturn

COLLECTED_AT = 20_000
"""Objects, while a command starts: it makes tens of thousands that stay, and none that could be collected.

It takes a tenth longer if Python checks them after every 700."""

_USUAL = gc.get_threshold()


def begun() -> None:
    """The imports are over: what they created stays, and what is created from now on is collected as usual.

    That includes the decoders of sound files: cycles keep them, and much memory, until they are collected.
    """
    if gc.get_threshold()[0] == COLLECTED_AT:
        gc.freeze()
        gc.set_threshold(*_USUAL)


def main() -> NoReturn:
    """Run the command line; never returns."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: its number must not fall to a disc's file
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    gc.set_threshold(COLLECTED_AT)
    output = take_over()
    code: str | int | None = None
    try:
        if sys.argv[1:] in (["--help"], ["-h"]):
            code = show_help()
        if code is None:
            from redbook.cli.app import run

            code = run()
    except SystemExit as left:
        code = left.code
    except (KeyboardInterrupt, RuntimeError) as error:
        # Until 3.11, Python makes a RuntimeError of what interrupts it in the making of a class.
        if not isinstance(error, KeyboardInterrupt) and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        print("redbook: cancelled; nothing was written", file=sys.stderr)
        code = 130
    sys.exit(output.code(code) if isinstance(code, int) else code)
