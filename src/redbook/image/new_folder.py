"""A disc that is made only when something is about to change on it."""

from __future__ import annotations

import os
from pathlib import Path

from redbook.disc import SECTOR_BYTES
from redbook.disc.sub_channel import RAW_BYTES
from redbook.errors import DriveBusy, StorageFailed, printable
from redbook.image.base import DiscState
from redbook.image.folder import FolderStore, cannot_be_made
from redbook.image.view import check_room, only_looking


class NewFolderStore:
    """Looking at a disc that does not exist yet leaves nothing behind.

    make  False to look only: it is never made, whatever is sent to it
    """

    def __init__(self, path: Path, *, make: bool = True) -> None:
        self.path = path
        self._make = make
        self._folder: FolderStore | None = None

    @property
    def made(self) -> bool:
        return self._folder is not None

    def check_room(self, data_bytes: int) -> None:
        if self._folder is not None:
            self._folder.check_room(data_bytes)
            return
        above = self.path.absolute().parent
        while not above.exists() and above != above.parent:
            above = above.parent
        allowed = not self._make or os.access(above, os.W_OK | os.X_OK)  # a plan is made anywhere
        if not above.is_dir() or not allowed:
            raise StorageFailed(cannot_be_made(self.path, f"{above} cannot be written to; give another path"))
        check_room(above, above, data_bytes)

    def reserve(self, state: DiscState) -> None:
        if self._folder is not None:
            return
        if not self._make:
            raise only_looking(self.path)
        try:
            FolderStore.create(self.path, state)
            self._folder = FolderStore.open(self.path)
        except FileExistsError as error:
            raise DriveBusy(
                f"the virtual disc {printable(self.path)} has just been made by another program; try again"
            ) from error
        except OSError as error:
            raise StorageFailed(cannot_be_made(self.path, f"{error.strerror}; give another path")) from error

    def read(self, lba: int, sectors: int) -> bytes:
        return self._folder.read(lba, sectors) if self._folder else bytes(sectors * SECTOR_BYTES)

    def write(self, lba: int, data: bytes | memoryview) -> None:
        self._made().write(lba, data)

    def read_sub_channel(self, lba: int, sectors: int) -> bytes:
        return self._folder.read_sub_channel(lba, sectors) if self._folder else bytes(sectors * RAW_BYTES)

    def write_sub_channel(self, lba: int, symbols: bytes | memoryview) -> None:
        self._made().write_sub_channel(lba, symbols)

    def resize(self, sectors: int) -> None:
        if self._folder is not None:
            self._folder.resize(sectors)

    def recorded_sectors(self) -> int:
        return self._folder.recorded_sectors() if self._folder else 0

    def save(self, state: DiscState) -> None:
        self.reserve(state)
        self._made().save(state)

    @property
    def writable(self) -> bool:
        return True

    @property
    def held(self) -> bool:
        return self._folder is not None and self._folder.held

    def set_owner(self, name: str) -> None:
        if self._folder is not None:
            self._folder.set_owner(name)

    def close(self) -> None:
        if self._folder is not None:
            self._folder.close()

    def _made(self) -> FolderStore:
        if self._folder is None:
            raise StorageFailed(f"the disc at {printable(self.path)} was never made")
        return self._folder
