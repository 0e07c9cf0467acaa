"""Writes what `redbook --help` says into the file from which it says it: `python -m docs.tools.kept_help`."""

from __future__ import annotations

from pathlib import Path

import click

from redbook.cli.app import cli
from redbook.cli.kept_help import FILE, WIDTH


def text(columns: int = WIDTH) -> str:
    context = click.Context(cli, info_name="redbook", terminal_width=columns - 2, **cli.context_settings)
    return cli.get_help(context) + "\n"


if __name__ == "__main__":
    Path(FILE).write_text(text(), encoding="utf-8")
