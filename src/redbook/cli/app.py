"""The command line as a whole.

No part of the audio path is imported before a command needs it: `redbook --help` should be there at once.
"""

from __future__ import annotations

import json
import os
import sys

import click

from redbook._version import __version__
from redbook.cli.defaults import default_map
from redbook.cli.exits import CANCELLED, DONE, EPILOG
from redbook.cli.lazy import LazyGroup
from redbook.cli.verbosity import add_to_all

_HERE = "redbook.cli.commands"
_COMMANDS = {
    "blank": (f"{_HERE}.blank:blank", "Make a CD-RW blank again."),
    "burn": (f"{_HERE}.burn:burn", "Burn FILES as an audio disc, read it back and compare."),
    "close": (f"{_HERE}.close:close_command", "Close a disc that was left open."),
    "completion": (f"{_HERE}.completion:completion", "Print the completion script for a shell."),
    "copies": (
        f"{_HERE}.copies:copies",
        "Burn many good copies on all drives at once, and account for every blank.",
    ),
    "copy": (
        f"{_HERE}.copy:copy",
        "Copy an audio disc with everything on it, and verify the copy.",
    ),
    "disc": (f"{_HERE}.disc:disc", "Discs for the virtual recorder."),
    "doctor": (f"{_HERE}.doctor:doctor", "Show system and recorder details for a bug report."),
    "drives": (f"{_HERE}.drives:drives", "List the available recorders."),
    "eject": (f"{_HERE}.eject:eject", "Open the tray of a recorder."),
    "examine": (
        f"{_HERE}.examine:examine",
        "Show which order of copies the disc in a recorder belongs to, and whether it is good.",
    ),
    "info": (f"{_HERE}.info:info", "Show the recorder and what is on its disc."),
    "master": (
        f"{_HERE}.master:master",
        "Keep a disc as a master: a folder that can be burned any number of times.",
    ),
    "plan": (f"{_HERE}.plan:plan", "Show what burning FILES would do."),
    "rack": (f"{_HERE}.rack:rack", "Virtual recorders with trays, and a spindle of blanks."),
    "read": (f"{_HERE}.read:read", "Read an audio disc into FOLDER: sound files, sheets, CD-Text, a report."),
    "serve": (f"{_HERE}.serve:serve", "Serve a web page for the burners: drop files, order copies."),
    "share": (f"{_HERE}.share:share", "Give other programs a virtual CD recorder."),
    "sheet": (f"{_HERE}.sheet:sheet", "Write an editable sheet of FILES: the project file of a disc."),
    "verify": (
        f"{_HERE}.verify:verify",
        "Compare a disc with the FILES it was burned from, or with a report of the burn.",
    ),
    "worker": (f"{_HERE}.worker:worker", "Burn copies on this machine for a ledger that several share."),
}

_WITH_AUDIO = ("burn", "copies", "copy", "master", "plan", "read", "serve", "verify")
"""Commands that read the audio of whole discs."""


def _imported(command: click.Command) -> None:
    add_to_all(command)
    if command.name != "share":  # what that starts has its own mind about it
        # NumPy's linear algebra starts threads that wait busily, and nothing here needs it.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if command.name in _WITH_AUDIO:
        from redbook.system.memory import reuse_freed_memory

        reuse_freed_memory()


@click.group(
    cls=LazyGroup,
    places=_COMMANDS,
    on_import=_imported,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="redbook %(version)s")
def cli() -> None:
    """Burn audio CDs, and check that they are right.

    FILES are sound files of any kind, folders, or playlists (M3U, PLS, XSPF), or one sheet that describes a
    disc (CUE, TOC), or one virtual disc (virtual:PATH); raw:PATH is 44.1 kHz 16-bit stereo PCM without a
    header (raw-be:PATH if its bytes are swapped).
    """


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
