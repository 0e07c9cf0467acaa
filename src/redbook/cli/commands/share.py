"""`redbook share`: the virtual recorder for other programs."""

from __future__ import annotations

import click

from redbook.cli.commands.share_iscsi import iscsi
from redbook.cli.commands.share_run import run


@click.group()
def share() -> None:
    """Give other programs a virtual CD recorder."""


share.add_command(run)
share.add_command(iscsi)
