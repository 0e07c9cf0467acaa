"""The blank discs beside the virtual recorder that IMAPI2 scripts use.

It keeps its discs in the user's data folder, one numbered folder each. Like a person with a spindle of
blanks, it takes a new one when a CD-R is used: when a program starts, and when the tray comes out. Used
discs are kept. The disc in the recorder is the one with the highest number, or the
next blank if that one is a used CD-R.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from redbook.errors import ImageError, printable
from redbook.image.base import DiscState
from redbook.image.folder import FolderStore, cannot_be_made
from redbook.image.state_file import read_state
from redbook.records import dataclass
from redbook.virtual.blanks import blank_state

_NAME = re.compile(r"disc-(\d+)\.disc")


@dataclass(frozen=True, slots=True)
class SpindleDisc:
    """A disc that the recorder has or had.

    state   None if it cannot be read; `problem` says why
    loaded  whether it is the one in the recorder
    """

    number: int
    path: Path
    state: DiscState | None
    problem: str = ""
    loaded: bool = False


def _number(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else 0


class Spindle:
    """Discs in one folder, which is made when the first of them is written to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls) -> Spindle:
        """In $XDG_DATA_HOME, else ~/.local/share.  Source: XDG Base Directory Specification 0.8."""
        data = os.environ.get("XDG_DATA_HOME", "")
        try:
            base = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
        except RuntimeError as error:
            raise ImageError("this user has no home folder for discs; set XDG_DATA_HOME") from error
        return cls(base / "redbook" / "discs")

    def discs(self) -> list[SpindleDisc]:
        """All that were ever made here, the oldest first.  raises  ImageError"""
        found = [self._disc(number, path) for number, path in self._numbered()]
        loaded = self.current()
        return [
            SpindleDisc(d.number, d.path, d.state, d.problem, loaded=d.path == loaded and d.state is not None)
            for d in found
        ]

    def current(self) -> Path:
        """The disc that belongs in the recorder now; for a new blank one, where it will be.

        raises  ImageError
        """
        numbered = self._numbered()
        if not numbered:
            return self._path(1)
        number, path = numbered[-1]
        state = self._disc(number, path).state
        keeps = state is not None and (state.rewritable or not state.sessions)
        return path if keeps else self._path(number + 1)

    def is_newer_than(self, path: Path | None) -> bool:
        """Whether a disc was inserted after this one."""
        numbered = self._numbered()
        return bool(numbered) and path is not None and numbered[-1][0] > _number(path)

    def insert_new(self, medium: str = "cd-r", minutes: int = 80) -> Path:
        """Make a new blank disc, which is then the one in the recorder.

        raises  ValueError  for a kind of disc that does not exist
                ImageError  if it cannot be made
        """
        numbered = self._numbered()
        path = self._path(numbered[-1][0] + 1 if numbered else 1)
        try:
            FolderStore.create(path, blank_state(medium, minutes))
        except OSError as error:
            raise ImageError(cannot_be_made(path, error.strerror)) from error
        return path

    def _path(self, number: int) -> Path:
        return self.folder / f"disc-{number:04d}.disc"

    def _numbered(self) -> list[tuple[int, Path]]:
        try:
            names = [path.name for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ImageError(
                f"the discs in {printable(self.folder)} cannot be listed: {error.strerror}"
            ) from error
        return sorted((int(m[1]), self.folder / m[0]) for m in map(_NAME.fullmatch, names) if m)

    @staticmethod
    def _disc(number: int, path: Path) -> SpindleDisc:
        try:
            return SpindleDisc(number, path, read_state(path))
        except ImageError as error:
            return SpindleDisc(number, path, None, str(error))
