"""The command line.

Only what has to run before anything else can fail or be interrupted stands here.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; never returns."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: its number must not fall to a disc's file
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    try:
        from redbook.cli.app import run

        code = run()
    except KeyboardInterrupt:
        print("redbook: cancelled; nothing was written", file=sys.stderr)
        code = 130
    sys.exit(code)
