"""The list of available recorders: real ones, and a virtual one for each disc in a folder.

The real ones are `recorders.real_drives`, which `system.optical_drives` finds; `recorders.may_touch` decides
what it may touch of one.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal, overload

from redbook.clock import Clock
from redbook.errors import DriveError
from redbook.image.state_file import STATE_FILE
from redbook.mmc.disc_info import DiscStatus
from redbook.recorders.names import DEFAULT_DISC, open_for_a_look
from redbook.recorders.prefixes import VIRTUAL
from redbook.recorders.racks import RackWatch, rack_entries
from redbook.recorders.real_drives import DriveEntry, Recorders
from redbook.recorders.watching import DriveWatch
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel
from redbook.system.system import System
from redbook.virtual.medium import Medium, in_words
from redbook.virtual.rack import Rack, is_rack


@overload
def drives(
    folder: str | os.PathLike[str] = ".",
    *,
    watch: Literal[False] = False,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> list[DriveEntry]: ...
@overload
def drives(
    folder: str | os.PathLike[str] = ".", *, watch: Literal[True], clock: Clock | None = None
) -> DriveWatch | RackWatch: ...
def drives(
    folder: str | os.PathLike[str] = ".",
    *,
    watch: bool = False,
    clock: Clock | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> list[DriveEntry] | DriveWatch | RackWatch:
    """The available recorders: real ones first, then a virtual one for each disc in this folder.

    A real recorder in use by another program is listed, but nothing is sent to it. In a folder that is a
    rack, only the rack's own recorders are listed.

    watch   instead of a list, an iterator of DriveAdded, DriveRemoved, MediumInserted and MediumRemoved
            of real recorders, until its `close()`; its `entries` are those at the start
    clock   used by the watch to wait
    on_event, cancel
            for a list: notified of a recorder that is slow to answer, and able to stop the search

    raises  Cancelled
    """
    if is_rack(Path(folder)):
        rack = Rack(Path(folder))
        return RackWatch(rack, clock=clock) if watch else rack_entries(rack)
    if watch:
        return DriveWatch(real_recorders(), clock=clock)
    entries = real_recorders(Caller.of(on_event, cancel)).entries()
    return entries + virtual_entries(folder)


def virtual_entries(folder: str | os.PathLike[str] = ".") -> list[DriveEntry]:
    """A virtual recorder for each disc in a folder, in the order of their names."""
    return [virtual_entry(path) for path in sorted(Path(folder).iterdir(), key=str) if _may_be_disc(path)]


def _may_be_disc(path: Path) -> bool:
    """Whether a folder looks like a disc; what it is, and what is wrong with it, shows when it is opened."""
    try:
        return not stat.S_ISDIR((path / STATE_FILE).lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return path.suffix == DEFAULT_DISC.suffix  # we may not look into it


def real_recorders(caller: Caller | None = None) -> Recorders:
    """The real recorders of this machine.

    caller  is notified of one that is slow to answer, and may stop the search
    """
    return Recorders(System.of_process(), open_for_a_look, caller)


def virtual_entry(path: Path) -> DriveEntry:
    """A virtual recorder with this disc in it, as a line of the list."""

    def told(
        medium: str = "", blank: bool = False, problem: str = "", appendable: bool = False
    ) -> DriveEntry:
        return DriveEntry(
            f"{VIRTUAL}{path}", "virtual recorder", medium, blank, problem, appendable, bus="virtual"
        )

    try:
        medium = Medium.look(path)
    except DriveError as error:
        return told(problem=str(error))
    try:
        status = medium.status
        words = in_words(medium)
        problem = "write-protected" if medium.write_protected else ""
    except DriveError as error:
        return told(problem=str(error))
    finally:
        medium.close()
    if medium.in_use:
        return told(problem="in use by another program")
    return told(
        words,
        status is DiscStatus.BLANK and not problem,
        problem,
        status is DiscStatus.APPENDABLE and not problem,
    )
