"""The folder of a virtual disc: `disc.json`, `disc.bin`, `disc.cue`, `disc.toc`; where a program wrote them,
`disc.sub` (sub-channel) and `disc.pregap` (sound in the 150 sectors before LBA 0).

Killing the process at any instant leaves a disc that opens. `disc.json` is replaced atomically, and
only once what it speaks of is in `disc.bin`; how far a track had come that was never ended is told by
the length of `disc.bin`, which grows with each WRITE. The sheets are derived and made anew when they
are not those of the state.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import secrets
from pathlib import Path

from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES
from redbook.errors import DriveBusy, ImageError, StorageFailed
from redbook.image import bincue, toc
from redbook.image.base import FORMAT, VERSION, DiscState
from redbook.image.sector_file import SectorFile
from redbook.sub_channel import RAW_BYTES

_log = logging.getLogger(__name__)

STATE_FILE = "disc.json"
DATA_FILE = "disc.bin"
SUB_CHANNEL_FILE = "disc.sub"
PREGAP_FILE = "disc.pregap"
OWNER_FILE = "disc.owner"
CUE_FILE = "disc.cue"
TOC_FILE = "disc.toc"

SHEET_ENCODING = "iso8859-1"
"""What libcdio takes CUE sheets for; UTF-8 gives mojibake."""

ROOM_TO_SPARE_BYTES = 1_000_000  # for the state, the sheets, and whatever else goes on


class FolderStore:
    """The folder of one disc, held exclusively from `open` to `close`.

    The lock lies on the folder itself (flock), so it ends with the process, however that ends.
    """

    def __init__(self, path: Path, folder_fd: int, state: DiscState) -> None:
        self.path = path
        self.state = state
        self._folder_fd: int | None = folder_fd
        self._data = SectorFile(path / DATA_FILE, SECTOR_BYTES)
        self._pregap = SectorFile(path / PREGAP_FILE, SECTOR_BYTES, -PREGAP_SECTORS)
        self._sub_channel = SectorFile(path / SUB_CHANNEL_FILE, RAW_BYTES, -PREGAP_SECTORS)
        self._pid = os.getpid()

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
        try:
            (new / STATE_FILE).write_text(_to_text(state), encoding="utf-8")
            new.rename(path)
        except BaseException:
            (new / STATE_FILE).unlink(missing_ok=True)
            new.rmdir()
            raise

    @classmethod
    def open(cls, path: Path) -> FolderStore:
        """Lock a disc and read its state.

        raises  DriveBusy   if another program holds it
                ImageError  if it is no disc, damaged, half written or from a newer version
        """
        try:
            folder_fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise ImageError(f"{path} cannot be opened as a virtual disc: {error.strerror}") from error
        try:
            try:
                fcntl.flock(folder_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DriveBusy(
                    f"the virtual disc {path} is in use by another program; wait until that has finished"
                ) from error
            store = cls(path, folder_fd, read_state(path))
            store.set_owner("")  # of a program that died
            store._check_data()
            store._write_sheets(store.state)
        except BaseException:
            os.close(folder_fd)
            raise
        return store

    @property
    def held(self) -> bool:
        return self._folder_fd is not None

    @property
    def writable(self) -> bool:
        """Whether the host lets this process change the disc."""
        files = [self.path, *(f for f in (self.path / DATA_FILE, self.path / STATE_FILE) if f.exists())]
        return all(os.access(file, os.W_OK) for file in files)

    def set_owner(self, name: str) -> None:
        """Leave word who holds the disc, for programs that find it held; an empty name takes it away."""
        file = self.path / OWNER_FILE
        try:
            if name:
                _replace(file, f"{name}\n".encode())
            elif file.exists():
                file.unlink()
        except OSError as error:  # a courtesy: the lock itself is the folder's
            _log.warning("%s could not be written: %s", file, error.strerror)

    def read(self, lba: int, sectors: int) -> bytes:
        if lba >= 0:
            return self._read(self._data, lba, sectors)
        before = min(sectors, -lba)
        return self._read(self._pregap, lba, before) + self._read(self._data, 0, sectors - before)

    def write(self, lba: int, data: bytes | memoryview) -> None:
        if lba < 0:
            before = min(len(data), -lba * SECTOR_BYTES)
            if any(data[:before]):  # silence is what a pregap without a file has
                self._write(self._pregap, lba, data[:before])
            lba, data = 0, data[before:]
        if data:
            self._write(self._data, lba, data)

    def read_sub_channel(self, lba: int, sectors: int) -> bytes:
        return self._read(self._sub_channel, lba, sectors)

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

    def recorded_sectors(self) -> int:
        return self._data.end_lba()

    def _read(self, file: SectorFile, lba: int, sectors: int) -> bytes:
        self._check_held()
        try:
            return file.read(lba, sectors)
        except OSError as error:
            raise StorageFailed(f"cannot read {file.path}: {error.strerror}") from error

    def _write(self, file: SectorFile, lba: int, data: bytes | memoryview) -> None:
        self._check_held()
        try:
            file.write(lba, data)
        except OSError as error:
            raise self._failed(error) from error

    def _check_held(self) -> None:
        if self._folder_fd is None:
            raise StorageFailed(f"the virtual disc {self.path} was closed")

    def save(self, state: DiscState) -> None:
        self.state = state
        try:
            _replace(self.path / STATE_FILE, _to_text(state).encode())
        except OSError as error:
            raise self._failed(error) from error
        self._write_sheets(state)

    def check_room(self, data_bytes: int) -> None:
        if not self.writable:
            raise StorageFailed(
                f"the virtual disc {self.path} cannot be written to: its folder or files are read-only; "
                "change their permissions, or use another disc"
            )
        _check_room(self.path, data_bytes - self.recorded_sectors() * SECTOR_BYTES)

    def reserve(self, state: DiscState) -> None:
        pass

    def close(self) -> None:
        if self._folder_fd is not None and os.getpid() == self._pid:
            fcntl.flock(self._folder_fd, fcntl.LOCK_UN)  # a forked child may have the folder open, too
        for file in (self._data, self._pregap, self._sub_channel):
            file.close()
        if self._folder_fd is not None:
            os.close(self._folder_fd)
            self._folder_fd = None

    def _check_data(self) -> None:
        begun = (t for t in self.state.tracks if t.written_sectors)
        needed = max((t.start_lba + t.written_sectors for t in begun), default=0)
        there = self.recorded_sectors()
        if there < needed:
            raise ImageError(
                f"the virtual disc {self.path} is damaged: its tracks end at sector {needed}, but "
                f"{DATA_FILE} ends at {there}; restore the file from a copy, or start a new disc"
            )

    def _write_sheets(self, state: DiscState) -> None:
        for name, render in ((CUE_FILE, bincue.render), (TOC_FILE, toc.render)):
            file = self.path / name
            text = render(state, DATA_FILE) if state.ended_tracks else None
            wanted = None if text is None else text.encode(SHEET_ENCODING, "replace")
            try:
                found = file.read_bytes() if file.exists() else None
            except OSError:
                found = None
            if found == wanted or not self.writable:
                continue
            try:
                if wanted is None:
                    file.unlink(missing_ok=True)
                else:
                    _replace(file, wanted)
            except OSError as error:  # derived files: the disc is whole without them
                _log.warning("%s could not be written: %s", file, error.strerror)

    def _failed(self, error: OSError) -> StorageFailed:
        text = f"the host cannot store the virtual disc {self.path}: {error.strerror}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            text += "; an 80-minute disc takes up to 850 MB: free some space, or put the disc elsewhere"
        return StorageFailed(text)


def owner_of(path: Path) -> str:
    """Who holds the disc in this folder, by the word that was left; empty where there is none."""
    try:
        return (path / OWNER_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


class NewFolderStore:
    """A disc that is only made when something is about to change on it.

    Looking at a disc that does not exist yet leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
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
        if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            raise StorageFailed(
                f"a new disc cannot be made at {self.path}: {above} cannot be written to; give another path"
            )
        _check_room(above, data_bytes)

    def reserve(self, state: DiscState) -> None:
        if self._folder is not None:
            return
        try:
            FolderStore.create(self.path, state)
            self._folder = FolderStore.open(self.path)
        except FileExistsError as error:
            raise DriveBusy(
                f"the virtual disc {self.path} has just been made by another program; try again"
            ) from error
        except OSError as error:
            raise StorageFailed(
                f"a new disc cannot be made at {self.path}: {error.strerror}; give another path"
            ) from error

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
            raise StorageFailed(f"the disc at {self.path} was never made")
        return self._folder


def _check_room(folder: Path, more_bytes: int) -> None:
    system = os.statvfs(folder)
    free = system.f_bavail * system.f_frsize
    if more_bytes + ROOM_TO_SPARE_BYTES > free:
        raise StorageFailed(
            f"the host has too little room for the virtual disc: {more_bytes / 1e6:.0f} MB are needed at "
            f"{folder}, {free / 1e6:.0f} MB are free; free some space, or put the disc elsewhere"
        )


def read_state(path: Path) -> DiscState:
    """What disc.json says, whoever holds the disc.  raises  ImageError"""
    file = path / STATE_FILE
    damaged = f"the virtual disc {path} is damaged: {STATE_FILE}"
    try:
        if file.exists() and not file.is_file():
            raise ImageError(f"{damaged} is no file")
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ImageError(
            f"{path} is not a virtual disc, or was never finished: {STATE_FILE} is missing; "
            "give the path of a disc, or of something that does not exist yet"
        ) from error
    except OSError as error:
        raise ImageError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ImageError(
            f"{damaged} cannot be understood ({error}); restore it from a copy, or start a new disc"
        ) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ImageError(f"{damaged} does not say that it is a {FORMAT}")
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise ImageError(f"{damaged} has no version")
    if version > VERSION:
        raise ImageError(
            f"the virtual disc {path} is of version {version}, from a newer redbook; "
            f"this one knows up to version {VERSION}: update redbook"
        )
    try:
        state = DiscState.from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ImageError(
            f"{damaged} describes no possible disc ({error}); restore it from a copy, or start a new one"
        ) from error
    return state


def _to_text(state: DiscState) -> str:
    return json.dumps(state.to_json(), indent=2) + "\n"


def _replace(file: Path, data: bytes) -> None:
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_bytes(data)
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
