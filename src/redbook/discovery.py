"""A name to an open Drive, and the list of recorders there are."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

from redbook.clock import Clock, ManualClock
from redbook.drive import Drive
from redbook.errors import DriveError, DriveNotFound, ImageError, MediumUnsuitable, printable
from redbook.image.folder import FolderStore
from redbook.image.state_file import STATE_FILE
from redbook.mmc.disc_info import DiscStatus
from redbook.recorders import DriveEntry, Recorders
from redbook.runner.caller import Caller, Listener
from redbook.runner.runner import Cancel
from redbook.system.explain import explained
from redbook.system.system import System
from redbook.transport.base import Transport
from redbook.virtual.medium import Medium, blank_state
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.shared import insert_new
from redbook.virtual.spindle import Spindle
from redbook.watching import DriveWatch

VIRTUAL = "virtual:"
NODES = "/dev/"
DEFAULT_DISC = Path("redbook.disc")


def open_drive(
    name: str | os.PathLike[str],
    *,
    clock: Clock | None = None,
    read_only: bool = False,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> Drive:
    """Open a recorder.  Close it, or use it in a `with`.

    name   "virtual:PATH": a virtual recorder with the disc in that folder; a new blank 80-minute CD-R
           where nothing is there yet (its folder is made when it is first written to). "virtual:"
           alone: one without a disc.
           "/dev/sr0" or another node, or a link to one (/dev/disk/by-id/...): a real recorder, for
           this program alone
    clock  whose time is waited while another program still has a real one
    read_only
           look at a virtual disc only: nothing is written to its folder, another program may have it
           or take it meanwhile, and what would change it raises StorageFailed. Otherwise it is held for
           this program alone

    on_event, cancel
           told of that waiting, and able to stop it

    raises  DriveNotFound, DriveBusy, DriveError, ImageError; the text says what to do. Cancelled
    """
    text = os.fspath(name)
    if text.startswith(VIRTUAL):
        path = text.removeprefix(VIRTUAL)
        medium = (Medium.look if read_only else Medium.at)(Path(path)) if path else None
        return Drive(VirtualRecorder(medium), text)
    if text.startswith(NODES) or Path(text).is_block_device() or Path(text).is_char_device():
        caller = Caller.of(on_event, cancel, clock)
        waiting = caller.audible_clock(f"{text}, which another program has")
        return Drive(open_transport(text, waiting), text)
    raise not_found(text)


def open_transport(path: str, clock: Clock | None = None) -> Transport:
    """The way to a real recorder, held against other programs.  raises  as `open_drive`"""
    from redbook.transport.sg_io import SgIo  # ctypes, which virtual recorders do without

    with explained(path):
        return SgIo.open(path, clock)


def open_for_a_look(path: str) -> Drive:
    """A real recorder, if it is free now.  raises  DriveError"""
    from redbook.transport.sg_io import SgIo

    return Drive(SgIo.open(path, ManualClock()), path)


def in_use(name: str) -> bool:
    """Whether another program has a virtual disc open to change it; nothing is locked for the question."""
    path = name.removeprefix(VIRTUAL)
    if not name.startswith(VIRTUAL) or not path:
        return False
    try:
        medium = Medium.look(Path(path))
    except DriveError:
        return False
    medium.close()
    return medium.in_use


def not_found(name: str) -> DriveNotFound:
    """Why there is no such recorder."""
    if not name.strip():
        return DriveNotFound(
            f"no recorder was named (its name is empty): use {NODES}sr0 or {VIRTUAL}my.disc, "
            "or leave --drive "
            "out (`redbook drives` lists them)"
        )
    return DriveNotFound(
        f"no recorder called {printable(name)}: use {NODES}sr0 or {VIRTUAL}my.disc (`redbook "
        "drives` lists them)"
    )


def create_disc(
    path: str | os.PathLike[str], medium: str = "cd-r", minutes: int = 80, *, write_protected: bool = False
) -> None:
    """A new blank disc for virtual recorders, as a folder.

    medium   "cd-r" or "cd-rw"
    minutes  74, 80 or 90

    raises  ValueError        for a kind of disc that there is none of
            MediumUnsuitable  if something is there already
            ImageError        if the folder cannot be made
    """
    path = Path(path)
    state = blank_state(medium, minutes, write_protected)
    try:
        FolderStore.create(path, state)
    except FileExistsError as error:
        raise MediumUnsuitable(
            f"{printable(path)} exists already; a disc is never overwritten: choose another name"
        ) from error
    except OSError as error:
        raise ImageError(f"a new disc cannot be made at {printable(path)}: {error.strerror}") from error


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
) -> DriveWatch: ...
def drives(
    folder: str | os.PathLike[str] = ".",
    *,
    watch: bool = False,
    clock: Clock | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> list[DriveEntry] | DriveWatch:
    """The recorders that there are: real ones first, then a virtual one for each disc in this folder.

    A real recorder that another program has is listed, and nothing is sent to it.

    watch   instead of a list, an iterator of DriveAdded, DriveRemoved, MediumInserted and MediumRemoved
            of real recorders, until its `close()`; its `entries` are those at the start
    clock   whose time the watch lets pass
    on_event, cancel
            of a list: told of a recorder that takes its time to answer, and able to stop the looking

    raises  Cancelled
    """
    if watch:
        return DriveWatch(real_recorders(), clock=clock)
    entries = real_recorders(Caller.of(on_event, cancel)).entries()
    for path in sorted(Path(folder).iterdir(), key=str):
        if _may_be_disc(path):
            entries.append(_entry(path))
    return entries


def _may_be_disc(path: Path) -> bool:
    """Whether it looks like one; what it is, and what is wrong with it, is known when it was looked into."""
    try:
        return not stat.S_ISDIR((path / STATE_FILE).lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return path.suffix == DEFAULT_DISC.suffix  # closed to us


def real_recorders(caller: Caller | None = None) -> Recorders:
    """Those of this machine.

    caller  told of one that takes its time to answer, and able to stop the looking
    """
    return Recorders(System.of_process(), open_for_a_look, caller)


@dataclass(frozen=True, slots=True)
class DiscEntry:
    """A disc that the recorder which stands in for a real one has or had.

    name    for `open_drive`
    medium  what it is and what is on it, in words
    loaded  whether it is in the recorder
    """

    name: str
    medium: str
    blank: bool
    loaded: bool
    problem: str = ""


def discs() -> list[DiscEntry]:
    """All discs of the recorder that stands in, the oldest first.  raises  ImageError"""
    entries = []
    for disc in Spindle.of_user().discs():
        entry = _entry(disc.path)
        entries.append(DiscEntry(entry.name, entry.medium, entry.blank, disc.loaded, entry.problem))
    return entries


def insert_disc(medium: str = "cd-r", minutes: int = 80) -> str:
    """Put a new blank disc into the recorder that stands in; its name for `open_drive`.

    medium   "cd-r" or "cd-rw"
    minutes  74, 80 or 90

    raises  ValueError  for a kind of disc that there is none of
            ImageError  if it cannot be made
            DriveBusy   while a program has the recorder for itself
    """
    return f"{VIRTUAL}{insert_new(Spindle.of_user(), medium, minutes)}"


def _entry(path: Path) -> DriveEntry:
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
        words = f"{medium.state.medium.upper()} {medium.state.minutes} min, {status.name.lower()}"
        if medium.state.tracks:
            count = len(medium.state.tracks)
            words += f", {count} track{'s' if count > 1 else ''}"
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
