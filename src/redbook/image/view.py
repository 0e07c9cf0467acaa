"""A disc's folder, opened only for reading: nothing in it is changed, and no other program is kept out."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES
from redbook.disc.sub_channel import RAW_BYTES
from redbook.errors import DriveError, ImageError, StorageFailed, printable
from redbook.image.base import DiscState
from redbook.image.disc_files import DiscFiles, NotAFile
from redbook.image.sector_file import SectorFile
from redbook.image.state_file import STATE_FILE, no_file, open_files, state_in

DATA_FILE = "disc.bin"
SUB_CHANNEL_FILE = "disc.sub"
PREGAP_FILE = "disc.pregap"
OWNER_FILE = "disc.owner"
CUE_FILE = "disc.cue"
TOC_FILE = "disc.toc"
ALL_FILES = (STATE_FILE, DATA_FILE, SUB_CHANNEL_FILE, PREGAP_FILE, OWNER_FILE, CUE_FILE, TOC_FILE)

ROOM_TO_SPARE_BYTES = 1_000_000  # for the state, the sheets, and whatever else goes on
_MOST_LOOKS = 20
_MOST_OWNER_BYTES = 1000


class FolderView:
    """The folder of one disc as it is at this moment.

    in_use  whether another program has it open to change it
    """

    def __init__(self, files: DiscFiles, state: DiscState) -> None:
        self.path = files.path
        self.state = state
        self._files = files
        self._data = SectorFile(files, DATA_FILE, SECTOR_BYTES)
        self._pregap = SectorFile(files, PREGAP_FILE, SECTOR_BYTES, -PREGAP_SECTORS)
        self._sub_channel = SectorFile(files, SUB_CHANNEL_FILE, RAW_BYTES, -PREGAP_SECTORS)
        self.in_use = False

    @classmethod
    def look(cls, path: Path) -> FolderView:
        """Read its state; no lock is taken.  raises  ImageError"""
        files = open_files(path)
        try:
            view = cls(files, _settled_state(files))
            view.in_use = files.is_locked()
        except BaseException:
            files.close()
            raise
        return view

    # What it holds

    @property
    def held(self) -> bool:
        return not self._files.closed

    @property
    def hindrance(self) -> str:
        """Why the host does not let this process change the disc; empty if it does."""
        with self._to_words("look at"):
            return self._files.hindrance(STATE_FILE, DATA_FILE, SUB_CHANNEL_FILE, PREGAP_FILE)

    @property
    def writable(self) -> bool:
        return not self.hindrance

    def read(self, lba: int, sectors: int) -> bytes:
        if lba >= 0:
            return self._read(self._data, lba, sectors)
        before = min(sectors, -lba)
        return self._read(self._pregap, lba, before) + self._read(self._data, 0, sectors - before)

    def read_sub_channel(self, lba: int, sectors: int) -> bytes:
        return self._read(self._sub_channel, lba, sectors)

    def recorded_sectors(self) -> int:
        with self._to_words("look at"):
            return self._data.end_lba()

    def check_room(self, data_bytes: int) -> None:
        hindrance = self.hindrance
        if hindrance:
            raise StorageFailed(
                f"the virtual disc {printable(self.path)} cannot be written to: {hindrance}, "
                "or use another disc"
            )
        more = data_bytes - self.recorded_sectors() * SECTOR_BYTES
        check_room(self._files.fd, self.path, more)

    def close(self) -> None:
        for file in (self._data, self._pregap, self._sub_channel):
            file.close()
        self._files.close()

    def _read(self, file: SectorFile, lba: int, sectors: int) -> bytes:
        self._check_held()
        try:
            return file.read(lba, sectors)
        except OSError as error:
            raise StorageFailed(f"cannot read {printable(file.path)}: {error.strerror}") from error

    def _check_held(self) -> None:
        if self._files.closed:
            raise StorageFailed(f"the virtual disc {printable(self.path)} was closed")

    @contextmanager
    def _to_words(self, what: str) -> Iterator[None]:
        self._check_held()
        try:
            yield
        except OSError as error:
            raise StorageFailed(
                f"cannot {what} the virtual disc {printable(self.path)}: {error.strerror}"
            ) from error

    # What it refuses

    def write(self, lba: int, data: bytes | memoryview) -> None:
        raise only_looking(self.path)

    def write_sub_channel(self, lba: int, symbols: bytes | memoryview) -> None:
        raise only_looking(self.path)

    def resize(self, sectors: int) -> None:
        raise only_looking(self.path)

    def save(self, state: DiscState) -> None:
        raise only_looking(self.path)

    def reserve(self, state: DiscState) -> None:
        raise only_looking(self.path)

    def set_owner(self, name: str) -> None:
        raise only_looking(self.path)


def _settled_state(files: DiscFiles) -> DiscState:
    """The state, once the files are those that it speaks of: someone may be changing them just now.

    raises  ImageError
    """
    for _ in range(_MOST_LOOKS):
        state = state_in(files)
        try:
            return checked(files, state)
        except ImageError:
            if state_in(files) == state:  # nobody has changed it: it is wrong
                raise
    return checked(files, state_in(files))


def checked(files: DiscFiles, state: DiscState) -> DiscState:
    """The same state, if the other files go with it.  raises  ImageError"""
    try:
        for name in ALL_FILES:
            files.check(name)
        there = files.size(DATA_FILE) // SECTOR_BYTES
    except NotAFile as error:
        raise no_file(files.path, error) from error
    except OSError as error:
        raise ImageError(
            f"the virtual disc {printable(files.path)} cannot be read: {error.strerror}"
        ) from error
    begun = (t for t in state.tracks if t.written_sectors)
    needed = max((t.start_lba + t.written_sectors for t in begun), default=0)
    if there < needed:
        raise ImageError(
            f"the virtual disc {printable(files.path)} is damaged: its tracks end at sector {needed}, but "
            f"{DATA_FILE} ends at {there}; restore the file from a copy, or start a new disc"
        )
    return state


def only_looking(path: Path) -> StorageFailed:
    return StorageFailed(
        f"the virtual disc {printable(path)} was opened for reading only; open it for writing to change it"
    )


def check_room(folder: int | Path, name: Path, more_bytes: int) -> None:
    """Check that the file system of a folder has room for so many more bytes, and some to spare.

    folder  its path or an open descriptor
    name    of the folder, for the message

    raises  StorageFailed  if there is too little
    """
    system = os.statvfs(folder)
    free = system.f_bavail * system.f_frsize
    needed = more_bytes + ROOM_TO_SPARE_BYTES
    if needed > free:
        raise StorageFailed(
            f"the host has too little room for the virtual disc: {math.ceil(needed / 1e6)} MB are needed at "
            f"{name}, {free / 1e6:.1f} MB are free; free some space, or put the disc elsewhere"
        )


def owner_of(path: Path) -> str:
    """Who holds the disc in this folder, by the word that was left; empty if there is none."""
    try:
        files = open_files(path)
    except DriveError:
        return ""
    try:
        word = files.read(OWNER_FILE, _MOST_OWNER_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    finally:
        files.close()
    return word if word.isprintable() else ""
