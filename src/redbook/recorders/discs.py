"""Virtual discs: new ones, and those of the virtual recorder that IMAPI2 scripts use."""

from __future__ import annotations

import os
from pathlib import Path

from redbook.errors import ImageError, MediumUnsuitable, printable
from redbook.image.folder import FolderStore, cannot_be_made
from redbook.recorders.listing import virtual_entries, virtual_entry
from redbook.recorders.prefixes import VIRTUAL
from redbook.records import dataclass
from redbook.virtual.blanks import blank_state
from redbook.virtual.shared import insert_new
from redbook.virtual.spindle import Spindle


def create_disc(
    path: str | os.PathLike[str], medium: str = "cd-r", minutes: int = 80, *, write_protected: bool = False
) -> None:
    """Make a new blank disc for virtual recorders, as a folder.

    medium   "cd-r" or "cd-rw"
    minutes  74, 80 or 90; a CD-R can also have 99, and then states that it has 80

    raises  ValueError        for a kind of disc that does not exist
            MediumUnsuitable  if the path already exists
            ImageError        if the folder cannot be made
    """
    path = Path(path)
    state = blank_state(medium, minutes, write_protected)
    try:
        FolderStore.create(path, state)
    except FileExistsError as error:
        raise MediumUnsuitable(
            f"{printable(path)} already exists; a disc is never overwritten: choose another name"
        ) from error
    except OSError as error:
        raise ImageError(cannot_be_made(path, error.strerror)) from error


@dataclass(frozen=True, slots=True)
class DiscEntry:
    """A virtual disc, in the list of discs.

    name    for `open_drive`
    medium  what it is and what is on it, in words
    loaded  whether it is in the virtual recorder that IMAPI2 scripts use
    problem  why it cannot be used; empty if it can
    """

    name: str
    medium: str
    blank: bool
    loaded: bool
    problem: str = ""


def discs() -> list[DiscEntry]:
    """All discs of the virtual recorder that IMAPI2 scripts use, the oldest first.  raises  ImageError"""
    entries = []
    for disc in Spindle.of_user().discs():
        entry = virtual_entry(disc.path)
        entries.append(DiscEntry(entry.name, entry.medium, entry.blank, disc.loaded, entry.problem))
    return entries


def discs_here() -> list[DiscEntry]:
    """The virtual discs in the current folder; none of them is in a recorder."""
    return [
        DiscEntry(entry.name, entry.medium, entry.blank, False, entry.problem) for entry in virtual_entries()
    ]


def spindle_folder() -> Path:
    """Where the discs of the virtual recorder that IMAPI2 scripts use are kept.  raises  ImageError"""
    return Spindle.of_user().folder


def insert_disc(medium: str = "cd-r", minutes: int = 80) -> str:
    """Put a new blank disc into the virtual recorder that IMAPI2 scripts use; returns its name.

    medium   "cd-r" or "cd-rw"
    minutes  74, 80 or 90; a CD-R can also have 99, and then states that it has 80

    raises  ValueError  for a kind of disc that does not exist
            ImageError  if it cannot be made
            DriveBusy   while a program has exclusive access to the recorder
    """
    return f"{VIRTUAL}{insert_new(Spindle.of_user(), medium, minutes)}"
