"""A name to an open Drive, and the list of recorders that there are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from redbook.drive import Drive
from redbook.errors import DriveBusy, DriveError, DriveNotFound, ImageError, MediumUnsuitable
from redbook.image.folder import STATE_FILE, FolderStore
from redbook.mmc.disc_info import DiscStatus
from redbook.virtual.medium import Medium, blank_state
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.shared import insert_new
from redbook.virtual.spindle import Spindle

VIRTUAL = "virtual:"
DEFAULT_DISC = Path("redbook.disc")
MOST_DEFAULT_DISCS = 1000


@dataclass(frozen=True, slots=True)
class DriveEntry:
    """A recorder that may be opened.

    name     for `open_drive`
    medium   what is in it, in words
    blank    whether that is a blank disc
    problem  why it cannot be used now; empty if it can
    """

    name: str
    model: str
    medium: str
    blank: bool
    problem: str = ""


def open_drive(name: str | os.PathLike[str]) -> Drive:
    """Open a recorder.  Close it, or use it in a `with`.

    name  "virtual:PATH": a virtual recorder with the disc in that folder; a new blank 80-minute CD-R
          where nothing is there yet (its folder is made when it is first written to). "virtual:"
          alone: one without a disc.

          "/dev/sr0", "/dev/sg1" or a link to one: that drive. The srN is better than its sgN: it keeps
          automounters away.

    raises  DriveNotFound, DriveGone, DriveBusy, DrivePermission, ImageError
    """
    text = os.fspath(name)
    if text.startswith(VIRTUAL):
        path = text.removeprefix(VIRTUAL)
        return Drive(VirtualRecorder(Medium.at(Path(path)) if path else None), text)
    if text.startswith("/dev/") or Path(text).is_block_device() or Path(text).is_char_device():
        from redbook.transport.sg_io import SgIo  # ctypes, which virtual recorders do without

        return Drive(SgIo.open(text), text)
    raise not_found(text)


def not_found(name: str) -> DriveNotFound:
    """Why there is no such recorder."""
    if name.startswith("/dev/"):
        return DriveNotFound(
            f"{name}: this version of redbook does not yet drive real recorders; "
            f"use a virtual one ({VIRTUAL}PATH)"
        )
    return DriveNotFound(f"{name}: no such recorder; name one like {VIRTUAL}my.disc")


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
            f"{path} exists already; a disc is never overwritten: choose another name"
        ) from error
    except OSError as error:
        raise ImageError(f"a new disc cannot be made at {path}: {error.strerror}") from error


def default_drive_name() -> str:
    """The virtual recorder on ./redbook.disc, or on the next free name if that disc is not blank.

    raises  DriveError  if a thousand of them are full
    """
    for path in _default_paths():
        if not path.exists() or _is_blank(path):
            return f"{VIRTUAL}{path}"
    raise DriveError(f"{MOST_DEFAULT_DISCS} discs are here already; name one with --drive {VIRTUAL}PATH")


def last_default_drive_name() -> str:
    """The last of the discs that burns without a named drive have made.

    raises  DriveNotFound  if there is none
    """
    last: Path | None = None
    for path in _default_paths():
        if not path.exists():
            break
        if last is None or not _is_blank(path):
            last = path
    if last is None:
        raise DriveNotFound(
            f"there is no {DEFAULT_DISC} here; name a recorder with --drive, such as {VIRTUAL}my.disc"
        )
    return f"{VIRTUAL}{last}"


def _default_paths() -> Iterator[Path]:
    yield DEFAULT_DISC
    for number in range(2, MOST_DEFAULT_DISCS + 1):
        yield DEFAULT_DISC.with_stem(f"{DEFAULT_DISC.stem}-{number}")


def _is_blank(path: Path) -> bool:
    try:
        medium = Medium.open(path)
    except DriveError:
        return False
    blank = medium.status is DiscStatus.BLANK and not medium.write_protected
    medium.close()
    return blank


def drives(folder: str | os.PathLike[str] = ".") -> list[DriveEntry]:
    """The recorders that there are: a virtual one for each disc in this folder."""
    entries = []
    for path in sorted(Path(folder).iterdir(), key=str):
        try:
            is_disc = (path / STATE_FILE).is_file()
        except OSError:
            is_disc = path.suffix == DEFAULT_DISC.suffix  # closed to us; opening it says why
        if is_disc:
            entries.append(_entry(path))
    return entries


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
    name, model = f"{VIRTUAL}{path}", "virtual recorder"
    try:
        medium = Medium.open(path)
    except DriveBusy:
        return DriveEntry(name, model, "", False, "in use by another program")
    except DriveError as error:
        return DriveEntry(name, model, "", False, str(error))
    status = medium.status
    words = f"{medium.state.medium.upper()} {medium.state.minutes} min, {status.name.lower()}"
    if medium.state.tracks:
        count = len(medium.state.tracks)
        words += f", {count} track{'s' if count > 1 else ''}"
    protected = medium.write_protected
    medium.close()
    problem = "write-protected" if protected else ""
    return DriveEntry(name, model, words, status is DiscStatus.BLANK and not protected, problem)
