"""The folder of a virtual disc: `disc.json`, `disc.bin`, `disc.cue`, `disc.toc`; if a program wrote them,
`disc.sub` (sub-channel) and `disc.pregap` (audio in the 150 sectors before LBA 0).

Killing the process at any instant leaves a disc that opens. `disc.json` is replaced atomically, and only once
the audio of which it speaks is in `disc.bin` (silence that it counts may still be missing there: opening the
disc adds it); how far a track had come that was never ended is told by
the length of `disc.bin`, which grows with each WRITE. The sheets are derived and made again when they
are not those of the state.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
from pathlib import Path

from redbook.disc import SECTOR_BYTES
from redbook.errors import DriveBusy, ImageError, StorageFailed, printable
from redbook.image import bincue, toc
from redbook.image.base import DiscState
from redbook.image.disc_files import DiscFiles
from redbook.image.sector_file import SectorFile
from redbook.image.state_file import STATE_FILE, open_files, state_in, to_bytes
from redbook.image.view import (
    CUE_FILE,
    DATA_FILE,
    OWNER_FILE,
    TOC_FILE,
    FolderView,
    checked,
)

_log = logging.getLogger(__name__)

SHEET_ENCODING = "iso8859-1"
"""What libcdio takes CUE sheets for; UTF-8 gives mojibake."""


def cannot_be_made(path: Path, why: str | None) -> str:
    return f"a new disc cannot be made at {printable(path)}: {why}"


class FolderStore(FolderView):
    """The folder of one disc, held exclusively from `open` to `close`.

    The lock is on the folder itself (flock), so it ends with the process, however that ends.
    """

    @classmethod
    def create(cls, path: Path, state: DiscState) -> None:
        """Make the folder of a new disc; it appears whole or not at all.

        raises  FileExistsError where something is there already (an empty folder is nothing), OSError
        """
        path = path.absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        new = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}")
        new.mkdir()
        files = DiscFiles(new)
        try:
            files.replace(STATE_FILE, to_bytes(state))
            new.rename(path)
        except BaseException:
            files.remove(STATE_FILE)
            new.rmdir()
            raise
        finally:
            files.close()

    @classmethod
    def open(cls, path: Path) -> FolderStore:
        """Lock a disc and read its state.

        raises  DriveBusy   if another program holds it
                ImageError  if it is no disc, damaged, half written or from a newer version
        """
        files = open_files(path)
        try:
            try:
                files.lock()
            except BlockingIOError as error:
                raise DriveBusy(
                    f"the virtual disc {printable(path)} is in use by another program; wait "
                    "until that has finished"
                ) from error
            except OSError as error:
                raise ImageError(
                    f"the virtual disc {printable(path)} cannot be locked against other programs: "
                    f"{error.strerror}; put it on another file system"
                ) from error
            store = cls(files, checked(files, state_in(files)))
            files.clear_up()
            store.set_owner("")  # of a program that died
            store._write_sheets(store.state)
        except BaseException:
            files.close()
            raise
        return store

    def set_owner(self, name: str) -> None:
        """Leave word who holds the disc, for programs that find it held; an empty name takes it away."""
        leave_word(self._files, name)

    def write(self, lba: int, data: bytes | memoryview) -> None:
        if lba < 0:
            before = min(len(data), -lba * SECTOR_BYTES)
            if any(data[:before]):  # silence is what a pregap without a file has
                self._write(self._pregap, lba, data[:before])
            lba, data = 0, data[before:]
        if data:
            self._write(self._data, lba, data)

    def write_sub_channel(self, lba: int, symbols: bytes | memoryview) -> None:
        self._write(self._sub_channel, lba, symbols)

    def resize(self, sectors: int) -> None:
        self._check_held()
        try:
            self._data.resize(sectors)
            if sectors:
                self._sub_channel.shorten(sectors)
            else:
                self._pregap.remove()
                self._sub_channel.remove()
        except OSError as error:
            raise self._failed(error) from error

    def _write(self, file: SectorFile, lba: int, data: bytes | memoryview) -> None:
        self._check_held()
        try:
            file.write(lba, data)
        except OSError as error:
            raise self._failed(error) from error

    def save(self, state: DiscState) -> None:
        self._check_held()
        self.state = state
        try:
            self._data.check_in_place()
            self._files.replace(STATE_FILE, to_bytes(state))
        except OSError as error:
            raise self._failed(error) from error
        self._write_sheets(state)

    def reserve(self, state: DiscState) -> None:
        pass

    def _write_sheets(self, state: DiscState) -> None:
        for name, render in ((CUE_FILE, bincue.render), (TOC_FILE, toc.render)):
            text = render(state, DATA_FILE) if state.ended_tracks else None
            wanted = None if text is None else text.encode(SHEET_ENCODING, "replace")
            try:
                if self._sheet(name, 0 if wanted is None else len(wanted)) == wanted or not self.writable:
                    continue
                if wanted is None:
                    self._files.remove(name)
                else:
                    self._files.replace(name, wanted)
            except OSError as error:  # derived files: the disc is whole without them
                _log.warning("%s could not be written: %s", self.path / name, error.strerror)

    def _sheet(self, name: str, most_bytes: int) -> bytes | None:
        """The sheet that is there; None if none is."""
        if not self._files.check(name):
            return None
        try:
            return self._files.read(name, most_bytes)
        except OSError:  # longer than the one that is wanted, or closed to us
            return b""

    def _failed(self, error: OSError) -> StorageFailed:
        text = f"the host cannot store the virtual disc {printable(self.path)}: {error.strerror}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            text += "; an 80-minute disc takes up to 850 MB: free some space, or put the disc elsewhere"
        return StorageFailed(text)


def leave_word(files: DiscFiles, name: str) -> None:
    """Say in a folder who has it; an empty name takes that away."""
    try:
        if name:
            files.replace(OWNER_FILE, f"{name}\n".encode())
        else:
            files.remove(OWNER_FILE)
    except OSError as error:  # a courtesy: the lock itself is the folder's
        _log.warning("%s could not be written: %s", files.path / OWNER_FILE, error.strerror)
