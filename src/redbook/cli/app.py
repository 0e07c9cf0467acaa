"""The command line as a whole.

Nothing of the audio path is imported before a command needs it: `redbook --help` shall be there at once.
"""

from __future__ import annotations

import json
import sys

import click

from redbook._version import __version__
from redbook.cli.commands.blank import blank
from redbook.cli.commands.burn import burn
from redbook.cli.commands.close import close_command
from redbook.cli.commands.completion import completion
from redbook.cli.commands.copy import copy
from redbook.cli.commands.disc import disc
from redbook.cli.commands.doctor import doctor
from redbook.cli.commands.drives import drives
from redbook.cli.commands.info import info
from redbook.cli.commands.plan import plan
from redbook.cli.commands.read import read
from redbook.cli.commands.share import share
from redbook.cli.commands.sheet import sheet
from redbook.cli.commands.verify import verify
from redbook.cli.defaults import default_map
from redbook.cli.exits import CANCELLED, DONE, EPILOG
from redbook.cli.verbosity import add_to_all


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="redbook %(version)s")
def cli() -> None:
    """Burn audio CDs, and check that they are right.

    FILES are sound files of any kind, folders, or playlists (M3U, PLS, XSPF), or one sheet that describes a
    disc (CUE, TOC), or one virtual disc (virtual:PATH); raw:PATH is 44.1 kHz 16-bit stereo PCM without a
    header (raw-be:PATH if its bytes are swapped).
    """


for command in (
    burn,
    plan,
    sheet,
    verify,
    read,
    copy,
    blank,
    close_command,
    info,
    drives,
    doctor,
    disc,
    share,
    completion,
):
    cli.add_command(command)
add_to_all(cli)


def run() -> int:
    """The exit code of the command given by `sys.argv`."""
    try:
        return int(cli.main(prog_name="redbook", standalone_mode=False, default_map=default_map(cli)) or DONE)
    except click.ClickException as error:
        error.show()
        if "--json" in sys.argv:
            shape = {"event": "error", "error": "UsageError", "message": error.format_message()}
            print(json.dumps({**shape, "exit_code": error.exit_code, "disc_now": None}))
        return error.exit_code
    except click.Abort:
        print("redbook: cancelled; nothing was written", file=sys.stderr)
        return CANCELLED
