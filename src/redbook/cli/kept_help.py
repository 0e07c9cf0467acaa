"""`redbook --help` from a file: making it needs click, and that takes longer than everything else together.

The file has click's output at a width of 80, the most that it uses; a narrower terminal is left to click. It
is written by `python -m docs.tools.kept_help`, and a test compares it with click's output.
"""

from __future__ import annotations

import os
import sys

FILE = os.path.join(os.path.dirname(__file__), "help.txt")  # noqa: PTH118, PTH120 - pathlib takes 10 ms
WIDTH = 80


def show_help() -> int | None:
    """The exit code; None if it was not shown."""
    if _columns() < WIDTH:
        return None
    try:
        with open(FILE, encoding="utf-8") as file:  # noqa: PTH123
            text = file.read()
    except OSError:
        return None
    sys.stdout.write(text)
    return 0


def _columns() -> int:
    """As `shutil.get_terminal_size` finds them."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or WIDTH  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return WIDTH
